//! `cargo xtask bench`: how fast we are, next to others on the same files in the same run.
//!
//! Other jobs may share the machine, so what counts is CPU time. Every byte that is measured comes from
//! the checkout; only how cost grows is measured on repositories made up for it.

mod bare;
mod clock;
mod commands;
mod growth;
mod history;
mod meter;
mod peers;
mod report;
mod stages;
mod yaml;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use storyline_lookml::parse;
use walkdir::WalkDir;

use clock::Times;
use meter::Meter;
use report::{Goal, Report};

/// Measures parsing, stamping and others who do the same, and compares with the goals.
///
/// The goals are meant for a checkout of mozilla/looker-hub. Needs Python.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A checkout of a Looker project.
    #[arg(required_unless_present_any = ["growth", "stages"])]
    folder: Option<PathBuf>,
    /// Further checkouts, of which the dashboards are read.
    more: Vec<PathBuf>,
    /// Measure projecting the histories of these repositories, which may be bare, beside git-filter-repo.
    #[arg(long)]
    history: bool,
    /// Measure how the cost of projecting grows, on repositories made up for it.
    #[arg(long)]
    growth: bool,
    /// Measure landing a story where many have landed, on repositories made up for it.
    #[arg(long)]
    stages: bool,
    /// How often each thing is measured.
    #[arg(long, default_value_t = 9)]
    runs: usize,
    /// Print Markdown.
    #[arg(long)]
    markdown: bool,
}

/// A file of the checkout.
struct Source {
    path: PathBuf,
    bytes: Vec<u8>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let folders: Vec<_> = args
        .folder
        .iter()
        .chain(&args.more)
        .map(PathBuf::as_path)
        .collect();
    let report = match args.history || args.growth || args.stages {
        false => files(&folders, args.runs)?,
        true => {
            let mut report = Report::new("whole processes, those that they start included".into());
            let meter = Meter::new(args.runs)?;
            if args.history {
                history::measure(&meter, &folders, &mut report)?;
            }
            if args.growth {
                growth::measure(&meter, &mut report)?;
            }
            if args.stages {
                stages::measure(&meter, &mut report)?;
            }
            report
        }
    };
    match args.markdown {
        true => print!("{}", report.markdown()),
        false => print!("{}", report.text()),
    }
    Ok(())
}

/// Measures with the files of checkouts, of which the first one counts most.
fn files(folders: &[&Path], runs: usize) -> Result<Report> {
    let sources = sources(folders[0], ".lkml")?;
    let mut dashboards = Vec::new();
    for folder in folders {
        dashboards.extend(self::sources(folder, ".dashboard.lookml")?);
    }
    ensure!(!sources.is_empty(), "there is no `.lkml` file in it");
    let megabytes = size(&sources) as f64 / 1e6;
    let input = format!("{} files of LookML, {megabytes:.1} MB", sources.len());
    let mut report = Report::new(input);
    let ours = parsing(&sources, runs, &mut report);
    memory(&sources, &mut report);
    linearity(&sources, runs, &mut report);
    peers::measure(&sources, runs, ours, &mut report)?;
    yaml::measure(&dashboards, runs, &mut report)?;
    commands::measure(folders[0], runs, &mut report)?;
    Ok(report)
}

/// All files whose name ends like this.
fn sources(folder: &Path, ending: &str) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.with_context(|| folder.display().to_string())?;
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_file() && name.ends_with(ending) {
            let bytes = fs::read(entry.path())?;
            let path = fs::canonicalize(entry.path())?;
            sources.push(Source { path, bytes });
        }
    }
    Ok(sources)
}

fn size(sources: &[Source]) -> usize {
    sources.iter().map(|source| source.bytes.len()).sum()
}

/// Megabytes in the CPU seconds that `times` has: the best, and the median.
fn parsing(sources: &[Source], runs: usize, report: &mut Report) -> f64 {
    let times = Times::of(runs, || {
        for source in sources {
            std::hint::black_box(parse(&source.bytes));
        }
    });
    let megabytes = size(sources) as f64 / 1e6;
    let (best, median) = (megabytes / times.best(), megabytes / times.median());
    report.row(
        "parse, one thread, sources in memory",
        format!("{median:.0} MB/s, best {best:.0}"),
        Goal::least("300 MB/s (500 wished for)", median, 300.0),
    );
    median
}

fn memory(sources: &[Source], report: &mut Report) {
    let trees: usize = sources.iter().map(|s| parse(&s.bytes).memory()).sum();
    let ratio = trees as f64 / size(sources) as f64;
    report.row(
        "memory of the trees",
        format!("{ratio:.2} times the sources"),
        Goal::most("3 times", ratio, 3.0),
    );
}

/// One document of n bytes against one of 2n: the same real files once, and twice in a row.
fn linearity(sources: &[Source], runs: usize, report: &mut Report) {
    let once: Vec<u8> = sources.iter().flat_map(|s| &s.bytes).copied().collect();
    // Two of them have to fit into one document.
    let half = storyline_lookml::MAX_LENGTH / 2;
    let once = &once[..once.len().min(half)];
    let twice = [once, once].concat();
    let time = |text: &[u8]| Times::of(runs, || drop(std::hint::black_box(parse(text))));
    let ratio = time(&twice).best() / time(once).best();
    report.row(
        &format!(
            "t(2n) / t(n), n = {:.0} MB in one document",
            once.len() as f64 / 1e6
        ),
        format!("{ratio:.2}"),
        Goal::most("2.2", ratio, 2.2),
    );
}
