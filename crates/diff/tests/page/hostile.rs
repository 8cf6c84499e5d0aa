//! Whatever stands in files and names, a page consists of what its template consists of, and shows all of it.

use proptest::prelude::*;
use storyline_diff::objects::{ObjectKind, Step};
use storyline_diff::{Content, Impact, Kind, Standing};
use storyline_text::Visible;

use crate::files::{FILE, Files, page, report};
use crate::parsed::{Parsed, parsed};

/// Every element that a page may have, with its attributes.
const TEMPLATE: &[&str] = &[
    "a class href",
    "a href",
    "article aria-labelledby class id",
    "b",
    "body",
    "code",
    "col",
    "colgroup",
    "del",
    "details open",
    "div",
    "div class",
    "fieldset class",
    "h1",
    "h2",
    "h2 class",
    "h2 id",
    "h3",
    "h3 id",
    "head",
    "header",
    "html lang",
    "i",
    "input checked id name type",
    "input id name type",
    "ins",
    "label",
    "legend",
    "li",
    "li class id",
    "main id",
    "meta charset",
    "meta content http-equiv",
    "meta content name",
    "nav aria-label",
    "p class",
    "section aria-labelledby class",
    "span",
    "span aria-hidden",
    "span class",
    "style",
    "summary",
    "table",
    "table class",
    "tbody",
    "td",
    "td class",
    "td colspan",
    "td id",
    "th",
    "th rowspan scope",
    "th scope",
    "thead",
    "title",
    "tr",
    "tr class",
    "ul",
    "ul class",
];

const FRAGMENTS: &[&str] = &[
    "<script>alert(1)</script>",
    "</style>",
    "</title>",
    "</td></table><b onclick=x>",
    "<!--",
    "-->",
    "<![CDATA[",
    "&lt;",
    "&#x202e;",
    "\" onload=\"x",
    "' id='f0",
    "]]>",
    "<img src=x>",
    "javascript:x",
    "<a href=\"http://x\">",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "\u{0}",
    "\r",
    "\t",
    "é",
    "`",
    "@team",
    "#1",
    "view: x {",
    "dimension: y { sql: ${TABLE}.z ;; }",
    "}",
    "- dashboard: d",
    "  title: \"t\"",
    "\n",
    "\n",
    " ",
];

fn text() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        8 => proptest::sample::select(FRAGMENTS).prop_map(|text| text.as_bytes().to_vec()),
        1 => Just(b"\xff\xfe".to_vec()),
    ];
    proptest::collection::vec(fragment, 0..24).prop_map(|parts| parts.concat())
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let end =
        proptest::sample::select(&[".view.lkml", ".dashboard.lookml", ".txt", ".model.lkml"][..]);
    (text(), end).prop_map(|(text, end)| {
        let bytes = text.into_iter().filter(|byte| !matches!(byte, b'/' | 0));
        bytes.take(120).chain(end.bytes()).collect()
    })
}

fn file() -> impl Strategy<Value = (Vec<u8>, Kind, Vec<u8>)> {
    let kind = prop_oneof![
        6 => Just(FILE),
        1 => Just(Kind::Symlink),
        1 => Just(Kind::Submodule),
        1 => Just(Kind::File { executable: Some(true) }),
    ];
    let text = text().prop_map(|text| {
        // A view, so that names within it are told of.
        let name: Vec<u8> = text
            .iter()
            .copied()
            .filter(|byte| !b" \n{}:".contains(byte))
            .collect();
        [b"view: ", &*name, b" {\n", &*text, b"\n}\n"].concat()
    });
    (name(), kind, prop_oneof![text, self::text()])
}

/// What only a template, or a number, may stand in an attribute.
#[track_caller]
fn is_of_the_template(found: &Parsed) {
    assert_eq!(found.errors, <Vec<String>>::new());
    assert_eq!(found.comments, 0);
    for shape in found.shapes() {
        assert!(TEMPLATE.contains(&&*shape), "{shape}");
    }
    let ids: Vec<_> = found.values("id").collect();
    let words = ["changes", "counts", "impact", "canonical", "raw"];
    for id in &ids {
        let numbers = id.get(1..).unwrap_or_default().split('-');
        let mut numbers = numbers.map(|number| number.parse::<usize>());
        assert!(
            words.contains(id) || numbers.all(|number| number.is_ok()),
            "{id}"
        );
        assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{id}");
    }
    let labels = found.values("aria-labelledby");
    for id in found
        .values("href")
        .map(|href| href.trim_start_matches('#'))
        .chain(labels)
    {
        assert!(ids.contains(&id), "nothing is called {id}");
    }
    for class in found.values("class") {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == ' ';
        assert!(class.chars().all(is_plain), "{class}");
    }
}

/// Text as a page shows it.
fn shown(text: &[u8]) -> String {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let parts = text
        .split(|byte| *byte == b'\t')
        .map(|part| Visible(part).to_string());
    parts.collect::<Vec<_>>().join("\t")
}

/// What is in the reports, of the canonical form and of the raw one, is on the page.
fn hides_nothing(left: &Files, right: &Files, raw: &Files, impact: &Impact) {
    let found = parsed(&page(left, right, raw, impact));
    is_of_the_template(&found);
    for file in report(left, right)
        .files
        .iter()
        .chain(&report(left, raw).files)
    {
        let path = file.path().to_string();
        assert!(found.text.contains(&path), "{path}");
        for [left, right] in file.texts() {
            for line in left.1.iter().chain(&right.1) {
                let line = shown(line);
                assert!(found.text.contains(&line), "{line:?} in {:?}", found.text);
            }
        }
        if let Content::Binary = file.content {
            assert!(found.text.contains("binary, not shown"));
        }
    }
}

#[test]
fn what_is_text_only_without_its_stamps() {
    let file = |text: &[u8]| Files::new([(b"a.txt".to_vec(), FILE, text.to_vec())]);
    let none = Files::new([]);
    hides_nothing(&none, &file(b"a\n"), &file(b"\0"), &Impact::default());
}

proptest! {
    #[test]
    fn a_page_is_its_template_and_hides_nothing(
        before in proptest::collection::vec(file(), 0..4),
        after in proptest::collection::vec(file(), 0..4),
        changed in proptest::collection::vec((file(), text()), 0..3),
        stamped in proptest::collection::vec(file(), 0..2),
    ) {
        let both = changed.iter().map(|(file, _)| file.clone());
        let left = Files::new(before.into_iter().chain(both));
        let both = changed.iter().map(|((path, kind, _), text)| (path.clone(), *kind, text.clone()));
        let after: Vec<_> = after.into_iter().chain(both).collect();
        let right = Files::new(after.clone());
        let raw = Files::new(after.into_iter().chain(stamped));
        let name = b"<b>\x1b\"".to_vec();
        let step = Step { kind: ObjectKind::View, name: name.clone() };
        let standing = Standing { model: name.clone(), name, on: vec![step] };
        let impact = Impact { explores: vec![standing], ..Impact::default() };
        hides_nothing(&left, &right, &raw, &impact);
    }
}
