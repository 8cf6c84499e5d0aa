//! Paths inside a project: bytes, `/` between components, never out of the folder.
//!
//! Two strictnesses, because two things are wanted. A path that *exists* may be odd, and odd paths
//! travel unchanged; it only must not leave the folder. A name that *we write* has to be safe on
//! every operating system, whichever one we run on, since the tree is checked out elsewhere.

use std::fmt;
use std::sync::Arc;

use crate::Visible;

/// A path relative to a project's root. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(Arc<[u8]>);

/// Why a path or a name is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsafeName {
    /// Nothing there, or two slashes in a row.
    #[error("it is empty")]
    Empty,
    /// Starts at the root of the file system.
    #[error("it is absolute")]
    Absolute,
    /// `.` or `..`.
    #[error("`{0}` leaves its folder")]
    Leaves(&'static str),
    /// A byte that some operating system forbids or reads as something else.
    #[error("{0} cannot stand in a file name on every operating system")]
    Character(String),
    /// `CON`, `NUL`, `COM1` and their kin, with any extension.
    #[error("`{0}` is a device on Windows")]
    Device(String),
    /// `.git` in any spelling that some file system takes for it.
    #[error("some file systems take it for `.git`")]
    GitDirectory,
    /// Windows drops these silently.
    #[error("it ends in a dot or a space")]
    TrailingDotOrSpace,
    /// Longer than common file systems allow for one component.
    #[error("it is {0} bytes long; file systems allow 255")]
    TooLong(usize),
}

