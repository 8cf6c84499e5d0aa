//! What becomes of a stage, for people and programs.

use std::fmt::Write as _;

use serde::Serialize;
use storyline_promote::{Landed, Take, TakenOff};
use storyline_repo::ObjectId;
use storyline_repo::merge::{Clash, ClashKind};
use storyline_repo::projection::Differences;
use storyline_text::{Diagnostic, RelPath, Visible};

use crate::args::BackOutArgs;
use crate::failure::{Failure, FailureKind};
use crate::json;
use crate::output::short;

/// Files that are shown of one story.
const MAX_FILES: usize = 20;

/// A revision that goes.
pub(super) struct Gone {
    pub(super) revision: Landed,
    pub(super) take: Option<Take>,
    pub(super) commit: ObjectId,
    pub(super) tree: ObjectId,
    /// Canonical paths, with what was there and what is there now.
    pub(super) changed: Differences,
}

/// What was done, or would be.
#[derive(Serialize)]
pub(super) struct Outcome {
    stage: String,
    branch: String,
    from: String,
    to: String,
    /// In their order.
    stories: Vec<GoneStory>,
    /// Whether it was done.
    pub(super) done: bool,
    /// The branch that people merge.
    pub(super) merge: Option<String>,
    /// What is to be done next, where mending it is not all.
    pub(super) next: Option<String>,
}

#[derive(Serialize)]
struct GoneStory {
    story: String,
    revision: String,
    /// Which way a person chose; `null` when both gave the same.
    take: Option<String>,
    commit: String,
    tree: String,
    files: Vec<File>,
}

#[derive(Serialize)]
struct File {
    /// `A` for one that comes back, `M` for one that changes, `D` for one that goes.
    status: char,
    path: String,
}

impl Outcome {
    pub(super) fn new(stage: &str, branch: &str, [from, to]: [ObjectId; 2], gone: &[Gone]) -> Self {
        let stories = gone.iter().map(|gone| GoneStory {
            story: gone.revision.story.to_string(),
            revision: gone.revision.revision.to_string(),
            take: gone.take.map(|take| take.to_string()),
            commit: gone.commit.to_string(),
            tree: gone.tree.to_string(),
            files: files(&gone.changed),
        });
        Self {
            stage: stage.into(),
            branch: branch.into(),
            from: from.to_string(),
            to: to.to_string(),
            stories: stories.collect(),
            done: false,
            merge: None,
            next: None,
        }
    }

    pub(super) fn text(&self) -> String {
        let stage = Visible(self.stage.as_bytes());
        let mut text = String::new();
        let did = match (self.done, &self.merge) {
            (true, None) => "backed out",
            (true, Some(_)) => "ready to be backed out",
            (false, _) => "would back out",
        };
        for story in &self.stories {
            let how = match &story.take {
                Some(take) => format!(", by {take}"),
                None => String::new(),
            };
            let (id, revision) = (&story.story, short(&story.revision));
            let _ = writeln!(text, "{did} {id} revision {revision} from {stage}{how}");
            for file in story.files.iter().take(MAX_FILES) {
                let _ = writeln!(text, "  {} {}", file.status, Visible(file.path.as_bytes()));
            }
            if let Some(more) = story.files.len().checked_sub(MAX_FILES + 1) {
                let _ = writeln!(text, "  and {} more", more + 1);
            }
        }
        let branch = Visible(self.branch.as_bytes());
        let last = self.stories.last();
        let story = last.map_or("", |story| &story.story);
        let mend = format!("mend it, and `storyline story submit {story}`");
        let next = self.next.as_ref().unwrap_or(&mend);
        let then = self.next.iter().map(|next| format!(", then {next}"));
        let _ = match (&self.merge, self.done) {
            (Some(merge), _) => writeln!(
                text,
                "held there; next: merge `{}` into `{branch}`{}",
                Visible(merge.as_bytes()),
                then.collect::<String>()
            ),
            (None, true) => writeln!(
                text,
                "  {branch} {}..{}\nheld there; next: {next}",
                short(&self.from),
                short(&self.to),
            ),
            (None, false) => writeln!(
                text,
                "nothing was changed; next: the same without `--dry-run`"
            ),
        };
        text
    }
}

