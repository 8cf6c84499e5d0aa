//! The laws of names, on maps that tempt them: suffix, prefix, swap, names within names, odd
//! characters, and names that equal another's stamp.

use proptest::prelude::*;
use storyline_manifest::{Kind, Manifest, NameError, Names};
use storyline_text::RelPath;

/// The names of an environment that says `rules`.
fn names(rules: &str) -> Option<Names> {
    let main = RelPath::new(b"storyline.toml").expect("a plain path");
    let text = format!(
        "[environment.dev1]\nuser = \"me\"\n{rules}\n[canonical.constants]\nC = \"a\"\n[canonical.vars]\nC = \"a\"\n"
    );
    let manifest = Manifest::parse(&[(main, text)]).ok()?;
    let environment = manifest.environment("dev1").expect("it is declared");
    Some(environment.names().clone())
}

/// What becomes of each name, and what each stamp comes back as.
fn check(rules: &str, kind: &str, list: &str) -> String {
    let names = names(rules).expect("the rules are right");
    let kind: Kind = kind.parse().expect("a kind");
    let mut out = String::new();
    for name in list.split_whitespace() {
        let stamped = match names.stamp(&kind, name) {
            Ok(stamped) => format!("-> {stamped}"),
            Err(error) => error.to_string(),
        };
        let canonical = names.unstamp(&kind, name);
        let canonical = canonical.as_deref().unwrap_or("(stray)");
        out.push_str(&format!("{name} {stamped}; {canonical} <-\n"));
    }
    out
}

