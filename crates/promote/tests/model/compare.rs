//! Whether the repository holds what the model says.

use std::collections::{BTreeMap, BTreeSet};

use storyline_promote::{Beginning, audit};
use storyline_repo::projection::Workspace;
use storyline_repo::story::{RevisionId, StoryId};
use storyline_repo::{Kind, ObjectId, RawCommit};

use crate::plain::Stage;
use crate::project::{Content, Files, files};
use crate::run::Run;
use crate::world::World;

/// Blobs by path.
pub(crate) type Blobs = BTreeMap<String, ObjectId>;

impl Run {
    /// What the blobs of a stage are, were this its content.
    pub(crate) fn stamped(&self, stage: &Stage, content: &Content) -> Blobs {
        let blob = |text: String| ObjectId::of(Kind::Blob, text.as_bytes()).expect("no attack");
        let files = stage.files(content).into_iter();
        files.map(|(path, text)| (path, blob(text))).collect()
    }

    pub(crate) fn tree(&self, tree: ObjectId) -> Blobs {
        self.world.within(|workspace| leaves(workspace, tree))
    }

    pub(crate) fn same_files(&self, stage: &Stage, commit: ObjectId, content: &Content) {
        let tree = self
            .world
            .within(|workspace| workspace.tree_of(commit).expect("it is there"));
        let (found, expected) = (self.tree(tree), self.stamped(stage, content));
        let differing = found
            .iter()
            .filter(|(path, id)| expected.get(*path) != Some(id));
        let differing: Vec<_> = differing.map(|(path, _)| path).collect();
        assert!(
            found == expected,
            "{} has other files: {differing:?}",
            stage.name
        );
    }

    /// Whether a stage holds what the model says, by its newest commit, its ledger, and in canonical form.
    pub(crate) fn compare(&self, at: usize) {
        let stage = &self.stages[at];
        self.same_files(stage, stage.tip(), &stage.content);
        let (commits, on, view) = self.world.look(stage, |library, history| {
            let ledger = history.ledger();
            let commits: Vec<_> = ledger.entries.iter().map(|entry| entry.commit).collect();
            let on = ledger.on_stage().into_iter();
            let on: BTreeMap<StoryId, RevisionId> =
                on.map(|(id, on)| (id, on.revision.revision)).collect();
            let view = history
                .view(library, commits.len() - 1)
                .expect("it has one");
            (commits, on, leaves(library.workspace, view.tree))
        });
        assert_eq!(
            commits,
            stage
                .log
                .iter()
                .map(|wrote| wrote.commit)
                .collect::<Vec<_>>()
        );
        let revision = |of: &usize| self.handed[*of].landed.revision;
        let expected = stage
            .on
            .iter()
            .map(|(id, of)| (id.clone(), revision(of)))
            .collect();
        assert_eq!(on, expected, "the ledger of {}", stage.name);
        for (path, text) in files(&stage.content) {
            let id = ObjectId::of(Kind::Blob, text.as_bytes()).expect("no attack");
            assert!(
                stage.is_kept(&path) || view.get(&path) == Some(&id),
                "{path} of {}, canonical",
                stage.name
            );
        }
    }

    /// Whether an audit finds what people did by hand, and nothing else.
    pub(crate) fn audit(&self, at: usize) {
        let stage = &self.stages[at];
        let found = self.world.look(stage, audit).expect("it is readable");
        // What somebody made by hand before the first story, and is canonical, counts as the beginning.
        let Beginning::Canonical(begin) = found.begins else {
            panic!("{} begins with {:?}", stage.name, found.begins);
        };
        let first = stage.log.iter().position(|wrote| wrote.commit == begin);
        let since = &stage.log[first.expect("it is the stage's") + 1..];
        assert_eq!(found.examined, since.len());
        let foreign = since.iter().map(|wrote| wrote.commit);
        let foreign: BTreeSet<_> = foreign.filter(|it| stage.foreign.contains(it)).collect();
        let named: BTreeSet<_> = found.foreign.iter().map(|foreign| foreign.commit).collect();
        let mut other = found.foreign.iter();
        let other = other.find(|found| !foreign.contains(&found.commit));
        let unseen = foreign.difference(&named);
        assert!(named == foreign, "{}: {other:?}, or {unseen:?}", stage.name);
    }

    /// Whether what canonical got is found there.
    pub(crate) fn follow(&self) {
        let recent = self
            .stories
            .iter()
            .rev()
            .filter(|story| !story.revisions.is_empty())
            .take(30);
        let recent: Vec<_> = recent.map(|story| story.id.clone()).collect();
        let followed = self.world.followed(&recent);
        assert!(followed.ambiguous.is_empty(), "{:?}", followed.ambiguous);
        let found = followed.ledger.on_stage().into_iter();
        let found: BTreeMap<_, _> = found
            .map(|(id, on)| (id, on.revision.revision))
            .filter(|(id, _)| recent.contains(id))
            .collect();
        let expected = self.landed.iter().filter(|(id, _)| recent.contains(id));
        let expected = expected.map(|(id, of)| (id.clone(), self.handed[*of].landed.revision));
        assert_eq!(found, expected.collect(), "what canonical has");
    }
}

impl World {
    pub(crate) fn message(&self, commit: ObjectId) -> String {
        self.within(|workspace| {
            let bytes = workspace
                .objects()
                .read_as(commit, Kind::Commit)
                .expect("it is there");
            let commit = RawCommit::parse(&bytes).expect("it was just made");
            String::from_utf8(commit.message().to_vec()).expect("text")
        })
    }
}

/// The texts of a tree, by path.
pub(crate) fn texts(workspace: &mut Workspace<'_>, tree: ObjectId) -> Files {
    let mut texts = Files::new();
    for (path, id) in leaves(workspace, tree) {
        let text = workspace.read(id).expect("it is there");
        texts.insert(path, String::from_utf8(text).expect("text"));
    }
    texts
}

/// The blobs of a tree, by path.
pub(crate) fn leaves(workspace: &mut Workspace<'_>, tree: ObjectId) -> Blobs {
    let leaves = workspace
        .differences(None, Some(tree))
        .expect("a tree")
        .into_iter();
    leaves
        .filter_map(|(path, [_, leaf])| Some((path.to_string(), leaf?.id)))
        .collect()
}
