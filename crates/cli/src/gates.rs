//! What `accept`, `hold` and `release` have in common: an entry on a stage's gate in the canonical
//! repository, on top of those that are there.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_manifest::StagePolicy;
use storyline_promote::Landed;
use storyline_promote::gate::{Action, Entry, Gate, MAX_REASON, Saying, Standing, gate_ref};
use storyline_repo::story::{Person, RevisionId, Story, StoryId, log_ref};
use storyline_repo::{
    Expected, NetError, ObjectId, Objects, Push, RawCommit, RefName, RefUpdate, SignError,
};
use storyline_text::{Diagnostic, Visible};

use crate::args::{Format, GateTarget};
use crate::canon::{self, Canon};
use crate::commands::story::{self, signature_now, story_id};
use crate::failure::{Failure, FailureKind, Sources, usage};
use crate::output::{self, count};
use crate::report;
use crate::stages::need_stage;

/// How often an entry is put on top of what somebody else was faster with.
const ATTEMPTS: usize = 10;

/// What is asked for.
pub(crate) struct Asked<'a> {
    pub(crate) action: Action,
    pub(crate) target: &'a GateTarget,
    pub(crate) reason: &'a str,
    /// Whether to sign where nobody asks for it.
    pub(crate) sign: bool,
}

/// A gate of a stage, and where all of it is.
struct Open<'a> {
    canon: &'a Canon,
    objects: Objects,
    asked: &'a Asked<'a>,
    policy: &'a StagePolicy,
    story: Story,
    name: RefName,
    /// The user's SSH key that signs, if one is to.
    key: Option<String>,
}

