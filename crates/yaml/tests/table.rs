//! What people write in YAML, a construct a test: the file, one edit, and the whole outcome.

use storyline_text::{LineIndex, Patch, RelPath, Visible};
use storyline_yaml::{EditError, Node, Pattern, ReadError, Replacement, read, verify};

/// What becomes of the first node at `path`.
fn check(source: &str, path: &str, value: &str) -> String {
    outcome(source, path, |node| node.replace(value))
}

fn outcome(
    source: &str,
    path: &str,
    edit: impl Fn(Node<'_>) -> Result<Replacement, EditError>,
) -> String {
    let document = read(source.as_bytes());
    let pattern = Pattern::parse(path).expect("a pattern");
    let fatal = |error: &&ReadError| !matches!(error, ReadError::UnknownAnchor(_));
    let file = RelPath::new(b"f.yml").expect("a plain path");
    if let Some(error) = document.errors().iter().find(fatal) {
        return told(source, &error.diagnostic(&file));
    }
    let node = document.find_nodes(&pattern).next().expect("it is there");
    let replacement = match edit(node) {
        Ok(replacement) => replacement,
        Err(error) => return told(source, &error.diagnostic(&file)),
    };
    let patch = Patch::new(vec![replacement.edit]).expect("one edit");
    let after = patch.apply(source.as_bytes()).expect("in bounds");
    verify(&document, &after, &patch).expect("as meant");
    let back = patch.inverse(source.as_bytes()).apply(&after);
    assert_eq!(back.expect("in bounds"), source.as_bytes());
    let lines = after.split_inclusive(|b| *b == b'\n').map(|line| {
        let (text, end) = match line.strip_suffix(b"\n") {
            Some(text) => (text, "\n"),
            None => (line, "<end>\n"),
        };
        Visible(text).to_string() + end
    });
    let mut shown: String = lines.collect();
    if replacement.requoted {
        shown += "=> in other quotes than before\n";
    }
    if replacement.aliases > 0 {
        shown += &format!("=> aliases that change with it: {}\n", replacement.aliases);
    }
    shown
}

fn told(source: &str, diagnostic: &storyline_text::Diagnostic) -> String {
    let mut out = format!("{}: {}\n", diagnostic.id, diagnostic.title);
    let lines = LineIndex::new(source.as_bytes());
    for label in &diagnostic.labels {
        let span = label.span.expect("a place");
        let at = lines.position(source.as_bytes(), span.start);
        let bytes = Visible(span.slice(source.as_bytes()));
        out += &format!("  {}:{} `{bytes}` {}\n", at.line, at.column, label.text);
    }
    for help in &diagnostic.help {
        out += &format!("  help: {help}\n");
    }
    out
}

#[test]
fn plain_stays_plain() {
    insta::assert_snapshot!(check("schema: dev   # mine\nport: 5432\n", "schema", "dev_ann"), @"
    schema: dev_ann   # mine
    port: 5432
    ");
    insta::assert_snapshot!(check("schema: dev   # mine\nport: 5432\n", "port", "5433"), @"
    schema: dev   # mine
    port: 5433
    ");
    insta::assert_snapshot!(check("- postgres_data:/var/lib/data\n", "[0]", "data:/var/lib/x"), @"- data:/var/lib/x");
    insta::assert_snapshot!(check("note: two\n  lines\n\n  of text # why\nb: c\n", "note", "one"), @"
    note: one # why
    b: c
    ");
}

#[test]
fn single_quotes_stay() {
    insta::assert_snapshot!(check("'dbt_date:time_zone': 'America/Los_Angeles'   # ours\n", "\"dbt_date:time_zone\"", "it's"), @"'dbt_date:time_zone': 'it''s'   # ours");
}

#[test]
fn double_quotes_stay() {
    insta::assert_snapshot!(check("path: \"C:\\\\data\" # \"here\"\n", "path", "D:\\x \"y\""), @r#"path: "D:\\x \"y\"" # "here""#);
}

#[test]
fn a_value_that_needs_quotes_gets_them() {
    insta::assert_snapshot!(check("schema: dev # mine\n", "schema", "dev: ann"), @r#"
    schema: "dev: ann" # mine
    => in other quotes than before
    "#);
    insta::assert_snapshot!(check("schema: dev # mine\n", "schema", "true"), @r#"
    schema: "true" # mine
    => in other quotes than before
    "#);
    insta::assert_snapshot!(check("schema: dev # mine\n", "schema", "1e3"), @r#"
    schema: "1e3" # mine
    => in other quotes than before
    "#);
    insta::assert_snapshot!(check("schema: 'dev'\n", "schema", "two\nlines"), @r#"
    schema: "two\nlines"
    => in other quotes than before
    "#);
}

#[test]
fn a_block_scalar_keeps_header_and_indentation() {
    let source = "sql: |-  # a comment\n    select 1\n    from dev.t\n\n# next\nb: c\n";
    insta::assert_snapshot!(check(source, "sql", "select 2\nfrom ann.t\nwhere x: y # z"), @"
    sql: |-  # a comment
        select 2
        from ann.t
        where x: y # z

    # next
    b: c
    ");
    insta::assert_snapshot!(check("text: >\r\n  folded\r\n  lines\r\nb: c\r\n", "text", "one line\n"), @r"
    text: >\u{d}
      one line\u{d}
    b: c\u{d}
    ");
}

#[test]
fn a_block_scalar_is_refused_what_its_header_cannot_hold() {
    insta::assert_snapshot!(check("sql: |\n  select 1\n", "sql", "select 2"), @r"
    yaml-block: the block of text at `sql` cannot hold the new text: the header says how many line breaks end it
      1:6 `|\u{a}  select 1\u{a}` 
      help: write the value in quotes on one line
    ");
    insta::assert_snapshot!(check("sql: >\n  select 1\n", "sql", "a\nb\n"), @r"
    yaml-block: the block of text at `sql` cannot hold the new text: its lines are folded into one
      1:6 `>\u{a}  select 1\u{a}` 
      help: write the value in quotes on one line
    ");
    insta::assert_snapshot!(check("sql: |\n  select 1\n", "sql", "  deeper\n"), @r"
    yaml-block: the block of text at `sql` cannot hold the new text: a line of it, old or new, starts or ends with a blank
      1:6 `|\u{a}  select 1\u{a}` 
      help: write the value in quotes on one line
    ");
}

#[test]
fn flow_mappings_keep_every_other_byte() {
    insta::assert_snapshot!(check("{ product_id: 1, supply_cost: 4.50 }\n", "supply_cost", "5.00"), @"{ product_id: 1, supply_cost: 5.00 }");
    insta::assert_snapshot!(check("[{\"schema\": \"atomic\", \"field\" : \"domain_userid\"}]\n", "[0].schema", "ann"), @r#"[{"schema": "ann", "field" : "domain_userid"}]"#);
    insta::assert_snapshot!(check("dev: {type: postgres,\n  schema: dev , # here\n  port: 5432}\n", "dev.schema", "a, b"), @r#"
    dev: {type: postgres,
      schema: "a, b" , # here
      port: 5432}
    => in other quotes than before
    "#);
}

#[test]
fn an_anchor_stays_and_its_aliases_are_counted() {
    insta::assert_snapshot!(check("schema: &s dev # base\nstage: *s\nother: *s\n", "schema", "ann"), @"
    schema: &s ann # base
    stage: *s
    other: *s
    => aliases that change with it: 2
    ");
    insta::assert_snapshot!(check("base: &b\n  schema: dev\ndev:\n  <<: *b\n", "base.schema", "ann"), @"
    base: &b
      schema: ann
    dev:
      <<: *b
    => aliases that change with it: 1
    ");
}

#[test]
fn an_alias_is_refused_and_its_anchor_named() {
    insta::assert_snapshot!(check("schema: &s dev\nstage: *s\n", "stage", "ann"), @"
    yaml-alias: `stage` is an alias: its value stands at the anchor `&s`
      2:8 `*s` 
      1:12 `dev` the value stands here
      help: write the value here in place of the alias, or change it at the anchor
    ");
    insta::assert_snapshot!(check("base: &b\n  schema: dev\ndev: *b\n", "dev", "ann"), @"
    yaml-alias: `dev` is an alias: its value stands at the anchor `&b`
      3:6 `*b` 
      2:3 `schema: dev` the value stands here
      help: write the value here in place of the alias, or change it at the anchor
    ");
}

#[test]
fn what_a_merge_brings_is_refused_and_its_anchor_named() {
    insta::assert_snapshot!(check("base: &b\n  schema: dev\ndev:\n  <<: *b\n  threads: 4\n", "dev.<<", "ann"), @"
    yaml-alias: `dev.<<` is an alias: its value stands at the anchor `&b`
      4:7 `*b` 
      2:3 `schema: dev` the value stands here
      help: write the value here in place of the alias, or change it at the anchor
    ");
    insta::assert_snapshot!(check("dev:\n  <<: {schema: dev}\n", "dev.<<", "ann"), @"
    yaml-collection: `dev.<<` is not one value: others stand in it
      2:7 `{schema: dev}` 
      help: name one of the values in it
    ");
}

/// The outcome of an edit of an entry of the mapping at `path`, which may arrive by `<<`.
fn check_entry(source: &str, path: &str, key: &str, value: &str) -> String {
    outcome(source, path, |mapping| {
        let found = mapping.value_to_edit(key)?;
        found.expect("it is there").replace(value)
    })
}

#[test]
fn what_arrives_by_a_merge_is_refused_and_its_anchor_named() {
    let source =
        "base: &b\n  schema: dev\nmore: &m\n  <<: [*b]\n  port: 1\ndev:\n  <<: *m\n  threads: 4\n";
    insta::assert_snapshot!(check_entry(source, "dev", "port", "2"), @"
    yaml-merged: `<<` brings `port` into `dev`, from the anchor `&m`
      7:7 `*m` 
      5:9 `1` the value stands here
      help: write the entry into this mapping too, which goes first, or change it at the anchor
    ");
    insta::assert_snapshot!(check_entry(source, "dev", "schema", "ann"), @"
    yaml-merged: `<<` brings `schema` into `dev`, from the anchor `&m`
      7:7 `*m` 
      2:11 `dev` the value stands here
      help: write the entry into this mapping too, which goes first, or change it at the anchor
    ");
    insta::assert_snapshot!(check_entry(source, "dev", "threads", "2"), @"
    base: &b
      schema: dev
    more: &m
      <<: [*b]
      port: 1
    dev:
      <<: *m
      threads: 2
    ");
    let document = read(source.as_bytes());
    let dev = document.roots().next().and_then(|root| root.get("dev"));
    let unknown = dev.map(|dev| dev.value_to_edit("user").map(|found| found.is_none()));
    assert_eq!(unknown, Some(Ok(true)));
}

#[test]
fn duplicate_keys_are_read_and_not_edited() {
    let source = "dev:\n  schema: a\n  schema: b\n  port: 1\n";
    insta::assert_snapshot!(check(source, "dev.schema", "ann"), @"
    yaml-duplicate-key: `dev.schema` is ambiguous: a key on the way to it stands twice in its mapping
      2:3 `schema` 
      help: remove one of the two keys
    ");
    insta::assert_snapshot!(check(source, "dev.port", "2"), @"
    dev:
      schema: a
      schema: b
      port: 2
    ");
}

#[test]
fn an_empty_value_is_written_after_its_colon() {
    insta::assert_snapshot!(check("schema:   # to do\nport: 1\n", "schema", "ann"), @"
    schema: ann   # to do
    port: 1
    ");
    insta::assert_snapshot!(check("dev:\n  schema:", "dev.schema", "ann"), @"
    dev:
      schema: ann<end>
    ");
    insta::assert_snapshot!(check("{a: , schema: }\n", "schema", "a, b"), @r#"
    {a: , schema: "a, b" }
    => in other quotes than before
    "#);
    insta::assert_snapshot!(check("-\n- \n- x\n", "[1]", "ann"), @"
    -
    - ann
    - x
    ");
    insta::assert_snapshot!(check("schema: &s !t\nb: *s\n", "schema", "ann"), @"
    schema: &s !t ann
    b: *s
    => aliases that change with it: 1
    ");
    insta::assert_snapshot!(check("{schema, b: c}\n", "schema", "ann"), @"
    yaml-no-value: `schema` has no value, and no place for one
      1:8 `` 
      help: write `key: ` and a value by hand
    ");
    insta::assert_snapshot!(check("? schema\n? b\n", "schema", "ann"), @"
    yaml-no-value: `schema` has no value, and no place for one
      2:1 `` 
      help: write `key: ` and a value by hand
    ");
}

#[test]
fn quoted_jinja_is_overwritten_on_request_only() {
    let source =
        "schema: \"{{ env_var('SCHEMA', 'dev') }}\"  # mine\nb: '{% if x %}y{% endif %}'\n";
    insta::assert_snapshot!(check(source, "schema", "ann"), @r#"
    yaml-template: `schema` is a template, and what fills it in would be lost
      1:9 `"{{ env_var('SCHEMA', 'dev') }}"` 
      help: change what the template reads, or its default, or ask to have it overwritten
    "#);
    insta::assert_snapshot!(check(source, "b", "ann"), @"
    yaml-template: `b` is a template, and what fills it in would be lost
      2:4 `'{% if x %}y{% endif %}'` 
      help: change what the template reads, or its default, or ask to have it overwritten
    ");
    let overwrite = |node: Node<'_>| node.scalar().expect("a scalar").overwrite("ann");
    insta::assert_snapshot!(outcome(source, "schema", overwrite), @r#"
    schema: "ann"  # mine
    b: '{% if x %}y{% endif %}'
    "#);
    let default = |node: Node<'_>| {
        let scalar = node.scalar().expect("a scalar");
        let at = source.find("dev").expect("it is there");
        scalar.replace_within(storyline_text::Span::at(at..at + 3), "ann")
    };
    insta::assert_snapshot!(outcome(source, "schema", default), @r#"
    schema: "{{ env_var('SCHEMA', 'ann') }}"  # mine
    b: '{% if x %}y{% endif %}'
    "#);
}

#[test]
fn unquoted_jinja_wants_quotes() {
    let source = "schema: {{ env_var('SCHEMA') }}\nport: 1\n";
    insta::assert_snapshot!(check(source, "schema", "ann"), @r#"
    yaml-unquoted-template: `schema` is a template without quotes, which YAML reads as a mapping
      1:9 `{{ env_var('SCHEMA') }}` 
      help: put the whole value in double quotes: "{{ … }}"
    "#);
    insta::assert_snapshot!(check(source, "port", "2"), @"
    schema: {{ env_var('SCHEMA') }}
    port: 2
    ");
    insta::assert_snapshot!(check("schema: {{ x }}_dev\n", "schema", "ann"), @r#"
    yaml-syntax: a template (`{{ … }}`) without quotes is not text to YAML
      1:16 `_` here
      help: put the whole value in double quotes: "{{ … }}"
    "#);
    insta::assert_snapshot!(check("schema: {% if x %}\n", "schema", "ann"), @"
    yaml-syntax: an unquoted value cannot start with `%`
      1:10 `%` here
      help: put the value in quotes
    ");
}

#[test]
fn a_collection_is_not_one_value() {
    insta::assert_snapshot!(check("dev:\n  schema: a\n", "dev", "ann"), @"
    yaml-collection: `dev` is not one value: others stand in it
      2:3 `schema: a` 
      help: name one of the values in it
    ");
}

#[test]
fn several_documents_have_numbers() {
    insta::assert_snapshot!(check("schema: a\n---\nschema: b\n...\n---\nschema: c\n", "$1.schema", "ann"), @"
    schema: a
    ---
    schema: ann
    ...
    ---
    schema: c
    ");
}

#[test]
fn carriage_returns_stay() {
    insta::assert_snapshot!(check("dev:\r\n  schema: a\r\n  port: 1\r\n", "dev.schema", "ann"), @r"
    dev:\u{d}
      schema: ann\u{d}
      port: 1\u{d}
    ");
}

#[test]
fn a_byte_order_mark_stays() {
    insta::assert_snapshot!(check("\u{feff}schema: a\nport: 1\n", "schema", "ann"), @r"
    \u{feff}schema: ann
    port: 1
    ");
}

#[test]
fn tabs_as_indentation_stay() {
    insta::assert_snapshot!(check("dev:\n\tschema: a\n\tport: 1\n", "dev.schema", "ann"), @r"
    dev:
    \u{9}schema: ann
    \u{9}port: 1
    ");
    insta::assert_snapshot!(check("dev:\n\tschema: [\n", "dev.schema", "ann"), @"
    yaml-syntax: a tab stands where YAML wants spaces
      2:2 `s` here
      help: replace the tabs at the start of this line by spaces
    ");
}

#[test]
fn tags_stay() {
    insta::assert_snapshot!(check("schema: !!str 5 # five\nb: !ruby/hash:X\n  c: d\n", "schema", "ann"), @"
    schema: !!str ann # five
    b: !ruby/hash:X
      c: d
    ");
    insta::assert_snapshot!(check("schema: !!str 5 # five\nb: !ruby/hash:X\n  c: d\n", "b.c", "ann"), @"
    schema: !!str 5 # five
    b: !ruby/hash:X
      c: ann
    ");
}

#[test]
fn no_final_newline_stays_away() {
    insta::assert_snapshot!(check("dev:\n  schema: a", "dev.schema", "ann"), @"
    dev:
      schema: ann<end>
    ");
    insta::assert_snapshot!(check("sql: |-\n  a\n  b", "sql", "c"), @"
    sql: |-
      c<end>
    ");
}

#[test]
fn other_languages_stay() {
    insta::assert_snapshot!(check("größe: \"naïve\" # 漢字\nb: 😀\n", "größe", "école"), @r#"
    größe: "école" # 漢字
    b: 😀
    "#);
}
