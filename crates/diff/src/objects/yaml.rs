//! Objects of YAML: LookML dashboards, and dbt's properties, profiles and projects.
//!
//! Every scalar of the file becomes a value somewhere, whatever it is, so that nothing that differs looks the
//! same. Aliases are what they are called, merges (`<<`) parameters: neither is followed.

use std::borrow::Cow;

use storyline_text::Span;
use storyline_yaml::{Document, Kind, Node};

use super::kind::ObjectKind;
use super::tree::{Blanks, Role, Tree};

/// What kind of YAML a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Dashboards,
    /// `dbt_project.yml`
    Project,
    /// Sources, exposures, what is said of models.
    Properties,
    Profiles,
}

/// The objects of a file that was read. `shown` is what may be shown of it: as long, with stars in place
/// of some bytes.
pub(crate) fn tree<'s>(
    document: &Document<'_>,
    shown: Cow<'s, [u8]>,
    dialect: Dialect,
    path: &[u8],
) -> Tree<'s> {
    let root = match dialect {
        Dialect::Project => ObjectKind::DbtProject,
        _ => ObjectKind::File,
    };
    let name = if root == ObjectKind::File { path } else { b"" };
    let mut builder = Builder {
        is_masked: matches!(shown, Cow::Owned(_)),
        tree: Tree::new(shown, root, name),
        source: document.source(),
        dialect,
        steps: Vec::new(),
    };
    for root in document.roots() {
        builder.content(root, 0);
        while let Some(step) = builder.steps.pop() {
            builder.step(step);
        }
    }
    builder.tree.broken = is_broken(document);
    builder.tree.finish()
}

/// Whether a file could not be read at all.
pub(crate) fn is_broken(document: &Document<'_>) -> bool {
    document.is_empty() && !document.errors().is_empty()
}

/// Whether a file of no known name is one of dbt's: its root has a list that dbt reads.
pub(crate) fn is_properties(document: &Document<'_>) -> bool {
    let known = |key: Node<'_>| {
        let key = key.scalar();
        key.is_some_and(|key| section(ObjectKind::File, key.value().as_bytes()).is_some())
    };
    let mut roots = document.roots();
    roots.any(|root| {
        let mut entries = root.entries();
        entries.any(|(key, value)| value.kind() == Kind::Sequence && known(key))
    })
}

/// What is left to do; the next step stands last.
enum Step<'d> {
    Entry(Node<'d>, Node<'d>, u32),
    Item(Node<'d>, u32),
    Object(Node<'d>, ObjectKind),
    Close(u32),
}

struct Builder<'s, 'd> {
    tree: Tree<'s>,
    source: &'d [u8],
    /// Whether values are shown only where they stand, where they may be starred out.
    is_masked: bool,
    dialect: Dialect,
    steps: Vec<Step<'d>>,
}

impl<'d> Builder<'_, 'd> {
    fn step(&mut self, step: Step<'d>) {
        match step {
            Step::Entry(key, value, holder) => self.entry(key, value, holder),
            Step::Item(item, holder) => self.item(item, holder),
            Step::Object(item, kind) => self.object(item, kind),
            Step::Close(node) => self.tree.close(node),
        }
    }

    /// Puts steps in front of what is left.
    fn then(&mut self, steps: impl IntoIterator<Item = Step<'d>>) {
        let before = self.steps.len();
        self.steps.extend(steps);
        self.steps[before..].reverse();
    }

    /// What a mapping or list holds that is `holder`.
    fn content(&mut self, node: Node<'d>, holder: u32) {
        match node.kind() {
            Kind::Mapping if self.is_item(node, holder) => self.item(node, holder),
            Kind::Mapping => {
                let entries = node.entries();
                self.then(entries.map(|(key, value)| Step::Entry(key, value, holder)));
            }
            Kind::Sequence => self.then(node.children().map(|item| Step::Item(item, holder))),
            Kind::Scalar(_) | Kind::Alias => self.item(node, holder),
        }
    }

    /// Whether a mapping at the root is a dashboard by itself.
    fn is_item(&self, node: Node<'d>, holder: u32) -> bool {
        holder == 0 && self.dialect == Dialect::Dashboards && value_of(node, b"dashboard").is_some()
    }

    fn item(&mut self, item: Node<'d>, holder: u32) {
        let nothing = Span::default();
        match item.kind() {
            Kind::Mapping if self.is_item(item, holder) => self.object(item, ObjectKind::Dashboard),
            Kind::Mapping => self.nested(Role::Group, nothing, item, item.span()),
            Kind::Sequence => self.nested(Role::List, nothing, item, item.span()),
            Kind::Scalar(_) | Kind::Alias => self.leaf([nothing; 2], item, item.span()),
        }
    }

    fn nested(&mut self, role: Role, key: Span, node: Node<'d>, span: Span) {
        let index = self.tree.open(role, key, Span::default(), span);
        self.steps.push(Step::Close(index));
        self.content(node, index);
    }

    fn entry(&mut self, key: Node<'d>, value: Node<'d>, holder: u32) {
        let span = Span::new(key.span().start, value.span().end.max(key.span().end));
        let key_text = key.scalar().map(|key| key.value()).unwrap_or_default();
        let role = self.tree.node(holder).role;
        let kind = match role {
            Role::Object(kind) => Some(kind),
            _ => None,
        };
        if let Some(found) = kind.and_then(|kind| self.named(kind, key_text.as_bytes(), value)) {
            return match found {
                Named::Object(kind) => {
                    let name = self.text(key);
                    let index = self
                        .tree
                        .open(Role::Object(kind), Span::default(), name, span);
                    self.steps.push(Step::Close(index));
                    self.content(value, index);
                }
                Named::Items(kind) => {
                    self.then(value.children().map(|item| Step::Object(item, kind)));
                }
                Named::Inside => self.content(value, holder),
            };
        }
        let key = self.text(key);
        match value.kind() {
            Kind::Mapping => self.nested(Role::Group, key, value, span),
            Kind::Sequence => self.nested(Role::List, key, value, span),
            Kind::Scalar(_) | Kind::Alias => self.leaf([key, Span::default()], value, span),
        }
    }

    /// What an entry of an object is when it is no parameter.
    fn named(&self, holder: ObjectKind, key: &[u8], value: Node<'_>) -> Option<Named> {
        match (self.dialect, holder, value.kind()) {
            (Dialect::Profiles, ObjectKind::File, Kind::Mapping) => {
                Some(Named::Object(ObjectKind::Profile))
            }
            (Dialect::Profiles, ObjectKind::Profile, Kind::Mapping) if key == b"outputs" => {
                Some(Named::Inside)
            }
            (Dialect::Profiles, ObjectKind::Profile, Kind::Mapping) => {
                Some(Named::Object(ObjectKind::ProfileTarget))
            }
            (Dialect::Profiles | Dialect::Project, ..) => None,
            (_, holder, Kind::Sequence) => section(holder, key).map(Named::Items),
            _ => None,
        }
    }

    /// An item of a list of objects.
    fn object(&mut self, item: Node<'d>, kind: ObjectKind) {
        let nothing = Span::default();
        let name = match item.kind() {
            Kind::Mapping => name_of(item, kind).map(|name| self.text(name)),
            Kind::Scalar(_) | Kind::Alias => Some(self.text(item)),
            Kind::Sequence => None,
        };
        let role = Role::Object(kind);
        let index = self
            .tree
            .open(role, nothing, name.unwrap_or_default(), item.span());
        self.steps.push(Step::Close(index));
        if matches!(item.kind(), Kind::Mapping | Kind::Sequence) {
            let entries = item.entries();
            self.then(entries.map(|(key, value)| Step::Entry(key, value, index)));
            if item.kind() == Kind::Sequence {
                self.then(item.children().map(|item| Step::Item(item, index)));
            }
        }
    }

    fn leaf(&mut self, [key, name]: [Span; 2], value: Node<'d>, span: Span) {
        let place = self.text(value);
        let says = match value.scalar() {
            Some(scalar) if !scalar.is_alias() => scalar.value(),
            _ => String::from_utf8_lossy(value.span().slice(self.source)),
        };
        let places = [key, name, place, span];
        self.tree.leaf(places, says.as_bytes(), Blanks::Count);
    }

    /// The text of a scalar: where it stands, unless it says something else than its bytes.
    fn text(&mut self, node: Node<'d>) -> Span {
        let Some(scalar) = node.scalar().filter(|scalar| !scalar.is_alias()) else {
            return node.span();
        };
        let content = scalar.content();
        let value = scalar.value();
        if self.is_masked || content.slice(self.source) == value.as_bytes() {
            return content;
        }
        self.tree.kept(value.as_bytes())
    }
}

