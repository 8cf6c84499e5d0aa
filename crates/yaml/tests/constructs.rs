//! One small file for each thing that people write: what is found, and where.

use std::fmt::Write as _;

use storyline_text::{LineIndex, Position, RelPath, Visible};
use storyline_yaml::{Kind, Scalar, read};

/// Errors and scalars, one a line: `address style [marks] content → value`.
fn check(source: impl AsRef<[u8]>) -> String {
    let source = source.as_ref();
    let document = read(source);
    let lines = LineIndex::new(source);
    let mut out = String::new();
    for error in document.errors() {
        let at = error.span().map_or(0, |span| span.start);
        let Position { line, column } = lines.position(source, at);
        let _ = writeln!(out, "{line}:{column} {error}");
    }
    for node in document.nodes() {
        match node.scalar() {
            Some(scalar) if !scalar.is_key() => {
                let _ = writeln!(out, "{}", describe(&scalar));
            }
            None if node.kind() == Kind::Alias => {
                let _ = writeln!(out, "{} alias", node.address());
            }
            _ => {}
        }
    }
    out
}

fn describe(scalar: &Scalar<'_>) -> String {
    let source = scalar.document().source();
    let style = match scalar.is_alias() {
        true => "Alias".into(),
        false => format!("{:?}", scalar.style()),
    };
    let mut marks = String::new();
    for mark in [scalar.node().anchor(), scalar.node().tag()]
        .into_iter()
        .flatten()
    {
        let _ = write!(marks, " {}", Visible(mark.slice(source)));
    }
    let content = Visible(scalar.content().slice(source));
    format!(
        "{} {style}{marks} [{content}] {:?}",
        scalar.address(),
        scalar.value()
    )
}

