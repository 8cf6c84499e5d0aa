//! Manifests as people write them, in `ok/` and `err/`, each with what comes of it beside it.
//!
//! A file holds one manifest; `#--- PATH` starts a further file of the same case.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;
use storyline_manifest::{
    Environment, Kind, Locator, Manifest, NameError, StagePolicy, is_manifest_file,
};
use storyline_text::{Diagnostic, Label, LineIndex, RelPath};

type Files = Vec<(RelPath, Vec<u8>)>;

fn path(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).expect("a plain path")
}

/// The files of a case.
fn files(case: &str) -> Files {
    let mut parts = case.split("#--- ");
    let main = parts.next().unwrap_or_default();
    let mut files: Files = vec![(path("storyline.toml"), main.into())];
    for part in parts {
        let (name, text) = part.split_once('\n').expect("a path and a line end");
        files.push((path(name), text.into()));
    }
    files.retain(|(path, bytes)| path.as_bytes() != b"storyline.toml" || !bytes.is_empty());
    files
}

/// The diagnostics, one line for each part, with the bytes that each place covers.
fn rendered(files: &Files, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let _ = writeln!(out, "{}: {}", diagnostic.id, diagnostic.title);
        for label in &diagnostic.labels {
            let _ = writeln!(out, "  {}", place(files, label));
        }
        for help in &diagnostic.help {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    out
}

fn place(files: &Files, label: &Label) -> String {
    let mut out = label.file.to_string();
    let source = files.iter().find(|(path, _)| *path == label.file);
    if let (Some(span), Some((_, bytes))) = (label.span, source) {
        let at = LineIndex::new(bytes).position(bytes, span.start);
        let covered = String::from_utf8_lossy(span.slice(bytes));
        let _ = write!(out, ":{}:{}: [{covered}]", at.line, at.column);
    }
    if !label.text.is_empty() {
        let _ = write!(out, " {}", label.text);
    }
    out
}

/// The manifest of a case, or its errors for people.
fn parse(case: &str) -> Result<Manifest, String> {
    let files = files(case);
    assert!(files.iter().all(|(path, _)| is_manifest_file(path)));
    Manifest::parse(&files).map_err(|errors| rendered(&files, errors.diagnostics()))
}

/// A manifest in short: what is plain as it is, and what some names become.
fn described(manifest: &Manifest) -> String {
    let mut out = format!(
        "rules: {}\ncanonical: {:?}\nstory branch: {:?}\nhosts: {:?}\nuses: {:?}\n",
        manifest.rules,
        manifest.canonical,
        manifest.story_branch.of("Fix it"),
        manifest.hosts(),
        manifest.uses(),
    );
    let _ = writeln!(out, "pipeline: {:?}", manifest.pipeline);
    for stage in manifest.pipeline.iter().flatten() {
        let policy = manifest.policy(stage);
        if *policy != StagePolicy::default() {
            let _ = writeln!(out, "policy of {stage}: {policy:?}");
            let _ = write!(out, "{}", policy.allowed_signers());
        }
    }
    for (stage, steps) in &manifest.steps {
        for step in steps {
            let _ = writeln!(out, "step of {stage}: {step:?}");
        }
    }
    let _ = writeln!(out, "repositories: {:?}", manifest.repositories);
    for site in &manifest.sites {
        let locator = match &site.locator {
            Locator::Path(path) => format!("{path:?}"),
            Locator::Pattern(regex) => regex.to_string(),
        };
        let _ = writeln!(out, "site: {:?} {locator} {}", site.files, site.kind);
    }
    for environment in manifest.environments() {
        describe(&mut out, environment);
    }
    out
}

fn describe(out: &mut String, environment: &Environment) {
    let Environment {
        name,
        place,
        user,
        repository,
        branch,
        story_branch,
        looker,
        ..
    } = environment;
    let _ = writeln!(out, "\nenvironment {name}: {place:?}");
    let _ = writeln!(
        out,
        "  user: {user:?}, repository: {repository:?}, branch: {branch:?}"
    );
    let story_branch = story_branch.as_ref().map(|b| b.of("42"));
    let follows = environment.follows_canonical;
    let _ = writeln!(
        out,
        "  story branch: {story_branch:?}, follows canonical: {follows}"
    );
    let _ = writeln!(out, "  looker: {looker:?}");
    if let Some(dbt) = environment.dbt() {
        let _ = writeln!(out, "  dbt: {dbt:?}");
    }
    let kinds = "connection model project label ref schema database url profile slug \
        constant:SCHEMA constant:SUFFIX constant:HOST constant:MODE var:lookback";
    for kind in kinds.split(' ') {
        let kind: Kind = kind.parse().expect("a kind");
        if !environment.names().maps(&kind) {
            continue;
        }
        let _ = write!(out, "  {kind}:");
        for name in [
            "orders",
            "warehouse",
            "a",
            "dev",
            "analytics_dev",
            "https://a.example.com",
        ] {
            match environment.names().stamp(&kind, name) {
                Ok(stamped) if stamped == name => {}
                Ok(stamped) => drop(write!(out, " {name} -> {stamped};")),
                Err(NameError::Unknown { .. }) => drop(write!(out, " {name} unknown;")),
                Err(error) => drop(write!(out, " {error};")),
            }
        }
        out.push('\n');
    }
}

/// Runs `outcome` on every case of a folder and keeps what it says beside the case.
fn cases(folder: &str, outcome: impl Fn(&str) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for case in std::fs::read_dir(&folder).expect("the folder of cases is there") {
            let path = case.expect("the folder can be read").path();
            if path.extension().is_some_and(|e| e == "toml") {
                let text = std::fs::read_to_string(&path).expect("a case can be read");
                let name = path.file_stem().expect("it has an extension");
                insta::assert_snapshot!(name.to_string_lossy().into_owned(), outcome(&text));
            }
        }
    });
}

