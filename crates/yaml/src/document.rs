//! A file that was read: an arena of nodes in the order of their bytes.
//!
//! Nodes know their parent and the end of their subtree, so paths are made only when somebody asks
//! for one, a subtree is skipped in one step, and dropping a document never recurses.

use std::hash::BuildHasher;
use std::sync::OnceLock;

use rustc_hash::{FxBuildHasher, FxHashSet};
use storyline_text::Span;

use crate::node::{Kind, Node, Scalar};
use crate::{Pattern, ReadError, find};

/// No parent, no target.
pub(crate) const NONE: u32 = u32::MAX;

/// What is kept of every node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Index of the mapping or sequence that holds it; [`NONE`] for a root.
    pub(crate) parent: u32,
    /// In a sequence the position from 0, in a mapping the index of the key (a key's is its own),
    /// at a root the number of the YAML document in the stream.
    pub(crate) slot: u32,
    /// From the first byte of the node to its last, without tag and anchor.
    pub(crate) span: Span,
    /// For a collection the index after its last descendant, for an alias its target or [`NONE`],
    /// for a block scalar the byte where its first line of text starts.
    pub(crate) link: u32,
    pub(crate) kind: Kind,
    /// Stands between brackets, at whatever distance.
    pub(crate) in_flow: bool,
    pub(crate) is_key: bool,
    /// Its text is among [`Arena::cooked`].
    pub(crate) is_cooked: bool,
}

/// Tag and anchor, which few nodes have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Properties {
    pub(crate) node: u32,
    pub(crate) tag: Option<Span>,
    pub(crate) anchor: Option<Span>,
    /// How many aliases refer to this node.
    pub(crate) aliases: usize,
}

/// Everything that reading found, besides the bytes.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Arena {
    pub(crate) nodes: Vec<Entry>,
    /// By node.
    pub(crate) properties: Vec<Properties>,
    /// Values that differ from the bytes of the content, by node.
    pub(crate) cooked: Vec<(u32, String)>,
    /// How many YAML documents the stream holds.
    pub(crate) documents: u32,
    /// How many spaces each tab of the indentation was read as; `None` where none had to be.
    pub(crate) columns: Option<usize>,
    pub(crate) errors: Vec<ReadError>,
}

impl Arena {
    pub(crate) fn properties(&self, node: u32) -> Option<&Properties> {
        let at = self.properties.binary_search_by_key(&node, |p| p.node);
        at.ok().map(|at| &self.properties[at])
    }

    /// The index after the last node of the subtree.
    pub(crate) fn subtree_end(&self, node: u32) -> u32 {
        let entry = &self.nodes[node as usize];
        if entry.kind.is_collection() {
            entry.link
        } else {
            node + 1
        }
    }
}

/// A YAML file that was read; it may hold several YAML documents, or none. See [`crate::read`].
#[derive(Debug)]
pub struct Document<'s> {
    pub(crate) source: &'s [u8],
    /// The same, if it is UTF-8.
    pub(crate) text: Option<&'s str>,
    pub(crate) arena: Arena,
    /// Whether our own reader read it.
    pub(crate) is_common: bool,
    duplicates: OnceLock<FxHashSet<u32>>,
}

/// A file that was read, with its bytes: it may stay longer than what it was read from.
#[derive(Debug)]
pub struct Kept {
    source: Vec<u8>,
    arena: Arena,
    is_common: bool,
    duplicates: OnceLock<FxHashSet<u32>>,
}

impl Kept {
    /// About how many bytes of memory it takes.
    pub fn weight(&self) -> usize {
        let cooked = self.arena.cooked.iter();
        let cooked = cooked.map(|(_, text)| size_of::<(u32, String)>() + text.capacity());
        self.source.capacity()
            + self.arena.nodes.capacity() * size_of::<Entry>()
            + self.arena.properties.capacity() * size_of::<Properties>()
            + cooked.sum::<usize>()
    }

    /// Hands the document to `look`, as it was.
    pub fn with<R>(self, look: impl FnOnce(&Document<'_>) -> R) -> R {
        look(&Document {
            source: &self.source,
            text: std::str::from_utf8(&self.source).ok(),
            arena: self.arena,
            is_common: self.is_common,
            duplicates: self.duplicates,
        })
    }
}

impl<'s> Document<'s> {
    pub(crate) fn new(
        source: &'s [u8],
        text: Option<&'s str>,
        arena: Arena,
        is_common: bool,
    ) -> Self {
        Self {
            source,
            text,
            arena,
            is_common,
            duplicates: OnceLock::new(),
        }
    }

    /// The same with bytes of its own.
    pub fn keep(self) -> Kept {
        Kept {
            source: self.source.to_vec(),
            arena: self.arena,
            is_common: self.is_common,
            duplicates: self.duplicates,
        }
    }

