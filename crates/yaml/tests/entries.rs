//! Entries that are added and removed: where they go, and in whose style.

use proptest::prelude::*;
use proptest::sample::select;
use storyline_text::{Edit, Patch, RelPath, Visible};
use storyline_yaml::{Document, EditError, NewScalar, NewValue, Node, Pattern, read};

fn node<'d>(document: &'d Document<'d>, path: &str) -> Node<'d> {
    let pattern = Pattern::parse(path).expect("a pattern");
    let found = match path {
        "$0" => document.roots().next(),
        _ => document.find_nodes(&pattern).next(),
    };
    found.expect("it is there")
}

fn apply(source: &str, edit: Edit) -> String {
    let patch = Patch::new(vec![edit]).expect("one edit");
    let after = patch.apply(source.as_bytes()).expect("in bounds");
    String::from_utf8(after).expect("text in, text out")
}

/// The file after the edit, as a person sees it, or why there is none.
fn shown(source: &str, edit: Result<Edit, EditError>) -> String {
    let edit = match edit {
        Ok(edit) => edit,
        Err(error) => {
            let file = RelPath::new(b"f").expect("a plain path");
            let told = error.diagnostic(&file);
            return format!("{}: {}; {}\n", told.id, told.title, told.help[0]);
        }
    };
    let after = apply(source, edit);
    let lines = after.split_inclusive('\n').map(|line| match line {
        line if line.ends_with("\r\n") => {
            format!("{}\n", Visible(line.trim_end_matches('\n').as_bytes()))
        }
        line => line.to_owned(),
    });
    let mut shown: String = lines.collect();
    if !shown.ends_with('\n') {
        shown.push_str("<end>");
    }
    shown
}

fn target() -> NewValue {
    NewValue::Mapping(vec![
        ("type".into(), "duckdb".into()),
        ("path".into(), "{{ env_var('DB') }}".into()),
        ("threads".into(), NewScalar::Bare("4".into())),
        ("user".into(), "007".into()),
    ])
}

fn check_insert(source: &str, path: &str) -> String {
    let document = read(source.as_bytes());
    shown(
        source,
        node(&document, path).insert_entry("prod", &target()),
    )
}

fn check_scalar(source: &str, path: &str, key: &str, value: NewScalar) -> String {
    let document = read(source.as_bytes());
    let value = NewValue::Scalar(value);
    shown(source, node(&document, path).insert_entry(key, &value))
}

fn check_remove(source: &str, path: &str) -> String {
    let document = read(source.as_bytes());
    shown(source, node(&document, path).remove_entry())
}

