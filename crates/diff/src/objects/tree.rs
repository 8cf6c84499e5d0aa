//! The objects of one file and their parameters: an arena of spans with hashes, one shape for every
//! language.
//!
//! Nodes stand in the order of the file with the index of the node after their last descendant. Texts are
//! spans of the source; what no bytes of the source say (a value with escapes undone, a name from the
//! path) is kept behind its end.

use std::borrow::Cow;
use std::hash::Hasher;

use rustc_hash::FxHasher;
use storyline_text::Span;

use super::kind::ObjectKind;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Object(ObjectKind),
    /// Parameters with a heading of their own.
    Group,
    /// Values whose order counts.
    List,
    /// A value.
    Leaf,
}

/// Parameters that tell blocks without a name apart, the likeliest first.
const NAMES: [&[u8]; 8] = [
    b"name",
    b"label",
    b"field",
    b"value",
    b"title",
    b"project",
    b"table_calculation",
    b"dimension",
];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) role: Role,
    /// The parameter's name; empty in lists.
    pub(crate) key: Span,
    pub(crate) name: Span,
    pub(crate) value: Span,
    /// All its bytes.
    pub(crate) span: Span,
    pub(crate) parent: u32,
    /// The node after its last descendant.
    pub(crate) end: u32,
    /// Of role, key and name: what pairs it with another.
    pub(crate) id: u64,
    /// Of what it says, without its name; the order of what it holds counts in lists alone.
    pub(crate) meaning: u64,
    /// The same with order.
    pub(crate) exact: u64,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blanks {
    /// All of them count.
    Count,
    /// Those at both ends of a line do not.
    AtEnds,
}

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Tree<'s> {
    /// What is shown of the file: its bytes, or those that are no secret.
    shown: Cow<'s, [u8]>,
    made: Vec<u8>,
    pub(crate) nodes: Vec<Node>,
    /// Whether the file could not be read as a whole.
    pub(crate) broken: bool,
    /// Whether it is in the YAML-like LookML.
    pub(crate) legacy: bool,
}

impl<'s> Tree<'s> {
    /// A tree of the file alone.
    pub(crate) fn new(shown: Cow<'s, [u8]>, kind: ObjectKind, name: &[u8]) -> Self {
        let mut tree = Self {
            shown,
            made: Vec::new(),
            nodes: Vec::new(),
            broken: false,
            legacy: false,
        };
        let name = tree.kept(name);
        let all = Span::at(0..tree.shown.len());
        tree.open(Role::Object(kind), Span::default(), name, all);
        tree
    }

    pub(crate) fn text(&self, span: Span) -> &[u8] {
        let length = self.shown.len() as u32;
        match span.start.checked_sub(length) {
            Some(start) if !span.is_empty() => {
                Span::new(start, span.end - length).slice(&self.made)
            }
            _ => span.slice(&self.shown),
        }
    }

    /// Keeps a text that does not stand in the file.
    pub(crate) fn kept(&mut self, text: &[u8]) -> Span {
        let start = self.shown.len() + self.made.len();
        self.made.extend_from_slice(text);
        Span::at(start..start + text.len())
    }

    pub(crate) fn shown(&self) -> &[u8] {
        &self.shown
    }

    pub(crate) fn node(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }

    /// Opens a node below the last one that is open; [`Tree::close`] closes it.
    pub(crate) fn open(&mut self, role: Role, key: Span, name: Span, span: Span) -> u32 {
        let index = self.nodes.len() as u32;
        self.nodes.push(Node {
            role,
            key,
            name,
            value: Span::default(),
            span,
            parent: u32::MAX,
            end: index + 1,
            id: 0,
            meaning: 0,
            exact: 0,
        });
        index
    }

    /// Everything that was opened since is inside.
    pub(crate) fn close(&mut self, index: u32) {
        self.nodes[index as usize].end = self.nodes.len() as u32;
    }

