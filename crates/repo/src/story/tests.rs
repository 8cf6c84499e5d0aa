//! Stories on real repositories, whose commits are written here one by one.

use std::collections::BTreeMap;

use super::*;
use crate::{Kind, NewCommit, ObjectId, RefName, Repository, signature};

/// A repository in a temporary folder.
struct Place {
    _folder: tempfile::TempDir,
    repository: Repository,
}

/// A tree of plain files: paths and texts.
type Files<'a> = &'a [(&'a str, &'a str)];

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        git2::Repository::init_bare(folder.path()).expect("an empty folder");
        let repository = Repository::discover(folder.path()).expect("it is readable");
        Self {
            repository: repository.expect("it is there"),
            _folder: folder,
        }
    }

    fn commit(&self, parents: &[ObjectId], files: Files<'_>, message: &str) -> ObjectId {
        let git = self.repository.git();
        let mut tree = git.treebuilder(None).expect("an empty tree");
        for (path, text) in files {
            let blob = git.blob(text.as_bytes()).expect("it is writable");
            tree.insert(path, blob, 0o100_644).expect("a plain name");
        }
        let tree = ObjectId::from_git(tree.write().expect("it is writable"));
        let who = signature("Ada", "ada@example.com", 1_700_000_000, 0);
        let commit = NewCommit {
            tree,
            parents,
            author: &who,
            committer: &who,
            message: message.as_bytes(),
        };
        let odb = git.odb().expect("it is readable");
        let id = odb.write(git2::ObjectType::Commit, &commit.to_bytes());
        ObjectId::from_git(id.expect("it is writable"))
    }

    fn set(&self, name: &RefName, id: ObjectId) {
        let git = self.repository.git();
        git.reference(name.as_str(), id.to_git(), true, "")
            .expect("it is writable");
    }

    fn patch(&self, base: ObjectId, tip: ObjectId) -> Option<PatchId> {
        let change = Change::between(&self.repository, Some(base), tip);
        let change = change.expect("both are there");
        change.patch_id(&self.repository).expect("all is there")
    }

    fn landed(&self, canonical: ObjectId, revision: &Revision) -> Option<Landed> {
        let mut landings = Landings::new(&self.repository, canonical);
        landings.find(revision).expect("all is there")
    }
}

fn story(id: &str) -> StoryId {
    id.parse().expect("a plain id")
}

fn revision_of(id: &str, base: ObjectId, tip: ObjectId) -> Revision {
    Revision {
        story: story(id),
        parts: BTreeMap::from([(OWN_REPOSITORY.into(), Part { base, tip })]),
        depends: BTreeMap::new(),
    }
}

/// Ten numbered lines, some of them others.
fn lines(changes: &[(usize, &str)]) -> String {
    let line = |n| match changes.iter().find(|(at, _)| *at == n) {
        Some((_, text)) => format!("{text}\n"),
        None => format!("line {n}\n"),
    };
    (0..20).map(line).collect()
}

