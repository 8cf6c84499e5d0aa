//! The repository of a folder: where it lives, what it is set to, what it does to bytes.

use std::fmt;
use std::path::{Path, PathBuf};

use git2::{AttrCheckFlags, AttrValue, BranchType, ErrorCode, RepositoryOpenFlags};
use storyline_text::RelPath;

use crate::error::RepoError;
use crate::id::ObjectId;
use crate::url::without_credentials;

/// A Git repository, as one of its folders sees it.
pub struct Repository {
    pub(crate) git: git2::Repository,
    pub(crate) folder: PathBuf,
    /// The way from the working tree's root to the folder; `None` when the folder is not in it.
    pub(crate) below: Option<PathBuf>,
}

/// A repository that is known by a short name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Its short name.
    pub name: String,
    /// Its URL, without the credentials that it may hold; a path from the root of the system on, where
    /// that is there.
    pub url: String,
    /// The branch that a clone of it starts with, as it was known when this one was made.
    pub default_branch: Option<String>,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Branch {
    /// Its name, without that of the remote.
    pub name: String,
    /// The remote where it was seen; `None` for a local one.
    pub remote: Option<String>,
}

/// Where a repository lives and what branches it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Sorted by name.
    pub remotes: Vec<Remote>,
    /// Local ones and those of remotes, sorted.
    pub branches: Vec<Branch>,
    /// The branch that is checked out, also when it has no commit yet; `None` for a commit alone.
    pub current: Option<String>,
}

/// What Git's attributes say of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// `name`
    Set,
    /// `-name`
    Unset,
    /// `name=value`
    Value(String),
    /// Nothing.
    Unspecified,
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Repository").field(&self.git.path()).finish()
    }
}

impl Repository {
    /// The repository that `folder`, or one above it on the same file system, belongs to; `None` when
    /// there is none. Variables such as `GIT_DIR` are not looked at.
    ///
    /// # Errors
    /// When it cannot be read, or belongs to somebody who is not trusted (`safe.directory`).
    pub fn discover(folder: &Path) -> Result<Option<Self>, RepoError> {
        let none: [&Path; 0] = [];
        match git2::Repository::open_ext(folder, RepositoryOpenFlags::empty(), none) {
            Ok(git) => Ok(Some(Self {
                below: below(&git, folder),
                git,
                folder: folder.into(),
            })),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(RepoError::new(folder.into(), &error)),
        }
    }

    /// The folder of this working tree's own files, such as `HEAD`.
    pub fn git_dir(&self) -> &Path {
        self.git.path()
    }

    /// The library's own handle.
    pub(crate) fn git(&self) -> &git2::Repository {
        &self.git
    }

    /// Whether commit `old` is `new`, or one of its ancestors; not when one of them is not here.
    pub fn is_ancestor(&self, old: ObjectId, new: ObjectId) -> bool {
        let descends = self.git.graph_descendant_of(new.to_git(), old.to_git());
        old == new || descends.unwrap_or(false)
    }

    /// Remotes and branches. Those whose names are no text are left out.
    ///
    /// # Errors
    /// When Git's files are broken.
    pub fn overview(&self) -> Result<Overview, RepoError> {
        let remotes = self.remotes()?;
        let branches = self.branches(&remotes)?;
        Ok(Overview {
            remotes,
            branches,
            current: self.current_branch(),
        })
    }

    /// Remotes alone, however many refs there are.
    ///
    /// # Errors
    /// When Git's files are broken.
    pub fn remotes(&self) -> Result<Vec<Remote>, RepoError> {
        let names = self.git.remotes().map_err(|e| self.broken(&e))?;
        let names = names.iter().filter_map(|name| name.ok().flatten());
        let mut remotes: Vec<_> = names
            .filter_map(|name| {
                let remote = self.git.find_remote(name).ok()?;
                Some(Remote {
                    name: name.into(),
                    url: self.whole(without_credentials(remote.url().ok()?)),
                    default_branch: self.default_branch(name),
                })
            })
            .collect();
        remotes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(remotes)
    }

    /// The address itself, or for a path that Git reads from the root of the working tree, the whole one.
    fn whole(&self, url: String) -> String {
        if !url.starts_with("./") && !url.starts_with("../") {
            return url;
        }
        let root = self.git.workdir().unwrap_or(self.git.path());
        let there = root.join(&url).canonicalize().ok();
        let whole = there.and_then(|path| path.into_os_string().into_string().ok());
        whole.unwrap_or(url)
    }

    fn default_branch(&self, remote: &str) -> Option<String> {
        let head = format!("refs/remotes/{remote}/HEAD");
        let head = self.git.find_reference(&head).ok()?;
        let target = std::str::from_utf8(head.symbolic_target_bytes()?).ok()?;
        let branch = target.strip_prefix(&format!("refs/remotes/{remote}/"))?;
        Some(branch.into())
    }

