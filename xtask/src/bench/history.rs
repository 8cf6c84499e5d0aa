//! Whole histories, projected and taken back, next to git-filter-repo and to what reading them takes.
//!
//! A history whose repository lacks files (mirrors leave out the largest) is made anew without the paths
//! at which they were, for everybody that is measured. No repository that is given is changed.

mod diffs;
mod goals;
mod sizes;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use self::goals::Goals;
use self::sizes::Size;
use super::bare::{Bare, MAIN, printed};
use super::meter::{Cost, Meter, Work};
use super::report::{Goal, Report};

/// What may be mapped: a name for it, and the manifest that says so.
pub(crate) const MAPPINGS: [(&str, &str); 2] = [
    (
        "connections",
        "[environment.dev1]\nconnections = \"{name}_{env}\"\n",
    ),
    (
        "models, connections, labels",
        "[environment.dev1]\nmodels = \"{name}_{env}\"\nconnections = \"{name}_{env}\"\n\
         labels = \"{name} ({env})\"\n",
    ),
];
/// What git-filter-repo calls on every path: the same renaming of model files.
const RENAME: &str = "end = b'.model.lkml'\n\
    return filename[:-len(end)] + b'_dev1' + end if filename.endswith(end) else filename\n";

/// Measures the histories of these repositories' current branches.
pub(crate) fn measure(meter: &Meter, folders: &[&Path], report: &mut Report) -> Result<()> {
    for folder in folders {
        let folder = fs::canonicalize(folder).with_context(|| folder.display().to_string())?;
        let history = History::of(meter, &folder, report)?;
        let others = Others {
            trees: history.trees(report)?,
            blobs: history.blobs(report)?,
            filter_repo: history.filter_repo(report)?,
        };
        for mapping in MAPPINGS {
            history.mapped(mapping, &others, report)?;
        }
        history.diffs(report)?;
    }
    Ok(())
}

/// CPU seconds of others with the same history.
struct Others {
    trees: f64,
    blobs: f64,
    filter_repo: f64,
}

/// A history that is complete, on `main` of a repository of our own.
struct History<'m> {
    meter: &'m Meter,
    name: String,
    bare: Bare<'m>,
    tip: String,
}

impl<'m> History<'m> {
    fn of(meter: &'m Meter, folder: &Path, report: &mut Report) -> Result<Self> {
        let bare = Bare::borrowing(meter, "complete.git", folder)?;
        let tip = Bare::at(meter, folder).git(&["rev-parse", "HEAD^0"])?;
        bare.git(&["update-ref", MAIN, &tip])?;
        let dropped = bare.missing_paths()?;
        if !dropped.is_empty() {
            bare.drop_paths(&dropped)?;
        }
        let count = |what: &[&str]| bare.git(&[&["rev-list", "--count"], what, &[MAIN]].concat());
        let (commits, merges) = (count(&[])?, count(&["--merges"])?);
        let name = name_of(folder);
        report.row(
            &format!("{name}: what is measured"),
            format!(
                "{commits} commits, {merges} merges; {} paths dropped, whose files are missing",
                dropped.len()
            ),
            Goal::none(),
        );
        let tip = bare.git(&["rev-parse", MAIN])?;
        Ok(Self {
            meter,
            name,
            bare,
            tip,
        })
    }

    /// What it takes git to read all trees.
    fn trees(&self, report: &mut Report) -> Result<f64> {
        let none = Path::new("/dev/null");
        let cost = self.meter.measure(|_| {
            let mut git = self.bare.command();
            git.args(["log", "--raw", "--no-renames", "--format=%H", MAIN]);
            Ok(Work::reading(git, none))
        })?;
        self.row(report, "`git log --raw`, trees alone", &cost, Goal::none());
        Ok(cost.cpu.median())
    }

    /// What it takes git to read all files that may hold names.
    fn blobs(&self, report: &mut Report) -> Result<f64> {
        let objects =
            self.bare
                .git_to("objects-of-main", &["rev-list", "--objects", MAIN], None)?;
        let blobs: String = fs::read_to_string(objects)?
            .lines()
            .filter(|line| line.ends_with(".lkml") || line.ends_with(".lookml"))
            .filter_map(|line| Some(format!("{}\n", line.split(' ').next()?)))
            .collect();
        let list = self.bare.folder.join("blobs");
        fs::write(&list, &blobs)?;
        let cost = self.meter.measure(|_| {
            let mut git = self.bare.command();
            git.args(["cat-file", "--batch", "--buffer"]);
            Ok(Work::reading(git, &list))
        })?;
        let what = format!(
            "`git cat-file --batch`, all {} files of LookML",
            blobs.lines().count()
        );
        self.row(report, &what, &cost, Goal::none());
        Ok(cost.cpu.median())
    }

    /// The same job by git-filter-repo, as near as it can: one connection replaced wherever it is
    /// written so, and model files renamed. Nothing is proved, models' names in files stay.
    fn filter_repo(&self, report: &mut Report) -> Result<f64> {
        let connection = self.connection()?;
        let words = self.meter.scratch.join("replacements");
        fs::write(
            &words,
            format!(
                "{connection}==>{}_dev1\"\n",
                connection.trim_end_matches('"')
            ),
        )?;
        let cost = self.meter.measure(|_| {
            let clone = self.bare.cloned("filtered.git")?;
            let mut peer = self.meter.command(self.meter.peer("git-filter-repo"));
            peer.current_dir(&clone.folder);
            peer.args(["--force", "--quiet", "--replace-text"])
                .arg(&words);
            peer.args(["--filename-callback", RENAME]);
            Ok(peer.into())
        })?;
        let what = "git-filter-repo 2.47.0, `--replace-text` and `--filename-callback`";
        self.row(report, what, &cost, Goal::none());
        Ok(cost.cpu.median())
    }

