//! Targets put into files as people write them. Each is put in twice: the second time nothing
//! changes.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::select;
use storyline_dbt::{Name, NameKind, PutError, Setting, Wanted, masked, put};
use storyline_text::{Diagnostic, RelPath};

const WANTED: Wanted<'_> = Wanted {
    profile: None,
    target: "dev1",
    like: None,
    others: &[],
    settings: &[],
};

fn suffixed(name: &Name) -> String {
    assert!(matches!(name.kind, NameKind::Schema | NameKind::Database));
    format!("{}_dev1", name.text)
}

fn text(key: &str, value: &str) -> (String, Setting) {
    (key.into(), Setting::Text(value.into()))
}

/// The file afterwards and what is told about it, or why not.
#[track_caller]
fn check(source: &str, wanted: Wanted<'_>) -> String {
    let put = match put(source.as_bytes(), &wanted, &mut suffixed) {
        Ok(put) => put,
        Err(error) => return refusal(&error),
    };
    let after = put.patch.apply(source.as_bytes()).expect("in bounds");
    let again = storyline_dbt::put(&after, &wanted, &mut suffixed).expect("the same again");
    assert!(again.patch.is_empty(), "{again:?}");
    let after = String::from_utf8(after).expect("text").replace('\r', "␍");
    let mut out = after;
    let is_new = if put.is_new { "new" } else { "known" };
    let _ = writeln!(out, "--- {is_new}: {} like {:?}", put.profile, put.like);
    let _ = writeln!(out, "set: {}", put.settings.join(" "));
    let _ = writeln!(out, "variables: {}", put.variables.join(" "));
    out
}

fn refusal(error: &PutError) -> String {
    let file = RelPath::new(b"profiles.yml").expect("a plain path");
    let Diagnostic {
        id,
        title,
        labels,
        help,
        ..
    } = error.diagnostic(&file);
    let at = labels.first().and_then(|label| label.span);
    format!(
        "{id}: {title}\n  at {at:?}\n  help: {}",
        help.join("\n  help: ")
    )
}

