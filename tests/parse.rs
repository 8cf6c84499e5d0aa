//! The tree of a file, whatever stands in it.
#![cfg(unix)]

mod common;

use std::io::Write;
use std::process::Stdio;

use common::{Place, storyline};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn the_tree_of_a_file() {
    let place = Place::of(&[(
        "a.view.lkml",
        "view: a {\n  dimension: d { sql: ${TABLE}.d ;; tags: [\"x\", y] }\n}\n",
    )]);
    insta::assert_snapshot!(place.run(&["parse", "a.view.lkml"]), @r"
    $ storyline parse a.view.lkml
    --- stdout
    block view a
      block dimension d
        raw sql ${TABLE}.d
        list tags
          element x
          element y
    --- exit code 0
    ");
    insta::assert_snapshot!(place.run(&["parse", "a.view.lkml", "--format", "json"]), @r#"
    $ storyline parse a.view.lkml --format json
    --- stdout
    {"file":"a.view.lkml","language":"lookml","diagnostics":[],"children":[
    {"kind":"block","start":0,"end":64,"line":1,"column":1,"key":"view","name":"a","children":[
    {"kind":"block","start":12,"end":62,"line":2,"column":3,"key":"dimension","name":"d","children":[
    {"kind":"raw","start":27,"end":45,"line":2,"column":18,"key":"sql","value":"${TABLE}.d","value_start":32,"value_end":42,"quoted":false,"children":[]},
    {"kind":"list","start":46,"end":60,"line":2,"column":37,"key":"tags","children":[
    {"kind":"element","start":53,"end":56,"line":2,"column":44,"value":"x","value_start":54,"value_end":55,"quoted":true,"children":[]},
    {"kind":"element","start":58,"end":59,"line":2,"column":49,"value":"y","value_start":58,"value_end":59,"quoted":false,"children":[]}]}]}]}]}
    --- exit code 0
    "#);
}

#[test]
fn the_tree_of_a_broken_file() {
    let place = Place::of(&[("a.view.lkml", "view: a {\n  }}\n label \"x\n")]);
    insta::assert_snapshot!(place.run(&["parse", "a.view.lkml"]), @r#"
    $ storyline parse a.view.lkml
    --- stdout
    block view a
    error
    error
    --- stderr
    error[lookml-stray-close]: nothing is open that this could close
     --> a.view.lkml:2:4
      |
    2 |   }}
      |    ^
      |
      = help: remove it, or look above for a block that was closed too early

    error[lookml-missing-colon]: a `:` is missing after this word
     --> a.view.lkml:3:2
      |
    3 |  label "x
      |  ^^^^^
      |
      = help: parameters are written `name: value`

    error[lookml-unterminated-string]: this text has no closing `"`
     --> a.view.lkml:3:8
      |
    3 |  label "x
      |        ^^
      |
      = help: add a `"` at its end; a `"` inside the text is written `\"`
    --- exit code 1
    "#);
    let run = place.run(&["parse", "a.view.lkml", "--format", "json"]);
    insta::assert_snapshot!(run.stdout(), @r#"
    {"file":"a.view.lkml","language":"lookml","diagnostics":[{"id":"lookml-stray-close","severity":"error","message":"nothing is open that this could close","places":[{"file":"a.view.lkml","start":13,"end":14,"line":2,"column":4,"text":""}],"help":["remove it, or look above for a block that was closed too early"]},{"id":"lookml-missing-colon","severity":"error","message":"a `:` is missing after this word","places":[{"file":"a.view.lkml","start":16,"end":21,"line":3,"column":2,"text":""}],"help":["parameters are written `name: value`"]},{"id":"lookml-unterminated-string","severity":"error","message":"this text has no closing `\"`","places":[{"file":"a.view.lkml","start":22,"end":24,"line":3,"column":8,"text":""}],"help":["add a `\"` at its end; a `\"` inside the text is written `\\\"`"]}],"children":[
    {"kind":"block","start":0,"end":13,"line":1,"column":1,"key":"view","name":"a","children":[]},
    {"kind":"error","start":13,"end":14,"line":2,"column":4,"children":[]},
    {"kind":"error","start":16,"end":24,"line":3,"column":2,"children":[]}]}
    "#);
    assert_eq!(run.code(), Some(1));
}

/// Tokens cover a file whatever it holds, and the tree is JSON.
#[test]
fn tokens_give_the_file_back() {
    let files: [&[u8]; 8] = [
        b"",
        b"\xef\xbb\xbfview: a {}\r\n",
        b"view: a { # no end",
        b"a: \"\xff\xfe\" } ] ,, \x00\x1b[31m \xf0\x9f",
        b"x: [a, {b: c}] sql: select 1 ;;",
        b":::;;;;\"\"\"",
        "\u{2028}caf\u{e9}: \"\u{202e}\"".as_bytes(),
        b"\n\n\n",
    ];
    let place = Place::new();
    for bytes in files {
        place.write("a.lkml", bytes);
        let run = place.run(&["parse", "a.lkml", "--tokens", "--format", "json"]);
        let tokens = json(run.stdout())["tokens"].take();
        let mut together = Vec::new();
        for token in tokens.as_array().expect("an array") {
            let at = |i: usize| token[i].as_u64().expect("a number") as usize;
            assert_eq!(at(1), together.len(), "{run}");
            together.extend_from_slice(&bytes[at(1)..at(2)]);
        }
        assert_eq!(together, bytes, "{run}");
    }
}

/// Deeper than most readers of JSON go, so that only the brackets are counted.
#[test]
fn ten_thousand_blocks_in_one_another() {
    let place = Place::new();
    place.write("a.lkml", "a: b {".repeat(10_000) + &"}".repeat(10_000));
    let run = place.run(&["parse", "a.lkml", "--format", "json"]);
    let (mut depth, mut in_text, mut escaped) = (0_i64, false, false);
    for byte in run.stdout().bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth -= 1,
            _ => {}
        }
        assert!(depth >= 0);
    }
    assert_eq!((depth, in_text), (0, false));
    insta::assert_snapshot!(run.stderr(), @r"
    error[lookml-too-deep]: blocks and lists are nested more than 256 deep
     --> a.lkml:1:161
      |
    1 | ...: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b {a: b ...
      |                                                                    ^
    ");
}

#[test]
fn parse_reads_standard_input() {
    let mut child = storyline()
        .args(["parse", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"view: a {").expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.stdout, b"block view a\n");
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @r"
    error[lookml-unclosed-block]: this `{` is never closed
     --> standard input:1:9
      |
    1 | view: a {
      |         ^
      |
      = help: add a `}` where the block ends
    ");
}