    /// `connection: "NAME"` as the first model file has it.
    fn connection(&self) -> Result<String> {
        let files = ["--", "*.model.lkml", "*.model.lookml"];
        let grep = [
            "grep",
            "--no-color",
            "-h",
            "-o",
            "connection: \"[^\"]*\"",
            MAIN,
        ];
        let found = self.bare.git(&[&grep[..], &files].concat())?;
        Ok(found.lines().next().context("no connection")?.into())
    }

    /// All that we do, with one manifest lent to the whole history.
    fn mapped(&self, mapping: (&str, &str), others: &Others, report: &mut Report) -> Result<()> {
        let (what, manifest) = mapping;
        let goals = Goals::of(&self.name, what);
        let lender = self
            .bare
            .with_file("manifest", MAIN, "storyline.toml", manifest)?;
        let mut peak = 0.0;
        let mut row = |did: &str, cost: &Cost, goal: Goal| {
            peak = f64::max(peak, cost.peak);
            self.row(report, &format!("{what} mapped: {did}"), cost, goal);
        };
        let (there, back) = self.there_and_back(&lender)?;
        row("there, with proof, no memo", &there, goals.there(&there));
        row("back, with proof, no memo", &back, goals.back(&back));
        let (cold, warm) = self.with_memo(&lender)?;
        row("there, a memo written", &cold, Goal::none());
        row("there again, nothing to do", &warm, Goal::none());
        let (more, size) = self.one_more(&lender)?;
        let megabytes = size.bytes as f64 / 1e6;
        let did = format!(
            "one more commit, which changes {} files, {megabytes:.1} MB",
            size.files
        );
        row(&did, &more, goals.more(&more));
        let ours = there.cpu.median();
        let Others {
            trees,
            blobs,
            filter_repo,
        } = others;
        let ratio = filter_repo / ours;
        report.row(
            &format!("{}: {what} mapped: git-filter-repo / ours", self.name),
            format!(
                "{ratio:.1}; ours / `log`: {:.1}, ours / `cat-file`: {:.1}",
                ours / trees,
                ours / blobs
            ),
            goals.faster(ratio),
        );
        report.row(
            &format!("{}: {what} mapped: memory", self.name),
            format!("at most {peak:.0} MB"),
            Goal::most("512 MB", peak, 512.0),
        );
        Ok(())
    }

    fn there_and_back(&self, lender: &str) -> Result<(Cost, Cost)> {
        let there = self.meter.measure(|_| {
            let bare = self.bare.lent("there.git", &self.tip)?;
            bare.forget()?;
            Ok(bare
                .storyline(&["stamp", "dev1", "--rev", MAIN, "--manifest-from", lender])
                .into())
        })?;
        let from = self.bare.beside("there.git");
        let back = self.meter.measure(|_| {
            let bare = from.lent("back.git", &there.printed)?;
            bare.forget()?;
            Ok(bare
                .storyline(&["unstamp", "dev1", "--rev", MAIN, "--manifest-from", lender])
                .into())
        })?;
        ensure!(
            back.printed == self.tip,
            "the way back came to {}",
            back.printed
        );
        Ok((there, back))
    }

    /// A command that begins a memo, and one that finds everything in it.
    fn with_memo(&self, lender: &str) -> Result<(Cost, Cost)> {
        let stamp = |bare: &Bare<'_>| {
            bare.storyline(&["stamp", "dev1", "--rev", MAIN, "--manifest-from", lender])
                .into()
        };
        let cold = self
            .meter
            .measure(|_| Ok(stamp(&self.bare.lent("memo.git", &self.tip)?)))?;
        let full = self.bare.beside("memo.git");
        let warm = self.meter.measure(|_| Ok(stamp(&full)))?;
        Ok((cold, warm))
    }

    /// One more commit than a former command projected: a new one of median size.
    fn one_more(&self, lender: &str) -> Result<(Cost, Size)> {
        let size = sizes::median(&self.bare, MAIN)?;
        let before = self.bare.lent("before.git", &self.tip)?;
        let stamp = |bare: &Bare<'_>, rev: &str| {
            bare.storyline(&["stamp", "dev1", "--rev", rev, "--manifest-from", lender])
        };
        printed(&mut stamp(&before, &format!("{}^", size.commit)))?;
        let cost = self
            .meter
            .measure(|_| Ok(stamp(&before.copy("after.git")?, &size.commit).into()))?;
        Ok((cost, size))
    }

    fn row(&self, report: &mut Report, what: &str, cost: &Cost, goal: Goal) {
        report.row(&format!("{}: {what}", self.name), cost.to_string(), goal);
    }
}

/// The name of a repository's folder; a mirror's last ones may say nothing.
fn name_of(folder: &Path) -> String {
    let words = folder.iter().rev().map(|word| word.to_string_lossy());
    let mut telling = words.skip_while(|word| matches!(&**word, "repo" | ".git"));
    telling.next().unwrap_or_default().into_owned()
}
