//! A run of a person's command in a folder with the files of a tree.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, thread};

use storyline_repo::projection::Workspace;
use storyline_repo::{EntryKind, ObjectId};
use storyline_text::{Diagnostic, RelPath, Visible};

use crate::failure::{Failure, usage};

/// Bytes that are shown of what a run printed, from its end.
const MAX_SHOWN: u64 = 2048;

/// What is run.
pub(super) struct Trial<'a> {
    /// The program and its arguments.
    pub(super) command: &'a [OsString],
    /// How long a run may take.
    pub(super) limit: Duration,
}

/// How a run went.
pub(super) struct Tried {
    /// `None` when it took too long, and was killed.
    status: Option<ExitStatus>,
    output: Vec<u8>,
}

impl Tried {
    pub(super) fn passes(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// How it ended, for people.
    pub(super) fn ended(&self) -> String {
        match self.status {
            Some(status) => status.to_string(),
            None => "killed, since it took too long".into(),
        }
    }

    /// The end of what it printed; nothing when it passed.
    pub(super) fn output(&self) -> String {
        match self.passes() {
            true => String::new(),
            false => String::from_utf8_lossy(&self.output).into_owned(),
        }
    }
}

impl Trial<'_> {
    /// Puts the files of a tree into a new folder and runs the command there. Nothing else is run.
    pub(super) fn run(
        &self,
        workspace: &mut Workspace<'_>,
        tree: ObjectId,
    ) -> Result<Tried, Failure> {
        let folder = tempfile::tempdir().map_err(|error| not_made(&error))?;
        let root = folder.path().join("stage");
        write_out(workspace, tree, &root)?;
        let (program, arguments) = self.command.split_first().expect("clap asks for one");
        let output = tempfile::tempfile().map_err(|error| not_made(&error))?;
        let copy = || output.try_clone().map_err(|error| not_made(&error));
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&root)
            .stdin(Stdio::null())
            .stdout(copy()?)
            .stderr(copy()?);
        let is_git = |name: &OsStr| name.as_encoded_bytes().starts_with(b"GIT_");
        for (name, _) in env::vars_os().filter(|(name, _)| is_git(name)) {
            command.env_remove(name);
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command
            .spawn()
            .map_err(|error| not_started(program, &error))?;
        let status = wait(child, self.limit).map_err(|error| not_started(program, &error))?;
        let output = end_of(output).map_err(|error| not_made(&error))?;
        Ok(Tried { status, output })
    }
}

/// Waits for a program, and kills it after `limit` with all that it started.
fn wait(mut child: Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    #[cfg(unix)]
    let group = rustix::process::Pid::from_child(&child);
    let (ended, status) = mpsc::channel();
    thread::spawn(move || drop(ended.send(child.wait())));
    match status.recv_timeout(limit) {
        Ok(status) => status.map(Some),
        Err(_) => {
            // It was not waited for yet, so the number is still its own.
            #[cfg(unix)]
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            Ok(None)
        }
    }
}

fn end_of(mut output: File) -> io::Result<Vec<u8>> {
    let length = output.metadata()?.len();
    output.seek(SeekFrom::Start(length.saturating_sub(MAX_SHOWN)))?;
    let mut end = Vec::new();
    output.take(MAX_SHOWN).read_to_end(&mut end)?;
    Ok(end)
}

/// Writes the files of a tree into a new folder; links last, so that nothing is written through one.
fn write_out(workspace: &mut Workspace<'_>, tree: ObjectId, root: &Path) -> Result<(), Failure> {
    fs::create_dir(root).map_err(|error| not_made(&error))?;
    let files = workspace.differences(None, Some(tree))?;
    let leaves = files.iter();
    let leaves = leaves.filter_map(|(path, [_, leaf])| Some((path, (*leaf)?)));
    let (links, files): (Vec<_>, Vec<_>) =
        leaves.partition(|(_, leaf)| leaf.kind == EntryKind::Symlink);
    for (path, leaf) in files.into_iter().chain(links) {
        let place = place(root, path)?;
        if leaf.kind == EntryKind::Submodule {
            fs::create_dir_all(&place).map_err(|error| not_made(&error))?;
            continue;
        }
        let bytes = workspace.read(leaf.id)?;
        let write = || -> io::Result<()> {
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
            }
            match leaf.kind {
                #[cfg(unix)]
                EntryKind::Symlink => std::os::unix::fs::symlink(os(&bytes), &place),
                #[cfg(unix)]
                EntryKind::Executable => {
                    use std::os::unix::fs::PermissionsExt;
                    fs::write(&place, &bytes)?;
                    fs::set_permissions(&place, fs::Permissions::from_mode(0o755))
                }
                _ => fs::write(&place, &bytes),
            }
        };
        write().map_err(|error| not_made(&error))?;
    }
    Ok(())
}

/// Where a file goes. A tree's own `.git` would have git run what stands in it.
fn place(root: &Path, path: &RelPath) -> Result<PathBuf, Failure> {
    let mut names = path.as_bytes().split(|byte| *byte == b'/');
    let text = std::str::from_utf8(path.as_bytes());
    match text {
        Ok(text) if !names.any(|name| name.eq_ignore_ascii_case(b".git")) => Ok(root.join(text)),
        _ => {
            let title =
                format!("the stage has a file {path}, which cannot be written into a folder");
            Err(usage(
                Diagnostic::error("path-not-written", title).help("take it out of the stage"),
            ))
        }
    }
}

#[cfg(unix)]
fn os(bytes: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}

fn not_started(program: &OsStr, error: &io::Error) -> Failure {
    let program = Visible(program.as_encoded_bytes());
    let title = format!("cannot run {program}: {error}");
    usage(Diagnostic::error("command-not-run", title).help("name a program that can be run"))
}

fn not_made(error: &io::Error) -> Failure {
    let title = format!("cannot write the stage's files into a temporary folder: {error}");
    usage(Diagnostic::error("folder-not-written", title).help("make room there, or set `TMPDIR`"))
}
