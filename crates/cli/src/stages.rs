//! Stages as they are now: where each lives, what is on it, and the stories that are asked about.

use std::collections::BTreeMap;
use std::ops::Deref;

use storyline_manifest::Landing;
use storyline_promote::gate::GATES;
use storyline_promote::{Followed, Landed, Ledger, OnStage, Span, Wanted};
use storyline_repo::story::{
    Record, Revision, RevisionId, Story, StoryError, StoryId, folder_of_story, story_of_log,
};
use storyline_repo::{Listing, Memo, ObjectId, Objects, signature};
use storyline_text::{Diagnostic, Visible};

use crate::canon::Canon;
use crate::failure::{Failure, FailureKind, Sources, usage};
use crate::fork::Fork;
use crate::home::receives_stories;
use crate::logs::{Logs, REFS_AT_ONCE};
use crate::project::CANONICAL;
use crate::report;

/// A stage, fetched just now.
pub(crate) struct StageNow<'c> {
    pub(crate) fork: Fork<'c>,
    /// Where its branch stands.
    pub(crate) tip: ObjectId,
    pub(crate) ledger: Ledger,
    /// Commits that people were to merge.
    pub(crate) proposed: Vec<ObjectId>,
}

impl<'c> Deref for StageNow<'c> {
    type Target = Fork<'c>;

    fn deref(&self) -> &Fork<'c> {
        &self.fork
    }
}

impl<'c> StageNow<'c> {
    /// Fetches a stage that stories are promoted to.
    pub(crate) fn receiving(
        canon: &'c Canon,
        objects: &Objects,
        name: &str,
    ) -> Result<Self, Failure> {
        need_stage(canon, name)?;
        let environment = canon.manifest.environment(name)?;
        if !receives_stories(&canon.manifest, environment) {
            let title = format!(
                "stage `{}` follows canonical: stories are not promoted to it",
                shown(name)
            );
            let diagnostic = Diagnostic::error("stage-follows-canonical", title)
                .label(environment.place.label("declared here"))
                .help("a story gets there by landing on the canonical branch")
                .help(format!(
                    "`storyline sync {}` brings the stage to where canonical is",
                    shown(name)
                ));
            return Err(Failure {
                sources: canon.manifest_sources.clone(),
                ..usage(diagnostic)
            });
        }
        let fork = Fork::of(canon, name)?;
        Self::find(fork, objects)?.map_err(|fork| {
            let branch = shown(&fork.branch);
            let title = format!(
                "stage `{}` has no branch `{branch}` at {}",
                shown(name),
                fork.url
            );
            let diagnostic = Diagnostic::error("stage-branch-missing", title).help(format!(
                "begin it with what canonical is now: `storyline stamp {} --rev {} --branch stage-{}`, then \
                 `git push {} stage-{}:{branch}`",
                shown(name),
                canon.tip,
                shown(name),
                fork.url,
                shown(name),
            ));
            usage(diagnostic)
        })
    }

    /// What this clone has seen of a stage last, if anything.
    pub(crate) fn last_seen(canon: &'c Canon, objects: &Objects, name: &str) -> Option<Self> {
        let fork = Fork::of(canon, name).ok()?;
        let tracking = fork.tracking_ref(&fork.branch).ok()?;
        let tip = canon.repository.reference(&tracking).ok()??;
        Self::at(fork, objects, tip, Vec::new()).ok()
    }

    fn at(
        fork: Fork<'c>,
        objects: &Objects,
        tip: ObjectId,
        proposed: Vec<ObjectId>,
    ) -> Result<Self, Failure> {
        let mut memo = Memo::open(&fork.canon.repository);
        let ledger = Ledger::read(objects, &mut memo, tip, &proposed)?;
        memo.save();
        Ok(Self {
            fork,
            tip,
            ledger,
            proposed,
        })
    }

