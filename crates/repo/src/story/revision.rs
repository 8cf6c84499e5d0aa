//! A revision: the state of a story that was handed in, as a text whose hash is its name.
//!
//! The text holds what the story *is* and nothing of who handed it in, when or from where, so that the
//! same state has the same name on every machine. The name is the id that Git gives to a blob with that
//! text, so that `git hash-object` finds it too:
//!
//! ```text
//! storyline-revision 1
//! story ABC-12
//! repository . BASE TIP
//! repository warehouse BASE TIP
//! depends XYZ-7 REVISION
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::StoryId;
use crate::{Kind, ObjectId};

/// What the repository that the pipeline is declared in is called; no other can be called so.
pub const OWN_REPOSITORY: &str = ".";

/// The first line: the format, which is frozen.
const FORMAT: &str = "storyline-revision 1";

/// Digits of a revision that people see.
const SHORT: usize = 12;

/// A story's change in one repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is built on: the newest canonical commit in its history, or the tip of a story that it
    /// depends on.
    pub base: ObjectId,
    /// Its last commit.
    pub tip: ObjectId,
}

/// An immutable state of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Whose it is.
    pub story: StoryId,
    /// The change in each repository that it touches, by the repository's name; at least one.
    pub parts: BTreeMap<String, Part>,
    /// The stories that it is built on, each in the revision that it holds.
    pub depends: BTreeMap<StoryId, RevisionId>,
}

/// The name of a revision: the hash of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RevisionId(ObjectId);

impl RevisionId {
    /// As many digits as tell revisions of one story apart.
    pub fn short(&self) -> String {
        let mut digits = self.to_string();
        digits.truncate(SHORT);
        digits
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RevisionId {
    type Err = <ObjectId as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl Revision {
    /// Its name.
    pub fn id(&self) -> RevisionId {
        RevisionId(
            ObjectId::of(Kind::Blob, self.to_string().as_bytes())
                .expect("a few words and names of objects are no attack"),
        )
    }

    /// The change in the repository that the pipeline is declared in.
    pub fn own(&self) -> Option<Part> {
        self.parts.get(OWN_REPOSITORY).copied()
    }

    /// The revision of a text that [`Revision`] prints; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut line = || lines.next();
        if line()? != FORMAT {
            return None;
        }
        let story = line()?.strip_prefix("story ")?.parse().ok()?;
        let mut revision = Self {
            story,
            parts: BTreeMap::new(),
            depends: BTreeMap::new(),
        };
        for line in lines {
            let words: Vec<_> = line.split(' ').collect();
            match *words {
                ["repository", name, base, tip] => {
                    let (base, tip) = (base.parse().ok()?, tip.parse().ok()?);
                    revision.parts.insert(name.into(), Part { base, tip });
                }
                ["depends", story, id] => {
                    let (story, id) = (story.parse().ok()?, id.parse().ok()?);
                    revision.depends.insert(story, id);
                }
                _ => return None,
            }
        }
        // One state has one text: another order, a line twice, other ends of lines are refused.
        (!revision.parts.is_empty() && revision.to_string() == text).then_some(revision)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FORMAT}")?;
        writeln!(f, "story {}", self.story)?;
        for (name, Part { base, tip }) in &self.parts {
            writeln!(f, "repository {name} {base} {tip}")?;
        }
        for (story, revision) in &self.depends {
            writeln!(f, "depends {story} {revision}")?;
        }
        Ok(())
    }
}
