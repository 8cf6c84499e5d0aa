//! One thing that somebody said of a revision on a stage, as a commit that nobody takes back.
//!
//! ```text
//! Hold ABC-12 on acceptance-1
//!
//! whatever the reason is
//!
//! Storyline-Kind: hold
//! Story-Id: ABC-12
//! Story-Revision: REVISION
//! Stage: acceptance-1
//! ```
//!
//! Only the last paragraph is read as trailers, and an entry always has one: so a reason never is. Lines there
//! that are not known are passed over, so that a hold which a later version writes still holds.

use std::fmt;

use storyline_repo::story::{Person, RevisionId, StoryId, paragraphs};
use storyline_repo::{Kind, NewCommit, ObjectError, ObjectId, Objects, RawCommit};

/// Bytes that a reason may have.
pub const MAX_REASON: usize = 4096;

/// What can be said of a revision on a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It does what it should.
    Accept,
    /// It does not go on.
    Hold,
    /// It may go on, once it is accepted anew.
    Release,
}

/// What somebody said of a revision on a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The commit that holds it.
    pub commit: ObjectId,
    /// What was said.
    pub action: Action,
    /// The story that the revision is of.
    pub story: StoryId,
    /// Of which revision.
    pub revision: RevisionId,
    /// Why; may be empty, and may hold anything that a commit's message can.
    pub reason: String,
    /// Who, as the commit says; not checked by anyone.
    pub who: Person,
    /// Seconds since 1970, by the clock of that person. For people only: what counts is the order.
    pub when: i64,
    /// Who signed it, where that was checked and is one of the stage's approvers.
    pub signer: Option<String>,
}

/// What is to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saying<'s> {
    /// What.
    pub action: Action,
    /// Of which story.
    pub story: &'s StoryId,
    /// Of which revision.
    pub revision: RevisionId,
    /// On which stage.
    pub stage: &'s str,
    /// Why; may be empty.
    pub reason: &'s str,
}

/// Why a commit on a gate is no entry of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Odd {
    /// It is no commit that Storyline writes.
    Foreign,
    /// It was written for another stage.
    OtherStage,
    /// It is a merge, and what was said on the other side is not read.
    Merge,
}

impl Action {
    const ALL: [Self; 3] = [Self::Accept, Self::Hold, Self::Release];

    /// How it is called in commits and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Hold => "hold",
            Self::Release => "release",
        }
    }
}

impl fmt::Display for Saying<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            action,
            story,
            revision,
            stage,
            reason,
        } = self;
        let title = match action {
            Action::Accept => "Accept",
            Action::Hold => "Hold",
            Action::Release => "Release",
        };
        write!(f, "{title} {story} on {stage}\n\n")?;
        let reason = paragraphs(reason);
        if !reason.is_empty() {
            write!(f, "{reason}\n\n")?;
        }
        let kind = action.word();
        writeln!(f, "Storyline-Kind: {kind}\nStory-Id: {story}")?;
        writeln!(f, "Story-Revision: {revision}\nStage: {stage}")
    }
}

impl Saying<'_> {
    /// The commit that says so on top of `before`, by somebody at some time (`signature`). Its tree,
    /// which has no files, is written; the commit is not yet.
    ///
    /// # Errors
    /// When the tree cannot be written.
    pub fn commit(
        &self,
        objects: &Objects,
        before: Option<ObjectId>,
        signature: &[u8],
    ) -> Result<Vec<u8>, ObjectError> {
        let writer = objects.writer();
        let tree = writer.add(Kind::Tree, b"")?;
        writer.finish()?;
        let message = self.to_string();
        let parents: Vec<_> = before.into_iter().collect();
        let commit = NewCommit {
            tree,
            parents: &parents,
            author: signature,
            committer: signature,
            message: message.as_bytes(),
        };
        Ok(commit.to_bytes())
    }
}

impl Entry {
    /// What the commit `id` says on the gate of `stage`; nobody's signature is checked.
    pub(super) fn parse(stage: &str, id: ObjectId, commit: &RawCommit<'_>) -> Result<Self, Odd> {
        if commit.parents().len() > 1 {
            return Err(Odd::Merge);
        }
        let message = std::str::from_utf8(commit.message()).map_err(|_| Odd::Foreign)?;
        let who = commit.committer().and_then(Person::and_time);
        let (text, last) = message.trim_end().rsplit_once("\n\n").ok_or(Odd::Foreign)?;
        let one = |key: &str| {
            let lines = last.lines().filter_map(|line| line.split_once(": "));
            let mut values = lines.filter(|(k, _)| *k == key).map(|(_, value)| value);
            values.next().filter(|_| values.next().is_none())
        };
        let read = || {
            let kind = one("Storyline-Kind")?;
            let action = Action::ALL.into_iter().find(|a| a.word() == kind)?;
            let (who, when) = who?;
            let reason = text.split_once("\n\n").map_or("", |(_, reason)| reason);
            let entry = Self {
                commit: id,
                action,
                story: one("Story-Id")?.parse().ok()?,
                revision: one("Story-Revision")?.parse().ok()?,
                reason: reason.trim().into(),
                who,
                when,
                signer: None,
            };
            Some((entry, one("Stage")?))
        };
        match read().ok_or(Odd::Foreign)? {
            (entry, named) if named == stage => Ok(entry),
            _ => Err(Odd::OtherStage),
        }
    }
}
