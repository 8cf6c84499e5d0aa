//! Signatures of commits with SSH keys: made and checked by `git`, which has `ssh-keygen` do it.
//!
//! Nobody's configuration has a say in which programs run. Of the user's, only which key signs is let in,
//! and what is checked is told by the codes of `git rev-list`, not by words.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use super::error::NetError;
use super::git::Git;
use super::run::Ended;
use super::words::Words;
use crate::commit::RawCommit;
use crate::{ObjectId, Repository};

/// How a signature begins that Git has `ssh-keygen` look at. Others would have it start other programs.
const SSH: &[u8] = b"-----BEGIN SSH SIGNATURE-----\n";

/// What is set for every signature and every check. An empty key command is none.
const SETTINGS: [&str; 7] = [
    "gpg.format=ssh",
    "gpg.ssh.program=ssh-keygen",
    "gpg.ssh.defaultKeyCommand=",
    "gpg.program=false",
    "gpg.openpgp.program=false",
    "gpg.x509.program=false",
    "i18n.commitEncoding=UTF-8",
];

/// Files of settings that are not read.
const NO_FILES: [(&str, &str); 2] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
];

/// Why there is no signed commit.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// `git` cannot be used.
    #[error(transparent)]
    Git(#[from] NetError),
    /// The key does not sign, or something else than the commit was signed.
    #[error("the key of `user.signingKey` does not sign")]
    NotSigned {
        /// What was said.
        words: Words,
    },
}

impl Git {
    /// Writes a commit like `commit`, signed with the SSH key that `key` names as Git's
    /// `user.signingKey` does: the path of its file, or a public key that an agent holds. Only an object
    /// is written. Its tree and parents have to be there.
    ///
    /// # Errors
    /// When `git` cannot be used, or the key does not sign.
    pub fn sign(
        &self,
        repository: &Repository,
        commit: &RawCommit<'_>,
        key: &str,
    ) -> Result<ObjectId, SignError> {
        let not_signed = |words: &[u8]| SignError::NotSigned {
            words: Words::of(words),
        };
        let person = |header: Option<&[u8]>| {
            let text = std::str::from_utf8(header?).ok()?;
            let (name, rest) = text.split_once(" <")?;
            let (email, date) = rest.split_once("> ")?;
            Some([name.to_owned(), email.to_owned(), format!("@{date}")])
        };
        let (Some(author), Some(committer)) = (person(commit.author()), person(commit.committer()))
        else {
            return Err(not_signed(b"it has no author or no committer"));
        };
        let names = ["NAME", "EMAIL", "DATE"];
        let mut variables: Vec<(String, String)> = Vec::new();
        for (who, person) in [("AUTHOR", author), ("COMMITTER", committer)] {
            let named = names.iter().zip(person);
            variables.extend(named.map(|(name, value)| (format!("GIT_{who}_{name}"), value)));
        }
        let mut arguments = settings();
        arguments.extend(["-c".into(), format!("user.signingKey={key}")]);
        arguments.extend(["commit-tree", "-S"].map(Into::into));
        for parent in commit.parents() {
            arguments.extend(["-p".into(), parent.to_string()]);
        }
        arguments.push(commit.tree().to_string());
        let input = commit.message().to_vec();
        let ended = self.run_with(repository.git_dir(), &variables, &arguments, input)?;
        let Some(ended) = ended else {
            return Err(not_signed(b"it did not end in time"));
        };
        let id = ObjectId::from_hex(ended.output.trim_ascii());
        match id.filter(|_| ended.status.success()) {
            // What was signed has to be what was to be signed.
            Some(id) if unsigned(repository, id).as_deref() == Some(commit.bytes()) => Ok(id),
            _ => Err(not_signed(&ended.errors)),
        }
    }

