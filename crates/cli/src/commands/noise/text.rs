//! The report for people.

use std::fmt::Write;

use storyline_diff::noise::{PairCount, Verdict};
use storyline_text::Visible;

use super::shown::{date, name};
use super::{Example, Found};
use crate::output::count;

/// How many pairs of names are shown.
const PAIRS: usize = 10;
/// Characters of a subject, and of a line.
const WIDTH: usize = 88;

pub(super) fn report(found: &Found) -> String {
    let mut out = String::new();
    let verdicts = &found.verdicts;
    let commits = verdicts.all.commits;
    if verdicts.noise.commits + verdicts.mixed == 0 {
        let commits = count(commits, "commit");
        let _ = writeln!(
            out,
            "nothing in {commits} looks like rename or connection noise"
        );
        out.push_str(&not_judged(found));
        out.push_str(NOTHING);
        return out;
    }
    out.push_str(&summary(found));
    out.push_str(&not_judged(found));
    out.push_str("\nwhat moved, by commits and changed lines\n");
    for (kind, counts) in &verdicts.kinds {
        let kind = kind.to_string();
        let kind = Visible(kind.as_bytes()).to_string();
        let _ = writeln!(out, "  {:>6} {:>7}  {kind}", counts.commits, counts.lines);
    }
    out.push_str("\nnames that took the place of others, by commits\n");
    verdicts
        .pairs
        .iter()
        .take(PAIRS)
        .for_each(|one| out.push_str(&pair(one)));
    match verdicts.pairs.len().saturating_sub(PAIRS) {
        0 => {}
        more => {
            let _ = writeln!(out, "  {more} more; `--format json` has them all");
        }
    }
    out.push_str("\nfor example\n");
    found
        .examples
        .iter()
        .for_each(|one| out.push_str(&example(one)));
    out.push_str(
        match (verdicts.noise.commits + verdicts.mixed) * 100 < commits {
            true => LITTLE,
            false => NEXT,
        },
    );
    out
}

const NOTHING: &str =
    "so this history tells no need for stamps; `storyline init` looks at the project itself\n";

const LITTLE: &str = "\n\
    That is little: names alone are no reason for Storyline here. `storyline init` looks at the project \
    itself.\n";

const NEXT: &str = "\n\
    With Storyline such commits are not made: everybody commits the canonical names, and each \
    environment's\nare put in and taken out by rule. `storyline init` proposes the manifest for it.\n";

fn summary(found: &Found) -> String {
    let verdicts = &found.verdicts;
    let mut out = format!(
        "what looks like rename or connection noise:\n  {} of {} ({}) and nothing else in them\n",
        verdicts.noise.commits,
        count(verdicts.all.commits, "commit"),
        share(verdicts.noise.commits as u64, verdicts.all.commits as u64),
    );
    if verdicts.mixed > 0 {
        let mixed = count(verdicts.mixed, "commit");
        let _ = writeln!(out, "  {mixed} beside other changes");
    }
    let _ = writeln!(
        out,
        "  {} of {} changed lines ({}) in LookML and dbt files",
        verdicts.noise.lines,
        verdicts.all.lines,
        share(verdicts.noise.lines, verdicts.all.lines),
    );
    let _ = match verdicts.came_back {
        0 => writeln!(out, "  no name came back: each may have changed for good"),
        some => writeln!(
            out,
            "  {} with a name that came back in another one",
            count(some, "commit")
        ),
    };
    out
}

fn not_judged(found: &Found) -> String {
    let skipped = &found.skipped;
    let mut parts = Vec::new();
    if skipped.merges > 0 {
        parts.push(count(skipped.merges, "merge"));
    }
    if skipped.beginnings > 0 {
        parts.push(format!(
            "{} without a parent",
            count(skipped.beginnings, "commit")
        ));
    }
    if skipped.commits > 0 {
        parts.push(format!(
            "{} that cannot be read",
            count(skipped.commits, "commit")
        ));
    }
    let mut out = String::new();
    if !parts.is_empty() {
        let _ = writeln!(out, "not counted: {}", parts.join(", "));
    }
    if skipped.files > 0 {
        let _ = writeln!(
            out,
            "passed over: {} whose bytes are not in this clone",
            count(skipped.files, "changed file")
        );
    }
    if found.is_shallow {
        out.push_str(
            "this clone is shallow; `git fetch --unshallow` gets the rest of the history\n",
        );
    }
    out
}

fn pair(pair: &PairCount) -> String {
    let kind = pair.kind.to_string();
    let kind = Visible(kind.as_bytes());
    let (from, to) = (name(&pair.from), name(&pair.to));
    let (from, to) = (Visible(from.as_bytes()), Visible(to.as_bytes()));
    let back = match pair.back {
        0 => String::new(),
        back => format!(", {back} back"),
    };
    format!("  {kind} {from} -> {to}: {} there{back}\n", pair.there)
}

fn example(example: &Example) -> String {
    let commit = &example.commit;
    let mixed = match example.verdict {
        Verdict::Mixed => " (beside other changes)",
        Verdict::Noise | Verdict::Story => "",
    };
    let mut out = format!(
        "  {} {} {}{mixed}\n",
        &commit.id.to_string()[..10],
        date(commit),
        cut(&Visible(&commit.subject).to_string()),
    );
    for sample in &example.samples {
        let _ = writeln!(out, "    {}:{}", sample.path, sample.line);
        let _ = writeln!(out, "    - {}", cut(&Visible(&sample.before).to_string()));
        let _ = writeln!(out, "    + {}", cut(&Visible(&sample.after).to_string()));
    }
    out
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        Some((at, _)) => format!("{}\u{2026}", &text[..at]),
        None => text.into(),
    }
}

/// `7.0 %`
fn share(part: u64, whole: u64) -> String {
    let tenths = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole.max(1));
    match tenths {
        0 if part > 0 => "less than 0.1 %".into(),
        tenths => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}
