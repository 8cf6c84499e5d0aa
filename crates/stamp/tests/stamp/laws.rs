//! The laws of stamping, on whole trees and maps that tempt it to go wrong.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use storyline_manifest::Manifest;
use storyline_stamp::{
    Direction, FileSet, Plan, Refused, SitePlace, SiteStatus, Tree, objections, sites,
};
use storyline_text::RelPath;

use crate::files::{Files, dev1, manifest};
use crate::trees::{PLAIN, RULES, SITES, trees};

/// Whatever is planned changes own names only and comes back; whatever is refused says where.
fn check(files: &Files, manifest: &Manifest, way: Direction) {
    crate::parts::check(files, manifest, way);
    match files.plan(manifest, way) {
        Ok(plan) => {
            only_names(files, manifest, way, &plan);
            let there = files.apply(&plan.patch);
            let back = there.plan(manifest, opposite(way)).expect("the way back");
            assert_eq!(there.apply(&back.patch), *files);
            assert!(strays(&there, manifest, way).is_empty());
        }
        Err(refused) => points_into(files, &refused),
    }
}

fn opposite(way: Direction) -> Direction {
    match way {
        Direction::Stamp => Direction::Unstamp,
        Direction::Unstamp => Direction::Stamp,
    }
}

/// The strays of a tree in the form that `way` leads to.
fn strays(files: &Files, manifest: &Manifest, way: Direction) -> Vec<String> {
    let environment = (way == Direction::Stamp).then(|| dev1(manifest));
    let found = sites(&files.tree(manifest), Some(manifest), environment);
    let found = found
        .into_iter()
        .filter(|site| site.status == SiteStatus::Stray);
    found.map(|site| format!("{site:?}")).collect()
}

/// Law 2. A scalar of a dashboard may get quotes with its name.
fn only_names(files: &Files, manifest: &Manifest, way: Direction, plan: &Plan) {
    let environment = (way == Direction::Unstamp).then(|| dev1(manifest));
    let found = sites(&files.tree(manifest), Some(manifest), environment);
    let own = found.iter().filter(|site| site.status == SiteStatus::Own);
    let own: Vec<_> = own.collect();
    for change in &plan.patch.changes {
        let at = |place| {
            own.iter()
                .filter(move |s| s.file == change.from && s.place == place)
        };
        for edit in change.patch.edits() {
            let mut spans = at(SitePlace::Text).map(|site| site.span);
            assert!(spans.any(|span| span == edit.span || inside(&change.before, edit.span, span)));
        }
        let (from, to) = (change.from.as_bytes(), change.to.as_bytes());
        if from != to {
            let name = at(SitePlace::Path).next().expect("a model's own name").span;
            assert_eq!(from[..name.start as usize], to[..name.start as usize]);
            assert!(to.ends_with(&from[name.end as usize..]));
        }
    }
    let regular = |path| files.kind(path) == Some(storyline_stamp::EntryKind::File);
    assert!(
        plan.patch
            .changes
            .iter()
            .all(|change| regular(&change.from))
    );
}

/// Whether `outer` is `inner` and the quotes around it, or the reverse for a block of text.
fn inside(source: &[u8], edit: storyline_text::Span, site: storyline_text::Span) -> bool {
    let quotes = |outer: storyline_text::Span, inner: storyline_text::Span| {
        outer.contains(inner) && {
            let around = [
                &source[outer.start as usize..inner.start as usize],
                &source[inner.end as usize..outer.end as usize],
            ];
            around.concat().iter().all(|b| b"\"' \r\n".contains(b))
        }
    };
    quotes(edit, site) || quotes(site, edit)
}

/// Diagnostics of a refusal name files that exist, and bytes inside them.
fn points_into(files: &Files, refused: &Refused) {
    assert!(!refused.diagnostics.is_empty());
    for diagnostic in &refused.diagnostics {
        assert!(!diagnostic.help.is_empty(), "{diagnostic:?}");
        let manifest = crate::files::path("storyline.toml");
        let mut in_tree = diagnostic
            .labels
            .iter()
            .filter(|label| label.file != manifest);
        let first = in_tree.next().expect("a place in the tree");
        for label in in_tree.chain([first]) {
            assert!(files.kind(&label.file).is_some(), "{diagnostic:?}");
            if let Some(span) = label.span {
                let bytes = files.bytes(&label.file).expect("a regular file");
                assert!(span.end as usize <= bytes.len(), "{diagnostic:?}");
            }
        }
    }
}

