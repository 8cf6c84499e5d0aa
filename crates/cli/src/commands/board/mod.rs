//! `storyline board`: where every story is.

mod text;

use std::path::Path;
use std::process::ExitCode;

use storyline_promote::board::page;

use crate::args::{BoardArgs, BoardFormat};
use crate::canon::Canon;
use crate::failure::Failure;
use crate::output::{self, date};
use crate::pages::Pages;
use crate::pipeline::Stages;

pub(crate) fn run(directory: &Path, args: &BoardArgs) -> Result<ExitCode, Failure> {
    let pages = Pages::new([args.output.as_deref()])?;
    let canon = Canon::fetch(directory)?;
    let stages = Stages::fetch(&canon)?;
    let board = stages.board();
    let make = |width| match args.format {
        BoardFormat::Text => text::text(&board, stages.now, width).into_bytes(),
        BoardFormat::Json => output::json(&board),
        BoardFormat::Html => page(&board, stages.now, &date(stages.now)).into_bytes(),
    };
    match pages.is_empty() {
        true => output::stream(|out| out.write_all(&make(text::width())))?,
        false => pages.write([&|| make(None)])?,
    }
    Ok(stages.exit_code())
}
