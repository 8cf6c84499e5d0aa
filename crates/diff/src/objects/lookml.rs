//! Objects of LookML, in both of its syntaxes.

use std::borrow::Cow;

use storyline_lookml::{Children, Document, Node, NodeKind};
use storyline_text::Span;

use super::kind::ObjectKind;
use super::tree::{Blanks, Role, Tree};

/// The objects of a file that was read.
pub(crate) fn tree<'s>(document: &Document<'s>, root: ObjectKind, name: &[u8]) -> Tree<'s> {
    let tree = Tree::new(Cow::Borrowed(document.source()), root, name);
    let mut builder = Builder {
        tree,
        source: document.source(),
        open: vec![(0, document.root().children())],
    };
    while let Some((node, children)) = builder.open.last_mut() {
        let node = *node;
        match children.next() {
            Some(child) => builder.add(node, child),
            None => {
                builder.open.pop();
                builder.tree.close(node);
            }
        }
    }
    let mut tree = builder.tree;
    tree.broken = !document.errors().is_empty();
    tree.legacy = document.is_legacy();
    tree.finish()
}

struct Builder<'d, 's> {
    tree: Tree<'s>,
    source: &'s [u8],
    /// What is open, outermost first, and what of it is still to come.
    open: Vec<(u32, Children<'d, 's>)>,
}

impl<'d, 's> Builder<'d, 's> {
    fn add(&mut self, parent: u32, node: Node<'d, 's>) {
        let key = self.key(node);
        match node.kind() {
            NodeKind::Block if node.key() == b"filters" && node.name().is_none() => {
                self.filter(node, key);
            }
            NodeKind::List if node.key() == b"filters" && holds_pairs(node) => {
                self.filters(node, key);
            }
            NodeKind::List if node.key() == b"include" => {
                node.children().for_each(|child| self.include(child, key));
            }
            NodeKind::Pair if node.key() == b"include" => self.include(node, key),
            NodeKind::File | NodeKind::Block => self.block(parent, node, key),
            NodeKind::List => {
                let index = self
                    .tree
                    .open(Role::List, key, Span::default(), node.span());
                self.open.push((index, node.children()));
            }
            NodeKind::Raw | NodeKind::Pair | NodeKind::Element => {
                self.leaf(node, [key, Span::default()]);
            }
            NodeKind::Error => {
                let span = node.span();
                let text = span.slice(self.source);
                let places = [key, Span::default(), span, span];
                self.tree.leaf(places, text, Blanks::AtEnds);
            }
        }
    }

    fn key(&mut self, node: Node<'d, 's>) -> Span {
        let written = node.key_span();
        written.unwrap_or_else(|| self.tree.kept(node.key()))
    }

    fn block(&mut self, parent: u32, node: Node<'d, 's>, key: Span) {
        let name = node.name().map(|name| name.span()).unwrap_or_default();
        let kind = match self.tree.node(parent).role {
            Role::Object(holder) => kind(holder, node.key(), name.slice(self.source)),
            _ => None,
        };
        let index = match kind {
            Some(kind) => self
                .tree
                .open(Role::Object(kind), Span::default(), name, node.span()),
            None => self.tree.open(Role::Group, key, name, node.span()),
        };
        self.open.push((index, node.children()));
    }

    fn leaf(&mut self, node: Node<'d, 's>, [key, name]: [Span; 2]) {
        let value = node.value();
        let place = value.map_or(Span::default(), |value| value.span());
        let text = value.map_or(&b""[..], |value| value.text());
        let places = [key, name, place, node.span()];
        self.tree.leaf(places, text, Blanks::AtEnds);
    }

    fn include(&mut self, node: Node<'d, 's>, key: Span) {
        match node.value() {
            Some(pattern) => {
                let role = Role::Object(ObjectKind::Include);
                self.tree
                    .open(role, Span::default(), pattern.span(), node.span());
            }
            None => self.leaf(node, [key, Span::default()]),
        }
    }

    /// `filters: { field: a value: "b" }`, which is `filters: [a: "b"]`.
    fn filter(&mut self, node: Node<'d, 's>, key: Span) {
        let value = |wanted: &[u8]| {
            let mut children = node.children();
            children.find(|child| child.key() == wanted)?.value()
        };
        match (value(b"field"), value(b"value")) {
            (Some(field), Some(says)) => {
                let places = [key, field.span(), says.span(), node.span()];
                self.tree.leaf(places, says.text(), Blanks::AtEnds);
            }
            _ if holds_pairs(node) => self.filters(node, key),
            _ => {
                let index = self
                    .tree
                    .open(Role::Group, key, Span::default(), node.span());
                self.open.push((index, node.children()));
            }
        }
    }

    /// `filters: [a: "b", c: "d"]`
    fn filters(&mut self, node: Node<'d, 's>, key: Span) {
        for child in node.children() {
            let name = child.key_span().unwrap_or_default();
            self.leaf(child, [key, name]);
        }
    }
}

fn holds_pairs(node: Node<'_, '_>) -> bool {
    let mut children = node.children();
    children.all(|child| matches!(child.kind(), NodeKind::Pair | NodeKind::Raw))
}

/// What a block is in what holds it; `None` where it is a parameter.
fn kind(holder: ObjectKind, key: &[u8], name: &[u8]) -> Option<ObjectKind> {
    use ObjectKind as Kind;
    let refined = name.starts_with(b"+");
    Some(match (holder, key) {
        (Kind::File | Kind::Model | Kind::Manifest, key) => match key {
            b"view" | b"base_view" if refined => Kind::ViewRefinement,
            b"view" | b"base_view" => Kind::View,
            b"explore" | b"base_explore" if refined => Kind::ExploreRefinement,
            b"explore" | b"base_explore" => Kind::Explore,
            b"datagroup" => Kind::Datagroup,
            b"access_grant" => Kind::AccessGrant,
            b"named_value_format" => Kind::ValueFormat,
            b"map_layer" => Kind::MapLayer,
            b"test" => Kind::Test,
            b"constant" => Kind::Constant,
            b"local_dependency" | b"remote_dependency" => Kind::Dependency,
            b"application" => Kind::Application,
            b"visualization" => Kind::Visualization,
            b"dashboard" => Kind::Dashboard,
            _ => return None,
        },
        (_, _) if name.is_empty() => return None,
        (Kind::Explore | Kind::ExploreRefinement, key) => match key {
            b"join" => Kind::Join,
            b"aggregate_table" => Kind::AggregateTable,
            b"query" => Kind::Query,
            _ => return None,
        },
        (Kind::View | Kind::ViewRefinement, key) => match key {
            b"dimension" => Kind::Dimension,
            b"dimension_group" => Kind::DimensionGroup,
            b"measure" => Kind::Measure,
            b"filter" => Kind::Filter,
            b"parameter" => Kind::Parameter,
            b"set" => Kind::Set,
            _ => return None,
        },
        (Kind::Dashboard, b"element") => Kind::Tile,
        (Kind::Dashboard, b"filter") => Kind::DashboardFilter,
        _ => return None,
    })
}
