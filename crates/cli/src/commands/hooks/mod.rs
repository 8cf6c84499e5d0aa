//! `storyline hooks`: what has Git call us, put into a clone and taken away again.
//!
//! All of it is a list of parts (settings, attributes, hooks), each of which can be looked at, put in place
//! and taken away by itself, whatever state it is in. So a command that was killed needs no journal: the
//! next one looks again.

mod attributes;
mod program;
mod push;
mod script;
mod setting;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use storyline_repo::Repository;
use storyline_text::{Diagnostic, Visible};

use crate::args::HooksCommand;
use crate::canon;
use crate::failure::{Failure, FailureKind, usage};
use crate::output::{self, shown};

use attributes::Attributes;
pub(crate) use script::Hook;
use script::Script;
use setting::Setting;

pub(crate) fn run(directory: &Path, command: &HooksCommand) -> Result<ExitCode, Failure> {
    match command {
        HooksCommand::Install(args) => install(directory, args.tracked),
        HooksCommand::Check => check(directory),
        HooksCommand::Remove => remove(directory),
        HooksCommand::PrePush(args) => push::run(directory, args),
    }
}

/// How a part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    InPlace,
    Missing,
    /// Ours, but not as it would be put there now.
    Changed(&'static str),
    /// It is not for us to put it there; what to do instead.
    Yours(String),
}

/// One thing that installing puts somewhere.
pub(crate) enum Part {
    Setting(Setting),
    Attributes(Attributes),
    Script(Script),
}

impl Part {
    pub(crate) fn what(&self) -> String {
        match self {
            Self::Setting(setting) => format!("setting `{}`", setting.name),
            Self::Attributes(attributes) => format!("attributes in {}", shown(&attributes.file)),
            Self::Script(script) => {
                format!("hook `{}` in {}", script.hook.name(), shown(&script.folder))
            }
        }
    }

    pub(crate) fn look(&self, repository: &Repository) -> Result<State, Failure> {
        match self {
            Self::Setting(setting) => setting.look(repository),
            Self::Attributes(attributes) => attributes.look(),
            Self::Script(script) => script.look(),
        }
    }

    fn install(&self, repository: &Repository) -> Result<(), Failure> {
        match self {
            Self::Setting(setting) => setting.put(repository, true),
            Self::Attributes(attributes) => attributes.install(),
            Self::Script(script) => script.install(),
        }
    }

    /// Takes the part away, if it is there, and tells whether it was.
    fn remove(&self, repository: &Repository) -> Result<bool, Failure> {
        match self {
            Self::Setting(setting) => {
                let is_there = repository.own_setting(setting.name);
                let is_there = is_there.map_err(|e| usage(e.diagnostic()))?.is_some();
                if is_there {
                    setting.put(repository, false)?;
                }
                Ok(is_there)
            }
            Self::Attributes(attributes) => attributes.remove(),
            Self::Script(script) => script.remove(),
        }
    }
}

/// Everything that belongs into the clone, for the program that runs. Attributes are those of the clone,
/// or those that are `tracked`.
pub(crate) fn parts(repository: &Repository, tracked: bool) -> Result<Vec<Part>, Failure> {
    let program = program::lasting()?;
    let settings = setting::all(&program)?.map(Part::Setting);
    let attributes = Attributes::of(repository, tracked)?;
    let scripts = Hook::ALL.map(|hook| Script::of(repository, hook, &program));
    let mut parts: Vec<_> = settings.into_iter().collect();
    parts.push(Part::Attributes(attributes));
    for script in scripts {
        parts.push(Part::Script(script?));
    }
    Ok(parts)
}

/// How all parts are together.
pub(crate) enum Standing {
    Whole,
    Nothing,
    /// What is wrong first.
    Partly(String),
}

/// Whether everything is in place that belongs into the clone.
pub(crate) fn state(repository: &Repository) -> Result<Standing, Failure> {
    let tracked = Attributes::are_tracked(repository)?;
    let mut wrong = Vec::new();
    let mut is_nothing = true;
    for part in parts(repository, tracked)? {
        match part.look(repository)? {
            State::InPlace => is_nothing = false,
            State::Changed(why) => {
                is_nothing = false;
                wrong.push(format!("{}: {why}", part.what()));
            }
            State::Missing | State::Yours(_) => wrong.push(format!("{} is missing", part.what())),
        }
    }
    Ok(match wrong.into_iter().next() {
        None => Standing::Whole,
        Some(_) if is_nothing => Standing::Nothing,
        Some(first) => Standing::Partly(first),
    })
}