    /// Fetches the stage at `fork`, which is given back while there is no branch of it.
    fn find(fork: Fork<'c>, objects: &Objects) -> Result<Result<Self, Fork<'c>>, Failure> {
        let canon = fork.canon;
        let before = canon
            .repository
            .reference(&fork.tracking_ref(&fork.branch)?)?;
        let Some(tip) = fork.fetch(&fork.branch)? else {
            return Ok(Err(fork));
        };
        let proposed = match canon.manifest.policy(&fork.environment.name).landing {
            Landing::Push => Vec::new(),
            Landing::Branch => proposed(canon, |names| fork.there(names), &fork.environment.name)?,
        };
        objects.refresh();
        if let Some(before) = before {
            refuse_rewritten(&fork, objects, before, tip)?;
        }
        let stage = Self::at(fork, objects, tip, proposed)?;
        tell_ambiguous(&stage.environment.name, &stage.ledger.unsure);
        Ok(Ok(stage))
    }
}

/// A stage only goes forward. One that was seen elsewhere lost what was on it, and so what the ledger says.
fn refuse_rewritten(
    fork: &Fork<'_>,
    objects: &Objects,
    before: ObjectId,
    tip: ObjectId,
) -> Result<(), Failure> {
    if !objects.contains(before) || objects.is_ancestor(before, tip)? {
        return Ok(());
    }
    let tracking = fork.tracking_ref(&fork.branch)?;
    // So that it is told again until somebody decides.
    fork.canon
        .copy_refs(&[(tracking.clone(), before)], "storyline: rewritten stage")?;
    let branch = shown(&fork.branch);
    let name = &fork.environment.name;
    let title = format!(
        "stage {name} was rewritten: `{branch}` of {} is at {tip}, which does not go on from {before}",
        fork.url
    );
    let diagnostic = Diagnostic::error("stage-rewritten", title)
        .help(format!(
            "to bring it back: `git push --force-with-lease={branch}:{tip} {} {before}:{branch}`",
            fork.url
        ))
        .help(format!(
            "if that was meant: `git update-ref -d {tracking}`, and run the command again"
        ));
    Err(Failure::new(FailureKind::Conflict, diagnostic).unchanged())
}

/// What is on a stage, whether stories are promoted there or it follows canonical.
pub(crate) fn on_stage(
    canon: &Canon,
    objects: &Objects,
    name: &str,
) -> Result<BTreeMap<StoryId, OnStage>, Failure> {
    need_stage(canon, name)?;
    if receives_stories(&canon.manifest, canon.manifest.environment(name)?) {
        return Ok(StageNow::receiving(canon, objects, name)?.ledger.on_stage());
    }
    Ok(followed(canon, objects)?.ledger.on_stage())
}

/// The revision of one story that is on a stage; none while the stage has not begun. Of other stories only what
/// the stage's own history holds is read.
pub(crate) fn revision_on(
    canon: &Canon,
    objects: &Objects,
    name: &str,
    story: &Story,
) -> Result<Option<RevisionId>, Failure> {
    need_stage(canon, name)?;
    let ledger = if receives_stories(&canon.manifest, canon.manifest.environment(name)?) {
        match StageNow::find(Fork::of(canon, name)?, objects)? {
            Ok(stage) => stage.ledger,
            Err(_) => return Ok(None),
        }
    } else {
        let stories = BTreeMap::from([(story.id.clone(), story.clone())]);
        read_followed(canon, objects, &stories)?.ledger
    };
    let on = ledger.on_stage_of(&story.id);
    Ok(on.map(|on| on.revision.revision))
}

/// What landed on canonical; commits that could be several stories are told.
pub(crate) fn followed(canon: &Canon, objects: &Objects) -> Result<Followed, Failure> {
    let stories = fetch_all_stories(canon)?;
    objects.refresh();
    let followed = followed_by(canon, objects, &stories)?;
    tell_unread(&followed);
    Ok(followed)
}

/// Stories of which nobody can tell whether they landed.
pub(crate) fn tell_unread(followed: &Followed) {
    let unread = followed.unread.values().map(StoryError::diagnostic);
    report::diagnostics(&unread.collect::<Vec<_>>(), &Sources::new());
}

/// The same of these stories alone.
pub(crate) fn followed_by(
    canon: &Canon,
    objects: &Objects,
    stories: &BTreeMap<StoryId, Story>,
) -> Result<Followed, Failure> {
    let followed = read_followed(canon, objects, stories)?;
    tell_ambiguous(CANONICAL, &followed.ambiguous);
    tell_ambiguous(CANONICAL, &followed.ledger.unsure);
    Ok(followed)
}

/// Commits of which nobody knows what they landed.
fn tell_ambiguous(stage: &str, commits: &BTreeMap<ObjectId, Vec<StoryId>>) {
    let help = match stage {
        CANONICAL => {
            "none of them counts as landed; write `Story-Id: …` into the message of such commits"
        }
        _ => "it does not count; `storyline promote` says by a commit of its own what is there",
    };
    for (commit, stories) in commits {
        let stories: Vec<_> = stories.iter().map(ToString::to_string).collect();
        let stage = shown(stage);
        let title = match stories.as_slice() {
            [one] => format!("{stage} commit {commit} could be {one}, and so could another one"),
            several => format!(
                "{stage} commit {commit} could be any of {}",
                several.join(", ")
            ),
        };
        let diagnostic = Diagnostic::warning("ambiguous-landing", title).help(help);
        report::diagnostics(&[diagnostic], &Sources::new());
    }
}

fn read_followed(
    canon: &Canon,
    objects: &Objects,
    stories: &BTreeMap<StoryId, Story>,
) -> Result<Followed, Failure> {
    let proposed = proposed(canon, |names| canon.there(names), CANONICAL)?;
    objects.refresh();
    let repository = &canon.repository;
    let mut memo = Memo::open(repository);
    let followed = Followed::read(
        repository, objects, &mut memo, canon.tip, &proposed, stories,
    )?;
    memo.save();
    Ok(followed)
}

/// Fetches the logs of all stories. Those that cannot be read are told and left out.
pub(crate) fn fetch_all_stories(canon: &Canon) -> Result<BTreeMap<StoryId, Story>, Failure> {
    let there = canon.refs(&["refs/storyline/story/"])?;
    Ok(Logs::fetch(canon, there.keys().filter_map(story_of_log))?.told())
}

/// Where commits are kept that people were to merge into a stage, whatever becomes of their branches.
pub(crate) fn proposals(stage: &str) -> String {
    format!("refs/storyline/landing/{stage}/")
}

/// Where branches are that people are to merge into a stage.
pub(crate) fn branches_to_merge(stage: &str) -> String {
    format!("storyline/land/{stage}/")
}

/// The commits that people were to merge into a stage, which lives `there`.
fn proposed<'l>(
    canon: &Canon,
    there: impl FnOnce(&[&str]) -> Result<&'l Listing, Failure>,
    stage: &str,
) -> Result<Vec<ObjectId>, Failure> {
    let folder = proposals(stage);
    let listing = there(&[&folder])?;
    let there = canon.git.refs(&canon.repository, listing, &[&folder])?;
    let wants: Vec<_> = there
        .keys()
        .map(|name| (name.clone(), name.clone()))
        .collect();
    for wants in wants.chunks(REFS_AT_ONCE) {
        canon.git.fetch_listed(&canon.repository, listing, wants)?;
    }
    Ok(there.into_values().collect())
}

