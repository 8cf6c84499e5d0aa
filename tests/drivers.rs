//! Git with Storyline's drivers: real `git diff`, `log -p`, `blame`, `merge`, `rebase`, `cherry-pick` and
//! `stash`, on a fork in an environment's form.
#![cfg(unix)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::fork::Forked;
use common::team::Clone;
use common::{Place, storyline};
use proptest::prelude::*;

const MODEL: &str = "connection: \"warehouse\"\ninclude: \"/views/*\"\n\nexplore: orders {}\n\n\
    explore: users {}\n\n\nexplore: items {}\n\n\n# The end of the shop.\n";
const VIEW: &str = "views/orders.view.lkml";
const ORDERS: &str = "view: orders {\n  derived_table: {\n    sql:\n      select 1\n      from a\n      \
    where b\n      group by c\n    ;;\n  }\n  dimension: id {\n    link: { label: \"All\" url: \
    \"/explore/shop/orders\" }\n  }\n  dimension: name {}\n\n\n\n  measure: count {}\n}\n";

/// A fork of `dev1` with a model and a view, and canonical's branch beside it.
fn forked() -> Forked {
    let forked = Forked::bare();
    let maker = forked.team.clone("maker");
    maker.write("shop.model.lkml", MODEL);
    maker.commit(VIEW, ORDERS, "A shop");
    maker.git(&["commit", "--quiet", "-am", "All of it"]);
    maker.git(&["push", "--quiet", "origin", "main"]);
    let tip = forked.project(&maker, "HEAD");
    let push = format!("{tip}:refs/heads/main");
    maker.git(&["push", "--quiet", &forked.url(), &push]);
    forked
}

/// A clone of the fork with the drivers in it.
fn ide<'t>(forked: &'t Forked, name: &str) -> Clone<'t> {
    let clone = forked.ide(name);
    clone.git(&["remote", "add", "corporate", &forked.team.url()]);
    clone.git(&["fetch", "--quiet", "corporate"]);
    clone.succeeds(&["hooks", "install"]);
    clone
}

fn read(clone: &Clone<'_>, path: &str) -> String {
    fs::read_to_string(clone.root.join(path)).expect("a file")
}

fn edit(clone: &Clone<'_>, path: &str, from: &str, to: &str) {
    let text = read(clone, path);
    assert!(text.contains(from), "{from} is in {text}");
    clone.write(path, &text.replacen(from, to, 1));
}

fn edited(clone: &Clone<'_>, path: &str, from: &str, to: &str) -> String {
    edit(clone, path, from, to);
    clone.git(&["commit", "--quiet", "-am", to]);
    clone.git(&["rev-parse", "HEAD"])
}

/// A patch without the names of its blobs.
fn patch(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("index "));
    lines.map(|line| format!("{line}\n")).collect()
}

const SHOP: &str = "shop_dev1.model.lkml";

