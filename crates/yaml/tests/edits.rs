//! What becomes of one value in every style, and what is refused.

use storyline_text::{Patch, RelPath, Span, Visible};
use storyline_yaml::{EditError, Pattern, Replacement, Scalar, VerifyError, read, verify};

/// The file after an edit of the first scalar at `path`, or why there is none.
fn edit(
    source: &str,
    path: &str,
    make: impl Fn(&Scalar<'_>) -> Result<Replacement, EditError>,
) -> String {
    let document = read(source.as_bytes());
    let pattern = Pattern::parse(path).expect("a pattern");
    let found = document.find(&pattern).next().expect("it is there");
    let replacement = match make(&found) {
        Ok(replacement) => replacement,
        Err(error) => {
            let file = RelPath::new(b"f").expect("a plain path");
            let diagnostic = error.diagnostic(&file);
            return format!(
                "{}: {}; {}",
                diagnostic.id, diagnostic.title, diagnostic.help[0]
            );
        }
    };
    let patch = Patch::new(vec![replacement.edit]).expect("one edit");
    let after = patch.apply(source.as_bytes()).expect("in bounds");
    verify(&document, &after, &patch).expect("as meant");
    let mut shown = Visible(&after).to_string();
    if replacement.requoted {
        shown.push_str(" (requoted)");
    }
    if replacement.aliases > 0 {
        shown.push_str(&format!(" (aliases: {})", replacement.aliases));
    }
    shown
}

fn check(source: &str, path: &str, values: &[&str]) -> String {
    let edits = values
        .iter()
        .map(|value| edit(source, path, |s| s.replace(value)));
    edits.collect::<Vec<_>>().join("\n")
}

fn check_within(source: &str, path: &str, old: &str, new: &str) -> String {
    edit(source, path, |scalar| {
        let rest = &source[scalar.span().start as usize..];
        let at = scalar.span().start as usize + rest.find(old).expect("it is there");
        scalar.replace_within(Span::at(at..at + old.len()), new)
    })
}

#[test]
fn plain() {
    let odd = [
        "c",
        "c: d",
        "c:d",
        "c #d",
        "c#d",
        "-c",
        "- c",
        "?",
        "@c",
        "a, b",
        "it's \"x\"",
        " c",
        "",
    ];
    insta::assert_snapshot!(check("a: b # k\n", "a", &odd), @r#"
    a: c # k\u{a}
    a: "c: d" # k\u{a} (requoted)
    a: c:d # k\u{a}
    a: "c #d" # k\u{a} (requoted)
    a: c#d # k\u{a}
    a: -c # k\u{a}
    a: "- c" # k\u{a} (requoted)
    a: "?" # k\u{a} (requoted)
    a: "@c" # k\u{a} (requoted)
    a: a, b # k\u{a}
    a: it's "x" # k\u{a}
    a: " c" # k\u{a} (requoted)
    a: "" # k\u{a} (requoted)
    "#);
    let not_text = [
        "true",
        "No",
        "~",
        "1e3",
        "0x1f",
        "1:30",
        "2016-01-31",
        ".inf",
        "<<",
        "12x",
        "1.2.3",
        "e3",
    ];
    insta::assert_snapshot!(check("a: b\n", "a", &not_text), @r#"
    a: "true"\u{a} (requoted)
    a: "No"\u{a} (requoted)
    a: "~"\u{a} (requoted)
    a: "1e3"\u{a} (requoted)
    a: "0x1f"\u{a} (requoted)
    a: "1:30"\u{a} (requoted)
    a: "2016-01-31"\u{a} (requoted)
    a: ".inf"\u{a} (requoted)
    a: "<<"\u{a} (requoted)
    a: 12x\u{a}
    a: "1.2.3"\u{a} (requoted)
    a: e3\u{a}
    "#);
    insta::assert_snapshot!(check("a: 5\n", "a", &["6", "x", "true"]), @r#"
    a: 6\u{a}
    a: x\u{a}
    a: "true"\u{a} (requoted)
    "#);
    insta::assert_snapshot!(check("{a: b, c: [d]}", "c[0]", &["e", "e,f", "e:f", "e:", "[e", "e]", "{{ e }}"]), @r#"
    {a: b, c: [e]}
    {a: b, c: ["e,f"]} (requoted)
    {a: b, c: [e:f]}
    {a: b, c: ["e:"]} (requoted)
    {a: b, c: ["[e"]} (requoted)
    {a: b, c: ["e]"]} (requoted)
    {a: b, c: ["{{ e }}"]} (requoted)
    "#);
    insta::assert_snapshot!(check("a: b\n  c\nd: e", "a", &["f", "b c", "two\nlines", "\u{7}\u{202e}\u{1f600}"]), @r#"
    a: f\u{a}d: e
    a: b\u{a}  c\u{a}d: e
    a: "two\nlines"\u{a}d: e (requoted)
    a: "\x07\u202e😀"\u{a}d: e (requoted)
    "#);
}

#[test]
fn quoted() {
    insta::assert_snapshot!(check("a: 'b' # c", "a", &["it's", "", "true", "\\n", "x\ny"]), @r#"
    a: 'it''s' # c
    a: '' # c
    a: 'true' # c
    a: '\n' # c
    a: "x\ny" # c (requoted)
    "#);
    insta::assert_snapshot!(check("a: \"b\" # c", "a", &["it's", "\"", "\\", "x\ny\tz", "\0\u{85}é\u{feff}"]), @r#"
    a: "it's" # c
    a: "\"" # c
    a: "\\" # c
    a: "x\ny\tz" # c
    a: "\x00\x85é\ufeff" # c
    "#);
    insta::assert_snapshot!(check("{\"a\":\"b\\u00e9\"}", "a", &["c", "bé"]), @r#"
    {"a":"c"}
    {"a":"b\u00e9"}
    "#);
}

#[test]
fn blocks() {
    let values = [
        "c\n",
        "c\nd\n",
        "c\n\n  d\n",
        "c",
        "",
        "  c\n",
        "c\t\n",
        "c\r\n",
    ];
    insta::assert_snapshot!(check("a: |\n   x\n   y\nb: 1\n", "a", &values), @r"
    a: |\u{a}   c\u{a}b: 1\u{a}
    a: |\u{a}   c\u{a}   d\u{a}b: 1\u{a}
    yaml-block: the block of text at `a` cannot hold the new text: a line of it, old or new, starts or ends with a blank; write the value in quotes on one line
    yaml-block: the block of text at `a` cannot hold the new text: the header says how many line breaks end it; write the value in quotes on one line
    yaml-block: the block of text at `a` cannot hold the new text: a block of text that is empty needs another header; write the value in quotes on one line
    yaml-block: the block of text at `a` cannot hold the new text: a line of it, old or new, starts or ends with a blank; write the value in quotes on one line
    yaml-block: the block of text at `a` cannot hold the new text: only printable characters can stand there; write the value in quotes on one line
    yaml-block: the block of text at `a` cannot hold the new text: only printable characters can stand there; write the value in quotes on one line
    ");
    insta::assert_snapshot!(check("a: >-\r\n  x\r\n  y\r\n\r\nb: 1\r\n", "a", &["c", "c\nd"]), @r"
    a: >-\u{d}\u{a}  c\u{d}\u{a}\u{d}\u{a}b: 1\u{d}\u{a}
    yaml-block: the block of text at `a` cannot hold the new text: its lines are folded into one; write the value in quotes on one line
    ");
    insta::assert_snapshot!(check("- |+2\n    x\n\n", "[0]", &["c\n\n", "c\n"]), @"
    yaml-block: the block of text at `[0]` cannot hold the new text: a line of it, old or new, starts or ends with a blank; write the value in quotes on one line
    yaml-block: the block of text at `[0]` cannot hold the new text: the header says how many line breaks end it; write the value in quotes on one line
    ");
    insta::assert_snapshot!(check("a: |\n\n\tx\n", "a", &["c\n"]), @"yaml-block: the block of text at `a` cannot hold the new text: tabs indent this file; write the value in quotes on one line");
}

#[test]
fn refused() {
    let anchored = "a: &x b\nc: *x\nd: &m {e: f}\n<<: *m\ng: *m\n";
    insta::assert_snapshot!(check(anchored, "c", &["z"]), @"yaml-alias: `c` is an alias: its value stands at the anchor `&x`; write the value here in place of the alias, or change it at the anchor");
    insta::assert_snapshot!(check(anchored, "a", &["z", "b", "true"]), @r#"
    a: &x z\u{a}c: *x\u{a}d: &m {e: f}\u{a}<<: *m\u{a}g: *m\u{a} (aliases: 1)
    a: &x b\u{a}c: *x\u{a}d: &m {e: f}\u{a}<<: *m\u{a}g: *m\u{a} (aliases: 1)
    a: &x "true"\u{a}c: *x\u{a}d: &m {e: f}\u{a}<<: *m\u{a}g: *m\u{a} (requoted) (aliases: 1)
    "#);
    insta::assert_snapshot!(check(anchored, "d.e", &["z"]), @r"a: &x b\u{a}c: *x\u{a}d: &m {e: z}\u{a}<<: *m\u{a}g: *m\u{a} (aliases: 2)");
    insta::assert_snapshot!(check("a:\nb: !t\nc: ''\n", "a", &["z"]), @r"a: z\u{a}b: !t\u{a}c: ''\u{a}");
    insta::assert_snapshot!(check("a:\nb: !t\nc: ''\n", "b", &["z"]), @r"a:\u{a}b: !t z\u{a}c: ''\u{a}");
    insta::assert_snapshot!(check("a: {b: c}\n'a': d\n", "a.b", &["z"]), @"yaml-duplicate-key: `a.b` is ambiguous: a key on the way to it stands twice in its mapping; remove one of the two keys");
    let merge = read(b"<<: {a: b}\nc: d\n");
    let refused: Vec<bool> = merge.scalars().map(|s| s.replace("z").is_err()).collect();
    assert_eq!(refused, [true, false, false, false, false]);
}

#[test]
fn parts() {
    let url = "- u: /dashboards/shop::x\n  v: '/e/shop/it''s'\n  w: \"/e/shop\\u002fx \\\\shop\"\n  t: >\n    see\n    [shop](/e/shop/y)\n";
    insta::assert_snapshot!(check_within(url, "[0].u", "shop", "shop_dev1"), @r#"- u: /dashboards/shop_dev1::x\u{a}  v: '/e/shop/it''s'\u{a}  w: "/e/shop\u002fx \\shop"\u{a}  t: >\u{a}    see\u{a}    [shop](/e/shop/y)\u{a}"#);
    insta::assert_snapshot!(check_within(url, "[0].v", "shop", "it's"), @r#"- u: /dashboards/shop::x\u{a}  v: '/e/it''s/it''s'\u{a}  w: "/e/shop\u002fx \\shop"\u{a}  t: >\u{a}    see\u{a}    [shop](/e/shop/y)\u{a}"#);
    insta::assert_snapshot!(check_within(url, "[0].w", "shop", "a\"\\b\n"), @r#"- u: /dashboards/shop::x\u{a}  v: '/e/shop/it''s'\u{a}  w: "/e/a\"\\b\n\u002fx \\shop"\u{a}  t: >\u{a}    see\u{a}    [shop](/e/shop/y)\u{a}"#);
    insta::assert_snapshot!(check_within(url, "[0].t", "[shop", "[shop_dev1"), @r#"- u: /dashboards/shop::x\u{a}  v: '/e/shop/it''s'\u{a}  w: "/e/shop\u002fx \\shop"\u{a}  t: >\u{a}    see\u{a}    [shop_dev1](/e/shop/y)\u{a}"#);
    insta::assert_snapshot!(check_within(url, "[0].u", "shop", "shop: "), @"yaml-needs-quotes: the new text at `[0].u` would not be read as a part of this value; put the value in double quotes");
    insta::assert_snapshot!(check_within(url, "[0].u", "/dash", "@{x}"), @"yaml-needs-quotes: the new text at `[0].u` would not be read as a part of this value; put the value in double quotes");
    insta::assert_snapshot!(check_within(url, "[0].v", "'s", "x"), @"yaml-part: bytes 42..44 are not a part of one line of the value; write the name on one line, without escapes in it");
    insta::assert_snapshot!(check_within(url, "[0].w", "2fx", "x"), @"yaml-part: bytes 63..66 are not a part of one line of the value; write the name on one line, without escapes in it");
    insta::assert_snapshot!(check_within(url, "[0].w", "\\shop", "x"), @"yaml-part: bytes 68..73 are not a part of one line of the value; write the name on one line, without escapes in it");
    insta::assert_snapshot!(check_within(url, "[0].t", "see\n", "x"), @"yaml-part: bytes 86..90 are not a part of one line of the value; write the name on one line, without escapes in it");
    insta::assert_snapshot!(check_within(url, "[0].t", "    see", "x"), @"yaml-part: bytes 82..89 are not a part of one line of the value; write the name on one line, without escapes in it");
    insta::assert_snapshot!(check_within(url, "[0].t", "see", " see"), @"yaml-needs-quotes: the new text at `[0].t` would not be read as a part of this value; put the value in double quotes");
    insta::assert_snapshot!(check_within(url, "[0].t", "see", ""), @"yaml-needs-quotes: the new text at `[0].t` would not be read as a part of this value; put the value in double quotes");
    insta::assert_snapshot!(check_within(url, "[0].u", "x\n  v", ""), @"yaml-part: bytes 23..28 are not a part of one line of the value; write the name on one line, without escapes in it");
    insta::assert_snapshot!(check_within("a: é\n", "a", "é", "e"), @r"a: e\u{a}");
    insta::assert_snapshot!(check_within("a: x1\n", "a", "x", ""), @"yaml-needs-quotes: the new text at `a` would not be read as a part of this value; put the value in double quotes");
}

#[test]
fn an_edit_that_changes_more_is_found() {
    let source = b"a: b # c\nd: [e, f]\n";
    let document = read(source);
    let broken = [
        (3, 4, "x: y"),
        (3, 4, "x #"),
        (3, 4, ""),
        (3, 4, "[x]"),
        (3, 4, "'x'"),
        (3, 4, "x\ng: h"),
        (13, 14, "x, y"),
        (13, 14, "]"),
        (5, 6, " #"),
        (0, 1, "\"a"),
        (19, 19, "g: h\n"),
    ];
    let mut all = String::new();
    for (start, end, text) in broken {
        let patch = Patch::new(vec![storyline_text::Edit::replace(
            Span::new(start, end),
            text,
        )]);
        let patch = patch.expect("one edit");
        let after = patch.apply(source).expect("in bounds");
        let error: VerifyError = verify(&document, &after, &patch).expect_err("more changed");
        all += &format!("{text:?}: {error}\n");
    }
    insta::assert_snapshot!(all, @r#"
    "x: y": the file can no longer be read: `:` is not allowed here
    "x #": the structure of the file changed
    "": the structure of the file changed
    "[x]": the structure of the file changed
    "'x'": the structure of the file changed
    "x\ng: h": the structure of the file changed
    "x, y": the structure of the file changed
    "]": the file can no longer be read: the indentation of this line does not fit the lines above it
    " #": an edit of bytes 5..6 is not inside one value
    "\"a": the file can no longer be read: a quote is opened here or above and not closed
    "g: h\n": the structure of the file changed
    "#);
}
