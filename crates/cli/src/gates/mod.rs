//! What `accept`, `hold` and `release` have in common: an entry on a stage's gate in the canonical
//! repository, on top of those that are there.

pub(crate) mod now;
mod told;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use storyline_manifest::StagePolicy;
use storyline_promote::Landed;
use storyline_promote::gate::{Action, Entry, GATES, Gate, MAX_REASON, Saying, gate_ref};
use storyline_repo::story::{Person, RevisionId, Story};
use storyline_repo::{NetError, ObjectId, Objects, Push, RawCommit, SignError};
use storyline_text::{Diagnostic, Visible};

use self::told::Said;
use crate::args::{Format, GateTarget};
use crate::canon::Canon;
use crate::commands::story::{self, signature_now, story_id};
use crate::failure::{Failure, FailureKind, Sources, usage};
use crate::output;
use crate::report;
use crate::stages::{fetch_stories, folders_of, need_stage, revision_on};

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
    /// The user's SSH key that signs, if one is to.
    key: Option<String>,
}

/// Says it, and tells how the revision stands then.
pub(crate) fn say(directory: &Path, asked: &Asked<'_>) -> Result<ExitCode, Failure> {
    let id = story_id(&asked.target.story)?;
    refuse_long(asked.reason)?;
    let canon = Canon::fetch_with(directory, &folders_of([&id].into_iter()))?;
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
    let objects = canon.repository.objects()?;
    let Some(story) = fetch_stories(canon, [id.clone()])?.remove(&id) else {
        let title = format!("no revision of story {id} was handed in at {}", canon.url);
        let help =
            format!("`storyline story submit {id}` does; `storyline story list` has all stories");
        return Err(usage(Diagnostic::error("unknown-story", title).help(help)));
    };
    let open = Open {
        objects,
        key: key(canon, asked, policy)?,
        story,
        canon,
        asked,
        policy,
    };
    open.say()
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

/// What became of a push.
enum Pushed {
    Done,
    /// Somebody was faster.
    Moved(NetError),
}

impl Open<'_> {
    fn say(&self) -> Result<Said, Failure> {
        let stage = &self.asked.target.on;
        let all: BTreeSet<_> = self.story.revisions().map(|(_, r)| r.id()).collect();
        let canon = self.canon;
        let read = |mut gate: Gate| -> Result<Gate, Failure> {
            gate.check_signatures(&canon.git, &canon.repository, self.policy, &all)?;
            Ok(gate)
        };
        let mut attempt = 1;
        loop {
            let gate = read(self.gate()?)?;
            let (revision, notice) = self.revision(&gate)?;
            let (commit, person) = self.entry(revision, gate.tip)?;
            let is_said = self.is_said(&gate, revision, &person)?;
            if !is_said && !self.asked.target.dry_run {
                match self.push(gate.tip, commit)? {
                    Pushed::Done => {}
                    Pushed::Moved(_) if attempt < ATTEMPTS => {
                        attempt += 1;
                        continue;
                    }
                    Pushed::Moved(error) => return Err(error.into()),
                }
            }
            report::diagnostics(notice.as_slice(), &Sources::new());
            if is_said {
                return Ok(self.said(&gate, revision, None));
            }
            let after = read(Gate::read(&self.objects, stage, Some(commit))?)?;
            return Ok(self.said(&after, revision, Some(commit)));
        }
    }

    /// The gate as it is now: the command itself may have said something there before.
    fn gate(&self) -> Result<Gate, Failure> {
        let (canon, stage) = (self.canon, &self.asked.target.on);
        let there = canon.ask_again(&[GATES.into()])?;
        let stages = BTreeSet::from([stage.clone()]);
        let mut gates = now::fetch(canon, Some(&there), &self.objects, stages)?;
        Ok(gates.remove(stage).unwrap_or_default())
    }

    /// Puts an entry on the gate if that is still at `tip`.
    fn push(&self, tip: Option<ObjectId>, commit: ObjectId) -> Result<Pushed, Failure> {
        let name = gate_ref(&self.asked.target.on);
        let name = name.expect("the gate was fetched by this name");
        let push = Push {
            destination: name.clone(),
            expected: tip,
            new: Some(commit),
            forward_only: true,
        };
        let Canon { git, url, .. } = self.canon;
        match git.push(&self.canon.repository, url, &[push]) {
            Err(error @ NetError::Moved { .. }) => return Ok(Pushed::Moved(error)),
            pushed => pushed?,
        }
        self.canon.copy_refs(&[(name, commit)], "storyline gate")?;
        Ok(Pushed::Done)
    }

    /// The revision that is spoken of, and what is to be told when another could be meant.
    fn revision(&self, gate: &Gate) -> Result<(RevisionId, Option<Diagnostic>), Failure> {
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
            return Ok((found.expect("records of a revision name it"), None));
        }
        if self.asked.action == Action::Release {
            let ids: BTreeSet<_> = self.story.revisions().map(|(_, r)| r.id()).collect();
            let held: Vec<_> = ids
                .into_iter()
                .filter(|id| gate.standing(*id, self.policy).held.is_some())
                .collect();
            match held.as_slice() {
                [one] => return Ok((*one, None)),
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
        let newest = self.story.revision().map(|revision| revision.id());
        let Some(newest) = newest else {
            let title = format!("no revision of story {id} was handed in");
            let help = format!("`storyline story submit {id}`");
            return Err(usage(Diagnostic::error("unknown-story", title).help(help)));
        };
        let there = revision_on(self.canon, &self.objects, on, &self.story);
        let there = there.map_err(|mut failure| {
            let help = format!(
                "`--revision {}` says it of the newest one, wherever it is",
                newest.short()
            );
            let last = failure.diagnostics.pop();
            failure.diagnostics.extend(last.map(|last| last.help(help)));
            failure
        })?;
        let (on, newer) = (visible(on), newest.short());
        let notice = |title, help| Some(Diagnostic::notice("which-revision", title).help(help));
        Ok(match there {
            Some(there) if there == newest => (there, None),
            Some(there) => {
                let title = format!(
                    "this is said of revision {} of story {id}, which is on `{on}`; there is a newer one",
                    there.short()
                );
                (
                    there,
                    notice(title, format!("`--revision {newer}` says it of the newest")),
                )
            }
            None => {
                let title = format!(
                    "story {id} is not on `{on}`: this is said of its newest revision, {newer}"
                );
                (
                    newest,
                    notice(
                        title,
                        format!(
                            "`storyline story show {id}` lists all, `--revision REV` names one"
                        ),
                    ),
                )
            }
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
                let why = visible(held.reason.lines().next().unwrap_or_default());
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
