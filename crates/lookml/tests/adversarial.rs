//! Files that somebody made to stop the parser: each is read in time and memory that grow with its
//! size, and without recursion. A rule that looks at the same bytes again and again shows here as a
//! test that does not come to its end: twice the size would take four times as long. Release builds
//! read larger files.

use storyline_lookml::{Document, MAX_DEPTH, MAX_ERRORS, MAX_LENGTH, SyntaxErrorKind, parse};

/// Bytes of most files here.
const SIZE: usize = if cfg!(debug_assertions) {
    1 << 20
} else {
    4 << 20
};

/// Most memory per byte of source: a token, a node and room to grow.
const MEMORY_PER_BYTE: usize = 5 + 16 + 5 + 16;

/// Reads `source`, and looks at what can be counted of the work.
#[track_caller]
fn read(source: &[u8]) -> Document<'_> {
    let document = parse(source);
    assert!(document.tokens().len() <= source.len());
    assert!(document.nodes().len() <= source.len());
    assert!(document.memory() <= MEMORY_PER_BYTE * source.len() + (64 << 10));
    assert!(
        document.text() == source,
        "{} bytes are not given back",
        source.len()
    );
    document
}

/// Beginning, what is repeated to fill the size, and end.
type Shape = (&'static str, &'static str, &'static str);

fn fill((before, part, after): Shape, size: usize) -> Vec<u8> {
    let mut source = before.as_bytes().to_vec();
    source.extend(part.bytes().cycle().take(size / part.len() * part.len()));
    source.extend_from_slice(after.as_bytes());
    source
}

const SHAPES: &[Shape] = &[
    // Nesting.
    ("", "{", ""),
    ("", "[", ""),
    ("", "a:{", ""),
    ("", "a:[", ""),
    ("", "{[", ""),
    ("", "[{", ""),
    ("", "[{ a: [", "}"),
    ("", "}", ""),
    ("", "]", ""),
    ("a: {", "]", "}"),
    ("", "{}", ""),
    ("", "}{", ""),
    ("", "][", ""),
    // Strings.
    ("label: \"", "a", ""),
    ("label: \"", "\\\"", ""),
    ("label: \"", "\\\"\n", "\nk: \"x\""),
    ("label: \"", "a\n", "k: \"x\""),
    ("", "\"", ""),
    ("", "\"\n", ""),
    ("", "\"a\n", ""),
    ("", "\"a\nk: \"x\n", ""),
    ("", "k: \"\n k:\"", "\""),
    ("", "\"\" ", ""),
    ("a: [", "\"a\",", "]"),
    ("a: [", "\"a\"", "]"),
    ("\"\n", "\"a\" ", "\""),
    // Values that end in `;;`, or do not.
    ("sql: ", "x", ""),
    ("", "sql: x\n", ""),
    ("", "sql: x\n", ";;"),
    ("", "sql:\n\n", ""),
    ("", "sql: x }\n", ""),
    ("", "sql: {\n", " ;;"),
    ("sql: \n", " {", ";;"),
    ("sql: \n", "a {\n", ";;"),
    ("", "sql: \n { { { { ;;", ""),
    ("", "sql: \n dimension: a {\n ;;", ""),
    ("sql: \n", " ", "dimension: a { ;;"),
    ("sql: ", "dimension: a {\n", ""),
    ("sql: ", ";", ""),
    ("sql: ", "; ", ""),
    ("", "sql:;;", ""),
    ("", "sql", ":"),
    ("", "sql", ""),
    // Words and punctuation.
    ("", "${", ""),
    ("", "@{", ""),
    ("", "a@{", ""),
    ("", "@{a}", ""),
    ("@{", "a", ""),
    ("", "-", ""),
    ("", "- ", ""),
    ("a: [", "- ", "]"),
    ("a: [", "- a, ", "]"),
    ("", ":", ""),
    ("", ": ", ""),
    ("", "a:", ""),
    ("", "a: ", ""),
    ("", "a:\n", ""),
    ("", "a ", ""),
    ("", "a", ""),
    ("", "a\n", ""),
    ("", "a,", ""),
    ("", "a;", ""),
    ("", "a,a ", ""),
    ("", "a#\n", ""),
    ("", ";", ""),
    ("", "; ", ""),
    ("", ",", ""),
    ("", "\u{a0}", ""),
    ("", "\u{a0}a", ""),
    ("", "\u{c2}", ""),
    ("", " \u{c2}", ""),
    ("", "\0", ""),
    ("a", " ", ":"),
    ("", "a     ", ":"),
    ("", "#\n", ""),
    ("a: [b ", "#\n", "c: d"),
    ("a: {", "#\n", ""),
    // Lists.
    ("", "fields: [a\n", ""),
    ("", "fields: [a, b\n", "]"),
    ("", "fields: [", "}"),
    ("", "fields: [a b: c\n", ""),
    ("a: [", "b ", "]"),
    ("a: [", "b: c ", "]"),
    ("a: [", "b: c\n", ""),
    ("a: [", "b: c: ", "]"),
    ("a: [", "b, ", ""),
    ("a: [", "b: {} ", "]"),
    ("a: [", "b: c {}", ""),
    ("", "[a: {", ""),
];

#[test]
fn repeated_pieces() {
    for shape in SHAPES {
        read(&fill(*shape, SIZE));
    }
}

/// Half of the file opens what the other half asks about, piece by piece.
#[test]
fn many_open_and_many_that_ask() {
    for (open, ask) in [
        ("[", "}"),
        ("[", "} "),
        ("{[", "}"),
        ("[", "#\n"),
        ("[", "a "),
        ("{", "]"),
        ("a:{", "\"\n"),
        ("[", "sql: x\n"),
        ("[[a #\n", "#\n"),
    ] {
        let mut source = fill(("", open, ""), SIZE / 2);
        source.extend(fill(("", ask, " b: c"), SIZE / 2));
        read(&source);
        source.extend_from_slice(b"}");
        read(&source);
    }
}

#[test]
fn nested_100_000_deep() {
    let deep = 100_000;
    for (open, close) in [
        ("a: {", "}"),
        ("a: [", "]"),
        ("a: b {", "\n}"),
        ("[", "]"),
        ("{", "}"),
    ] {
        let mut source = open.repeat(deep);
        source += &close.repeat(deep);
        let document = read(source.as_bytes());
        assert_eq!(document.nodes().len(), deep);
        let mut node = document.root();
        let mut levels = 0;
        while let Some(child) = node.children().next() {
            (node, levels) = (child, levels + 1);
        }
        assert_eq!(levels, deep);
        if open.starts_with('a') {
            // Nothing else is wrong with it.
            let kinds = document.errors().iter().map(|error| &error.kind);
            assert!(kinds.eq([&SyntaxErrorKind::TooDeep]));
        }
    }
}

/// Going up and down over the limit says so each time, up to the number of errors that is kept.
#[test]
fn blocks_at_the_depth_limit() {
    let mut source = "a: {".repeat(MAX_DEPTH);
    source += &"a: {}".repeat(SIZE / 5);
    source += &"}".repeat(MAX_DEPTH);
    let document = read(source.as_bytes());
    assert_eq!(document.errors().len(), MAX_ERRORS + 1);
    let last = document.errors().last().map(|error| &error.kind);
    assert_eq!(last, Some(&SyntaxErrorKind::TooMany));
}

#[test]
fn one_long_comment() {
    let size = if cfg!(debug_assertions) {
        20_000_000
    } else {
        100_000_000
    };
    let document = parse(&fill(("#", "a", ""), size)).tokens().len();
    assert_eq!(document, 1);
}

#[test]
fn one_long_string() {
    let source = fill(("label: \"", "a\n", ""), 10_000_000);
    let document = read(&source);
    assert_eq!(
        document.errors().first().map(|e| &e.kind),
        Some(&SyntaxErrorKind::UnterminatedString)
    );
}

/// A file above the limit is one error and one token, and nothing in it was looked at.
#[test]
fn a_file_that_is_too_long() {
    let source = vec![b'{'; MAX_LENGTH + 1];
    let document = read(&source);
    let kinds: Vec<_> = document.errors().iter().map(|error| &error.kind).collect();
    assert_eq!(kinds, [&SyntaxErrorKind::TooLong]);
    assert_eq!((document.tokens().len(), document.nodes().len()), (1, 0));
    assert_eq!(
        kinds[0].to_string(),
        "the file is larger than 128 MiB, the most that is read"
    );
}
