//! What holds for every input: nothing is lost, nothing panics, the tree is well formed, and what
//! was written well is understood.

mod promises;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use storyline_lookml::{Node, NodeKind, parse};

use promises::check;

/// What LookML is made of, whole and broken.
const FRAGMENTS: &[&str] = &[
    "view",
    "dimension",
    "sql",
    "html",
    "filters",
    "a",
    "b.c",
    "-",
    "+x",
    "a*",
    "yes",
    "10",
    "@{c}",
    "${f}",
    "@{",
    "${",
    "$",
    "@",
    ":",
    "::",
    ": ",
    ",",
    ";",
    ";;",
    " ;;",
    ";;;",
    "{",
    "}",
    "[",
    "]",
    " {",
    "{{",
    "}}",
    "{%",
    "\"",
    "\"x\"",
    "\"x\ny\"",
    "\\",
    "\\\"",
    "#",
    "# c\n",
    "\n",
    "\r\n",
    " ",
    "\t",
    "\0",
    "\x0c",
    "\u{a0}",
    "\u{feff}",
    "\u{c2}",
    "\u{e9}",
    "view: v {\n",
    "dimension: d {\n",
    "label: \"l\"\n",
    "label: \"l\n",
    "sql: ${TABLE}.x ;;\n",
    "sql: ${TABLE}.x\n",
    "type: string\n",
    "filters: [a: \"x\", b: \"y\"]\n",
    "fields: [a, b*, - c]\n",
    "fields: [a\n",
    "filters: {field: a value: \"x\"}\n",
    "}\n",
    "]\n",
    "include: \"*\"\n",
];

fn fragments() -> impl Strategy<Value = String> {
    vec(select(FRAGMENTS), 0..40).prop_map(|parts| parts.concat())
}

/// A file as a project has it, to be cut and shuffled.
const WHOLE: &str = include_str!("data/ok/view.lkml");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes(source in vec(any::<u8>(), 0..200)) {
        check(&source);
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
    fn a_file_with_pieces_lost(cuts in vec((any::<Index>(), 1usize..12), 1..6)) {
        let mut text = WHOLE.as_bytes().to_vec();
        for (from, length) in cuts {
            let from = from.index(text.len());
            let to = (from + length).min(text.len());
            text.drain(from..to);
        }
        check(&text);
    }

    #[test]
    fn what_is_well_written_is_understood(items in vec(item(), 0..5), trivia in vec(trivia(), 1..20)) {
        let mut writer = Writer { out: String::new(), trivia: trivia.iter().cycle() };
        items.iter().for_each(|item| writer.item(item));
        check(writer.out.as_bytes());
        let document = parse(writer.out.as_bytes());
        prop_assert_eq!(document.errors(), &[], "{}", writer.out);
        let found: Vec<_> = document.root().children().map(read).collect();
        prop_assert_eq!(found, items, "{}", writer.out);
    }
}

/// A parameter or element as it was meant. Keys are empty where there is none.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    Block(String, Option<Text>, Vec<Item>),
    List(String, Vec<Item>),
    Pair(String, Text),
    Raw(String, String),
    Element(Text),
}

/// A word or a string: whether it is quoted, and what it says.
type Text = (bool, String);

fn key() -> impl Strategy<Value = String> {
    "[a-df-gi-r][a-z_0-9]{0,4}".prop_filter("takes a raw value", |key| !key.ends_with("_sql"))
}

fn text() -> impl Strategy<Value = Text> {
    let word = "[-+]?[a-zA-Z0-9_é.][a-z0-9_.$%'é]{0,5}[*]?|@\\{c\\}_x";
    let string = r#"([a-z :;,#{}\[\]é\n]|\\"|\\%){0,8}"#;
    // A text over several lines that ends like a key, and the one after it, is taken for a mistake.
    let string = string.prop_filter("reads like a key", |text| !text.trim_end().ends_with(':'));
    prop_oneof![
        word.prop_map(|word| (false, word)),
        string.prop_map(|string| (true, string))
    ]
}

fn item() -> impl Strategy<Value = Item> {
    let pair = (key(), text()).prop_map(|(key, text)| Item::Pair(key, text));
    let raw = (
        select(vec!["sql", "sql_on", "html", "expression", "x_sql"]),
        "([a-z{}#\"\\[\\]:]([a-z ;{}#\"\\n:]{0,6}[a-z}])?)?",
    )
        .prop_map(|(key, sql)| Item::Raw(key.into(), sql.replace(";;", "; ")));
    let element = prop_oneof![
        text().prop_map(Item::Element),
        (key(), text()).prop_map(|(key, text)| Item::Pair(key, text)),
        vec(text().prop_map(Item::Element), 0..3)
            .prop_map(|inner| Item::List(String::new(), inner)),
    ];
    let list = (key(), vec(element, 0..4)).prop_map(|(key, elements)| Item::List(key, elements));
    prop_oneof![pair, raw, list].prop_recursive(4, 24, 5, |item| {
        (key(), proptest::option::of(text()), vec(item, 0..5))
            .prop_map(|(key, name, items)| Item::Block(key, name, items))
    })
}

/// What may stand between two tokens; never nothing, so that words stay apart.
fn trivia() -> impl Strategy<Value = &'static str> {
    select(vec![
        " ",
        "\n",
        "\t",
        "\r\n",
        " # a } ] \" ;; b\n",
        "\n\n",
        "\u{a0}",
        "\x0c",
        "  ",
    ])
}

struct Writer<I> {
    out: String,
    trivia: I,
}

impl<'t, I: Iterator<Item = &'t &'static str>> Writer<I> {
    fn token(&mut self, token: &str) {
        self.out += token;
        self.out += self.trivia.next().expect("an endless cycle");
    }

    fn text(&mut self, (quoted, text): &Text) {
        match quoted {
            true => self.token(&format!("\"{text}\"")),
            false => self.token(text),
        }
    }

    fn key(&mut self, key: &str) {
        if !key.is_empty() {
            self.token(key);
            self.token(":");
        }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Block(key, name, items) => {
                self.key(key);
                name.iter().for_each(|name| self.text(name));
                self.token("{");
                items.iter().for_each(|item| self.item(item));
                self.token("}");
            }
            Item::List(key, elements) => {
                self.key(key);
                self.token("[");
                for element in elements {
                    self.item(element);
                    self.token(",");
                }
                self.token("]");
            }
            Item::Pair(key, text) => {
                self.key(key);
                self.text(text);
            }
            Item::Raw(key, sql) => {
                self.token(key);
                // A comment behind the colon would be SQL.
                self.out += &format!(": {sql} ");
                self.token(";;");
            }
            Item::Element(text) => self.text(text),
        }
    }
}

/// The tree back as what was meant. Recursion is as deep as the generated items.
fn read(node: Node<'_, '_>) -> Item {
    let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("generated text");
    let key = string(node.key());
    let text = |value: Option<storyline_lookml::Value<'_>>| {
        value.map(|v| (v.is_quoted(), string(v.text())))
    };
    let children = || node.children().map(read).collect();
    match node.kind() {
        NodeKind::Block => Item::Block(key, text(node.name()), children()),
        NodeKind::List => Item::List(key, children()),
        NodeKind::Pair => Item::Pair(key, text(node.value()).expect("a value")),
        NodeKind::Raw => Item::Raw(key, text(node.value()).expect("a value").1),
        NodeKind::Element => Item::Element(text(node.value()).expect("a value")),
        NodeKind::File | NodeKind::Error => panic!("{node:?} was not generated"),
    }
}