/// Refuses what is no stage of the pipeline.
pub(crate) fn need_stage(canon: &Canon, name: &str) -> Result<(), Failure> {
    let mut stages = canon.manifest.pipeline.iter().flatten();
    if stages.any(|stage| stage == name) {
        return Ok(());
    }
    let stages: Vec<_> = canon.manifest.pipeline.iter().flatten().collect();
    let title = format!("`{}` is no stage of the pipeline", shown(name));
    let diagnostic = Diagnostic::error("unknown-stage", title);
    Err(usage(match stages.as_slice() {
        [] => diagnostic
            .help("say which environments are: `[pipeline] stages = […]` in `storyline.toml`"),
        stages => {
            let names: Vec<_> = stages
                .iter()
                .map(|stage| format!("`{}`", shown(stage)))
                .collect();
            diagnostic.help(format!("stages are {}", names.join(", ")))
        }
    }))
}

/// Where the canonical repository has these stories and what was said of them; empty for none, and for so many that
/// one asks for all.
pub(crate) fn folders_of<'s>(stories: impl Iterator<Item = &'s StoryId>) -> Vec<String> {
    let mut folders: Vec<_> = stories.map(folder_of_story).collect();
    if folders.is_empty() || folders.len() > REFS_AT_ONCE {
        return Vec::new();
    }
    folders.push(GATES.into());
    folders
}

/// Fetches the logs of these stories. One that has none is left out; one that cannot be read stops.
pub(crate) fn fetch_stories(
    canon: &Canon,
    ids: impl IntoIterator<Item = StoryId>,
) -> Result<BTreeMap<StoryId, Story>, Failure> {
    Logs::fetch(canon, ids)?.unbroken()
}

/// A story as it was typed: its id, and the first digits of a revision behind `@`.
pub(crate) struct Asked {
    pub(crate) id: StoryId,
    pub(crate) revision: Option<String>,
}

