//! A project as places that hold values: what the files are, from the values and back. It shares nothing with
//! the code that is tried.

use std::collections::{BTreeMap, BTreeSet};

/// A place that stories change as a whole. Two that change it to different values clash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    /// A line of a view, which may be missing.
    Line(usize, usize),
    /// The model of an element of a dashboard.
    Board(usize, usize),
    /// The connection of a model.
    Connection(usize),
    /// A view of its own, which may be missing.
    Whole(usize),
}

/// What is at each place; nothing where it is missing.
pub(crate) type Content = BTreeMap<Slot, String>;
/// What a change makes of each place that it is about.
pub(crate) type Edits = BTreeMap<Slot, [Option<String>; 2]>;
/// Bytes by path.
pub(crate) type Files = BTreeMap<String, String>;

const VIEWS: usize = 4;
const LINES: usize = 5;
const BOARDS: usize = 3;
const ELEMENTS: usize = 3;
const WHOLE: usize = 4;
pub(crate) const MODELS: [&str; 2] = ["shop", "store"];
pub(crate) const CONNECTIONS: [&str; 2] = ["warehouse", "lake"];
/// What somebody writes into a dashboard of a stage that calls its models otherwise.
pub(crate) const STRAY: &str = "  - name: stray\n    model: shop\n";

impl Slot {
    pub(crate) fn all() -> Vec<Self> {
        let lines = (0..VIEWS).flat_map(|view| (0..LINES).map(move |at| Self::Line(view, at)));
        let boards = (0..BOARDS).flat_map(|of| (0..ELEMENTS).map(move |at| Self::Board(of, at)));
        let rest = (0..MODELS.len()).map(Self::Connection);
        let whole = (0..WHOLE).map(Self::Whole);
        lines.chain(boards).chain(rest).chain(whole).collect()
    }

    /// The canonical path of its file.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Line(view, _) => format!("views/v{view}.view.lkml"),
            Self::Board(board, _) => board_path(board),
            Self::Connection(model) => format!("{}.model.lkml", MODELS[model]),
            Self::Whole(view) => format!("views/own{view}.view.lkml"),
        }
    }
}

/// The path of a dashboard.
pub(crate) fn board_path(board: usize) -> String {
    format!("boards/b{board}.dashboard.lookml")
}

pub(crate) fn first() -> Content {
    let all = Slot::all().into_iter().filter_map(|slot| {
        let value = match slot {
            Slot::Line(_, at) if at % 2 == 1 => return None,
            Slot::Whole(at) if at % 2 == 1 => return None,
            Slot::Line(..) | Slot::Whole(_) => "first".into(),
            Slot::Board(_, at) => MODELS[at % 2].into(),
            Slot::Connection(at) => CONNECTIONS[at].into(),
        };
        Some((slot, value))
    });
    all.collect()
}

/// What lies between two contents.
pub(crate) fn between(from: &Content, to: &Content) -> Edits {
    let slots: BTreeSet<_> = from.keys().chain(to.keys()).collect();
    let edits = slots.into_iter().filter_map(|slot| {
        let sides = [from, to].map(|content| content.get(slot).cloned());
        (sides[0] != sides[1]).then_some((*slot, sides))
    });
    edits.collect()
}

pub(crate) fn reversed(edits: &Edits) -> Edits {
    let sides = edits
        .iter()
        .map(|(slot, [from, to])| (*slot, [to.clone(), from.clone()]));
    sides.collect()
}

/// The content with a change, or the places at which it does not fit.
pub(crate) fn applied(content: &Content, edits: &Edits) -> Result<Content, BTreeSet<Slot>> {
    let mut new = content.clone();
    let mut clashes = BTreeSet::new();
    for (slot, [from, to]) in edits {
        let ours = content.get(slot);
        if ours == to.as_ref() {
            continue;
        }
        if ours != from.as_ref() {
            clashes.insert(*slot);
        } else if let Some(value) = to {
            new.insert(*slot, value.clone());
        } else {
            new.remove(slot);
        }
    }
    if clashes.is_empty() {
        Ok(new)
    } else {
        Err(clashes)
    }
}

/// Lines that are nowhere else.
fn gap(name: &str) -> String {
    (0..4).map(|at| format!("  # {name}.{at}\n")).collect()
}

