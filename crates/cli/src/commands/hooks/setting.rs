//! Git's settings: the drivers.

use std::path::Path;

use storyline_repo::Repository;
use storyline_text::Diagnostic;

use super::{State, quoted};
use crate::failure::{Failure, FailureKind, usage};
use crate::git;

/// One setting of the clone.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    value: String,
}

/// All that Git has to know to call `program`. When that fails, or is gone, Git goes on as if it had never
/// been there.
pub(super) fn all(program: &str) -> Result<[Setting; 4], Failure> {
    let program = quoted(program);
    let show = format!(
        r#"f() {{ test -x {program} && {program} git-driver diff -- "$1" || cat -- "$1"; }}; f"#
    );
    // Git replaces letters after `%` in the driver, and nowhere else.
    let program = program.replace('%', "%%");
    let merge = format!(
        "f() {{ if test -x {program}; then {program} git-driver merge -- \"$@\"; s=$?; \
         test $s -gt 1 || return $s; fi; git merge-file --marker-size=\"$4\" -L \"$7\" -L \"$6\" \
         -L \"$8\" -- \"$2\" \"$1\" \"$3\" || return 1; }}; f %O %A %B %L %P %S %X %Y"
    );
    let setting = |name, value: &str| Setting {
        name,
        value: value.into(),
    };
    Ok([
        setting("diff.storyline.textconv", &show),
        setting("diff.storyline.cachetextconv", "false"),
        setting("merge.storyline.name", "Storyline: files in any form"),
        setting("merge.storyline.driver", &merge),
    ])
}

impl Setting {
    pub(super) fn look(&self, repository: &Repository) -> Result<State, Failure> {
        let own = repository.own_setting(self.name);
        let own = own.map_err(|error| usage(error.diagnostic()))?;
        Ok(match own {
            Some(value) if value == self.value => State::InPlace,
            Some(value) if calls_nothing(&value) => {
                State::Changed("the program that it calls is gone")
            }
            Some(_) => State::Changed("it says something else, such as where another program is"),
            None => State::Missing,
        })
    }

    /// Writes the setting, or takes it out.
    pub(super) fn put(&self, repository: &Repository, install: bool) -> Result<(), Failure> {
        let git = git::program(Some(repository))?;
        let value = install.then_some(self.value.as_str());
        if git.configure(repository, self.name, value)? {
            return Ok(());
        }
        let title = format!("`git config` could not change `{}`", self.name);
        let diagnostic = Diagnostic::error("setting-unchanged", title).help(
            "`git config --list --local` says more: a lock of another program, or a broken file",
        );
        Err(Failure::new(FailureKind::Usage, diagnostic))
    }
}

/// Whether a driver calls a program that is not there.
fn calls_nothing(driver: &str) -> bool {
    let program = driver.split_once("test -x '").and_then(|(_, rest)| {
        let (program, _) = rest.split_once("' && ").or(rest.split_once("'; then"))?;
        Some(program.replace(r"'\''", "'"))
    });
    program.is_some_and(|program| !Path::new(&program).is_file())
}
