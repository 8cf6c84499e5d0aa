//! Names in LookML of both syntaxes and in its dashboards.

use std::collections::HashMap;

use storyline_text::Span;

use super::facts::{Notes, place};
use super::text::{Mention, is_name_byte, mentions};
use super::timeframes::{INTERVALS, TIMES};
use super::{Name, NameKind};
use crate::objects::ObjectKind;
use crate::objects::tree::{Node, Role, Tree};

/// Notes what a file of LookML says.
pub(super) fn read(tree: &Tree<'_>, notes: &mut Notes) {
    let mut reader = Reader {
        tree,
        notes,
        scope: Scope::Other,
    };
    for (node, index) in tree.nodes.iter().zip(0..) {
        if node.parent == 0 {
            reader.scope = reader.scope(node, index);
        }
        match node.role {
            Role::Object(kind) => reader.object(kind, node, index),
            Role::Group => reader.group(node),
            Role::Leaf => reader.leaf(node),
            Role::List => {}
        }
    }
}

/// What of the file's root a node is in: it says what names in it mean.
enum Scope {
    /// A view or refinement of one.
    View(Vec<u8>),
    /// An explore or refinement of one: what it calls views that it takes from elsewhere.
    Explore(HashMap<Vec<u8>, Vec<u8>>),
    Other,
}

struct Reader<'t, 's, 'n> {
    tree: &'t Tree<'s>,
    notes: &'n mut Notes,
    scope: Scope,
}

impl<'t> Reader<'t, '_, '_> {
    fn object(&mut self, kind: ObjectKind, node: &Node, index: u32) {
        use ObjectKind as K;
        let tree = self.tree;
        let name = bare(tree.text(node.name));
        let at = self.place(node.name, node);
        match kind {
            K::Include => self.notes.take(NameKind::Include, name, at, "include"),
            K::Model => self.notes.provide(NameKind::Model, name, 0),
            K::Constant => self.notes.provide(NameKind::Constant, name, at),
            K::AccessGrant => self.notes.provide(NameKind::AccessGrant, name, at),
            K::Datagroup => self.notes.provide(NameKind::Datagroup, name, at),
            K::View | K::ViewRefinement => self.view(kind, name, at, index),
            K::Explore | K::ExploreRefinement => self.explore(kind, name, at, index),
            K::Join => self.based(index, name, at, "join"),
            K::Dashboard => {
                self.notes.provide(NameKind::Dashboard, name, at);
                self.each(index, "extends", |reader, base, at| {
                    reader.notes.take(NameKind::Dashboard, base, at, "extends");
                });
            }
            K::Dimension | K::Measure | K::Filter | K::Parameter => self.provide_field(name, at),
            K::DimensionGroup => self.group_of_fields(name, at, index),
            K::Set => self.provide_field(&[name, b"*"].concat(), at),
            _ => {}
        }
    }

    fn scope(&self, node: &Node, index: u32) -> Scope {
        let name = bare(self.tree.text(node.name));
        match node.role {
            Role::Object(ObjectKind::View | ObjectKind::ViewRefinement) => {
                Scope::View(name.to_vec())
            }
            Role::Object(ObjectKind::Explore | ObjectKind::ExploreRefinement) => {
                let tree = self.tree;
                let is_join =
                    |child: &u32| tree.node(*child).role == Role::Object(ObjectKind::Join);
                let joins = tree.children(index).filter(is_join);
                let named = joins.map(|join| (join, tree.text(tree.node(join).name)));
                let all = [(index, name)].into_iter().chain(named);
                Scope::Explore(
                    all.filter_map(|(node, name)| self.alias(node, name))
                        .collect(),
                )
            }
            _ => Scope::Other,
        }
    }

    /// What an explore calls the view of an explore or join, and that view.
    fn alias(&self, index: u32, name: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let [from, shown] = ["from", "view_name"].map(|key| self.first(index, key));
        let (alias, view) = match (from, shown) {
            (Some(view), shown) => (shown.unwrap_or(name), view),
            (None, Some(view)) => (name, view),
            (None, None) => return None,
        };
        Some((alias.to_ascii_lowercase(), view.to_ascii_lowercase()))
    }

    fn view(&mut self, kind: ObjectKind, name: &'t [u8], at: u32, index: u32) {
        match kind {
            ObjectKind::View => self.notes.provide(NameKind::View, name, at),
            _ => self.notes.take(NameKind::View, name, at, "refinement"),
        }
        for key in EXTENDS {
            self.each(index, key, |reader, base, at| {
                reader.notes.take(NameKind::View, base, at, "extends");
                let pair = [name, base].map(<[u8]>::to_ascii_lowercase);
                reader.notes.facts.extends.push(pair);
            });
        }
    }