/// The rules of an environment, and the same declared sites for each.
fn with_sites(rules: &str) -> Manifest {
    manifest(&format!("{rules}\n{SITES}"))
}

/// A manifest, and a tree in canonical form.
fn canonical(plain: bool) -> impl Strategy<Value = (Manifest, Files)> {
    (select(RULES).prop_map(with_sites), trees(plain, None))
}

/// A manifest, and a tree in the form of its environment.
fn stamped(plain: bool) -> impl Strategy<Value = (Manifest, Files)> {
    select(RULES).prop_flat_map(move |rules| {
        let manifest = with_sites(rules);
        let names = dev1(&manifest).names().clone();
        (Just(manifest), trees(plain, Some(names)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn there_and_back((manifest, files) in canonical(false)) {
        check(&files, &manifest, Direction::Stamp);
    }

    #[test]
    fn there_and_back_of_plain_trees((manifest, files) in canonical(true)) {
        check(&files, &manifest, Direction::Stamp);
        never_irreversible(&files, &manifest, Direction::Stamp);
    }

    #[test]
    fn back_and_there((manifest, files) in stamped(false)) {
        check(&files, &manifest, Direction::Unstamp);
    }

    #[test]
    fn back_and_there_of_plain_trees((manifest, files) in stamped(true)) {
        check(&files, &manifest, Direction::Unstamp);
        never_irreversible(&files, &manifest, Direction::Unstamp);
    }

    #[test]
    fn what_is_told_of_files_needs_no_others(
        (manifest, files) in prop_oneof![canonical(false), stamped(false)],
        chosen in any::<u16>(),
    ) {
        let paths = files.entries().iter().enumerate();
        let chosen = paths.filter(|(at, _)| chosen >> (at % 16) & 1 == 1);
        let chosen: Vec<_> = chosen.map(|(_, entry)| entry.path.clone()).collect();
        let part = Tree::read_for(&files, &manifest, |path| chosen.contains(path)).expect("in memory");
        for way in [Direction::Stamp, Direction::Unstamp] {
            let whole = told_of(&chosen, &files.tree(&manifest), &manifest, way);
            prop_assert_eq!(told_of(&chosen, &part, &manifest, way), whole);
        }
    }

    /// A tree in the wrong form, most of whose names are strays.
    #[test]
    fn the_wrong_way((manifest, files) in canonical(false)) {
        check(&files, &manifest, Direction::Unstamp);
    }
}

/// What names say against a tree, of these files and of its form.
fn told_of(chosen: &[RelPath], tree: &Tree, manifest: &Manifest, way: Direction) -> Vec<String> {
    let told = objections(tree, manifest, dev1(manifest), way).into_iter();
    let is_of_form = |id: &str| id.starts_with("already-") || id == "looks-stamped";
    let told = told.filter(|told| {
        let mut labels = told.labels.iter();
        is_of_form(told.id) || labels.any(|label| chosen.contains(&label.file))
    });
    told.map(|told| format!("{} {:?}", told.id, told.labels))
        .collect()
}

fn never_irreversible(files: &Files, manifest: &Manifest, way: Direction) {
    if let Err(refused) = files.plan(manifest, way) {
        let ids: Vec<_> = refused.diagnostics.iter().map(|d| d.id).collect();
        assert!(!ids.contains(&"not-reversible"), "{refused:?}");
    }
}

/// What is refused proves nothing, so nearly all plain trees have to be accepted.
#[test]
fn plain_trees_are_accepted() {
    const CASES: usize = 60;
    let mut runner = TestRunner::deterministic();
    for rules in PLAIN.iter().map(|at| RULES[*at]) {
        let manifest = with_sites(rules);
        let names = dev1(&manifest).names().clone();
        for (way, names) in [(Direction::Stamp, None), (Direction::Unstamp, Some(names))] {
            let strategy = trees(true, names);
            let mut tree = || strategy.new_tree(&mut runner).expect("a tree").current();
            let plans = (0..CASES).map(|_| tree().plan(&manifest, way));
            let refused: Vec<_> = plans.filter_map(Result::err).collect();
            let why: Vec<_> = refused.iter().map(|r| &r.diagnostics).collect();
            assert!(
                refused.len() * 10 < CASES,
                "{way} {rules}\n{} {why:#?}",
                refused.len()
            );
        }
    }
}
