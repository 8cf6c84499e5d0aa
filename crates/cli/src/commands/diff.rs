//! `storyline diff A B`

use std::path::Path;
use std::process::ExitCode;

use storyline_diff::{Options, Pair, Side};
use storyline_manifest::{Environment, Manifest};
use storyline_stamp::{Direction, Refused, Scope, Tree, TreePatch, Unclear, form, plan};
use storyline_text::Diagnostic;

use crate::args::{DiffArgs, Format, from_directory};
use crate::changes::{self, JsonReport, Screen, Taken};
use crate::failure::{Failure, FailureKind, Sources};
use crate::output::{self, shown};
use crate::project::{CANONICAL, Project};
use crate::report;
use crate::side::{FolderSide, Wanted};

pub(crate) fn run(directory: &Path, args: &DiffArgs) -> Result<ExitCode, Failure> {
    let wanted = Wanted::new(&args.paths)?;
    let open = |path: &Path| {
        let path = from_directory(directory, path);
        match args.raw {
            true => Project::open_as_it_is(&path),
            false => Project::open(&path),
        }
    };
    let (left, right) = (open(&args.left)?, open(&args.right)?);
    let sides = [&left, &right].map(|project| FolderSide::new(&project.folder));
    let pair = Pair::new(&sides[0], &sides[1])?;
    // Where every byte is the same, so is every form.
    let [left, right] = match pair.is_same() {
        true => [Unstamped::nothing(), Unstamped::nothing()],
        false => unstamped(&left, &right, args)?,
    };
    let listed = sides.iter().flat_map(|side| side.entries());
    let renamed = [&left, &right].into_iter();
    let renamed = renamed.flat_map(|side| side.patch.changes.iter().map(|change| &change.to));
    wanted.check(listed.map(|entry| &entry.path).chain(renamed))?;
    let options = Options {
        wanted: &|path| wanted.has(path),
        text: args.text,
    };
    let mut found = pair.report(&left.patch, &right.patch, &options)?;
    let secrets = changes::hide_secrets(&mut found);
    match args.format {
        Format::Json => output::print_json(&JsonReport::new(&found, [&left.taken, &right.taken]))?,
        Format::Text if args.stat => output::print(&changes::stat(&found))?,
        Format::Text => output::stream(|out| changes::patch(&found, Screen::stdout(), out))?,
    }
    for told in changes::left_out(&found, secrets) {
        report::say(&format!("{told}\n"));
    }
    Ok(ExitCode::from(u8::from(!found.files.is_empty())))
}

/// How a side becomes canonical.
struct Unstamped {
    taken: Taken,
    patch: TreePatch,
}

impl Unstamped {
    fn nothing() -> Self {
        Self {
            taken: Taken::AsItIs,
            patch: TreePatch::default(),
        }
    }
}

/// What is typed for one side.
struct Asked<'a> {
    folder: &'a Path,
    flag: &'static str,
    environment: Option<&'a str>,
}

/// Takes the stamps of both sides out. One that has no manifest is read with the other's.
fn unstamped(left: &Project, right: &Project, args: &DiffArgs) -> Result<[Unstamped; 2], Failure> {
    let asked = [
        Asked {
            folder: &args.left,
            flag: "--left-env",
            environment: args.left_env.as_deref(),
        },
        Asked {
            folder: &args.right,
            flag: "--right-env",
            environment: args.right_env.as_deref(),
        },
    ];
    let (of_left, of_right) = match (left.manifest(), right.manifest()) {
        (Some(_), Some(_)) => (left, right),
        (Some(_), None) => (left, left),
        (None, Some(_)) => (right, right),
        (None, None) => {
            if asked.iter().any(|asked| asked.environment.is_some()) {
                left.need_manifest()?;
            }
            return Ok([Unstamped::nothing(), Unstamped::nothing()]);
        }
    };
    let [left_asked, right_asked] = &asked;
    if std::ptr::eq(of_left, of_right) {
        let (has, lacks) = match left.manifest() {
            Some(_) => (left_asked, right_asked),
            None => (right_asked, left_asked),
        };
        let (has, lacks) = (shown(has.folder), shown(lacks.folder));
        let title = format!("{lacks} has no `storyline.toml`, so that of {has} is used for both");
        let notice = Diagnostic::notice("one-manifest", title);
        report::diagnostics(&[notice], &Sources::new());
    }
    Ok([
        left_asked.unstamp(left, of_left)?,
        right_asked.unstamp(right, of_right)?,
    ])
}

impl Asked<'_> {
    /// Takes the stamp of `project` out, as the manifest of `other` says, which may be the same one.
    fn unstamp(&self, project: &Project, other: &Project) -> Result<Unstamped, Failure> {
        let manifest = other.need_manifest()?;
        let tree = Tree::read(&project.folder, &Scope::all(Some(manifest)))?;
        let with_sources = |failure: Failure| Failure {
            sources: other.sources(&tree, &failure.diagnostics),
            ..failure
        };
        let environment = self.environment(&tree, manifest).map_err(with_sources)?;
        let Some(environment) = environment else {
            return Ok(Unstamped {
                taken: Taken::Canonical,
                patch: TreePatch::default(),
            });
        };
        let plan = plan(&tree, manifest, environment, Direction::Unstamp)
            .map_err(|refused| with_sources(self.refused(refused)))?;
        Ok(Unstamped {
            taken: Taken::Stamped(environment.name.clone()),
            patch: plan.patch,
        })
    }

    /// The environment whose form the tree is in; `None` for canonical form.
    fn environment<'m>(
        &self,
        tree: &Tree,
        manifest: &'m Manifest,
    ) -> Result<Option<&'m Environment>, Failure> {
        match self.environment {
            Some(CANONICAL) => Ok(None),
            Some(name) => Ok(Some(manifest.environment(name)?)),
            None => form(tree, manifest).map_err(|unclear| self.unclear(unclear)),
        }
    }

    fn unclear(&self, unclear: Unclear<'_>) -> Failure {
        let name = |form: &Option<&Environment>| match form {
            None => CANONICAL.to_owned(),
            Some(environment) => environment.name.clone(),
        };
        let forms: Vec<_> = unclear.forms.iter().map(name).collect();
        let folder = shown(self.folder);
        let title = format!(
            "{folder} may be in more than one form: {}",
            forms.join(", ")
        );
        let flags: Vec<_> = forms
            .iter()
            .map(|f| format!("`{} {f}`", self.flag))
            .collect();
        let diagnostic = Diagnostic::error("unclear-form", title)
            .label(unclear.place)
            .help(format!("say which one it is: {}", flags.join(" or ")));
        Failure::new(FailureKind::Usage, diagnostic).help(RAW)
    }

    fn refused(&self, refused: Refused) -> Failure {
        let folder = shown(self.folder);
        let environment = &refused.environment;
        let help = format!(
            "the stamp of `{environment}` cannot be taken out of {folder}; `{} NAME` names another form",
            self.flag,
        );
        // Code 1 is for differences, and nobody knows whether there are any.
        let failure = Failure {
            kind: FailureKind::Usage,
            ..refused.into()
        };
        failure.help(&help).help(RAW)
    }
}

const RAW: &str = "`--raw` compares the bytes as they are";