#[test]
fn a_target_after_its_siblings() {
    let profile = "\
shop:
  target: dev # the default
  outputs:
    dev:
      type: postgres
      host: 'db'
    # ci is made elsewhere

  # what follows belongs to shop
  config: {}
";
    insta::assert_snapshot!(check_insert(profile, "shop.outputs"), @r#"
    shop:
      target: dev # the default
      outputs:
        dev:
          type: postgres
          host: 'db'
        # ci is made elsewhere
        prod:
          type: duckdb
          path: "{{ env_var('DB') }}"
          threads: 4
          user: '007'

      # what follows belongs to shop
      config: {}
    "#);
}

#[test]
fn the_habits_of_the_file() {
    let airy = "a:\n    x: 1\n    outputs:\n        dev:\n            type: t\n\n        ci:\n            type: |\n              u\n\nb: 1\n";
    insta::assert_snapshot!(check_insert(airy, "a.outputs"), @r#"
    a:
        x: 1
        outputs:
            dev:
                type: t

            ci:
                type: |
                  u

            prod:
                type: duckdb
                path: "{{ env_var('DB') }}"
                threads: 4
                user: "007"

    b: 1
    "#);
    let windows = "a:\r\n outputs:\r\n  dev: {type: t}\r\n";
    insta::assert_snapshot!(check_insert(windows, "a.outputs"), @r#"
    a:\u{d}
     outputs:\u{d}
      dev: {type: t}\u{d}
      prod:\u{d}
       type: duckdb\u{d}
       path: "{{ env_var('DB') }}"\u{d}
       threads: 4\u{d}
       user: "007"\u{d}
    "#);
    let unfinished = "a:\n  outputs:\n    dev:\n      type: t\n    # last";
    insta::assert_snapshot!(check_insert(unfinished, "a.outputs"), @r#"
    a:
      outputs:
        dev:
          type: t
        # last
        prod:
          type: duckdb
          path: "{{ env_var('DB') }}"
          threads: 4
          user: "007"<end>
    "#);
}

#[test]
fn scalars() {
    let all = [
        NewScalar::from("text"),
        NewScalar::from("5432"),
        NewScalar::Bare("5432".into()),
        NewScalar::Bare("true".into()),
        NewScalar::Bare("text".into()),
        NewScalar::from("it's"),
        NewScalar::from("a: 'b'"),
        NewScalar::from("a: \"b\""),
        NewScalar::from("two\nlines"),
        NewScalar::from(""),
    ];
    let all = all.map(|value| check_scalar("a: ''\n", "$0", "k", value));
    insta::assert_snapshot!(all.concat(), @r#"
    a: ''
    k: text
    a: ''
    k: '5432'
    a: ''
    k: 5432
    a: ''
    k: true
    yaml-entry: no entry can be added or removed at `$0`: the new value has to be in quotes, and was meant not to be; write the mapping with one `key: value` a line, or make this change by hand
    a: ''
    k: it's
    a: ''
    k: "a: 'b'"
    a: ''
    k: 'a: "b"'
    a: ''
    k: "two\nlines"
    a: ''
    k: ''
    "#);
    insta::assert_snapshot!(check_scalar("- a: 1\n  b:\n  - c\n- d\n", "[0]", "yes: no", "no".into()), @r#"
    - a: 1
      b:
      - c
      "yes: no": "no"
    - d
    "#);
    insta::assert_snapshot!(check_scalar("a: 1\nb:\n# end\n\n---\nc: d\n", "$0", "k", "v".into()), @"
    a: 1
    b:
    # end
    k: v

    ---
    c: d
    ");
    insta::assert_snapshot!(check_scalar("a: |+\n  x\n\n\nb: c", "$0", "k", "v".into()), @"
    a: |+
      x


    b: c
    k: v<end>
    ");
    insta::assert_snapshot!(check_scalar("a:\n  b: |+\n    x\n\n\nc: d", "a", "k", "v".into()), @"
    a:
      b: |+
        x


      k: v
    c: d<end>
    ");
}

#[test]
fn no_place_for_an_entry() {
    let refused = [
        ("a: {b: c}\n", "a"),
        ("a: {}\n", "a"),
        ("a: b\n", "a"),
        ("a:\n", "a"),
        ("a:\n- b\n", "a"),
        ("a: &x\n  b: c\nd: *x\n", "d"),
        ("a:\n  b: c\na:\n  d: e\n", "a"),
        ("a:\n  prod: c\n", "a"),
        ("a:\n  ? b\n  : c\n", "a"),
        ("a:\n\tb: c\n", "a"),
        ("a:\n  &x b: c\n", "a"),
        ("a:\n  b: |\n    c\n     \nd: e\n", "a"),
    ];
    let all: String = refused
        .iter()
        .map(|(source, path)| check_insert(source, path))
        .collect();
    insta::assert_snapshot!(all, @"
    yaml-entry: no entry can be added or removed at `a`: it is written in braces; write the mapping with one `key: value` a line, or make this change by hand
    yaml-entry: no entry can be added or removed at `a`: it is written in braces; write the mapping with one `key: value` a line, or make this change by hand
    yaml-entry: no entry can be added or removed at `a`: it is not a mapping; write the mapping with one `key: value` a line, or make this change by hand
    yaml-entry: no entry can be added or removed at `a`: it is not a mapping; write the mapping with one `key: value` a line, or make this change by hand
    yaml-entry: no entry can be added or removed at `a`: it is not a mapping; write the mapping with one `key: value` a line, or make this change by hand
    yaml-alias: `d` is an alias: its value stands at the anchor `&x`; write the value here in place of the alias, or change it at the anchor
    yaml-duplicate-key: `a` is ambiguous: a key on the way to it stands twice in its mapping; remove one of the two keys
    yaml-key-exists: `a.prod` is there already; choose another key, or change this one
    yaml-entry: no entry can be added or removed at `a`: its lines do not start with spaces and a key; write the mapping with one `key: value` a line, or make this change by hand
    yaml-entry: no entry can be added or removed at `a`: its lines do not start with spaces and a key; write the mapping with one `key: value` a line, or make this change by hand
    yaml-entry: no entry can be added or removed at `a`: its lines do not start with spaces and a key; write the mapping with one `key: value` a line, or make this change by hand
    yaml-entry: no entry can be added or removed at `a`: more than the entry would change; write the mapping with one `key: value` a line, or make this change by hand
    ");
}

#[test]
fn an_entry_goes() {
    let source = "a: 1 # one\nb:\n  c: 1\n  # in b\n\n# of d\nd:\n- e\n\nf: |+\n  x\n\n";
    insta::assert_snapshot!(check_remove(source, "a"), @"
    b:
      c: 1
      # in b

    # of d
    d:
    - e

    f: |+
      x
    ");
    insta::assert_snapshot!(check_remove(source, "b"), @"
    a: 1 # one

    # of d
    d:
    - e

    f: |+
      x
    ");
    insta::assert_snapshot!(check_remove(source, "d"), @"
    a: 1 # one
    b:
      c: 1
      # in b

    # of d

    f: |+
      x
    ");
    insta::assert_snapshot!(check_remove(source, "f"), @"
    a: 1 # one
    b:
      c: 1
      # in b

    # of d
    d:
    - e
    ");
    let refused = [
        ("a:\n  b: c\n", "a.b"),
        ("- a: b\n  c: d\n", "[0].a"),
        ("a: &x b\nc: *x\n", "a"),
        ("{a: b, c: d}\n", "a"),
        ("- a\n", "[0]"),
    ];
    let all: String = refused
        .iter()
        .map(|(source, path)| check_remove(source, path))
        .collect();
    insta::assert_snapshot!(all, @"
    yaml-entry: no entry can be added or removed at `a.b`: its mapping would be left without entries; write the mapping with one `key: value` a line, or make this change by hand
    yaml-entry: no entry can be added or removed at `[0].a`: its line starts with something else; write the mapping with one `key: value` a line, or make this change by hand
    yaml-entry: no entry can be added or removed at `a`: more than the entry would change; write the mapping with one `key: value` a line, or make this change by hand
    yaml-entry: no entry can be added or removed at `$0`: it is written in braces; write the mapping with one `key: value` a line, or make this change by hand
    yaml-entry: no entry can be added or removed at `[0]`: it is not an entry of a mapping; write the mapping with one `key: value` a line, or make this change by hand
    ");
}

#[test]
fn one_of_two_with_the_same_key_goes() {
    insta::assert_snapshot!(check_remove("a: b\na: c\nd: e\n", "a"), @"
    a: c
    d: e
    ");
}

fn values() -> impl Strategy<Value = NewValue> {
    let text = prop_oneof![
        "[a-z]{1,5}",
        "\\PC{0,6}",
        select(vec!["1", "no", "{{ x }}", "a: b", "- "]).prop_map(String::from)
    ];
    let scalar = prop_oneof![
        4 => text.prop_map(NewScalar::Text),
        1 => select(vec!["1", "true", "null", "x", "1.5"]).prop_map(|word| NewScalar::Bare(word.into())),
    ];
    prop_oneof![
        scalar.clone().prop_map(NewValue::Scalar),
        proptest::collection::vec(("[a-z]{1,3}", scalar), 0..3).prop_map(NewValue::Mapping),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_comes_in_goes_out(
        parts in proptest::collection::vec(select(vec![
            "a: ", "b:", "c: 1", "\n", "\n", "\n  ", "\n    ", "\n\n", "\r\n  ", "\n\t", "- ", "x", "'y'", "|\n", "|+\n    z\n",
            "{d: e}", "[f]", "# g", "  # h", "&n ", "*n", "!t ", "\n---\n", "\n...\n", "? ",
        ]), 0..24),
        key in "[k-n]{1,2}|\\PC{1,3}",
        value in values(),
    ) {
        let source = parts.concat();
        let document = read(source.as_bytes());
        for (at, mapping) in document.nodes().enumerate() {
            if let Ok(edit) = mapping.insert_entry(&key, &value) {
                let after = apply(&source, edit);
                let document = read(after.as_bytes());
                let twin = document.nodes().nth(at);
                let new = twin.and_then(|twin| twin.get(&key)).expect("it came in");
                let edit = new.remove_entry().expect("it has siblings");
                prop_assert_eq!(apply(&after, edit), source.clone());
            }
            if let Ok(edit) = mapping.remove_entry() {
                apply(&source, edit);
            }
        }
    }
}
