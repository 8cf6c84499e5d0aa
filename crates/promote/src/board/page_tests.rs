//! Whatever people write, a page consists of what its template consists of.

use base64::Engine as _;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::{Board, Card, Column, GateNow, Held, Next, Wrong, page};

const FRAGMENTS: &[&str] = &[
    "<script>alert(1)</script>",
    "</style>",
    "</title>",
    "</code></li><b onclick=x>",
    "<!--",
    "-->",
    "&lt;",
    "\" onload=\"x",
    "' id='c0",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{0}",
    "\r\n",
    "\t",
    "é",
    "word ",
];

/// A board on which everything that people write is `text`.
fn board(text: &str) -> Board {
    let text = || text.to_owned();
    let wrong = || Wrong {
        id: text(),
        text: text(),
        help: vec![text()],
    };
    let card = |held: Option<Held>, next: Option<Next>| Card {
        story: "A-1".into(),
        revision: Some("0123456789abcdef".into()),
        subject: text(),
        since: Some(0),
        gate: Some(GateNow {
            accepted: vec![text(), text()],
            held,
            missing: 1,
            advisory: true,
        }),
        newer: Some("0123456789abcdef".into()),
        withdrawn: true,
        asks: vec![text()],
        next,
        wrong: Some(wrong()),
    };
    let held = Held {
        by: text(),
        reason: text(),
    };
    let merge = Next::Merge {
        branch: text(),
        into: text(),
    };
    let column = Column {
        stage: Some(text()),
        stories: 3,
        foreign: 2,
        manifest_behind: true,
        cards: vec![
            card(Some(held), None),
            card(None, Some(Next::Command(text()))),
            card(None, Some(merge)),
        ],
        next: vec![text()],
        wrong: Some(wrong()),
        ..Column::default()
    };
    Board {
        columns: vec![Column::default(), column.clone(), column],
    }
}

/// Everything between angle brackets, but for what spells out characters that nobody sees.
fn tags(page: &str) -> Vec<&str> {
    let tags = page.split('<').skip(1);
    let tags = tags.map(|rest| rest.split('>').next().unwrap_or_default());
    tags.filter(|tag| !matches!(*tag, "i" | "/i")).collect()
}

proptest! {
    #[test]
    fn a_page_is_its_template(fragments in proptest::collection::vec(proptest::sample::select(FRAGMENTS), 1..8)) {
        let text = fragments.concat();
        let page = page(&board(&text), 0, "today");
        let plain = super::page(&board("x"), 0, "today");
        prop_assert_eq!(tags(&page), tags(&plain));
        let is_hidden = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
        prop_assert!(!page.contains(is_hidden));
    }
}

#[test]
fn the_policy_allows_the_style_and_nothing_else() {
    let page = page(&board("x"), 0, "today");
    let (_, rest) = page.split_once("<style>").expect("it has a style");
    let (style, _) = rest.split_once("</style>").expect("it ends");
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    );
    assert!(page.contains(&policy), "{policy}");
}
