//! What `sites`, `stamp` and `unstamp` print, and what stands on the disk afterwards.
#![cfg(unix)]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use common::{Place, Stands, listing, storyline};
use serde_json::Value;

const SUFFIX: &str = r#"[environment.dev1]
connections = "{name}_dev1"
models      = "{name}_dev1"
"#;

/// One model, and a view that names nothing.
fn small() -> Place {
    Place::of(&[
        ("storyline.toml", SUFFIX),
        (
            "orders.model.lkml",
            "connection: \"c\"\ninclude: \"/v.view\"\n",
        ),
        ("v.view.lkml", "view: v {}\n"),
    ])
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn there_in_place_and_back() {
    let place = small();
    let before = place.stands();
    insta::assert_snapshot!(place.run(&["stamp", "dev1"]), @r"
    $ storyline stamp dev1
    --- stdout
    stamped dev1: 1 name in 1 file, 1 renamed, 2 unchanged
    --- exit code 0
    ");
    insta::assert_debug_snapshot!(place.stands(), @r#"
    {
        "orders_dev1.model.lkml": file 644 connection: \"c_dev1\"\ninclude: \"/v.view\"\n,
        "storyline.toml": file 644 [environment.dev1]\nconnections = \"{name}_dev1\"\nmodels      = \"{name}_dev1\"\n,
        "v.view.lkml": file 644 view: v {}\n,
    }
    "#);
    insta::assert_snapshot!(place.run(&["unstamp", "dev1"]), @r"
    $ storyline unstamp dev1
    --- stdout
    unstamped dev1: 1 name in 1 file, 1 renamed, 2 unchanged
    --- exit code 0
    ");
    assert_eq!(place.stands(), before);
}

#[test]
fn into_another_folder() {
    let place = small();
    let before = place.stands();
    insta::assert_snapshot!(place.run(&["stamp", "dev1", "--into", "../copy"]), @r"
    $ storyline stamp dev1 --into ../copy
    --- stdout
    stamped dev1 into ../copy: 1 name in 1 file, 1 renamed, 2 unchanged
    --- exit code 0
    ");
    assert_eq!(place.stands(), before, "the project itself stays");
    place.succeeds(&["stamp", "dev1"]);
    assert_eq!(place.stands(), listing(&place.top.join("copy")));
}

#[test]
fn a_dry_run_changes_nothing() {
    let place = small();
    let before = listing(&place.top);
    insta::assert_snapshot!(place.run(&["stamp", "dev1", "--dry-run"]), @r"
    $ storyline stamp dev1 --dry-run
    --- stdout
    > orders.model.lkml -> orders_dev1.model.lkml: 1 name
    would stamp dev1: 1 name in 1 file, 1 renamed, 2 unchanged
    --- exit code 0
    ");
    insta::assert_snapshot!(place.run(&["stamp", "dev1", "--dry-run", "--into", "../copy"]), @r"
    $ storyline stamp dev1 --dry-run --into ../copy
    --- stdout
    > orders.model.lkml -> orders_dev1.model.lkml: 1 name
    would stamp dev1 into ../copy: 1 name in 1 file, 1 renamed, 2 unchanged
    --- exit code 0
    ");
    assert_eq!(listing(&place.top), before);
}

#[test]
fn what_was_done_as_json() {
    let place = small();
    let dry = place.succeeds(&["stamp", "dev1", "--dry-run", "--format", "json"]);
    let done = place.succeeds(&["stamp", "dev1", "--format", "json"]);
    assert_eq!(dry.replace("\"done\": false", "\"done\": true"), done);
    insta::assert_snapshot!(done, @r#"
    {
      "command": "stamp",
      "environment": "dev1",
      "done": true,
      "changes": [
        {
          "from": "orders.model.lkml",
          "to": "orders_dev1.model.lkml",
          "edits": [
            {
              "start": 13,
              "end": 14,
              "line": 1,
              "column": 14,
              "before": "c",
              "after": "c_dev1"
            }
          ]
        }
      ],
      "diagnostics": []
    }
    "#);
}

#[test]
fn notices_do_not_stop() {
    let place = small();
    place.write(
        "linked.view.lkml",
        "# Shown in /explore/orders/all.\nview: linked {}\n",
    );
    insta::assert_snapshot!(place.run(&["stamp", "dev1", "--dry-run"]), @r"
    $ storyline stamp dev1 --dry-run
    --- stdout
    > orders.model.lkml -> orders_dev1.model.lkml: 1 name
    would stamp dev1: 1 name in 1 file, 1 renamed, 3 unchanged
    --- stderr
    note[name-in-comment]: model `orders` stands in a comment, which is never changed
     --> linked.view.lkml:1:21
      |
    1 | # Shown in /explore/orders/all.
      |                     ^^^^^^
    --- exit code 0
    ");
}

#[test]
fn sites_with_and_without_a_manifest() {
    let place = small();
    insta::assert_snapshot!(place.run(&["sites"]), @r"
    $ storyline sites
    --- stdout
    orders.model.lkml: model orders (own)
    orders.model.lkml:1:14: connection c (own)
    --- exit code 0
    ");
    place.succeeds(&["stamp", "dev1"]);
    insta::assert_snapshot!(place.run(&["sites", "--env", "dev1"]), @r"
    $ storyline sites --env dev1
    --- stdout
    orders_dev1.model.lkml: model orders_dev1 (own)
    orders_dev1.model.lkml:1:14: connection c_dev1 (own)
    --- exit code 0
    ");
    insta::assert_snapshot!(place.run(&["sites"]), @r"
    $ storyline sites
    --- stdout
    orders_dev1.model.lkml: model orders_dev1 (own)
    orders_dev1.model.lkml:1:14: connection c_dev1 (own)
    --- exit code 0
    ");
    fs::remove_file(place.root.join("storyline.toml")).expect("it is there");
    insta::assert_snapshot!(place.run(&["sites"]), @r"
    $ storyline sites
    --- stdout
    orders_dev1.model.lkml: model orders_dev1 (own)
    orders_dev1.model.lkml:1:14: connection c_dev1 (own)
    --- exit code 0
    ");
}

#[test]
fn sites_as_json() {
    let place = small();
    insta::assert_snapshot!(place.run(&["sites", "--format", "json"]), @r#"
    $ storyline sites --format json
    --- stdout
    [
      {
        "file": "orders.model.lkml",
        "in": "path",
        "kind": "model",
        "name": "orders",
        "start": 0,
        "end": 6,
        "line": 0,
        "column": 1,
        "status": "own"
      },
      {
        "file": "orders.model.lkml",
        "in": "text",
        "kind": "connection",
        "name": "c",
        "start": 13,
        "end": 14,
        "line": 1,
        "column": 14,
        "status": "own"
      }
    ]
    --- exit code 0
    "#);
    assert_eq!(
        Place::new().succeeds(&["sites", "--format", "json"]),
        "[]\n"
    );
}

/// Every span of `sites` is where the name stands.
#[test]
fn sites_are_where_they_say() {
    let place = Place::acme("shop");
    let sites = json(&place.succeeds(&["sites", "--format", "json"]));
    let sites = sites.as_array().expect("an array");
    assert!(sites.len() > 20);
    for site in sites {
        let text = |key: &str| site[key].as_str().expect("text");
        let number = |key: &str| site[key].as_u64().expect("a number") as usize;
        let bytes = match text("in") {
            "path" => text("file").as_bytes().to_vec(),
            _ => fs::read(place.root.join(text("file"))).expect("a file"),
        };
        let (start, end) = (number("start"), number("end"));
        assert_eq!(&bytes[start..end], text("name").as_bytes(), "{site}");
        if text("in") == "text" {
            let before = &bytes[..start];
            let line = before.iter().filter(|b| **b == b'\n').count() + 1;
            let column = before.rsplit(|b| *b == b'\n').next().map_or(0, <[u8]>::len) + 1;
            assert_eq!((number("line"), number("column")), (line, column), "{site}");
        }
    }
}

#[test]
fn modes_line_ends_and_byte_order_marks_stay() {
    let place = small();
    let crlf = "\u{feff}connection: \"c\"\r\n# last line without an end";
    place
        .write("crlf.model.lkml", crlf)
        .mode("crlf.model.lkml", 0o755);
    place.mode("orders.model.lkml", 0o640);
    let before = place.stands();
    place.succeeds(&["stamp", "dev1", "--into", "../copy"]);
    place.succeeds(&["stamp", "dev1"]);
    let expect = Stands::File {
        mode: 0o755,
        bytes: crlf.replace("\"c\"", "\"c_dev1\"").into(),
    };
    for stands in [place.stands(), listing(&place.top.join("copy"))] {
        assert_eq!(stands[Path::new("crlf_dev1.model.lkml")], expect);
    }
    place.succeeds(&["unstamp", "dev1"]);
    assert_eq!(place.stands(), before);
}

#[test]
fn links_are_neither_followed_nor_renamed() {
    let place = small();
    fs::create_dir(place.top.join("outside")).expect("a folder");
    fs::write(
        place.top.join("outside/x.model.lkml"),
        "connection: \"c\"\n",
    )
    .expect("a file");
    place.link("linked.model.lkml", "../outside/x.model.lkml");
    place.link("folder", "../outside");
    place.link("dangling", "nowhere");
    place.link("loop", ".");
    let (before, outside) = (place.stands(), listing(&place.top.join("outside")));
    let sites = place.succeeds(&["sites"]);
    assert!(
        !sites.contains("linked") && !sites.contains("folder"),
        "{sites}"
    );
    place.succeeds(&["stamp", "dev1", "--into", "../copy"]);
    place.succeeds(&["stamp", "dev1"]);
    let stamped = place.stands();
    assert_eq!(stamped, listing(&place.top.join("copy")));
    let links = |stands: &common::Listing| {
        let links = stands
            .iter()
            .filter(|(_, s)| matches!(s, Stands::Link { .. }));
        links
            .map(|(path, s)| (path.clone(), s.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(links(&stamped), links(&before));
    place.succeeds(&["unstamp", "dev1"]);
    assert_eq!(place.stands(), before);
    assert_eq!(listing(&place.top.join("outside")), outside);
}

#[test]
fn names_trade_places_and_change_case() {
    let place = Place::of(&[
        (
            "storyline.toml",
            "[environment.dev1]\nmodels = { a = \"b\", b = \"a\", sales = \"Sales\" }\n",
        ),
        ("a.model.lkml", "connection: \"first\"\n"),
        ("b.model.lkml", "connection: \"second\"\n"),
        (
            "sales.model.lkml",
            "connection: \"third\"\ninclude: \"a.model\"\n",
        ),
    ]);
    let before = place.stands();
    place.succeeds(&["stamp", "dev1"]);
    insta::assert_debug_snapshot!(place.stands(), @r#"
    {
        "Sales.model.lkml": file 644 connection: \"third\"\ninclude: \"b.model\"\n,
        "a.model.lkml": file 644 connection: \"second\"\n,
        "b.model.lkml": file 644 connection: \"first\"\n,
        "storyline.toml": file 644 [environment.dev1]\nmodels = { a = \"b\", b = \"a\", sales = \"Sales\" }\n,
    }
    "#);
    place.succeeds(&["unstamp", "dev1"]);
    assert_eq!(place.stands(), before);
}

#[test]
fn empty_folders_and_odd_names_survive() {
    let place = small();
    fs::create_dir_all(place.root.join("empty/inner")).expect("folders");
    for name in [
        &b"caf\xe9.txt"[..],
        b" a\\b\n.view.lkml",
        b"-rf",
        b"\x1b[31m.view.lkml",
        b"nul",
    ] {
        place.write(OsStr::from_bytes(name), "view: x {}\n");
    }
    place.succeeds(&["stamp", "dev1", "--into", "../copy"]);
    place.succeeds(&["-C", "../copy", "unstamp", "dev1", "--into", "../back"]);
    assert_eq!(listing(&place.top.join("back")), place.stands());
}

/// `-C` is where every path starts, as with git.
#[test]
fn c_says_where_the_project_is_and_nothing_else() {
    let place = small();
    let before = place.stands();
    let run = |args: &[&str]| {
        let mut program = storyline();
        // The demo runs Git.
        program.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let output = program.args(args).current_dir(&place.top).output();
        let output = output.expect("the program was built");
        assert!(output.status.success(), "{args:?}");
    };
    run(&["-C", "project", "stamp", "dev1", "--into", "copy"]);
    run(&["-C", "copy", "unstamp", "dev1", "--into", "back"]);
    run(&["-C", "back", "parse", "v.view.lkml"]);
    run(&["-C", "back", "man", "--into", "manual"]);
    run(&["-C", "back", "demo", "company"]);
    assert_eq!(listing(&place.top.join("back")), before);
    for made in [
        "manual/storyline-stamp.1",
        "company/canonical/shop/storyline.toml",
    ] {
        assert!(place.top.join(made).is_file(), "{made}");
    }
}
