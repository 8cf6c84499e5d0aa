//! What the differences between commits of a history cost, beside Git's; and whether a stamp makes any.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::super::bare::{MAIN, printed};
use super::super::meter::{Cost, Work};
use super::super::report::{Goal, Report};
use super::{History, MAPPINGS};

/// How many of the newest commits lie between the two that are compared.
const RANGE: usize = 200;
/// How many of the newest merges are compared in both forms.
const MERGES: &str = "20";

impl History<'_> {
    /// Compares commits that lie apart, and a commit that changes one file with the one before.
    pub(super) fn diffs(&self, report: &mut Report) -> Result<()> {
        let apart = format!("{MAIN}~{RANGE}");
        if self.bare.git(&["rev-parse", "--verify", &apart]).is_ok() {
            let sides = [apart.as_str(), MAIN];
            let git = self.quiet(|| self.git_diff(&sides))?;
            let what = format!("`git diff --no-renames` over {RANGE} commits");
            self.row(report, &what, &git, Goal::none());
            for (flags, most) in [(&[][..], 1.5), (&["--objects"][..], 2.5)] {
                let ours = self.quiet(|| self.diff(&sides, flags))?;
                let ratio = ours.cpu.median() / git.cpu.median();
                let what = format!("`storyline diff {}` over them", flags.join(""));
                let goal = Goal::most(&format!("{most} times git's CPU"), ratio, most);
                self.row(report, &what, &ours, goal);
            }
        }
        if let Some(commit) = self.of_one_file()? {
            let before = format!("{commit}^");
            let ours = self.quiet(|| self.diff(&[&before, &commit], &["--objects"]))?;
            let goal = Goal::most("0.06 s of CPU", ours.cpu.median(), 0.06);
            self.row(
                report,
                "`storyline diff --objects` of one file",
                &ours,
                goal,
            );
        }
        self.merges(report)
    }

    /// Checks that merges differ from their first parents by the same, stamped or not.
    fn merges(&self, report: &mut Report) -> Result<()> {
        let [.., (_, manifest)] = MAPPINGS;
        let log = ["log", "--merges", "--format=%H", "-n", MERGES, MAIN];
        let log = self.bare.git(&log)?;
        let mut compared = 0;
        for merge in log.lines() {
            let both = [format!("{merge}^"), merge.to_owned()];
            let [before, after] = both.map(|commit| -> Result<[String; 2]> {
                let path = "storyline.toml";
                let own = self.bare.with_file("compared", &commit, path, manifest)?;
                let stamp = ["stamp", "dev1", "--rev", &own];
                let stamped = printed(&mut self.bare.storyline(&stamp))?;
                Ok([own, stamped])
            });
            let (before, after) = (before?, after?);
            let told =
                [0, 1].map(|form| printed(&mut self.diff(&[&before[form], &after[form]], &[])));
            let [canonical, stamped] = told;
            ensure!(
                canonical? == stamped?,
                "merge {merge} differs in its two forms"
            );
            compared += 1;
        }
        let told = format!("{compared} merges compared in both forms: all the same");
        report.row(&format!("{}: stamped diffs", self.name), told, Goal::none());
        Ok(())
    }

    /// The newest commit that changes one file.
    fn of_one_file(&self) -> Result<Option<String>> {
        let log = [
            "log",
            "--no-merges",
            "--name-only",
            "--format=commit %H",
            "-n",
            "500",
            MAIN,
        ];
        let log = self.bare.git(&log)?;
        let mut commits = log.split("commit ").skip(1);
        let found =
            commits.find(|told| told.lines().skip(1).filter(|l| !l.is_empty()).count() == 1);
        Ok(found.and_then(|told| told.lines().next()).map(Into::into))
    }

    fn git_diff(&self, sides: &[&str; 2]) -> Command {
        let mut git = self.bare.command();
        git.args(["diff", "--no-renames"]).args(sides);
        git
    }

    fn diff(&self, sides: &[&str; 2], flags: &[&str]) -> Command {
        self.bare
            .storyline(&[&["diff"], &sides[..], flags].concat())
    }

    /// What a command costs whose output is large and goes nowhere.
    fn quiet(&self, make: impl Fn() -> Command) -> Result<Cost> {
        let nothing = Path::new("/dev/null");
        self.meter.measure(|_| Ok(Work::reading(make(), nothing)))
    }
}
