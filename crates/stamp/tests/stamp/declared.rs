//! Sites that the manifest declares, language by language.

use insta::assert_snapshot;
use storyline_stamp::{Direction, Scope, Tree};

use crate::files::{Files, dev1, manifest};
use crate::sites;

/// Names of the environment, and one site.
fn rules(files: &str, locator: &str, kind: &str) -> String {
    let names = r#"schemas = "{name}_dev1"
models = "{name}_dev1"
labels = "{name} 'dev1'"
vars = { v = "{name}\n'2'" }"#;
    format!("{names}\n[[site]]\nfiles = {files}\n{locator}\nkind = \"{kind}\"")
}

/// What stands at a site in `file`, stamped and back.
#[track_caller]
fn check(file: &str, path: &str, kind: &str, text: &str) -> String {
    let rules = rules(&format!("\"{file}\""), &format!("path = '{path}'"), kind);
    sites::check(&rules, &format!("\n=== {file}\n{text}"))
}

#[test]
fn yaml() {
    assert_snapshot!(check("a.yml", "sandbox.outputs.*.schema", "schema", "
sandbox:
  outputs:
    dev: {schema: analytics, x: 1} # schema: analytics
    prod:
      schema: 'core'
      other: {schema: x}
    old:
      schema: \"{{ env_var('S') }}\"
"), @r#"
    a.yml:4:19 schema "analytics" own
    a.yml:6:16 schema "core" own
    a.yml:4:19 analytics -> analytics_dev1
    a.yml:6:16 core -> core_dev1
    Notice site-is-jinja: a `[[site]]` means this value, which is Jinja and stays as it is
      a.yml:9:16
      help: what it gives differs by itself; if it is the same in every environment, write the name
    "#);
    assert_snapshot!(check("a.YAML", "$1.a[0]", "schema", "a: [x]\n---\na: [w, z]\n"), @r#"
    a.YAML:3:5 schema "w" own
    a.YAML:3:5 w -> w_dev1
    "#);
}

#[test]
fn toml() {
    assert_snapshot!(check("a.toml", "**.\"the schema\"", "label", "
\"the schema\" = \"a\" # a
[[list]]
[list.deep]
'the schema' = \"\"\"
c\"\"\"
x = { \"the schema\" = \"d\", y = '''e''' }
"), @r#"
    a.toml:2:17 label "a" own
    a.toml:6:1 label "c" own
    a.toml:7:23 label "d" own
    a.toml:2:17 a -> a 'dev1'
    a.toml:6:1 c -> c 'dev1'
    a.toml:7:23 d -> d 'dev1'
    "#);
    assert_snapshot!(check("a.toml", "a.*", "schema", "
[a]
one = 'x'
two = '''y'''
three = \"\"\"z\"\"\"
four = \"{{ w }}\"
five = ''
"), @r#"
    a.toml:3:8 schema "x" own
    a.toml:4:10 schema "y" own
    a.toml:5:12 schema "z" own
    a.toml:3:8 x -> x_dev1
    a.toml:4:10 y -> y_dev1
    a.toml:5:12 z -> z_dev1
    Notice site-is-jinja: a `[[site]]` means this value, which is Jinja and stays as it is
      a.toml:6:9
      help: what it gives differs by itself; if it is the same in every environment, write the name
    "#);
}

/// A quote that such a string cannot hold needs others, and those would stay.
#[test]
fn toml_without_escapes() {
    let rules = rules("\"a.toml\"", "path = \"a\"", "label");
    assert_snapshot!(told(&rules, "\n=== a.toml\na = 'b'\n"), @r#"
    Error not-reversible: `unstamp` would not give back this file as it is now
      a.toml:1:5 would become `"b 'dev1'"`, and come back written differently
      help: put the name in double quotes here, as the new one needs them
      help: or choose other names for the environment
    "#);
}

#[test]
fn json() {
    assert_snapshot!(check("a.json", "targets[*].schema", "schema", "\u{feff}{
\t// settings
\t\"targets\": [{\"schema\":\"x\", \"n\": 1e3}, {\"schema\": \"caf\u{e9} \u{1f600}\"}, {\"schema\": [\"y\"]},],
}
"), @r#"
    a.json:3:25 schema "x" own
    a.json:3:52 schema "café 😀" own
    a.json:3:25 x -> x_dev1
    a.json:3:52 café 😀 -> café 😀_dev1
    "#);
    assert_snapshot!(check("a.json", "a", "var:v", "{\"a\": \"b\"}"), @r#"
    a.json:1:8 var:v "b" own
    a.json:1:8 b -> b\n'2'
    "#);
}

#[test]
fn text() {
    let env = |group: &str| {
        let pattern = format!("pattern = '(?m)^(?:SCHEMA|S)=\"?({group})'");
        rules("[\"*.env\", \"x/**\"]", &pattern, "schema")
    };
    assert_snapshot!(sites::check(&env("\\w*"), "
=== a.env
SCHEMA=core
S=\"x\"
S=
T=core
=== x/y/z
S=y
=== y.txt
S=y
"), @r#"
    a.env:1:8 schema "core" own
    a.env:2:4 schema "x" own
    x/y/z:1:3 schema "y" own
    a.env:1:8 core -> core_dev1
    a.env:2:4 x -> x_dev1
    x/y/z:1:3 y -> y_dev1
    "#);
    // A pattern for canonical names alone.
    assert_snapshot!(told(&env("[a-z]*"), "
=== a.env
S=core
"), @r#"
    Error not-reversible: `unstamp` would not give back this file as it is now: schema `core` does not belong to environment `dev1`
      a.env would become `a.env`
      help: choose other names for the environment
    "#);
}

/// What is told about a tree that is refused, or else the warnings about it.
fn told(rules: &str, files: &str) -> String {
    let files = Files::parse(files);
    let manifest = manifest(rules);
    let told = match files.plan(&manifest, Direction::Stamp) {
        Ok(plan) => plan.notices,
        Err(refused) => refused.diagnostics,
    };
    told.iter().map(|d| files.show(d)).collect()
}

#[test]
fn nothing_is_meant() {
    let path = "path = \"a.b\"";
    let tree = "
=== c.yml
a: {c: x}
=== d/e.yml
a: {c: x}
";
    assert_snapshot!(told(&rules("\"b.yml\"", path, "schema"), tree), @r#"
    Warning site-matches-nothing: no file is meant by this `[[site]]`
      storyline.toml
      help: write `files` as seen from the project's root; `*` stays inside a folder, `**` does not
    "#);
    assert_snapshot!(told(&rules("\"d\"", path, "schema"), tree), @r#"
    Warning site-matches-nothing: no file is meant by this `[[site]]`
      storyline.toml
      d this is a folder
      help: write `files` as seen from the project's root; `*` stays inside a folder, `**` does not
    "#);
    assert_snapshot!(told(&rules("\"**/*.yml\"", path, "schema"), tree), @r#"
    Warning site-matches-nothing: none of the 2 files that this `[[site]]` means has such a place
      storyline.toml
      help: compare its `path` or `pattern` with the files; `^` and `$` stand for lines only after `(?m)`
    "#);
    assert_snapshot!(told(&rules("\"storyline.toml\"", path, "schema"), tree), @r#"
    Warning site-matches-nothing: no file is meant by this `[[site]]`
      storyline.toml
      help: write `files` as seen from the project's root; `*` stays inside a folder, `**` does not
    "#);
}

#[test]
fn what_cannot_be_read() {
    let all = rules("\"*\"", "path = \"a\"", "schema");
    assert_snapshot!(told(&all, "
=== a.txt
a: x
=== b.toml
a = b
=== c.json
{\"a\": 'x'}
=== d.yml
a: 'x
=== e.json
{\"a\": \"\\ud800\"}
=== f.json
{\"a\": 5}
=== g.toml
a = 5
"), @r#"
    Error site-without-language: only YAML, TOML and JSON have places with a `path`
      a.txt this file is none of them, by its name
      storyline.toml this has a `path`
      help: write a `pattern` in place of the `path`, or `files` that leave this one out
    Error site-unreadable: this is no TOML: string values must be quoted, expected literal string
      b.toml:1:5
      help: mend the file, or write `files` of the `[[site]]` that leave it out
    Error site-unreadable: this is no JSON: Single-quoted strings are not allowed
      c.json:1:7
      help: mend the file, or write `files` of the `[[site]]` that leave it out
    Error yaml-syntax: a quote is opened here or above and not closed
      d.yml:2:1 here
      help: close the quote; inside '…' an apostrophe is written twice
    Error site-unreadable: this is no JSON: Invalid unicode escape sequence. 'd800 (unpaired high surrogate)' is not a valid UTF8 character
      e.json:1:8
      help: mend the file, or write `files` of the `[[site]]` that leave it out
    Error site-not-text: a `[[site]]` means this value, which is no text
      f.json:1:7
      help: put it in quotes, or write a `path` that leaves it out
    Error site-not-text: a `[[site]]` means this value, which is no text
      g.toml:1:5
      help: put it in quotes, or write a `path` that leaves it out
    "#);
}

#[test]
fn values_that_stand_elsewhere() {
    let all = rules("\"*.yml\"", "path = \"dev.schema\"", "schema");
    assert_snapshot!(told(&all, "
=== alias.yml
s: &s core
dev: {schema: *s}
=== merge.yml
base: &b {schema: core}
dev: {<<: *b}
=== merges.yml
base: &b {schema: core}
dev: {<<: [*b], x: y}
=== whole.yml
base: &b {schema: core}
dev: *b
=== other.yml
base: &b {schema: core}
prod: *b
"), @r#"
    Error site-behind-alias: a `[[site]]` means a value that stands elsewhere
      alias.yml:2:15 this takes it from there
      alias.yml:1:7 it stands here
      help: write a `[[site]]` with the path of the anchor, whose value counts for all its aliases
    Error site-behind-alias: a `[[site]]` means a value that stands elsewhere
      merge.yml:2:11 this takes it from there
      merge.yml:1:19 it stands here
      help: write a `[[site]]` with the path of the anchor, whose value counts for all its aliases
    Error site-behind-alias: a `[[site]]` means a value that stands elsewhere
      merges.yml:2:12 this takes it from there
      merges.yml:1:19 it stands here
      help: write a `[[site]]` with the path of the anchor, whose value counts for all its aliases
    Error site-behind-alias: a `[[site]]` means a value that stands elsewhere
      whole.yml:2:6 this takes it from there
      whole.yml:1:19 it stands here
      help: write a `[[site]]` with the path of the anchor, whose value counts for all its aliases
    "#);
    // The anchor's value is meant as well, and so are all who take it over.
    let both = rules("\"*.yml\"", "path = \"*.schema\"", "schema");
    assert_snapshot!(sites::check(&both, "
=== merge.yml
base: &b {schema: core}
dev: {<<: *b}
"), @r#"
    merge.yml:1:19 schema "core" own
    merge.yml:1:19 core -> core_dev1
    "#);
}

#[test]
fn sites_that_are_known() {
    let tree = "
=== orders.model.lkml
label: \"Orders\"
=== a.dashboard.lookml
- dashboard: a
  elements:
  - model: orders
    url: /explore/orders/x
";
    let model = "pattern = 'model: (\\w+)'";
    assert_snapshot!(told(&rules("\"*.lookml\"", model, "model"), tree), @"");
    assert_snapshot!(told(&rules("\"*.lookml\"", model, "schema"), tree), @r#"
    Error sites-disagree: this is a model and a schema at once
      a.dashboard.lookml:3:12
      storyline.toml one of them is declared here
      help: write a `path` or `pattern` that leaves this place out, or take the `[[site]]` away
    "#);
    let part = "pattern = 'l: (ord)'";
    assert_snapshot!(told(&rules("\"*.lookml\"", part, "model"), tree), @r#"
    Error sites-disagree: two sites overlap here, each of them a model
      a.dashboard.lookml:3:12
      a.dashboard.lookml:3:12
      storyline.toml one of them is declared here
      help: write a `path` or `pattern` that leaves this place out, or take the `[[site]]` away
    "#);
    let path = "path = \"[*].elements[*].model\"";
    assert_snapshot!(told(&rules("\"*.lookml\"", path, "model"), tree), @"");
}

/// A rule whose files move with a model's name.
#[test]
fn files_that_move_away() {
    let rules = rules("\"orders.model.lkml\"", "pattern = 's: (\\w+)'", "schema");
    assert_snapshot!(told(&rules, "
=== orders.model.lkml
# s: core
"), @r#"
    Error not-reversible: `unstamp` would not give back this file as it is now
      orders.model.lkml:1:6 would become `core_dev1`, and come back written differently
      help: write the name here as it is, without escapes and encoding
      help: or choose other names for the environment
    "#);
}

/// Billions of ways lead to a value, which is told of once.
#[test]
fn aliases_of_aliases() {
    let levels: String = (1..28)
        .map(|n| format!("l{n}: &l{n} [*l{m}, *l{m}]\n", m = n - 1))
        .collect();
    let text = format!("l0: &l0 [{{schema: core}}]\n{levels}");
    let rules = rules("\"a.yml\"", "path = \"l27.**.schema\"", "schema");
    assert_snapshot!(told(&rules, &format!("\n=== a.yml\n{text}")), @r#"
    Error site-behind-alias: a `[[site]]` means a value that stands elsewhere
      a.yml:28:18 this takes it from there
      a.yml:1:19 it stands here
      help: write a `[[site]]` with the path of the anchor, whose value counts for all its aliases
    "#);
}

#[test]
fn files_without_names_of_the_environment_are_not_parsed() {
    let tree = Files::parse(
        "
=== a.dashboard.lookml
- dashboard: 'a
=== b.view.lkml
include: \"x
=== c.yml
s: 'x
",
    );
    let site = "[[site]]\nfiles = \"c.yml\"\npath = \"s\"\nkind = \"schema\"";
    for (names, errors) in [("labels", 0), ("schemas", 1), ("slugs", 1), ("models", 2)] {
        let manifest = manifest(&format!("{names} = \"{{name}}_x\"\n{site}"));
        let scope = Scope::of(&manifest, dev1(&manifest));
        let read = Tree::read(&tree, &scope).expect("every file is there");
        let environment = dev1(&manifest);
        let plan = storyline_stamp::plan(&read, &manifest, environment, Direction::Stamp);
        assert_eq!(
            plan.err().map_or(0, |r| r.diagnostics.len()),
            errors,
            "{names}"
        );
    }
}

/// Nesting is limited, in whatever way it is written.
#[test]
fn deep_data() {
    const LEVELS: usize = 100_000;
    let all = rules("\"*\"", "path = \"a\"", "schema");
    let check = |file: &str, text: String| {
        let told = told(&all, &format!("\n=== {file}\n{text}\n"));
        told.lines().next().unwrap_or_default().to_owned()
    };
    assert_snapshot!(check("a.json", "[".repeat(LEVELS)), @"Error site-unreadable: this is no JSON: Maximum nesting depth exceeded");
    assert_snapshot!(check("a.yml", "[".repeat(LEVELS)), @"Error yaml-too-deep: lists and mappings are nested deeper than 128 levels");
    assert_snapshot!(check("a.toml", format!("a = {}", "[".repeat(LEVELS))), @"Error site-unreadable: this is no TOML: cannot recurse further; max recursion depth met");
    assert_snapshot!(check("b.toml", format!("{}a = 1", "a.".repeat(LEVELS))), @"Error site-unreadable: this is no TOML: recursion limit");
    assert_snapshot!(check("c.toml", format!("[{}a]", "a.".repeat(LEVELS))), @"Error site-unreadable: this is no TOML: recursion limit");
}