/// The canonical files of a content, but for the manifest.
pub(crate) fn files(content: &Content) -> Files {
    let mut files = Files::new();
    for view in 0..VIEWS {
        let mut text = format!("view: v{view} {{\n");
        for at in 0..LINES {
            text += &gap(&format!("v{view}.{at}"));
            if let Some(value) = content.get(&Slot::Line(view, at)) {
                text += &format!("  dimension: d{at} {{ label: \"{value}\" }}\n");
            }
        }
        files.insert(
            Slot::Line(view, 0).path(),
            text + &gap(&format!("v{view}.end")) + "}\n",
        );
    }
    for board in 0..BOARDS {
        let mut text = format!("- dashboard: b{board}\n  elements:\n");
        for at in 0..ELEMENTS {
            let model = &content[&Slot::Board(board, at)];
            text += &gap(&format!("b{board}.{at}"));
            text += &format!("  - name: e{at}\n    model: {model}\n    explore: v0\n");
        }
        files.insert(board_path(board), text + &gap(&format!("b{board}.end")));
    }
    for (at, model) in MODELS.iter().enumerate() {
        let connection = &content[&Slot::Connection(at)];
        let text = format!(
            "connection: \"{connection}\"\n{}include: \"/views/*\"\nexplore: v{at} {{}}\n",
            gap(model)
        );
        files.insert(Slot::Connection(at).path(), text);
    }
    for view in 0..WHOLE {
        if let Some(value) = content.get(&Slot::Whole(view)) {
            let own = gap(&format!("own{view}"));
            let text = format!("view: own{view} {{\n{own}{own}  label: \"{value}\"\n{own}}}\n");
            files.insert(Slot::Whole(view).path(), text);
        }
    }
    files
}

/// The content of canonical files. Whether it is all of them, [`files`] says.
pub(crate) fn content(files: &Files) -> Content {
    let mut content = Content::new();
    for slot in Slot::all() {
        let Some(text) = files.get(&slot.path()) else {
            continue;
        };
        let quoted = |start: &str| {
            let line = text.lines().find(|line| line.starts_with(start))?;
            line.split('"').nth(1).map(str::to_owned)
        };
        let value = match slot {
            Slot::Line(_, at) => quoted(&format!("  dimension: d{at} ")),
            Slot::Connection(_) => quoted("connection: "),
            Slot::Whole(_) => quoted("  label: "),
            Slot::Board(_, at) => {
                let behind = text.split_once(&format!("- name: e{at}\n    model: "));
                behind.and_then(|(_, rest)| rest.lines().next().map(str::to_owned))
            }
        };
        content.extend(value.map(|value| (slot, value)));
    }
    content
}

/// How a stage calls a canonical name.
pub(crate) fn name(stage: &str, version: usize, name: &str) -> String {
    let swapped = |names: [&str; 2]| {
        let at = names.iter().position(|known| *known == name);
        at.map(|at| names[1 - at].to_owned())
    };
    match stage {
        "acceptance" => format!("{name}_{}", suffix(version)),
        "staging" => swapped(MODELS)
            .or(swapped(CONNECTIONS))
            .expect("a name of the project"),
        _ => name.into(),
    }
}

/// What the names of a stage end in, by the manifest's version.
fn suffix(version: usize) -> &'static str {
    ["acc", "acceptance"][version / 2 % 2]
}

/// The manifest in one of its versions.
pub(crate) fn manifest(version: usize) -> String {
    let suffix = suffix(version);
    format!(
        "# Version {version}\n\
         [environment.acceptance]\nmodels = \"{{name}}_{suffix}\"\nconnections = \"{{name}}_{suffix}\"\n\
         [environment.staging]\nmodels = {{ shop = \"store\", store = \"shop\" }}\n\
         connections = {{ warehouse = \"lake\", lake = \"warehouse\" }}\n\
         [environment.production]\n\
         [pipeline]\nstages = [[\"acceptance\", \"staging\"], \"production\"]\n\
         [stage.production]\naccepted_in = [\"acceptance\"]\n"
    )
}

/// Canonical files as a stage has them.
pub(crate) fn stamped(stage: &str, version: usize, files: &Files) -> Files {
    let stamp = |line: &str| {
        for (start, end) in [("connection: \"", "\"\n"), ("    model: ", "\n")] {
            let inner = line
                .strip_prefix(start)
                .and_then(|rest| rest.strip_suffix(end));
            if let Some(inner) = inner {
                return format!("{start}{}{end}", name(stage, version, inner));
            }
        }
        line.to_owned()
    };
    let all = files.iter().map(|(path, text)| {
        let path = match path.strip_suffix(".model.lkml") {
            Some(model) => format!("{}.model.lkml", name(stage, version, model)),
            None => path.clone(),
        };
        (path, text.split_inclusive('\n').map(stamp).collect())
    });
    all.collect()
}