    /// A value. `says` is what is compared.
    pub(crate) fn leaf(
        &mut self,
        [key, name, value, span]: [Span; 4],
        says: &[u8],
        blanks: Blanks,
    ) {
        let index = self.open(Role::Leaf, key, name, span);
        let node = &mut self.nodes[index as usize];
        node.value = value;
        node.exact = hash(|hasher| match blanks {
            Blanks::Count => hasher.write(says),
            Blanks::AtEnds => {
                for line in says.trim_ascii().split(|b| *b == b'\n') {
                    hasher.write(line.trim_ascii());
                    hasher.write_u8(b'\n');
                }
            }
        });
        node.meaning = node.exact;
    }

    /// Puts parents, names and hashes in, once everything is there.
    pub(crate) fn finish(mut self) -> Self {
        self.close(0);
        let mut open: Vec<(u32, u32)> = Vec::new();
        for index in 0..self.nodes.len() as u32 {
            while open.pop_if(|(_, end)| *end <= index).is_some() {}
            let parent = open.last().map_or(u32::MAX, |(parent, _)| *parent);
            let node = &mut self.nodes[index as usize];
            node.parent = parent;
            let end = node.end;
            open.push((index, end));
        }
        for index in (0..self.nodes.len() as u32).rev() {
            self.name(index);
            self.hash(index);
        }
        self
    }

    /// Names a block that has no name by what it says.
    fn name(&mut self, index: u32) {
        let node = *self.node(index);
        let is_nameless = matches!(
            node.role,
            Role::Group | Role::Object(ObjectKind::Dependency)
        );
        if !is_nameless || !node.name.is_empty() {
            return;
        }
        let children = self.children(index).map(|child| self.node(child));
        let rank = |child: &Node| NAMES.iter().position(|name| *name == self.text(child.key));
        let leaves = children.filter(|child| child.role == Role::Leaf && child.name.is_empty());
        let ranked = leaves.filter_map(|child| Some((rank(child)?, child.value)));
        if let Some((_, name)) = ranked.min_by_key(|(rank, _)| *rank) {
            self.nodes[index as usize].name = name;
        }
    }

    /// Its own hash, and its part of that of its parent; what is below is done.
    fn hash(&mut self, index: u32) {
        let mut node = *self.node(index);
        let id = hash(|hasher| {
            // A parameter stays the same one when its value becomes a list.
            let kind = match node.role {
                Role::Object(kind) => kind as u8,
                Role::Group | Role::List | Role::Leaf => u8::MAX,
            };
            hasher.write_u8(kind);
            hasher.write(self.text(node.key));
            hasher.write_u8(0);
            hasher.write(self.text(node.name));
        });
        node.id = id;
        self.nodes[index as usize] = node;
        let Some(parent) = self.nodes.get_mut(node.parent as usize) else {
            return;
        };
        let of =
            |says: u64| hash(|hasher| [id, says].iter().for_each(|part| hasher.write_u64(*part)));
        let after = |so_far: u64, part: u64| of_two(so_far, part);
        parent.exact = after(parent.exact, of(node.exact));
        parent.meaning = match parent.role {
            Role::List => after(parent.meaning, of(node.meaning)),
            _ => parent.meaning.wrapping_add(of(node.meaning)),
        };
    }

    pub(crate) fn children(&self, index: u32) -> impl Iterator<Item = u32> {
        let end = self.node(index).end;
        let below = move |next: &u32| *next < end;
        let first = Some(index + 1).filter(below);
        std::iter::successors(first, move |child| {
            Some(self.node(*child).end).filter(below)
        })
    }

    /// A hash of the parameter's name alone.
    pub(crate) fn key_hash(&self, index: u32) -> u64 {
        hash(|hasher| hasher.write(self.text(self.node(index).key)))
    }

    /// Whether it holds something that makes it known again.
    pub(crate) fn is_told_apart(&self, index: u32) -> bool {
        self.children(index).next().is_some()
    }
}

fn hash(write: impl FnOnce(&mut FxHasher)) -> u64 {
    let mut hasher = FxHasher::default();
    write(&mut hasher);
    hasher.finish()
}

fn of_two(a: u64, b: u64) -> u64 {
    hash(|hasher| {
        hasher.write_u64(a);
        hasher.write_u64(b);
    })
}
