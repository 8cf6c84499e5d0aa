//! Which story breaks what somebody tests.

use insta::assert_debug_snapshot;
use storyline_promote::{PromoteError, bisect};
use storyline_text::RelPath;

use super::shop::{Shop, VIEW};

/// Stories ONE to FOUR change a line each; what passes is said by the lines of the view.
fn check(passes: impl Fn(&str) -> bool) -> (Vec<String>, Option<Vec<String>>, bool) {
    let mut shop = Shop::new();
    for (id, from, to) in [
        ("ONE", "a {}", "a1 {}"),
        ("TWO", "b {}", "b1 {}"),
        ("THREE", "c {}", "c1 {}"),
        ("FOUR", "d {}", "d1 {}"),
    ] {
        let landed = shop.story(id, &[(VIEW, from, to)]);
        shop.land(&landed);
    }
    let path = RelPath::new(VIEW.as_bytes()).expect("a plain path");
    let found = shop.look(|stage, history| {
        bisect::<PromoteError>(stage, history, &mut |workspace, tree| {
            let leaf = workspace.leaf(tree, &path)?.expect("it is there");
            let text = workspace.read(leaf.id)?;
            Ok(passes(&String::from_utf8_lossy(&text)))
        })
    });
    let found = found.expect("it is readable");
    let names =
        |ids: &[storyline_repo::story::StoryId]| ids.iter().map(|id| id.to_string()).collect();
    let passing = found.passing.map(|passing| names(&passing.stories));
    (names(&found.culprits), passing, found.is_exact)
}

#[test]
fn one_story_alone_is_to_blame() {
    assert_debug_snapshot!(check(|text| !text.contains("b1")), @r#"
    (
        [
            "TWO",
        ],
        Some(
            [
                "ONE",
                "THREE",
                "FOUR",
            ],
        ),
        true,
    )
    "#);
}

#[test]
fn two_stories_are_to_blame_each_for_itself() {
    let passes = |text: &str| !text.contains("b1") && !text.contains("d1");
    assert_debug_snapshot!(check(passes), @r#"
    (
        [
            "TWO",
            "FOUR",
        ],
        Some(
            [
                "ONE",
                "THREE",
            ],
        ),
        false,
    )
    "#);
}

#[test]
fn two_stories_do_not_go_together() {
    let passes = |text: &str| !(text.contains("b1") && text.contains("d1"));
    assert_debug_snapshot!(check(passes), @r#"
    (
        [
            "TWO",
            "FOUR",
        ],
        Some(
            [
                "ONE",
                "THREE",
                "FOUR",
            ],
        ),
        true,
    )
    "#);
}

#[test]
fn nothing_breaks_and_nothing_helps() {
    assert_debug_snapshot!((check(|_| true), check(|_| false)), @r#"
    (
        (
            [],
            Some(
                [
                    "ONE",
                    "TWO",
                    "THREE",
                    "FOUR",
                ],
            ),
            true,
        ),
        (
            [],
            None,
            true,
        ),
    )
    "#);
}