#[test]
fn what_only_a_stamp_moved_is_not_shown() {
    let forked = forked();
    let ide = ide(&forked, "ide");
    assert!(
        read(&ide, SHOP).contains("warehouse_dev1"),
        "the fork is stamped"
    );
    let told = ide.git(&["diff", "corporate/main", "HEAD"]);
    insta::assert_snapshot!(patch(&told), @r"
    diff --git a/shop.model.lkml b/shop_dev1.model.lkml
    similarity index 78%
    rename from shop.model.lkml
    rename to shop_dev1.model.lkml
    ");
    edit(&ide, SHOP, "users {}", "users { label: \"People\" }");
    insta::assert_snapshot!(patch(&ide.git(&["diff"])), @r#"
    diff --git a/shop_dev1.model.lkml b/shop_dev1.model.lkml
    --- a/shop_dev1.model.lkml
    +++ b/shop_dev1.model.lkml
    @@ -3,7 +3,7 @@ include: "/views/*"
     
     explore: orders {}
     
    -explore: users {}
    +explore: users { label: "People" }
     
     
     explore: items {}
    "#);
    edit(&ide, VIEW, "dimension: name {}", "dimension: title {}");
    ide.git(&["commit", "--quiet", "-am", "Titles"]);
    for args in [
        &["log", "-p", "--reverse"][..],
        &["show", "HEAD"],
        &["show", "HEAD:shop_dev1.model.lkml", "--textconv"],
        &["blame", SHOP],
        &["blame", VIEW],
        &["diff", "HEAD~1"],
        &["diff", "corporate/main"],
        &["range-diff", "HEAD~1..HEAD", "HEAD~1..HEAD"],
    ] {
        let told = ide.git(args);
        let names = told.replace(SHOP, "").replace("{name}_dev1", "");
        assert!(!names.contains("_dev1"), "{args:?}: {told}");
    }
}

#[test]
fn linked_worktrees_and_bare_repositories() {
    let forked = forked();
    let ide = ide(&forked, "ide");
    edited(&ide, SHOP, "users {}", "users { label: \"People\" }");
    let linked = forked.team.top.join("linked");
    let linked = linked.to_str().expect("a plain path");
    ide.git(&["worktree", "add", "--quiet", linked, "HEAD"]);
    let told = ide.git(&["-C", linked, "show"]);
    assert!(
        told.contains("label: \"People\"") && !told.contains("warehouse_dev1"),
        "{told}"
    );
    let below = format!("{linked}/views");
    let told = ide.git(&["-C", &below, "diff", "corporate/main"]);
    assert!(!told.contains("-    link"), "{told}");

    // Attributes may also come from a commit.
    ide.git(&["push", "--quiet", "--no-verify", "origin", "HEAD:main"]);
    ide.succeeds(&["hooks", "install", "--tracked"]);
    ide.git(&["add", ".gitattributes"]);
    ide.git(&["commit", "--quiet", "--no-verify", "-m", "Attributes"]);
    let bare = forked.team.top.join("bare.git");
    let bare = bare.to_str().expect("a plain path");
    ide.git(&["clone", "--quiet", "--bare", ".", bare]);
    ide.succeeds(&["-C", bare, "hooks", "install"]);
    fs::remove_file(Path::new(bare).join("info/attributes")).expect("it was written");
    let show = ["-C", bare, "log", "-p", "main"];
    assert!(
        ide.git(&show).contains("warehouse_dev1"),
        "nothing says which files"
    );
    let told = ide.git(&[&["--attr-source=main"], &show[..]].concat());
    assert!(!told.contains("warehouse_dev1"), "{told}");

    // The same for merges that touch no working tree.
    let base = ide.git(&["rev-parse", "HEAD"]);
    let one = edited(&ide, SHOP, "orders {}", "orders { label: \"1\" }");
    ide.git(&["switch", "--quiet", "--detach", &base]);
    let two = edited(&ide, SHOP, "items {}", "items { label: \"2\" }");
    ide.git(&[
        "push",
        "--quiet",
        "--no-verify",
        bare,
        &format!("{one}:refs/heads/one"),
    ]);
    ide.git(&[
        "push",
        "--quiet",
        "--no-verify",
        bare,
        &format!("{two}:refs/heads/two"),
    ]);
    let merge = [
        "--attr-source=main",
        "-C",
        bare,
        "merge-tree",
        "--write-tree",
        "one",
        "two",
    ];
    let tree = ide.git(&merge);
    let told = ide.git(&["-C", bare, "cat-file", "blob", &format!("{tree}:{SHOP}")]);
    assert!(told.contains("\"1\"") && told.contains("\"2\"") && told.contains("warehouse_dev1"));
}

/// What the textconv driver prints for a file of a project.
#[track_caller]
fn shown(place: &Place, path: &str, bytes: &[u8]) -> Vec<u8> {
    let folder = place.top.join("git-blob-x");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(Path::new(path).file_name().expect("a name"));
    fs::write(&file, bytes).expect("a file");
    let output = storyline()
        .args(["git-driver", "diff", "--"])
        .arg(file)
        .current_dir(&place.root)
        .output()
        .expect("the program was built");
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

/// A stamped project whose files are staged.
fn staged(manifest: &str) -> Place {
    let place = Place::of(&[
        ("storyline.toml", manifest),
        (
            "shop_dev1.model.lkml",
            "connection: \"warehouse_dev1\"\nexplore: orders {}\n",
        ),
        ("warehouse_prod.model.lkml", "connection: \"lake_dev1\"\n"),
    ]);
    let run = |args: &[&str]| {
        let run = Command::new("git")
            .args(args)
            .current_dir(&place.root)
            .output();
        assert!(run.expect("git is installed").status.success());
    };
    run(&["init", "--quiet"]);
    run(&["add", "."]);
    place
}

const RULES: &str = "[environment.dev1]\nconnections = \"{name}_dev1\"\nmodels = { shop = \"shop_dev1\" }\n\
    [environment.dev2]\nconnections = \"{name}_dev2\"\n";

#[test]
fn files_in_canonical_form_and_in_any_environment_s() {
    let place = staged(RULES);
    let show = |text: &str| {
        String::from_utf8(shown(&place, "x.model.lkml", text.as_bytes())).expect("text")
    };
    for (text, expect) in [
        (
            "connection: \"warehouse_dev1\"\n",
            "connection: \"warehouse\"\n",
        ),
        (
            "connection: \"warehouse_dev2\"\n",
            "connection: \"warehouse\"\n",
        ),
        ("connection: \"new_dev1\"\n", "connection: \"new\"\n"),
        ("connection: \"warehouse\"\n", "connection: \"warehouse\"\n"),
        // Line ends, and a last line without one.
        (
            "connection: \"lake_dev1\"\r\n# x\r\n#",
            "connection: \"lake\"\r\n# x\r\n#",
        ),
        // Comments are nobody's.
        ("# warehouse_dev1\n", "# warehouse_dev1\n"),
    ] {
        assert_eq!(show(text), expect);
    }
}

#[test]
fn what_cannot_be_unstamped_is_shown_as_it_is() {
    let place = staged(RULES);
    let large = format!(
        "connection: \"warehouse_dev1\"\n#{}\n",
        "x".repeat(20 << 20)
    );
    for (path, bytes) in [
        (
            "x.model.lkml",
            &b"connection: \"warehouse_dev1\"\nexplore: x {\n"[..],
        ),
        ("x.model.lkml", b"connection: \"warehouse_dev1\"\n\0"),
        (
            "x.model.lkml",
            b"connection: \"warehouse_dev1\" # \xff\nexplore: {",
        ),
        ("x.model.lkml", b""),
        // Names of two forms.
        (
            "x.model.lkml",
            b"connection: \"lake_dev1\"\nexplore: a { link: { url: \"/explore/shop/a\" } }\n",
        ),
        ("README.md", b"warehouse_dev1"),
        ("-x;$(touch y)\n\x1b.model.lkml", b"# warehouse_dev1\n"),
        ("x.model.lkml", large.as_bytes()),
    ] {
        assert!(shown(&place, path, bytes) == bytes, "{path}");
    }
    let bytes = b"connection: \"warehouse_dev1\"\n";
    for manifest in [
        "[environment.dev1\n",
        "[environment.dev1]\nconnections = 1\n",
    ] {
        assert_eq!(shown(&staged(manifest), "x.model.lkml", bytes), bytes);
    }
    let nowhere = Place::of(&[("storyline.toml", RULES)]);
    assert_eq!(shown(&nowhere, "x.model.lkml", bytes), bytes);
}

#[test]
fn names_that_are_canonical_as_well_stay() {
    // `warehouse_prod` looks like a stamp, and is a connection of its own.
    let rules = "[environment.prod]\nconnections = \"{name}_prod\"\n";
    let place = Place::of(&[
        ("storyline.toml", rules),
        ("a.model.lkml", "connection: \"warehouse_prod\"\n"),
        ("b.model.lkml", "connection: \"warehouse\"\n"),
    ]);
    for args in [&["init", "--quiet"][..], &["add", "."]] {
        let run = Command::new("git")
            .args(args)
            .current_dir(&place.root)
            .status();
        assert!(run.expect("git is installed").success());
    }
    for text in [
        "connection: \"warehouse_prod\"\n",
        "connection: \"warehouse\"\n",
    ] {
        assert_eq!(
            shown(&place, "a.model.lkml", text.as_bytes()),
            text.as_bytes()
        );
    }
}

#[test]
fn merges_rebases_and_picks() {
    let forked = forked();
    let ide = ide(&forked, "ide");
    ide.git(&["switch", "--quiet", "-c", "one"]);
    edited(&ide, SHOP, "orders {}", "orders { label: \"1\" }");
    ide.git(&["switch", "--quiet", "-c", "two", "main"]);
    let two = edited(&ide, SHOP, "items {}", "items { label: \"2\" }");
    let both = |clone: &Clone<'_>| {
        let text = read(clone, SHOP);
        text.contains("\"1\"") && text.contains("\"2\"") && text.contains("warehouse_dev1")
    };
    ide.git(&["merge", "--quiet", "--no-edit", "one"]);
    assert!(both(&ide));
    ide.git(&["reset", "--quiet", "--hard", &two]);
    ide.git(&["rebase", "--quiet", "one"]);
    assert!(both(&ide));
    ide.git(&["switch", "--quiet", "--detach", "one"]);
    ide.git(&["cherry-pick", &two]);
    assert!(both(&ide));
    ide.git(&["switch", "--quiet", "--detach", "main"]);
    edit(&ide, SHOP, "orders {}", "orders { label: \"1\" }");
    ide.git(&["stash", "--quiet"]);
    ide.git(&["checkout", "--quiet", &two]);
    ide.git(&["stash", "pop", "--quiet"]);
    assert!(both(&ide));
}

#[test]
fn canonical_s_branch_merges_into_a_stamped_one() {
    let forked = forked();
    let ide = ide(&forked, "ide");
    edited(&ide, VIEW, "measure: count {}", "measure: number {}");
    ide.git(&["switch", "--quiet", "-c", "canonical", "HEAD~1"]);
    ide.succeeds(&["unstamp", "dev1"]);
    ide.git(&["add", "--all"]);
    ide.git(&[
        "commit",
        "--quiet",
        "--no-verify",
        "-m",
        "As canonical has it",
    ]);
    edit(&ide, VIEW, "\"All\"", "\"Every\"");
    let link = "name { link: { url: \"/explore/shop/users\" } }";
    edit(&ide, VIEW, "name {}", link);
    ide.git(&["commit", "--quiet", "--no-verify", "-am", "Links"]);
    assert!(read(&ide, VIEW).contains("/explore/shop/orders"));
    ide.git(&["switch", "--quiet", "main"]);
    ide.git(&["merge", "--quiet", "--no-verify", "--no-edit", "canonical"]);
    let text = read(&ide, VIEW);
    for line in [
        "\"Every\" url: \"/explore/shop_dev1/orders\"",
        "/explore/shop_dev1/users",
        "measure: number {}",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("<<<<<<<"), "{text}");
}

#[test]
fn values_that_span_lines_are_never_mixed() {
    let forked = forked();
    let ide = ide(&forked, "ide");
    ide.git(&["switch", "--quiet", "-c", "one"]);
    edited(&ide, VIEW, "select 1", "select 2");
    ide.git(&["switch", "--quiet", "-c", "two", "main"]);
    edited(&ide, VIEW, "group by c", "group by d");
    let run = ide.try_git(&["merge", "one"]);
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    insta::assert_snapshot!(read(&ide, VIEW), @r#"
    view: orders {
      derived_table: {
        sql:
    <<<<<<< HEAD
          select 1
          from a
          where b
          group by d
    =======
          select 2
          from a
          where b
          group by c
    >>>>>>> one
        ;;
      }
      dimension: id {
        link: { label: "All" url: "/explore/shop_dev1/orders" }
      }
      dimension: name {}



      measure: count {}
    }
    "#);
    ide.git(&["merge", "--abort"]);
    // One side alone, or both alike, is no conflict.
    edited(&ide, VIEW, "group by d", "group by c");
    ide.git(&["merge", "--quiet", "--no-edit", "one"]);
    assert!(read(&ide, VIEW).contains("select 2"));
}

#[test]
fn what_cannot_be_read_after_a_merge_is_a_conflict() {
    let place = staged(RULES);
    let base = "view: a {\n  dimension: x {}\n\n\n\n  dimension: y {}\n}\n\n\nview: b {}\n";
    let ours = base.replace("}\n\n\nview: b {}", "\n\n\ndimension: b {} }");
    let theirs = base
        .replace("view: a {\n", "")
        .replace("  dimension: y {}\n}\n", "  dimension: y {}\n");
    // Each reads well, and both together have one brace less.
    let told = merged(&place, "x.view.lkml", [base, &ours, &theirs]);
    assert_eq!(told.0, Some(1), "{}", told.1);
    assert!(
        told.1.contains("<<<<<<< here") && told.1.contains(">>>>>>> there"),
        "{}",
        told.1
    );
}

#[test]
fn block_scalars_of_yaml_are_merged_as_a_whole() {
    let place = staged(RULES);
    let base = "- dashboard: d\n  title: D\n  elements:\n  - name: a\n    note: |\n      one\n\n      two\n\n      \
        three\n    model: shop_dev1\n";
    let ours = base.replace("one", "1");
    let theirs = base.replace("three", "3");
    let (code, told) = merged(&place, "d.dashboard.lookml", [base, &ours, &theirs]);
    assert_eq!(code, Some(1), "{told}");
    for line in ["      1\n", "      3\n", "      one\n", "      three\n"] {
        assert!(told.contains(line), "both sides are there: {told}");
    }
    let theirs = base
        .replace("title: D", "title: E")
        .replace("shop_dev1", "shop");
    let (code, told) = merged(&place, "d.dashboard.lookml", [base, &ours, &theirs]);
    assert_eq!(
        (code, told),
        (Some(0), ours.replace("title: D", "title: E"))
    );
}

/// What the merge driver makes of base, ours and theirs, and its exit code.
fn merged(place: &Place, path: &str, sides: [&str; 3]) -> (Option<i32>, String) {
    let files = ["O", "A", "B"].map(|name| place.top.join(name));
    for (file, side) in files.iter().zip(sides) {
        fs::write(file, side).expect("a file");
    }
    let output = storyline()
        .args(["git-driver", "merge", "--"])
        .args(&files)
        .args(["7", path, "origin", "here", "there"])
        .current_dir(&place.root)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .expect("the program was built");
    let text = fs::read(&files[1]).expect("it is there");
    (output.status.code(), String::from_utf8_lossy(&text).into())
}

#[test]
fn git_works_without_the_program() {
    let forked = forked();
    let ide = ide(&forked, "ide");
    let gone = |name: &str| {
        let value = ide.git(&["config", name]);
        let value = value.replace(env!("CARGO_BIN_EXE_storyline"), "/gone/storyline");
        ide.git(&["config", name, &value]);
    };
    ide.git(&["config", "storyline.environment", "dev1"]);
    gone("diff.storyline.textconv");
    gone("merge.storyline.driver");
    let told = ide.succeeds(&["doctor"]);
    assert!(told.stdout().contains("is gone"), "{told}");
    ide.git(&["switch", "--quiet", "-c", "one"]);
    edited(&ide, SHOP, "orders {}", "orders { label: \"1\" }");
    ide.git(&["switch", "--quiet", "-c", "two", "main"]);
    edited(&ide, SHOP, "orders {}", "orders { label: \"2\" }");
    edited(&ide, SHOP, "items {}", "items { label: \"2\" }");
    assert!(ide.git(&["show", "HEAD~1"]).contains("label: \"2\""));
    let run = ide.try_git(&["merge", "one"]);
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    let text = read(&ide, SHOP);
    assert!(
        text.contains("<<<<<<<") && text.contains("\"1\"") && text.contains(">>>>>>> one"),
        "{text}"
    );
}

/// Lines of a file: two with names, and others.
const LINES: [&str; 6] = [
    "  dimension: a { link: { url: \"/explore/shop/a\" } }",
    "  dimension: b { link: { url: \"/explore/shop/b\" } }",
    "  dimension: c {}",
    "  sql_table_name: d ;;",
    "",
    "  measure: e { sql: 1\n    + 2 ;; }",
];

fn text(lines: &[usize]) -> String {
    let lines = lines.iter().map(|line| format!("{}\n", LINES[*line]));
    format!("view: v {{\n{}}}\n", lines.collect::<String>())
}

fn sides() -> impl Strategy<Value = [String; 3]> {
    let lines = || prop::collection::vec(0..LINES.len(), 0..8);
    let change = || (0..8usize, 0..3usize, lines());
    (lines(), change(), change()).prop_map(|(base, ours, theirs)| {
        let changed = |(at, gone, new): (usize, usize, Vec<usize>)| {
            let mut lines = base.clone();
            let at = at.min(lines.len());
            let end = (at + gone).min(lines.len());
            lines.splice(at..end, new.into_iter().take(2));
            text(&lines)
        };
        [text(&base), changed(ours), changed(theirs)]
    })
}

fn stamped(text: &str) -> String {
    text.replace("/explore/shop/", "/explore/shop_dev1/")
}

#[test]
fn merging_stamped_sides_is_stamping_what_canonical_ones_merge_to() {
    let fork = staged(RULES);
    let canonical = Place::of(&[
        ("storyline.toml", RULES),
        ("shop.model.lkml", "connection: \"warehouse\"\n"),
    ]);
    for args in [&["init", "--quiet"][..], &["add", "."]] {
        let run = Command::new("git")
            .args(args)
            .current_dir(&canonical.root)
            .status();
        assert!(run.expect("git is installed").success());
    }
    let config = ProptestConfig {
        cases: 48,
        ..ProptestConfig::default()
    };
    proptest!(config, |([base, ours, theirs] in sides())| {
        let path = "v.view.lkml";
        let (code, result) = merged(&canonical, path, [&base, &ours, &theirs]);
        let expect = (code, stamped(&result));
        let all = [&base, &ours, &theirs].map(|side| stamped(side));
        prop_assert_eq!(&merged(&fork, path, [&all[0], &all[1], &all[2]]), &expect);
        // The other side as canonical has it.
        prop_assert_eq!(&merged(&fork, path, [&base, &all[1], &theirs]), &expect);
    });
}