impl Asked {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let (id, revision) = match text.split_once('@') {
            Some((id, revision)) => (id, Some(revision.to_owned())),
            None => (text, None),
        };
        let id = crate::commands::story::story_id(id)?;
        Ok(Self { id, revision })
    }

    /// The record of what was handed in and is meant.
    pub(crate) fn record<'s>(&self, story: Option<&'s Story>) -> Result<&'s Record, Failure> {
        let id = &self.id;
        let Some(story) = story else {
            let title = format!("nothing was handed in of a story {id}");
            let diagnostic = Diagnostic::error("unknown-story", title);
            return Err(usage(diagnostic.help(format!(
                "`storyline story list` has them all; `storyline story submit {id}` hands one in"
            ))));
        };
        if let Some(reason) = story.withdrawn() {
            let reason = match reason {
                "" => String::new(),
                reason => format!(": {}", shown(reason.lines().next().unwrap_or_default())),
            };
            let title = format!("story {id} was withdrawn{reason}");
            let diagnostic = Diagnostic::error("story-withdrawn", title);
            return Err(usage(
                diagnostic.help(format!("`storyline story submit {id}` takes it up again")),
            ));
        }
        let record = match &self.revision {
            Some(digits) => {
                let found = crate::commands::story::records(story, digits)?;
                found.first().copied()
            }
            None => story.revisions().next_back().map(|(record, _)| record),
        };
        record.ok_or_else(|| {
            let title = format!("nothing was handed in of story {id}");
            let help = format!("`storyline story submit {id}` hands in what its branch holds");
            usage(Diagnostic::error("story-not-submitted", title).help(help))
        })
    }
}

/// The change of a revision in this repository.
pub(crate) fn landed(revision: &Revision) -> Result<Landed, Failure> {
    let part = revision.own().ok_or_else(|| {
        let error = storyline_promote::PromoteError::NoPart {
            story: revision.story.clone(),
            revision: revision.id(),
        };
        Failure::from(error)
    })?;
    Ok(Landed {
        story: revision.story.clone(),
        revision: revision.id(),
        change: Span {
            from: part.base,
            to: part.tip,
        },
    })
}

/// Refuses a revision whose commits are gone.
pub(crate) fn need_objects(objects: &Objects, landed: &Landed) -> Result<(), Failure> {
    let mut ends = [landed.change.from, landed.change.to].into_iter();
    match ends.find(|commit| !objects.contains(*commit)) {
        None => Ok(()),
        Some(commit) => Err(storyline_promote::PromoteError::RevisionGone {
            story: landed.story.clone(),
            revision: landed.revision,
            commit,
        }
        .into()),
    }
}

/// What a record handed in, ready to land.
pub(crate) fn wanted(
    canon: &Canon,
    record: &Record,
    stories: &BTreeMap<StoryId, Story>,
) -> Result<Wanted, Failure> {
    let revision = record
        .revision()
        .expect("a record that hands in has a revision");
    let change = landed(revision)?;
    need_objects(&canon.repository.objects()?, &change)?;
    let mut depends = Vec::new();
    for (id, on) in &revision.depends {
        let found = stories.get(id).and_then(|story| {
            let mut revisions = story.revisions();
            revisions.find(|(_, revision)| revision.id() == *on)
        });
        match found {
            Some((_, found)) => depends.push(landed(found)?),
            None => {
                let title = format!(
                    "story {} is built on revision {} of {id}, which is gone",
                    revision.story,
                    on.short()
                );
                let diagnostic = Diagnostic::error("dependency-gone", title).help(format!(
                    "`storyline story submit {}` hands it in anew",
                    revision.story
                ));
                return Err(usage(diagnostic));
            }
        }
    }
    let subject =
        storyline_repo::story::CommitSummary::read(&canon.repository, change.change.to)?.subject;
    Ok(Wanted {
        revision: change,
        depends,
        subject,
        author: signature(&record.who.name, &record.who.email, record.when, 0),
    })
}

impl From<storyline_promote::PromoteError> for Failure {
    fn from(error: storyline_promote::PromoteError) -> Self {
        use storyline_promote::PromoteError;
        match error {
            PromoteError::Object(error) => error.into(),
            PromoteError::Projection(error) => error.into(),
            PromoteError::Story(error) => error.into(),
            error => Self {
                kind: FailureKind::Usage,
                diagnostics: error.diagnostics(),
                sources: Sources::new(),
                unchanged: true,
            },
        }
    }
}

/// Text of people's, fit for a terminal.
pub(crate) fn shown(text: &str) -> Visible<'_> {
    Visible(text.as_bytes())
}
