//! The repository in which everything really happens. What people do there, they do with Git itself.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use storyline_promote::gate::{Action, Gate, Saying, gate_ref};
use storyline_promote::{
    Deed, Followed, History, Ledger, Pinned, Refused, Sequence, Stage, Start, Wanted,
};
use storyline_repo::projection::Workspace;
use storyline_repo::story::{self, Event, Revision, StoryId};
use storyline_repo::{Kind, Memo, NewCommit, ObjectId, Repository, signature};

use crate::plain::{self, Handed, Story};
use crate::project::Files;

pub(crate) struct World {
    folder: tempfile::TempDir,
    /// The bare repository.
    pub(crate) root: PathBuf,
    seconds: i64,
    commands: usize,
    pub(crate) canonical: ObjectId,
    pub(crate) revisions: Vec<Revision>,
}

fn id(text: &str) -> ObjectId {
    ObjectId::from_hex(text.trim().as_bytes()).expect("an id")
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("bare.git");
        fs::create_dir(&root).expect("a new folder");
        let mut world = Self {
            folder,
            root,
            seconds: 1_700_000_000,
            commands: 0,
            canonical: id(&"0".repeat(40)),
            revisions: Vec::new(),
        };
        world.git(&["init", "--quiet", "--bare"], "");
        world
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Runs git, with no configuration of somebody's.
    pub(crate) fn git(&mut self, arguments: &[&str], input: &str) -> String {
        self.seconds += 60;
        self.commands += 1;
        let time = format!("{} +0000", self.seconds);
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&self.root).env_clear();
        command.env("PATH", env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.folder.path());
        for (name, value) in [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "Forge"),
            ("GIT_AUTHOR_EMAIL", "forge@example.com"),
            ("GIT_AUTHOR_DATE", &time),
            ("GIT_COMMITTER_NAME", "Forge"),
            ("GIT_COMMITTER_EMAIL", "forge@example.com"),
            ("GIT_COMMITTER_DATE", &time),
        ] {
            command.env(name, value);
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("git is there");
        let mut stdin = child.stdin.take().expect("it was asked for");
        stdin.write_all(input.as_bytes()).expect("git listens");
        drop(stdin);
        let output = child.wait_with_output().expect("git ends");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {error}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// A commit with these files, by Git itself.
    pub(crate) fn commit(
        &mut self,
        parents: &[ObjectId],
        files: &Files,
        message: &str,
    ) -> ObjectId {
        let who = format!("Jo <jo@example.com> {} +0000", self.seconds);
        let mut input = format!(
            "commit refs/heads/made\nmark :1\ncommitter {who}\ndata {}\n{message}\n",
            message.len()
        );
        for (at, parent) in parents.iter().enumerate() {
            input += &format!("{} {parent}\n", if at == 0 { "from" } else { "merge" });
        }
        input += "deleteall\n";
        for (path, text) in files {
            input += &format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len());
        }
        input += "get-mark :1\n";
        id(&self.git(&["fast-import", "--quiet", "--force"], &input))
    }

    /// A commit of a tree that is there, by Git itself.
    pub(crate) fn commit_tree(
        &mut self,
        tree: ObjectId,
        parents: &[ObjectId],
        message: &str,
    ) -> ObjectId {
        let tree = tree.to_string();
        let mut arguments = vec!["commit-tree", &tree];
        let parents: Vec<_> = parents.iter().map(ToString::to_string).collect();
        for parent in &parents {
            arguments.extend(["-p", parent]);
        }
        id(&self.git(&arguments, message))
    }

    pub(crate) fn set(&mut self, name: &str, to: ObjectId) {
        self.git(&["update-ref", name, &to.to_string()], "");
    }

    pub(crate) fn repository(&self) -> Repository {
        Repository::open_bare(&self.root).expect("it is readable")
    }

    pub(crate) fn within<T>(&self, act: impl FnOnce(&mut Workspace<'_>) -> T) -> T {
        let objects = self.repository().objects().expect("they are readable");
        act(&mut Workspace::new(&objects, Memo::default()))
    }

    /// Looks at a stage as it is.
    pub(crate) fn look<T>(
        &self,
        of: &plain::Stage,
        act: impl FnOnce(&mut Stage<'_, '_>, &mut History) -> T,
    ) -> T {
        self.within(|workspace| {
            let ledger = Ledger::read(
                workspace.objects(),
                &mut Memo::default(),
                of.tip(),
                &of.proposed,
            );
            let ledger = ledger.expect("it is readable");
            let pinned = Pinned::of(&self.revisions);
            let mut history = History::new(ledger, self.canonical, pinned);
            act(&mut Stage::new(workspace, of.name), &mut history)
        })
    }

    /// Makes the commits that bring revisions to a stage, and moves nothing.
    pub(crate) fn land_all(
        &self,
        of: &plain::Stage,
        handed: &[Handed],
        wanted: &[usize],
    ) -> Result<Sequence, Box<Refused>> {
        let who = signature("Jo", "jo@example.com", self.seconds, 0);
        self.look(of, |stage, history| {
            let last = history.ledger().entries.len() - 1;
            let on = history.ledger().on_stage();
            let start = Start {
                tip: of.tip(),
                view: history.view(stage, last).expect("it has one"),
                on: &on,
                committer: &who,
                promotion: "p",
            };
            let wanted = wanted.iter().map(|at| Wanted {
                revision: handed[*at].landed.clone(),
                depends: handed[*at]
                    .on
                    .iter()
                    .map(|on| handed[*on].landed.clone())
                    .collect(),
                subject: "Something: new".into(),
                author: who.clone(),
            });
            let sequence = stage
                .land_all(&start, wanted.collect())
                .expect("it can be stamped")?;
            for step in &sequence.landings {
                stage
                    .workspace
                    .write(&[step.commit])
                    .expect("the disk has room");
            }
            Ok(sequence)
        })
    }

    /// A commit of the library's on top of a stage.
    pub(crate) fn on_top(
        &self,
        of: &plain::Stage,
        workspace: &Workspace<'_>,
        tree: ObjectId,
        deed: &Deed,
    ) -> ObjectId {
        let who = signature("Jo", "jo@example.com", self.seconds, 0);
        let commit = workspace.keep_commit(&NewCommit {
            tree,
            parents: &[of.tip()],
            author: &who,
            committer: &who,
            message: format!("Deed\n\n{deed}").as_bytes(),
        });
        let commit = commit.expect("the disk has room");
        workspace.write(&[commit]).expect("the disk has room");
        commit
    }

    /// Hands in a story as its log keeps it: where it begins is found out by the library.
    pub(crate) fn submit(&mut self, work: &Story, handed: &[Handed]) -> Revision {
        let repository = self.repository();
        let on: Vec<StoryId> = work
            .on
            .iter()
            .map(|on| handed[*on].landed.story.clone())
            .collect();
        let known = on.iter().map(|id| {
            (
                id.clone(),
                story::Story::read(&repository, id).expect("a story"),
            )
        });
        let stories = known.collect();
        let submission = story::Submission {
            story: &work.id,
            tip: work.commits.last().expect("it has one").0,
            canonical: self.canonical,
            depends_on: &on,
            stories: &stories,
        };
        let draft = submission.draft(&repository).expect("it is fit");
        let revision = Revision {
            story: work.id.clone(),
            parts: BTreeMap::from([(story::OWN_REPOSITORY.into(), draft.part)]),
            depends: draft.depends,
        };
        let who = signature("Jo", "jo@example.com", self.seconds, 0);
        let log = story::Story::read(&repository, &work.id).expect("a story");
        let record = log.record(&repository, &Event::Submitted(revision.clone()), &who);
        self.set(
            &story::log_ref(&work.id),
            record.expect("the disk has room"),
        );
        self.revisions.push(revision.clone());
        revision
    }

    /// What canonical got of these stories.
    pub(crate) fn followed(&self, stories: &[StoryId]) -> Followed {
        let repository = self.repository();
        let objects = repository.objects().expect("they are readable");
        let stories = stories.iter().map(|id| {
            (
                id.clone(),
                story::Story::read(&repository, id).expect("a story"),
            )
        });
        Followed::read(
            &repository,
            &objects,
            &mut Memo::default(),
            self.canonical,
            &[],
            &stories.collect(),
        )
        .expect("it is readable")
    }

    /// Says something of a revision at a stage's gate.
    pub(crate) fn say(
        &mut self,
        of: &plain::Stage,
        who: usize,
        action: Action,
        about: &Handed,
    ) -> ObjectId {
        self.seconds += 60;
        let who = signature("Jo", &format!("{who}@example.com"), self.seconds, 0);
        let objects = self.repository().objects().expect("they are readable");
        let saying = Saying {
            action,
            story: &about.landed.story,
            revision: about.landed.revision,
            stage: of.name,
            reason: "because",
        };
        let bytes = saying
            .commit(&objects, of.gate, &who)
            .expect("the disk has room");
        let writer = objects.writer();
        let entry = writer.add(Kind::Commit, &bytes).expect("the disk has room");
        writer.finish().expect("the disk has room");
        let name = gate_ref(of.name).expect("a plain name");
        self.set(name.as_str(), entry);
        entry
    }

    pub(crate) fn gate(&self, of: &plain::Stage) -> Gate {
        let objects = self.repository().objects().expect("they are readable");
        Gate::read(&objects, of.name, of.gate).expect("it is readable")
    }

    /// Puts everything into one pack: each operation makes some.
    pub(crate) fn repack(&mut self) {
        self.git(&["repack", "-a", "-d", "-k", "--quiet"], "");
    }
}