/// Says it, and tells how the revision stands then.
pub(crate) fn say(directory: &Path, asked: &Asked<'_>) -> Result<ExitCode, Failure> {
    story_id(&asked.target.story)?;
    refuse_long(asked.reason)?;
    let canon = Canon::fetch(directory)?;
    let said = say_to(&canon, asked)?;
    match asked.target.format {
        Format::Text => output::print(&said.text())?,
        Format::Json => output::print_json(&said)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Holds a revision on a stage, unless that was said already.
pub(crate) fn hold(
    canon: &Canon,
    stage: &str,
    landed: &Landed,
    reason: &str,
) -> Result<(), Failure> {
    let target = GateTarget {
        story: landed.story.to_string(),
        on: stage.into(),
        revision: Some(landed.revision.to_string()),
        dry_run: false,
        format: Format::default(),
    };
    let asked = Asked {
        action: Action::Hold,
        target: &target,
        reason,
        sign: false,
    };
    say_to(canon, &asked).map(drop)
}

/// Refuses a reason that no entry can hold.
pub(crate) fn refuse_long(reason: &str) -> Result<(), Failure> {
    if reason.len() <= MAX_REASON {
        return Ok(());
    }
    let title = format!(
        "the text has {} bytes; {MAX_REASON} are allowed",
        reason.len()
    );
    let help = "write where the rest is to be found";
    Err(usage(
        Diagnostic::error("reason-too-long", title).help(help),
    ))
}

fn say_to(canon: &Canon, asked: &Asked<'_>) -> Result<Said, Failure> {
    let id = story_id(&asked.target.story)?;
    let stage = &asked.target.on;
    need_stage(canon, stage)?;
    let policy = canon.manifest.policy(stage);
    let name = gate_ref(stage);
    let name = name.map_err(|e| usage(Diagnostic::error("ref-name", e.to_string())))?;
    let story = fetch(canon, &id, &name)?;
    let open = Open {
        objects: canon.repository.objects()?,
        key: key(canon, asked, policy)?,
        canon,
        asked,
        policy,
        story,
        name,
    };
    open.say()
}

/// Brings the log of one story and one gate, and nothing of others.
fn fetch(canon: &Canon, id: &StoryId, gate: &RefName) -> Result<Story, Failure> {
    let log = canon::name(&log_ref(id))?;
    let seen = canon.repository.reference(gate)?;
    let wants = [(log.clone(), log.clone()), (gate.clone(), gate.clone())];
    let fetched = canon.git.fetch(&canon.repository, &canon.url, &wants)?;
    if let Some(seen) = seen {
        refuse_rewritten(canon, gate, seen, fetched.found.get(gate).copied())?;
    }
    if fetched.missing.contains(&log) {
        let title = format!("no revision of story {id} was handed in at {}", canon.url);
        let help =
            format!("`storyline story submit {id}` does; `storyline story list` has all stories");
        return Err(usage(Diagnostic::error("unknown-story", title).help(help)));
    }
    Ok(Story::read(&canon.repository, id)?)
}

/// A gate only grows. One that lost what this clone has seen was rewritten by force, maybe to lose a
/// hold; the clone keeps what it has.
fn refuse_rewritten(
    canon: &Canon,
    gate: &RefName,
    seen: ObjectId,
    found: Option<ObjectId>,
) -> Result<(), Failure> {
    if found.is_some_and(|found| found == seen || canon.repository.is_ancestor(seen, found)) {
        return Ok(());
    }
    let back = RefUpdate {
        name: gate.clone(),
        old: Expected::Any,
        new: Some(seen),
    };
    canon
        .git
        .update_refs(&canon.repository, &[back], "storyline: kept")?;
    let title = format!(
        "`{gate}` of {} lost entries that this clone has seen",
        canon.url
    );
    let diagnostic = Diagnostic::error("gate-rewritten", title)
        .help(format!("`git log {gate}` shows what was there"))
        .help(format!(
            "to bring it back: `git push --force {} {gate}`",
            canon.url
        ))
        .help(format!(
            "if it is meant: `git update-ref -d {gate}` here, then run the command again"
        ));
    Err(Failure::new(FailureKind::Conflict, diagnostic).unchanged())
}

/// The key that is to sign, if one is; refuses where nothing would count without.
fn key(canon: &Canon, asked: &Asked<'_>, policy: &StagePolicy) -> Result<Option<String>, Failure> {
    if policy.is_advisory() && !asked.sign {
        return Ok(None);
    }
    let setting = |name| {
        let value = canon.repository.setting(name);
        value.map_err(|error| usage(error.diagnostic()))
    };
    let is_ssh = setting("gpg.format")?.is_some_and(|format| format.eq_ignore_ascii_case("ssh"));
    let key = setting("user.signingKey")?.filter(|key| is_ssh && !key.trim().is_empty());
    if key.is_some() {
        return Ok(key.map(|key| at_home(&key)));
    }
    if asked.action == Action::Hold {
        let title = "no SSH key signs, so the hold is not signed; it counts all the same";
        let told = configured(Diagnostic::warning("not-signed", title));
        report::diagnostics(&[told], &Sources::new());
        return Ok(None);
    }
    let (id, title) = match policy.is_advisory() {
        true => (
            "no-signing-key",
            "no SSH key is configured that signs".into(),
        ),
        false => {
            let on = visible(&asked.target.on);
            let title =
                format!("stage `{on}` counts signed entries alone, and no SSH key signs here");
            ("not-an-approver", title)
        }
    };
    Err(usage(configured(Diagnostic::error(id, title))))
}

fn configured(diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.help(
        "`git config --global gpg.format ssh`, and \
         `git config --global user.signingKey ~/.ssh/id_ed25519.pub`",
    )
}

/// Git is not asked, since the user's settings are not read where it signs.
fn at_home(key: &str) -> String {
    let home = std::env::var("HOME").ok();
    match key.strip_prefix("~/").zip(home) {
        Some((rest, home)) => format!("{home}/{rest}"),
        None => key.into(),
    }
}

/// The revision of a story that is meant on a stage when none is named.
fn revision_on(_stage: &str, story: &Story) -> Option<RevisionId> {
    story.revision().map(|revision| revision.id())
}

impl Open<'_> {
    fn say(&self) -> Result<Said, Failure> {
        let mut tip = self.canon.repository.reference(&self.name)?;
        let mut attempt = 1;
        loop {
            let stage = &self.asked.target.on;
            let mut gate = Gate::read(&self.objects, stage, tip)?;
            let revision = self.revision(&gate)?;
            let asked = BTreeSet::from([revision]);
            let canon = self.canon;
            gate.check_signatures(&canon.git, &canon.repository, self.policy, &asked)?;
            let (commit, person) = self.entry(revision, tip)?;
            if self.is_said(&gate, revision, &person)? {
                return Ok(self.said(&gate, revision, None));
            }
            if !self.asked.target.dry_run {
                match self.push(tip, commit) {
                    Err(NetError::Moved { .. }) if attempt < ATTEMPTS => {
                        attempt += 1;
                        let wants = [(self.name.clone(), self.name.clone())];
                        canon.git.fetch(&canon.repository, &canon.url, &wants)?;
                        tip = canon.repository.reference(&self.name)?;
                        continue;
                    }
                    pushed => pushed?,
                }
                canon.copy_refs(&[(self.name.clone(), commit)], "storyline gate")?;
            }
            let mut gate = Gate::read(&self.objects, stage, Some(commit))?;
            gate.check_signatures(&canon.git, &canon.repository, self.policy, &asked)?;
            return Ok(self.said(&gate, revision, Some(commit)));
        }
    }

    fn push(&self, tip: Option<ObjectId>, commit: ObjectId) -> Result<(), NetError> {
        let push = Push {
            destination: self.name.clone(),
            expected: tip,
            new: Some(commit),
            forward_only: true,
        };
        let Canon { git, url, .. } = self.canon;
        git.push(&self.canon.repository, url, &[push])
    }

    /// The revision that is spoken of.
    fn revision(&self, gate: &Gate) -> Result<RevisionId, Failure> {
        let GateTarget { on, revision, .. } = self.asked.target;
        let id = &self.story.id;
        if self.asked.action == Action::Accept && self.story.withdrawn().is_some() {
            let title = format!("story {id} is withdrawn");
            let help = format!("`storyline story submit {id}` takes it up again");
            return Err(usage(
                Diagnostic::error("story-withdrawn", title).help(help),
            ));
        }
        if let Some(digits) = revision {
            let records = story::wanted(&self.story, Some(digits))?;
            let found = records.first().and_then(|record| record.revision_id());
            return Ok(found.expect("records of a revision name it"));
        }
        if self.asked.action == Action::Release {
            let ids: BTreeSet<_> = self.story.revisions().map(|(_, r)| r.id()).collect();
            let held: Vec<_> = ids
                .into_iter()
                .filter(|id| gate.standing(*id, &StagePolicy::default()).held.is_some())
                .collect();
            match held.as_slice() {
                [one] => return Ok(*one),
                [] => {}
                several => {
                    let title = format!(
                        "{} revisions of story {id} are held on `{on}`",
                        several.len()
                    );
                    let short: Vec<_> = several.iter().map(RevisionId::short).collect();
                    let help = format!("say which: `--revision {}`", short.join("`, `--revision "));
                    return Err(usage(Diagnostic::error("several-held", title).help(help)));
                }
            }
        }
        revision_on(on, &self.story).ok_or_else(|| {
            let title = format!("no revision of story {id} was handed in");
            let help = format!("`storyline story submit {id}`");
            usage(Diagnostic::error("unknown-story", title).help(help))
        })
    }

    /// The entry as a commit, and for whom it counts.
    fn entry(
        &self,
        revision: RevisionId,
        before: Option<ObjectId>,
    ) -> Result<(ObjectId, String), Failure> {
        let repository = &self.canon.repository;
        let signature = signature_now(repository)?;
        let saying = Saying {
            action: self.asked.action,
            story: &self.story.id,
            revision,
            stage: &self.asked.target.on,
            reason: self.asked.reason,
        };
        let bytes = saying.commit(&self.objects, before, &signature)?;
        let commit = RawCommit::parse(&bytes).expect("it was just made");
        let who = commit.committer().and_then(Person::and_time);
        let email = who.map(|(who, _)| who.email.to_ascii_lowercase());
        let email = email.unwrap_or_default();
        let Some(key) = &self.key else {
            let writer = self.objects.writer();
            let id = writer.add(storyline_repo::Kind::Commit, &bytes)?;
            writer.finish()?;
            return Ok((id, email));
        };
        let id = self.canon.git.sign(repository, &commit, key);
        let id = id.map_err(not_signed)?;
        if self.policy.is_advisory() {
            return Ok((id, email));
        }
        let allowed = self.policy.allowed_signers();
        let signers = self.canon.git.signers(repository, &allowed, &[id])?;
        match (signers.get(&id), self.asked.action) {
            (Some(principal), _) => Ok((id, principal.clone())),
            (None, Action::Hold) => Ok((id, email)),
            (None, _) => {
                let on = visible(&self.asked.target.on);
                let title = format!("your key is none of the approvers of stage `{on}`");
                let diagnostic = Diagnostic::error("not-an-approver", title)
                    .help("set `user.signingKey` to the key that is listed")
                    .help(format!(
                        "or have yours listed on the canonical branch: `approvers` of `[stage.{on}]`"
                    ));
                Err(usage(diagnostic))
            }
        }
    }

    /// Whether the same was said already; refuses what would mean nothing.
    fn is_said(&self, gate: &Gate, revision: RevisionId, person: &str) -> Result<bool, Failure> {
        let standing = gate.standing(revision, self.policy);
        let by = |entry: &Entry| entry.person(self.policy).as_deref() == Some(person);
        match (self.asked.action, standing.held) {
            (Action::Accept, Some(held)) => {
                let GateTarget { story, on, .. } = self.asked.target;
                let (story, on) = (visible(story), visible(on));
                let who = visible(&held.who.name);
                let why = visible(&held.reason);
                let title = format!("story {story} is held on `{on}` by {who}: {why}");
                let help = format!("`storyline release {story} --on {on}` first, if it may go on");
                let diagnostic = Diagnostic::error("revision-held", title).help(help);
                Err(Failure::new(FailureKind::Conflict, diagnostic).unchanged())
            }
            (Action::Accept, None) => Ok(standing.accepted.iter().any(|entry| by(entry))),
            (Action::Release, held) => Ok(held.is_none()),
            (Action::Hold, held) => {
                let reason = storyline_repo::story::paragraphs(self.asked.reason);
                let is_mine =
                    |held: &Entry| held.who.email.eq_ignore_ascii_case(person) || by(held);
                Ok(held.is_some_and(|held| held.reason == reason && is_mine(held)))
            }
        }
    }

    fn said(&self, gate: &Gate, revision: RevisionId, entry: Option<ObjectId>) -> Said {
        Said::new(self, &gate.standing(revision, self.policy), revision, entry)
    }
}

fn not_signed(error: SignError) -> Failure {
    match error {
        SignError::Git(error) => error.into(),
        SignError::NotSigned { ref words } => {
            let told = Diagnostic::error("key-does-not-sign", error.to_string());
            let lines = words.lines().map(|line| format!("git said: {line}"));
            let told = lines.fold(told, Diagnostic::help);
            usage(told.help("when `ssh-keygen` can use the key, by an agent if it has a passphrase, run the command again"))
        }
    }
}

fn visible(text: &str) -> Visible<'_> {
    Visible(text.as_bytes())
}

