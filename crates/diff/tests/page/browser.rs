//! Pages in a real Chromium: nothing is asked for, nothing is complained of, and everybody finds their way.
//!
//! Runs when `STORYLINE_CHROMIUM` names Chromium's program and `STORYLINE_NODE_MODULES` the folder with the
//! packages that drive it; continuous integration (`CI` is set) must have both. Screenshots are left in
//! `pages`, in cargo's folder for what tests write.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// Opens pages, by name, in both themes and two widths, checks what holds of any page, and returns the order
/// in which each hands on the focus; nothing where there is no browser.
#[track_caller]
pub(crate) fn looked_at(pages: &[(&str, String)]) -> BTreeMap<String, String> {
    let mut orders = BTreeMap::new();
    let Some(found) = found(pages) else {
        return orders;
    };
    assert_eq!(found.len(), 4 * pages.len());
    for look in &found {
        let at = format!("{} {} {}", look["file"], look["theme"], look["width"]);
        for what in ["requests", "messages", "violations"] {
            assert_eq!(look[what], json!([]), "{what}: {at}");
        }
        assert_eq!(look["overflow"], json!(false), "{at}");
        let focus = look["focus"].as_array().expect("a list");
        let is_seen = |one: &Value| one["visible"] == json!(true);
        assert!(focus.iter().all(is_seen), "{at}: {focus:?}");
        // Where stamps differ, there is a switch.
        if let Some(switched) = look.get("afterSwitch") {
            assert_eq!(switched, &json!(["r"]), "{at}");
            assert_eq!(look["afterSwitchBack"], json!(["c"]), "{at}");
        }
        if let Some(folded) = look.get("folded") {
            assert_eq!(folded, &json!(0), "{at}");
            assert_eq!(look["navigation"], json!(false), "{at}");
        }
        let names = focus.iter().filter_map(|one| one["name"].as_str());
        let order = names.collect::<Vec<_>>().join("\n");
        let file = look["file"].as_str().expect("a name").to_owned();
        // The same whatever the theme and the width.
        assert_eq!(
            orders.entry(file).or_insert_with(|| order.clone()),
            &order,
            "{at}"
        );
    }
    orders
}

/// What a browser finds on pages; `None` where there is no browser to ask.
#[expect(clippy::print_stdout, reason = "a test that did not run has to say so")]
fn found(pages: &[(&str, String)]) -> Option<Vec<Value>> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from);
    let needs = named("STORYLINE_CHROMIUM").zip(named("STORYLINE_NODE_MODULES"));
    let Some((chromium, modules)) = needs else {
        assert!(env::var_os("CI").is_none(), "STORYLINE_CHROMIUM is not set");
        println!("skipped: pages in a browser: STORYLINE_CHROMIUM is not set");
        return None;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&shots).expect("a folder of ours");
    let written = pages.iter().map(|(name, page)| {
        let path = folder.path().join(name);
        fs::write(&path, page).expect("a new file");
        path
    });
    let wanted = json!({
        "chromium": chromium,
        "pages": written.collect::<Vec<_>>(),
        "shots": shots,
    });
    let script = folder.path().join("look.js");
    fs::write(&script, include_str!("look.js")).expect("a new file");
    let mut node = Command::new("node")
        .arg(script)
        .env("NODE_PATH", modules)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node.js is there with its packages");
    let mut stdin = node.stdin.take().expect("it was piped");
    stdin
        .write_all(wanted.to_string().as_bytes())
        .expect("it reads");
    drop(stdin);
    let output = node.wait_with_output().expect("it was started");
    assert!(output.status.success(), "{}", output.status);
    Some(serde_json::from_slice(&output.stdout).expect("it prints JSON"))
}