#[test]
fn like_the_target_that_is_there() {
    let source = "\
# Where dbt runs.
sandbox:
    target: dev
    outputs:
        dev: # everybody's
            type: redshift
            host: \"{{ env_var('REDSHIFT_HOST') }}\"
            # password: old
            user: 'alice'

            password: hunter2 # TODO
            port: 5439
            dbname: \"warehouse\"
            schema: 'analytics'
            sslmode: prefer
            ra3_node: true
        # The end.
# Other things.
";
    insta::assert_snapshot!(check(source, WANTED), @r#"
    # Where dbt runs.
    sandbox:
        target: dev
        outputs:
            dev: # everybody's
                type: redshift
                host: "{{ env_var('REDSHIFT_HOST') }}"
                # password: old
                user: 'alice'

                password: hunter2 # TODO
                port: 5439
                dbname: "warehouse"
                schema: 'analytics'
                sslmode: prefer
                ra3_node: true
            # The end.
            dev1:
                type: redshift
                host: "{{ env_var('REDSHIFT_HOST') }}"
                user: 'alice'

                password: "{{ env_var('DBT_ENV_SECRET_DEV1_PASSWORD') }}"
                port: 5439
                dbname: "warehouse_dev1"
                schema: 'analytics_dev1'
                sslmode: prefer
                ra3_node: true
    # Other things.
    --- new: sandbox like Some("dev")
    set: type host user password port dbname schema sslmode ra3_node
    variables: DBT_ENV_SECRET_DEV1_PASSWORD
    "#);
}

#[test]
fn settings_of_the_manifest() {
    let source =
        "a:\n  outputs:\n    dev: &dev\n      type: postgres\n      port: 5432\n      schema: x";
    let settings = [
        text("schema", "{{ env_var('SCHEMA') }}"),
        ("port".into(), Setting::Integer(5433)),
        ("keepalives_idle".into(), Setting::Integer(0)),
        ("retry".into(), Setting::Boolean(true)),
        text("sslmode", "on"),
    ];
    let wanted = Wanted {
        settings: &settings,
        ..WANTED
    };
    insta::assert_snapshot!(check(source, wanted), @r#"
    a:
      outputs:
        dev: &dev
          type: postgres
          port: 5432
          schema: x
        dev1:
          type: postgres
          port: 5433
          schema: "{{ env_var('SCHEMA') }}"
          keepalives_idle: 0
          retry: true
          sslmode: "on"--- new: a like Some("dev")
    set: type port schema keepalives_idle retry sslmode
    variables:
    "#);
}

#[test]
fn a_target_that_is_there_already() {
    let source = "\
a:
  target: dev
  outputs:
    dev1:
      type: postgres
      host: localhost
      threads: 8
      dbname: \"{{ env_var('DB') }}\"
      schema: old # mine
      password: \"s3cret\"
    dev:
      type: postgres
      host: example.com
      threads: 4
      dbname: db
      schema: analytics
      password: \"{{ env_var('PW') }}\"
";
    insta::assert_snapshot!(check(source, WANTED), @r#"
    a:
      target: dev
      outputs:
        dev1:
          type: postgres
          host: localhost
          threads: 8
          dbname: "{{ env_var('DB') }}"
          schema: analytics_dev1 # mine
          password: "{{ env_var('DBT_ENV_SECRET_DEV1_PASSWORD') }}"
        dev:
          type: postgres
          host: example.com
          threads: 4
          dbname: db
          schema: analytics
          password: "{{ env_var('PW') }}"
    --- known: a like Some("dev")
    set: schema password
    variables: DBT_ENV_SECRET_DEV1_PASSWORD
    "#);
    let same = Wanted {
        like: Some("dev1"),
        settings: &[text("schema", "mine")],
        ..WANTED
    };
    insta::assert_snapshot!(check(source, same), @r#"
    a:
      target: dev
      outputs:
        dev1:
          type: postgres
          host: localhost
          threads: 8
          dbname: "{{ env_var('DB') }}"
          schema: mine # mine
          password: "{{ env_var('DBT_ENV_SECRET_DEV1_PASSWORD') }}"
        dev:
          type: postgres
          host: example.com
          threads: 4
          dbname: db
          schema: analytics
          password: "{{ env_var('PW') }}"
    --- known: a like None
    set: schema password
    variables: DBT_ENV_SECRET_DEV1_PASSWORD
    "#);
}

#[test]
fn windows_and_braces_and_nested_secrets() {
    let source = "a:\r\n  outputs:\r\n    dev: {type: duckdb, path: data/shop.duckdb, extensions: [httpfs]}\r\n";
    insta::assert_snapshot!(check(source, WANTED), @r#"
    a:␍
      outputs:␍
        dev: {type: duckdb, path: data/shop.duckdb, extensions: [httpfs]}␍
        dev1: {type: duckdb, path: data/shop_dev1.duckdb, extensions: [httpfs]}␍
    --- new: a like Some("dev")
    set: type path extensions[0]
    variables:
    "#);
    let source = "\
a:
  outputs:
    dev:
      type: bigquery
      dataset: marts
      keyfile_json:
        # as downloaded
        type: service_account
        private_key: |
          -----BEGIN-----
          abc

          -----END-----
        client_email: x@y
      secrets:
      - {type: s3, secret: abc}
      token: >-
        x
        y

other: {}
";
    insta::assert_snapshot!(check(source, WANTED), @r#"
    a:
      outputs:
        dev:
          type: bigquery
          dataset: marts
          keyfile_json:
            # as downloaded
            type: service_account
            private_key: |
              -----BEGIN-----
              abc

              -----END-----
            client_email: x@y
          secrets:
          - {type: s3, secret: abc}
          token: >-
            x
            y
        dev1:
          type: bigquery
          dataset: marts_dev1
          keyfile_json:
            type: service_account
            private_key: "{{ env_var('DBT_ENV_SECRET_DEV1_KEYFILE_JSON_PRIVATE_KEY') }}"
            client_email: x@y
          secrets:
          - {type: s3, secret: "{{ env_var('DBT_ENV_SECRET_DEV1_SECRETS_0_SECRET') }}"}
          token: "{{ env_var('DBT_ENV_SECRET_DEV1_TOKEN') }}"

    other: {}
    --- new: a like Some("dev")
    set: type dataset keyfile_json.type keyfile_json.private_key keyfile_json.client_email secrets[0].type secrets[0].secret token
    variables: DBT_ENV_SECRET_DEV1_TOKEN DBT_ENV_SECRET_DEV1_KEYFILE_JSON_PRIVATE_KEY DBT_ENV_SECRET_DEV1_SECRETS_0_SECRET
    "#);
}

#[test]
fn the_first_of_its_file() {
    let settings = [
        text("type", "duckdb"),
        text("path", "shop.duckdb"),
        ("threads".into(), Setting::Integer(4)),
    ];
    let wanted = Wanted {
        profile: Some("my shop"),
        settings: &settings,
        ..WANTED
    };
    insta::assert_snapshot!(check("", wanted), @r"
    my shop:
      target: dev1
      outputs:
        dev1:
          type: duckdb
          path: shop.duckdb
          threads: 4
    --- new: my shop like None
    set: type path threads
    variables:
    ");
    insta::assert_snapshot!(check("# Nothing yet.", wanted), @r"
    # Nothing yet.
    my shop:
      target: dev1
      outputs:
        dev1:
          type: duckdb
          path: shop.duckdb
          threads: 4
    --- new: my shop like None
    set: type path threads
    variables:
    ");
    insta::assert_snapshot!(check("a:\r\n  outputs:\r\n    dev: {type: x}\r\n", wanted), @r"
    a:␍
      outputs:␍
        dev: {type: x}␍
    my shop:␍
      target: dev1␍
      outputs:␍
        dev1:␍
          type: duckdb␍
          path: shop.duckdb␍
          threads: 4␍
    --- new: my shop like None
    set: type path threads
    variables:
    ");
    insta::assert_snapshot!(check("my shop:\n  outputs:\n    dev1: {type: x}\n", wanted), @r#"
    yaml-entry: no entry can be added or removed at `"my shop".outputs.dev1`: it is written in braces
      at Some(30..30)
      help: write the mapping with one `key: value` a line, or make this change by hand
    "#);
}

#[test]
fn which_target_it_is_like() {
    let source = "a:\n  outputs:\n    x:\n      type: t\n      schema: x\n    y:\n      type: t\n      schema: y\n";
    insta::assert_snapshot!(check(source, WANTED), @r#"
    dbt-no-model: nobody says which target of profile `a` the new one is like
      at None
      help: write `like = "…"` in the environment's `dbt` table; there are `x`, `y`
    "#);
    let others = ["x".to_owned()];
    let wanted = Wanted {
        others: &others,
        ..WANTED
    };
    assert!(check(source, wanted).contains("like Some(\"y\")"));
    let wanted = Wanted {
        like: Some("x"),
        ..wanted
    };
    assert!(check(source, wanted).contains("like Some(\"x\")"));
    let source = source.replace("  outputs", "  target: y\n  outputs");
    assert!(check(&source, WANTED).contains("like Some(\"y\")"));
    let jinja = source.replace("target: y", "target: \"{{ env_var('T') }}\"");
    assert!(check(&jinja, WANTED).starts_with("dbt-no-model"));
}

#[test]
fn refused() {
    let profiles = |targets: &str| format!("a:\n  outputs:\n{targets}");
    let dev = "    dev:\n      type: postgres\n";
    let told = |source: &str| check(source, WANTED);
    insta::assert_snapshot!(told("a: ["), @r"
    yaml-syntax: brackets or braces do not match, or a comma is missing between them
      at Some(3..4)
      help: close every `[` with `]` and every `{` with `}`; put a value in quotes if they are a part of it
    ");
    insta::assert_snapshot!(told("- a\n"), @r"
    dbt-no-profiles: here has to be a mapping
      at Some(0..0)
      help: write `PROFILE:`, below it `outputs:`, and below that the targets
    ");
    insta::assert_snapshot!(told("a: {}\n---\nb: {}\n"), @r"
    dbt-no-profiles: the file holds several YAML documents
      at Some(10..10)
      help: write `PROFILE:`, below it `outputs:`, and below that the targets
    ");
    insta::assert_snapshot!(told("config: {}\n"), @r#"
    dbt-no-profile: nobody says which profile is meant
      at None
      help: write `profile = "…"` in the environment's `dbt` table
    "#);
    insta::assert_snapshot!(told("a:\n  target: dev\n"), @r#"
    dbt-no-profile: nobody says which profile is meant
      at None
      help: write `profile = "…"` in the environment's `dbt` table
    "#);
    insta::assert_snapshot!(told("a:\n  outputs: {dev: {type: postgres}}\n"), @r"
    yaml-entry: no entry can be added or removed at `a.outputs`: it is written in braces
      at Some(15..15)
      help: write the mapping with one `key: value` a line, or make this change by hand
    ");
    insta::assert_snapshot!(told(&profiles(&format!("{dev}{dev}"))), @r"
    yaml-duplicate-key: `a.outputs.dev` is ambiguous: a key on the way to it stands twice in its mapping
      at Some(18..21)
      help: remove one of the two keys
    ");
    insta::assert_snapshot!(told("x: &x {type: t, password: p}\na:\n  outputs:\n    dev: *x\n"), @r"
    dbt-taken-from-elsewhere: `a.outputs.dev` is taken from elsewhere in the file
      at Some(52..52)
      help: write the settings out in this target: what stands at the anchor is used by others too
    ");
    insta::assert_snapshot!(told("x: &x {password: p}\na:\n  outputs:\n    dev:\n      <<: *x\n"), @r"
    dbt-taken-from-elsewhere: `a.outputs.dev.<<` is taken from elsewhere in the file
      at Some(49..49)
      help: write the settings out in this target: what stands at the anchor is used by others too
    ");
    insta::assert_snapshot!(told("a:\n  outputs:\n    dev: {type: t}\n    dev1: &d {type: t}\n    c: *d\n"), @r#"
    dbt-no-model: nobody says which target of profile `a` the new one is like
      at None
      help: write `like = "…"` in the environment's `dbt` table; there are `dev`, `dev1`, `c`
    "#);
    insta::assert_snapshot!(told("a:\n  outputs: &o\n    dev: {type: t}\nb:\n  outputs: *o\n"), @r#"
    dbt-no-profile: nobody says which profile is meant
      at None
      help: write `profile = "…"` in the environment's `dbt` table; there are `a`, `b`
    "#);
    insta::assert_snapshot!(told("a:\n  outputs:\n    dev: x\n"), @r"
    dbt-no-profiles: a target has to be a mapping
      at Some(23..23)
      help: write `PROFILE:`, below it `outputs:`, and below that the targets
    ");
    let asked = |source: &str, profile: &str, like: Option<&str>| {
        let profile = Some(profile);
        check(
            source,
            Wanted {
                profile,
                like,
                ..WANTED
            },
        )
    };
    insta::assert_snapshot!(asked(&profiles(dev), "b", None), @r"
    dbt-unknown-profile: there is no profile `b`
      at None
      help: did you mean `a`?
    ");
    insta::assert_snapshot!(asked(&profiles(dev), "sandbox", None), @r"
    dbt-unknown-profile: there is no profile `sandbox`
      at None
      help: write the profile in the file, or `type` and its other settings under `settings` in the environment's `dbt` table; there are `a`
    ");
    insta::assert_snapshot!(asked(&profiles(dev), "a", Some("dve")), @r"
    dbt-unknown-target: profile `a` has no target `dve`
      at None
      help: did you mean `dev`?
    ");
    insta::assert_snapshot!(asked("", "a", None), @r"
    dbt-unknown-profile: there is no profile `a`
      at None
      help: write the profile in the file, or `type` and its other settings under `settings` in the environment's `dbt` table
    ");
    insta::assert_snapshot!(asked("a:\n  outputs:\n    dev1: {type: {}}\n", "a", None), @r"
    a:
      outputs:
        dev1: {type: {}}
    --- known: a like None
    set: 
    variables:
    ");
    let secret = [text("password", "hunter2")];
    let wanted = Wanted {
        settings: &secret,
        ..WANTED
    };
    insta::assert_snapshot!(check(&profiles(dev), wanted), @r#"
    literal-secret: the secret `password` would stand in the file
      at None
      help: write `"{{ env_var('DBT_ENV_SECRET_…') }}"` in place of the secret, and set that variable where dbt runs
    "#);
    let list = [text("extensions", "x")];
    let wanted = Wanted {
        settings: &list,
        ..WANTED
    };
    insta::assert_snapshot!(check("a:\n  outputs:\n    dev: {extensions: [a]}\n", wanted), @r"
    dbt-several-values: `a.outputs.dev1.extensions` holds several values
      at Some(18..18)
      help: take the setting out of the environment's `settings`, or write one value here
    ");
}

/// How somebody writes a profile.
#[derive(Clone, Debug)]
struct Style {
    indent: usize,
    quote: &'static str,
    line_break: &'static str,
    comment: &'static str,
    blank: bool,
    ending: bool,
}

fn styles() -> impl Strategy<Value = Style> {
    (
        1usize..5,
        select(vec!["", "'", "\""]),
        select(vec!["\n", "\r\n"]),
        select(vec!["", " # pa: ss", "  #"]),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(indent, quote, line_break, comment, blank, ending)| Style {
                indent,
                quote,
                line_break,
                comment,
                blank,
                ending,
            },
        )
}

/// A profile with some targets, of which `dev` has these settings.
fn written(style: &Style, settings: &[(&str, &str)], targets: &[&str]) -> String {
    let pad = |depth: usize| " ".repeat(style.indent * depth);
    let mut lines = vec!["shop:".to_owned(), format!("{}outputs:", pad(1))];
    for target in targets {
        lines.push(format!("{}{target}:{}", pad(2), style.comment));
        for (key, value) in settings {
            let quote = style.quote;
            lines.push(format!(
                "{}{key}: {quote}{value}{quote}{}",
                pad(3),
                style.comment
            ));
            if !style.comment.is_empty() {
                lines.push(format!("{}# {key}: {value}", pad(3)));
            }
        }
        lines.push(format!("{}extensions: [a, {{b: c}}]", pad(3)));
        if style.blank {
            lines.push(String::new());
        }
    }
    let mut text = lines.join(style.line_break);
    if style.ending {
        text.push_str(style.line_break);
    }
    text
}

proptest! {
    #[test]
    fn any_style(
        style in styles(),
        targets in select(vec![vec!["dev"], vec!["dev", "ci"], vec!["ci", "dev"]]),
    ) {
        let settings = [("type", "postgres"), ("schema", "s"), ("password", "hunter2"), ("user", "o")];
        let source = written(&style, &settings, &targets);
        let wanted = Wanted { like: Some("dev"), ..WANTED };
        let put = put(source.as_bytes(), &wanted, &mut suffixed).expect("accepted");
        let after = put.patch.apply(source.as_bytes()).expect("in bounds");
        let after = String::from_utf8(after).expect("text");
        let yaml = |text: &str| -> serde_yaml::Value { serde_yaml::from_str(text).expect("YAML") };
        let mut expected = yaml(&source);
        let outputs = expected["shop"]["outputs"].as_mapping_mut().expect("a mapping");
        let mut dev1 = outputs["dev"].clone();
        dev1["schema"] = "s_dev1".into();
        dev1["password"] = "{{ env_var('DBT_ENV_SECRET_DEV1_PASSWORD') }}".into();
        outputs.insert("dev1".into(), dev1);
        prop_assert_eq!(yaml(&after), expected);
        // What was there is there still, line by line, and the secret not once more.
        let mut lines = after.lines();
        prop_assert!(source.lines().all(|line| lines.any(|other| other == line)));
        prop_assert_eq!(after.matches("hunter2").count(), source.matches("hunter2").count());
        prop_assert_eq!(after.contains('\r'), source.contains('\r'));
        let hidden = String::from_utf8(masked(source.as_bytes())).expect("text");
        prop_assert!(!hidden.contains(": hunter2"));
    }
}
