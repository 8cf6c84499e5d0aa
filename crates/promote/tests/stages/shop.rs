//! A shop with a canonical branch and one stage, in a bare repository. Whatever happens there is a commit.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use storyline_promote::{
    Audit, BackOut, Beginning, Deed, Foreign, History, Land, Landed, Landing, Ledger, Pinned,
    Refused, Sequence, Span, Stage, Start, Take, TakenOff, Wanted, audit, take_off,
};
use storyline_repo::projection::{Leaf, Workspace};
use storyline_repo::story::{OWN_REPOSITORY, Part, Revision, StoryId};
use storyline_repo::{EntryKind, Memo, NewCommit, ObjectId, Repository, signature};
use storyline_text::RelPath;

/// The stage.
pub(crate) const STAGE: &str = "acceptance";
/// The files at first; names of the stage end in `_acc`.
pub(crate) const MANIFEST: &str =
    "[environment.acceptance]\nmodels = \"{name}_acc\"\nconnections = \"{name}_acc\"\n";
const MODEL: &str = "connection: \"warehouse\"\ninclude: \"/views/*\"\nexplore: orders {}\n";
/// A file in which stories change lines.
pub(crate) const VIEW: &str = "views/orders.view.lkml";

/// The view's text: lines named `a` to `h`, each far enough from the others that none touches another.
pub(crate) fn view() -> String {
    let lines = ('a'..='h').map(|name| format!("  dimension: {name} {{}}\n\n\n\n"));
    format!("view: orders {{\n{}}}\n", lines.collect::<String>())
}

/// In a file, this text becomes that one. An empty text is a file that is not there.
pub(crate) type Edit<'e> = (&'e str, &'e str, &'e str);

pub(crate) struct Shop {
    _folder: tempfile::TempDir,
    /// The bare repository.
    pub(crate) root: PathBuf,
    seconds: i64,
    /// The tip of canonical.
    pub(crate) canonical: ObjectId,
    /// The tip of the stage.
    pub(crate) tip: ObjectId,
    pub(crate) revisions: Vec<Revision>,
}

