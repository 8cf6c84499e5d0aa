//! The objects of one file, for whoever asks what stands on what.

use std::ops::Range;

use storyline_text::{LineIndex, RelPath};

use super::build::{lines_of, path};
use super::extract;
use super::kind::ObjectKind;
use super::report::Step;
use super::tree::{Role, Tree};

/// The objects of one file. Of dbt's profiles it has the masked texts only.
pub struct Outline<'s> {
    tree: Tree<'s>,
    lines: LineIndex,
}

/// An object of an [`Outline`].
#[derive(Clone, Copy)]
pub struct Object<'o> {
    outline: &'o Outline<'o>,
    node: u32,
}

impl<'s> Outline<'s> {
    /// Reads a file; `None` where it is of no kind that holds objects.
    pub fn read(path: &RelPath, bytes: &'s [u8]) -> Option<Self> {
        let tree = extract::tree(path, bytes)?;
        let lines = LineIndex::new(bytes);
        Some(Self { tree, lines })
    }

    /// Whether the file does not parse, so that what it holds is partly a guess.
    pub fn is_broken(&self) -> bool {
        self.tree.broken
    }

    /// All objects, each before those that it holds; first the file itself as a model, dbt model, manifest or
    /// plain file.
    pub fn objects(&self) -> impl Iterator<Item = Object<'_>> {
        let nodes = self.tree.nodes.iter().zip(0..);
        let objects = nodes.filter(|(node, _)| matches!(node.role, Role::Object(_)));
        objects.map(|(_, node)| Object {
            outline: self,
            node,
        })
    }
}

impl<'o> Object<'o> {
    /// What it is.
    pub fn kind(self) -> ObjectKind {
        match self.outline.tree.node(self.node).role {
            Role::Object(kind) => kind,
            _ => ObjectKind::File,
        }
    }

    /// Its name, as in [`Step::name`].
    pub fn name(self) -> &'o [u8] {
        let tree = &self.outline.tree;
        tree.text(tree.node(self.node).name)
    }

    /// The objects that hold it and it itself, as in [`Place::path`](super::Place::path).
    pub fn path(self) -> Vec<Step> {
        path(&self.outline.tree, self.node)
    }

    /// Its lines, from 0.
    pub fn lines(self) -> Range<usize> {
        let tree = &self.outline.tree;
        let span = tree.node(self.node).span;
        lines_of(&self.outline.lines, tree.shown(), span)
    }

    /// All its bytes, what it holds included.
    pub fn text(self) -> &'o [u8] {
        let tree = &self.outline.tree;
        tree.node(self.node).span.slice(tree.shown())
    }

    /// What its parameters at `way` say, in order, without quotes: `["extends"]`, `["derived_table",
    /// "explore_source"]`. Of a list each element, of a block its name; what is in blocks of a list is found as
    /// if they stood alone.
    pub fn values(self, way: &[&str]) -> Vec<&'o [u8]> {
        let tree = &self.outline.tree;
        let mut found = vec![self.node];
        for key in way {
            let blocks = found.into_iter().flat_map(|node| {
                let is_list = tree.node(node).role == Role::List;
                let elements = is_list.then(|| tree.children(node));
                let alone = (!is_list).then_some(node);
                elements.into_iter().flatten().chain(alone)
            });
            let children = blocks.flat_map(|node| tree.children(node));
            let wanted = children.filter(|child| {
                let node = tree.node(*child);
                !matches!(node.role, Role::Object(_)) && tree.text(node.key) == key.as_bytes()
            });
            found = wanted.collect();
        }
        let mut values = Vec::new();
        for node in found {
            match tree.node(node).role {
                Role::List => {
                    let elements = tree.children(node).map(|element| tree.node(element));
                    let leaves = elements.filter(|element| element.role == Role::Leaf);
                    values.extend(leaves.map(|leaf| tree.text(leaf.value)));
                }
                Role::Leaf => values.push(tree.text(tree.node(node).value)),
                Role::Group | Role::Object(_) => values.push(tree.text(tree.node(node).name)),
            }
        }
        values
    }
}