    fn explore(&mut self, kind: ObjectKind, name: &'t [u8], at: u32, index: u32) {
        let mut is_alone = kind == ObjectKind::Explore;
        match is_alone {
            true => self.notes.provide(NameKind::Explore, name, at),
            false => self.notes.take(NameKind::Explore, name, at, "refinement"),
        }
        for key in EXTENDS {
            self.each(index, key, |reader, base, at| {
                reader.notes.take(NameKind::Explore, base, at, "extends");
                is_alone = false;
            });
        }
        is_alone &= self.first(index, "extension").is_none();
        let is_based = ["from", "view_name"].map(|key| self.first(index, key).is_some());
        if is_alone || is_based.contains(&true) {
            self.based(index, name, at, "explore");
        }
        if let Scope::Explore(aliases) = &self.scope {
            let others = aliases.iter().filter(|(alias, view)| alias != view);
            let others = others.map(|(alias, _)| alias.clone());
            self.notes.facts.aliases.extend(others);
        }
    }

    /// The view that an explore or join begins with: its own name counts where it names none.
    fn based(&mut self, index: u32, name: &[u8], at: u32, what: &'static str) {
        if self.first(index, "from").is_some() {
            self.each(index, "from", |reader, view, at| {
                reader.notes.take(NameKind::View, view, at, "from");
            });
        } else if self.first(index, "view_name").is_some() {
            self.each(index, "view_name", |reader, view, at| {
                let name = Name::new(NameKind::View, view);
                reader.notes.used(name, at, "view_name", true);
            });
        } else if is_name(name) {
            let name = Name::new(NameKind::View, name);
            self.notes.used(name, at, what, true);
        }
    }

    fn provide_field(&mut self, name: &[u8], at: u32) {
        if let Scope::View(view) = &self.scope {
            let name = Name::field(view, name);
            self.notes.provide(NameKind::Field, &name.text, at);
        }
    }

    /// A dimension group, and the fields that it makes.
    fn group_of_fields(&mut self, name: &[u8], at: u32, index: u32) {
        self.provide_field(name, at);
        let listed = |key| {
            let values = self.values(index, key);
            let owned = values.map(|(text, _)| text.to_vec());
            owned.collect::<Vec<_>>()
        };
        let [mut times, mut intervals] = ["timeframes", "intervals"].map(listed);
        let all = |names: &[&str]| names.iter().map(|name| name.as_bytes().to_vec()).collect();
        match self.first(index, "type") {
            Some(b"duration") if intervals.is_empty() => intervals = all(&INTERVALS),
            Some(b"duration") => {}
            _ if times.is_empty() => times = all(&TIMES),
            _ => {}
        }
        for time in times {
            self.provide_field(&[name, b"_", &time].concat(), at);
        }
        for interval in intervals {
            self.provide_field(&[&interval, &b"s_"[..], name].concat(), at);
        }
    }

    fn group(&mut self, node: &Node) {
        if self.tree.text(node.key) == b"explore_source" {
            let at = self.place(node.name, node);
            let name = self.tree.text(node.name);
            self.take_plain(NameKind::Explore, name, at, "explore_source");
        }
    }

    fn leaf(&mut self, node: &Node) {
        let tree = self.tree;
        let [name, value] = [node.name, node.value].map(|span| tree.text(span));
        let at = self.place(node.value, node);
        let (key, is_direct) = self.key(node);
        match key {
            b"explore_source" | b"suggest_explore" | b"explore" => {
                self.take_plain(NameKind::Explore, value, at, word(key));
            }
            b"model" => self.take_plain(NameKind::Model, value, at, "model"),
            b"required_access_grants" => {
                self.take_plain(NameKind::AccessGrant, value, at, "required_access_grants");
            }
            b"persist_with" | b"datagroup_trigger" => {
                self.take_plain(NameKind::Datagroup, value, at, word(key));
            }
            b"filters" if !name.is_empty() => {
                let at = self.place(node.name, node);
                self.field(name, at, "filters", is_direct);
            }
            b"fields" | b"drill_fields" | b"order_by_field" | b"required_fields" => {
                self.field(value, at, word(key), is_direct);
            }
            b"from_field" | b"to_field" | b"field" | b"dimension" | b"suggest_dimension"
            | b"dimensions" | b"measures" | b"pivots" | b"fill_fields" => {
                self.field(value, at, "field", false)
            }
            b"sorts" => {
                let field = value.split(|b| *b == b' ').next().unwrap_or_default();
                self.field(field, at, "sorts", false);
            }
            _ => match self.holder_key(node) {
                b"filters" => self.field(key, node.span.start, "filters", false),
                b"listen" => self.field(value, at, "listen", false),
                b"sorts" => self.field(key, node.span.start, "sorts", false),
                _ => {}
            },
        }
        self.text(key, value, node);
    }

    /// Names in a text of any kind.
    fn text(&mut self, key: &[u8], text: &[u8], node: &Node) {
        let is_written = self.place(node.value, node) == node.value.start;
        let what = match key {
            b"html" => "html",
            key if key.starts_with(b"sql") => "sql",
            _ => "text",
        };
        mentions(text, |mention, inside| {
            let at = match is_written {
                true => node.value.start + inside as u32,
                false => node.span.start,
            };
            match mention {
                Mention::Field(b"TABLE" | b"EXTENDED") => {}
                Mention::Field(name) => self.field(name, at, what, true),
                Mention::Liquid(name) => self.field(name, at, "liquid", true),
                Mention::Table(view) => self.take_plain(NameKind::View, view, at, what),
                Mention::Constant(name) => self.notes.take(NameKind::Constant, name, at, "text"),
            }
        });
    }