#[test]
fn patterns() {
    insta::assert_snapshot!(check(
        "models = \"{name}_{env}\"", "model",
        "orders orders_dev1 orders_dev1_dev1 _dev1 R&D cube.dev con con_dev1 .git .git_dev1 a/b x%y",
    ), @r"
    orders -> orders_dev1; (stray) <-
    orders_dev1 -> orders_dev1_dev1; orders <-
    orders_dev1_dev1 -> orders_dev1_dev1_dev1; orders_dev1 <-
    _dev1 -> _dev1_dev1; (stray) <-
    R&D -> R&D_dev1; (stray) <-
    cube.dev -> cube.dev_dev1; (stray) <-
    con model `con` is refused: `con` is a device on Windows; (stray) <-
    con_dev1 -> con_dev1_dev1; (stray) <-
    .git model `.git` is refused: some file systems take it for `.git`; (stray) <-
    .git_dev1 -> .git_dev1_dev1; (stray) <-
    a/b model `a/b` is refused: `/` cannot stand in a file name on every operating system; (stray) <-
    x%y model `x%y` is refused: it holds `%`; (stray) <-
    ");
    insta::assert_snapshot!(check(
        "labels = \"{name}\"", "label", "Sales .git a\\\"b",
    ), @r#"
    Sales -> Sales; Sales <-
    .git -> .git; .git <-
    a\"b -> a\"b; a\"b <-
    "#);
    insta::assert_snapshot!(check(
        "projects = \"{user:upper}{{{name}}}\"", "project", "acme ME{acme} ME{}",
    ), @r"
    acme -> ME{acme}; (stray) <-
    ME{acme} -> ME{ME{acme}}; acme <-
    ME{} -> ME{ME{}}; (stray) <-
    ");
}

#[test]
fn tables() {
    let swap = "models = { orders = \"sales\", sales = \"orders\" }";
    insta::assert_snapshot!(check(swap, "model", "orders sales other"), @r"
    orders -> sales; sales <-
    sales -> orders; orders <-
    other -> other; other <-
    ");
    let partial = "models = { orders = \"orders_prod\" }";
    insta::assert_snapshot!(check(partial, "model", "orders orders_prod other con"), @r"
    orders -> orders_prod; (stray) <-
    orders_prod model `orders_prod` would be called `orders_prod`, which stands for `orders`; orders <-
    other -> other; other <-
    con -> con; con <-
    ");
    let strict = "connections = { warehouse = \"redshift\", lake = \"lake\" }";
    insta::assert_snapshot!(check(strict, "connection", "warehouse lake redshift warehous zoo"), @r"
    warehouse -> redshift; (stray) <-
    lake -> lake; lake <-
    redshift the environment has no connection for `redshift`; warehouse <-
    warehous the environment has no connection for `warehous`; (stray) <-
    zoo the environment has no connection for `zoo`; (stray) <-
    ");
    let rest = "connections = { warehouse = \"redshift_prod\", \"*\" = \"{name}_prod\" }";
    insta::assert_snapshot!(check(
        rest, "connection", "warehouse redshift_prod redshift lake lake_prod warehouse_prod",
    ), @r"
    warehouse -> redshift_prod; (stray) <-
    redshift_prod -> redshift_prod_prod; warehouse <-
    redshift connection `redshift` would be called `redshift_prod`, which stands for `warehouse`; (stray) <-
    lake -> lake_prod; (stray) <-
    lake_prod -> lake_prod_prod; lake <-
    warehouse_prod -> warehouse_prod_prod; (stray) <-
    ");
}

#[test]
fn constants() {
    let rules = "constants = { C = \"{env}\", D = \"{name}!\", E = { x = \"y\" } }";
    insta::assert_snapshot!(check(rules, "constant:C", "a dev1 other"), @r"
    a -> dev1; (stray) <-
    dev1 the environment knows no value `dev1` of constant `C`; a <-
    other the environment knows no value `other` of constant `C`; (stray) <-
    ");
    insta::assert_snapshot!(check(rules, "constant:D", "a a!"), @r"
    a -> a!; (stray) <-
    a! -> a!!; a <-
    ");
    insta::assert_snapshot!(check(rules, "constant:E", "x y z"), @r"
    x -> y; (stray) <-
    y the environment knows no value `y` of constant `E`; x <-
    z the environment knows no value `z` of constant `E`; (stray) <-
    ");
    insta::assert_snapshot!(check(rules, "constant:F", "x"), @"x -> x; x <-");
}

#[test]
fn variables() {
    let rules = "vars = { C = \"{env}\", D = { \"30\" = \"3\", \"*\" = \"{name}\" } }";
    insta::assert_snapshot!(check(rules, "var:C", "a dev1"), @r"
    a -> dev1; (stray) <-
    dev1 the environment knows no value `dev1` of variable `C`; a <-
    ");
    insta::assert_snapshot!(check(rules, "var:D", "30 7"), @r"
    30 -> 3; (stray) <-
    7 -> 7; 7 <-
    ");
    // A constant of the same name is another thing.
    insta::assert_snapshot!(check(rules, "constant:C", "a"), @"a -> a; a <-");
}

#[test]
fn profiles_and_slugs() {
    insta::assert_snapshot!(check("profiles = \"{name}_{user}\"", "profile", "shop config 2x"), @r"
    shop -> shop_me; (stray) <-
    config profile `config` is refused: dbt keeps its own settings under it; (stray) <-
    2x profile `2x` is refused: it does not begin with a letter or `_`; (stray) <-
    ");
    insta::assert_snapshot!(check("slugs = \"{name}-{env}\"", "slug", "AbC a.b"), @r"
    AbC -> AbC-dev1; (stray) <-
    a.b slug `a.b` is refused: it is not made of letters, digits, `_` and `-`; (stray) <-
    ");
}

/// The help for a name that is refused, in full.
#[track_caller]
fn refusal(rules: &str, kind: Kind, name: &str) -> String {
    let names = names(rules).expect("the rules are right");
    let error: NameError = names.stamp(&kind, name).expect_err("it is refused");
    let diagnostic = error.diagnostic();
    let origin = names.origin(&kind, name).expect("the kind is mentioned");
    format!("{diagnostic:#?}\norigin: {origin:?}")
}

#[test]
fn refusals() {
    let table = "connections = { warehouse = \"redshift\", \"a\" = \"b\" }";
    insta::assert_snapshot!(refusal(table, Kind::Connection, "warehous"), @r#"
    Diagnostic {
        id: "unknown-name",
        severity: Error,
        title: "the environment has no connection for `warehous`",
        labels: [
            Label {
                file: "storyline.toml",
                span: Some(
                    45..82,
                ),
                text: "no entry here, and no `\"*\"`",
                masked: false,
            },
        ],
        help: [
            "did you mean `warehouse`?",
            "add `\"warehous\" = \"…\"` to the table, or `\"*\" = \"{name}\"` to keep all other names",
        ],
    }
    origin: Place { file: "storyline.toml", span: 45..82 }
    "#);
    let table = "models = { orders = \"orders_prod\" }";
    insta::assert_snapshot!(refusal(table, Kind::Model, "orders_prod"), @r#"
    Diagnostic {
        id: "not-injective",
        severity: Error,
        title: "model `orders_prod` would be called `orders_prod`, which stands for `orders`",
        labels: [
            Label {
                file: "storyline.toml",
                span: Some(
                    51..64,
                ),
                text: "the entry for `orders`",
                masked: false,
            },
        ],
        help: [
            "give `orders_prod` an entry with a value of its own",
        ],
    }
    origin: Place { file: "storyline.toml", span: 40..66 }
    "#);
    let pattern = "models = \"{name}_dev\"";
    insta::assert_snapshot!(refusal(pattern, Kind::Model, "nul"), @r#"
    Diagnostic {
        id: "unsafe-name",
        severity: Error,
        title: "model `nul` is refused: `nul` is a device on Windows",
        labels: [
            Label {
                file: "storyline.toml",
                span: Some(
                    40..52,
                ),
                text: "this says what it becomes",
                masked: false,
            },
        ],
        help: [
            "give the name an entry with another value, or rename it in canonical form",
        ],
    }
    origin: Place { file: "storyline.toml", span: 40..52 }
    "#);
}

#[test]
fn kinds() {
    for text in [
        "connection",
        "model",
        "project",
        "label",
        "ref",
        "schema",
        "database",
        "url",
        "profile",
        "slug",
        "constant:X",
        "var:X",
        "var:dbt_date:time_zone",
    ] {
        let kind: Kind = text.parse().expect("a kind");
        assert_eq!(kind.to_string(), text);
    }
    for text in [
        "",
        "Model",
        "constant",
        "constant:",
        "var",
        "var:",
        "slug:x",
    ] {
        assert!(text.parse::<Kind>().is_err(), "{text:?}");
    }
}

#[test]
fn a_kind_that_is_not_changed_is_not_mapped() {
    let rules = "models = \"{name}\"\nlabels = { a = \"a\" }\nschemas = { a = \"a\" }";
    let names = names(rules).expect("the rules are right");
    assert!(!names.maps(&Kind::Url));
    assert!(!names.maps(&Kind::Model));
    assert!(!names.maps(&Kind::Label));
    // Nothing is changed, but what the table leaves out is refused.
    assert!(names.maps(&Kind::Schema));
}

/// Names within names, with the characters that real ones have, and stamps of others.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[abA.&-]{1,3}",
        "(a|b|ab)(_p)?(_p)?",
        "(p_)?(p_)?(a|b|ab)",
        Just("con".to_owned()),
        Just(".git_p".to_owned()),
    ]
}

fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("{name}_p"),
        Just("p_{name}"),
        Just("p_{name}_p"),
        Just("{name}"),
        Just("a{name}"),
        Just("{name}.{env}"),
        Just("{user}-{name}&{{}}"),
    ]
    .prop_map(str::to_owned)
}

fn rule() -> impl Strategy<Value = String> {
    let entries = || proptest::collection::btree_map(name(), name(), 0..4);
    let table = (entries(), proptest::option::of(pattern())).prop_map(|(entries, rest)| {
        let rest = rest.map(|rest| ("*".to_owned(), rest));
        let lines = entries.into_iter().chain(rest);
        let lines = lines.map(|(name, value)| format!("{name:?} = {value:?}"));
        format!("{{ {} }}", lines.collect::<Vec<_>>().join(", "))
    });
    let swap = (name(), name()).prop_filter_map("two names", |(a, b)| {
        (a != b).then(|| format!("{{ {a:?} = {b:?}, {b:?} = {a:?} }}"))
    });
    prop_oneof![pattern().prop_map(|p| format!("{p:?}")), table, swap]
}

const KINDS: [(&str, &str); 8] = [
    ("connections", "connection"),
    ("models", "model"),
    ("projects", "project"),
    ("labels", "label"),
    ("profiles", "profile"),
    ("slugs", "slug"),
    ("constants.C", "constant:C"),
    ("vars.C", "var:C"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn there_and_back(
        (key, kind) in proptest::sample::select(&KINDS[..]),
        rule in rule(),
        list in proptest::collection::vec(name(), 1..12),
    ) {
        // Two entries with one value are refused at load.
        let Some(names) = names(&format!("{key} = {rule}")) else { return Ok(()) };
        let kind: Kind = kind.parse().expect("a kind");
        let stamps = list.iter().filter_map(|n| names.stamp(&kind, n).ok());
        let list: Vec<String> = list.iter().cloned().chain(stamps.map(Into::into)).collect();
        let mut taken = std::collections::BTreeMap::new();
        for name in &list {
            if let Ok(stamped) = names.stamp(&kind, name) {
                let back = names.unstamp(&kind, &stamped);
                prop_assert_eq!(back.as_deref(), Some(name.as_str()));
                let other = taken.insert(stamped.clone(), name);
                prop_assert!(other.is_none_or(|other| other == name));
                prop_assert!(names.maps(&kind) || stamped == name.as_str());
            }
            if let Some(canonical) = names.unstamp(&kind, name) {
                let again = names.stamp(&kind, &canonical);
                prop_assert_eq!(again.as_deref(), Ok(name.as_str()));
            }
        }
    }
}
