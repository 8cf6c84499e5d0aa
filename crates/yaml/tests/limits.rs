//! Files made to hurt: they are refused, or cost what their size says.

use std::fmt::Write as _;

use storyline_text::{Patch, RelPath, Span};
use storyline_yaml::{MAX_BYTES, MAX_DEPTH, Pattern, ReadError, Style, read, verify};

fn check_depth(source: &str, refused: bool) {
    let document = read(source.as_bytes());
    let deep = matches!(document.errors(), [ReadError::TooDeep(_)]);
    assert_eq!(deep, refused, "{:?}", document.errors());
    assert_eq!(document.is_empty(), refused);
}

fn nested(open: &str, depth: usize, close: &str) -> String {
    format!("{}x{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn depth_is_limited_in_brackets_and_by_indentation() {
    for (open, close) in [("[", "]"), ("- ", ""), ("? ", ""), ("{a: ", "}")] {
        check_depth(&nested(open, MAX_DEPTH, close), false);
        check_depth(&nested(open, MAX_DEPTH + 1, close), true);
        check_depth(&nested(open, 100_000, close), true);
    }
    check_depth(&"[".repeat(100_000), true);
    check_depth(&"{".repeat(100_000), true);
    let halves = nested("- ", MAX_DEPTH / 2, "") + &nested("[", MAX_DEPTH / 2 + 1, "]");
    check_depth(&halves.replacen('x', "", 1), true);
}

#[test]
fn a_limit_is_told_with_its_place_and_a_way_out() {
    let told = |source: &[u8]| {
        let file = RelPath::new(b"f.yml").expect("a plain path");
        let document = read(source);
        let told = document.errors()[0].diagnostic(&file);
        let label = &told.labels[0];
        format!(
            "{}: {} {:?}; {}",
            told.id, told.title, label.span, told.help[0]
        )
    };
    insta::assert_snapshot!(told(nested("[", MAX_DEPTH + 1, "]").as_bytes()), @"yaml-too-deep: lists and mappings are nested deeper than 128 levels Some(128..129); close the brackets that are left open above, or keep what is nested this deep in a file of its own");
    insta::assert_snapshot!(told(nested("- ", MAX_DEPTH + 1, "").as_bytes()), @"yaml-too-deep: lists and mappings are nested deeper than 128 levels Some(256..256); close the brackets that are left open above, or keep what is nested this deep in a file of its own");
    insta::assert_snapshot!(told(&vec![b'a'; MAX_BYTES + 1]), @"yaml-too-large: the file is too large: 67108865 bytes, where 67108864 are allowed None; split the file");
    insta::assert_snapshot!(told(b"\xff\xfea\0"), @"yaml-utf16: the file is UTF-16, of which nothing is read None; save the file as UTF-8");
}

#[test]
fn size_is_limited() {
    let large = vec![b'a'; MAX_BYTES + 1];
    assert_eq!(read(&large).errors(), [ReadError::TooLarge(MAX_BYTES + 1)]);
}

#[test]
fn aliases_are_not_expanded() {
    let mut laughs = String::from("a0: &a0 [lol, lol]\n");
    for level in 1..60 {
        let below = format!("*a{}", level - 1);
        let _ = writeln!(laughs, "a{level}: &a{level} [{}]", [&*below; 9].join(", "));
    }
    let document = read(laughs.as_bytes());
    assert_eq!(document.errors(), []);
    assert_eq!(document.aliases().count(), 59 * 9);
    assert_eq!(document.nodes().count(), 1 + 2 * 60 + 2 + 59 * 9);
    let all = Pattern::parse("**").expect("a pattern");
    assert_eq!(document.find(&all).count(), 2);
}

#[test]
fn a_scalar_of_ten_megabytes_is_one_scalar() {
    let line = "some text with a name in it ".repeat(1 << 18);
    for (source, style) in [
        (format!("a: {line}x\n"), Style::Plain),
        (format!("a: '{line}it''s'\n"), Style::Single),
        (format!("a: \"{line}\\n\"\n"), Style::Double),
        (
            format!("a: |\n  {}\n", line.replace(" in", "\n  in")),
            Style::Literal,
        ),
        (
            format!("a: >\n  {}\n", line.replace(" in", "\n  in")),
            Style::Folded,
        ),
        (
            format!("a: 'x\n  {}'\n", line.replace(" in", "\n  in")),
            Style::Single,
        ),
    ] {
        let document = read(source.as_bytes());
        let scalar = document.scalars().nth(1).expect("key and value");
        assert_eq!((scalar.style(), document.errors()), (style, &[][..]));
        let at = source.rfind("name").expect("it is there");
        let part = Span::at(at..at + 4);
        let edit = scalar.replace_within(part, "other").expect("a word").edit;
        let patch = Patch::new(vec![edit]).expect("one edit");
        let after = patch.apply(source.as_bytes()).expect("in bounds");
        verify(&document, &after, &patch).expect("as meant");
    }
}

#[test]
fn many_entries_can_all_be_edited() {
    let mut source = String::from("base: &b {x: y}\n");
    for n in 0..50_000 {
        let _ = writeln!(
            source,
            "k{n}: &a{n} v{n} # {n}\nl{n}: *a{n}\nm{n}: {{<<: *b}}"
        );
    }
    let document = read(source.as_bytes());
    let values = Pattern::parse("*").expect("a pattern");
    let values = document.find(&values).filter(|s| !s.is_alias());
    let edits = values.map(|s| s.replace("w").expect("a word").edit);
    let patch = Patch::new(edits.collect()).expect("they are apart");
    assert_eq!(patch.edits().len(), 50_000);
    let after = patch.apply(source.as_bytes()).expect("in bounds");
    verify(&document, &after, &patch).expect("as meant");
}

#[test]
fn tabs_everywhere_do_not_make_it_slow() {
    let source = "a:\n".to_owned() + &"\t\tb: 'c\td'\n\t\t[\n".repeat(20_000);
    assert_eq!(read(source.as_bytes()).errors().len(), 1);
    let source = "a:\n".to_owned() + &"\t\t- b: 'c\td'\n".repeat(20_000);
    let document = read(source.as_bytes());
    assert_eq!(document.errors(), []);
    let found = Pattern::parse("a[19999].b").expect("a pattern");
    assert_eq!(document.find(&found).count(), 1);
}