/// What was said and how the revision stands then, for programs.
#[derive(Serialize)]
struct Said {
    action: &'static str,
    story: String,
    stage: String,
    revision: String,
    /// Whether it was not said before.
    new: bool,
    dry_run: bool,
    /// The commit on the gate; `null` when nothing was added.
    entry: Option<String>,
    signed: bool,
    held: Option<Held>,
    /// Who accepted it.
    accepted: Vec<String>,
    /// How many more have to.
    missing: usize,
    /// Whether nothing proves who it was.
    advisory: bool,
}

#[derive(Serialize)]
struct Held {
    who: String,
    email: String,
    /// Seconds since 1970.
    when: i64,
    reason: String,
}

impl Said {
    fn new(
        open: &Open<'_>,
        standing: &Standing<'_>,
        revision: RevisionId,
        entry: Option<ObjectId>,
    ) -> Self {
        let accepted = standing.accepted.iter();
        let dry_run = open.asked.target.dry_run;
        Self {
            action: open.asked.action.word(),
            story: open.story.id.to_string(),
            stage: open.asked.target.on.clone(),
            revision: revision.to_string(),
            new: entry.is_some(),
            dry_run,
            entry: entry.filter(|_| !dry_run).map(|id| id.to_string()),
            signed: entry.is_some() && open.key.is_some(),
            held: standing.held.map(|held| Held {
                who: held.who.name.clone(),
                email: held.who.email.clone(),
                when: held.when,
                reason: held.reason.clone(),
            }),
            accepted: accepted.filter_map(|e| e.person(open.policy)).collect(),
            missing: standing.missing,
            advisory: standing.advisory,
        }
    }

