//! Git: the repository, whether it leaves bytes alone, and who looks at a commit.

use std::collections::BTreeMap;
use std::path::Path;

use storyline_folder::Folder;
use storyline_repo::{Attribute, RepoError, Repository};
use storyline_stamp::{EntryKind, FileSet};
use storyline_text::RelPath;
use storyline_yaml::{Pattern, read};

use super::Report;
use crate::commands::hooks::{self, Standing};
use crate::failure::Failure;
use crate::project::MANIFEST;

/// Endings of files whose bytes have to come back as they were.
const ENDINGS: [&[u8]; 5] = [b"lkml", b"lookml", b"yml", b"yaml", b"toml"];

/// What pre-commit reads.
const PRE_COMMIT: &[u8] = b".pre-commit-config.yaml";

/// The hook that checks what is committed.
const HOOK: &str = "storyline-check";

/// The repository of `directory`, if it has one that can be used.
pub(super) fn repository(directory: &Path, report: &mut Report) -> Option<Repository> {
    match Repository::discover(directory) {
        Ok(Some(git)) => {
            report.ok(match git.current_branch() {
                Some(branch) => format!("in a Git repository, on branch `{branch}`"),
                None => "in a Git repository, on no branch".into(),
            });
            Some(git)
        }
        Ok(None) => {
            report.warning(
                "not in a Git repository: nothing but this folder can be looked at",
                "`git init`, or work in a clone",
            );
            None
        }
        Err(error) => {
            report.diagnostic(&error.diagnostic());
            None
        }
    }
}

/// The `git` program, which talks with remotes.
pub(super) fn program(repository: Option<&Repository>, report: &mut Report) {
    let git = match crate::git::program(repository) {
        Ok(git) => git,
        Err(failure) => {
            let diagnostics = failure.diagnostics.iter();
            return diagnostics.for_each(|diagnostic| report.diagnostic(diagnostic));
        }
    };
    match git.usable_version() {
        Ok(version) => match version.mended_by() {
            None => report.ok(format!("git {version} talks with remotes")),
            Some(mended) => report.warning(
                format!("git {version} lacks security fixes, unless who packaged it put them in"),
                format!("install git {mended}, or the newest"),
            ),
        },
        Err(error) => report.diagnostic(&error.diagnostic()),
    }
}

pub(super) fn look(git: &Repository, folder: &Folder, report: &mut Report) -> Result<(), Failure> {
    match conversions(git, folder) {
        Ok(found) if found.is_empty() => {
            report.ok("Git leaves the bytes of LookML, YAML and TOML files alone");
        }
        Ok(found) => {
            for (conversion, (path, files)) in found {
                let more = match files - 1 {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let what = format!("Git changes bytes of {path}{more}: {}", conversion.what());
                report.warning(what, conversion.mend());
            }
        }
        Err(error) => report.diagnostic(&error.diagnostic()),
    }
    drivers(git, folder, report);
    hooks(git, folder, report)
}

/// Whether Git calls us. It works without, only noisier.
fn drivers(git: &Repository, folder: &Folder, report: &mut Report) {
    let mut entries = folder.entries().iter();
    if !git.is_root() || !entries.any(|entry| entry.path.as_bytes() == MANIFEST.as_bytes()) {
        return;
    }
    let mend = "`storyline hooks install`";
    match hooks::state(git) {
        Ok(Standing::Whole) => report.ok("Git shows and merges files without stamps"),
        Ok(Standing::Nothing) => report.warning(
            "`git diff` shows what only a stamp moved, too: Storyline's drivers and hooks are not installed. Git works all the same",
            mend,
        ),
        Ok(Standing::Partly(what)) => report.warning(
            format!("Storyline's drivers and hooks are not whole: {what}. Git works all the same"),
            format!("{mend}; `storyline hooks check` tells all of it"),
        ),
        Err(failure) => {
            let diagnostics = failure.diagnostics.iter();
            diagnostics.for_each(|diagnostic| report.diagnostic(diagnostic));
        }
    }
}

/// Whether our own hook is in place.
fn has_hook(git: &Repository) -> bool {
    hooks::parts(git, false).is_ok_and(|parts| {
        parts.iter().any(|part| {
            let is_hook = matches!(part, hooks::Part::Script(script) if script.hook == hooks::Hook::PreCommit && !script.is_listed);
            is_hook && part.look(git).is_ok_and(|state| state == hooks::State::InPlace)
        })
    })
}

/// What Git does to a file's bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Conversion {
    /// `\r\n` in the working tree, for this reason.
    ToCrLf(&'static str),
    /// `\r\n` becomes `\n` in a commit.
    FromCrLf,
    /// An attribute that rewrites contents.
    Rewrites(String),
}

impl Conversion {
    fn what(&self) -> String {
        match self {
            Self::ToCrLf(why) => format!("lines end in CR LF on the disk ({why})"),
            Self::FromCrLf => "lines that end in CR LF are committed with LF alone".into(),
            Self::Rewrites(attribute) => format!("`{attribute}` rewrites them"),
        }
    }

    fn mend(&self) -> &'static str {
        match self {
            Self::ToCrLf(_) | Self::FromCrLf => {
                "write `*.lkml -text`, and the same for other endings, in `.gitattributes`"
            }
            Self::Rewrites(_) => "take that attribute off these files in `.gitattributes`",
        }
    }
}