    fn branches(&self, remotes: &[Remote]) -> Result<Vec<Branch>, RepoError> {
        let found = self.git.branches(None).map_err(|e| self.broken(&e))?;
        let mut branches: Vec<_> = found
            .filter_map(|branch| {
                let (branch, side) = branch.ok()?;
                let name = branch.name().ok()??;
                if side == BranchType::Local {
                    let name = name.into();
                    return Some(Branch { name, remote: None });
                }
                // Names of remotes may hold `/`, and one may begin with another.
                let of = |remote: &&Remote| {
                    let rest = name.strip_prefix(remote.name.as_str());
                    rest.is_some_and(|rest| rest.starts_with('/'))
                };
                let remote = remotes.iter().filter(of).max_by_key(|r| r.name.len())?;
                let name = &name[remote.name.len() + 1..];
                (name != "HEAD").then(|| Branch {
                    name: name.into(),
                    remote: Some(remote.name.clone()),
                })
            })
            .collect();
        branches.sort();
        Ok(branches)
    }

    /// The way from the root of the working tree to the folder that it was discovered from; `None` when
    /// that is not in it.
    pub fn below(&self) -> Option<&Path> {
        self.below.as_deref()
    }

    /// Whether the folder that it was discovered from is the root of the working tree.
    pub fn is_root(&self) -> bool {
        let below = self.below.as_ref();
        below.is_some_and(|below| below.as_os_str().is_empty())
    }

    /// The branch that is checked out, also when it has no commit yet; `None` for a commit alone, or
    /// a name that is no text.
    pub fn current_branch(&self) -> Option<String> {
        let head = self.git.find_reference("HEAD").ok()?;
        let target = std::str::from_utf8(head.symbolic_target_bytes()?).ok()?;
        target.strip_prefix("refs/heads/").map(Into::into)
    }

    /// A setting as it holds here, such as `core.autocrlf`; `None` when it is not set.
    ///
    /// # Errors
    /// When some file of the configuration is broken.
    pub fn setting(&self, name: &str) -> Result<Option<String>, RepoError> {
        let value = self.git.config().and_then(|config| config.get_string(name));
        match value {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(self.broken(&error)),
        }
    }

    /// What `.gitattributes` files, and those of the user and the system, say of `path` in the
    /// folder.
    ///
    /// # Errors
    /// When Git's files are broken.
    pub fn attribute(&self, path: &RelPath, name: &str) -> Result<Attribute, RepoError> {
        let path = std::str::from_utf8(path.as_bytes()).ok();
        let path = self.below.as_ref().zip(path).map(|(b, p)| b.join(p));
        let Some(path) = path else {
            return Ok(Attribute::Unspecified);
        };
        let value = self
            .git
            .get_attr_bytes(&path, name, AttrCheckFlags::FILE_THEN_INDEX)
            .map_err(|error| self.broken(&error))?;
        Ok(match AttrValue::from_bytes(value) {
            AttrValue::True => Attribute::Set,
            AttrValue::False => Attribute::Unset,
            AttrValue::Unspecified => Attribute::Unspecified,
            AttrValue::String(text) => Attribute::Value(text.into()),
            AttrValue::Bytes(bytes) => Attribute::Value(String::from_utf8_lossy(bytes).into()),
        })
    }

    pub(crate) fn broken(&self, error: &git2::Error) -> RepoError {
        RepoError::new(self.folder.clone(), error)
    }
}

