//! The `git` program as this user has it, and as the operator allows it.

use std::env;
use std::io::{self, IsTerminal};
use std::time::Duration;

use storyline_repo::{Git, Protocols, Repository};
use storyline_text::{Diagnostic, Visible};

use crate::failure::{Failure, usage};

/// Words of protocols that are allowed besides `https` and `ssh`: a setting and a variable. No file of
/// a project has a say in this.
const PROTOCOLS: (&str, &str) = ("storyline.protocols", "STORYLINE_PROTOCOLS");

/// Seconds that one run of git may take.
const TIME_LIMIT: &str = "storyline.timeLimit";

/// Git with the user's environment, and with the settings that hold in `repository`; without one,
/// with what the environment says alone.
pub(crate) fn program(repository: Option<&Repository>) -> Result<Git, Failure> {
    let setting = |name| match repository.map(|repository| repository.setting(name)) {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(usage(error.diagnostic())),
        None => Ok(None),
    };
    let words = [setting(PROTOCOLS.0)?, env::var(PROTOCOLS.1).ok()];
    let words = words.map(Option::unwrap_or_default).join(" ");
    let protocols: Result<Protocols, _> = words.parse();
    let protocols = protocols.map_err(|error| usage(error.diagnostic()))?;
    let mut git = Git::new(env::vars_os()).with_protocols(protocols);
    if let Some(limit) = setting(TIME_LIMIT)? {
        git = git.with_time_limit(seconds(&limit)?);
    }
    // Whoever can see a question and answer it may be asked.
    match io::stdin().is_terminal() && io::stderr().is_terminal() {
        true => Ok(git.with_terminal()),
        false => Ok(git),
    }
}

fn seconds(text: &str) -> Result<Duration, Failure> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let title = format!(
            "the setting `{TIME_LIMIT}` is no number of seconds: `{}`",
            Visible(text.as_bytes())
        );
        let help = format!("ten minutes are `git config --global {TIME_LIMIT} 600`");
        usage(Diagnostic::error("time-limit-unusable", title).help(help))
    })
}
