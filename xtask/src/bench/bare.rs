//! Bare repositories that are made to be measured. Objects are borrowed wherever they can be, so that a
//! new one for every run costs nothing.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::meter::Meter;

/// The branch of all histories that are measured.
pub(crate) const MAIN: &str = "refs/heads/main";
/// Who makes the commits that are ours, and when: the same everywhere, so that ids are too.
pub(crate) const BY: &str = "Bench <bench@example.com>";
pub(crate) const WHEN: u32 = 1_000_000_000;

/// A bare repository in the bench's folder.
pub(crate) struct Bare<'m> {
    meter: &'m Meter,
    pub(crate) folder: PathBuf,
}

impl<'m> Bare<'m> {
    /// A new one, in place of what had the name.
    pub(crate) fn new(meter: &'m Meter, name: &str) -> Result<Self> {
        let folder = meter.scratch.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let bare = Self { meter, folder };
        let mut init = meter.command("git");
        init.args(["init", "--quiet", "--bare", "--initial-branch=main"]);
        printed(init.arg(&bare.folder))?;
        Ok(bare)
    }

    /// A new one that has all objects of another repository.
    pub(crate) fn borrowing(meter: &'m Meter, name: &str, lender: &Path) -> Result<Self> {
        let bare = Self::new(meter, name)?;
        let objects = git_in(meter, lender)
            .args([
                "rev-parse",
                "--path-format=absolute",
                "--git-path",
                "objects",
            ])
            .output()?;
        ensure!(
            objects.status.success(),
            "{} is no repository",
            lender.display()
        );
        let file = bare.folder.join("objects/info/alternates");
        fs::write(file, objects.stdout)?;
        Ok(bare)
    }

