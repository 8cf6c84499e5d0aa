//! What holds for every file: generated ones in all styles, and ones that are hardly YAML.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use storyline_text::{Patch, Span};
use storyline_yaml::{Document, Kind, Pattern, Scalar, Style, read, verify};

/// A scalar to write, or a collection; the name of its anchor is its number.
#[derive(Clone, Debug)]
enum Tree {
    Scalar(Style, Vec<String>),
    Alias,
    Mapping(bool, Vec<Tree>),
    Sequence(bool, Vec<Tree>),
}

/// Writes a tree as people might, and notes what a reader should find.
struct Writer {
    out: String,
    line_break: &'static str,
    step: usize,
    /// Values of scalars, keys excluded; aliases have the value of their anchor.
    values: Vec<String>,
    anchored: Option<(usize, String)>,
    written: usize,
    /// Where the last block of text ends.
    block_end: usize,
}

impl Writer {
    fn newline(&mut self, indent: usize) {
        if self.written % 5 == 1 {
            self.out.push_str(" # it's a \"comment\": [here]");
        }
        self.out.push_str(self.line_break);
        if self.written % 7 == 3 {
            let _ = write!(self.out, "{}", self.line_break);
        }
        self.out.push_str(&" ".repeat(indent));
    }

    fn node(&mut self, tree: &Tree, indent: usize, in_flow: bool) {
        self.written += 1;
        match tree {
            Tree::Alias => match self.anchored.clone() {
                Some((name, value)) => {
                    let _ = write!(self.out, "*a{name} ");
                    self.values.push(value);
                }
                None => self.scalar(Style::Plain, &["none".into()], indent),
            },
            Tree::Scalar(style, words) => {
                let style = match style {
                    Style::Literal | Style::Folded if in_flow => Style::Double,
                    style => *style,
                };
                self.scalar(style, words, indent);
            }
            Tree::Mapping(flow, items) => {
                self.collection(items, ["{", "}"], *flow || in_flow, indent)
            }
            Tree::Sequence(flow, items) => {
                self.collection(items, ["[", "]"], *flow || in_flow, indent)
            }
        }
    }

    fn collection(&mut self, items: &[Tree], brackets: [&str; 2], flow: bool, indent: usize) {
        let mapping = brackets[0] == "{";
        let flow = flow || items.is_empty();
        let inner = indent + self.step;
        self.out.push_str(if flow { brackets[0] } else { "" });
        for (at, item) in items.iter().enumerate() {
            if !flow || self.written.is_multiple_of(4) {
                self.newline(inner);
            }
            match (mapping, flow) {
                (true, _) => {
                    let _ = write!(self.out, "{}: ", ["k", "'k ", "\"k "][at % 3]);
                    let end = self.out.len() - 2;
                    let quote = ["", "'", "\""][at % 3];
                    self.out.insert_str(end, &format!("{at}{quote}"));
                }
                (false, false) => self.out.push_str("- "),
                (false, true) => {}
            }
            self.node(item, inner, flow);
            self.out.push_str(if flow { ", " } else { "" });
        }
        self.out.push_str(if flow { brackets[1] } else { "" });
    }

