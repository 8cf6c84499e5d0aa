//! The folder: what its file system takes for one name.

use storyline_folder::Folder;
use storyline_repo::Repository;
use storyline_stamp::{Entry, FileSet};
use unicode_normalization::UnicodeNormalization;

use super::Report;
use crate::output::count;

pub(super) fn look(folder: &Folder, git: Option<&Repository>, report: &mut Report) {
    report.ok(format!(
        "the folder can be read: {}",
        count(folder.entries().len(), "file")
    ));
    let swap = |c: char| match c.is_ascii_lowercase() {
        true => c.to_ascii_uppercase(),
        false => c.to_ascii_lowercase(),
    };
    let ignores_case = takes_for_one(folder, |name| name.chars().map(swap).collect());
    let knows = git.and_then(|git| git.setting("core.ignorecase").ok().flatten());
    let knows = knows.is_some_and(|value| value == "true");
    match (ignores_case, git) {
        (true, Some(_)) if !knows => report.warning(
            "this file system does not tell `a` from `A`, and Git does not know",
            "`git config core.ignorecase true`",
        ),
        (true, _) => report.ok(
            "this file system does not tell `a` from `A`: names that differ in nothing else are \
             refused",
        ),
        (false, _) => {}
    }
    if takes_for_one(folder, |name| name.nfd().collect())
        || takes_for_one(folder, |name| name.nfc().collect())
    {
        report.ok(
            "this file system changes the Unicode form of names: those that differ in nothing else \
             are refused",
        );
    }
}

/// Whether some file is also found by the name that `alter` makes of its own, which no file has.
fn takes_for_one(folder: &Folder, alter: impl Fn(&str) -> String) -> bool {
    let entries = folder.entries();
    let path = |entry: &Entry| String::from_utf8(entry.path.as_bytes().to_vec()).ok();
    let altered = entries.iter().filter_map(path).find_map(|path| {
        let altered = alter(&path);
        let has = |name: &str| {
            let found = entries.binary_search_by(|e| e.path.as_bytes().cmp(name.as_bytes()));
            found.is_ok()
        };
        (altered != path && !has(&altered)).then_some(altered)
    });
    altered.is_some_and(|name| folder.path().join(name).symlink_metadata().is_ok())
}