pub(crate) fn below(git: &git2::Repository, folder: &Path) -> Option<PathBuf> {
    let root = git.workdir()?.canonicalize().ok()?;
    let folder = folder.canonicalize().ok()?;
    folder.strip_prefix(root).ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Place {
        _folder: tempfile::TempDir,
        root: PathBuf,
        git: git2::Repository,
    }

    /// A repository with one commit on `master`.
    fn place() -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("project");
        let mut options = git2::RepositoryInitOptions::new();
        options.initial_head("master");
        let git = git2::Repository::init_opts(&root, &options).expect("a new folder");
        {
            let tree = git
                .treebuilder(None)
                .and_then(|t| t.write())
                .expect("a tree");
            let tree = git.find_tree(tree).expect("just written");
            let who = git2::Signature::new("a", "a@example.com", &git2::Time::new(0, 0));
            let who = who.expect("a plain name");
            git.commit(Some("HEAD"), &who, &who, "first", &tree, &[])
                .expect("a commit");
        }
        Place {
            _folder: folder,
            root,
            git,
        }
    }

    fn opened(place: &Place) -> Repository {
        Repository::discover(&place.root)
            .expect("it is readable")
            .expect("it is there")
    }

    fn reference(place: &Place, name: &str) {
        let commit = place.git.refname_to_id("HEAD").expect("there is one");
        place
            .git
            .reference(name, commit, true, "")
            .expect("a plain name");
    }

    #[test]
    fn remotes_and_branches() {
        let place = place();
        for (name, url) in [
            ("origin", "https://me:s3cret@git.example.com/me/looker.git"),
            ("origin/x", "git@git.example.com:x/looker.git"),
        ] {
            place.git.remote(name, url).expect("a new remote");
        }
        for name in [
            "refs/heads/env/staging",
            "refs/remotes/origin/master",
            "refs/remotes/origin/env/production",
            "refs/remotes/origin/x/other",
            "refs/remotes/gone/master",
            "refs/tags/v1",
        ] {
            reference(&place, name);
        }
        place
            .git
            .reference_symbolic(
                "refs/remotes/origin/HEAD",
                "refs/remotes/origin/master",
                true,
                "",
            )
            .expect("a plain name");
        let overview = opened(&place).overview().expect("it is readable");
        let branches: Vec<_> = overview
            .branches
            .iter()
            .map(|b| (b.remote.as_deref().unwrap_or(""), b.name.as_str()))
            .collect();
        assert_eq!(
            branches,
            [
                ("origin", "env/production"),
                ("", "env/staging"),
                ("", "master"),
                ("origin", "master"),
                ("origin/x", "other"),
            ]
        );
        assert_eq!(overview.current.as_deref(), Some("master"));
        let remotes: Vec<_> = overview
            .remotes
            .iter()
            .map(|r| (r.url.as_str(), r.default_branch.as_deref()))
            .collect();
        assert_eq!(
            remotes,
            [
                ("https://git.example.com/me/looker.git", Some("master")),
                ("git@git.example.com:x/looker.git", None),
            ]
        );
    }

    #[test]
    fn settings_and_attributes_seen_from_a_folder_below() {
        let place = place();
        let mut config = place.git.config().expect("a configuration");
        config
            .set_str("storyline.environment", "dev1")
            .expect("a file of ours");
        let below = place.root.join("looker");
        fs::create_dir(&below).expect("a new folder");
        let attributes = "*.lkml text eol=crlf\nlooker/raw.lkml -text\nlooker/*.yml filter=x\n";
        fs::write(place.root.join(".gitattributes"), attributes).expect("a file");
        let repository = Repository::discover(&below)
            .expect("readable")
            .expect("there");
        let setting = |name| repository.setting(name).expect("readable");
        assert_eq!(setting("storyline.environment").as_deref(), Some("dev1"));
        assert_eq!(setting("storyline.other"), None);
        let attribute = |path: &str, name| {
            let path = RelPath::new(path.as_bytes()).expect("a plain path");
            repository.attribute(&path, name).expect("readable")
        };
        assert_eq!(attribute("a.lkml", "text"), Attribute::Set);
        assert_eq!(attribute("a.lkml", "eol"), Attribute::Value("crlf".into()));
        assert_eq!(attribute("raw.lkml", "text"), Attribute::Unset);
        assert_eq!(attribute("a.yml", "filter"), Attribute::Value("x".into()));
        assert_eq!(attribute("a.yml", "text"), Attribute::Unspecified);
    }

    #[test]
    fn no_repository_and_a_broken_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(matches!(Repository::discover(folder.path()), Ok(None)));
        let place = place();
        fs::write(place.root.join(".git/config"), "[core\nbare = maybe").expect("a file");
        let error = Repository::discover(&place.root).expect_err("its configuration is broken");
        assert_eq!(error.diagnostic().id, "repository-unreadable");
    }

    #[test]
    fn odd_repositories_do_no_harm() {
        let config = |include: &str| {
            format!("[core]\nrepositoryformatversion = 0\n[include]\npath = {include}\n")
        };
        for (file, text) in [
            // Includes itself, and what is no file.
            (".git/config", config("config")),
            (".git/config", config("/dev/null")),
            (".git/config", config("/")),
            (".git/HEAD", "ref: refs/heads/\u{1b}[31m\n".into()),
            (".git/HEAD", "ref: ../../outside\n".into()),
            (".git/HEAD", "ref: refs/heads/a\nref: refs/heads/b".into()),
            (".git/packed-refs", "# nothing\nzzz refs/heads/x\n".into()),
            (".git/refs/heads/loop", "ref: refs/heads/loop\n".into()),
            (".git/refs/heads/bad", "zzz\n".into()),
            (
                ".git/config",
                "[remote \"\u{202e}\"]\nurl = x\n[remote \"a\"]\n".into(),
            ),
        ] {
            let place = place();
            fs::write(place.root.join(file), text.as_bytes()).expect("a file");
            // Either answer will do; a crash will not.
            if let Ok(Some(repository)) = Repository::discover(&place.root) {
                let _ = repository.overview();
                let _ = repository.setting("core.autocrlf");
            }
        }
    }
}
