//! What happened to a story, as commits that nobody takes back.
//!
//! A story has one ref `refs/storyline/story/ID/log` in the canonical repository. Each time that it is
//! handed in or withdrawn, a commit is put on top and the ref moves by compare-and-swap: so there is one
//! order for everybody, whatever people's clocks say, and of two who hand in at once one is told. The
//! commit's further parents are the tips of what was handed in, so that Git keeps them whatever becomes
//! of branches; its tree is the tip's.
//!
//! ```text
//! Submit ABC-12                 Withdraw ABC-12
//!
//! storyline-revision 1          whatever the reason is
//! story ABC-12
//! repository . BASE TIP         Storyline-Kind: withdraw
//!                               Story-Id: ABC-12
//! Storyline-Kind: submit
//! Story-Id: ABC-12
//! Story-Revision: REVISION
//! ```

use super::{Revision, RevisionId, StoryId};
use crate::{NewCommit, ObjectId, RawCommit};

/// One thing that happened to a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The commit that tells of it.
    pub commit: ObjectId,
    /// What it was.
    pub event: Event,
    /// Who did it.
    pub who: Person,
    /// Seconds since 1970, by the clock of that person.
    pub when: i64,
}

/// What can happen to a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// This state was handed in.
    Submitted(Revision),
    /// It shall not go on.
    Withdrawn {
        /// Why; may be empty.
        reason: String,
    },
}

/// Somebody, as commits name people. Not checked by anyone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

impl Event {
    /// The commit that tells of this event of `story`, on top of `before`.
    pub(crate) fn commit(
        &self,
        story: &StoryId,
        before: Option<ObjectId>,
        tip: Option<ObjectId>,
        tree: ObjectId,
        signature: &[u8],
    ) -> Vec<u8> {
        let parents: Vec<_> = before.into_iter().chain(tip).collect();
        let message = self.message(story);
        let commit = NewCommit {
            tree,
            parents: &parents,
            author: signature,
            committer: signature,
            message: message.as_bytes(),
        };
        commit.to_bytes()
    }

    fn message(&self, story: &StoryId) -> String {
        match self {
            Self::Submitted(revision) => {
                let id = revision.id();
                format!(
                    "Submit {story}\n\n{revision}\nStoryline-Kind: submit\nStory-Id: {story}\n\
                     Story-Revision: {id}\n"
                )
            }
            Self::Withdrawn { reason } => {
                let reason = paragraphs(reason);
                let gap = if reason.is_empty() { "" } else { "\n\n" };
                format!(
                    "Withdraw {story}\n\n{reason}{gap}Storyline-Kind: withdraw\nStory-Id: {story}\n"
                )
            }
        }
    }

    fn parse(story: &StoryId, message: &str) -> Option<Self> {
        let (subject, rest) = message.split_once("\n\n")?;
        let kind = subject.strip_suffix(story.as_str())?;
        let event = match kind {
            "Submit " => {
                let (text, _) = rest.split_once("\n\n")?;
                Self::Submitted(Revision::parse(&format!("{text}\n"))?)
            }
            "Withdraw " => {
                let reason = rest.rsplit_once("\n\n").map_or("", |(reason, _)| reason);
                Self::Withdrawn {
                    reason: reason.into(),
                }
            }
            _ => return None,
        };
        // What does not print as it was read was not written by us.
        (event.message(story) == message).then_some(event)
    }
}

impl Person {
    /// Reads `NAME <EMAIL> SECONDS OFFSET`, as commits have it; the seconds are those since 1970.
    pub fn and_time(header: &[u8]) -> Option<(Self, i64)> {
        let text = std::str::from_utf8(header).ok()?;
        let (name, rest) = text.split_once('<')?;
        let (email, time) = rest.split_once("> ")?;
        let seconds = time.split(' ').next()?.parse().ok()?;
        let person = Self {
            name: name.trim_end().into(),
            email: email.into(),
        };
        Some((person, seconds))
    }
}

/// A text of people's without control characters, blank ends of lines, and empty lines around it.
pub fn paragraphs(text: &str) -> String {
    let lines = text.trim().lines().map(str::trim_end);
    let lines: Vec<String> = lines
        .map(|line| line.chars().filter(|c| !c.is_control()).collect())
        .collect();
    lines.join("\n")
}

impl Record {
    /// What the commit `id` tells of `story`; `None` when it was not written by Storyline.
    pub(crate) fn parse(story: &StoryId, id: ObjectId, commit: &RawCommit<'_>) -> Option<Self> {
        let message = std::str::from_utf8(commit.message()).ok()?;
        let event = Event::parse(story, message)?;
        let of_this_story = match &event {
            Event::Submitted(revision) => revision.story == *story,
            Event::Withdrawn { .. } => true,
        };
        let (who, when) = Person::and_time(commit.committer()?)?;
        of_this_story.then_some(Self {
            commit: id,
            event,
            who,
            when,
        })
    }

    /// The revision that it tells of, if it is one.
    pub fn revision(&self) -> Option<&Revision> {
        match &self.event {
            Event::Submitted(revision) => Some(revision),
            Event::Withdrawn { .. } => None,
        }
    }

    /// The commit of what happened before, among the parents of this one.
    pub(crate) fn before(&self, parents: &[ObjectId]) -> Option<ObjectId> {
        let own = self.revision().and_then(Revision::own);
        match own {
            Some(_) => parents.split_last()?.1.first().copied(),
            None => parents.first().copied(),
        }
    }

    /// Its name.
    pub fn revision_id(&self) -> Option<RevisionId> {
        self.revision().map(Revision::id)
    }
}