enum Named {
    /// The key is an object's name.
    Object(ObjectKind),
    /// The items of the list are objects.
    Items(ObjectKind),
    /// What the value holds belongs to what holds the entry.
    Inside,
}

/// What the items of a list are that an object has below `key`.
fn section(holder: ObjectKind, key: &[u8]) -> Option<ObjectKind> {
    use ObjectKind as K;
    Some(match (holder, key) {
        (K::Dashboard, b"elements") => K::Tile,
        (K::Dashboard, b"filters") => K::DashboardFilter,
        (K::File, b"models") => K::ModelProperties,
        (K::File, b"sources") => K::Source,
        (K::File, b"seeds") => K::Seed,
        (K::File, b"snapshots") => K::Snapshot,
        (K::File, b"exposures") => K::Exposure,
        (K::File, b"macros") => K::Macro,
        (K::File, b"metrics") => K::Metric,
        (K::File, b"semantic_models") => K::SemanticModel,
        (K::File, b"unit_tests" | b"data_tests" | b"tests") => K::DataTest,
        (K::File, b"analyses" | b"groups" | b"saved_queries" | b"functions") => K::DbtItem,
        (K::Source, b"tables") => K::SourceTable,
        (K::ModelProperties | K::SourceTable | K::Seed | K::Snapshot, b"columns") => K::Column,
        (
            K::ModelProperties | K::SourceTable | K::Seed | K::Snapshot | K::Column,
            b"tests" | b"data_tests",
        ) => K::DataTest,
        _ => return None,
    })
}

/// What names an item of a list of objects.
fn name_of(item: Node<'_>, kind: ObjectKind) -> Option<Node<'_>> {
    let keys: &[&[u8]] = match kind {
        ObjectKind::Dashboard => &[b"dashboard"],
        ObjectKind::Tile | ObjectKind::DashboardFilter => &[b"name", b"title"],
        _ => &[b"name"],
    };
    let named = keys.iter().find_map(|key| value_of(item, key));
    named.or_else(|| match kind {
        // `- relationships: {to: …, field: …}`
        ObjectKind::DataTest => item.entries().next().map(|(key, _)| key),
        _ => None,
    })
}

/// The scalar that a mapping has for `key`.
fn value_of<'d>(mapping: Node<'d>, key: &[u8]) -> Option<Node<'d>> {
    let is_key = |node: Node<'_>| {
        node.scalar()
            .is_some_and(|name| name.value().as_bytes() == key)
    };
    let mut entries = mapping.entries();
    let (_, value) = entries.find(|(name, value)| is_key(*name) && value.scalar().is_some())?;
    Some(value)
}
