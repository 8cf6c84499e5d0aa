//! However much differs, a page stays small, and says what it leaves out.

use storyline_diff::Impact;

use crate::files::{FILE, Files, page};
use crate::parsed::parsed;

const MAX: usize = 2 << 20;

/// So many views, each with so many fields, which are of a type.
fn views(number: usize, fields: usize, kind: &str) -> Files {
    let view = |at: usize| {
        let fields = (0..fields).map(|field| {
            format!("  dimension: field_{field} {{\n    type: {kind}\n    sql: ${{TABLE}}.field_{field} ;;\n  }}\n")
        });
        let text = format!("view: view_{at} {{\n{}}}\n", fields.collect::<String>());
        (
            format!("views/view_{at}.view.lkml").into_bytes(),
            FILE,
            text.into_bytes(),
        )
    };
    Files::new((0..number).map(view))
}

/// The text of the page of what becomes of them.
fn shown(number: usize, fields: usize) -> String {
    let [before, after, raw] =
        ["string", "number", "yesno"].map(|kind| views(number, fields, kind));
    let page = page(&before, &after, &raw, &Impact::default());
    assert!(page.len() < MAX, "{} bytes", page.len());
    let found = parsed(&page);
    assert_eq!(found.errors, <Vec<String>>::new());
    found.text
}

#[test]
fn many_small_files_are_all_there() {
    let text = shown(300, 1);
    assert!(!text.contains("left out"));
    assert!(text.contains("views/view_299.view.lkml"));
}

#[test]
fn what_has_no_room_is_counted() {
    for (number, fields) in [(1_000, 20), (10_000, 1)] {
        let text = shown(number, fields);
        let shown = text.matches(".view.lkml +").count();
        let note = format!("{} files are left out", number - shown);
        assert!(text.contains(&note), "{note}");
        assert!(text.contains("storyline diff"));
    }
}

#[test]
fn a_file_that_is_too_long_leaves_room_for_others() {
    let line = "a line of a text that is long\n";
    let long = line.repeat((20 << 20) / line.len());
    let wide = "x".repeat(4 << 20);
    let before = Files::texts(&[
        ("a.txt", ""),
        ("b.txt", "b\n"),
        ("c.txt", "c\n"),
        ("d.txt", &long),
    ]);
    let near = format!("{long}one more\n");
    let after = Files::texts(&[
        ("a.txt", &long),
        ("b.txt", &wide),
        ("c.txt", "d\n"),
        ("d.txt", &near),
    ]);
    let page = page(&before, &after, &after, &Impact::default());
    assert!(page.len() < 64 << 10, "{} bytes", page.len());
    let text = parsed(&page).text;
    assert_eq!(text.matches("too long for this page").count(), 2);
    assert!(text.contains("one more"));
    assert!(!text.contains("left out"));
}
