//! What a story is called: a name that is safe as a branch, a ref and a file on every system.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use storyline_text::{Diagnostic, UnsafeName, Visible, check_component};

/// The most bytes that a story's id may have: it becomes part of refs, which become files.
pub const MAX_STORY_ID: usize = 100;

/// The id of a story, such as `ABC-12`: letters, digits, `.`, `_` and `-`, a letter or digit first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StoryId(Arc<str>);

impl StoryId {
    /// The id as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether some file system takes the two for one, though they are written differently.
    pub fn collides(&self, other: &Self) -> bool {
        self != other && self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl fmt::Display for StoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<StoryId> for String {
    fn from(id: StoryId) -> Self {
        id.0.as_ref().into()
    }
}

impl TryFrom<String> for StoryId {
    type Error = BadStoryId;

    fn try_from(text: String) -> Result<Self, BadStoryId> {
        text.parse()
    }
}

impl FromStr for StoryId {
    type Err = BadStoryId;

    fn from_str(text: &str) -> Result<Self, BadStoryId> {
        match fault(text) {
            None => Ok(Self(text.into())),
            Some(fault) => Err(BadStoryId {
                text: text.into(),
                fault,
            }),
        }
    }
}

fn fault(text: &str) -> Option<Fault> {
    if text.len() > MAX_STORY_ID {
        return Some(Fault::TooLong(text.len()));
    }
    let rest = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let first = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !first || !text.bytes().all(rest) {
        return Some(Fault::Letters);
    }
    let is_lock = text
        .rsplit_once('.')
        .is_some_and(|(_, end)| end.eq_ignore_ascii_case("lock"));
    if text.contains("..") || is_lock {
        return Some(Fault::Git);
    }
    if text.eq_ignore_ascii_case("head") {
        return Some(Fault::Git);
    }
    check_component(text.as_bytes()).err().map(Fault::Unsafe)
}

/// Why a text is no story's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` cannot be the id of a story: {fault}", Visible(shown(text)))]
pub struct BadStoryId {
    text: String,
    fault: Fault,
}

/// As much of a text as fits on a line.
fn shown(text: &str) -> &[u8] {
    &text.as_bytes()[..text.floor_char_boundary(MAX_STORY_ID)]
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("it is {0} bytes long; {MAX_STORY_ID} are allowed")]
    TooLong(usize),
    #[error("it is not made of letters, digits, `.`, `_` and `-`, a letter or digit first")]
    Letters,
    #[error("Git refuses it, or means something else by it")]
    Git,
    #[error("{0}")]
    Unsafe(UnsafeName),
}

impl BadStoryId {
    /// The same for people.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("story-id", self.to_string())
            .help("take the key of its ticket, such as `ABC-12`, or a few words: `lifetime-value`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_people_choose() {
        for id in ["ABC-12", "abc", "1", "add_ltv.v2", "console", "a-", "v1.2"] {
            assert_eq!(id.parse::<StoryId>().map(|id| id.0), Ok(id.into()));
        }
    }

    #[test]
    fn hostile_ids() {
        let told = |id: &str| {
            let bad = id.parse::<StoryId>().expect_err("it is hostile");
            bad.to_string()
        };
        let long = "x".repeat(300);
        for id in [
            "",
            "-x",
            "--upload-pack=x",
            ".x",
            "_x",
            "../x",
            "a/b",
            "a\\b",
            "a..b",
            "x.lock",
            "x.LOCK",
            "x.",
            "CON",
            "con.txt",
            "nul",
            "COM1",
            "HEAD",
            "head",
            "a b",
            "a\n",
            "a\0",
            "a~1",
            "a^",
            "a:b",
            "a@{0}",
            "*",
            "é",
            "\u{202e}x",
            &long,
        ] {
            assert!(told(id).starts_with('`'), "{id}");
        }
        insta::assert_snapshot!(
            [told("-x"), told("x.lock"), told("CON"), told(&"x".repeat(101))].join("\n"),
            @r#"
        `-x` cannot be the id of a story: it is not made of letters, digits, `.`, `_` and `-`, a letter or digit first
        `x.lock` cannot be the id of a story: Git refuses it, or means something else by it
        `CON` cannot be the id of a story: `CON` is a device on Windows
        `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` cannot be the id of a story: it is 101 bytes long; 100 are allowed
        "#
        );
    }

    #[test]
    fn letter_case_alone_collides() {
        let id = |id: &str| id.parse::<StoryId>().expect("a plain id");
        assert!(id("ABC-1").collides(&id("abc-1")));
        assert!(!id("ABC-1").collides(&id("ABC-1")));
        assert!(!id("ABC-1").collides(&id("ABC-12")));
    }
}
