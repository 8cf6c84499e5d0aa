//! Which stories stand on which.

use insta::assert_snapshot;
use storyline_promote::{
    Dependence, InTheWay, Place, Reason, dependents, in_the_way, lacking, needs,
};

use super::shop::{Shop, VIEW};

fn places(places: &[Place]) -> String {
    let places = places.iter().map(|place| match place.line {
        Some(line) => format!("{}:{line}", place.path),
        None => place.path.to_string(),
    });
    places.collect::<Vec<_>>().join(" ")
}

fn told(found: &[Dependence]) -> String {
    let lines = found.iter().flat_map(|Dependence { story, on, reasons }| {
        reasons.iter().map(move |reason| match reason {
            Reason::Declared => format!("{story} says that it is built on {on}\n"),
            Reason::Names(names) => {
                let names = names.iter().map(|because| {
                    let at = |place: &storyline_diff::names::Place| {
                        format!("{}:{}", place.path, place.line)
                    };
                    format!(
                        "{story} uses {} of {on}: {} from {}\n",
                        because.name,
                        at(&because.used_at),
                        at(&because.provided_at)
                    )
                });
                names.collect::<String>()
            }
            Reason::Text(at) => format!("{story} stands on {on} at {}\n", places(at)),
        })
    });
    lines.collect()
}

fn named(found: &[InTheWay]) -> String {
    let lines = found
        .iter()
        .map(|one| format!("{} at {}\n", one.story, places(&one.places)));
    lines.collect()
}

/// TWO stands on ONE, THREE on TWO, OTHER on nothing.
fn chain() -> (Shop, [storyline_promote::Landed; 4]) {
    let mut shop = Shop::new();
    let start = shop.canonical;
    let other = shop.story("OTHER", &[(VIEW, "h {}", "h1 {}")]);
    let one = shop.story("ONE", &[(VIEW, "a {}", "a1 {}")]);
    shop.canonical = one.change.to;
    let two = shop.story("TWO", &[(VIEW, "a1 {}", "a2 {}")]);
    shop.canonical = two.change.to;
    let three = shop.story("THREE", &[(VIEW, "a2 {}", "a3 {}")]);
    shop.canonical = start;
    (shop, [one, two, three, other])
}

#[test]
fn stories_that_stand_on_others_are_found_by_their_text() {
    let (mut shop, landed) = chain();
    landed.iter().for_each(|landed| shop.land(landed));
    let ask = |id: &str| {
        let id = id.parse().expect("a good id");
        shop.look(|stage, history| {
            let at = history.ledger().entries.len() - 1;
            let view = history.view(stage, at).expect("it has one");
            let on = history.ledger().on_stage();
            let up = dependents(stage, &view, &on, &id).expect("it is readable");
            let down = needs(stage, &view, &on, &id).expect("it is readable");
            format!("{}-\n{}", told(&up), told(&down))
        })
    };
    assert_snapshot!(ask("ONE"), @r#"
    THREE stands on ONE at views/orders.view.lkml:2
    TWO stands on ONE at views/orders.view.lkml:2
    -
    "#);
    assert_snapshot!(ask("TWO"), @r#"
    THREE stands on TWO at views/orders.view.lkml:2
    -
    TWO stands on ONE at views/orders.view.lkml:2
    "#);
    assert_snapshot!(ask("OTHER"), @"-");
}

#[test]
fn a_landing_that_clashes_names_who_has_to_go_or_to_come() {
    let (mut shop, [one, two, _, other]) = chain();
    let rival = shop.story("RIVAL", &[(VIEW, "a {}", "mine {}")]);
    shop.land(&other);
    let text = shop.look(|stage, history| {
        let view = history.view(stage, 1).expect("it has one");
        let coming = [one.clone(), rival.clone()];
        lacking(stage, &view, two.change, &coming).expect("it is readable")
    });
    assert_snapshot!(named(&text), @"ONE at views/orders.view.lkml:2");
    shop.land(&one);
    shop.land(&two);
    let text = shop.look(|stage, history| {
        let view = history.view(stage, 3).expect("it has one");
        let on = history.ledger().on_stage();
        let on: Vec<_> = on.values().collect();
        in_the_way(stage, &view, rival.change, &on).expect("it is readable")
    });
    assert_snapshot!(named(&text), @r#"
    TWO at views/orders.view.lkml:2
    ONE at views/orders.view.lkml:2
    "#);
}

#[test]
fn a_story_that_uses_a_name_of_another_stands_on_it() {
    let mut shop = Shop::new();
    let one = shop.story(
        "ONE",
        &[(
            "views/more.view.lkml",
            "",
            "view: more {\n  dimension: id {}\n}\n",
        )],
    );
    let two = shop.story(
        "TWO",
        &[(
            "shop.model.lkml",
            "explore: orders {}",
            "explore: orders {}\nexplore: more {}",
        )],
    );
    shop.land(&one);
    shop.land(&two);
    let id = "ONE".parse().expect("a good id");
    let found = shop.look(|stage, history| {
        let view = history.view(stage, 2).expect("it has one");
        let on = history.ledger().on_stage();
        dependents(stage, &view, &on, &id).expect("it is readable")
    });
    assert_snapshot!(told(&found), @"TWO uses view more of ONE: shop.model.lkml:4 from views/more.view.lkml:1");
}
