//! A plan for people.

use std::fmt::Write as _;

use storyline_promote::{Plan, PlannedLanding};

use crate::output::{count, short};
use crate::stages::shown;

/// Files that are shown of one story.
const MAX_FILES: usize = 20;

pub(super) fn plan(plan: &Plan) -> String {
    let mut text = format!(
        "promotion {} to {} (branch {} of {})\n\n",
        plan.promotion,
        shown(&plan.stage),
        shown(&plan.branch),
        shown(&plan.repository)
    );
    for landing in &plan.landings {
        story(&mut text, landing);
    }
    for there in &plan.there {
        let _ = writeln!(
            text,
            "  = {} revision {}: already there",
            there.story,
            short(&there.revision)
        );
    }
    for left in &plan.left_out {
        let reason = shown(&left.reason);
        let _ = writeln!(
            text,
            "  - {} revision {}: left out, {reason}",
            left.story,
            short(&left.revision)
        );
    }
    for note in &plan.notes {
        let _ = writeln!(text, "note: {}", shown(note));
    }
    let files: usize = plan
        .landings
        .iter()
        .map(|landing| landing.files.len())
        .sum();
    let _ = match plan.landings.len() {
        0 => writeln!(text, "nothing is to be done"),
        landings => writeln!(
            text,
            "\n{} to land, {} to change; {} goes from {} to {}",
            match landings {
                1 => "1 story".into(),
                more => format!("{more} stories"),
            },
            count(files, "file"),
            shown(&plan.stage),
            short(&plan.from),
            short(&plan.to)
        ),
    };
    text
}

fn story(text: &mut String, landing: &PlannedLanding) {
    let (sign, replaces) = match &landing.replaces {
        Some(old) => ('~', format!(", which replaces {}", short(old))),
        None => ('+', String::new()),
    };
    let _ = writeln!(
        text,
        "  {sign} {} revision {}{replaces}: {}",
        landing.story,
        short(&landing.revision),
        shown(&landing.subject)
    );
    for file in landing.files.iter().take(MAX_FILES) {
        let _ = writeln!(text, "      {} {}", file.status, shown(&file.path));
    }
    if landing.files.len() > MAX_FILES {
        let _ = writeln!(text, "      … and {} more", landing.files.len() - MAX_FILES);
    }
    if landing.files.is_empty() {
        text.push_str("      nothing changes: everything is there already\n");
    }
    for gate in &landing.gate {
        let _ = writeln!(text, "      {}", shown(gate));
    }
}

/// What is told afterwards.
pub(super) fn done(plan: &Plan, merge: Option<&str>) -> String {
    let stage = shown(&plan.stage);
    match merge {
        None => {
            let mut text = format!("\nlanded: {stage} is at {}\n", short(&plan.to));
            if let Some(first) = plan.landings.first() {
                let _ = writeln!(
                    text,
                    "next: `storyline accept {} --on {stage}`, or `storyline hold` with a reason",
                    first.story
                );
            }
            text
        }
        Some(branch) => format!(
            "\npushed as {}: merge it into {} by a pull request\nnext: `storyline status {stage}` says what became of it\n",
            shown(branch),
            shown(&plan.branch)
        ),
    }
}