#[test]
fn a_revision_is_named_by_what_it_is() {
    let id = |byte| ObjectId::from_bytes([byte; 20]);
    let mut revision = revision_of("ABC-12", id(1), id(2));
    let part = Part {
        base: id(3),
        tip: id(4),
    };
    revision.parts.insert("warehouse".into(), part);
    let on = Revision {
        story: story("XYZ-7"),
        ..revision.clone()
    };
    revision.depends.insert(on.story.clone(), on.id());
    let text = revision.to_string();
    insta::assert_snapshot!(text, @r#"
    storyline-revision 1
    story ABC-12
    repository . 0101010101010101010101010101010101010101 0202020202020202020202020202020202020202
    repository warehouse 0303030303030303030303030303030303030303 0404040404040404040404040404040404040404
    depends XYZ-7 447f68a7d70d8841ca38d8f80f5a1be4dbc77047
    "#);
    let blob = ObjectId::of(Kind::Blob, text.as_bytes()).expect("no attack");
    assert_eq!(revision.id().to_string(), blob.to_string());
    assert_eq!(Revision::parse(&text), Some(revision));
    for other in [
        text.replace("revision 1", "revision 2"),
        text.replace('\n', "\r\n"),
        text.replace("ABC-12", "../x"),
        format!("{text}\n"),
        text.replace("repository .", "repository  ."),
        text.lines()
            .take(2)
            .map(|line| format!("{line}\n"))
            .collect(),
    ] {
        assert_eq!(Revision::parse(&other), None, "{other}");
    }
}

#[test]
fn a_log_gives_back_what_happened() {
    let place = Place::new();
    let base = place.commit(&[], &[("a", "1\n")], "Begin\n");
    let tip = place.commit(&[base], &[("a", "2\n")], "Change\n");
    let who = signature("Ada", "ada@example.com", 1_700_000_000, 0);
    let first = revision_of("ABC-12", base, tip);
    let events = [
        Event::Submitted(first.clone()),
        Event::Withdrawn {
            reason: "too early\n\nStory-Id: ABC-12".into(),
        },
        Event::Submitted(first.clone()),
        Event::Withdrawn {
            reason: String::new(),
        },
    ];
    let id = story("ABC-12");
    for event in &events {
        let known = Story::read(&place.repository, &id).expect("it is ours");
        let record = known
            .record(&place.repository, event, &who)
            .expect("it is writable");
        let name = RefName::new(&log_ref(&id)).expect("a plain name");
        place.set(&name, record);
    }
    let ids = Story::ids(&place.repository).expect("they are readable");
    assert_eq!(ids.as_slice(), std::slice::from_ref(&id));
    let known = Story::read(&place.repository, &id).expect("it is ours");
    let read: Vec<_> = known
        .records
        .iter()
        .map(|record| record.event.clone())
        .collect();
    assert_eq!(read, events);
    assert_eq!((known.count(), known.revision()), (1, Some(&first)));
    assert_eq!(known.state(Some(tip), None), StoryState::Withdrawn);
    let newest = known.records[2].commit;
    let commit = place
        .repository
        .git()
        .find_commit(newest.to_git())
        .expect("it is there");
    insta::assert_snapshot!(commit.message().expect("it is text"), @r#"
    Submit ABC-12

    storyline-revision 1
    story ABC-12
    repository . 5380524aa830e8daaf4d91c269f93106267504f3 f4aebf81b07be495b31758ab25f5da3f9a769d5e

    Storyline-Kind: submit
    Story-Id: ABC-12
    Story-Revision: 92b5bf48baef5ab093c6d8b6727462c5d02d5752
    "#);
    // The tip stays reachable.
    assert!(place.repository.is_ancestor(tip, newest));
}

#[test]
fn a_log_of_somebody_else_is_refused() {
    let place = Place::new();
    let commit = place.commit(&[], &[("a", "1\n")], "Submit ABC-12\n\nnothing\n");
    let name = RefName::new(&log_ref(&story("ABC-12"))).expect("a plain name");
    place.set(&name, commit);
    let read = Story::read(&place.repository, &story("ABC-12"));
    assert!(
        matches!(read, Err(StoryError::ForeignRecord { .. })),
        "{read:?}"
    );
}

#[test]
fn changes_are_the_same_wherever_they_stand() {
    let place = Place::new();
    let commit = |text: &str| place.commit(&[], &[("a", text)], "x\n");
    let base = commit(&lines(&[]));
    let patch = place.patch(base, commit(&lines(&[(10, "new")])));
    assert_eq!(place.patch(base, base), None);
    // Further down.
    let above = |text: String| format!("above\nabove\n{text}");
    let moved = place.patch(
        commit(&above(lines(&[]))),
        commit(&above(lines(&[(10, "new")]))),
    );
    assert_eq!(moved, patch);
    for (what, before, after) in [
        ("other text", lines(&[]), lines(&[(10, "other")])),
        ("blanks", lines(&[]), lines(&[(10, " new")])),
        ("elsewhere", lines(&[]), lines(&[(11, "new")])),
        (
            "surroundings",
            lines(&[(8, "x")]),
            lines(&[(8, "x"), (10, "new")]),
        ),
        (
            "other line before",
            lines(&[(10, "x")]),
            lines(&[(10, "new")]),
        ),
    ] {
        assert_ne!(
            place.patch(commit(&before), commit(&after)),
            patch,
            "{what}"
        );
    }
    let whole = |text: &str| place.patch(base, place.commit(&[], &[("b", text)], "x\n"));
    assert_ne!(whole("1\n"), whole("1"));
}

#[test]
fn landed_in_every_way_that_forges_have() {
    let place = Place::new();
    let commit = |parents: &[ObjectId], a: &str, b: &str, message: &str| {
        place.commit(parents, &[("a", a), ("b", b)], message)
    };
    let (old, new, newer) = (
        lines(&[]),
        lines(&[(3, "x")]),
        lines(&[(3, "x"), (15, "y")]),
    );
    let base = commit(&[], &old, "1\n", "Begin\n");
    let first = commit(&[base], &new, "1\n", "First\n");
    let tip = commit(&[first], &newer, "1\n", "Second\n");
    let revision = revision_of("ABC-1", base, tip);
    let other = commit(&[base], &old, "2\n", "Other\n");

    assert_eq!(place.landed(base, &revision), None);
    assert_eq!(place.landed(other, &revision), None);

    let merge = commit(&[other, tip], &newer, "2\n", "Merge\n");
    assert_eq!(place.landed(merge, &revision), Some(Landed::Merged));

    let squash = commit(&[other], &newer, "2\n", "Squash\n");
    let after = commit(&[squash], &newer, "3\n", "After\n");
    assert_eq!(
        place.landed(after, &revision),
        Some(Landed::Squashed(squash))
    );

    let one = commit(&[other], &new, "2\n", "First\n");
    assert_eq!(place.landed(one, &revision), None, "half of it");
    let two = commit(&[one], &newer, "2\n", "Second\n");
    assert_eq!(
        place.landed(two, &revision),
        Some(Landed::Rebased(vec![two, one]))
    );

    let evil = commit(&[first, other], &newer, "3\n", "Merge, and edit\n");
    let with_merge = revision_of("ABC-1", other, evil);
    let twin = commit(&[other], &new, "2\n", "First\n");
    assert_eq!(place.landed(twin, &with_merge), None, "a merge that edits");

    let named = |trailers: &str| {
        let edited = lines(&[(3, "edited")]);
        commit(&[other], &edited, "2\n", &format!("Squash\n\n{trailers}"))
    };
    let by_story = named("Story-Id: ABC-1\n");
    assert_eq!(
        place.landed(by_story, &revision),
        Some(Landed::Named(by_story))
    );
    let by_revision = named(&format!(
        "Story-Id: ABC-1\nStory-Revision: {}\n",
        revision.id().short()
    ));
    assert_eq!(
        place.landed(by_revision, &revision),
        Some(Landed::Named(by_revision))
    );
    for trailers in [
        "Story-Id: ABC-12\n",
        "Story-Id: ABC-1\nStory-Revision: 0123456789ab\n",
        "Story-Id: ABC-1\nStory-Revision: 0\n",
        "Story-Id: ABC-1\n\nThat was the body.\n",
    ] {
        assert_eq!(place.landed(named(trailers), &revision), None, "{trailers}");
    }
}

/// What a submission of `tip` gives: the base and the dependencies, or why not.
#[track_caller]
fn draft(
    place: &Place,
    canonical: ObjectId,
    tip: ObjectId,
    depends_on: &[&str],
    others: &[Revision],
) -> Result<(ObjectId, Vec<String>), String> {
    let depends_on: Vec<_> = depends_on.iter().map(|id| story(id)).collect();
    let stories = others.iter().map(|revision| {
        let record = Record {
            commit: canonical,
            event: Event::Submitted(revision.clone()),
            who: Person {
                name: "Ada".into(),
                email: "ada@example.com".into(),
            },
            when: 0,
        };
        let id = revision.story.clone();
        let records = vec![record];
        (id.clone(), Story { id, records })
    });
    let submission = Submission {
        story: &story("ABC-1"),
        tip,
        canonical,
        depends_on: &depends_on,
        stories: &stories.collect(),
    };
    let draft = submission.draft(&place.repository);
    let draft = draft.map_err(|error| error.diagnostic().id.to_owned())?;
    let depends = draft.depends.keys().map(ToString::to_string);
    Ok((draft.part.base, depends.collect()))
}

#[test]
fn where_a_story_begins() {
    let place = Place::new();
    let commit = |parents: &[ObjectId], text: &str, message: &str| {
        place.commit(parents, &[("a", text)], message)
    };
    let root = commit(&[], "0", "Begin\n");
    let canonical = commit(&[root], "1", "Next\n");
    let other = commit(&[root], "o", "Other story\n");
    let others = [revision_of("XYZ-7", root, other)];
    let none: [String; 0] = [];

    let plain = commit(&[root], "2", "Mine\n");
    assert_eq!(
        draft(&place, canonical, plain, &[], &[]),
        Ok((root, none.clone().into()))
    );
    let merged = commit(&[plain, canonical], "3", "Merge\n");
    assert_eq!(
        draft(&place, canonical, merged, &[], &[]),
        Ok((canonical, none.into()))
    );

    let on_other = commit(&[other], "4", "Mine\n");
    let expect = Ok((other, vec!["XYZ-7".to_owned()]));
    assert_eq!(
        draft(&place, canonical, on_other, &["XYZ-7"], &others),
        expect
    );
    let says_so = commit(&[other], "4", "Mine\n\nDepends-On: XYZ-7\n");
    assert_eq!(draft(&place, canonical, says_so, &[], &others), expect);

    let refused = |tip, depends_on: &[&str], others: &[Revision]| {
        draft(&place, canonical, tip, depends_on, others).expect_err("it is refused")
    };
    assert_eq!(refused(on_other, &[], &others), "undeclared-dependency");
    assert_eq!(
        refused(on_other, &["XYZ-8"], &others),
        "dependency-not-submitted"
    );
    assert_eq!(
        refused(on_other, &["ABC-1"], &others),
        "story-depends-on-itself"
    );
    assert_eq!(refused(plain, &["XYZ-7"], &others), "dependency-absent");
    assert_eq!(
        refused(commit(&[], "5", "Orphan\n"), &[], &[]),
        "no-canonical-commit"
    );
    assert_eq!(
        refused(commit(&[root], "0", "Nothing\n"), &[], &[]),
        "story-empty"
    );
    assert_eq!(refused(root, &[], &[]), "story-empty");
    let marks = "<<<<<<< a\n=======\n>>>>>>> b\n";
    assert_eq!(
        refused(commit(&[root], marks, "Merge\n"), &[], &[]),
        "conflict-marks"
    );
    let both = commit(&[on_other, canonical], "6", "Merge\n");
    assert_eq!(refused(both, &["XYZ-7"], &others), "no-single-base");
}
