//! What went wrong between here and a remote.

use std::time::Duration;

use storyline_text::{Diagnostic, Visible};

use super::push::{Moved, Push};
use super::url::Url;
use super::version::{GitVersion, OLDEST};
use super::words::Words;

/// Why something of a remote could not be read or moved.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The operator did not allow this way to reach a repository.
    #[error("{url} is not used: the protocol `{}` is not allowed", .url.protocol())]
    ProtocolNotAllowed {
        /// The address.
        url: Url,
    },
    /// There is no `git`, or it does not start.
    #[error("there is no `git` program: {}", Visible(.reason.as_bytes()))]
    GitMissing {
        /// What the system said.
        reason: String,
    },
    /// It lacks what is asked of it.
    #[error("git {found} is too old: Storyline needs {}.{} or later", OLDEST.0, OLDEST.1)]
    GitTooOld {
        /// Its version.
        found: GitVersion,
    },
    /// The remote does not answer, is not there, or does not let us in.
    #[error("the remote {url} cannot be read")]
    Unreachable {
        /// The address.
        url: Url,
        /// What was said.
        words: Words,
    },
    /// What it answers is not understood; it may have objects of another kind.
    #[error("the remote {url} lists its refs in a way that is not understood")]
    Unreadable {
        /// The address.
        url: Url,
    },
    /// It answers without an end.
    #[error("the remote {url} has more refs than Storyline reads")]
    TooLong {
        /// The address.
        url: Url,
    },
    /// It took too long.
    #[error("git did not finish with {url} within {} s", .limit.as_secs())]
    TimeLimit {
        /// The address.
        url: Url,
        /// The limit for one run.
        limit: Duration,
    },
    /// Commits of the remote would be lost.
    #[error("the push to `{}` of {url} would not go forward", .push.destination)]
    NotForward {
        /// The address.
        url: Url,
        /// What was to be pushed.
        push: Box<Push>,
    },
    /// The remote did not take a push.
    #[error("the remote {url} refused the push")]
    Refused {
        /// The address.
        url: Url,
        /// What was to be pushed.
        pushes: Vec<Push>,
        /// What was said.
        words: Words,
    },
    /// Somebody moved the same refs.
    #[error("somebody else moved refs of {url}")]
    Moved {
        /// The address.
        url: Url,
        /// The refs that are not where the push was to bring them.
        moved: Vec<Moved>,
    },
    /// A push ended in an error, and where the refs stand could not be read.
    #[error("it is not known whether {url} took the push")]
    OutcomeUnknown {
        /// The address.
        url: Url,
        /// What was to be pushed.
        pushes: Vec<Push>,
        /// How the push ended.
        push: Box<NetError>,
        /// Why the refs could not be read.
        list: Box<NetError>,
    },
}

impl NetError {
    /// The same for people.
    pub fn diagnostic(&self) -> Diagnostic {
        let error = |id| Diagnostic::error(id, self.to_string());
        match self {
            Self::ProtocolNotAllowed { url } => error("protocol-not-allowed").help(format!(
                "no program was started; if you trust it, put `{0}` among the words of Git's setting \
                 `storyline.protocols`, or `STORYLINE_PROTOCOLS={0}` before one command",
                url.protocol()
            )),
            Self::GitMissing { .. } => error("git-missing")
                .help("install Git, so that `git version` answers, then run the command again"),
            Self::GitTooOld { .. } => error("git-too-old")
                .help("install a newer Git, then run the command again; `storyline doctor` looks at it"),
            Self::Unreachable { url, words } => said(error("remote-unreachable"), words).help(format!(
                "nothing was changed there; when `git ls-remote {url}` works, run the command again"
            )),
            Self::Unreadable { url } | Self::TooLong { url } => error("remote-unreadable").help(format!(
                "nothing was changed there; look at what `git ls-remote {url}` prints"
            )),
            Self::TimeLimit { .. } => error("time-limit").help(
                "git was stopped, and nothing had changed there by then; run the command again, with a \
                 longer limit in seconds if the remote is slow: \
                 `git config --global storyline.timeLimit 1800`",
            ),
            Self::NotForward { push, .. } => error("push-refused").help(format!(
                "nothing was changed there: it was to {}, which does not contain it as far as this \
                 clone knows; fetch first, then run the command again",
                step(push)
            )),
            Self::Refused { pushes, words, .. } => said(error("push-refused"), words).help(format!(
                "nothing was changed there: {}; mend what it says, then run the command again",
                standing(pushes)
            )),
            Self::Moved { moved, .. } => moved
                .iter()
                .fold(error("push-conflict"), |told, moved| told.help(difference(moved)))
                .help("run the command again: it starts from what is there now"),
            Self::OutcomeUnknown { url, pushes, push, list } => {
                unknown(error("push-outcome-unknown"), url, pushes, [push, list])
            }
        }
    }

    /// What the other side said.
    fn words(&self) -> Option<&Words> {
        match self {
            Self::Unreachable { words, .. } | Self::Refused { words, .. } => Some(words),
            _ => None,
        }
    }
}

/// With what the other side said, line by line.
fn said(diagnostic: Diagnostic, words: &Words) -> Diagnostic {
    let lines = words.lines().map(|line| format!("git said: {line}"));
    lines.fold(diagnostic, Diagnostic::help)
}

fn unknown(
    diagnostic: Diagnostic,
    url: &Url,
    pushes: &[Push],
    failures: [&NetError; 2],
) -> Diagnostic {
    let words = failures.into_iter().filter_map(NetError::words);
    let told = words.fold(diagnostic, said);
    let told = pushes.iter().fold(told, |told, push| {
        let (name, step) = (&push.destination, step(push));
        told.help(format!("`{name}` was to {step}: it did, or it did not"))
    });
    let refs: Vec<_> = pushes
        .iter()
        .map(|push| push.destination.as_str())
        .collect();
    told.help(format!(
        "`git ls-remote {url} {}` says which; to run the command again is safe in both cases",
        refs.join(" ")
    ))
}

/// Where the refs of a refused push still stand.
fn standing(pushes: &[Push]) -> String {
    let stands = |push: &Push| match push.expected {
        Some(id) => format!("`{}` still stands at {id}", push.destination),
        None => format!("there still is no `{}`", push.destination),
    };
    let stands: Vec<_> = pushes.iter().map(stands).collect();
    stands.join(", ")
}

fn step(push: &Push) -> String {
    match (push.expected, push.new) {
        (Some(old), Some(new)) => format!("go from {old} to {new}"),
        (None, Some(new)) => format!("be made at {new}"),
        (Some(old), None) => format!("be deleted from {old}"),
        (None, None) => "stay away".into(),
    }
}

fn difference(moved: &Moved) -> String {
    let name = &moved.push.destination;
    match (moved.push.expected, moved.found) {
        (Some(old), Some(found)) => format!("`{name}` was expected at {old} and stands at {found}"),
        (None, Some(found)) => {
            format!("`{name}` was expected not to be there and stands at {found}")
        }
        (_, None) => format!("`{name}` is not there any more"),
    }
}
