//! What is refused, and in which words.

use insta::assert_snapshot;
use storyline_stamp::Direction;

use crate::files::{Files, manifest};
use crate::sites::SUFFIX;

/// Everything that is said about a tree that cannot be stamped.
fn stamp(rules: &str, files: &str) -> String {
    check(rules, files, Direction::Stamp)
}

/// Everything that is said about a tree that cannot be unstamped.
fn unstamp(rules: &str, files: &str) -> String {
    check(rules, files, Direction::Unstamp)
}

fn check(rules: &str, files: &str, direction: Direction) -> String {
    let files = Files::parse(files);
    let refused = files
        .plan(&manifest(rules), direction)
        .expect_err("it is refused");
    let diagnostics = refused.diagnostics.iter();
    let shown: String = diagnostics.map(|d| files.show(d)).collect();
    format!("{refused}\n{shown}")
}

#[test]
fn broken_lookml() {
    let files = "
=== orders.model.lkml
connection: \"warehouse
explore: orders {
=== a.view.lkml
include: \"x\"
view: a { dimension: b { sql: x } }
";
    assert_snapshot!(stamp(SUFFIX, files), @r#"
    stamp of dev1 refused: 5 errors
    Error lookml-unclosed-block: this `{` is never closed
      a.view.lkml:2:9
      help: add a `}` where the block ends
    Error lookml-unclosed-block: this `{` is never closed
      a.view.lkml:2:24
      help: add a `}` where the block ends
    Error lookml-unterminated-value: this value has no closing `;;`
      a.view.lkml:2:26
      help: SQL, HTML and expressions end in `;;`; add it where the value ends
    Error lookml-unterminated-string: this text has no closing `"`
      orders.model.lkml:1:13
      help: add a `"` at its end; a `"` inside the text is written `\"`
    Error lookml-unclosed-block: this `{` is never closed
      orders.model.lkml:2:17
      help: add a `}` where the block ends
    "#);
}

#[test]
fn broken_dashboards() {
    let files = "
=== a.dashboard.lookml
- dashboard: a
  elements:
  - model: 'orders
=== b.dashboard.lookml
- dashboard: b
  elements:
  - model: *orders
";
    assert_snapshot!(stamp(SUFFIX, files), @r"
    stamp of dev1 refused: 2 errors
    Error yaml-syntax: a quote is opened here or above and not closed
      a.dashboard.lookml:4:1 here
      help: close the quote; inside '…' an apostrophe is written twice
    Error yaml-unknown-anchor: this alias has no anchor of its name above it
      b.dashboard.lookml:3:12 here
      help: define the anchor above with `&name`, or quote the value if it only starts with `*`
    ");
    let files = "
=== orders.model.lkml
=== a.dashboard.lookml
- dashboard: a
  elements:
  - model: orders
    model: orders
";
    assert_snapshot!(stamp(SUFFIX, files), @r"
    stamp of dev1 refused: 1 error
    Error unwritable-name: `orders_dev1` cannot be written here: `[0].elements[0].model` is ambiguous: a key on the way to it stands twice in its mapping
      a.dashboard.lookml:3:12 this name would become it
      help: remove one of the two keys
      help: or choose other names for the environment
    ");
}

#[test]
fn legacy_lookml_under_todays_name() {
    let files = "
=== orders.model.lkml
- connection: warehouse
";
    assert_snapshot!(stamp(SUFFIX, files), @r"
    stamp of dev1 refused: 1 error
    Error legacy-lookml: this is LookML of 2013 to 2016, which Looker reads in `.lookml` files only
      orders.model.lkml
      help: end the file's name in `.lookml`, or write it in today's syntax
    ");
}

#[test]
fn legacy_lookml_that_is_no_yaml() {
    let files = "
=== orders.model.lookml
- connection: warehouse
- label: a: b
- include: orders.view
";
    assert_snapshot!(stamp(SUFFIX, files), @r"
    stamp of dev1 refused: 1 error
    Error yaml-syntax: `:` is not allowed here
      orders.model.lookml:2:11
      help: put the value in quotes if `: ` is a part of it, and close the brackets that are open above
    ");
}

#[test]
fn names_without_an_entry() {
    let files = "
=== orders.model.lkml
connection: \"warehous\"
=== sales.model.lkml
connection: \"zoo\"
";
    let rules = "connections = { warehouse = \"redshift\" }";
    assert_snapshot!(stamp(rules, files), @r#"
    stamp of dev1 refused: 2 errors
    Error unknown-name: the environment has no connection for `warehous`
      orders.model.lkml:1:14
      storyline.toml no entry here, and no `"*"`
      help: did you mean `warehouse`?
      help: add `"warehous" = "…"` to the table, or `"*" = "{name}"` to keep all other names
    Error unknown-name: the environment has no connection for `zoo`
      sales.model.lkml:1:14
      storyline.toml no entry here, and no `"*"`
      help: add `"zoo" = "…"` to the table, or `"*" = "{name}"` to keep all other names
    "#);
}

#[test]
fn names_that_would_be_one() {
    let files = "
=== orders.model.lkml
connection: \"a\"
=== sales.model.lkml
connection: \"b\"
";
    let rules = "connections = { a = \"b\", \"*\" = \"{name}\" }\nmodels = { orders = \"sales\" }";
    assert_snapshot!(stamp(rules, files), @r"
    stamp of dev1 refused: 3 errors
    Error not-injective: model `sales` would be called `sales`, which stands for `orders`
      sales.model.lkml
      storyline.toml the entry for `orders`
      help: give `sales` an entry with a value of its own
    Error not-injective: connection `b` would be called `b`, which stands for `a`
      sales.model.lkml:1:14
      storyline.toml the entry for `a`
      help: give `b` an entry with a value of its own
    Error path-taken: `sales.model.lkml` exists already
      orders.model.lkml would become `sales.model.lkml`
      sales.model.lkml stands there
      help: rename or remove one of the two, or choose other names for the environment
    ");
}

#[test]
fn includes_that_change() {
    let files = "
=== a.model.lkml
include: \"*_sales.model\"
include: \"/x/[o]*s.model.lkml\"
include: \"[a-b].model\"
=== eu_sales.model.lkml
=== x/orders.model.lkml
";
    assert_snapshot!(stamp(SUFFIX, files), @r"
    stamp of dev1 refused: 3 errors
    Error include-changes: include pattern `*_sales.model` would match other files
      a.model.lkml:1:11
      eu_sales.model.lkml would become `eu_sales_dev1.model.lkml`
      help: include model files by their full names, or by a pattern without any part of a model's name, such as `*.model`
    Error include-changes: include pattern `/x/[o]*s.model.lkml` would match other files
      a.model.lkml:2:11
      x/orders.model.lkml would become `x/orders_dev1.model.lkml`
      help: include model files by their full names, or by a pattern without any part of a model's name, such as `*.model`
    Error include-changes: include pattern `[a-b].model` would match other files
      a.model.lkml:3:11
      a.model.lkml would become `a_dev1.model.lkml`
      help: include model files by their full names, or by a pattern without any part of a model's name, such as `*.model`
    ");
}

#[test]
fn paths_that_are_taken() {
    let files = "
=== orders.model.lkml
=== link orders_dev1.model.lkml
=== sales.model.lkml
=== module Sales_DEV1.model.lkml
=== caf\u{e9}.model.lkml
=== link cafe\u{301}_dev1.model.lkml
=== lake.model.lkml
=== LAKE_dev1.model.lkml/x.view.lkml
";
    assert_snapshot!(stamp(SUFFIX, files), @r"
    stamp of dev1 refused: 4 errors
    Error path-taken: `lake_dev1.model.lkml` is a folder already
      lake.model.lkml would become `lake_dev1.model.lkml`
      LAKE_dev1.model.lkml/x.view.lkml is in that folder
      help: rename the folder, or choose other names for the environment
    Error path-taken: `sales_dev1.model.lkml` and `Sales_DEV1.model.lkml` are one file to some file systems
      sales.model.lkml would become `sales_dev1.model.lkml`
      Sales_DEV1.model.lkml stands there
      help: rename or remove one of the two, or choose other names for the environment
    Error path-taken: `café_dev1.model.lkml` and `café_dev1.model.lkml` are one file to some file systems
      café.model.lkml would become `café_dev1.model.lkml`
      café_dev1.model.lkml stands there
      help: rename or remove one of the two, or choose other names for the environment
    Error path-taken: `orders_dev1.model.lkml` exists already
      orders.model.lkml would become `orders_dev1.model.lkml`
      orders_dev1.model.lkml stands there
      help: rename or remove one of the two, or choose other names for the environment
    ");
    let rules = "models = { orders = \"Sales\", lake = \"sales\" }";
    assert_snapshot!(stamp(rules, "=== lake.model.lkml\n=== orders.model.lkml\n"), @r"
    stamp of dev1 refused: 1 error
    Error path-taken: `Sales.model.lkml` and `sales.model.lkml` are one file to some file systems
      orders.model.lkml would become `Sales.model.lkml`
      lake.model.lkml would become `sales.model.lkml`
      help: rename or remove one of the two, or choose other names for the environment
    ");
}

#[test]
fn folders_of_models_are_taken_too() {
    let files = "
=== a.model.lkml
=== a_dev1.model.lkml/b.model.lkml
";
    assert_snapshot!(stamp(SUFFIX, files), @r"
    stamp of dev1 refused: 1 error
    Error path-taken: `a_dev1.model.lkml` is a folder already
      a.model.lkml would become `a_dev1.model.lkml`
      a_dev1.model.lkml/b.model.lkml is in that folder
      help: rename the folder, or choose other names for the environment
    ");
}

#[test]
fn what_collides_already_may_go_on() {
    let files = Files::parse("=== orders.model.lkml\n=== ORDERS.model.lkml\n");
    let plan = files.plan(&manifest(SUFFIX), Direction::Stamp);
    assert_eq!(plan.expect("no new collision").patch.changes.len(), 2);
}

#[test]
fn strays() {
    let files = "
=== orders_dev1.model.lkml
connection: \"warehouse\"
label: \"Sales\"
=== sales.model.lkml
connection: \"lake_dev1\"
=== manifest.lkml
project_name: \"acme\"
=== a.dashboard.lookml
- dashboard: a
  elements:
  - model: orders
  - model: orders_dev1
  - model: other
";
    assert_snapshot!(unstamp(SUFFIX, files), @r"
    unstamp of dev1 refused: 5 errors
    Error stray-name: model `sales` does not belong to environment `dev1`
      sales.model.lkml
      help: if `sales` is the canonical name, it is `sales_dev1` in this environment: give the file that name, then unstamp again
    Error stray-name: model `orders` does not belong to environment `dev1`
      a.dashboard.lookml:3:12
      help: if `orders` is the canonical name, it is `orders_dev1` in this environment: write that, then unstamp again
    Error stray-name: project `acme` does not belong to environment `dev1`
      manifest.lkml:1:16
      help: if `acme` is the canonical name, it is `acme_dev1` in this environment: write that, then unstamp again
    Error stray-name: connection `warehouse` does not belong to environment `dev1`
      orders_dev1.model.lkml:1:14
      help: if `warehouse` is the canonical name, it is `warehouse_dev1` in this environment: write that, then unstamp again
    Error stray-name: label `Sales` does not belong to environment `dev1`
      orders_dev1.model.lkml:2:9
      help: if `Sales` is the canonical name, it is `Sales (dev1)` in this environment: write that, then unstamp again
    ");
    let rules = "connections = { warehouse = \"redshift\" }\nmodels = { orders = \"orders_prod\" }";
    assert_snapshot!(unstamp(rules, files), @r"
    unstamp of dev1 refused: 2 errors
    Error stray-name: connection `warehouse` does not belong to environment `dev1`
      orders_dev1.model.lkml:1:14
      help: if `warehouse` is the canonical name, it is `redshift` in this environment: write that, then unstamp again
    Error stray-name: connection `lake_dev1` does not belong to environment `dev1`
      sales.model.lkml:1:14
      help: write a name that the manifest gives this environment, or add this one to the manifest
    ");
}

#[test]
fn stamped_names_in_canonical_form() {
    let files = "
=== orders.model.lkml
=== manifest.lkml
project_name: \"acme\"
local_dependency: { project: \"acme_dev1\" }
=== a.dashboard.lookml
- dashboard: a
  elements:
  - model: orders_dev1
";
    assert_snapshot!(stamp(SUFFIX, files), @r"
    stamp of dev1 refused: 2 errors
    Error stamped-name: model `orders_dev1` is what environment `dev1` calls one of this project's own
      a.dashboard.lookml:3:12
      help: in canonical form, write `orders`; if another project's is meant, choose other names for the environment
    Error stamped-name: project `acme_dev1` is what environment `dev1` calls one of this project's own
      manifest.lkml:2:31
      help: in canonical form, write `acme`; if another project's is meant, choose other names for the environment
    ");
}

#[test]
fn stamped_already() {
    let files = "
=== orders_dev1.model.lkml
connection: \"warehouse_dev1\"
=== sales_dev1.model.lkml
";
    assert_snapshot!(stamp(SUFFIX, files), @r"
    stamp of dev1 refused: 1 error
    Error already-stamped: this folder is in the form of `dev1` already
      orders_dev1.model.lkml like all others, this is a name of that environment
      help: to take the stamp out, run `storyline unstamp dev1`
      help: if these are the canonical names, choose other names for the environment
    ");
}

/// Models that keep their names say nothing; the connections do.
#[test]
fn stamped_already_in_all_that_is_stamped() {
    let files = "
=== orders.model.lkml
connection: \"warehouse_dev1\"
";
    let rules = "connections = \"{name}_dev1\"";
    assert_snapshot!(stamp(rules, files), @r"
    stamp of dev1 refused: 1 error
    Error already-stamped: this folder is in the form of `dev1` already
      orders.model.lkml:1:14 like all others, this is a name of that environment
      help: to take the stamp out, run `storyline unstamp dev1`
      help: if these are the canonical names, choose other names for the environment
    ");
}

/// Another developer's form, when both have one pattern.
#[test]
fn stamped_for_another() {
    let files = "
=== orders_dev2.model.lkml
connection: \"warehouse_dev2\"
";
    let rules = "models = \"{name}_dev1\"\n[environment.dev2]\nmodels = \"{name}_dev2\"";
    assert_snapshot!(stamp(rules, files), @r#"
    stamp of dev1 refused: 1 error
    Error already-stamped: this folder is in the form of `dev2` already
      orders_dev2.model.lkml like all others, this is a name of that environment
      help: to take the stamp out, run `storyline unstamp dev2`
      help: if these are the canonical names, choose other names for the environment
    "#);
}

#[test]
fn canonical_already() {
    let files = "
=== orders.model.lkml
connection: \"warehouse\"
";
    assert_snapshot!(unstamp(SUFFIX, files), @r#"
    unstamp of dev1 refused: 1 error
    Error already-canonical: nothing in this folder has a name of `dev1`
      orders.model.lkml like all others, this is none of that environment's names
      help: if the folder is in canonical form, there is nothing to take out
      help: if it is in the form of another environment, name that one
    "#);
}

#[test]
fn strays_from_another_environment() {
    let files = "
=== orders_dev1.model.lkml
connection: \"warehouse_dev2\"
";
    let rules = "connections = \"{name}_dev1\"\nmodels = \"{name}_dev1\"\n[environment.dev2]\nconnections = \"{name}_dev2\"";
    assert_snapshot!(unstamp(rules, files), @r#"
    unstamp of dev1 refused: 1 error
    Error stray-name: connection `warehouse_dev2` does not belong to environment `dev1`
      orders_dev1.model.lkml:1:14
      help: `warehouse_dev2` is what `dev2` calls `warehouse`, which is `warehouse_dev1` in this environment: write that, then unstamp again
    "#);
}

#[test]
fn constants_that_nobody_knows() {
    let files = "
=== orders.model.lkml
=== manifest.lkml
constant: SCHEMA { value: \"staging\" }
";
    let rules = "constants = { SCHEMA = { analytics = \"prod\" } }";
    assert_snapshot!(stamp(rules, files), @r#"
    stamp of dev1 refused: 1 error
    Error unknown-name: the environment knows no value `staging` of constant `SCHEMA`
      manifest.lkml:1:28
      storyline.toml no entry here, and no `"*"`
      help: add `"staging" = "…"` to the table, or `"*" = "{name}"` to keep all other names
    "#);
    assert_snapshot!(unstamp(rules, files), @r#"
    unstamp of dev1 refused: 1 error
    Error stray-name: value of constant SCHEMA `staging` does not belong to environment `dev1`
      manifest.lkml:1:28
      help: write a name that the manifest gives this environment, or add this one to the manifest
    "#);
}

#[test]
fn unsafe_names() {
    let files = "
=== orders.model.lkml
label: \"the \\\"best\\\"\"
=== con.model.lkml
";
    assert_snapshot!(stamp(SUFFIX, files), @r#"
    stamp of dev1 refused: 2 errors
    Error unsafe-name: model `con` is refused: `con` is a device on Windows
      con.model.lkml
      storyline.toml this says what it becomes
      help: give the name an entry with another value, or rename it in canonical form
    Error unsafe-name: label `the \"best\"` is refused: it holds `"`
      orders.model.lkml:1:9
      storyline.toml this says what it becomes
      help: give the name an entry with another value, or rename it in canonical form
    "#);
}

#[test]
fn urls_that_would_not_come_back() {
    let files = "
=== R&D.model.lkml
=== sales.model.lkml
=== a.view.lkml
view: a {
  dimension: x { html: <a href=\"/explore/R&amp;D/x\"> /explore/R&D/x ;; }
}
";
    let rules = "models = { \"R&D\" = \"research\" }";
    assert_snapshot!(stamp(rules, files), @r"
    stamp of dev1 refused: 1 error
    Error not-reversible: `unstamp` would not give back this file as it is now
      a.view.lkml:2:42 would become `research`, and come back written differently
      help: write the name here as it is, without escapes and encoding
      help: or choose other names for the environment
    ");
    let files = "
=== R&D+.model.lkml
=== a.view.lkml
view: a { dimension: x { html: /explore/R%26D+/x ;; } }
";
    assert_snapshot!(stamp(SUFFIX, files), @r"
    stamp of dev1 refused: 1 error
    Error unwritable-name: `R&D+_dev1` cannot be written here: the URL encodes some characters of the name that stands there, and others not
      a.view.lkml:1:41 this name would become it
      help: write the name in this URL as `R%26D%2B`
      help: or choose other names for the environment
    ");
}

#[test]
fn dashboards_that_would_not_come_back() {
    let files = "
=== sales.model.lkml
=== a.dashboard.lookml
- dashboard: a
  elements:
  - model: sales
  - model: 'sales'
";
    assert_snapshot!(stamp("models = { sales = \"2024\" }", files), @r#"
    stamp of dev1 refused: 1 error
    Error not-reversible: `unstamp` would not give back this file as it is now
      a.dashboard.lookml:3:12 would become `"2024"`, and come back written differently
      help: put the name in double quotes here, as the new one needs them
      help: or choose other names for the environment
    "#);
}

#[test]
fn liquid_that_would_not_come_back() {
    let files = "
=== sales.model.lkml
=== a.view.lkml
view: a { dimension: x { html: {% if _model._name == 'sales' %} ;; } }
";
    assert_snapshot!(stamp("models = { sales = \"it's\" }", files), @r"
    stamp of dev1 refused: 1 error
    Error not-reversible: `unstamp` would not give back this file as it is now
      a.view.lkml:1:55 would become `it's`, and come back written differently
      help: write the name here as it is, without escapes and encoding
      help: or choose other names for the environment
    ");
}
