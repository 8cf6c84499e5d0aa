//! How the cost of projecting grows: with commits, with files, with developers. Made up, since no real
//! repository is there in several sizes, and the same wherever this runs.

use std::io::Write;
use std::ops::Range;
use std::process::Command;

use anyhow::Result;

use super::bare::{BY, Bare, MAIN, WHEN, file, printed};
use super::history::MAPPINGS;
use super::meter::{Cost, Meter};
use super::report::{Goal, Report};

/// Numbers of commits, each of which changes one of so many files.
const COMMITS: [usize; 3] = [1_000, 10_000, 50_000];
const CHANGED: usize = 100;
/// Numbers of files, so many in a folder.
const FILES: [usize; 4] = [100, 1_000, 10_000, 50_000];
const IN_FOLDER: usize = 50;
/// Commits before the one that is measured while files grow.
const BEFORE: usize = 20;
/// Numbers of developers with a fork each, and numbers of them who all get their first sync at once.
const DEVELOPERS: [usize; 4] = [1, 10, 100, 1_000];
const ALL: [usize; 3] = [1, 10, 100];
/// How many times as much the largest may take for something that should cost what it did before, with
/// room for what does grow: a folder that has more entries, a manifest that is longer.
const FLAT: f64 = 2.0;

/// Measures everything that grows.
pub(crate) fn measure(meter: &Meter, report: &mut Report) -> Result<()> {
    commits(meter, report)?;
    files(meter, report)?;
    developers(meter, report)
}

fn commits(meter: &Meter, report: &mut Report) -> Result<()> {
    let mut each: Option<f64> = None;
    let mut more: Option<f64> = None;
    for count in COMMITS {
        let bare = Bare::new(meter, "grown.git")?;
        bare.import(|out| grow(out, CHANGED, count))?;
        let whole = meter.measure(|_| Ok(stamp(&bare.lent("whole.git", MAIN)?, MAIN).into()))?;
        let per_commit = whole.cpu.median() / count as f64;
        let ratio = per_commit / *each.get_or_insert(per_commit);
        report.row(
            &format!("{count} small commits, whole"),
            whole.to_string(),
            Goal::most(&format!("{FLAT} times as much a commit"), ratio, FLAT),
        );
        let cost = one_more(meter, &bare)?;
        flat(
            report,
            &format!("{count} small commits, then one more"),
            &cost,
            &mut more,
        );
    }
    Ok(())
}

fn files(meter: &Meter, report: &mut Report) -> Result<()> {
    let mut first = None;
    for count in FILES {
        let bare = Bare::new(meter, "grown.git")?;
        bare.import(|out| grow(out, count, BEFORE))?;
        let cost = one_more(meter, &bare)?;
        flat(
            report,
            &format!("{count} files, one more commit"),
            &cost,
            &mut first,
        );
    }
    Ok(())
}

/// A developer's first sync when others are there, and the first sync of all.
fn developers(meter: &Meter, report: &mut Report) -> Result<()> {
    let mut first = None;
    for count in DEVELOPERS {
        let team = Team::new(meter, count - 1, 1)?;
        let cost = team.sync(&format!("dev{}", count - 1))?;
        flat(
            report,
            &format!("first sync of developer {count}"),
            &cost,
            &mut first,
        );
    }
    let mut each: Option<f64> = None;
    for count in ALL {
        let cost = Team::new(meter, 0, count)?.sync("--all")?;
        let per_fork = cost.cpu.median() / count as f64;
        let ratio = per_fork / *each.get_or_insert(per_fork);
        report.row(
            &format!("`sync --all`, the first of {count} developers"),
            cost.to_string(),
            Goal::most(&format!("{FLAT} times as much each"), ratio, FLAT),
        );
    }
    Ok(())
}

/// A row for what should cost the same as with the smallest number.
fn flat(report: &mut Report, what: &str, cost: &Cost, first: &mut Option<f64>) {
    let ratio = cost.cpu.median() / *first.get_or_insert(cost.cpu.median());
    let goal = Goal::most(&format!("{FLAT} times the smallest"), ratio, FLAT);
    report.row(what, cost.to_string(), goal);
}