impl Shop {
    /// With one canonical commit, that the stage began with.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("bare.git");
        for inside in ["objects/pack", "objects/info", "refs/heads"] {
            fs::create_dir_all(root.join(inside)).expect("a new folder");
        }
        fs::write(root.join("HEAD"), "ref: refs/heads/main\n").expect("a new file");
        let nothing = ObjectId::from_hex(&[b'0'; 40]).expect("forty digits");
        let mut shop = Self {
            _folder: folder,
            root,
            seconds: 1_700_000_000,
            canonical: nothing,
            tip: nothing,
            revisions: Vec::new(),
        };
        let edits = [
            ("storyline.toml", "", MANIFEST),
            ("shop.model.lkml", "", MODEL),
            (VIEW, "", &view()),
        ];
        shop.canonical = shop.commit(None, &edits, "First");
        shop.tip = shop.within(|workspace| {
            let tree = workspace.tree_of(shop.canonical).expect("it is there");
            let stamped = workspace.stamped(tree, STAGE).expect("it is readable");
            shop.write(
                workspace,
                None,
                stamped.expect("it can be stamped"),
                "First",
            )
        });
        shop
    }

    pub(crate) fn within<T>(&self, act: impl FnOnce(&mut Workspace<'_>) -> T) -> T {
        let repository = Repository::open_bare(&self.root).expect("it is readable");
        let objects = repository.objects().expect("they are readable");
        act(&mut Workspace::new(&objects, Memo::default()))
    }

    /// Looks at the stage as it is now.
    pub(crate) fn look<T>(&self, act: impl FnOnce(&mut Stage<'_, '_>, &mut History) -> T) -> T {
        self.within(|workspace| {
            let ledger = Ledger::read(workspace.objects(), &mut Memo::default(), self.tip, &[]);
            let ledger = ledger.expect("it is readable");
            let pinned = Pinned::of(&self.revisions);
            let mut history = History::new(ledger, self.canonical, pinned);
            act(&mut Stage::new(workspace, STAGE), &mut history)
        })
    }

    /// A commit on top of another, with edits.
    pub(crate) fn commit(
        &mut self,
        parent: Option<ObjectId>,
        edits: &[Edit<'_>],
        message: &str,
    ) -> ObjectId {
        let made = self.within(|workspace| {
            let old = match parent {
                Some(parent) => workspace.tree_of(parent).expect("it is there"),
                None => workspace.empty().expect("nothing is simple"),
            };
            let mut changes = BTreeMap::new();
            for (path, from, to) in edits {
                let path = RelPath::new(path.as_bytes()).expect("a plain path");
                let there = changes.get(&path).copied();
                let there = there.unwrap_or_else(|| workspace.leaf(old, &path).expect("a tree"));
                let text = there.map(|leaf: Leaf| workspace.read(leaf.id).expect("it is there"));
                let text = String::from_utf8(text.unwrap_or_default()).expect("text");
                assert!(text.contains(from), "{from} is not in {text}");
                let new = match from.is_empty() {
                    true => (*to).to_owned(),
                    false => text.replacen(from, to, 1),
                };
                let leaf = (!new.is_empty()).then(|| Leaf {
                    kind: EntryKind::File,
                    id: workspace.keep(new.as_bytes()).expect("the disk has room"),
                });
                changes.insert(path, leaf);
            }
            let tree = workspace.edited(old, &changes).expect("a tree");
            let tree = tree.expect("nothing is in the way");
            self.write(workspace, parent, tree, message)
        });
        self.seconds += 60;
        made
    }

    fn write(
        &self,
        workspace: &Workspace<'_>,
        parent: Option<ObjectId>,
        tree: ObjectId,
        message: &str,
    ) -> ObjectId {
        let who = signature("Jo", "jo@example.com", self.seconds, 0);
        let parents: Vec<_> = parent.into_iter().collect();
        let commit = workspace.keep_commit(&NewCommit {
            tree,
            parents: &parents,
            author: &who,
            committer: &who,
            message: message.as_bytes(),
        });
        let commit = commit.expect("the disk has room");
        workspace.write(&[commit]).expect("the disk has room");
        commit
    }

    /// A revision of a story: canonical with edits.
    pub(crate) fn story(&mut self, id: &str, edits: &[Edit<'_>]) -> Landed {
        let base = self.canonical;
        let tip = self.commit(Some(base), edits, id);
        self.submitted(id, base, tip)
    }

    pub(crate) fn submitted(&mut self, id: &str, base: ObjectId, tip: ObjectId) -> Landed {
        let revision = Revision {
            story: id.parse().expect("a good id"),
            parts: BTreeMap::from([(OWN_REPOSITORY.into(), Part { base, tip })]),
            depends: BTreeMap::new(),
        };
        let landed = Landed {
            story: revision.story.clone(),
            revision: revision.id(),
            change: Span {
                from: base,
                to: tip,
            },
        };
        self.revisions.push(revision);
        landed
    }

    /// Lands a revision, in place of the one that is there.
    pub(crate) fn land(&mut self, revision: &Landed) {
        self.tip = self.look(|stage, history| {
            let at = history.ledger().entries.len() - 1;
            let view = history.view(stage, at).expect("it has one");
            let on = history.ledger().on_stage();
            let land = Land {
                revision: revision.clone(),
                replaces: on.get(&revision.story).map(|there| there.revision.clone()),
            };
            let candidate = stage.land(&view, &land).expect("it can be stamped");
            let candidate = candidate.expect("it fits");
            let deed = Deed::Land(Landing {
                revision: revision.clone(),
                replaces: land.replaces.map(|old| old.revision),
                depends: Vec::new(),
                promotion: "p".into(),
            });
            let message = format!("Land {}\n\n{deed}", revision.story);
            self.write(stage.workspace, Some(self.tip), candidate.tree, &message)
        });
        self.seconds += 60;
    }

    /// Makes the commits that bring these revisions, and leaves the stage where it is.
    pub(crate) fn proposed(
        &self,
        revisions: &[&Landed],
        subject: &str,
    ) -> Result<Sequence, Box<Refused>> {
        let who = signature("Jo", "jo@example.com", self.seconds, 0);
        self.look(|stage, history| {
            let at = history.ledger().entries.len() - 1;
            let on = history.ledger().on_stage();
            let start = Start {
                tip: self.tip,
                view: history.view(stage, at).expect("it has one"),
                on: &on,
                committer: &who,
                promotion: "p",
            };
            let wanted = revisions.iter().map(|revision| Wanted {
                revision: (*revision).clone(),
                depends: Vec::new(),
                subject: subject.into(),
                author: who.clone(),
            });
            let sequence = stage.land_all(&start, wanted.collect());
            let sequence = sequence.expect("it can be stamped")?;
            let tip = sequence.landings.last().map(|step| step.commit);
            stage
                .workspace
                .write(tip.as_slice())
                .expect("the disk has room");
            Ok(sequence)
        })
    }

    /// Lands revisions, as one promotion.
    pub(crate) fn promote(&mut self, revisions: &[&Landed]) -> Result<Sequence, Box<Refused>> {
        let sequence = self.proposed(revisions, "Something new")?;
        self.tip = sequence
            .landings
            .last()
            .map_or(self.tip, |step| step.commit);
        self.seconds += 60;
        Ok(sequence)
    }

    pub(crate) fn taken_off(&self, id: &str) -> TakenOff {
        let id: StoryId = id.parse().expect("a good id");
        let taken = self.look(|stage, history| take_off(stage, history, &id));
        taken.expect("it is readable").expect("it is on the stage")
    }

    /// Takes a story off.
    pub(crate) fn back_out(&mut self, id: &str, take: Option<Take>) {
        let id: StoryId = id.parse().expect("a good id");
        self.tip = self.look(|stage, history| {
            let taken = take_off(stage, history, &id).expect("it is readable");
            let taken = taken.expect("it is on the stage");
            let candidate = match take {
                Some(take) => taken.taking(take),
                None => taken.agreed(),
            };
            let tree = candidate.expect("it fits").tree;
            let message = format!("Back out {id}\n\n{}", taken.deed(take));
            self.write(stage.workspace, Some(self.tip), tree, &message)
        });
        self.seconds += 60;
    }

    /// A commit that somebody made on the stage, in its own names.
    pub(crate) fn on_stage(&mut self, edits: &[Edit<'_>], message: &str) {
        self.tip = self.commit(Some(self.tip), edits, message);
    }

    /// Says that a commit on the stage is a story.
    pub(crate) fn hot_fix(&mut self, revision: &Landed, commit: ObjectId) {
        let deed = Deed::HotFix {
            revision: revision.clone(),
            commit,
        };
        self.on_stage(&[], &format!("Hot fix\n\n{deed}"));
    }

    /// Says that a back-out happened, whatever the files are.
    pub(crate) fn claim_back_out(&mut self, revision: &Landed, edits: &[Edit<'_>]) {
        let deed = Deed::BackOut(BackOut {
            revision: revision.clone(),
            take: None,
        });
        self.on_stage(edits, &format!("Back out\n\n{deed}"));
    }

    pub(crate) fn audit(&self) -> Audit {
        self.look(audit).expect("it is readable")
    }

    /// What the audit says, without names of commits.
    pub(crate) fn audited(&self) -> String {
        told(self.audit())
    }

    /// The text of a canonical file on the stage.
    pub(crate) fn text(&self, path: &str) -> String {
        let path = RelPath::new(path.as_bytes()).expect("a plain path");
        self.look(|stage, history| {
            let at = history.ledger().entries.len() - 1;
            let view = history.view(stage, at).expect("it has one");
            let leaf = stage.workspace.leaf(view.tree, &path).expect("a tree");
            let leaf = leaf.expect("it is there");
            let text = stage.workspace.read(leaf.id).expect("it is there");
            String::from_utf8(text).expect("text")
        })
    }

    /// The dimensions of the view on the stage.
    pub(crate) fn lines(&self) -> String {
        let text = self.text(VIEW);
        let lines = text.lines().filter_map(|line| {
            let name = line.trim().strip_prefix("dimension: ")?;
            Some(name.trim_end_matches(" {}"))
        });
        lines.collect::<Vec<_>>().join(" ")
    }
}

/// An audit without names of commits.
pub(crate) fn told(audit: Audit) -> String {
    let Audit {
        begins,
        examined,
        foreign,
    } = audit;
    let begins = match begins {
        Beginning::Adopted(_) => "adopted",
        Beginning::Canonical(_) => "canonical",
        Beginning::Declared(_) => "declared",
        Beginning::Unknown => "unknown",
    };
    let mut text = format!("begins: {begins}, examined: {examined}\n");
    for Foreign {
        why,
        author,
        subject,
        files,
        ..
    } in foreign
    {
        let files: Vec<_> = files.iter().map(|p| p.to_string()).collect();
        let _ = writeln!(
            text,
            "{} {author}: {subject} [{}]",
            why.word(),
            files.join(" ")
        );
    }
    text
}
