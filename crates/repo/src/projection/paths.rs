//! Paths of trees and files, each told once.

use rustc_hash::FxHashMap;
use storyline_stamp::EntryKind as FileKind;
use storyline_stamp::parts::Outline;
use storyline_text::RelPath;

use super::numbers::{Number, number};

number! {
    /// A path of a folder or a file.
    PathId
}

/// All paths that are met.
pub(super) struct Paths(Vec<Named>);

/// A path, and what is known of it.
#[derive(Default)]
struct Named {
    /// `None` for the root.
    path: Option<RelPath>,
    /// Whether an outline wants it as a file, and as a folder.
    wanted: [bool; 2],
    below: FxHashMap<Box<[u8]>, PathId>,
}

impl Default for Paths {
    fn default() -> Self {
        Self(vec![Named::default()])
    }
}

impl Paths {
    /// The root's path.
    pub(super) fn root() -> PathId {
        PathId::new(0)
    }

    /// What is called `name`, as a tree may have it, in a folder.
    pub(super) fn below(&mut self, folder: PathId, name: &[u8]) -> PathId {
        if let Some(known) = self.0[folder.at()].below.get(name) {
            return *known;
        }
        let above = self.bytes(folder);
        let at_root = above.is_empty();
        let slash: &[u8] = if at_root { b"" } else { b"/" };
        let path = RelPath::new(&[above, slash, name].concat());
        let number = PathId::new(self.0.len());
        let wants = |kind| Outline::wants(name, kind, at_root);
        self.0.push(Named {
            path: Some(path.expect("folders with other names are not read")),
            wanted: [wants(Some(FileKind::File)), wants(None)],
            below: FxHashMap::default(),
        });
        self.0[folder.at()].below.insert(name.into(), number);
        number
    }

    /// The path of something in a folder.
    pub(super) fn get(&self, path: PathId) -> &RelPath {
        let path = self.0[path.at()].path.as_ref();
        path.expect("the root is in no folder")
    }

    /// Nothing for the root.
    pub(super) fn bytes(&self, path: PathId) -> &[u8] {
        let path = self.0[path.at()].path.as_ref();
        path.map_or(&[], RelPath::as_bytes)
    }

    /// Whether an outline wants what stands there; `None` is a folder.
    pub(super) fn is_wanted(&self, path: PathId, kind: Option<FileKind>) -> bool {
        self.0[path.at()].wanted[usize::from(kind.is_none())]
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}
