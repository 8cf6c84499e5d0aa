//! What a command could not do: the one place where errors become exit codes.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;

use storyline_folder::{ApplyError, ExportError, FolderError};
use storyline_manifest::{ManifestErrors, UnknownEnvironment};
use storyline_repo::projection::ProjectionError;
use storyline_repo::story::StoryError;
use storyline_repo::{
    ForkError, NetError, ObjectError, RefError, RepoError, SnapshotError, WorkingTreeError,
};
use storyline_stamp::{ReadError, Refused};
use storyline_text::{Diagnostic, Label, RelPath};

/// What sort of failure it is, from the mildest to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FailureKind {
    /// The project is not as it should be.
    Findings,
    /// The command, the manifest or the folder cannot be used.
    Usage,
    /// Somebody else was faster.
    Conflict,
    /// Our own mistake.
    Bug,
}

impl FailureKind {
    /// The process's exit code.
    pub(crate) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Conflict => 3,
            Self::Bug => 70,
        })
    }
}

/// Why a command ended early.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// Decides the exit code.
    pub(crate) kind: FailureKind,
    /// What is told, at least one.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Files that the diagnostics point into.
    pub(crate) sources: Sources,
    /// Whether it is known that nothing was changed, and not among the diagnostics yet.
    pub(crate) unchanged: bool,
}

/// A command, manifest or repository that cannot be used, before anything was changed.
pub(crate) fn usage(diagnostic: Diagnostic) -> Failure {
    Failure::new(FailureKind::Usage, diagnostic).unchanged()
}

/// Bytes of files, for excerpts.
pub(crate) type Sources = BTreeMap<RelPath, Vec<u8>>;

impl Failure {
    /// A failure without excerpts.
    pub(crate) fn new(kind: FailureKind, diagnostic: Diagnostic) -> Self {
        Self {
            kind,
            diagnostics: vec![diagnostic],
            sources: Sources::new(),
            unchanged: false,
        }
    }

    /// The same, before anything was changed.
    pub(crate) fn unchanged(self) -> Self {
        Self {
            unchanged: true,
            ..self
        }
    }

    /// The same, with one more sentence of help.
    pub(crate) fn help(mut self, text: &str) -> Self {
        if let Some(last) = self.diagnostics.last_mut() {
            last.help.push(text.into());
        }
        self
    }

    /// Standard output was closed, or a disk is full.
    pub(crate) fn output(error: &io::Error) -> Self {
        Self::new(
            FailureKind::Usage,
            Diagnostic::error("output-failed", format!("cannot write the output: {error}")),
        )
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        let kind = match error {
            FolderError::Busy { .. } => FailureKind::Conflict,
            _ => FailureKind::Usage,
        };
        Self {
            unchanged: matches!(error, FolderError::Open { .. }),
            ..Self::new(kind, error.diagnostic())
        }
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        let kind = match error {
            ApplyError::Io { .. } | ApplyError::Unsafe { .. } | ApplyError::NotUndone { .. } => {
                FailureKind::Usage
            }
            _ => FailureKind::Conflict,
        };
        Self::new(kind, error.diagnostic())
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        let kind = match error {
            ExportError::ChangedMeanwhile { .. } => FailureKind::Conflict,
            _ => FailureKind::Usage,
        };
        Self::new(kind, error.diagnostic())
    }
}

impl From<RepoError> for Failure {
    fn from(error: RepoError) -> Self {
        Self::new(FailureKind::Usage, error.diagnostic()).unchanged()
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let diagnostic = Diagnostic::error("file-unreadable", error.to_string())
            .label(Label::path(&error.path, ""))
            .help("mend what the system says, then run the command again");
        Self::new(FailureKind::Usage, diagnostic).unchanged()
    }
}

impl From<UnknownEnvironment> for Failure {
    fn from(error: UnknownEnvironment) -> Self {
        Self::new(FailureKind::Usage, error.diagnostic()).unchanged()
    }
}

impl From<ManifestErrors> for Failure {
    fn from(errors: ManifestErrors) -> Self {
        Self {
            kind: FailureKind::Usage,
            diagnostics: errors.into_diagnostics(),
            sources: Sources::new(),
            unchanged: true,
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self {
            kind: FailureKind::Findings,
            diagnostics: refused.diagnostics,
            sources: Sources::new(),
            unchanged: true,
        }
    }
}

impl From<ObjectError> for Failure {
    fn from(error: ObjectError) -> Self {
        Self::new(FailureKind::Usage, error.diagnostic()).unchanged()
    }
}

impl From<ProjectionError> for Failure {
    fn from(error: ProjectionError) -> Self {
        let kind = match error {
            ProjectionError::Object(_) => FailureKind::Usage,
            ProjectionError::Ambiguous { .. } => FailureKind::Findings,
            ProjectionError::NotReversible { .. } => FailureKind::Bug,
        };
        Self::new(kind, error.diagnostic()).unchanged()
    }
}

impl From<SnapshotError> for Failure {
    fn from(error: SnapshotError) -> Self {
        Self::new(FailureKind::Usage, error.diagnostic()).unchanged()
    }
}

impl From<WorkingTreeError> for Failure {
    fn from(error: WorkingTreeError) -> Self {
        Self::new(FailureKind::Usage, error.diagnostic()).unchanged()
    }
}

impl From<StoryError> for Failure {
    fn from(error: StoryError) -> Self {
        let kind = match error {
            StoryError::ConflictMarks { .. } => FailureKind::Findings,
            _ => FailureKind::Usage,
        };
        Self::new(kind, error.diagnostic()).unchanged()
    }
}

impl From<ForkError> for Failure {
    fn from(error: ForkError) -> Self {
        match error {
            ForkError::Object(error) => error.into(),
            ForkError::Projection(error) => error.into(),
            ForkError::Story(error) => error.into(),
        }
    }
}

impl From<NetError> for Failure {
    fn from(error: NetError) -> Self {
        let kind = match error {
            NetError::NotForward { .. }
            | NetError::Refused { .. }
            | NetError::Moved { .. }
            | NetError::OutcomeUnknown { .. } => FailureKind::Conflict,
            _ => FailureKind::Usage,
        };
        Self::new(kind, error.diagnostic())
    }
}

impl From<RefError> for Failure {
    fn from(error: RefError) -> Self {
        let kind = match error {
            RefError::Moved { .. } | RefError::CheckedOut { .. } => FailureKind::Conflict,
            _ => FailureKind::Usage,
        };
        Self::new(kind, error.diagnostic())
    }
}
