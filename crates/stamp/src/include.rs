//! Include patterns: what they match, and the names in them.
//!
//! <https://cloud.google.com/looker/docs/reference/param-model-include>: a pattern is relative to
//! the folder of the file that holds it unless it starts with `/`; `//project/` starts in an
//! imported project; `*` stays inside a folder, `**` does not; `.lkml` and `.lookml` may be left
//! out.

use globset::{GlobBuilder, GlobSet};
use nom::bytes::complete::{is_not, tag};
use nom::sequence::delimited;
use nom::{IResult, Parser};
use storyline_manifest::Kind;
use storyline_text::{RelPath, Span};

use crate::Entry;
use crate::candidate::{Candidate, Shape};

/// `//project/`; gives the project.
fn project(input: &[u8]) -> IResult<&[u8], &[u8]> {
    delimited(tag("//"), is_not("/"), tag("/")).parse(input)
}

/// The first folder of a pattern that starts at the root. It may be the project's own name, as in
/// files that other projects import, where it leads back to this one.
pub(crate) fn root_folder(pattern: &[u8]) -> Option<&[u8]> {
    let rest = pattern.strip_prefix(b"/")?;
    let slash = memchr::memchr(b'/', rest)?;
    (slash > 0).then(|| &rest[..slash])
}

fn is_literal(text: &[u8]) -> bool {
    !text.iter().any(|b| b"*?[]{}@".contains(b))
}

/// Adds the project and the model that `pattern`, at byte `offset` of its file, names.
pub(crate) fn scan(pattern: &[u8], offset: u32, out: &mut Vec<Candidate>) {
    let mut push = |kind, name: &[u8], start: usize, shape| {
        let start = offset as usize + start;
        if let Ok(text) = std::str::from_utf8(name) {
            out.push(Candidate {
                kind,
                span: Span::at(start..start + name.len()),
                name: text.into(),
                shape,
            });
        }
    };
    let named = project(pattern).ok().map(|(_, project)| project);
    if let Some(project) = named.filter(|p| is_literal(p)) {
        push(Kind::Project, project, 2, Shape::Plain);
    }
    if let Some(folder) = root_folder(pattern).filter(|f| is_literal(f)) {
        push(Kind::Project, folder, 1, Shape::RootFolder);
    }
    let start = memchr::memrchr(b'/', pattern).map_or(0, |at| at + 1);
    let file = &pattern[start..];
    let endings = [&b".model.lkml"[..], b".model.lookml", b".model"];
    let Some(stem) = endings.iter().find_map(|e| file.strip_suffix(*e)) else {
        return;
    };
    if !stem.is_empty() && is_literal(stem) && named.is_none_or(is_literal) {
        let project = named.map(|p| String::from_utf8_lossy(p).into_owned());
        push(Kind::Model, stem, start, Shape::IncludedModel { project });
    }
}

/// The folder, with the `/` at its end, that everything which `pattern` can match is in; `None` when that
/// takes more than a look.
pub(crate) fn literal_start(pattern: &[u8], folder: &[u8]) -> Option<Vec<u8>> {
    let has = |part| memchr::memmem::find(pattern, part).is_some();
    if has(b"..") || has(b"./") || has(b"//") {
        return None;
    }
    let (folder, pattern) = match pattern.strip_prefix(b"/") {
        Some(rest) => (&b""[..], rest),
        None => (folder, pattern),
    };
    let wildcard = pattern.iter().position(|b| b"*?[{".contains(b));
    let literal = &pattern[..wildcard.unwrap_or(pattern.len())];
    let literal = &literal[..memchr::memrchr(b'/', literal).map_or(0, |slash| slash + 1)];
    let slash: &[u8] = if folder.is_empty() { b"" } else { b"/" };
    Some([folder, slash, literal].concat())
}

/// Bytes of the longest pattern that is compiled; those of projects have some tens.
const LONGEST_GLOB: usize = 1000;

/// A pattern of an `include:` that can be asked which files it matches.
pub struct Pattern(Matcher);

enum Matcher {
    /// Without wildcards, which most are; compiling each as a glob would take longer than all else.
    Path(String),
    Glob {
        /// The folder that every path that matches is in, with the `/` at its end.
        folder: String,
        globs: GlobSet,
    },
}