fn files(changed: &Differences) -> Vec<File> {
    let changed = changed.iter().filter(|(_, sides)| sides[0] != sides[1]);
    let files = changed.map(|(path, [before, after])| File {
        status: match (before, after) {
            (None, _) => 'A',
            (_, None) => 'D',
            _ => 'M',
        },
        path: json::text(path.as_bytes()).into(),
    });
    files.collect()
}

/// Both ways, where a person has to choose, or the chosen one does not fit.
pub(super) fn undecided(taken: &TakenOff, args: &BackOutArgs) -> Failure {
    let story = &taken.revision.story;
    let stage = Visible(args.from.as_bytes());
    let (id, title) = match (&taken.revert, &taken.rebuild) {
        (Ok(_), Ok(_)) => (
            "back-out-differs",
            format!(
                "taking {story} off `{stage}` backwards and rebuilding without it give different files"
            ),
        ),
        _ => (
            "back-out-conflict",
            format!("{story} does not simply go off `{stage}`"),
        ),
    };
    let mut diagnostic = Diagnostic::error(id, title)
        .help(reverting(taken))
        .help(rebuilding(taken));
    if !taken.differing.is_empty() {
        let paths = taken.differing.iter().take(MAX_FILES);
        let paths: Vec<_> = paths.map(|path| path.to_string()).collect();
        diagnostic = diagnostic.help(format!("they differ in {}", paths.join(", ")));
    }
    for (story, paths) in &taken.responsible {
        let paths: Vec<_> = paths
            .iter()
            .take(MAX_FILES)
            .map(|p| p.to_string())
            .collect();
        diagnostic = diagnostic.help(format!("because of {story}, in {}", paths.join(", ")));
    }
    for way in [Take::Revert, Take::Rebuild] {
        if taken.taking(way).is_some() {
            diagnostic = diagnostic.help(format!(
                "`storyline back-out {story} --from {stage} --take {way}` lands that one"
            ));
        }
    }
    if let Some(other) = taken.responsible.keys().next() {
        diagnostic = diagnostic.help(format!(
            "or take off {other} first: `storyline back-out {other} --from {stage}`"
        ));
    }
    Failure::new(FailureKind::Conflict, diagnostic).unchanged()
}

fn reverting(taken: &TakenOff) -> String {
    match &taken.revert {
        Ok(candidate) => format!("revert {}", changes(&candidate.changed)),
        Err(trouble) => {
            let places = places(&trouble.clashes, &trouble.unclear);
            format!("revert does not fit{places}")
        }
    }
}

fn rebuilding(taken: &TakenOff) -> String {
    match &taken.rebuild {
        Ok(candidate) => format!("rebuild {}", changes(&candidate.changed)),
        Err(stuck) => {
            let who = match &stuck.story {
                Some(story) => format!("{story} ({})", short(stuck.commit)),
                None => format!("commit {}", short(stuck.commit)),
            };
            let gone = match stuck.missing {
                Some(missing) => format!(": object {missing} is gone"),
                None => String::new(),
            };
            let places = places(&stuck.clashes, &stuck.unclear);
            format!("rebuild does not fit {who} again{gone}{places}")
        }
    }
}

fn changes(changed: &Differences) -> String {
    let files = files(changed);
    if files.is_empty() {
        return "changes nothing".into();
    }
    let files = files.iter().take(MAX_FILES);
    let files = files.map(|file| format!("\n  {} {}", file.status, Visible(file.path.as_bytes())));
    format!("changes{}", files.collect::<String>())
}

fn places(clashes: &[Clash], unclear: &[RelPath]) -> String {
    let unclear = unclear.iter();
    let unclear = unclear.map(|path| format!("\n  {path}: names in it do not belong there"));
    let places = clashes.iter().flat_map(clash).chain(unclear);
    places.take(MAX_FILES).collect()
}

fn clash(clash: &Clash) -> Vec<String> {
    match &clash.why {
        ClashKind::Lines(lines) => {
            let lines = lines.iter();
            lines
                .map(|lines| format!("\n  {}:{}", clash.path, lines.line))
                .collect()
        }
        _ => vec![format!("\n  {}", clash.path)],
    }
}
