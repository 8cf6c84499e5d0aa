//! What can go wrong with a folder, and what then is unchanged.

use std::io;
use std::path::{Path, PathBuf};

use storyline_text::{Diagnostic, Label, RelPath, UnsafeName, Visible};

/// One thing that the system refused, at a path below the root.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) path: RelPath,
    pub(crate) source: io::Error,
}

impl Fault {
    /// Whether something stands where nothing may.
    pub(crate) fn is_taken(&self) -> bool {
        self.source.kind() == io::ErrorKind::AlreadyExists
    }

    pub(crate) fn is_missing(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }
}

/// A file that somebody changed after a command was killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The file that stays as somebody left it.
    pub path: RelPath,
    /// Where the bytes from before the command are now.
    pub original: RelPath,
}

/// Why a folder cannot be opened or recovered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The root itself is missing, no folder, or unreadable.
    #[error("cannot open {}: {source}", shown(path))]
    Open {
        /// The folder as it was asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something below the root is unreadable, or cannot be put back.
    #[error("cannot read or restore {path}: {source}")]
    Io {
        /// Where.
        path: RelPath,
        /// What the system said.
        source: io::Error,
    },
    /// Another process changes this folder now.
    #[error("{} is changing this folder", holder(*pid))]
    Busy {
        /// The process, when it has said so already.
        pid: Option<u32>,
    },
    /// A command was killed in a folder inside this one, and only a command there restores it.
    #[error("a command was stopped in {}, whose files may be half changed", Visible(folder.as_bytes()))]
    UnfinishedBelow {
        /// The folder.
        folder: RelPath,
    },
    /// The journal of a killed command is not one that this program writes.
    #[error("the journal {path} of a stopped command cannot be read: {reason}")]
    Journal {
        /// The journal.
        path: RelPath,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why a folder was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// Another process changes this folder now.
    #[error("{} is changing this folder", holder(*pid))]
    Busy {
        /// The process, when it has said so already.
        pid: Option<u32>,
    },
    /// A command was killed here and [`recover`](crate::recover) has not run since.
    #[error("a command was stopped in this folder and left {path}")]
    Unfinished {
        /// The journal.
        path: RelPath,
    },
    /// The patch names a path that must not be written.
    #[error("{path} must not be written: {reason}")]
    Unsafe {
        /// The path.
        path: RelPath,
        /// The rule that it breaks.
        reason: UnsafeName,
    },
    /// A file is not what the patch was made for.
    #[error("{path} was changed while the command ran")]
    ChangedMeanwhile {
        /// The file.
        path: RelPath,
    },
    /// A file would take the place of one that is not part of the patch.
    #[error("{path} exists already")]
    Exists {
        /// What stands in the way.
        path: RelPath,
    },
    /// A step that the system refused.
    #[error("cannot write {path}: {source}")]
    Io {
        /// Where.
        path: RelPath,
        /// What the system said.
        source: io::Error,
    },
    /// A step failed, and while it was undone somebody changed files.
    #[error("{cause}; files that somebody else changed meanwhile are kept")]
    Kept {
        /// The first failure.
        cause: Box<ApplyError>,
        /// The files, and where their originals are.
        kept: Vec<Kept>,
    },
    /// A step failed, and undoing failed too: the journal stands for [`recover`](crate::recover).
    #[error("{cause}; and it cannot be undone yet: {path}: {source}")]
    NotUndone {
        /// The first failure.
        cause: Box<ApplyError>,
        /// Where undoing stopped.
        path: RelPath,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a folder was not exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The destination holds something, or is no folder.
    #[error("{} is not an empty folder", shown(path))]
    NotEmpty {
        /// The destination.
        path: PathBuf,
    },
    /// Destination and project lie in one another.
    #[error("{} and the project lie in one another", shown(path))]
    Overlap {
        /// The destination.
        path: PathBuf,
    },
    /// The patch names a path that must not be written.
    #[error("{path} must not be written: {reason}")]
    Unsafe {
        /// The path.
        path: RelPath,
        /// The rule that it breaks.
        reason: UnsafeName,
    },
    /// A file is not what was listed, or what the patch was made for.
    #[error("{path} was changed while the command ran")]
    ChangedMeanwhile {
        /// The file.
        path: RelPath,
    },
    /// A file or folder of the project that cannot be copied.
    #[error("cannot copy {path}: {source}")]
    Copy {
        /// Where in the tree.
        path: RelPath,
        /// What the system said.
        source: io::Error,
    },
    /// The destination cannot be made.
    #[error("cannot make {}: {source}", shown(path))]
    Destination {
        /// The destination.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<Fault> for FolderError {
    fn from(Fault { path, source }: Fault) -> Self {
        Self::Io { path, source }
    }
}

impl From<Fault> for ApplyError {
    fn from(Fault { path, source }: Fault) -> Self {
        Self::Io { path, source }
    }
}

impl From<Fault> for ExportError {
    fn from(Fault { path, source }: Fault) -> Self {
        Self::Copy { path, source }
    }
}

impl FolderError {
    /// What a person is told.
    pub fn diagnostic(&self) -> Diagnostic {
        let title = self.to_string();
        match self {
            Self::Open { .. } => Diagnostic::error("folder-unreadable", title)
                .help("give the folder of a project with `-C DIR`, one that you may read"),
            Self::Io { path, .. } => Diagnostic::error("folder-unreadable", title)
                .label(Label::path(path, ""))
                .help("mend what the system says, then run the same command again"),
            Self::Busy { .. } => busy(title),
            Self::UnfinishedBelow { folder } => Diagnostic::error("folder-unfinished", title)
                .label(Label::path(folder, ""))
                .help("nothing was changed")
                .help(format!(
                    "run `storyline -C {folder} sites` from here: it restores that folder first"
                )),
            Self::Journal { path, .. } => Diagnostic::error("journal-unreadable", title)
                .label(Label::path(path, "left by a stopped command"))
                .help("nothing was changed; the originals are in files `old-*` beside it")
                .help("put them back by hand, or with git, then delete that folder"),
        }
    }
}

const UNCHANGED: &str = "nothing was changed: every file is as it was before";

impl ApplyError {
    /// What a person is told, and what is unchanged.
    pub fn diagnostic(&self) -> Diagnostic {
        let title = self.to_string();
        match self {
            Self::Busy { .. } => busy(title),
            Self::Unfinished { path } => Diagnostic::error("folder-unfinished", title)
                .label(Label::path(path, ""))
                .help("nothing was changed; run the command again, it starts by restoring"),
            Self::Unsafe { path, .. } => unsafe_path(title, path).help(UNCHANGED),
            Self::ChangedMeanwhile { path } => changed_meanwhile(title, path).help(UNCHANGED),
            Self::Exists { path } => Diagnostic::error("path-exists", title)
                .label(Label::path(path, "stands in the way"))
                .help(UNCHANGED)
                .help("move it away or give it another name, then run the command again"),
            Self::Io { path, .. } => Diagnostic::error("write-failed", title)
                .label(Label::path(path, ""))
                .help(UNCHANGED)
                .help("mend what the system says, then run the command again"),
            Self::Kept { kept, .. } => kept.iter().fold(
                Diagnostic::error("undo-kept", title)
                    .help("nothing else was changed: every other file is as it was before"),
                |told, file| told.label(file.label()),
            ),
            Self::NotUndone { path, .. } => Diagnostic::error("undo-incomplete", title)
                .label(Label::path(path, "undoing stopped here"))
                .help("no bytes are lost: the originals are in the journal folder")
                .help("mend what the system says, then run the command again: it restores first"),
        }
    }
}

impl ExportError {
    /// What a person is told, and what is unchanged.
    pub fn diagnostic(&self) -> Diagnostic {
        const NOTHING: &str = "nothing was written";
        let title = self.to_string();
        match self {
            Self::NotEmpty { .. } => Diagnostic::error("export-not-empty", title)
                .help(NOTHING)
                .help("name a folder that does not exist yet"),
            Self::Overlap { .. } => Diagnostic::error("export-overlap", title)
                .help(NOTHING)
                .help("name a folder beside the project"),
            Self::Unsafe { path, .. } => unsafe_path(title, path).help(NOTHING),
            Self::ChangedMeanwhile { path } => changed_meanwhile(title, path).help(NOTHING),
            Self::Copy { path, .. } => Diagnostic::error("export-failed", title)
                .label(Label::path(path, ""))
                .help("the unfinished copy was removed, the project is unchanged"),
            Self::Destination { .. } => Diagnostic::error("export-failed", title)
                .help("the project is unchanged")
                .help("mend what the system says, or name another folder"),
        }
    }
}

impl Kept {
    /// Points at the file and says where its original is.
    pub fn label(&self) -> Label {
        Label::path(&self.path, format!("the original is {}", self.original))
    }
}

fn busy(title: String) -> Diagnostic {
    Diagnostic::error("folder-busy", title)
        .help("nothing was changed; wait until it has ended, then run the command again")
}

fn unsafe_path(title: String, path: &RelPath) -> Diagnostic {
    Diagnostic::error("unsafe-path", title).label(Label::path(path, ""))
}

fn changed_meanwhile(title: String, path: &RelPath) -> Diagnostic {
    Diagnostic::error("changed-meanwhile", title)
        .label(Label::path(path, ""))
        .help("run the command again when nobody else is changing the project")
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or("another process".into(), |pid| format!("process {pid}"))
}

fn shown(path: &Path) -> String {
    Visible(path.as_os_str().as_encoded_bytes()).to_string()
}
