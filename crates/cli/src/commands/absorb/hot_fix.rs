//! A commit that was made on a stage itself becomes a story.
//!
//! Its change goes onto canonical as a story's branch, which is handed in; and an empty commit on the stage says
//! that it is there already. The story's change has to be the very change that the stage has, so that it can be
//! taken off there like any other.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_promote::{Applied, Deed, Entry, History, Stage, View};
use storyline_repo::projection::Workspace;
use storyline_repo::story::{
    Event, OWN_REPOSITORY, Part, Revision, Story, StoryId, log_ref, pin_ref,
};
use storyline_repo::{Kind, Memo, NewCommit, ObjectId, Push, RawCommit};
use storyline_text::{Diagnostic, Visible};

use super::super::story::{signature_now, story_id};
use crate::args::{AbsorbArgs, Format};
use crate::canon::{self, Canon, branch_ref, tracking_ref};
use crate::failure::{Failure, FailureKind, usage};
use crate::history::{self, Broken};
use crate::output::{self, short};
use crate::stages::{StageNow, fetch_stories, landed};

pub(super) fn run(directory: &Path, args: &AbsorbArgs, commit: &str) -> Result<ExitCode, Failure> {
    let id = story_id(args.story.as_deref().expect("clap asks for it"))?;
    let canon = Canon::fetch(directory)?;
    let objects = canon.repository.objects()?;
    let now = StageNow::receiving(&canon, &objects, &args.environment)?;
    let mut history = history::of(&canon, &now, Broken::Stops)?;
    objects.refresh();
    let at = found(&history, &args.environment, commit)?;
    let mut workspace = Workspace::new(&objects, Memo::open(&canon.repository));
    let mut stage = Stage::new(&mut workspace, &args.environment);
    let fix = Fix::make(&canon, &mut stage, &mut history, at, id)?;
    let is_handed_in = is_handed_in(&canon, &fix.revision)?;
    let mut absorbed = Absorbed {
        stage: &args.environment,
        commit: history.ledger().entries[at].commit.to_string(),
        story: fix.revision.story.to_string(),
        revision: fix.revision.id().to_string(),
        branch: canon.manifest.story_branch.of(fix.revision.story.as_str()),
        tip: fix.tip.to_string(),
        done: !args.dry_run,
        merge: None,
    };
    if absorbed.done {
        workspace.write(&[fix.tip, fix.told])?;
        objects.refresh();
        if !is_handed_in {
            fix.hand_in(&canon)?;
        }
        absorbed.merge = now.move_to(fix.told, &absorbed.story, "storyline absorb")?;
    }
    workspace.finish();
    match args.format {
        Format::Text => output::print(&absorbed.text())?,
        Format::Json => output::print_json(&absorbed)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A hot fix as a story.
struct Fix {
    revision: Revision,
    /// The story's only commit, on canonical.
    tip: ObjectId,
    /// The commit that says on the stage that it is there.
    told: ObjectId,
    signature: Vec<u8>,
}

impl Fix {
    fn make(
        canon: &Canon,
        stage: &mut Stage<'_, '_>,
        history: &mut History,
        at: usize,
        story: StoryId,
    ) -> Result<Self, Failure> {
        let tree = on_canonical(canon, stage, history, at)?;
        let commit = history.ledger().entries[at].commit;
        let bytes = stage.workspace.objects().read_as(commit, Kind::Commit)?;
        let raw = RawCommit::parse(&bytes).expect("the ledger has read it");
        let signature = signature_now(&canon.repository)?;
        let tip = stage.commit(&NewCommit {
            tree,
            parents: &[canon.tip],
            author: raw.author().unwrap_or(&signature),
            // The same commit again for who goes on after an interruption.
            committer: raw.committer().unwrap_or(&signature),
            message: raw.message(),
        })?;
        let base = canon.tip;
        let revision = Revision {
            story,
            parts: BTreeMap::from([(OWN_REPOSITORY.into(), Part { base, tip })]),
            depends: BTreeMap::new(),
        };
        let deed = Deed::HotFix {
            revision: landed(&revision)?,
            commit,
        };
        let story = &revision.story;
        let message = format!("Make {} story {story}\n\n{deed}", short(commit));
        let last = history.ledger().tip().expect("it has the commit");
        let told = stage.commit(&NewCommit {
            tree: last.tree,
            parents: &[last.commit],
            author: &signature,
            committer: &signature,
            message: message.as_bytes(),
        })?;
        Ok(Self {
            revision,
            tip,
            told,
            signature,
        })
    }

    /// Pushes the story's branch, its pin and its log.
    fn hand_in(&self, canon: &Canon) -> Result<(), Failure> {
        let (id, tip) = (&self.revision.story, self.tip);
        let event = Event::Submitted(self.revision.clone());
        let story = Story::new(id.clone());
        let record = story.record(&canon.repository, &event, &self.signature)?;
        let branch = canon.manifest.story_branch.of(id.as_str());
        let log = canon::name(&log_ref(id))?;
        let pin = canon::name(&pin_ref(id, self.revision.id()))?;
        let new = |destination, new| Push {
            destination,
            expected: None,
            new: Some(new),
            forward_only: false,
        };
        let pushes = [
            new(branch_ref(&branch)?, tip),
            new(pin.clone(), tip),
            new(log.clone(), record),
        ];
        canon.git.push(&canon.repository, &canon.url, &pushes)?;
        let copies = [(tracking_ref(&branch)?, tip), (pin, tip), (log, record)];
        canon.copy_refs(&copies, "storyline absorb")
    }
}

/// Whether the story was handed in already, by a command that was interrupted. Any other story of this name is
/// refused.
fn is_handed_in(canon: &Canon, revision: &Revision) -> Result<bool, Failure> {
    let id = &revision.story;
    let stories = fetch_stories(canon, [id.clone()])?;
    if stories.get(id).and_then(Story::revision) == Some(revision) {
        return Ok(true);
    }
    let branch = branch_ref(&canon.manifest.story_branch.of(id.as_str()))?;
    let there = canon.refs(&[branch.as_str()])?;
    if stories.is_empty() && there.is_empty() {
        return Ok(false);
    }
    let diagnostic = Diagnostic::error("story-exists", format!("there is a story {id} already"))
        .help("choose another id: a commit on a stage becomes a story of its own");
    Err(usage(diagnostic))
}

/// The story that a commit of the stage was made.
fn story_of(entries: &[Entry], fix: ObjectId) -> Option<&StoryId> {
    let mut deeds = entries.iter().flat_map(|entry| &entry.deeds);
    deeds.find_map(|deed| match deed {
        Deed::HotFix { revision, commit } if *commit == fix => Some(&revision.story),
        _ => None,
    })
}

/// The entry of the commit that was typed.
fn found(history: &History, stage: &str, commit: &str) -> Result<usize, Failure> {
    let entries = &history.ledger().entries;
    let digits = commit.to_ascii_lowercase();
    let matches = |at: &usize| entries[*at].commit.to_string().starts_with(&digits);
    let found: Vec<_> = (0..entries.len()).filter(matches).take(2).collect();
    let shown = Visible(commit.as_bytes());
    let known = found
        .first()
        .and_then(|at| story_of(entries, entries[*at].commit));
    let (id, title) = match found.as_slice() {
        [_] if let Some(story) = known => (
            "commit-not-foreign",
            format!("commit {shown} is story {story} already"),
        ),
        [at] if *at > 0 && entries[*at].deeds.is_empty() => return Ok(*at),
        [at] if *at > 0 => (
            "commit-not-foreign",
            format!("commit {shown} says what it does: it is no hot fix"),
        ),
        [] => (
            "commit-unknown",
            format!("{shown} is no commit of the stage"),
        ),
        _ => (
            "commit-unknown",
            format!("{shown} cannot be told from others"),
        ),
    };
    Err(usage(Diagnostic::error(id, title).help(format!(
        "`storyline audit {}` lists those that can become stories",
        Visible(stage.as_bytes())
    ))))
}

/// Canonical's tree with the change of an entry.
fn on_canonical(
    canon: &Canon,
    stage: &mut Stage<'_, '_>,
    history: &mut History,
    at: usize,
) -> Result<ObjectId, Failure> {
    let [from, to] = [history.view(stage, at - 1)?, history.view(stage, at)?];
    let base = View {
        tree: stage.workspace.tree_of(canon.tip)?,
        kept: from.kept.clone(),
    };
    let applied = stage.apply_trees(&base, from.tree, to.tree)?;
    if !applied.fits() {
        return Err(conflict(&applied));
    }
    let tree = applied.view.tree;
    let again = stage.apply_trees(&from, base.tree, tree)?;
    if !again.fits() || again.view.tree != to.tree {
        let title =
            "canonical has a part of that change already, or it holds files of the manifest";
        let diagnostic = Diagnostic::error("hot-fix-differs", title)
            .help("what would be the story's change is not what the stage has, and could not be taken off there")
            .help("begin a story by hand: `storyline story start ID`; `git revert` the commit on the stage, and promote the story");
        return Err(Failure::new(FailureKind::Conflict, diagnostic).unchanged());
    }
    Ok(tree)
}

fn conflict(applied: &Applied) -> Failure {
    let mut diagnostic = Diagnostic::error(
        "hot-fix-conflict",
        "the change of that commit does not fit onto canonical",
    );
    for clash in &applied.clashes {
        diagnostic = diagnostic.help(format!("both changed {}", clash.path));
    }
    for path in &applied.unclear {
        diagnostic = diagnostic.help(format!("names in {path} do not belong on the stage"));
    }
    let diagnostic = diagnostic.help(
        "begin a story by hand: `storyline story start ID`, with what the commit does, in canonical form",
    );
    Failure::new(FailureKind::Conflict, diagnostic).unchanged()
}

/// What was done, for programs.
#[derive(Serialize)]
struct Absorbed<'a> {
    stage: &'a str,
    commit: String,
    story: String,
    revision: String,
    branch: String,
    /// The story's only commit.
    tip: String,
    done: bool,
    /// The branch that people merge into the stage.
    merge: Option<String>,
}

impl Absorbed<'_> {
    fn text(&self) -> String {
        let Self { story, .. } = self;
        let did = if self.done { "made" } else { "would make" };
        let mut text = format!(
            "{did} {} of {} story {story}, revision {}\n  {} new at {}\n",
            short(&self.commit),
            Visible(self.stage.as_bytes()),
            short(&self.revision),
            Visible(self.branch.as_bytes()),
            short(&self.tip),
        );
        text.push_str(&match (&self.merge, self.done) {
            (Some(merge), _) => format!(
                "next: merge `{}` into the stage's branch\n",
                Visible(merge.as_bytes())
            ),
            (None, true) => {
                format!("next: merge story {story} into canonical, or `storyline promote {story} --to STAGE`\n")
            }
            (None, false) => "nothing was changed; next: the same without `--dry-run`\n".into(),
        });
        text
    }
}