#[test]
fn good_manifests() {
    cases("ok", |case| match parse(case) {
        Ok(manifest) => described(&manifest),
        Err(errors) => panic!("{errors}"),
    });
}

#[test]
fn bad_manifests() {
    cases("err", |case| parse(case).expect_err("the case is wrong"));
}

#[test]
fn bytes_that_are_no_text() {
    let main = b"[canonical]\nbranch = \"caf\xe9\"\n".to_vec();
    let other = b"\xff\xfeb\0".to_vec();
    let files: Files = vec![
        (path("storyline.toml"), main),
        (path("environments/a.toml"), other),
    ];
    let errors = Manifest::parse(&files).expect_err("Latin-1 and UTF-16 are refused");
    insta::assert_snapshot!(rendered(&files, errors.diagnostics()), @r#"
    not-utf8: byte `\xff` at line 1, column 1 is not UTF-8
      environments/a.toml:1:1: [�]
      help: save the file as UTF-8
    not-utf8: byte `\xe9` at line 2, column 14 is not UTF-8
      storyline.toml:2:14: [�]
      help: save the file as UTF-8
    "#);
}

/// Which of some files the one site of a manifest means.
fn files_of(globs: &str) -> String {
    let case = format!("[[site]]\nfiles = {globs}\npath = \"a\"\nkind = \"schema\"\n");
    let manifest = parse(&case).expect("it is right");
    let files = "a.yml x/a.yml x/y/a.yml x/y/b.json x/[z]/a.yml";
    let files = files.split(' ');
    let meant = files.filter(|file| manifest.sites[0].files.contains(&path(file)));
    meant.collect::<Vec<_>>().join(" ")
}

#[test]
fn globs_of_files() {
    assert_eq!(files_of(r#""*.yml""#), "a.yml");
    assert_eq!(files_of(r#""*/*.yml""#), "x/a.yml");
    assert_eq!(
        files_of(r#""**/a.yml""#),
        "a.yml x/a.yml x/y/a.yml x/[z]/a.yml"
    );
    assert_eq!(
        files_of(r#"["a.yml", "x/**/*.{json,toml}"]"#),
        "a.yml x/y/b.json"
    );
    assert_eq!(files_of(r"'x/\[z]/a.yml'"), "x/[z]/a.yml");
}

#[test]
fn windows_files_are_read() {
    let text = "\u{feff}[environment.dev1]\r\nmodels = \"{nam}_dev\"\r\n";
    let files: Files = vec![(path("storyline.toml"), text.into())];
    let errors = Manifest::parse(&files).expect_err("a placeholder is wrong");
    insta::assert_snapshot!(rendered(&files, errors.diagnostics()), @r"
    pattern-placeholder: `{nam}` is no placeholder
      storyline.toml:2:12: [nam]
      help: did you mean `{name}`?
    ");
}

#[test]
fn environments_are_found_by_name() {
    let manifest = parse("[environment.dev1]\n[environment.dev2]\n").expect("it is right");
    let found = manifest.environment("dev2").expect("it is declared");
    assert_eq!(found.name, "dev2");
    let slip = manifest
        .environment("dve1")
        .expect_err("it is not declared");
    insta::assert_snapshot!(rendered(&Files::new(), &[slip.diagnostic()]), @r"
    unknown-environment: the manifest has no environment `dve1`
      help: did you mean `dev1`?
    ");
    let far = manifest
        .environment("production")
        .expect_err("it is not declared");
    insta::assert_snapshot!(rendered(&Files::new(), &[far.diagnostic()]), @r"
    unknown-environment: the manifest has no environment `production`
      help: environments: `dev1`, `dev2`
    ");
}

#[test]
fn manifest_files_are_told_apart() {
    for (name, expect) in [
        ("storyline.toml", true),
        ("environments/dev1.toml", true),
        ("environments/a/b.toml", false),
        ("environments/dev1.yaml", false),
        ("sub/storyline.toml", false),
    ] {
        assert_eq!(is_manifest_file(&path(name)), expect, "{name}");
    }
}

#[test]
fn the_committed_schema_is_fresh() {
    let committed = include_str!("../../../docs/storyline.schema.json");
    let stale = "refresh it: storyline manifest schema > docs/storyline.schema.json";
    assert!(committed == storyline_manifest::json_schema(), "{stale}");
}

#[test]
fn a_branch_tells_its_story() {
    for (pattern, branch, expect) in [
        ("story/{id}", "story/ABC-12", Some("ABC-12")),
        ("story/{id}", "story/", None),
        ("story/{id}", "master", None),
        ("{id}-wip", "ABC-12-wip", Some("ABC-12")),
        ("{id:lower}", "abc-12", Some("abc-12")),
        ("{id:lower}", "ABC-12", None),
        ("{id}/{id}", "a/a", None),
    ] {
        let text = format!("[story]\nbranch = \"{pattern}\"\n");
        let manifest = parse(&text).expect("a plain manifest");
        assert_eq!(
            manifest.story_branch.id_in(branch),
            expect,
            "{pattern} {branch}"
        );
    }
}

proptest! {
    /// Whatever stands in the files, there is an answer, and every place lies in its file.
    #[test]
    fn nothing_panics(
        cut in 0usize..1500,
        len in 0usize..40,
        put in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..12),
            "[{}\\[\\]\"'.=*a-z\n]{0,12}".prop_map(String::into_bytes),
        ],
        own in any::<bool>(),
    ) {
        let mut bytes = include_bytes!("ok/everything.toml").to_vec();
        let start = cut.min(bytes.len());
        let end = (start + len).min(bytes.len());
        bytes.splice(start..end, put);
        let name = if own { "environments/e.toml" } else { "storyline.toml" };
        if let Err(errors) = Manifest::parse(&[(path(name), &bytes)]) {
            for label in errors.diagnostics().iter().flat_map(|d| &d.labels) {
                let span = label.span.unwrap_or_default();
                prop_assert!(span.end as usize <= bytes.len());
            }
        }
    }
}
