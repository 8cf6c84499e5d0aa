//! Where the demo's commands are typed: a clone whose commands see nothing of the user's own settings.

use std::env;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use storyline_text::Diagnostic;

use crate::failure::{Failure, FailureKind};
use crate::output::print;

/// A folder to type commands in.
pub(super) struct Desk {
    /// Has no file with settings in it.
    pub(super) home: PathBuf,
    /// Where commands run.
    pub(super) folder: PathBuf,
}

impl Desk {
    /// Shows a command and what it prints.
    pub(super) fn shows(&self, command: &[&str]) -> Result<(), Failure> {
        self.types(command)?;
        let printed = self.run(command)?;
        print(&indented(&printed))
    }

    /// Shows a command, and not what it prints.
    pub(super) fn does(&self, command: &[&str]) -> Result<(), Failure> {
        self.types(command)?;
        self.run(command).map(drop)
    }

    fn types(&self, command: &[&str]) -> Result<(), Failure> {
        let words = command.iter().map(|word| match word.contains(' ') {
            true => format!("\"{word}\""),
            false => (*word).into(),
        });
        let words: Vec<_> = words.collect();
        print(&format!("  $ {}\n", words.join(" ")))
    }

    /// What a command prints; one that fails ends the demo.
    pub(super) fn run(&self, command: &[&str]) -> Result<String, Failure> {
        match self.output(command) {
            Ok((printed, true)) => Ok(printed),
            Ok((printed, false)) => {
                print(&indented(&printed))?;
                Err(failed(command, "failed, and printed what stands above"))
            }
            Err(error) => Err(failed(command, &format!("cannot be run: {error}"))),
        }
    }

    /// What a command prints, errors too, as they come, and whether it went well.
    fn output(&self, command: &[&str]) -> io::Result<(String, bool)> {
        let (name, args) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let program = match *name {
            "storyline" => env::current_exe()?,
            other => other.into(),
        };
        let (mut printed, pipe) = io::pipe()?;
        let mut child = {
            let mut command = Command::new(program);
            for (variable, _) in env::vars_os() {
                let name = variable.to_string_lossy();
                if name.starts_with("GIT_") || name.starts_with("STORYLINE_") {
                    command.env_remove(&variable);
                }
            }
            command
                .args(args)
                .current_dir(&self.folder)
                .env("HOME", &self.home)
                .env("XDG_CONFIG_HOME", &self.home)
                .env("GIT_CONFIG_NOSYSTEM", "1")
                .env("LC_ALL", "C")
                .stdin(Stdio::null())
                .stdout(pipe.try_clone()?)
                .stderr(pipe);
            // The command holds an end of the pipe, which has to be gone before the other is read.
            command.spawn()?
        };
        let mut bytes = Vec::new();
        printed.read_to_end(&mut bytes)?;
        let ended = child.wait()?;
        Ok((String::from_utf8_lossy(&bytes).into(), ended.success()))
    }
}

/// What a command printed, below the command.
fn indented(printed: &str) -> String {
    let lines = printed.lines().map(|line| match line {
        "" => "\n".into(),
        line => format!("    {line}\n"),
    });
    lines.collect()
}

fn failed(command: &[&str], what: &str) -> Failure {
    let title = format!("`{}` {what}", command.join(" "));
    let help = match command {
        ["git", ..] => "`storyline doctor` says whether this git will do",
        _ => "this is a bug",
    };
    let diagnostic = Diagnostic::error("demo-failed", title).help(help);
    Failure::new(FailureKind::Bug, diagnostic)
}