    fn scalar(&mut self, style: Style, words: &[String], indent: usize) {
        let value = match style {
            Style::Literal => words.join("\n") + "\n",
            Style::Folded => words.join(" ") + "\n",
            _ => words.join(" "),
        };
        if self.written % 6 == 2 {
            let _ = write!(self.out, "&a{} ", self.written);
            self.anchored = Some((self.written, value.clone()));
        }
        if self.written % 8 == 5 {
            self.out.push_str("!own/tag:x ");
        }
        let text_indent = indent + self.step;
        match style {
            Style::Plain => {
                let _ = write!(self.out, "{}", value.replace(['"', '\'', '\\', 'é'], "."));
            }
            Style::Single => {
                let _ = write!(self.out, "'{}'", value.replace('\'', "''"));
            }
            Style::Double => {
                let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
                let _ = write!(self.out, "\"{escaped}\"");
            }
            Style::Literal | Style::Folded => {
                self.out.push_str(if style == Style::Literal {
                    "|"
                } else {
                    "> # why"
                });
                for word in words {
                    let _ = write!(
                        self.out,
                        "{}{}{word}",
                        self.line_break,
                        " ".repeat(text_indent)
                    );
                }
            }
        }
        let plain = value.replace(['"', '\'', '\\', 'é'], ".");
        let value = if style == Style::Plain { plain } else { value };
        if let Some((number, anchored)) = &mut self.anchored
            && *number == self.written
        {
            anchored.clone_from(&value);
        }
        self.values.push(value);
        // What follows a block of text is on a line of its own, which `newline` could turn into text.
        if matches!(style, Style::Literal | Style::Folded) {
            self.written += usize::from(self.written % 5 == 1);
            self.block_end = self.out.len();
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let styles = select(vec![
        Style::Plain,
        Style::Single,
        Style::Double,
        Style::Literal,
        Style::Folded,
    ]);
    let scalar = (styles, vec("[a-z][a-z0-9'\"é\\\\_]{0,5}x", 1..4));
    let leaf = prop_oneof![
        6 => scalar.prop_map(|(style, words)| Tree::Scalar(style, words)),
        1 => Just(Tree::Alias),
    ];
    let tree = leaf.prop_recursive(4, 30, 4, |inner| {
        (any::<[bool; 2]>(), vec(inner, 0..4)).prop_map(|([mapping, flow], items)| match mapping {
            true => Tree::Mapping(flow, items),
            false => Tree::Sequence(flow, items),
        })
    });
    (any::<bool>(), vec(tree, 1..4)).prop_map(|(mapping, items)| match mapping {
        true => Tree::Mapping(false, items),
        false => Tree::Sequence(false, items),
    })
}

/// A file and the values in it.
fn files() -> impl Strategy<Value = (String, Vec<String>)> {
    let line_breaks = select(vec!["\n", "\r\n"]);
    let starts = select(vec![
        "",
        "\u{feff}",
        "---",
        "# first\n---",
        "%YAML 1.2\n---",
    ]);
    (trees(), line_breaks, 1..4usize, starts, any::<bool>()).prop_map(
        |(tree, line_break, step, start, ends)| {
            let mut writer = Writer {
                out: start.replace('\n', line_break),
                line_break,
                step,
                values: Vec::new(),
                anchored: None,
                written: 0,
                block_end: 0,
            };
            writer.node(&tree, 0, false);
            if ends {
                writer.out.push_str(line_break);
            } else if writer.block_end == writer.out.len() {
                // The line break at its end is the file's.
                writer.values.last_mut().map(String::pop);
            }
            (writer.out, writer.values)
        },
    )
}

/// Names as projects have them, and texts that no style but double quotes can hold.
fn new_values() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9_.&-]{0,8}",
        select(vec![
            "true", "1e3", "{{ x }}", "a: b", "a #b", "it's", "*x", "- a", "", " a", "a\tb"
        ])
        .prop_map(String::from),
        "\\PC{0,6}",
    ]
}

fn apply(document: &Document<'_>, patch: &Patch) -> Vec<u8> {
    let after = patch.apply(document.source()).expect("in bounds");
    assert_eq!(
        patch
            .inverse(document.source())
            .apply(&after)
            .expect("in bounds"),
        document.source()
    );
    let shown = String::from_utf8_lossy(&after);
    if let Err(error) = verify(document, &after, patch) {
        panic!("{error}: {patch:?} gives {shown:?}");
    }
    after
}

/// The scalar at the same place in a file of the same structure.
fn twin<'d>(document: &'d Document<'d>, other: &Document<'_>, scalar: &Scalar<'_>) -> Scalar<'d> {
    let same = |s: &Scalar<'_>| s.span() == scalar.span();
    let at = other
        .scalars()
        .position(|s| same(&s))
        .expect("it is in there");
    document.scalars().nth(at).expect("same structure")
}