    /// A new one that has this one's objects, and `main` at a revision of it.
    pub(crate) fn lent(&self, name: &str, tip: &str) -> Result<Bare<'m>> {
        let bare = Self::borrowing(self.meter, name, &self.folder)?;
        bare.git(&["update-ref", MAIN, &self.git(&["rev-parse", tip])?])?;
        Ok(bare)
    }

    /// One that is there already.
    pub(crate) fn at(meter: &'m Meter, folder: &Path) -> Self {
        let folder = folder.into();
        Self { meter, folder }
    }

    /// One that was made under this name.
    pub(crate) fn beside(&self, name: &str) -> Self {
        Self::at(self.meter, &self.meter.scratch.join(name))
    }

    /// The same under another name.
    pub(crate) fn copy(&self, name: &str) -> Result<Self> {
        let copy = self.beside(name);
        if copy.folder.exists() {
            fs::remove_dir_all(&copy.folder)?;
        }
        printed(
            Command::new("cp")
                .arg("-r")
                .args([&self.folder, &copy.folder]),
        )?;
        Ok(copy)
    }

    /// A clone of it as others make one: with `main` alone and objects of its own.
    pub(crate) fn cloned(&self, name: &str) -> Result<Self> {
        let clone = self.beside(name);
        if clone.folder.exists() {
            fs::remove_dir_all(&clone.folder)?;
        }
        let mut git = self.meter.command("git");
        git.args([
            "clone",
            "--quiet",
            "--bare",
            "--no-local",
            "--single-branch",
        ]);
        printed(git.args([&self.folder, &clone.folder]))?;
        Ok(clone)
    }

    /// Has storyline remember nothing here: a file stands where it would keep its memo.
    pub(crate) fn forget(&self) -> Result<()> {
        Ok(fs::write(self.folder.join("storyline"), "")?)
    }

    /// Storyline in this repository.
    pub(crate) fn storyline(&self, args: &[&str]) -> Command {
        let mut storyline = self.meter.command(&self.meter.program);
        storyline.arg("-C").arg(&self.folder).args(args);
        storyline
    }

    /// Git in this repository.
    pub(crate) fn command(&self) -> Command {
        git_in(self.meter, &self.folder)
    }

    /// What a command of git prints.
    pub(crate) fn git(&self, args: &[&str]) -> Result<String> {
        printed(self.command().args(args))
    }

    /// A file in the repository's folder with what a command of git prints.
    pub(crate) fn git_to(
        &self,
        name: &str,
        args: &[&str],
        input: Option<&Path>,
    ) -> Result<PathBuf> {
        let path = self.folder.join(name);
        let mut git = self.command();
        if let Some(input) = input {
            git.stdin(File::open(input)?);
        }
        let status = git.args(args).stdout(File::create(&path)?).status()?;
        ensure!(
            status.success(),
            "`git {}` ended with {status}",
            args.join(" ")
        );
        Ok(path)
    }

    /// Feeds `git fast-import`.
    pub(crate) fn import(&self, feed: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        let mut git = self.command();
        git.args(["fast-import", "--quiet", "--done", "--force"]);
        let mut child = git.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let mut stream = BufWriter::new(child.stdin.take().context("it was piped")?);
        feed(&mut stream)?;
        stream.write_all(b"done\n")?;
        stream.flush()?;
        drop(stream);
        let status = child.wait()?;
        ensure!(status.success(), "`git fast-import` ended with {status}");
        Ok(())
    }

    /// A commit on top of `commit`, on a branch of its own, that adds a file; its id.
    pub(crate) fn with_file(
        &self,
        branch: &str,
        commit: &str,
        path: &str,
        text: &str,
    ) -> Result<String> {
        let branch = format!("refs/heads/{branch}");
        self.import(|out| {
            writeln!(
                out,
                "commit {branch}\ncommitter {BY} {WHEN} +0000\ndata 0\nfrom {commit}^0"
            )?;
            file(out, path, text)
        })?;
        self.git(&["rev-parse", &branch])
    }

    /// Paths at which the history has a blob that is missing here, sorted.
    pub(crate) fn missing_paths(&self) -> Result<Vec<String>> {
        let args = [
            "log",
            "--raw",
            "--no-renames",
            "--no-abbrev",
            "-m",
            "--format=",
            MAIN,
        ];
        let log = self.git_to("changes", &args, None)?;
        let mut paths: HashMap<String, HashSet<String>> = HashMap::new();
        for line in BufReader::new(File::open(log)?).lines() {
            let line = line?;
            // ":OLD-MODE NEW-MODE OLD NEW STATUS\tPATH"
            let Some((change, path)) = line.split_once('\t') else {
                continue;
            };
            let Some(id) = change
                .split(' ')
                .nth(3)
                .filter(|_| !change.contains(" 160000 "))
            else {
                continue;
            };
            if id.bytes().any(|byte| byte != b'0') {
                paths.entry(id.into()).or_default().insert(path.into());
            }
        }
        let ids = self.folder.join("ids");
        let all: Vec<_> = paths.keys().map(String::as_str).collect();
        fs::write(&ids, all.join("\n") + "\n")?;
        let check = ["cat-file", "--batch-check=%(objectname)"];
        let check = fs::read_to_string(self.git_to("there", &check, Some(&ids))?)?;
        let missing = check
            .lines()
            .filter_map(|line| line.strip_suffix(" missing"));
        let mut found: Vec<_> = missing.flat_map(|id| paths[id].iter().cloned()).collect();
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Makes the history of `main` anew, without the files at `paths`. Blobs are not looked at, so those
    /// that are missing do no harm.
    pub(crate) fn drop_paths(&self, paths: &[String]) -> Result<()> {
        let mut export = self.command();
        export.args(["fast-export", "--no-data", "--reencode=no", MAIN]);
        let mut export = export.stdout(Stdio::piped()).spawn()?;
        let stream = export.stdout.take().context("it was piped")?;
        self.import(|out| without(BufReader::new(stream), paths, out))?;
        ensure!(export.wait()?.success(), "`git fast-export` failed");
        Ok(())
    }
}

/// One file of a commit for `git fast-import`.
pub(crate) fn file(out: &mut dyn Write, path: &str, text: &str) -> Result<()> {
    writeln!(out, "M 100644 inline {path}\ndata {}\n{text}", text.len())?;
    Ok(())
}

/// Copies a stream of `git fast-export` but for the changes to `paths`.
fn without(mut stream: impl BufRead, paths: &[String], out: &mut dyn Write) -> Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let path = match text {
            [b'M', b' ', rest @ ..] => rest.splitn(3, |byte| *byte == b' ').nth(2),
            [b'D', b' ', path @ ..] => Some(path),
            _ => None,
        };
        if path.is_some_and(|path| paths.iter().any(|dropped| dropped.as_bytes() == path)) {
            continue;
        }
        out.write_all(&line)?;
        if let Some(length) = text.strip_prefix(b"data ") {
            let length = std::str::from_utf8(length)?.parse()?;
            io::copy(&mut (&mut stream).take(length), out)?;
        }
    }
}

fn git_in(meter: &Meter, folder: &Path) -> Command {
    let mut git = meter.command("git");
    git.arg("-C").arg(folder);
    // A repository of somebody else's may be measured; nothing in it is run.
    git.args(["-c", "safe.directory=*"]);
    git
}

/// What a command prints that has to go well.
pub(crate) fn printed(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {errors}");
    Ok(String::from_utf8(output.stdout)?.trim().into())
}
