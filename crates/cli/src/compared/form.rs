//! The form that each of two sides is in, and how it becomes canonical.

use std::rc::Rc;

use storyline_manifest::{Environment, Manifest};
use storyline_repo::ObjectId;
use storyline_repo::projection::{Opaque, Workspace};
use storyline_stamp::{Direction, Refused, Scope, Tree, TreePatch, Unclear, form, plan};
use storyline_text::Diagnostic;

use super::{Canonical, Files, Form, Named, Question};
use crate::changes::Taken;
use crate::failure::{Failure, FailureKind, Sources, usage};
use crate::project::{self, CANONICAL, MANIFEST, OWN_ENVIRONMENT};
use crate::report;

const RAW: &str = "`--raw` compares the bytes as they are";

/// A manifest, and its bytes for excerpts.
struct Known {
    manifest: Manifest,
    sources: Sources,
    /// The tree that holds it.
    tree: Option<ObjectId>,
}

impl Question<'_> {
    /// Both sides in canonical form.
    pub(super) fn canonical(
        &self,
        [left, right]: &[Files; 2],
        mut workspace: Option<&mut Workspace<'_>>,
    ) -> Result<[Canonical; 2], Failure> {
        let is_same = matches!((left, right), (Files::Tree(a), Files::Tree(b)) if a == b);
        if self.raw || is_same {
            return Ok([left, right].map(as_it_is));
        }
        let known = [
            known(left, workspace.as_deref_mut())?,
            known(right, workspace.as_deref_mut())?,
        ];
        let known = known.map(|known| known.map(Rc::new));
        let [of_left, of_right] = match known {
            [Some(left), Some(right)] => [left, right],
            [None, None] => {
                if let Some(asked) = self.forms.into_iter().flatten().find(|f| *f != CANONICAL) {
                    return Err(no_manifest(asked));
                }
                return Ok([left, right].map(as_it_is));
            }
            [Some(one), None] => {
                self.tell_of_one(0);
                [Rc::clone(&one), one]
            }
            [None, Some(one)] => {
                self.tell_of_one(1);
                [Rc::clone(&one), one]
            }
        };
        Ok([
            self.side(0)
                .canonical(left, &of_left, workspace.as_deref_mut())?,
            self.side(1).canonical(right, &of_right, workspace)?,
        ])
    }

    fn tell_of_one(&self, has: usize) {
        let (has, lacks) = (&self.sides[has].name, &self.sides[1 - has].name);
        let title = format!("{lacks} has no `{MANIFEST}`, so that of {has} is used for both");
        let notice = Diagnostic::notice("one-manifest", title);
        report::diagnostics(&[notice], &Sources::new());
    }

    fn side(&self, index: usize) -> Side<'_> {
        Side {
            named: &self.sides[index],
            asked: self.forms[index],
            flag: ["--left-env", "--right-env"][index],
            own: self.own_environment(),
        }
    }

    /// The environment that the clone's setting names.
    fn own_environment(&self) -> Option<String> {
        let git = storyline_repo::Repository::discover(self.directory).ok()??;
        git.setting(OWN_ENVIRONMENT).ok()?
    }
}

pub(super) fn as_it_is(files: &Files) -> Canonical {
    let tree = match files {
        Files::Tree(tree) => Some(*tree),
        Files::Folder(_) => None,
    };
    Canonical {
        patch: TreePatch::default(),
        tree,
        taken: Taken::AsItIs,
    }
}

/// The manifest among some files, if one is there.
fn known(files: &Files, workspace: Option<&mut Workspace<'_>>) -> Result<Option<Known>, Failure> {
    match (files, workspace) {
        (Files::Folder(project), _) => Ok(project.manifest().map(|manifest| Known {
            manifest: manifest.clone(),
            sources: project.manifest_files().clone(),
            tree: None,
        })),
        (Files::Tree(tree), Some(workspace)) => {
            let files = workspace.manifest_files(*tree)?;
            let found = crate::canon::manifest_among(files.into_iter().collect())?;
            Ok(found.map(|(manifest, sources)| Known {
                manifest,
                sources,
                tree: Some(*tree),
            }))
        }
        (Files::Tree(_), None) => Ok(None),
    }
}

/// What is known of one side.
struct Side<'a> {
    named: &'a Named,
    /// The form that an option names.
    asked: Option<&'a str>,
    flag: &'static str,
    /// The environment of the clone.
    own: Option<String>,
}

