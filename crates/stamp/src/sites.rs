//! The list of sites, as data for people and their tools.

use std::fmt;

use storyline_manifest::{Environment, Kind, Manifest, Names};
use storyline_text::{RelPath, Span};

use crate::candidate::{Candidate, Shape};
use crate::own::{Decision, Form, Own};
use crate::tree::Tree;

/// A place that holds a name which may differ from one environment to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The file.
    pub file: RelPath,
    /// Whether the name stands in the file's path or in its text.
    pub place: SitePlace,
    /// What the name names.
    pub kind: Kind,
    /// The name; in a URL it may be written differently there.
    pub name: String,
    /// Where it is written, in bytes of the path or of the text.
    pub span: Span,
    /// Whose name it is.
    pub status: SiteStatus,
}

/// Where a site is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SitePlace {
    /// In the file's path.
    Path,
    /// In the file's bytes.
    Text,
}

/// Whose name stands at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SiteStatus {
    /// The project's own, or of a project that the manifest says is stamped along.
    Own,
    /// Somebody else's; never changed.
    Foreign,
    /// A name that does not belong in this form.
    Stray,
    /// In a comment; never changed.
    Comment,
}

impl fmt::Display for SiteStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "own",
            Self::Foreign => "foreign",
            Self::Stray => "stray",
            Self::Comment => "comment",
        })
    }
}

/// Every site of a tree, by file and position. The tree is in the form of `environment`, or
/// canonical when that is `None`; without a manifest only the tree itself says what is own.
pub fn sites(
    tree: &Tree,
    manifest: Option<&Manifest>,
    environment: Option<&Environment>,
) -> Vec<Site> {
    let form = match environment {
        Some(environment) => Form::Stamped(environment.names()),
        None => Form::Canonical,
    };
    let targets_apart = environment.is_some_and(|e| e.dbt().is_some());
    let own = Own::of(tree, form, manifest.map(Manifest::uses), targets_apart);
    let environments = manifest.filter(|_| environment.is_none());
    let environments = environments.into_iter().flat_map(Manifest::environments);
    let environments: Vec<_> = environments.map(Environment::names).collect();
    let mut sites: Vec<_> = tree
        .models()
        .map(|(path, span, name)| {
            let candidate = Candidate {
                kind: Kind::Model,
                span,
                name: name.into(),
                shape: Shape::Definition,
            };
            site(path, SitePlace::Path, &candidate, &own, form, &environments)
        })
        .collect();
    for (path, file) in tree.files() {
        let text = file.scan.candidates.iter();
        let text = text.filter(|c| !matches!(c.shape, Shape::Elsewhere { .. }));
        let found = text.map(|c| (c, site(path, SitePlace::Text, c, &own, form, &environments)));
        // Most folders that includes begin with are folders, and nobody's names.
        let named = found.filter(|(candidate, site)| {
            candidate.shape != Shape::RootFolder || site.status != SiteStatus::Foreign
        });
        sites.extend(named.map(|(_, site)| site));
    }
    // Stable: a file's path stays before its text.
    sites.sort_by(|a, b| a.file.cmp(&b.file));
    sites
}

fn site(
    path: &RelPath,
    place: SitePlace,
    candidate: &Candidate,
    own: &Own,
    form: Form<'_>,
    environments: &[&Names],
) -> Site {
    let status = match own.decide(candidate, form, environments) {
        _ if candidate.shape == Shape::Comment => SiteStatus::Comment,
        Decision::Own(_) => SiteStatus::Own,
        Decision::Foreign => SiteStatus::Foreign,
        Decision::Stray => SiteStatus::Stray,
    };
    Site {
        file: path.clone(),
        place,
        kind: candidate.kind.clone(),
        name: candidate.name.clone(),
        span: candidate.span,
        status,
    }
}
