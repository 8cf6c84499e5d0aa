//! The fast reader against the parser: the same arena, or none.

use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::read;
use crate::build::build;
use crate::word::tests::check as words;

/// Whether the file was read the fast way; what is read has to be what the parser reads.
fn check(source: &str) -> Result<bool, TestCaseError> {
    let Some(fast) = read(source) else {
        return Ok(false);
    };
    match build(source.as_bytes(), source, None) {
        Ok(arena) => prop_assert_eq!(fast, arena, "{:?}", source),
        Err(error) => prop_assert!(false, "{} in {:?}", error, source),
    }
    Ok(true)
}

/// A line, or a part of one, between others of its kind.
fn parts() -> impl Strategy<Value = &'static str> {
    select(vec![
        "a: b",
        "c: 'd'",
        "e: \"f\"",
        "g:",
        "- ",
        "- h",
        "- i: j",
        "-",
        "k",
        "l m",
        ": ",
        ":",
        " #",
        "# n",
        "#o",
        "'it''s'",
        "\"x\\ty\\\"\"",
        "'",
        "\"",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "[p, q]",
        "{r: s, 't': [u]}",
        "v: {w: , x: y}",
        "[\n",
        "{z: a,\n",
        "|\n",
        ">\n",
        "|-\n",
        ">+\n",
        "|2\n",
        "sql: |\n",
        "text: >-\n",
        "b: c\n  d",
        "'e\n  f'",
        "\"g\\\n  h\"",
        "---",
        "---\n",
        "...",
        "&i ",
        "*i",
        "!j ",
        "? ",
        "%k",
        "@l",
        "<<: ",
        "é",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\t",
        "\r",
        "  ",
        " ",
        "\n",
        "\n",
        "\n",
        "\n  ",
        "\n  ",
        "\n    ",
        "\n\n",
        "\n   ",
        "\n ",
        "\n      ",
        "~",
        "-m",
        "?n",
        ":o",
        "a:b",
        "c#d",
    ])
}

/// Lines with an indentation each, as people and programs write them, and a few as nobody does.
fn lines() -> impl Strategy<Value = String> {
    let text = select(vec![
        "a: b",
        "b: 'c d'",
        "c: \"d\\n\"",
        "d:",
        "e: |",
        "f: >-",
        "g: [h, i]",
        "h: {i: j, k: [l]}",
        "i: [j,",
        "k, l: m]",
        "n}",
        "]",
        "j: two words",
        "more words",
        "- a",
        "- b: c",
        "- - d",
        "- |",
        "- [e]",
        "- f:",
        "- 'g'",
        "-",
        "- ",
        "",
        "",
        "# note",
        "k: l # note",
        "m: n#o",
        "'q r': s",
        "\"t\": u",
        "v : w",
        "x: 'y",
        "z'",
        "a: \"b",
        "c\"",
        "text",
        "| text",
        "b:c",
        "c:  d  ",
        "url: http://x/y?z=1&b=2",
        "n: -1",
        "o: ~",
        "p: {}",
        "q: []",
        "r: ''",
        "s: [a b, 'c', \"d\"]",
        "t: {a: 'b,c',",
        "u: v}",
        "- &a",
        "- *a",
        "b: &a",
        "c: *a",
        "d: &b e",
        "<<: *b",
        "f: [*a, &c g, !t h]",
        "i: !!null ''",
        "- !u/v:w",
        "- &a b: c",
        "*b",
        "&c d",
        "c: \"d\\",
        "\\ e\\",
        "e\"",
        "t: [u, \"v\\",
        "w\", x,",
        "? ''",
        "? \"f\" # note",
        ": g",
        ": [h, {i: j}]",
    ]);
    let line = (select(vec![0usize, 0, 0, 2, 2, 2, 4, 4, 6, 1, 3]), text);
    (vec(line, 0..12), any::<bool>(), any::<bool>()).prop_map(|(lines, starts, ends)| {
        let lines = lines
            .iter()
            .map(|(indent, text)| format!("{:indent$}{text}", ""));
        let mut out =
            if starts { "---\n" } else { "" }.to_owned() + &lines.collect::<Vec<_>>().join("\n");
        out.extend(ends.then_some('\n'));
        out
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_are_read_as_the_parser_reads_them(source in lines()) {
        check(&source)?;
    }

    #[test]
    fn words_make_way_for_others(source in lines(), wanted in any::<u64>()) {
        words(&source, wanted)?;
    }

    #[test]
    fn words_between_near_misses_too(parts in vec(parts(), 0..24), wanted in any::<u64>()) {
        words(&parts.concat(), wanted)?;
    }

    #[test]
    fn near_misses_are_left_alone(parts in vec(parts(), 0..24)) {
        check(&parts.concat())?;
    }

    #[test]
    fn any_characters(source in "[a-c:#\\-\\[\\]{},'\"|>\\\\ \n]{0,30}") {
        check(&source)?;
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut open = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let entry = entry.expect("a readable entry");
            let kind = entry.file_type().expect("a known type");
            let path = entry.path();
            let yaml = path
                .extension()
                .is_some_and(|e| e == "lookml" || e == "yml" || e == "yaml");
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() && yaml {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn real_files_are_read_as_the_parser_reads_them() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let corpus = std::env::var_os("STORYLINE_CORPUS").unwrap_or_default();
    let folders = std::env::split_paths(&corpus).filter(|folder| folder != Path::new(""));
    let (mut all, mut fast) = (0, 0);
    for folder in folders.chain([fixtures]) {
        for path in files(&folder) {
            let Ok(source) = std::fs::read_to_string(&path) else {
                continue;
            };
            let read = check(&source).expect("the parser's arena");
            for wanted in [u64::MAX, 0x5555_5555_5555_5555] {
                words(&source, wanted).expect("the same nodes");
            }
            all += source.len();
            fast += if read { source.len() } else { 0 };
        }
    }
    assert!(10 * fast > 9 * all, "only {fast} of {all} bytes");
}