impl RelPath {
    /// A path as a listing gave it.
    ///
    /// # Errors
    /// When it is absolute, leaves the folder, or has an empty component or a NUL.
    pub fn new(bytes: &[u8]) -> Result<Self, UnsafeName> {
        if bytes.first() == Some(&b'/') {
            return Err(UnsafeName::Absolute);
        }
        for component in bytes.split(|b| *b == b'/') {
            match component {
                b"" => return Err(UnsafeName::Empty),
                b"." => return Err(UnsafeName::Leaves(".")),
                b".." => return Err(UnsafeName::Leaves("..")),
                c if c.contains(&0) => return Err(UnsafeName::Character("NUL".into())),
                _ => {}
            }
        }
        Ok(Self(bytes.into()))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The last component.
    pub fn file_name(&self) -> &[u8] {
        let start = memchr::memrchr(b'/', &self.0).map_or(0, |at| at + 1);
        &self.0[start..]
    }

    /// Everything before the last component, without the slash; empty at the root.
    pub fn parent(&self) -> &[u8] {
        let end = memchr::memrchr(b'/', &self.0).unwrap_or(0);
        &self.0[..end]
    }

    /// The same folder with another last component.
    ///
    /// # Errors
    /// When `name` is not safe on every operating system ([`check_component`]).
    pub fn with_file_name(&self, name: &[u8]) -> Result<Self, UnsafeName> {
        check_component(name)?;
        let keep = self.0.len() - self.file_name().len();
        Ok(Self([&self.0[..keep], name].concat().into()))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Visible(&self.0).fmt(f)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// Whether `name` can be one component of a path that we write, on every operating system.
///
/// # Errors
/// The rule that it breaks; the rules of all systems hold on every system.
pub fn check_component(name: &[u8]) -> Result<(), UnsafeName> {
    match name {
        b"" => return Err(UnsafeName::Empty),
        b"." => return Err(UnsafeName::Leaves(".")),
        b".." => return Err(UnsafeName::Leaves("..")),
        _ => {}
    }
    if name.len() > 255 {
        return Err(UnsafeName::TooLong(name.len()));
    }
    if is_usual(name) {
        return Ok(());
    }
    if is_git_directory(name) {
        return Err(UnsafeName::GitDirectory);
    }
    let text = std::str::from_utf8(name)
        .map_err(|_| UnsafeName::Character("a byte that is not UTF-8".into()))?;
    if let Some(c) = text.chars().find(|c| forbidden(*c)) {
        let shown = Visible(c.encode_utf8(&mut [0; 4]).as_bytes()).to_string();
        return Err(UnsafeName::Character(format!("`{shown}`")));
    }
    if text.ends_with(['.', ' ']) {
        return Err(UnsafeName::TrailingDotOrSpace);
    }
    let stem = text.split('.').next().unwrap_or(text).trim_end();
    if is_device(stem) {
        return Err(UnsafeName::Device(stem.into()));
    }
    Ok(())
}

/// Whether a name is made of nothing but what stands in most names, so that no rule has to be looked at:
/// letters, digits, `_`, `-` and `.`, no dot at its ends, and before the first one more than any device's
/// name has of these.
fn is_usual(name: &[u8]) -> bool {
    let stem = memchr::memchr(b'.', name).unwrap_or(name.len());
    let is_usual = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    stem > 4 && name.last() != Some(&b'.') && name.iter().all(is_usual)
}

fn forbidden(c: char) -> bool {
    Visible::hides(c) || matches!(c, '/' | '\\' | ':' | '<' | '>' | '"' | '|' | '?' | '*')
}

/// Device names of Windows, whatever their case or extension; the superscript digits count.
fn is_device(stem: &str) -> bool {
    let stem = stem.to_ascii_uppercase();
    if matches!(
        &*stem,
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$"
    ) {
        return true;
    }
    let number = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"));
    number.is_some_and(|n| {
        let mut chars = n.chars();
        let digit = matches!(
            chars.next(),
            Some('0'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}')
        );
        digit && chars.next().is_none()
    })
}

/// Whether HFS+ (ignorable code points, case), NTFS (short names, streams, trailing dots and
/// spaces) or plain comparison makes `name` the repository's own folder.
fn is_git_directory(name: &[u8]) -> bool {
    // Most names begin with another letter than any spelling does.
    let is_plain = name.iter().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain && !matches!(name.first(), Some(b'.' | b'g' | b'G')) {
        return false;
    }
    let lossy = String::from_utf8_lossy(name);
    let folded: String = lossy
        .chars()
        .filter(|c| !Visible::hides(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let before_stream = folded.split(':').next().unwrap_or(&folded);
    let bare = before_stream.trim_end_matches(['.', ' ']);
    let short = bare
        .strip_prefix("git~")
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    bare == ".git" || short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for bad in ["", "/a", "a//b", "a/", "../a", "a/..", "./a", "a\0b"] {
            assert!(RelPath::new(bad.as_bytes()).is_err(), "{bad:?}");
        }
        let path = RelPath::new(b"a/b.c/x.model.lkml").expect("a plain path");
        assert_eq!(path.file_name(), b"x.model.lkml");
        assert_eq!(path.parent(), b"a/b.c");
        let other = path.with_file_name(b"y.model.lkml").expect("a plain name");
        assert_eq!(other.as_bytes(), b"a/b.c/y.model.lkml");
        assert_eq!(RelPath::new(b"top").expect("one component").parent(), b"");
    }

    #[test]
    fn usual_names_break_no_rule() {
        let parts = [
            "con", "lpt1", "git", "x", "_y", "-z", "9", ".", "..", "clock",
        ];
        for a in parts {
            for b in parts {
                for c in parts {
                    let name = [a, b, c].concat();
                    let is_refused = is_git_directory(name.as_bytes())
                        || name.ends_with('.')
                        || is_device(name.split('.').next().unwrap_or(&name));
                    assert!(!(is_usual(name.as_bytes()) && is_refused), "{name}");
                }
            }
        }
        assert!(is_usual(b"sales_2.model.lkml"));
    }

    #[test]
    fn hostile_names_are_refused() {
        let endings = ["", ".", " ", ". .", "::$INDEX_ALLOCATION", ":x"];
        let mut hostile: Vec<String> = Vec::new();
        for git in [
            ".git",
            ".GIT",
            ".Git",
            "git~1",
            "GIT~1",
            "git~12",
            ".g\u{200c}it",
            "\u{200d}.git",
        ] {
            hostile.extend(endings.iter().map(|e| format!("{git}{e}")));
        }
        for device in [
            "con", "CON", "prn", "aux", "nul", "NUL", "conin$", "CONOUT$", "clock$",
        ] {
            hostile.extend(
                ["", ".lkml", ".model.lkml", " .x"]
                    .iter()
                    .map(|e| format!("{device}{e}")),
            );
        }
        for port in ["com", "LPT"] {
            for n in ["0", "1", "9", "\u{b9}", "\u{b2}", "\u{b3}"] {
                hostile.extend(["", ".txt"].iter().map(|e| format!("{port}{n}{e}")));
            }
        }
        for byte in (0u8..0x20).chain([0x7f]) {
            hostile.push(format!("a{}b", char::from(byte)));
        }
        for c in "/\\:<>\"|?*\u{202e}\u{2066}\u{9b}\u{feff}".chars() {
            hostile.extend([
                format!("{c}"),
                format!("a{c}"),
                format!("{c}a"),
                format!("../{c}"),
            ]);
        }
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/../b",
            "/etc/passwd",
            "C:",
            "C:x",
            "\\\\host\\share",
            "a.",
            "a ",
            "a. ",
        ] {
            hostile.push(name.into());
        }
        hostile.push("x".repeat(256));
        for name in &hostile {
            assert!(check_component(name.as_bytes()).is_err(), "{name:?}");
        }
        assert!(hostile.len() > 200);
        assert!(check_component(b"a\xff").is_err());
    }

    #[test]
    fn plain_names_are_accepted() {
        for name in [
            "a",
            "orders.model.lkml",
            "cube.dev",
            "R&D",
            "a b",
            ".gitignore",
            "console",
            "com10",
            "git~",
            "caf\u{e9}",
            "nul_rates.model.lkml",
        ] {
            assert_eq!(check_component(name.as_bytes()), Ok(()), "{name:?}");
        }
    }
}
