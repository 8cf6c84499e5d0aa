//! The YAML-like syntax: what holds for every input, and that one model written in both syntaxes is
//! the same model.

mod promises;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use storyline_lookml::{Document, NodeKind, is_legacy, parse};

use promises::check;

/// What files of that time are made of, whole and broken.
const FRAGMENTS: &[&str] = &[
    "- view: a\n",
    "- view: a",
    "- explore: b\n",
    "- include: \"*.view\"\n",
    "- ",
    "-",
    "---\n",
    "...\n",
    "  fields:\n",
    "  fields:",
    "  joins: []\n",
    "  sets:\n    detail: [a, b*]\n",
    "  - dimension: c\n",
    "    - measure: d\n",
    "    sql: ${TABLE}.x\n",
    "    sql: |\n",
    "      select 1 # one\n",
    "    sql: a # b\n",
    "    filters:\n",
    "      a.b: 'x'\n",
    "    filters: {a: \"x\"}\n",
    "    links:\n    - label: x\n",
    "  label: x\n",
    "  label:\n",
    "    html: {{ value }}\n",
    "  ? [a]\n  : b\n",
    "  : b\n",
    "  ?\n",
    "  <<: *v\n",
    "  label: &v !t x\n",
    "\t",
    "  \tsql: a\n",
    "\r\n",
    "\n",
    "\n\n",
    " ",
    "  ",
    "      ",
    "# c\n",
    " # c",
    "|",
    ">-\n",
    "a",
    "a: b",
    ": ",
    ":",
    ",",
    "[",
    "]",
    "{",
    "}",
    "[{a: b}, [c: d], e]\n",
    "\"",
    "'",
    "\"x\ny\"",
    "''",
    "*",
    "*v",
    "&v ",
    "!",
    "%",
    "\0",
    "\x0c",
    "\u{a0}",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{e9}",
    "}\n",
    "view: a {\n",
];

fn fragments() -> impl Strategy<Value = String> {
    let start = select(vec![
        "- ",
        "# c\n- ",
        "---\n",
        "\u{feff}- view: a\n",
        "  - ",
    ]);
    (start, vec(select(FRAGMENTS), 0..30))
        .prop_map(|(start, rest)| start.to_owned() + &rest.concat())
}

/// Files as projects have them, to be cut and shuffled.
const WHOLE: &str = concat!(
    include_str!("data/legacy/ok/model.lookml"),
    include_str!("data/legacy/ok/view.lookml"),
    include_str!("data/legacy/ok/links.lookml"),
);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes(rest in vec(any::<u8>(), 0..200)) {
        check(&[b"- ", &rest[..]].concat());
    }

    #[test]
    fn any_fragments(source in fragments()) {
        check(source.as_bytes());
    }

    #[test]
    fn a_file_with_pieces_moved(cuts in vec((any::<Index>(), any::<Index>(), any::<Index>()), 1..6)) {
        let mut text = WHOLE.as_bytes().to_vec();
        for (from, to, at) in cuts {
            let (from, to) = (from.index(text.len()), to.index(text.len()));
            let piece: Vec<u8> = text.drain(from.min(to)..from.max(to)).collect();
            let at = at.index(text.len() + 1);
            text.splice(at..at, piece);
        }
        check(&text);
    }

    #[test]
    fn a_model_in_both_syntaxes(roots in vec(root(), 1..5), style in style()) {
        let mut today = String::new();
        let mut legacy = String::new();
        for root in &roots {
            today += &root.today();
            root.legacy(&style, 0, true, &mut legacy);
        }
        let legacy = match style.crlf {
            true => legacy.replace('\n', "\r\n"),
            false => legacy,
        };
        check(legacy.as_bytes());
        prop_assert!(is_legacy(legacy.as_bytes()));
        let (today, before) = (parse(today.as_bytes()), parse(legacy.as_bytes()));
        prop_assert_eq!(before.errors(), &[], "{}", legacy);
        prop_assert_eq!(today.errors(), &[]);
        prop_assert_eq!(said(&before), said(&today), "{}", legacy);
    }
}

/// Everything that a document says, in order: where, what kind of node, and what its name or value is
/// but for the blanks in it.
fn said(document: &Document<'_>) -> Vec<(String, NodeKind, String)> {
    let mut rows = Vec::new();
    let mut around = String::new();
    for node in document.nodes() {
        if let Some(address) = node.address() {
            around = address.to_string();
        }
        let value = node.name().or(node.value()).map(|value| value.text());
        let value = String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
        let words: Vec<_> = value.split_whitespace().collect();
        rows.push((around.clone(), node.kind(), words.join(" ")));
    }
    rows
}

