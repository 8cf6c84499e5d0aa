//! Histories of others: no commit lacks anything where it was made, and what each lacks without the one before
//! is told.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use storyline_diff::names::{File, Lacking, lacking};
use storyline_diff::{Entry, Kind, Side};
use storyline_stamp::ReadError;
use storyline_text::RelPath;

/// So many commits of a history are looked at.
const COMMITS: &str = "200";

/// So many commits stages are behind the author's, or ahead.
const AWAY: [isize; 4] = [10, 40, -10, -40];

/// Files by path, as ids of their bytes.
type Tree = BTreeMap<RelPath, String>;

/// `git cat-file --batch`
struct Blobs(Mutex<(ChildStdin, BufReader<ChildStdout>)>, Child);

impl Blobs {
    fn new(repository: &str) -> Self {
        let mut command = Command::new("git");
        command.args(["-C", repository, "cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("git runs");
        let input = child.stdin.take().expect("it is piped");
        let output = child.stdout.take().expect("it is piped");
        Self(Mutex::new((input, BufReader::new(output))), child)
    }

    fn ends(&self) -> MutexGuard<'_, (ChildStdin, BufReader<ChildStdout>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, id: &str) -> Vec<u8> {
        let mut ends = self.ends();
        writeln!(ends.0, "{id}").expect("git listens");
        let mut head = String::new();
        ends.1.read_line(&mut head).expect("git answers");
        let size = head.trim_end().rsplit(' ').next().map(str::parse::<usize>);
        let Some(Ok(size)) = size else {
            return Vec::new();
        };
        let mut bytes = vec![0; size + 1];
        ends.1.read_exact(&mut bytes).expect("git answers in full");
        bytes.truncate(size);
        bytes
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.1.kill();
        let _ = self.1.wait();
    }
}

/// Some files of a tree.
struct Files<'r> {
    blobs: &'r Blobs,
    tree: &'r Tree,
    entries: Vec<Entry>,
}

impl<'r> Files<'r> {
    fn new<'p>(blobs: &'r Blobs, tree: &'r Tree, paths: impl Iterator<Item = &'p RelPath>) -> Self {
        let kind = Kind::File { executable: None };
        let there = paths.filter(|path| tree.contains_key(*path));
        let entry = |path: &RelPath| Entry {
            path: path.clone(),
            kind,
            hash: None,
        };
        let mut entries: Vec<_> = there.map(entry).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Self {
            blobs,
            tree,
            entries,
        }
    }
}

impl Side for Files<'_> {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        Ok(Cow::Owned(self.blobs.read(&self.tree[path])))
    }
}

fn git(repository: &str, args: &[&str]) -> Vec<u8> {
    let output = Command::new("git")
        .args(["-C", repository])
        .args(args)
        .output();
    output.expect("git runs").stdout
}

fn tree(repository: &str, commit: &str) -> Tree {
    let listed = git(repository, &["ls-tree", "-r", "-z", commit]);
    let lines = listed.split(|b| *b == 0);
    let files = lines.filter_map(|line| {
        let (head, path) = line.split_at(line.iter().position(|b| *b == b'\t')?);
        let head = std::str::from_utf8(head).ok()?;
        let mut words = head.split(' ');
        let is_file = words.next()?.starts_with("100");
        let path = RelPath::new(&path[1..]).ok()?;
        is_file.then(|| Some((path, words.nth(1)?.to_owned())))?
    });
    files.collect()
}

/// Paths that two trees do not have alike.
fn differing(a: &Tree, b: &Tree) -> Vec<RelPath> {
    let mut paths: Vec<_> = a
        .iter()
        .filter(|(path, id)| b.get(*path) != Some(*id))
        .map(|(path, _)| path.clone())
        .collect();
    paths.extend(b.keys().filter(|path| !a.contains_key(*path)).cloned());
    paths
}

/// What the files of a commit, `author` after `before`, lack on `stage`.
fn lacks(blobs: &Blobs, before: &Tree, author: &Tree, stage: &Tree) -> Vec<Lacking> {
    let mut candidate = stage.clone();
    for path in differing(before, author) {
        match author.get(&path) {
            Some(id) => drop(candidate.insert(path, id.clone())),
            None => drop(candidate.remove(&path)),
        }
    }
    let story = differing(before, author);
    lacks_in(blobs, &story, author, &candidate)
}

