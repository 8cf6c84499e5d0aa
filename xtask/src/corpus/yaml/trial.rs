//! One file: its values replaced one by one, each time looked at, and put back.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use storyline_text::{Edit, Patch, RelPath, Span};
use storyline_yaml::{Document, EditError, Kind, Node, Scalar, read, verify};

use super::values::{Wish, wishes};

/// How many values of a file are replaced, spread over it evenly.
const VALUES: usize = 12;

/// What became of a file.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) size: usize,
    /// What a reader of YAML sees, as in `yaml_edits.py`; `None` if it cannot be read.
    pub(crate) events: Option<Vec<String>>,
    /// How many values were replaced.
    pub(crate) values: usize,
    pub(crate) edits: Vec<Trial>,
}

/// One value, one new value.
pub(crate) struct Trial {
    pub(crate) address: String,
    /// Number of the scalar among the file's scalars and aliases, keys included, from 0.
    pub(crate) leaf: usize,
    /// Number of the YAML document, from 0, and keys and positions on the way to the value.
    pub(crate) document: usize,
    pub(crate) route: Vec<Value>,
    pub(crate) span: Span,
    pub(crate) wish: Wish,
    /// Whether it overwrites a template, which `replace` refuses.
    pub(crate) is_template: bool,
    /// Whether another library could say which place is meant.
    pub(crate) is_one_place: bool,
    pub(crate) answer: Answer,
}

/// What we did.
pub(crate) enum Answer {
    Done {
        edit: Edit,
        requoted: bool,
        /// The old value at the same place gave the old bytes back.
        restored: bool,
    },
    Refused(String),
    Broken(String),
}

/// Tries a file; `None` for LookML of today, which is no YAML.
pub(crate) fn run(path: PathBuf, source: &[u8]) -> Option<File> {
    let document = read(source);
    let name = path.to_string_lossy();
    if name.ends_with(".lookml") && !name.ends_with(".dashboard.lookml") {
        let is_old = document.roots().any(|root| root.kind() == Kind::Sequence)
            || !storyline_lookml::parse(source).errors().is_empty();
        if !is_old {
            return None;
        }
    }
    let leaves: Vec<Node<'_>> = leaves(&document).collect();
    let values: Vec<usize> = (0..leaves.len())
        .filter(|leaf| !leaves[*leaf].is_key() && leaves[*leaf].scalar().is_some())
        .collect();
    let count = values.len().min(VALUES);
    let chosen = (0..count).map(|i| values[i * values.len() / count]);
    let edits = chosen.flat_map(|leaf| edits(&document, leaf, leaves[leaf]));
    Some(File {
        size: source.len(),
        events: document.errors().is_empty().then(|| events(&document)),
        values: count,
        edits: edits.collect(),
        path,
    })
}

fn leaves<'d>(document: &'d Document<'d>) -> impl Iterator<Item = Node<'d>> {
    let is_leaf = |node: &Node<'_>| !matches!(node.kind(), Kind::Mapping | Kind::Sequence);
    document.nodes().filter(is_leaf)
}

fn edits(document: &Document<'_>, leaf: usize, node: Node<'_>) -> Vec<Trial> {
    let Some(scalar) = node.scalar() else {
        return Vec::new();
    };
    let (number, route) = route(document, node);
    let wishes = wishes(&scalar, leaf);
    let trial = |wish: Wish| {
        let (answer, is_one_place) = answer(&scalar, leaf, &wish);
        Trial {
            address: scalar.address(),
            leaf,
            document: number,
            route: route.clone(),
            span: scalar.span(),
            is_template: matches!(scalar.replace(""), Err(EditError::Template { .. })),
            wish,
            is_one_place,
            answer,
        }
    };
    wishes.into_iter().map(trial).collect()
}