    fn take_plain(&mut self, kind: NameKind, text: &[u8], at: u32, what: &'static str) {
        let is_plain = |b: &u8| is_name_byte(*b) || matches!(b, b'-' | b'.');
        if text.iter().all(is_plain) {
            self.notes.take(kind, text, at, what);
        }
    }

    /// A field as it is written: `view.field`, `-view.set*`; without a view one of the view that it stands in,
    /// where `is_own` says that it can be.
    fn field(&mut self, written: &[u8], at: u32, what: &'static str, is_own: bool) {
        let written = written.strip_prefix(b"-").unwrap_or(written).trim_ascii();
        let dot = memchr::memchr(b'.', written);
        let (view, field) = match dot {
            Some(dot) => (Some(&written[..dot]), &written[dot + 1..]),
            None => (None, written),
        };
        let bare = field.strip_suffix(b"*").unwrap_or(field);
        if !is_name(bare) || bare == b"ALL_FIELDS" || !view.is_none_or(is_name) {
            return;
        }
        let view = view.map(<[u8]>::to_ascii_lowercase);
        let (view, may_be_alias) = match (&self.scope, view) {
            (Scope::View(own), None) if is_own => (own.clone(), false),
            (_, None) => return,
            (Scope::Explore(aliases), Some(view)) => {
                let known = aliases.get(&view);
                known.map_or((view, true), |behind| (behind.clone(), false))
            }
            (Scope::View(own), Some(view)) if own.eq_ignore_ascii_case(&view) => (view, false),
            (_, Some(view)) => (view, true),
        };
        self.notes
            .used(Name::field(&view, field), at, what, may_be_alias);
    }

    /// The parameter that a value belongs to, and whether that is one of a view or field, not of something in it.
    fn key(&self, node: &Node) -> (&'t [u8], bool) {
        let tree = self.tree;
        let mut node = *node;
        while node.key.is_empty() && node.parent != u32::MAX {
            let above = *tree.node(node.parent);
            if matches!(above.role, Role::Object(_)) {
                break;
            }
            node = above;
        }
        let is_direct =
            node.parent != u32::MAX && matches!(tree.node(node.parent).role, Role::Object(_));
        (tree.text(node.key), is_direct)
    }

    /// The parameter whose block or item a node is in; empty in an object.
    fn holder_key(&self, node: &Node) -> &'t [u8] {
        let mut above = node.parent;
        while above != u32::MAX {
            let holder = self.tree.node(above);
            match holder.role {
                Role::Object(_) => return b"",
                _ if !holder.key.is_empty() => return self.tree.text(holder.key),
                _ => above = holder.parent,
            }
        }
        b""
    }

    /// Each value of a parameter of an object, and where it stands.
    fn values(&self, object: u32, key: &'static str) -> impl Iterator<Item = (&'t [u8], u32)> {
        let tree = self.tree;
        let of_key = move |child: &u32| tree.text(tree.node(*child).key) == key.as_bytes();
        let wanted = tree.children(object).filter(of_key);
        let below = wanted.flat_map(|child| child..tree.node(child).end);
        let leaves = below.map(|child| tree.node(child));
        let leaves = leaves.filter(|node| node.role == Role::Leaf);
        leaves.map(|node| (tree.text(node.value), place(tree, node.value, node.span)))
    }

    fn first(&self, object: u32, key: &'static str) -> Option<&'t [u8]> {
        self.values(object, key).next().map(|(text, _)| text)
    }

    fn each(
        &mut self,
        object: u32,
        key: &'static str,
        mut each: impl FnMut(&mut Self, &'t [u8], u32),
    ) {
        let values: Vec<_> = self.values(object, key).collect();
        let names = values.into_iter().map(|(text, at)| (bare(text), at));
        for (name, at) in names.filter(|(name, _)| is_name(name)) {
            each(self, name, at);
        }
    }

    fn place(&self, text: Span, node: &Node) -> u32 {
        place(self.tree, text, node.span)
    }
}

const EXTENDS: [&str; 2] = ["extends", "extends__all"];

/// The name without the `+` of a refinement.
fn bare(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"+").unwrap_or(name)
}

/// A name that nothing has to be put into first.
fn is_name(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| is_name_byte(*b))
}

/// What is said to use a name that stands in this parameter.
fn word(key: &[u8]) -> &'static str {
    match key {
        b"explore_source" => "explore_source",
        b"suggest_explore" => "suggest_explore",
        b"explore" => "tile",
        b"drill_fields" => "drill_fields",
        b"order_by_field" => "order_by_field",
        b"required_fields" => "required_fields",
        b"persist_with" => "persist_with",
        b"datagroup_trigger" => "datagroup_trigger",
        _ => "fields",
    }
}
