//! The report for programs.

use serde::Serialize;
use storyline_diff::noise::{Counts, PairCount, Sample, Verdict};

use super::shown::{date, name};
use super::{Example, Found};
use crate::json;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Commits that were judged, and the lines that they changed in LookML and dbt files.
    judged: JsonCounts,
    /// Commits that look like noise and nothing else, and all lines that look like it.
    noise: JsonCounts,
    /// Commits that have noise beside other changes.
    mixed: usize,
    /// Of both, those in which a name moved that moved back in another commit.
    came_back: usize,
    not_judged: JsonSkipped,
    /// Whether the clone lacks older commits.
    shallow: bool,
    kinds: Vec<JsonKind>,
    /// The most frequent first.
    pairs: Vec<JsonPair>,
    examples: Vec<JsonExample>,
}

#[derive(Debug, Serialize)]
struct JsonCounts {
    commits: usize,
    lines: u64,
}

#[derive(Debug, Serialize)]
struct JsonSkipped {
    merges: usize,
    without_parent: usize,
    unreadable: usize,
    /// Changed files whose bytes are not in the clone; their commits are judged without them.
    missing_files: usize,
}

#[derive(Debug, Serialize)]
struct JsonKind {
    kind: String,
    #[serde(flatten)]
    counts: JsonCounts,
}

/// Commits in which a name took the place of another, and those with the reverse.
#[derive(Debug, Serialize)]
struct JsonPair {
    kind: String,
    from: String,
    to: String,
    there: usize,
    back: usize,
}

#[derive(Debug, Serialize)]
struct JsonExample {
    commit: String,
    date: String,
    subject: String,
    mixed: bool,
    lines: Vec<JsonLine>,
}

#[derive(Debug, Serialize)]
struct JsonLine {
    file: String,
    line: u32,
    before: String,
    after: String,
}

impl Report {
    pub(super) fn new(found: &Found) -> Self {
        let (verdicts, skipped) = (&found.verdicts, &found.skipped);
        let kinds = verdicts.kinds.iter().map(|(kind, counts)| JsonKind {
            kind: kind.to_string(),
            counts: JsonCounts::new(*counts),
        });
        Self {
            judged: JsonCounts::new(verdicts.all),
            noise: JsonCounts::new(verdicts.noise),
            mixed: verdicts.mixed,
            came_back: verdicts.came_back,
            not_judged: JsonSkipped {
                merges: skipped.merges,
                without_parent: skipped.beginnings,
                unreadable: skipped.commits,
                missing_files: skipped.files,
            },
            shallow: found.is_shallow,
            kinds: kinds.collect(),
            pairs: verdicts.pairs.iter().map(JsonPair::new).collect(),
            examples: found.examples.iter().map(JsonExample::new).collect(),
        }
    }
}

impl JsonCounts {
    fn new(Counts { commits, lines }: Counts) -> Self {
        Self { commits, lines }
    }
}

impl JsonPair {
    fn new(pair: &PairCount) -> Self {
        Self {
            kind: pair.kind.to_string(),
            from: name(&pair.from),
            to: name(&pair.to),
            there: pair.there,
            back: pair.back,
        }
    }
}

impl JsonExample {
    fn new(example: &Example) -> Self {
        let commit = &example.commit;
        let lines = example.samples.iter().map(|sample: &Sample| JsonLine {
            file: json::text(sample.path.as_bytes()).into(),
            line: sample.line,
            before: json::text(&sample.before).into(),
            after: json::text(&sample.after).into(),
        });
        Self {
            commit: commit.id.to_string(),
            date: date(commit),
            subject: json::text(&commit.subject).into(),
            mixed: example.verdict == Verdict::Mixed,
            lines: lines.collect(),
        }
    }
}
