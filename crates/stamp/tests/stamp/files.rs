//! A project in memory, and how tests write and show one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use storyline_manifest::{Environment, Manifest};
use storyline_stamp::{Direction, plan};
use storyline_stamp::{
    Entry, EntryKind, FileSet, Plan, ReadError, Refused, Scope, Tree, TreePatch,
};
use storyline_text::{Diagnostic, LineIndex, RelPath, Span};

/// A tree of files in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Files {
    entries: Vec<Entry>,
    bytes: BTreeMap<RelPath, Vec<u8>>,
}

impl FileSet for Files {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        let bytes = self.bytes.get(path).ok_or_else(|| ReadError {
            path: path.clone(),
            reason: "no such file".into(),
        })?;
        Ok(bytes.into())
    }
}

pub(crate) fn path(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).expect("a plain path")
}

impl Files {
    pub(crate) fn add(&mut self, path: RelPath, kind: EntryKind, bytes: Vec<u8>) {
        let size = bytes.len() as u64;
        let at = self.entries.partition_point(|entry| entry.path < path);
        assert!(self.entries.get(at).is_none_or(|next| next.path != path));
        if kind == EntryKind::File {
            self.bytes.insert(path.clone(), bytes);
        }
        self.entries.insert(at, Entry { path, kind, size });
    }

    /// Files that begin with a line `=== path` each; `=== link path` and `=== module path` are a
    /// symbolic link and a submodule.
    pub(crate) fn parse(text: &str) -> Self {
        let mut files = Self::default();
        for part in text.trim_start().split("=== ").skip(1) {
            let (head, body) = part.split_once('\n').unwrap_or((part, ""));
            let (kind, name) = match head.split_once(' ') {
                Some(("link", name)) => (EntryKind::Symlink, name),
                Some(("module", name)) => (EntryKind::Submodule, name),
                _ => (EntryKind::File, head),
            };
            files.add(path(name), kind, body.as_bytes().to_vec());
        }
        files
    }

    /// The bytes of a regular file.
    pub(crate) fn bytes(&self, path: &RelPath) -> Option<&[u8]> {
        self.bytes.get(path).map(Vec::as_slice)
    }

    pub(crate) fn kind(&self, path: &RelPath) -> Option<EntryKind> {
        let at = self.entries.binary_search_by(|entry| entry.path.cmp(path));
        at.ok().map(|at| self.entries[at].kind)
    }

    /// Carries a patch out as its documentation says that it can be.
    pub(crate) fn apply(&self, patch: &TreePatch) -> Self {
        let mut files = self.clone();
        let sorted = patch
            .changes
            .windows(2)
            .all(|two| two[0].from < two[1].from);
        assert!(sorted, "changes are sorted by path");
        for change in &patch.changes {
            let before = files.bytes.remove(&change.from);
            assert_eq!(before.as_ref(), Some(&change.before), "{}", change.from);
            files.entries.retain(|entry| entry.path != change.from);
        }
        for change in &patch.changes {
            files.add(change.to.clone(), EntryKind::File, change.after());
        }
        files
    }

    pub(crate) fn plan(&self, manifest: &Manifest, way: Direction) -> Result<Plan, Refused> {
        plan(&self.tree(manifest), manifest, dev1(manifest), way)
    }

    pub(crate) fn tree(&self, manifest: &Manifest) -> Tree {
        Tree::read(self, &Scope::all(Some(manifest))).expect("every file is there")
    }

    /// `file:line:column`, or the file alone for the path itself.
    pub(crate) fn place(&self, file: &RelPath, span: Option<Span>) -> String {
        match (span, self.bytes(file)) {
            (Some(span), Some(bytes)) => {
                let at = LineIndex::new(bytes).position(bytes, span.start);
                format!("{file}:{}:{}", at.line, at.column)
            }
            _ => file.to_string(),
        }
    }

    /// A diagnostic in plain words.
    pub(crate) fn show(&self, diagnostic: &Diagnostic) -> String {
        let Diagnostic {
            id,
            severity,
            title,
            labels,
            help,
        } = diagnostic;
        let mut out = format!("{severity:?} {id}: {title}\n");
        for label in labels {
            let text = match label.text.is_empty() {
                true => String::new(),
                false => format!(" {}", label.text),
            };
            let _ = writeln!(out, "  {}{text}", self.place(&label.file, label.span));
        }
        for line in help {
            let _ = writeln!(out, "  help: {line}");
        }
        out
    }
}

/// The manifest whose environment `dev1` says `rules`, which may go on with other sections.
pub(crate) fn manifest(rules: &str) -> Manifest {
    let text = format!("[environment.dev1]\n{rules}\n");
    let manifest = Manifest::parse(&[(path("storyline.toml"), text)]);
    manifest.unwrap_or_else(|errors| panic!("{errors}\n{rules}"))
}

pub(crate) fn dev1(manifest: &Manifest) -> &Environment {
    manifest.environment("dev1").expect("it is declared")
}
