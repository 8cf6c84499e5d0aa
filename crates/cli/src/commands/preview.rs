//! `storyline preview`

use std::io::{IsTerminal, stdout};
use std::path::Path;
use std::process::ExitCode;

use storyline_diff::objects::objects;
use storyline_diff::{Preview, Report, render};

use crate::args::PreviewArgs;
use crate::changes::{self, JsonPreview, Screen};
use crate::compared::{Question, below, since};
use crate::failure::Failure;
use crate::output::{self, count};
use crate::pages::Pages;
use crate::report;
use crate::side::Wanted;

/// Bytes of the longest comment: GitHub takes 65,536 characters.
const COMMENT: usize = 60_000;

pub(crate) fn run(directory: &Path, args: &PreviewArgs) -> Result<ExitCode, Failure> {
    let targets = [&args.markdown, &args.html, &args.json, &args.explores];
    let pages = Pages::new(targets.map(|path| path.as_deref()))?;
    let sides = since(directory, args.base.as_deref(), args.head.as_deref())?;
    let wanted = Wanted::new([].iter(), &below(directory, &sides)?)?;
    let question = |raw| Question {
        directory,
        sides: &sides,
        forms: match raw {
            true => [None, None],
            false => [args.base_env.as_deref(), args.head_env.as_deref()],
        },
        raw,
        wanted: &wanted,
        text: false,
    };
    let (mut raw, raw_secrets) = masked(question(true).answer()?.report);
    let (canonical, objects, impact, secrets, taken) =
        question(false).and_then(|compared, right| {
            let (report, secrets) = masked(compared.report);
            let objects = objects(&report);
            let impact = right.impact(&report, &objects)?;
            Ok((report, objects, impact, secrets, compared.taken))
        })?;
    // Stamps are told of what is in canonical form.
    raw.only_stamps = 0;
    let preview = Preview {
        base: &sides[0].name,
        head: &sides[1].name,
        canonical: &canonical,
        raw: &raw,
        objects: &objects,
        impact: &impact,
    };
    if pages.is_empty() {
        shown(&preview)?;
    } else {
        let markdown = || render::markdown(&preview, COMMENT).into_bytes();
        let html = || render::html(&preview).into_bytes();
        let json = || {
            let named = [0, 1].map(|side| (&*sides[side].name, &taken[side]));
            let all = JsonPreview::new(named, &canonical, &objects);
            output::json(&all.with(render::verdict(&preview), &impact))
        };
        let explores = || render::explores(&impact).into_bytes();
        pages.write([&markdown, &html, &json, &explores])?;
    }
    match secrets.max(raw_secrets) {
        0 => {}
        files => report::say(&format!(
            "secrets in {} are starred out\n",
            count(files, "file")
        )),
    }
    Ok(ExitCode::SUCCESS)
}

fn masked(mut report: Report) -> (Report, usize) {
    let secrets = changes::hide_secrets(&mut report);
    (report, secrets)
}

/// What is told when nothing else is asked for.
fn shown(preview: &Preview<'_>) -> Result<(), Failure> {
    if !stdout().is_terminal() {
        return output::print(&render::markdown(preview, COMMENT));
    }
    output::stream(|out| {
        writeln!(out, "{}.\n", render::verdict(preview))?;
        changes::objects::outlined(preview.canonical, preview.objects, Screen::stdout(), out)
    })
}