    /// The bytes that were read.
    pub fn source(&self) -> &'s [u8] {
        self.source
    }

    /// What is wrong with the file. With an error of any kind but [`ReadError::UnknownAnchor`] the
    /// document has no nodes.
    pub fn errors(&self) -> &[ReadError] {
        &self.arena.errors
    }

    /// How many YAML documents the file holds.
    pub fn len(&self) -> usize {
        self.arena.documents as usize
    }

    /// Whether the file holds no YAML document: it is empty, only comments, or could not be read.
    pub fn is_empty(&self) -> bool {
        self.arena.documents == 0
    }

    /// All nodes, keys included, in the order of their bytes.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.arena.nodes.len() as u32).map(|id| Node { document: self, id })
    }

    /// All scalars and aliases of scalars, keys included, in the order of their bytes.
    pub fn scalars(&self) -> impl Iterator<Item = Scalar<'_>> {
        self.nodes().filter_map(Node::scalar)
    }

    /// The scalar, or alias of one, whose bytes, quotes included, hold the byte at `offset`.
    pub fn scalar_at(&self, offset: u32) -> Option<Scalar<'_>> {
        let started = |entry: &Entry| entry.span.start <= offset;
        let id = self.arena.nodes.partition_point(started).checked_sub(1)?;
        let node = Node {
            document: self,
            id: id as u32,
        };
        node.scalar().filter(|scalar| offset < scalar.span().end)
    }

    /// The root of each YAML document.
    pub fn roots(&self) -> impl Iterator<Item = Node<'_>> {
        let end = self.arena.nodes.len() as u32;
        let first = (end > 0).then_some(0);
        let ids = std::iter::successors(first, move |id| {
            Some(self.arena.subtree_end(*id)).filter(|next| *next < end)
        });
        ids.map(|id| Node { document: self, id })
    }

    /// The scalars, and the aliases of scalars, whose address `pattern` matches, in the order of
    /// their bytes. Keys are not among them. Aliases of mappings and sequences are not followed, and
    /// merges (`<<`) are not applied: see [`Document::aliases`].
    pub fn find(&self, pattern: &Pattern) -> impl Iterator<Item = Scalar<'_>> {
        find::Matches::new(self, pattern).filter_map(Node::scalar)
    }

    /// The nodes of every kind whose address `pattern` matches.
    pub fn find_nodes(&self, pattern: &Pattern) -> impl Iterator<Item = Node<'_>> {
        find::Matches::new(self, pattern)
    }

    /// Every alias (`*name`). What stands behind an alias of a collection is found at its anchor
    /// only, so whoever needs every place of a name has to look whether there are any.
    pub fn aliases(&self) -> impl Iterator<Item = Node<'_>> {
        self.nodes().filter(|node| node.kind() == Kind::Alias)
    }

    /// Keys that stand twice or more in their mapping, every one of them.
    pub fn duplicate_keys(&self) -> impl Iterator<Item = Scalar<'_>> {
        let duplicates = self.duplicates();
        self.scalars().filter(|key| duplicates.contains(&key.id()))
    }

    /// Made when first asked for: files are mostly read, seldom edited.
    pub(crate) fn duplicates(&self) -> &FxHashSet<u32> {
        self.duplicates.get_or_init(|| {
            let mut twice = FxHashSet::default();
            let mut keys = Vec::new();
            let mappings = self.nodes().filter(|node| node.kind() == Kind::Mapping);
            for mapping in mappings {
                let scalars = mapping.entries().filter_map(|(key, _)| key.scalar());
                keys.clear();
                keys.extend(scalars.map(|key| (FxBuildHasher.hash_one(&*key.value()), key.id())));
                // Equal ones become neighbours, beside few others: those whose hashes are equal too.
                keys.sort_unstable();
                for same in keys.chunk_by_mut(|a, b| a.0 == b.0) {
                    if same.len() > 1 {
                        twice.extend(self.equal(same));
                    }
                }
            }
            twice
        })
    }

    /// Those of some scalars, here with their hashes, that say what another one says.
    fn equal(&self, scalars: &mut [(u64, u32)]) -> Vec<u32> {
        let value = |id: u32| Scalar(Node { document: self, id }).value();
        scalars.sort_unstable_by(|(_, a), (_, b)| value(*a).cmp(&value(*b)));
        let same = scalars.chunk_by(|(_, a), (_, b)| value(*a) == value(*b));
        let twice = same.filter(|same| same.len() > 1).flatten();
        twice.map(|(_, id)| *id).collect()
    }

    /// Takes over which keys stand twice from `other`, whose keys are the same.
    pub(crate) fn has_keys_of(&self, other: &Document<'_>) {
        if let Some(known) = other.duplicates.get() {
            self.duplicates.get_or_init(|| known.clone());
        }
    }
}