/// What these files of `candidate` lack that `author` has.
fn lacks_in(blobs: &Blobs, story: &[RelPath], author: &Tree, candidate: &Tree) -> Vec<Lacking> {
    let between = differing(author, candidate);
    let there = story
        .iter()
        .filter_map(|path| Some((path, candidate.get(path)?)));
    let changed: Vec<_> = there.map(|(path, id)| (path, blobs.read(id))).collect();
    let changed: Vec<_> = changed
        .iter()
        .map(|(path, bytes)| File { path, bytes })
        .collect();
    let [had, has] = [author, candidate].map(|tree| Files::new(blobs, tree, between.iter()));
    let all = Files::new(blobs, candidate, candidate.keys());
    lacking(&changed, &had, &has, &all).expect("git has its objects")
}

/// The tree in which what lies between a commit and its first parent is applied to `stage`, if it fits.
fn landed(repository: &str, commit: &str, stage: &str) -> Option<String> {
    let base = format!("--merge-base={commit}^");
    let args = [
        "-C",
        repository,
        "merge-tree",
        "--write-tree",
        &base,
        stage,
        commit,
    ];
    let output = Command::new("git").args(args).output().expect("git runs");
    let tree = String::from_utf8(output.stdout).expect("ids are ASCII");
    output.status.success().then(|| tree.trim().to_owned())
}

/// A history of others, if one is to be looked at, and its commits, newest first.
#[expect(clippy::print_stdout, reason = "it is told what is left out")]
fn history() -> Option<(String, Vec<String>)> {
    let Ok(repository) = std::env::var("STORYLINE_HISTORY") else {
        println!("skipped: what commits lack on other trees: STORYLINE_HISTORY is not set");
        return None;
    };
    let listed = git(
        &repository,
        &["rev-list", "--first-parent", "-n", COMMITS, "HEAD"],
    );
    let listed = String::from_utf8(listed).expect("ids are ASCII");
    let commits = listed.lines().map(str::to_owned).collect();
    Some((repository, commits))
}

/// Each commit as a story, on a stage that is this far behind its author's, or ahead.
#[test]
#[expect(clippy::print_stdout, reason = "what is told is for people to judge")]
fn commits_on_stages_far_away() {
    let Some((repository, commits)) = history() else {
        return;
    };
    let blobs = Blobs::new(&repository);
    let trees: Vec<_> = commits
        .iter()
        .map(|commit| tree(&repository, commit))
        .collect();
    let (mut fits, mut told) = (0, 0);
    for away in AWAY {
        for at in 0..commits.len() {
            let Some(stage) = at.checked_add_signed(away).filter(|at| *at < commits.len()) else {
                continue;
            };
            let Some(candidate) = landed(&repository, &commits[at], &commits[stage]) else {
                continue;
            };
            fits += 1;
            let candidate = tree(&repository, &candidate);
            let story = differing(&trees[stage], &candidate);
            for one in lacks_in(&blobs, &story, &trees[at], &candidate) {
                told += 1;
                println!(
                    "{} on {} ({away}) {}:{} {} ({})",
                    &commits[at][..12],
                    &commits[stage][..12],
                    one.path,
                    one.line,
                    one.name,
                    one.what
                );
            }
        }
    }
    println!("{fits} that fit, {told} names that are lacking");
}

#[test]
#[expect(clippy::print_stdout, reason = "what is told is for people to judge")]
fn commits_without_the_one_before() {
    let Some((repository, commits)) = history() else {
        return;
    };
    let blobs = Blobs::new(&repository);
    let mut trees: Vec<Tree> = Vec::new();
    for commit in &commits {
        trees.push(tree(&repository, commit));
        let [.., older, oldest] = &trees[..] else {
            continue;
        };
        assert_eq!(lacks(&blobs, oldest, older, older), [], "{commit}");
    }
    for (three, commit) in trees.windows(3).zip(&commits) {
        let [author, before, without] = three else {
            continue;
        };
        for one in lacks(&blobs, before, author, without) {
            println!(
                "{commit} {}:{} {} ({})",
                one.path, one.line, one.name, one.what
            );
        }
    }
}