#[test]
fn a_dashboard() {
    insta::assert_snapshot!(check(
        "---\n- dashboard: sales # \"ours\"\n  preferred_slug: ab3\n  elements:\n  - title: 'It''s'\n    model: shop\n    \
         listen: {Date: orders.date, 'No': \"\"}\n    note_text: |-\n      <a href=\"/dashboards/shop::x\">\n\n      y\n  \
         - {model: shop}"
    ), @r#"
    [0].dashboard Plain [sales] "sales"
    [0].preferred_slug Plain [ab3] "ab3"
    [0].elements[0].title Single [It''s] "It's"
    [0].elements[0].model Plain [shop] "shop"
    [0].elements[0].listen.Date Plain [orders.date] "orders.date"
    [0].elements[0].listen.No Double [] ""
    [0].elements[0].note_text Literal [      <a href="/dashboards/shop::x">\u{a}\u{a}      y\u{a}] "<a href=\"/dashboards/shop::x\">\n\ny"
    [0].elements[1].model Plain [shop] "shop"
    "#);
}

#[test]
fn styles_and_their_content() {
    insta::assert_snapshot!(check("a: b # c\nb: two\n  lines\nc: 'it''s'   # d\nd: \"x\\ty\" \ne: ''\nf: \"two\n  lines\"\n"), @r#"
    a Plain [b] "b"
    b Plain [two\u{a}  lines] "two lines"
    c Single [it''s] "it's"
    d Double [x\ty] "x\ty"
    e Single [] ""
    f Double [two\u{a}  lines] "two lines"
    "#);
    insta::assert_snapshot!(check("a: |\n  x\n   y\n\nb: >-  # why | not\n   t\n   u\n\n\nc: |2+\n    x\n\nd: |\ne: |\n\n\nf: >\n\n  z"), @r#"
    a Literal [  x\u{a}   y\u{a}\u{a}] "x\n y\n"
    b Folded [   t\u{a}   u\u{a}\u{a}\u{a}] "t u"
    c Literal [    x\u{a}\u{a}] "  x\n\n"
    d Literal [] ""
    e Literal [\u{a}\u{a}] ""
    f Folded [\u{a}  z] "\nz"
    "#);
    insta::assert_snapshot!(check("- |\n x\n-\n  - >\n   y\n  - z\n- ? |\n   k\n  : v\n  w:\n  - &a !t |-\n    u\n"), @r#"
    [0] Literal [ x\u{a}] "x\n"
    [1][0] Folded [   y\u{a}] "y\n"
    [1][1] Plain [z] "z"
    [2]."k\u{a}" Plain [v] "v"
    [2].w[0] Literal &a !t [    u\u{a}] "u"
    "#);
}

#[test]
fn a_block_that_the_file_ends_within_has_no_last_line_break() {
    insta::assert_snapshot!(check("a: |\n  t"), @r#"a Literal [  t] "t""#);
    insta::assert_snapshot!(check("- >+\n  t\n  u"), @r#"[0] Folded [  t\u{a}  u] "t u""#);
    insta::assert_snapshot!(check("a: |\r\n  t"), @r#"a Literal [  t] "t""#);
    insta::assert_snapshot!(check("a: |\n  t\n  "), @r#"a Literal [  t\u{a}  ] "t\n""#);
    insta::assert_snapshot!(check("a: |\n  t\n    "), @r#"a Literal [  t\u{a}    ] "t\n  ""#);
    insta::assert_snapshot!(check("a: |+\n  t\n\n  "), @r#"a Literal [  t\u{a}\u{a}  ] "t\n\n""#);
}

#[test]
fn values_that_are_not_there() {
    insta::assert_snapshot!(check("a:\nb: !t\nc: &d\nd: {e, f: , }\ng:\n  -\n  - x\n"), @r#"
    a Plain [] ""
    b Plain !t [] ""
    c Plain &d [] ""
    d.e Plain [] ""
    d.f Plain [] ""
    g[0] Plain [] ""
    g[1] Plain [x] "x"
    "#);
}

#[test]
fn keys_of_all_kinds() {
    insta::assert_snapshot!(check("'a b': 1\n\"c.d\": 2\n? [x, y]\n: 3\n\"\": 4\n1: 5\n\"q\\\"\\\\\\n\": 6\na: {b: 7}\na: 8\n<<: {c: 9}\n"), @r#"
    "a b" Plain [1] "1"
    "c.d" Plain [2] "2"
    *[0] Plain [x] "x"
    *[1] Plain [y] "y"
    * Plain [3] "3"
    "" Plain [4] "4"
    1 Plain [5] "5"
    "q\"\\\u{a}" Plain [6] "6"
    a.b Plain [7] "7"
    a Plain [8] "8"
    <<.c Plain [9] "9"
    "#);
}

#[test]
fn anchors_and_aliases() {
    insta::assert_snapshot!(check("a: &x !t foo\nb: *x\nc: &m {d: 1}\ne: *m\nf: *none\n*x : g\n<<: *m\n"), @r#"
    5:4 this alias has no anchor of its name above it
    a Plain &x !t [foo] "foo"
    b Alias [*x] "foo"
    c.d Plain [1] "1"
    e alias
    f alias
    * Plain [g] "g"
    << alias
    "#);
}

#[test]
fn several_documents() {
    insta::assert_snapshot!(check("a: 1\n---\n- b\n...\n--- |\n c\n---\n---\nd\n"), @r#"
    $0.a Plain [1] "1"
    $1[0] Plain [b] "b"
    $2 Literal [ c\u{a}] "c\n"
    $3 Plain [] ""
    $4 Plain [d] "d"
    "#);
    insta::assert_snapshot!(check("only"), @r#"$0 Plain [only] "only""#);
    insta::assert_snapshot!(check(""), @"");
    insta::assert_snapshot!(check("# only a comment"), @"");
}

#[test]
fn tags_of_looker() {
    insta::assert_snapshot!(check("- a: !ruby/hash:ActiveSupport::HashWithIndifferentAccess\n    b: c\n- !!str 5\n- !<tag:x,1:y> z\n"), @r#"
    [0].a.b Plain [c] "c"
    [1] Plain !!str [5] "5"
    [2] Plain !<tag:x,1:y> [z] "z"
    "#);
}

#[test]
fn byte_order_mark_and_carriage_returns() {
    insta::assert_snapshot!(check("\u{feff}a: b\r\nc:\r\n  - |\r\n    x\r\n    y\r\n  - 'z'\r\n"), @r#"
    a Plain [b] "b"
    c[0] Literal [    x\u{d}\u{a}    y\u{d}\u{a}] "x\ny\n"
    c[1] Single [z] "z"
    "#);
    insta::assert_snapshot!(check("a: x\u{feff}y\n\u{feff}b: z\n"), @r#"
    a Plain [x\u{feff}y] "x\u{feff}y"
    "\u{feff}b" Plain [z] "z"
    "#);
}

#[test]
fn tabs_as_indentation() {
    insta::assert_snapshot!(check("a:\n\tb: c\n\td:\n\t\t- e\n\t\t- f: g\n\t\t  h: i\n"), @r#"
    a.b Plain [c] "c"
    a.d[0] Plain [e] "e"
    a.d[1].f Plain [g] "g"
    a.d[1].h Plain [i] "i"
    "#);
    insta::assert_snapshot!(check("a:\n  b:\n\tc: d\n"), @r#"
    a.b Plain [] ""
    a.c Plain [d] "d"
    "#);
    insta::assert_snapshot!(check("a: |\n\tx\n\ty\nb:\tc\t# d\n"), @r#"
    a Literal [\u{9}x\u{a}\u{9}y\u{a}] "x\ny\n"
    b Plain [c] "c"
    "#);
    insta::assert_snapshot!(check("a: b\n\tc: [\n"), @"2:1 a tab stands where YAML wants spaces");
}

#[test]
fn bytes_that_are_not_text() {
    insta::assert_snapshot!(check(b"a: caf\xe9 # \xff\nb: \"\x00\x01\\n\"\nc: |\n  x\x1by\n  z\xe9\nd: e\n"), @r#"
    a Plain [caf\xe9] "caf�"
    b Double [\u{0}\u{1}\n] "\0\u{1}\n"
    c Literal [  x\u{1b}y\u{a}  z\xe9\u{a}] "x\u{1b}y\nz�\n"
    d Plain [e] "e"
    "#);
    insta::assert_snapshot!(check("a: \u{80}\u{7f}\u{fffe}b\n"), @r#"a Plain [\u{80}\u{7f}￾b] "\u{80}\u{7f}�b""#);
}

#[test]
fn what_is_not_yaml() {
    let broken = [
        "a: b: c\n",
        "a: 'b\nc: d\n",
        "a: 'it's'\n",
        "a: [b, c\nd: e\n",
        "a: b]\nc: {d: e]\n",
        "a:\n  b: c\n d: e\n",
        "a: @{schema}\n",
        "a: \"\\d+\"\n",
        "a: b\nc\nd: e\n",
        "a: %x\n",
        "a: {{ x }}: y\n",
        "a: | x\n  y\n",
        "- a\nb: c\n",
        "\ta: b\n  c: d\n",
    ];
    let all: String = broken.iter().map(check).collect();
    insta::assert_snapshot!(all, @r#"
    1:5 `:` is not allowed here
    2:1 a quote is opened here or above and not closed
    1:8 there is text after the closing quote
    2:2 `:` is not allowed here
    2:4 brackets or braces do not match, or a comma is missing between them
    3:2 the indentation of this line does not fit the lines above it
    1:4 an unquoted value cannot start with `@`
    1:4 `\` is followed by a character that means nothing here
    2:1 a `:` after the key is missing
    1:4 an unquoted value cannot start with `%`
    1:11 a template (`{{ … }}`) without quotes is not text to YAML
    1:4 this block of text is not written as YAML wants it
    2:1 the indentation of this line does not fit the lines above it
    a Plain [b] "b"
    c Plain [d] "d"
    "#);
}

#[test]
fn what_an_author_is_told() {
    let file = RelPath::new(b"a.dashboard.lookml").expect("a plain path");
    let told: Vec<_> = read(b"- dashboard: @{name}\n")
        .errors()
        .iter()
        .map(|e| e.diagnostic(&file))
        .collect();
    insta::assert_debug_snapshot!(told, @r#"
    [
        Diagnostic {
            id: "yaml-syntax",
            severity: Error,
            title: "an unquoted value cannot start with `@`",
            labels: [
                Label {
                    file: "a.dashboard.lookml",
                    span: Some(
                        13..14,
                    ),
                    text: "here",
                    masked: false,
                },
            ],
            help: [
                "put the value in quotes",
            ],
        },
    ]
    "#);
}
