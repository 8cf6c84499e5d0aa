//! What one file says of names.

use storyline_text::{LineIndex, RelPath, Span};

use super::{Name, NameKind, Provided, Used, dbt, lookml};
use crate::objects::extract;
use crate::objects::tree::Tree;

/// All of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) provided: Vec<Provided>,
    pub(super) used: Vec<Used>,
    /// Views, refinements among them, and a view that each extends.
    pub(super) extends: Vec<[Vec<u8>; 2]>,
    /// What explores call views that have another name.
    pub(super) aliases: Vec<Vec<u8>>,
    /// Whether the file does not parse, so that this is partly a guess.
    pub(super) is_broken: bool,
}

impl Facts {
    pub(super) fn read(path: &RelPath, bytes: &[u8]) -> Self {
        let mut notes = Notes::new(bytes);
        notes.provide(NameKind::Include, path.as_bytes(), 0);
        if let Some(seed) = dbt::seed(path) {
            notes.provide(NameKind::DbtModel, seed, 0);
        }
        if let Some(tree) = extract::tree(path, bytes) {
            notes.facts.is_broken = tree.broken;
            match is_lookml(path) {
                true => lookml::read(&tree, &mut notes),
                false => dbt::read(path, &tree, &mut notes),
            }
        }
        notes.facts
    }
}

/// Whether files of this name hold LookML.
pub(super) fn is_lookml(path: &RelPath) -> bool {
    let name = path.file_name();
    name.ends_with(b".lkml") || name.ends_with(b".lookml")
}

/// The facts of a file in the making, and where its lines are.
pub(super) struct Notes {
    pub(super) facts: Facts,
    lines: LineIndex,
}

impl Notes {
    fn new(bytes: &[u8]) -> Self {
        Self {
            facts: Facts::default(),
            lines: LineIndex::new(bytes),
        }
    }

    /// A name that begins to be provided at byte `at`.
    pub(super) fn provide(&mut self, kind: NameKind, text: &[u8], at: u32) {
        if !text.is_empty() {
            let name = Name::new(kind, text);
            let line = self.lines.line(at);
            self.facts.provided.push(Provided { name, line });
        }
    }

    /// A name that stands at byte `at`.
    pub(super) fn take(&mut self, kind: NameKind, text: &[u8], at: u32, what: &'static str) {
        if !text.is_empty() {
            self.used(Name::new(kind, text), at, what, false);
        }
    }

    pub(super) fn used(&mut self, name: Name, at: u32, what: &'static str, may_be_alias: bool) {
        let line = self.lines.line(at);
        self.facts.used.push(Used {
            name,
            line,
            what,
            may_be_alias,
        });
    }
}

/// Where a text of a node stands: where it is written, or where the node begins.
pub(super) fn place(tree: &Tree<'_>, text: Span, node: Span) -> u32 {
    let is_written = (text.end as usize) <= tree.shown().len();
    if is_written && !text.is_empty() {
        text.start
    } else {
        node.start
    }
}