fn install(directory: &Path, tracked: bool) -> Result<ExitCode, Failure> {
    let repository = canon::repository(directory)?;
    let tracked = tracked || Attributes::are_tracked(&repository)?;
    let mut lines = Vec::new();
    for part in parts(&repository, tracked)? {
        let what = part.what();
        lines.push(match part.look(&repository)? {
            State::InPlace => format!("there      {what}"),
            State::Yours(help) => format!("left alone {what}\n           {help}"),
            State::Missing | State::Changed(_) => {
                part.install(&repository)?;
                format!("written    {what}")
            }
        });
    }
    if tracked {
        lines.push(
            "           commit `.gitattributes`; the rest is for every clone by itself".into(),
        );
    }
    print(&lines)?;
    Ok(ExitCode::SUCCESS)
}

fn check(directory: &Path) -> Result<ExitCode, Failure> {
    let repository = canon::repository(directory)?;
    let tracked = Attributes::are_tracked(&repository)?;
    let mut lines = Vec::new();
    let mut is_whole = true;
    for part in parts(&repository, tracked)? {
        let what = part.what();
        let state = part.look(&repository)?;
        is_whole &= state == State::InPlace;
        lines.push(match state {
            State::InPlace => format!("ok         {what}"),
            State::Missing => format!("missing    {what}"),
            State::Changed(why) => format!("changed    {what}: {why}"),
            State::Yours(help) => format!("missing    {what}\n           {help}"),
        });
    }
    if !is_whole {
        lines.push("           `storyline hooks install` writes what is missing or changed".into());
    }
    print(&lines)?;
    Ok(match is_whole {
        true => ExitCode::SUCCESS,
        false => FailureKind::Findings.exit_code(),
    })
}

fn remove(directory: &Path) -> Result<ExitCode, Failure> {
    let repository = canon::repository(directory)?;
    let mut lines = Vec::new();
    let mut all = parts(&repository, false)?;
    if repository.workdir().is_some() {
        all.push(Part::Attributes(Attributes::of(&repository, true)?));
    }
    for part in all {
        let what = part.what();
        if part.remove(&repository)? {
            lines.push(format!("removed    {what}"));
        }
    }
    if lines.is_empty() {
        lines.push("nothing of Storyline is installed here".into());
    }
    print(&lines)?;
    Ok(ExitCode::SUCCESS)
}

fn print(lines: &[String]) -> Result<(), Failure> {
    output::print(&format!("{}\n", lines.join("\n")))
}

/// A file of the clone that cannot be read or written.
fn unusable(file: &Path, error: &std::io::Error) -> Failure {
    let title = format!("cannot use {}: {error}", shown(file));
    let diagnostic = Diagnostic::error("hooks-unusable", title)
        .help("mend that, then run the command again: it goes on where it stopped");
    Failure::new(FailureKind::Usage, diagnostic)
}

/// Puts `bytes` at `file` at once, with this mode.
fn write(file: &Path, bytes: &[u8], mode: Option<u32>) -> Result<(), Failure> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".storyline-new");
    let beside = PathBuf::from(beside);
    let put = || {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&beside, bytes)?;
        set_mode(&beside, file, mode)?;
        std::fs::rename(&beside, file)
    };
    put().map_err(|error| unusable(file, &error))
}

/// The mode that was asked for, or the one that the file has that is replaced.
#[cfg(unix)]
fn set_mode(beside: &Path, file: &Path, mode: Option<u32>) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = match (mode, file.metadata()) {
        (Some(mode), _) => std::fs::Permissions::from_mode(mode),
        (None, Ok(known)) => known.permissions(),
        (None, Err(_)) => return Ok(()),
    };
    std::fs::set_permissions(beside, permissions)
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: &Path, _: Option<u32>) -> std::io::Result<()> {
    Ok(())
}

/// Text as one word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn visible(text: &str) -> String {
    Visible(text.as_bytes()).to_string()
}