    /// Who signed each of these commits, by the names that `allowed_signers` gives to keys, a line
    /// each as OpenSSH has them. A commit that is not signed, or whose signature is by another key or
    /// says nothing of it, is left out.
    ///
    /// # Errors
    /// When `git` cannot be used.
    pub fn signers(
        &self,
        repository: &Repository,
        allowed_signers: &str,
        commits: &[ObjectId],
    ) -> Result<BTreeMap<ObjectId, String>, NetError> {
        let signed = commits.iter().filter(|id| has_signature(repository, **id));
        let input: String = signed.map(|id| format!("{id}\n")).collect();
        let Some(file) = temporary(allowed_signers).filter(|_| !input.is_empty()) else {
            return Ok(BTreeMap::new());
        };
        let Some(path) = file.path().to_str() else {
            return Ok(BTreeMap::new());
        };
        let mut arguments = settings();
        arguments.extend(["-c".into(), format!("gpg.ssh.allowedSignersFile={path}")]);
        arguments.extend(
            [
                "rev-list",
                "--no-walk=unsorted",
                "--stdin",
                "--no-commit-header",
                "--format=%H %G? %GS",
            ]
            .map(Into::into),
        );
        let ended = self.run_with(repository.git_dir(), &[], &arguments, input.into())?;
        let output = ended.filter(|ended| ended.status.success());
        let output = output.map(|ended| ended.output).unwrap_or_default();
        let lines = output.split(|b| *b == b'\n');
        Ok(lines.filter_map(signer).collect())
    }

    fn run_with(
        &self,
        git_dir: &Path,
        variables: &[(String, String)],
        arguments: &[String],
        input: Vec<u8>,
    ) -> Result<Option<Ended>, NetError> {
        // `git` starts in that folder, and reads its own `GIT_DIR` from there.
        let git_dir = std::path::absolute(git_dir).unwrap_or_else(|_| git_dir.into());
        let mut command = self.command_in(&git_dir, arguments)?;
        command.envs(NO_FILES);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        self.ended(command, input)
    }
}

fn settings() -> Vec<String> {
    let settings = SETTINGS.iter();
    settings
        .flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()])
        .collect()
}

/// Reads `COMMIT G PRINCIPAL`: `G` is a good signature by a key of the list.
fn signer(line: &[u8]) -> Option<(ObjectId, String)> {
    let line = std::str::from_utf8(line).ok()?;
    let (id, rest) = line.split_once(' ')?;
    let principal = rest.strip_prefix("G ").filter(|p| !p.is_empty())?;
    Some((ObjectId::from_hex(id.as_bytes())?, principal.into()))
}

fn bytes(repository: &Repository, id: ObjectId) -> Option<Vec<u8>> {
    let odb = repository.git().odb().ok()?;
    let object = odb.read(id.to_git()).ok()?;
    (object.kind() == git2::ObjectType::Commit).then(|| object.data().to_vec())
}

/// Whether it has one signature, of the sort that is asked for.
fn has_signature(repository: &Repository, id: ObjectId) -> bool {
    let Some(bytes) = bytes(repository, id) else {
        return false;
    };
    let Ok(commit) = RawCommit::parse(&bytes) else {
        return false;
    };
    let mut signatures = commit.headers().filter(|h| h.name == b"gpgsig");
    let first = signatures.next();
    first.is_some_and(|first| first.value.starts_with(SSH)) && signatures.next().is_none()
}

/// The commit without its signature.
fn unsigned(repository: &Repository, id: ObjectId) -> Option<Vec<u8>> {
    let bytes = bytes(repository, id)?;
    let start = memchr::memmem::find(&bytes, b"\ngpgsig ")? + 1;
    let end = memchr::memmem::find(&bytes[start..], b"\n\n")? + start + 1;
    Some([&bytes[..start], &bytes[end..]].concat())
}

fn temporary(text: &str) -> Option<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new().ok()?;
    file.write_all(text.as_bytes()).ok()?;
    file.flush().ok()?;
    Some(file)
}