    fn text(&self) -> String {
        let Self { story, stage, .. } = self;
        let done = match (self.action, self.new) {
            ("accept", true) => "accepted",
            ("accept", false) => "already accepted by you:",
            ("hold", true) => "held",
            ("hold", false) => "already held by you, for the same reason:",
            (_, true) => "released",
            (_, false) => "not held:",
        };
        let would = if self.dry_run && self.new {
            "would be "
        } else {
            ""
        };
        let short = &self.revision[..12];
        let mut out = format!("{would}{done} {story} on {stage}, revision {short}\n");
        let all = self.accepted.len() + self.missing;
        let people: Vec<_> = self
            .accepted
            .iter()
            .map(|p| visible(p).to_string())
            .collect();
        let by = if people.is_empty() { "" } else { ": " };
        let advisory = if self.advisory { " (advisory)" } else { "" };
        let state = match &self.held {
            Some(held) => format!("  held by {}\n", visible(&held.who)),
            None => format!(
                "  {} of {}{advisory}{by}{}\n",
                people.len(),
                count(all, "approval"),
                people.join(", ")
            ),
        };
        out.push_str(&state);
        if self.held.is_some() {
            out.push_str(&format!(
                "next: mend it and hand it in anew, or `storyline release {story} --on {stage}`\n"
            ));
        } else if self.action == "release" && self.missing > 0 {
            out.push_str(&format!("next: `storyline accept {story} --on {stage}`\n"));
        }
        out
    }
}