/// Whatever edit is offered is a good one.
fn check_edits(source: &[u8], value: &str) {
    let document = read(source);
    for scalar in document.scalars() {
        let pattern = Pattern::parse(&scalar.address()).expect("an address is a pattern");
        if !scalar.is_key() && !scalar.address().contains('*') {
            assert!(document.find(&pattern).any(|s| s.span() == scalar.span()));
        }
        if !scalar.is_missing() {
            let found = document.scalar_at(scalar.span().start);
            assert_eq!(found.map(|s| s.span()), Some(scalar.span()));
        }
        if let Ok(replacement) = scalar.replace(value) {
            let patch = Patch::new(vec![replacement.edit]).expect("one edit");
            let after = apply(&document, &patch);
            let after = read(&after);
            assert_eq!(twin(&after, &document, &scalar).value(), value);
        }
        let content = scalar.content();
        for (start, end) in [(0, 1), (1, 2), (0, 3), (2, 2)] {
            let part = Span::new(content.start + start, content.start + end);
            if let Ok(replacement) = scalar.replace_within(part, value) {
                apply(
                    &document,
                    &Patch::new(vec![replacement.edit]).expect("one edit"),
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_value_is_found_in_its_bytes((source, values) in files()) {
        let document = read(source.as_bytes());
        prop_assert_eq!(document.errors(), &[], "{}", &source);
        let found: Vec<Scalar<'_>> = document.scalars().filter(|s| !s.is_key()).collect();
        let read: Vec<_> = found.iter().map(|s| s.value().into_owned()).collect();
        prop_assert_eq!(&read, &values, "{}", &source);
        for scalar in found.iter().filter(|s| !s.is_alias()) {
            let content = &source[scalar.content().range()];
            let span = &source[scalar.span().range()];
            let value = scalar.value();
            match scalar.style() {
                Style::Plain => prop_assert_eq!(content, &*value),
                Style::Single => prop_assert_eq!(content.replace("''", "'"), &*value),
                Style::Double => prop_assert!(span.starts_with('"') && span.ends_with('"')),
                Style::Literal => prop_assert!(span.starts_with("|")),
                Style::Folded => prop_assert!(span.starts_with("> # why")),
            }
            if scalar.style().is_block() {
                prop_assert!(content.split_whitespace().eq(value.split_whitespace()));
                prop_assert!(content.is_empty() || content.starts_with(' '));
            }
        }
        for node in document.nodes() {
            let inside = node.parent().is_none_or(|p| p.span().contains(node.span()));
            prop_assert!(inside, "{:?} in {}", node.span(), &source);
        }
    }

    #[test]
    fn there_and_back((source, _) in files(), name in "[a-z]{2,8}_x") {
        let document = read(source.as_bytes());
        let edits = document.scalars().filter(|s| !s.is_key()).filter_map(|scalar| {
            let ending = &scalar.value()[scalar.value().trim_end().len()..];
            let replacement = scalar.replace(&format!("{name}{ending}")).ok()?;
            (!replacement.requoted).then_some((scalar, replacement.edit))
        });
        let (edited, edits): (Vec<_>, Vec<_>) = edits.unzip();
        let patch = Patch::new(edits).expect("scalars are apart");
        let there = apply(&document, &patch);
        let after = read(&there);
        let back = edited.iter().filter(|s| s.style() != Style::Folded).map(|scalar| {
            let twin = twin(&after, &document, scalar);
            twin.replace(&scalar.value()).expect("as before").edit
        });
        let back = Patch::new(back.collect()).expect("scalars are apart");
        let back = apply(&after, &back);
        if edited.iter().all(|s| s.style() != Style::Folded) {
            prop_assert_eq!(String::from_utf8_lossy(&back), source);
        }
    }

    #[test]
    fn an_edit_that_is_offered_is_a_good_one((source, _) in files(), value in new_values()) {
        check_edits(source.as_bytes(), &value);
    }

    #[test]
    fn nearly_yaml(
        source in vec(select(b"ab1:-?#&*!|>'\"%@`{}[],\\~ \t\n\r\0\xc3\xa9\xff.=<".to_vec()), 0..40),
        value in new_values(),
    ) {
        check_edits(&source, &value);
    }

    #[test]
    fn nearly_a_dashboard(
        parts in vec(select(vec![
            "- ", "a: ", "b:", "\n", "\n  ", "\n    ", "\r\n  ", "\n\t", "x", "'y'", "\"z\\n\"", "|\n", ">-\n",
            "|+\n", "# c", "{", "}", "[", "]", ", ", "&n ", "*n", "!t ", "---\n", "...\n", "? ", " ", "<<: ", "\0", "''",
        ]), 0..24),
        value in new_values(),
    ) {
        check_edits(parts.concat().as_bytes(), &value);
    }

    #[test]
    fn any_bytes(source in vec(any::<u8>(), 0..80), value in new_values()) {
        check_edits(&source, &value);
    }

    #[test]
    fn any_pattern(text in "\\PC{0,12}|[a-c.*\\[\\]0-9\"$\\\\u{}]{0,12}") {
        if let Ok(pattern) = Pattern::parse(&text) {
            let document = read(b"a: {b: [c, {a: 1}]}\n---\n- a\n");
            let kinds = document.find_nodes(&pattern).filter(|n| n.kind() != Kind::Alias);
            prop_assert!(kinds.count() <= 9);
        }
    }
}
