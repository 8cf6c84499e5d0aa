//! `storyline diff [A] [B]`

use std::path::Path;
use std::process::ExitCode;

use storyline_diff::objects::objects;

use crate::args::{DiffArgs, Format};
use crate::changes::{self, JsonPreview, JsonReport, Screen};
use crate::compared::{Question, below, both};
use crate::failure::Failure;
use crate::output;
use crate::pager;
use crate::report;
use crate::side::Wanted;

pub(crate) fn run(directory: &Path, args: &DiffArgs) -> Result<ExitCode, Failure> {
    let sides = both(directory, args.left.as_deref(), args.right.as_deref())?;
    let typed = args.rest.iter().chain(&args.paths);
    let wanted = Wanted::new(typed, &below(directory, &sides)?)?;
    let question = Question {
        directory,
        sides: &sides,
        forms: [args.left_env.as_deref(), args.right_env.as_deref()],
        raw: args.raw,
        wanted: &wanted,
        text: args.as_text,
    };
    let mut compared = question.answer()?;
    let secrets = changes::hide_secrets(&mut compared.report);
    let found = &compared.report;
    let [left, right] = &compared.taken;
    match args.format {
        Format::Json if args.objects => {
            let named = [(&*sides[0].name, left), (&*sides[1].name, right)];
            output::print_json(&JsonPreview::new(named, found, &objects(found)))?;
        }
        Format::Json => output::print_json(&JsonReport::new(found, [left, right]))?,
        Format::Text => pager::stream(directory, !args.no_pager, |out| {
            match (args.objects, args.stat) {
                (true, true) => out.write_all(changes::objects::stat(&objects(found)).as_bytes()),
                (true, false) => {
                    changes::objects::outlined(found, &objects(found), Screen::stdout(), out)
                }
                (false, true) => out.write_all(changes::stat(found).as_bytes()),
                (false, false) => changes::patch(found, Screen::stdout(), out),
            }
        })?,
    }
    for told in changes::left_out(found, secrets) {
        report::say(&format!("{told}\n"));
    }
    let differs = args.exit_code && !found.files.is_empty();
    Ok(ExitCode::from(u8::from(differs)))
}