/// What the newest commit costs when the one before it was projected by a former command.
fn one_more(meter: &Meter, bare: &Bare<'_>) -> Result<Cost> {
    let before = bare.lent("before.git", MAIN)?;
    printed(&mut stamp(&before, &format!("{MAIN}^")))?;
    meter.measure(|_| Ok(stamp(&before.copy("after.git")?, MAIN).into()))
}

fn stamp(bare: &Bare<'_>, revision: &str) -> Command {
    bare.storyline(&["stamp", "dev1", "--rev", revision])
}

/// A project of `files` files, which all come with the first of `commits` commits. Every other changes
/// one of them.
pub(super) fn grow(out: &mut dyn Write, files: usize, commits: usize) -> Result<()> {
    for number in 0..commits {
        let when = WHEN as usize + number;
        writeln!(
            out,
            "commit {MAIN}\ncommitter {BY} {when} +0000\ndata 2\n{}",
            number % 10
        )?;
        if number == 0 {
            let (_, manifest) = MAPPINGS[1];
            file(out, "storyline.toml", manifest)?;
            let model = "connection: \"warehouse\"\ninclude: \"/views/**/*.view.lkml\"\nexplore: view_0 {}\n";
            file(out, "shop.model.lkml", model)?;
            for view in 0..files {
                self::view(out, view, 0)?;
            }
        } else {
            view(out, number % files, number)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn commit(out: &mut dyn Write, number: usize) -> Result<()> {
    let when = WHEN as usize + number;
    let message = format!("Commit {number}");
    writeln!(out, "commit {MAIN}\ncommitter {BY} {when} +0000")?;
    writeln!(out, "data {}\n{message}", message.len())?;
    Ok(())
}

/// A view, every tenth of which holds the model's name.
fn view(out: &mut dyn Write, view: usize, version: usize) -> Result<()> {
    let link = match view % 10 {
        0 => "    link: {\n      label: \"All\"\n      url: \"/explore/shop/view_0\"\n    }\n",
        _ => "",
    };
    let text = format!(
        "view: view_{view} {{\n  sql_table_name: shop.table_{view}_{version} ;;\n  dimension: id {{\n    \
         type: number\n{link}  }}\n  measure: count {{}}\n}}\n"
    );
    file(
        out,
        &format!("views/{}/view_{view}.view.lkml", view / IN_FOLDER),
        &text,
    )
}

/// A canonical repository whose newest commit adds developers, with a fork for each of these from before.
struct Team<'m> {
    meter: &'m Meter,
    canonical: Bare<'m>,
    added: Range<usize>,
}

impl<'m> Team<'m> {
    /// With `others` who were there before, and `added` new ones.
    fn new(meter: &'m Meter, others: usize, added: usize) -> Result<Self> {
        let canonical = Bare::new(meter, "canonical.git")?;
        let added = others..others + added;
        canonical.import(|out| {
            grow(out, CHANGED, BEFORE)?;
            commit(out, BEFORE)?;
            let forks = meter.scratch.join("{env}.git");
            let manifest = format!(
                "[canonical]\nrepository = {:?}\nbranch = \"main\"\n\n[template.developer]\n\
                 repository = {:?}\nmodels = \"{{name}}_{{env}}\"\nconnections = \"{{name}}_{{env}}\"\n",
                canonical.folder, forks
            );
            file(out, "storyline.toml", &manifest)?;
            developers_files(out, 0..others)?;
            commit(out, BEFORE + 1)?;
            developers_files(out, added.clone())
        })?;
        Ok(Self {
            meter,
            canonical,
            added,
        })
    }

    /// What `storyline sync` costs in a new clone, when all forks are as they were made.
    fn sync(&self, whom: &str) -> Result<Cost> {
        self.meter.measure(|_| {
            for developer in self.added.clone() {
                self.canonical
                    .lent(&format!("dev{developer}.git"), &format!("{MAIN}^"))?;
            }
            let clone = self.canonical.cloned("clone.git")?;
            Ok(clone.storyline(&["sync", whom]).into())
        })
    }
}

fn developers_files(out: &mut dyn Write, developers: Range<usize>) -> Result<()> {
    for developer in developers {
        file(
            out,
            &format!("environments/dev{developer}.toml"),
            "template = \"developer\"\n",
        )?;
    }
    Ok(())
}
