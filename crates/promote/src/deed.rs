//! What a commit on a stage does, as its message says it.
//!
//! ```text
//! Land ABC-12: Revenue by region
//!
//! Storyline-Kind: land
//! Story-Id: ABC-12
//! Story-Revision: 7be1e0ed7431957787ca6e89b7cd8549c08ec380
//! Story-Base: c2a6c357fb06f97c1441596c58945714ac870d5a
//! Source-Commit: c6c5d11ce07158b5999a4b409369b9e12c3f87e7
//! Promotion-Id: 5d0c34b1a2f0
//! ```
//!
//! A message says so in a paragraph of its own, all of whose lines are `Key: value`. Forges put text before
//! and behind it when they squash, and put several together, so all such paragraphs count, in their order.
//! What a message says is a claim: `audit` computes the tree again.

use std::fmt;

use serde::{Deserialize, Serialize};
use storyline_repo::ObjectId;
use storyline_repo::story::{RevisionId, StoryId};

use crate::stage::Span;

/// What a commit says that it does to a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// A revision came.
    Land(Landing),
    /// A revision went.
    BackOut(BackOut),
    /// A newer manifest came, from this canonical commit.
    Manifest {
        /// The commit.
        source: ObjectId,
    },
    /// The repository came under the manifest.
    Adopt,
    /// A commit that was made on the stage itself was made a story, which is on the stage with that commit.
    HotFix {
        /// The story and revision, and its change.
        revision: Landed,
        /// The commit on the stage that holds the change.
        commit: ObjectId,
    },
}

/// A revision, and its change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landed {
    /// The story.
    pub story: StoryId,
    /// Its revision.
    pub revision: RevisionId,
    /// Its change.
    pub change: Span,
}

/// A revision comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landing {
    /// Which.
    pub revision: Landed,
    /// The revision of the same story that it takes off the stage.
    pub replaces: Option<RevisionId>,
    /// Stories that it is built on.
    pub depends: Vec<StoryId>,
    /// The promotion that brought it.
    pub promotion: String,
}

/// A revision goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackOut {
    /// Which.
    pub revision: Landed,
    /// Which tree a person chose; `None` when both were the same.
    pub take: Option<Take>,
}

/// The two ways of taking a revision off a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Take {
    /// Its change is applied backwards.
    Revert,
    /// All that came after it is applied anew, without it.
    Rebuild,
}

impl fmt::Display for Take {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Revert => "revert",
            Self::Rebuild => "rebuild",
        })
    }
}

impl Deed {
    /// What it is called in a commit's message.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Land(_) => "land",
            Self::BackOut(_) => "back-out",
            Self::Manifest { .. } => "manifest",
            Self::Adopt => "adopt",
            Self::HotFix { .. } => "hot-fix",
        }
    }

    /// The story that it is about.
    pub fn story(&self) -> Option<&StoryId> {
        self.revision().map(|landed| &landed.story)
    }

    /// The revision that it is about.
    pub fn revision(&self) -> Option<&Landed> {
        match self {
            Self::Land(landing) => Some(&landing.revision),
            Self::BackOut(back_out) => Some(&back_out.revision),
            Self::HotFix { revision, .. } => Some(revision),
            Self::Manifest { .. } | Self::Adopt => None,
        }
    }

    /// What a message says, in its order.
    pub fn all_in(message: &[u8]) -> Vec<Self> {
        // Few commits have any.
        if memchr::memmem::find(message, b"Storyline-Kind:").is_none() {
            return Vec::new();
        }
        let mut text = String::from_utf8_lossy(message);
        if text.contains('\r') {
            text = text.replace("\r\n", "\n").into();
        }
        let mut deeds = Vec::new();
        for paragraph in text.split("\n\n") {
            deeds.extend(trailers(paragraph).and_then(|trailers| Self::of(&trailers)));
        }
        deeds
    }

    fn of(trailers: &Trailers<'_>) -> Option<Self> {
        Some(match trailers.one("Storyline-Kind")? {
            "land" => Self::Land(Landing {
                revision: trailers.landed()?,
                replaces: match trailers.one("Replaces") {
                    Some(revision) => Some(revision.parse().ok()?),
                    None => None,
                },
                depends: trailers
                    .all("Depends-On")
                    .filter_map(|id| id.parse().ok())
                    .collect(),
                promotion: trailers.one("Promotion-Id").unwrap_or_default().into(),
            }),
            "back-out" => Self::BackOut(BackOut {
                revision: trailers.landed()?,
                take: match trailers.one("Storyline-Take") {
                    Some("revert") => Some(Take::Revert),
                    Some("rebuild") => Some(Take::Rebuild),
                    Some(_) => return None,
                    None => None,
                },
            }),
            "manifest" => Self::Manifest {
                source: trailers.one("Source-Commit")?.parse().ok()?,
            },
            "adopt" => Self::Adopt,
            "hot-fix" => Self::HotFix {
                revision: trailers.landed()?,
                commit: trailers.one("Hot-Fix-Commit")?.parse().ok()?,
            },
            _ => return None,
        })
    }
}

/// The paragraph that says what a commit does.
impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Storyline-Kind: {}", self.kind())?;
        if let Some(Landed {
            story,
            revision,
            change,
        }) = self.revision()
        {
            writeln!(f, "Story-Id: {story}\nStory-Revision: {revision}")?;
            writeln!(
                f,
                "Story-Base: {}\nSource-Commit: {}",
                change.from, change.to
            )?;
        }
        match self {
            Self::Land(landing) => {
                if let Some(replaces) = landing.replaces {
                    writeln!(f, "Replaces: {replaces}")?;
                }
                for id in &landing.depends {
                    writeln!(f, "Depends-On: {id}")?;
                }
                writeln!(f, "Promotion-Id: {}", landing.promotion)
            }
            Self::BackOut(BackOut {
                take: Some(take), ..
            }) => writeln!(f, "Storyline-Take: {take}"),
            Self::Manifest { source } => writeln!(f, "Source-Commit: {source}"),
            Self::HotFix { commit, .. } => writeln!(f, "Hot-Fix-Commit: {commit}"),
            Self::BackOut(_) | Self::Adopt => Ok(()),
        }
    }
}

struct Trailers<'t>(Vec<(&'t str, &'t str)>);

/// The lines of a paragraph of which each is `Key: value`.
fn trailers(paragraph: &str) -> Option<Trailers<'_>> {
    let lines = paragraph.lines().filter(|line| !line.trim().is_empty());
    let mut pairs = Vec::with_capacity(8);
    for line in lines {
        let (key, value) = line.trim_start().split_once(':')?;
        let is_key = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if key.is_empty() || !key.bytes().all(is_key) {
            return None;
        }
        pairs.push((key, value.trim()));
    }
    Some(Trailers(pairs))
}

impl<'t> Trailers<'t> {
    fn all(&self, key: &str) -> impl Iterator<Item = &'t str> {
        let pairs = self
            .0
            .iter()
            .filter(move |(k, _)| k.eq_ignore_ascii_case(key));
        pairs.map(|(_, value)| *value)
    }

    /// The value of a key that is there once.
    fn one(&self, key: &str) -> Option<&'t str> {
        let mut all = self.all(key);
        let first = all.next()?;
        all.next().is_none().then_some(first)
    }

    fn landed(&self) -> Option<Landed> {
        Some(Landed {
            story: self.one("Story-Id")?.parse().ok()?,
            revision: self.one("Story-Revision")?.parse().ok()?,
            change: Span {
                from: self.one("Story-Base")?.parse().ok()?,
                to: self.one("Source-Commit")?.parse().ok()?,
            },
        })
    }
}