fn answer(scalar: &Scalar<'_>, leaf: usize, wish: &Wish) -> (Answer, bool) {
    let replacement = match scalar.overwrite(&wish.value) {
        Ok(replacement) => replacement,
        Err(error) => {
            let file = RelPath::new(b"file").expect("a name without a slash");
            let id = error.diagnostic(&file).id;
            let is_one_place = !matches!(id, "yaml-alias" | "yaml-duplicate-key");
            return (
                Answer::Refused(reason(id, &error.to_string())),
                is_one_place,
            );
        }
    };
    let done = look(scalar, leaf, wish, &replacement.edit).map(|restored| Answer::Done {
        requoted: replacement.requoted,
        edit: replacement.edit,
        restored,
    });
    let broken = |error| Answer::Broken(format!("{error:#}"));
    (done.unwrap_or_else(broken), true)
}

/// The id, and what an error of that id says at its end.
fn reason(id: &str, message: &str) -> String {
    match message.rsplit_once(": ") {
        Some((_, why)) if id == "yaml-block" => format!("{id}: {why}"),
        _ => id.into(),
    }
}

/// Looks at what an edit makes of the file, and says whether the old value undoes it.
fn look(scalar: &Scalar<'_>, leaf: usize, wish: &Wish, edit: &Edit) -> Result<bool> {
    let document = scalar.document();
    let source = document.source();
    ensure!(
        scalar.span().contains(edit.span),
        "bytes outside of the value change"
    );
    let patch = Patch::new(vec![edit.clone()])?;
    let after = patch.apply(source)?;
    verify(document, &after, &patch)?;
    let again = read(&after);
    let node = leaves(&again).nth(leaf).context("the value is gone")?;
    let new = node.scalar().context("the value is no scalar any more")?;
    ensure!(new.value() == *wish.value, "it reads {:?}", new.value());
    let inverse = patch.inverse(source).apply(&after)?;
    ensure!(inverse == source, "the inverse patch does not restore it");
    // Other quotes, or lines that are one now, may leave no way back by this road.
    let Ok(back) = new.overwrite(&scalar.value()) else {
        return Ok(false);
    };
    let back = Patch::new(vec![back.edit])?;
    let restored = back.apply(&after)?;
    verify(&again, &restored, &back).context("on the way back")?;
    Ok(restored == source)
}

/// The number of the YAML document, and the keys and positions on the way to a node.
fn route(document: &Document<'_>, node: Node<'_>) -> (usize, Vec<Value>) {
    let mut route = Vec::new();
    let mut node = node;
    while let Some(parent) = node.parent() {
        let is_node = |other: &Node<'_>| other.span() == node.span();
        route.push(match parent.kind() {
            Kind::Sequence => json!(parent.children().position(|n| is_node(&n))),
            _ => {
                let mut entries = parent.entries();
                let entry = entries.find(|(_, value)| is_node(value));
                json!(entry.and_then(|(key, _)| Some(key.scalar()?.value().into_owned())))
            }
        });
        node = parent;
    }
    route.reverse();
    let number = document.roots().position(|r| r.span() == node.span());
    (number.unwrap_or(0), route)
}

/// What a reader of YAML sees: a string for each begin, end, scalar and alias.
fn events(document: &Document<'_>) -> Vec<String> {
    enum Step<'d> {
        Into(Node<'d>),
        End(&'static str),
    }
    let mut events = Vec::new();
    for root in document.roots() {
        events.push("document".to_owned());
        let mut ahead = vec![Step::Into(root)];
        while let Some(step) = ahead.pop() {
            let node = match step {
                Step::End(end) => {
                    events.push(end.into());
                    continue;
                }
                Step::Into(node) => node,
            };
            let (begin, end) = match (node.kind(), node.scalar()) {
                (Kind::Mapping, _) => ("{", "}"),
                (Kind::Sequence, _) => ("[", "]"),
                (Kind::Scalar(_), Some(scalar)) => {
                    events.push(format!("={}", scalar.value()));
                    continue;
                }
                _ => {
                    let name = node.span().slice(document.source());
                    events.push(String::from_utf8_lossy(name).into_owned());
                    continue;
                }
            };
            events.push(begin.into());
            ahead.push(Step::End(end));
            let children: Vec<_> = node.children().map(Step::Into).collect();
            ahead.extend(children.into_iter().rev());
        }
    }
    events
}
