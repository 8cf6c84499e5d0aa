//! What one file says of what stands on what.

use memchr::memmem;
use storyline_text::RelPath;

use crate::objects::{Object, ObjectKind, Outline, Step};

/// What can stand on something, or be stood on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum What {
    View,
    Explore,
    Dashboard,
}

/// A view, an explore, or a refinement of one.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    pub(super) step: Step,
    pub(super) what: What,
    /// What it stands on, by name.
    pub(super) on: Vec<(What, Vec<u8>)>,
    /// `extension: required`: nobody can open it.
    pub(super) is_template: bool,
}

/// A dashboard.
#[derive(Clone, Debug)]
pub(super) struct Board {
    pub(super) name: Vec<u8>,
    /// Models and explores that it asks.
    pub(super) asks: Vec<[Vec<u8>; 2]>,
    pub(super) extends: Vec<Vec<u8>>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// The model that the file is.
    pub(super) model: Option<Vec<u8>>,
    /// `project_name`, of a project's manifest.
    pub(super) project: Option<String>,
    pub(super) is_manifest: bool,
    pub(super) includes: Vec<Vec<u8>>,
    pub(super) things: Vec<Thing>,
    pub(super) boards: Vec<Board>,
}

impl Thing {
    /// Its name, or the one that it refines.
    pub(super) fn name(&self) -> &[u8] {
        let name = &self.step.name;
        name.strip_prefix(b"+").unwrap_or(name)
    }

    pub(super) fn is_refinement(&self) -> bool {
        self.step.name.starts_with(b"+")
    }
}

/// What kind of thing an object is.
pub(super) fn what(kind: ObjectKind) -> Option<What> {
    match kind {
        ObjectKind::View | ObjectKind::ViewRefinement => Some(What::View),
        ObjectKind::Explore | ObjectKind::ExploreRefinement => Some(What::Explore),
        _ => None,
    }
}

/// Whether files of this name hold LookML.
pub(super) fn is_lookml(path: &RelPath) -> bool {
    let name = path.file_name();
    name.ends_with(b".lkml") || name.ends_with(b".lookml")
}

impl Facts {
    pub(super) fn read(path: &RelPath, bytes: &[u8]) -> Self {
        let mut facts = Self::default();
        let Some(outline) = Outline::read(path, bytes) else {
            return facts;
        };
        let has_tables = memmem::find(bytes, TABLE_OF).is_some();
        for object in outline.objects() {
            facts.add(object, has_tables);
        }
        facts
    }

    fn add(&mut self, object: Object<'_>, has_tables: bool) {
        let name = || object.name().to_vec();
        let kind = object.kind();
        match kind {
            ObjectKind::Model => self.model = Some(name()),
            ObjectKind::Manifest => {
                let named = object.values(&["project_name"]).first().copied();
                self.project = named.and_then(|name| String::from_utf8(name.to_vec()).ok());
                self.is_manifest = true;
            }
            ObjectKind::Include => self.includes.push(name()),
            ObjectKind::Join => {
                if let Some(explore) = self.things.last_mut() {
                    explore.on.extend(based(object));
                }
            }
            ObjectKind::Dashboard => self.boards.push(Board {
                name: name(),
                asks: Vec::new(),
                extends: owned(object.values(&["extends"])),
            }),
            ObjectKind::Tile | ObjectKind::DashboardFilter => {
                if let Some(board) = self.boards.last_mut() {
                    board.asks.extend(asked(object));
                }
            }
            _ => {
                if let Some(what) = what(kind) {
                    self.things.push(thing(object, what, has_tables));
                }
            }
        }
    }
}

fn thing(object: Object<'_>, what: What, has_tables: bool) -> Thing {
    let step = Step {
        kind: object.kind(),
        name: object.name().to_vec(),
    };
    let extended = object.values(&["extends"]).into_iter();
    let mut on: Vec<_> = extended.map(|name| (what, name.to_vec())).collect();
    match what {
        What::View => {
            let sources = object.values(&["derived_table", "explore_source"]);
            on.extend(owned(sources).into_iter().map(|name| (What::Explore, name)));
        }
        What::Explore | What::Dashboard => on.extend(based(object)),
    }
    if has_tables {
        on.extend(tables(object.text()).map(|name| (What::View, name.to_vec())));
    }
    Thing {
        step,
        what,
        on,
        is_template: object.values(&["extension"]) == [b"required"],
    }
}

/// The views that an explore or a join begins with: its own name counts where it names none.
fn based(object: Object<'_>) -> Vec<(What, Vec<u8>)> {
    let mut names = object.values(&["from"]);
    names.extend(object.values(&["view_name"]));
    if names.is_empty() {
        names.push(object.name());
    }
    let bare = names
        .into_iter()
        .map(|name| name.strip_prefix(b"+").unwrap_or(name));
    bare.map(|name| (What::View, name.to_vec())).collect()
}

/// The explores that a tile or a filter asks, its own and those of merged queries.
fn asked(object: Object<'_>) -> Vec<[Vec<u8>; 2]> {
    let pairs = |[model, explore]: [&[&str]; 2]| {
        let models = owned(object.values(model));
        let explores = owned(object.values(explore));
        models.into_iter().zip(explores).map(|(a, b)| [a, b])
    };
    let own = pairs([&["model"], &["explore"]]);
    let merged = pairs([&["merged_queries", "model"], &["merged_queries", "explore"]]);
    own.chain(merged).collect()
}

const TABLE_OF: &[u8] = b".SQL_TABLE_NAME}";

/// The names in `${name.SQL_TABLE_NAME}`.
fn tables(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    memmem::find_iter(text, TABLE_OF).filter_map(|end| {
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        let length = text[..end].iter().rev().take_while(|b| is_name(b)).count();
        let (before, name) = text[..end].split_at(end - length);
        before.ends_with(b"${").then_some(name)
    })
}

fn owned(values: Vec<&[u8]>) -> Vec<Vec<u8>> {
    values.into_iter().map(<[u8]>::to_vec).collect()
}