/// A parameter of a model, whatever the syntax.
#[derive(Clone, Debug)]
enum Item {
    /// `label`, `type`
    Pair(&'static str, String),
    /// SQL of one line or several.
    Sql(&'static str, Vec<String>),
    /// `drill_fields: [a, b]`
    List(&'static str, Vec<String>),
    Filters(Vec<(String, String)>),
    /// `derived_table`
    Block(&'static str, Vec<Item>),
    /// `view`, `dimension`, and what they are called.
    Named(&'static str, String, Vec<Item>),
    /// Named items below the word that holds them in the YAML-like syntax.
    Below(&'static str, Vec<Item>),
    Links(Vec<Vec<Item>>),
    Sets(Vec<(String, Vec<String>)>),
}

/// None that starts like a parameter with SQL.
fn name() -> impl Strategy<Value = String> {
    "[a-dikm-r][a-z0-9_]{0,6}(\\.[a-z]{1,3})?"
}

fn text() -> impl Strategy<Value = String> {
    "[A-Za-z/$][a-zA-Z0-9_ /.%$&<>=-]{0,12}[a-zA-Z]"
}

fn simple() -> impl Strategy<Value = Item> {
    let texts = select(vec!["label", "description", "type", "view_label", "model"]);
    let sqls = select(vec!["sql", "html", "sql_on", "sql_table_name"]);
    let lists = select(vec!["drill_fields", "tiers", "timeframes"]);
    prop_oneof![
        (texts, text()).prop_map(|(key, text)| Item::Pair(key, text)),
        (sqls, vec(text(), 1..4)).prop_map(|(key, lines)| Item::Sql(key, lines)),
        (lists, vec(name(), 0..4)).prop_map(|(key, names)| Item::List(key, names)),
        vec((name(), text()), 1..4).prop_map(Item::Filters),
        vec(vec(simple_pair(), 1..3), 1..3).prop_map(Item::Links),
    ]
}

fn simple_pair() -> impl Strategy<Value = Item> {
    let keys = select(vec!["label", "url", "icon_url"]);
    (keys, text()).prop_map(|(key, text)| Item::Pair(key, text))
}

/// Items of one mapping, no two of which have the same key.
fn mapping(item: impl Strategy<Value = Item>) -> impl Strategy<Value = Vec<Item>> {
    vec(item, 0..5).prop_map(|mut items| {
        let mut seen = Vec::new();
        items.retain(|item| {
            let is_new = !seen.contains(&item.key());
            seen.push(item.key());
            is_new
        });
        items
    })
}

fn named(keys: &[&'static str]) -> impl Strategy<Value = Item> + use<> {
    let keys = select(keys.to_vec());
    (keys, name(), mapping(simple())).prop_map(|(key, name, items)| Item::Named(key, name, items))
}

fn root() -> impl Strategy<Value = Item> {
    let fields = vec(
        named(&["dimension", "measure", "filter", "dimension_group"]),
        0..4,
    );
    let joins = vec(named(&["join"]), 0..4);
    let sets = vec((name(), vec(name(), 0..4)), 1..3);
    let inside = prop_oneof![
        4 => simple(),
        2 => fields.prop_map(|fields| Item::Below("fields", fields)),
        1 => joins.prop_map(|joins| Item::Below("joins", joins)),
        1 => sets.prop_map(Item::Sets),
        1 => mapping(simple()).prop_map(|items| Item::Block("derived_table", items)),
    ];
    let block = (select(vec!["view", "explore"]), name(), mapping(inside));
    prop_oneof![
        4 => block.prop_map(|(key, name, items)| Item::Named(key, name, items)),
        1 => (select(vec!["connection", "include", "label"]), text())
            .prop_map(|(key, text)| Item::Pair(key, text)),
    ]
}

/// How a file is laid out.
#[derive(Clone, Debug)]
struct Style {
    /// Columns of a level.
    indent: usize,
    /// Columns from a key to the dashes below it.
    dash: usize,
    /// 0 for plain text, 1 for single quotes, 2 for double quotes, by turns.
    quotes: Vec<u8>,
    brackets: bool,
    comments: bool,
    crlf: bool,
}

fn style() -> impl Strategy<Value = Style> {
    let columns = (1..5usize, 0..4usize, vec(0..3u8, 1..9));
    (columns, any::<[bool; 3]>()).prop_map(|((indent, dash, quotes), flags)| Style {
        indent,
        dash,
        quotes,
        brackets: flags[0],
        comments: flags[1],
        crlf: flags[2],
    })
}

impl Style {
    fn quoted(&self, text: &str, turn: usize) -> String {
        match self.quotes[turn % self.quotes.len()] {
            1 => format!("'{text}'"),
            2 => format!("\"{text}\""),
            _ => text.to_owned(),
        }
    }

    /// The end of a line where a comment may stand.
    fn end(&self) -> &'static str {
        match self.comments {
            true => " # view: x\n",
            false => "\n",
        }
    }

    /// `[a, b]`, or below each other.
    fn list(&self, names: &[String], column: usize, out: &mut String) {
        if self.brackets || names.is_empty() {
            *out += &format!(" [{}]{}", names.join(", "), self.end());
            return;
        }
        *out += self.end();
        for (turn, name) in names.iter().enumerate() {
            let column = column + self.dash;
            *out += &format!("{:column$}- {}\n", "", self.quoted(name, turn));
        }
    }
}

impl Item {
    fn key(&self) -> &'static str {
        match self {
            Self::Pair(key, _) | Self::Sql(key, _) | Self::List(key, _) => key,
            Self::Block(key, _) | Self::Named(key, ..) | Self::Below(key, _) => key,
            Self::Filters(_) => "filters",
            Self::Links(_) => "links",
            Self::Sets(_) => "sets",
        }
    }

    fn today(&self) -> String {
        let all = |items: &[Item]| items.iter().map(Item::today).collect::<String>();
        match self {
            Self::Pair(key, text) => format!("{key}: \"{text}\"\n"),
            Self::Sql(key, lines) => format!("{key}: {} ;;\n", lines.join("\n")),
            Self::List(key, names) => format!("{key}: [{}]\n", names.join(", ")),
            Self::Filters(pairs) => {
                let pairs = pairs
                    .iter()
                    .map(|(key, text)| format!("{key}: \"{text}\","));
                format!("filters: [{}]\n", pairs.collect::<String>())
            }
            Self::Block(key, items) => format!("{key}: {{\n{}}}\n", all(items)),
            Self::Named(key, name, items) => format!("{key}: {name} {{\n{}}}\n", all(items)),
            Self::Below(_, items) => all(items),
            Self::Links(links) => {
                let links = links
                    .iter()
                    .map(|link| format!("link: {{\n{}}}\n", all(link)));
                links.collect()
            }
            Self::Sets(sets) => {
                let set = |(name, fields): &(String, Vec<String>)| {
                    format!("set: {name} {{ fields: [{}] }}\n", fields.join(", "))
                };
                sets.iter().map(set).collect()
            }
        }
    }

    /// Writes it at `column`, behind `- ` if it is an item.
    fn legacy(&self, style: &Style, column: usize, is_item: bool, out: &mut String) {
        let dash = if is_item { "- " } else { "" };
        *out += &format!("{:column$}{dash}{}:", "", self.key());
        // What belongs to an item stands behind its dash.
        let column = column + dash.len();
        let inner = column + style.indent;
        match self {
            Self::Pair(_, text) => {
                *out += &format!(" {}{}", style.quoted(text, text.len()), style.end())
            }
            Self::Sql(_, lines) if lines.len() > 1 => {
                *out += " |\n";
                for line in lines {
                    *out += &format!("{:inner$}{line}\n", "");
                }
            }
            Self::Sql(_, lines) => {
                *out += &format!(" {}\n", style.quoted(&lines[0], lines[0].len()))
            }
            Self::List(_, names) => style.list(names, column, out),
            Self::Filters(pairs) => {
                *out += style.end();
                for (turn, (key, text)) in pairs.iter().enumerate() {
                    *out += &format!("{:inner$}{key}: {}\n", "", style.quoted(text, turn));
                }
            }
            Self::Block(_, items) => {
                *out += if items.is_empty() {
                    " {}\n"
                } else {
                    style.end()
                };
                items
                    .iter()
                    .for_each(|item| item.legacy(style, inner, false, out));
            }
            Self::Named(_, name, items) => {
                *out += &format!(" {}{}", style.quoted(name, name.len()), style.end());
                items
                    .iter()
                    .for_each(|item| item.legacy(style, column, false, out));
            }
            Self::Below(_, items) => {
                *out += style.end();
                let column = column + style.dash;
                items
                    .iter()
                    .for_each(|item| item.legacy(style, column, true, out));
            }
            Self::Links(links) => {
                *out += style.end();
                let column = column + style.dash;
                for link in links {
                    for (at, item) in link.iter().enumerate() {
                        let column = if at == 0 { column } else { column + 2 };
                        item.legacy(style, column, at == 0, out);
                    }
                }
            }
            Self::Sets(sets) => {
                *out += style.end();
                for (name, fields) in sets {
                    *out += &format!("{:inner$}{name}:", "");
                    style.list(fields, inner, out);
                }
            }
        }
    }
}
