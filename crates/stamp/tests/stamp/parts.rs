//! Stamping part by part comes to the same as planning a whole tree.

use std::collections::BTreeSet;
use std::sync::Arc;

use storyline_manifest::Manifest;
use storyline_stamp::parts::{Gist, Outline, Parsed, Reading, Said, Source, Stamper, Unfit};
use storyline_stamp::{Direction, EntryKind, FileSet, Scope, Tree, plan};
use storyline_text::RelPath;

use crate::files::{Files, dev1, path};

/// The whole tree as its parts say it should be.
pub(crate) fn by_parts(files: &Files, manifest: &Manifest, way: Direction) -> Result<Files, Unfit> {
    let environment = dev1(manifest);
    let outline = outline(files);
    let reading = Arc::new(Reading::new(manifest, environment, &outline));
    let mut gist = Gist::default();
    let regular = || files.entries().iter().filter(|e| e.kind == EntryKind::File);
    let read = |file: &RelPath| {
        let class = reading.class(file)?;
        let bytes = files.bytes(file).expect("a regular file");
        let (said, parsed) = reading.read(file, &class, bytes);
        Some((class, bytes, said, parsed))
    };
    for entry in regular() {
        if let Some((_, _, said, _)) = read(&entry.path) {
            gist.extend(&said.gist());
        }
    }
    assert_eq!(
        Outline::from_bytes(&outline.to_bytes()),
        Some(outline.clone())
    );
    assert_eq!(Gist::from_bytes(&gist.to_bytes()), Some(gist.clone()));
    Stamper::check(manifest, environment, way, &outline, &gist)?;
    let project = gist.project();
    let stamper = Stamper::new(manifest, environment, way, &reading, &outline, project)?;
    let mut out = Files::default();
    for entry in files.entries() {
        let old = files.bytes(&entry.path).unwrap_or_default();
        if entry.kind != EntryKind::File {
            out.add(entry.path.clone(), entry.kind, Vec::new());
            continue;
        }
        let to = stamper.renamed(&entry.path).unwrap_or(&entry.path).clone();
        let bytes = match read(&entry.path) {
            None => old.to_vec(),
            Some((class, bytes, said, parsed)) => match &*stamper.decide(&entry.path, &said)? {
                [] => old.to_vec(),
                new => {
                    let written = stamper.write(&to, &class, (&bytes.into(), &said), new)?;
                    if let Some(parsed) = parsed {
                        let again =
                            |source: &Source<'_>| stamper.write(&to, &class, (source, &said), new);
                        assert_eq!(parsed.with(again)?.bytes, written.bytes, "{to}");
                    }
                    if let Some(class) = reading.class(&to) {
                        let (said, _) = reading.read(&to, &class, &written.bytes);
                        assert_eq!(told(&said), told(&written.said), "{to}");
                    }
                    if let Some(back) = written.back {
                        let class = reading.class(&to).expect("as before");
                        let (now, said) = (&written.bytes.as_slice().into(), &written.said);
                        let former = stamper.write(&entry.path, &class, (now, said), &back)?;
                        assert_eq!(former.bytes, bytes, "{to}");
                    }
                    written.bytes
                }
            },
        };
        out.add(to, EntryKind::File, bytes);
    }
    Ok(out)
}

/// What a file says; how it may be written is told by whoever reads it.
fn told(said: &Said) -> String {
    format!("{said:?}").replace("takes_words: true", "takes_words: false")
}

fn outline(files: &Files) -> Outline {
    let mut outline = Outline::default();
    let mut folders = BTreeSet::new();
    for entry in files.entries() {
        let bytes = entry.path.as_bytes();
        for slash in memchr::memchr_iter(b'/', bytes) {
            if folders.insert(bytes[..slash].to_vec()) {
                let folder = RelPath::new(&bytes[..slash]).expect("a part of a path");
                outline.add(&folder, None);
            }
        }
        outline.add(&entry.path, Some(entry.kind));
    }
    outline
}

fn opposite(way: Direction) -> Direction {
    match way {
        Direction::Stamp => Direction::Unstamp,
        Direction::Unstamp => Direction::Stamp,
    }
}

/// What is proved part by part is what a plan makes, and what a plan refuses is not proved.
pub(crate) fn check(files: &Files, manifest: &Manifest, way: Direction) {
    let environment = dev1(manifest);
    let tree = Tree::read(files, &Scope::of(manifest, environment)).expect("every file is there");
    let planned = plan(&tree, manifest, environment, way);
    let made = by_parts(files, manifest, way);
    if made == Err(Unfit::Undecided) {
        return;
    }
    let proved = made.and_then(|made| {
        let back = by_parts(&made, manifest, opposite(way))?;
        (back == *files).then_some(made).ok_or(Unfit::Refused)
    });
    match (planned, proved) {
        (Ok(plan), Ok(made)) => assert_eq!(files.apply(&plan.patch), made),
        (Err(_), Err(_)) => {}
        // The way back alone can be refused where two paths collide there.
        (Ok(plan), Err(_)) => {
            let after = files.apply(&plan.patch);
            let back = after.plan(manifest, opposite(way));
            assert!(back.is_err(), "{files:?}");
        }
        (Err(refused), Ok(_)) => panic!("{refused:?}\n{files:?}"),
    }
}

#[test]
fn a_folder_called_like_a_model_takes_a_look_at_everything() {
    let manifest = crate::files::manifest("models = \"{name}_{env}\"");
    let files = Files::parse("=== a.model.lkml\n=== b.model.lkml/x.view.lkml\n");
    assert_eq!(
        by_parts(&files, &manifest, Direction::Stamp),
        Err(Unfit::Undecided)
    );
    let plain = Files::parse("=== a.model.lkml\n=== b/x.view.lkml\n");
    let made = by_parts(&plain, &manifest, Direction::Stamp).expect("it fits");
    assert!(made.kind(&path("a_dev1.model.lkml")).is_some());
}

#[test]
fn dashboards_are_written_word_by_word_where_that_is_all() {
    let manifest = crate::files::manifest("models = \"{name}_{env}\"");
    let reading = Reading::new(&manifest, dev1(&manifest), &Outline::default());
    let file = path("a.dashboard.lookml");
    let class = reading.class(&file).expect("dashboards are read");
    let is_short = |elements: &str| {
        let text = format!("- dashboard: a\n  elements:\n{elements}");
        let (_, parsed) = reading.read(&file, &class, text.as_bytes());
        matches!(parsed.expect("it names a model"), Parsed::Bytes(_))
    };
    assert!(is_short("  - model: a\n  - {model: 'b', x: [1]} # c\n"));
    assert!(is_short("  - model: a\n    body: /explore/b/c\n"));
    assert!(!is_short("  - model: a\n  - model: b.c\n"));
    assert!(!is_short("  - &a\n    model: a\n  - *a\n"));
    assert!(!is_short("  - model: a\n    model: b\n"));
    assert!(!is_short("  - model: a\n    x:\t1\n"));
}
