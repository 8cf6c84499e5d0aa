//! Whatever becomes of a file, no changed line is hidden, and a secret always is.

use proptest::prelude::*;
use storyline_diff::Content;
use storyline_diff::objects::objects;

use crate::told::{nothing_is_hidden, text_report, told};

const SECRET: &str = "hunter2";

const FILES: [(&str, &str); 8] = [
    (
        "shop.model.lkml",
        "connection: \"c\"\ninclude: \"a\"\ninclude: \"b\"\n\n# note\nexplore: o {\n  join: u {\n    sql_on: ${o.u} = ${u.id} ;;\n  }\n  join: w { relationship: one_to_one }\n}\nexplore: +o { label: \"x\" }\nexplore: +o { label: \"y\" }\n",
    ),
    (
        "v.view.lkml",
        "view: v {\n  derived_table: {\n    sql:\n      select 1,\n        2\n    ;;\n  }\n  dimension: a { type: string }\n  dimension: a { type: string }\n\n  dimension: b {\n    link: { label: \"L\" url: \"u\" }\n    link: { label: \"M\" url: \"u\" }\n  }\n  measure: m {\n    filters: [a: \"1\", b: \"2\"]\n  }\n}\n",
    ),
    (
        "old.view.lookml",
        "- view: v\n  fields:\n  - dimension: a\n    type: string\n    sql: |\n      case\n      end\n  - measure: m\n    filters:\n      a: 1\n  sets:\n    s: [a, m]\n",
    ),
    (
        "d.dashboard.lookml",
        "- dashboard: d\n  title: T\n  elements:\n  - name: one\n    fields: [a,\n      b]\n    row: 1\n  - title: two\n    note:\n      text: |\n        a\n\n        b\n  filters:\n  - name: f\n  - name: g\n",
    ),
    (
        "models/schema.yml",
        "version: 2\nmodels:\n  - name: m\n    columns:\n      - &id\n        name: id\n        tests: [unique, {accepted_values: {values: [1, 2]}}]\n  - name: n\n    columns: [*id]\nsources:\n  - name: s\n    tables:\n    - name: t\n",
    ),
    (
        "profiles.yml",
        "shop:\n  outputs:\n    dev:\n      type: postgres\n      password: hunter2\n      schema: s\n    ci: {type: postgres, password: \"hunter2\"} # password: hunter2\n",
    ),
    (
        "macros/m.sql",
        "{% macro a(x) %}\n  {{ x }}\n{% endmacro %}\n\n-- between\n{%- macro b() -%}\n  1\n{% endmacro %}\n",
    ),
    ("README.md", "# Title\n\ntext\ntext\n"),
];

/// What becomes of a line.
#[derive(Clone, Debug)]
enum Fate {
    Kept,
    Dropped,
    Twice,
    Swapped,
    Instead(String),
    Before(String),
}

fn any_fate() -> impl Strategy<Value = Fate> {
    let line = prop_oneof![
        "[ ]{0,4}[a-c}{\\[\\]:;#\"'|-]{0,6}",
        Just("  # comment".to_string()),
        Just("  dimension: new { type: string }".to_string()),
        Just("}".to_string()),
        Just("  - name: new".to_string()),
        Just("    sql: x ;;".to_string()),
        Just(String::new()),
    ];
    prop_oneof![
        12 => Just(Fate::Kept),
        1 => Just(Fate::Dropped),
        1 => Just(Fate::Twice),
        1 => Just(Fate::Swapped),
        1 => line.clone().prop_map(Fate::Instead),
        1 => line.prop_map(Fate::Before),
    ]
}

fn mutated(text: &str, fates: &[Fate]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (line, fate) in text.lines().zip(fates.iter().cycle()) {
        let line = line.to_string();
        match fate {
            Fate::Kept => lines.push(line),
            Fate::Dropped => {}
            Fate::Twice => lines.extend([line.clone(), line]),
            Fate::Swapped => lines.insert(lines.len().saturating_sub(1), line),
            Fate::Instead(other) => lines.push(other.clone()),
            Fate::Before(other) => lines.extend([other.clone(), line]),
        }
    }
    lines.join("\n") + "\n"
}

fn any_side() -> impl Strategy<Value = String> {
    let file = (0..FILES.len(), proptest::collection::vec(any_fate(), 1..24));
    proptest::collection::btree_map(0..FILES.len(), file, 0..4).prop_map(|files| {
        let files = files.into_iter().map(|(path, (text, fates))| {
            // Mostly the file's own text, now and then that of another one.
            let text = if fates.len() % 5 == 0 { text } else { path };
            format!("== {}\n{}", FILES[path].0, mutated(FILES[text].1, &fates))
        });
        files.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_changed_line_is_hidden(before in any_side(), after in any_side()) {
        told(&before, &after);
    }

    #[test]
    fn the_right_side_comes_from_the_left_and_the_report(
        before in any_side(),
        after in any_side(),
    ) {
        let report = text_report(&before, &after);
        nothing_is_hidden(&report, &objects(&report));
        for file in &report.files {
            let Content::Text(_) = &file.content else { continue };
            let [left, right] = [&file.left, &file.right]
                .map(|stand| stand.as_ref().map_or(&b""[..], |stand| &stand.bytes));
            let mut rest = left.split_inclusive(|b| *b == b'\n').enumerate().peekable();
            let mut made: Vec<&[u8]> = Vec::new();
            for [(start, removed), (_, added)] in file.texts() {
                while let Some((_, line)) = rest.next_if(|(at, _)| *at < start) {
                    made.push(line);
                }
                for _ in removed {
                    rest.next();
                }
                made.extend(added);
            }
            made.extend(rest.map(|(_, line)| line));
            prop_assert_eq!(made.concat(), right);
        }
    }

    #[test]
    fn secrets_are_never_told(fates in proptest::collection::vec(any_fate(), 1..24)) {
        let profiles = format!("== profiles.yml\n{}", FILES[5].1);
        let after = format!("== profiles.yml\n{}", mutated(FILES[5].1, &fates));
        for (a, b) in [(&profiles, &after), (&after, &profiles)] {
            let told = told(a, b);
            prop_assert!(!told.contains(SECRET), "{told}");
        }
    }
}
