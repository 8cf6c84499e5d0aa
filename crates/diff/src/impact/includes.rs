//! Which files a model sees, by what it includes.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use storyline_stamp::Pattern;
use storyline_text::RelPath;

use super::facts::Facts;

/// The files of a project, sorted by path, and which patterns were followed already.
pub(super) struct Includes<'f> {
    files: &'f [(&'f RelPath, Facts)],
    /// The folders of projects inside.
    projects: HashSet<&'f [u8]>,
    name: Option<&'f str>,
    known: HashMap<Written<'f>, Rc<[usize]>>,
}

/// A pattern, and the folder of the file that it stands in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Written<'f> {
    pattern: &'f [u8],
    folder: &'f [u8],
}

impl<'f> Includes<'f> {
    pub(super) fn new(files: &'f [(&'f RelPath, Facts)]) -> Self {
        let manifests = || files.iter().filter(|(_, facts)| facts.is_manifest);
        let root = manifests().find(|(path, _)| path.parent().is_empty());
        Self {
            files,
            projects: manifests().map(|(path, _)| path.parent()).collect(),
            name: root.and_then(|(_, facts)| facts.project.as_deref()),
            known: HashMap::new(),
        }
    }

    /// How many includes lead to other projects.
    pub(super) fn elsewhere(&self) -> usize {
        let includes = self.files.iter().flat_map(|(_, facts)| &facts.includes);
        let elsewhere = includes.filter(|pattern| Pattern::is_elsewhere(pattern, self.name));
        elsewhere.count()
    }

    /// The file itself, and all that it includes, directly or not. In order.
    pub(super) fn seen_from(&mut self, file: usize) -> Vec<usize> {
        let files = self.files;
        let mut seen = HashSet::from([file]);
        let mut ahead = vec![file];
        while let Some(next) = ahead.pop() {
            let (path, facts) = &files[next];
            for pattern in &facts.includes {
                let found = self.matched(pattern, path);
                ahead.extend(found.iter().filter(|found| seen.insert(**found)));
            }
        }
        let mut seen: Vec<_> = seen.into_iter().collect();
        seen.sort_unstable();
        seen
    }

    fn matched(&mut self, pattern: &'f [u8], file: &'f RelPath) -> Rc<[usize]> {
        let folder = file.parent();
        let written = Written { pattern, folder };
        if let Some(known) = self.known.get(&written) {
            return Rc::clone(known);
        }
        let mut found = self.matches(pattern, folder);
        if found.is_empty() && pattern.starts_with(b"/") {
            found = self.otherwise(pattern, folder);
        }
        let found: Rc<[usize]> = found.into();
        self.known.insert(written, Rc::clone(&found));
        found
    }

    /// `/…` of a project in a folder, and `/project/…`, which is how one that others import may call its own
    /// files.
    fn otherwise(&self, pattern: &[u8], folder: &[u8]) -> Vec<usize> {
        let mut at = folder;
        while !at.is_empty() && !self.projects.contains(at) {
            let slash = memchr::memrchr(b'/', at).unwrap_or(0);
            at = &at[..slash];
        }
        if !at.is_empty() {
            return self.matches(&[b"/", at, pattern].concat(), b"");
        }
        let own = self.name.map(|name| format!("/{name}/"));
        let rest = own.and_then(|own| pattern.strip_prefix(own.as_bytes()));
        rest.map_or_else(Vec::new, |rest| self.matches(rest, b""))
    }

    fn matches(&self, pattern: &[u8], folder: &[u8]) -> Vec<usize> {
        let Some(pattern) = Pattern::new(pattern, folder, self.name) else {
            return Vec::new();
        };
        let prefix = pattern.prefix();
        let first = self
            .files
            .partition_point(|(path, _)| path.as_bytes() < prefix);
        let below = (first..self.files.len())
            .take_while(|file| self.files[*file].0.as_bytes().starts_with(prefix));
        below
            .filter(|file| pattern.matches(self.files[*file].0))
            .collect()
    }
}
