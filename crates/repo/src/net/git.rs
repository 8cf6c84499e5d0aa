//! The `git` program and the conditions under which it runs.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;
use std::{env, io};

use super::error::NetError;
use super::protocol::Protocols;
use super::run::{self, Ended, Failed};
use super::url::Url;
use super::version::GitVersion;

/// Variables that `git`, `ssh` and credential helpers get, whatever the case of their letters.
/// Those of Windows come last. No `GIT_…` is among them: such a variable may name a program to start,
/// or another repository, and is easily inherited from a hook.
const VARIABLES: [&str; 39] = [
    "HOME",
    "PATH",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "TERM",
    "SSH_AUTH_SOCK",
    "SSH_ASKPASS",
    "SSH_ASKPASS_REQUIRE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "KRB5CCNAME",
    "KRB5_CONFIG",
    "APPDATA",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATHEXT",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERPROFILE",
    "WINDIR",
];

/// Settings that hold whatever the user's and the clone's configuration say: no hooks and other
/// programs of the clone's, no submodules, no cleaning up in the middle.
const SETTINGS: [&str; 7] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "maintenance.auto=false",
];

/// How long one run of `git` may take unless said otherwise.
const LIMIT: Duration = Duration::from_mins(10);

/// The `git` program, as Storyline runs it.
///
/// Its environment holds what is needed to find a user's settings and credentials, and nothing else;
/// it reads nothing but what we hand it. Several may run at once.
#[derive(Clone, Debug)]
pub struct Git {
    variables: Vec<(OsString, OsString)>,
    protocols: Protocols,
    limit: Duration,
    has_terminal: bool,
    version: OnceLock<GitVersion>,
}

impl Git {
    /// With those of the environment's `variables` that are let through.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let variables = variables.into_iter().filter_map(|(name, value)| {
            let known = VARIABLES
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known));
            match name.eq_ignore_ascii_case("PATH") {
                true => Some((name, absolute(&value)?)),
                false => known.then_some((name, value)),
            }
        });
        Self {
            variables: variables.collect(),
            protocols: Protocols::default(),
            limit: LIMIT,
            has_terminal: false,
            version: OnceLock::new(),
        }
    }

    /// With these protocols instead of the usual ones.
    #[must_use]
    pub fn with_protocols(self, protocols: Protocols) -> Self {
        Self { protocols, ..self }
    }

    /// With this limit for one run of `git`, instead of ten minutes. A push and the look at what
    /// became of it are two.
    #[must_use]
    pub fn with_time_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Allows questions for passwords: somebody sits at the terminal. `git` then stays in our process
    /// group, and helpers that it started may outlive the time limit.
    #[must_use]
    pub fn with_terminal(self) -> Self {
        Self {
            has_terminal: true,
            ..self
        }
    }

    fn version(&self) -> Result<GitVersion, NetError> {
        if let Some(version) = self.version.get() {
            return Ok(*version);
        }
        let mut command = self.command();
        command.arg("version");
        let missing = |reason: String| NetError::GitMissing { reason };
        let ended = run::run(command, None, self.limit, self.has_terminal).map_err(|failed| {
            missing(match failed {
                Failed::Start(error) if error.kind() == io::ErrorKind::NotFound => {
                    "it is in no folder of `PATH`".into()
                }
                Failed::Start(error) => error.to_string(),
                Failed::TimeLimit | Failed::TooLong => "`git version` does not answer".into(),
            })
        })?;
        let version = GitVersion::read(&String::from_utf8_lossy(&ended.output));
        let version = version.ok_or_else(|| missing("`git version` names no version".into()))?;
        Ok(*self.version.get_or_init(|| version))
    }

    /// Which version it is, if Storyline can work with it.
    ///
    /// # Errors
    /// [`NetError::GitMissing`], [`NetError::GitTooOld`]
    pub fn usable_version(&self) -> Result<GitVersion, NetError> {
        let found = self.version()?;
        match found.is_usable() {
            true => Ok(found),
            false => Err(NetError::GitTooOld { found }),
        }
    }

    /// Runs `git` on the repository whose own folder is `git_dir`, to talk with `url`.
    pub(super) fn run(
        &self,
        git_dir: &Path,
        url: &Url,
        arguments: &[String],
    ) -> Result<Ended, NetError> {
        if !self.protocols.allow(url.protocol()) {
            return Err(NetError::ProtocolNotAllowed { url: url.clone() });
        }
        let command = self.command_in(git_dir, arguments)?;
        run::run(command, None, self.limit, self.has_terminal).map_err(|failed| match failed {
            Failed::Start(error) => NetError::GitMissing {
                reason: error.to_string(),
            },
            Failed::TimeLimit => NetError::TimeLimit {
                url: url.clone(),
                limit: self.limit,
            },
            Failed::TooLong => NetError::TooLong { url: url.clone() },
        })
    }

    /// Runs `git` on the repository whose own folder is `git_dir`, with nobody else to talk with; `None`
    /// when it had to be stopped.
    pub(crate) fn run_here(
        &self,
        git_dir: &Path,
        arguments: &[&str],
        input: Vec<u8>,
    ) -> Result<Option<Ended>, NetError> {
        let arguments: Vec<_> = arguments.iter().map(|word| (*word).into()).collect();
        let command = self.command_in(git_dir, &arguments)?;
        self.ended(command, input)
    }

    /// Runs a command of [`Self::command_in`]; `None` when it had to be stopped.
    pub(super) fn ended(
        &self,
        command: Command,
        input: Vec<u8>,
    ) -> Result<Option<Ended>, NetError> {
        match run::run(command, Some(input), self.limit, self.has_terminal) {
            Ok(ended) => Ok(Some(ended)),
            Err(Failed::TimeLimit | Failed::TooLong) => Ok(None),
            Err(Failed::Start(error)) => Err(NetError::GitMissing {
                reason: error.to_string(),
            }),
        }
    }

    pub(super) fn command_in(
        &self,
        git_dir: &Path,
        arguments: &[String],
    ) -> Result<Command, NetError> {
        self.usable_version()?;
        let mut command = self.command();
        command
            .current_dir(git_dir)
            .env("GIT_DIR", git_dir)
            .args(arguments);
        Ok(command)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("git");
        command
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("LC_ALL", "C")
            .env("GIT_ALLOW_PROTOCOL", self.protocols.variable())
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_ADVICE", "0");
        if !self.has_terminal {
            // ssh asks at `/dev/tty`, where a process in the background would wait for ever.
            command
                .env("GIT_TERMINAL_PROMPT", "0")
                .env("SSH_ASKPASS", "false")
                .env("SSH_ASKPASS_REQUIRE", "force");
        }
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command
    }
}

/// A `PATH` without the folders that depend on where a program starts: that is a project's. `None`
/// when none is left, since an empty one means just that folder.
fn absolute(path: &OsStr) -> Option<OsString> {
    let folders = env::split_paths(path).filter(|folder| folder.is_absolute());
    let path = env::join_paths(folders).ok()?;
    (!path.is_empty()).then_some(path)
}