impl Side<'_> {
    fn canonical(
        &self,
        files: &Files,
        known: &Known,
        workspace: Option<&mut Workspace<'_>>,
    ) -> Result<Canonical, Failure> {
        match (files, workspace) {
            (Files::Tree(tree), Some(workspace)) => self.tree(*tree, known, workspace),
            (Files::Folder(project), _) => {
                let tree = project.tree(&Scope::all(Some(&known.manifest)))?;
                let (taken, patch) = match self.environment(&tree, known)? {
                    None => (Taken::Canonical, TreePatch::default()),
                    Some(environment) => {
                        let plan = plan(&tree, &known.manifest, environment, Direction::Unstamp);
                        let plan = plan.map_err(|refused| self.refused(refused, &tree, known))?;
                        (Taken::Stamped(environment.name.clone()), plan.patch)
                    }
                };
                Ok(Canonical {
                    patch,
                    tree: None,
                    taken,
                })
            }
            (Files::Tree(_), None) => Ok(as_it_is(files)),
        }
    }

    fn tree(
        &self,
        tree: ObjectId,
        known: &Known,
        workspace: &mut Workspace<'_>,
    ) -> Result<Canonical, Failure> {
        let Some(names) = workspace.own_names(tree, &known.manifest)? else {
            return Err(self.odd());
        };
        let (made, taken) = match self.environment(&names, known)? {
            None => (tree, Taken::Canonical),
            Some(environment) => {
                let name = &environment.name;
                let lent = known.tree.filter(|lender| *lender != tree);
                let made = match workspace.unstamped(tree, name, lent)? {
                    Ok(made) => made,
                    Err(why) => {
                        return Err(self.opaque(why, tree, (known, environment), workspace)?);
                    }
                };
                (made, Taken::Stamped(name.clone()))
            }
        };
        Ok(Canonical {
            patch: TreePatch::default(),
            tree: Some(made),
            taken,
        })
    }

    /// The environment whose form files are in whose own names `names` has; `None` for canonical form.
    fn environment<'k>(
        &self,
        names: &Tree,
        known: &'k Known,
    ) -> Result<Option<&'k Environment>, Failure> {
        let manifest = &known.manifest;
        let named = match (self.asked, &self.named.form) {
            (Some(asked), _) => Some(asked),
            (None, Some(Form::Canonical)) => Some(CANONICAL),
            (None, Some(Form::Environment(name))) => Some(name.as_str()),
            (None, None) => None,
        };
        let told = |failure: Failure| Failure {
            sources: project::sources(&known.sources, names, &failure.diagnostics),
            ..failure
        };
        match named {
            Some(CANONICAL) => Ok(None),
            Some(name) => Ok(Some(manifest.environment(name)?)),
            None => match form(names, manifest) {
                Ok(found) => Ok(found),
                Err(unclear) => {
                    let own = |form: &Option<&Environment>| {
                        form.is_some_and(|form| Some(&form.name) == self.own.as_ref())
                    };
                    match unclear.forms.iter().find(|form| own(form)) {
                        Some(form) => Ok(*form),
                        None => Err(told(self.unclear(&unclear))),
                    }
                }
            },
        }
    }

    fn unclear(&self, unclear: &Unclear<'_>) -> Failure {
        let name = |form: &Option<&Environment>| match form {
            None => CANONICAL.to_owned(),
            Some(environment) => environment.name.clone(),
        };
        let forms: Vec<_> = unclear.forms.iter().map(name).collect();
        let title = format!(
            "{} may be in more than one form: {}",
            self.named.name,
            forms.join(", ")
        );
        let flags: Vec<_> = forms
            .iter()
            .map(|f| format!("`{} {f}`", self.flag))
            .collect();
        let diagnostic = Diagnostic::error("unclear-form", title)
            .label(unclear.place.clone())
            .help(format!("say which one it is: {}", flags.join(" or ")));
        Failure::new(FailureKind::Usage, diagnostic).help(RAW)
    }

    fn refused(&self, refused: Refused, tree: &Tree, known: &Known) -> Failure {
        let help = format!(
            "the stamp of `{}` cannot be taken out of {}; `{} NAME` names another form",
            refused.environment, self.named.name, self.flag,
        );
        // Code 1 is for differences, and nobody knows whether there are any.
        let failure = Failure {
            kind: FailureKind::Usage,
            ..refused.into()
        };
        Failure {
            sources: project::sources(&known.sources, tree, &failure.diagnostics),
            ..failure
        }
        .help(&help)
        .help(RAW)
    }

    /// Why a tree has no canonical form.
    fn opaque(
        &self,
        why: Opaque,
        tree: ObjectId,
        (known, environment): (&Known, &Environment),
        workspace: &mut Workspace<'_>,
    ) -> Result<Failure, Failure> {
        let scope = Scope::of(&known.manifest, environment);
        let Some(files) = workspace.candidates(tree, &scope)? else {
            return Ok(self.odd());
        };
        if why == Opaque::Refused
            && let Err(refused) = plan(&files, &known.manifest, environment, Direction::Unstamp)
        {
            return Ok(self.refused(refused, &files, known));
        }
        let title = format!(
            "taking the stamp of `{}` out of {} would not come back as it is",
            environment.name, self.named.name
        );
        Ok(usage(Diagnostic::error("not-reversible", title)).help(RAW))
    }

    fn odd(&self) -> Failure {
        let title = format!("the tree of {} is not as Git writes trees", self.named.name);
        usage(Diagnostic::error("odd-tree", title).help("`git fsck --strict` says what is odd"))
            .help(RAW)
    }
}

fn no_manifest(asked: &str) -> Failure {
    let title = format!("neither side has a `{MANIFEST}`, so nobody says what `{asked}` is");
    let help = "`storyline init --write` proposes one from what the project shows";
    usage(Diagnostic::error("no-manifest", title).help(help))
}