/// What Git does to files of the project: to which first, and to how many.
fn conversions(
    git: &Repository,
    folder: &Folder,
) -> Result<BTreeMap<Conversion, (RelPath, usize)>, RepoError> {
    let autocrlf = git.setting("core.autocrlf")?.unwrap_or_default();
    let mut found: BTreeMap<Conversion, (RelPath, usize)> = BTreeMap::new();
    let files = folder
        .entries()
        .iter()
        .filter(|e| e.kind == EntryKind::File);
    for path in files.map(|entry| &entry.path) {
        let ending = path.file_name().rsplit(|b| *b == b'.').next();
        if !ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
            continue;
        }
        let Some(conversion) = conversion(git, path, &autocrlf)? else {
            continue;
        };
        let is_harmless = conversion == Conversion::FromCrLf && !has_crlf(folder, path);
        if !is_harmless {
            let (_, files) = found.entry(conversion).or_insert_with(|| (path.clone(), 0));
            *files += 1;
        }
    }
    Ok(found)
}

fn conversion(
    git: &Repository,
    path: &RelPath,
    autocrlf: &str,
) -> Result<Option<Conversion>, RepoError> {
    for name in ["filter", "working-tree-encoding"] {
        if let Attribute::Value(value) = git.attribute(path, name)? {
            return Ok(Some(Conversion::Rewrites(format!("{name}={value}"))));
        }
    }
    if git.attribute(path, "ident")? == Attribute::Set {
        return Ok(Some(Conversion::Rewrites("ident".into())));
    }
    let text = git.attribute(path, "text")?;
    let eol = match git.attribute(path, "eol")? {
        Attribute::Value(eol) => eol,
        _ => String::new(),
    };
    Ok(match (text, eol.as_str(), autocrlf) {
        (Attribute::Unset, ..) => None,
        (_, "crlf", _) => Some(Conversion::ToCrLf("`eol=crlf`")),
        (_, "lf", _) => Some(Conversion::FromCrLf),
        (_, _, "true") => Some(Conversion::ToCrLf("`core.autocrlf`")),
        (Attribute::Unspecified, _, "" | "false") => None,
        _ => Some(Conversion::FromCrLf),
    })
}

fn has_crlf(folder: &Folder, path: &RelPath) -> bool {
    let bytes = folder.read(path);
    bytes.is_ok_and(|bytes| bytes.windows(2).any(|pair| pair == b"\r\n"))
}

/// Whether somebody looks at what is committed.
fn hooks(git: &Repository, folder: &Folder, report: &mut Report) -> Result<(), Failure> {
    // In a larger repository the file stands further up, and is others' too.
    if !git.is_root() {
        return Ok(());
    }
    let mut entries = folder.entries().iter();
    if has_hook(git) {
        report.ok("the hook `pre-commit` looks at what is committed");
        return Ok(());
    }
    let Some(config) = entries.find(|entry| entry.path.as_bytes() == PRE_COMMIT) else {
        report.warning(
            "nothing checks what is committed: there is no `.pre-commit-config.yaml`",
            format!("`storyline hooks install`, or use pre-commit with the hook `{HOOK}`"),
        );
        return Ok(());
    };
    let bytes = folder.read(&config.path)?;
    let document = read(&bytes);
    let ids = Pattern::parse("repos[*].hooks[*].id").expect("a plain pattern");
    match document.find(&ids).any(|id| id.value() == HOOK) {
        true => report.ok(format!("pre-commit runs `{HOOK}`")),
        false => report.warning(
            format!("`.pre-commit-config.yaml` does not run `{HOOK}`"),
            format!("add the hook `{HOOK}` to it"),
        ),
    }
    if let Ok(Some(path)) = git.setting("core.hooksPath") {
        report.warning(
            format!("`core.hooksPath` is {path}: hooks that pre-commit installs do not run"),
            "`git config --unset core.hooksPath`, or call pre-commit from there",
        );
    }
    Ok(())
}
