//! There and back by the program itself: every sample project, every environment, every byte and
//! mode.
#![cfg(unix)]

mod common;

use common::{Place, listing};

#[track_caller]
fn check(project: &str, environment: &str) {
    let place = Place::acme(project);
    let manifest = place.root.join("storyline.toml");
    let manifest = std::fs::read(manifest).expect("every sample has one");
    let canonical = place.stands();

    let sites = place.succeeds(&["sites"]);
    let told = place.succeeds(&["stamp", environment, "--dry-run"]);
    assert_eq!(place.succeeds(&["stamp", environment, "--dry-run"]), told);
    place.succeeds(&["stamp", environment, "--into", "../copy"]);
    assert_eq!(place.stands(), canonical, "looking changes nothing");
    assert_eq!(place.succeeds(&["sites"]), sites);

    place.succeeds(&["stamp", environment]);
    let stamped = place.stands();
    assert_ne!(stamped, canonical);
    assert_eq!(
        stamped,
        listing(&place.top.join("copy")),
        "in place as into another folder"
    );
    let strays = place.succeeds(&["sites", "--env", environment]);
    assert!(!strays.contains("stray"), "{strays}");
    assert_eq!(
        strays.lines().count(),
        sites.lines().count(),
        "the same sites in either form"
    );
    let still = std::fs::read(place.root.join("storyline.toml")).expect("it is never renamed");
    assert_eq!(still, manifest, "the same manifest in every environment");

    place.succeeds(&["unstamp", environment]);
    assert_eq!(place.stands(), canonical, "there and back");
    place.succeeds(&["stamp", environment]);
    assert_eq!(place.stands(), stamped, "and there again");
}

#[test]
fn hub() {
    for environment in ["dev1", "integration", "production"] {
        check("hub", environment);
    }
}

#[test]
fn shop() {
    for environment in ["dev1", "integration", "production"] {
        check("shop", environment);
    }
}
