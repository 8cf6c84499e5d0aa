//! Which values a pattern finds.

use storyline_yaml::{Pattern, read};

const SOURCE: &[u8] = b"
- dashboard: a
  elements:
  - {model: m1, 'merged.queries': [{model: m2}], model: m3}
  - [{model: m4}]
- elements: {model: m5}
---
model: m6
\"say \\\"hi\\\"\": {model: m7}
";

fn check(pattern: &str) -> String {
    let pattern = match Pattern::parse(pattern) {
        Ok(pattern) => pattern,
        Err(error) => return error.to_string(),
    };
    let document = read(SOURCE);
    let found = document.find(&pattern);
    let lines = found.map(|s| format!("{} = {}", s.address(), s.value()));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn patterns() {
    insta::assert_snapshot!(check("[*].elements[*].model"), @"
    $0[0].elements[0].model = m1
    $0[0].elements[0].model = m3
    ");
    insta::assert_snapshot!(check("[0].elements[*].\"merged.queries\"[0].model"), @r#"$0[0].elements[0]."merged.queries"[0].model = m2"#);
    insta::assert_snapshot!(check("[*].*.model"), @"$0[1].elements.model = m5");
    insta::assert_snapshot!(check("**.model"), @r#"
    $0[0].elements[0].model = m1
    $0[0].elements[0]."merged.queries"[0].model = m2
    $0[0].elements[0].model = m3
    $0[0].elements[1][0].model = m4
    $0[1].elements.model = m5
    $1.model = m6
    $1."say \"hi\"".model = m7
    "#);
    insta::assert_snapshot!(check("[*].**[*].model"), @r#"
    $0[0].elements[0].model = m1
    $0[0].elements[0]."merged.queries"[0].model = m2
    $0[0].elements[0].model = m3
    $0[0].elements[1][0].model = m4
    "#);
    insta::assert_snapshot!(check("$1.**"), @r#"
    $1.model = m6
    $1."say \"hi\"".model = m7
    "#);
    insta::assert_snapshot!(check("$0.model"), @"");
    insta::assert_snapshot!(check("**"), @r#"
    $0[0].dashboard = a
    $0[0].elements[0].model = m1
    $0[0].elements[0]."merged.queries"[0].model = m2
    $0[0].elements[0].model = m3
    $0[0].elements[1][0].model = m4
    $0[1].elements.model = m5
    $1.model = m6
    $1."say \"hi\"".model = m7
    "#);
    insta::assert_snapshot!(check("**.**.**.dashboard"), @"$0[0].dashboard = a");
    insta::assert_snapshot!(check("[00].dashboard"), @"$0[0].dashboard = a");
}

#[test]
fn what_is_no_pattern() {
    let broken = [
        "",
        ".",
        "a.",
        "a..b",
        "a[",
        "a[x]",
        "a[1",
        "[99999999999]",
        "a b",
        "a\"b\"",
        "\"a",
        "\"\\x\"",
        "\"\\u{d800}\"",
        "$",
        "$x",
        "***",
        "a*",
    ];
    let all: String = broken
        .iter()
        .map(|p| format!("{p}  {}\n", check(p)))
        .collect();
    insta::assert_snapshot!(all, @r#"
      the path is empty
    .  byte 0 of the path should be a key, in double quotes if it is an odd one
    a.  byte 2 of the path should be a key, in double quotes if it is an odd one
    a..b  byte 2 of the path should be a key, in double quotes if it is an odd one
    a[  byte 2 of the path should be `*` or the position of an item, from 0
    a[x]  byte 2 of the path should be `*` or the position of an item, from 0
    a[1  byte 3 of the path should be `]`
    [99999999999]  byte 1 of the path should be `*` or the position of an item, from 0
    a b  byte 1 of the path should be `.` or `[`
    a"b"  byte 1 of the path should be `.` or `[`
    "a  byte 2 of the path should be `"`
    "\x"  byte 2 of the path should be `"`, `\` or `u{…}`
    "\u{d800}"  byte 4 of the path should be a character's number in hexadecimal
    $  byte 1 of the path should be the number of a YAML document
    $x  byte 1 of the path should be the number of a YAML document
    ***  byte 2 of the path should be `.` or `[`
    a*  byte 1 of the path should be `.` or `[`
    "#);
    insta::assert_snapshot!(check(&["a"; 64].join(".")), @"the path has 64 steps; 63 are the most");
}