impl Pattern {
    /// Compiles the pattern of a file in folder `folder`. `None` when nothing can be said about
    /// it: it leads to another project, out of this one, through a constant, or is no pattern.
    pub fn new(pattern: &[u8], folder: &[u8], own_project: Option<&str>) -> Option<Self> {
        let mut pattern = pattern;
        if let Ok((rest, named)) = project(pattern) {
            if own_project.map(str::as_bytes) != Some(named) {
                return None;
            }
            // One of the two slashes that started it, so that it is taken from the root.
            pattern = &pattern[pattern.len() - rest.len() - 1..];
        }
        let pattern = std::str::from_utf8(pattern).ok()?;
        if pattern.contains("@{") {
            return None;
        }
        let folder = std::str::from_utf8(folder).ok()?;
        let folder = if pattern.starts_with('/') { "" } else { folder };
        let is_glob = pattern.contains(['*', '?', '[', '{']);
        let folders = folder.split('/').filter(|part| !part.is_empty());
        let mut parts: Vec<String> = match is_glob {
            true => folders.map(globset::escape).collect(),
            false => folders.map(Into::into).collect(),
        };
        for part in pattern.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part.into()),
            }
        }
        let path = parts.join("/");
        if !is_glob {
            return Some(Self(Matcher::Path(path)));
        }
        if path.len() > LONGEST_GLOB {
            return None;
        }
        let glob = GlobBuilder::new(&path).literal_separator(true).build();
        // A set of one: a single glob that is too complex would panic instead of failing.
        let set = GlobSet::builder().add(glob.ok()?).build().ok()?;
        let wildcard = path.find(['*', '?', '[', '{']).unwrap_or(path.len());
        let folder = path[..wildcard].rfind('/').map_or(0, |slash| slash + 1);
        Some(Self(Matcher::Glob {
            folder: path[..folder].into(),
            globs: set,
        }))
    }

    /// Whether `pattern` could match a model file at all: what follows its last wildcard says so.
    pub(crate) fn may_match_model(pattern: &[u8]) -> bool {
        let wildcard = pattern.iter().rposition(|b| b"*?]}".contains(b));
        let ending = &pattern[wildcard.map_or(0, |at| at + 1)..];
        [&b".model.lkml"[..], b".model.lookml", b".model"]
            .iter()
            .any(|model| ending.ends_with(model) || model.ends_with(ending))
    }

    /// Whether `pattern` leads to another project: `//project/…`.
    pub fn is_elsewhere(pattern: &[u8], own_project: Option<&str>) -> bool {
        let named = project(pattern).ok().map(|(_, project)| project);
        named.is_some_and(|named| own_project.map(str::as_bytes) != Some(named))
    }

    /// Bytes that every path begins with that it matches.
    pub fn prefix(&self) -> &[u8] {
        match &self.0 {
            Matcher::Path(path) => path.as_bytes(),
            Matcher::Glob { folder, .. } => folder.as_bytes(),
        }
    }

    /// Whether it matches `path`, with or without its ending.
    pub fn matches(&self, path: &RelPath) -> bool {
        let Ok(path) = std::str::from_utf8(path.as_bytes()) else {
            return false;
        };
        let bare = path.strip_suffix(".lkml").or(path.strip_suffix(".lookml"));
        match &self.0 {
            Matcher::Path(own) => own == path || bare == Some(own),
            Matcher::Glob { globs, .. } => {
                globs.is_match(path) || bare.is_some_and(|bare| globs.is_match(bare))
            }
        }
    }

    /// Whether it matches any of `entries`, which are sorted; a pattern with wildcards, whether there
    /// is anything in the folder where it begins to look.
    pub(crate) fn leads_to_any(&self, entries: &[Entry]) -> bool {
        let is_glob = matches!(self.0, Matcher::Glob { .. });
        let prefix = self.prefix();
        let first = entries.partition_point(|entry| entry.path.as_bytes() < prefix);
        let mut below = entries[first..]
            .iter()
            .take_while(|entry| entry.path.as_bytes().starts_with(prefix));
        below.any(|entry| is_glob || self.matches(&entry.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_names(pattern: &str, expect: &[&str]) {
        let mut out = Vec::new();
        scan(pattern.as_bytes(), 0, &mut out);
        let found: Vec<_> = out
            .iter()
            .map(|c| format!("{} {}", c.kind, c.name))
            .collect();
        assert_eq!(found, expect, "{pattern}");
        assert!(out.iter().all(|c| pattern[c.span.range()] == c.name));
    }

    #[test]
    fn names_in_patterns() {
        check_names("x.model.lkml", &["model x"]);
        check_names("/a/cube.dev.model", &["project a", "model cube.dev"]);
        check_names("/a*/x.view", &[]);
        check_names("/x.view", &[]);
        check_names("//p/x.model.lkml", &["project p", "model x"]);
        check_names("//p/views/*.view", &["project p"]);
        check_names("//@{P}/*.model", &[]);
        check_names("*.model.lkml", &[]);
        check_names("x*.model", &[]);
        check_names("x.model.view.lkml", &[]);
        check_names(".model", &[]);
    }

    #[track_caller]
    fn check_match(folder: &str, pattern: &str, path: &str, expect: bool) {
        let compiled = Pattern::new(pattern.as_bytes(), folder.as_bytes(), Some("own"));
        let path = RelPath::new(path.as_bytes()).expect("a plain path");
        let matches = compiled.expect("a plain pattern").matches(&path);
        assert_eq!(matches, expect, "{folder:?} {pattern:?} {path}");
    }

    #[test]
    fn matches() {
        check_match("", "x.model", "x.model.lkml", true);
        check_match("m", "x.model", "m/x.model.lookml", true);
        check_match("m", "/x.model", "m/x.model.lkml", false);
        check_match("m", "../x.model", "x.model.lkml", true);
        check_match("", "*.model", "m/x.model.lkml", false);
        check_match("", "/**/*.model", "m/n/x.model.lkml", true);
        check_match("", "/**/*.model", "x.model.lkml", true);
        check_match("m [1]", "*.model", "m [1]/x.model.lkml", true);
        check_match("", "//own/m/x*.model", "m/xy.model.lkml", true);
        check_match("e", "*", "e/x.view.lkml", true);
        check_match("", "o*[!.][!z].view", "orders.view.lkml", true);
    }

    #[test]
    fn patterns_that_say_nothing() {
        let long = "*a".repeat(100_000);
        for pattern in ["//other/x", "../../x", "@{X}/y", "[", "//other/../x", &long] {
            assert!(
                Pattern::new(pattern.as_bytes(), b"a", Some("own")).is_none(),
                "{pattern}"
            );
        }
    }
}
