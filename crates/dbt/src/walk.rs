//! Mappings as dbt sees them: aliases stand for what they name, merges (`<<`) add their entries.
//!
//! A few aliases can stand for billions of entries. So nothing is followed twice in one [`Walk`],
//! which costs nothing: what is looked for are places in the file.

use std::collections::HashSet;

use storyline_text::Span;
use storyline_yaml::{Kind, Node};

/// What a node is, where an alias stands for its target.
pub(crate) fn resolved(node: Node<'_>) -> Node<'_> {
    node.target().unwrap_or(node)
}

/// A search of mappings that play the same part, such as the targets of profiles.
#[derive(Default)]
pub(crate) struct Walk {
    seen: HashSet<Span>,
}

impl Walk {
    /// The entries of a mapping and of those that are merged into it, aliases resolved. Mappings
    /// that were asked for before have none.
    pub(crate) fn entries<'d>(&mut self, node: Node<'d>) -> Vec<(Node<'d>, Node<'d>)> {
        let mut out = Vec::new();
        let mut waiting = vec![resolved(node)];
        while let Some(node) = waiting.pop() {
            if node.kind() != Kind::Mapping || !self.seen.insert(node.span()) {
                continue;
            }
            for (key, value) in node.entries() {
                let value = resolved(value);
                match (is_merge(key), value.kind()) {
                    (false, _) => out.push((key, value)),
                    // `<<: [*a, *b]`
                    (true, Kind::Sequence) if self.seen.insert(value.span()) => {
                        waiting.extend(value.children().map(resolved));
                    }
                    (true, _) => waiting.push(value),
                }
            }
        }
        out
    }

    /// The entry `key` of a mapping, as [`Walk::entries`] gives it.
    pub(crate) fn values<'d>(&mut self, node: Node<'d>, key: &str) -> Vec<Node<'d>> {
        let entries = self.entries(node).into_iter();
        let wanted = entries.filter(|(name, _)| is_key(*name, key));
        wanted.map(|(_, value)| value).collect()
    }
}

/// Whether a key is the one that merges another mapping.
pub(crate) fn is_merge(key: Node<'_>) -> bool {
    is_key(key, "<<") && key.scalar().is_some_and(|key| key.span() == key.content())
}

/// Whether the key says `text`.
pub(crate) fn is_key(key: Node<'_>, text: &str) -> bool {
    key.scalar().is_some_and(|key| key.value() == text)
}

/// A node and all that it holds, keys included, in the order of their bytes. Aliases are not
/// followed.
pub(crate) fn inside(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let mut waiting = vec![node];
    std::iter::from_fn(move || {
        let node = waiting.pop()?;
        let from = waiting.len();
        waiting.extend(node.children());
        waiting[from..].reverse();
        Some(node)
    })
}
