//! One project through one map: stamped, looked at, unstamped, compared.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, anyhow, bail, ensure};
use storyline_manifest::Manifest;
use storyline_stamp::{
    Change, Direction, Refused, Scope, Site, SitePlace, SiteStatus, Tree, TreePatch, plan, sites,
};
use storyline_text::{Edit, RelPath, Span};

use super::maps::ENVIRONMENT;
use super::memory::Memory;

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// There and back, with only bytes of sites changed.
    Passed,
    /// Nothing was changed, for these reasons: how often each, and the first one in words.
    Refused(BTreeMap<&'static str, usize>, String),
    /// The project has too few names for the map.
    DoesNotApply,
    /// A promise is broken.
    Broken(String),
}

/// Runs a project through the environment of `manifest`.
pub(crate) fn run(original: &Memory, tree: &Tree, manifest: &Manifest) -> Outcome {
    let stamped = plan_for(tree, manifest, Direction::Stamp);
    let there = match stamped {
        Ok(Ok(patch)) => patch,
        Ok(Err(refused)) => return refusal(&refused),
        Err(error) => return Outcome::Broken(format!("{error:#}")),
    };
    match there_and_back(original, tree, manifest, &there) {
        Ok(()) => Outcome::Passed,
        Err(error) => Outcome::Broken(format!("{error:#}")),
    }
}

fn plan_for(
    tree: &Tree,
    manifest: &Manifest,
    direction: Direction,
) -> Result<Result<TreePatch, Refused>> {
    let environment = manifest.environment(ENVIRONMENT)?;
    Ok(plan(tree, manifest, environment, direction).map(|plan| plan.patch))
}

fn refusal(refused: &Refused) -> Outcome {
    let mut reasons = BTreeMap::new();
    for diagnostic in &refused.diagnostics {
        *reasons.entry(diagnostic.id).or_default() += 1;
    }
    let first = refused.diagnostics.first().map_or_else(String::new, |d| {
        let place = d.labels.first().map(|label| format!("{}: ", label.file));
        format!("{}{}", place.unwrap_or_default(), d.title)
    });
    Outcome::Refused(reasons, first)
}

fn there_and_back(
    original: &Memory,
    tree: &Tree,
    manifest: &Manifest,
    there: &TreePatch,
) -> Result<()> {
    only_sites(tree, manifest, there)?;
    let stamped = original.apply(there)?;
    let tree = Tree::read(&stamped, &Scope::all(Some(manifest)))?;
    let back = plan_for(&tree, manifest, Direction::Unstamp)?;
    let back = back.map_err(|refused| match refusal(&refused) {
        Outcome::Refused(_, first) => anyhow!("the way back is refused: {first}"),
        _ => anyhow!("the way back is refused"),
    })?;
    only_sites_of(&stamped_sites(&tree, manifest)?, &back).context("on the way back")?;
    ensure!(stamped.apply(&back)? == *original, "it did not come back");
    Ok(())
}

fn stamped_sites(tree: &Tree, manifest: &Manifest) -> Result<Vec<Site>> {
    let environment = manifest.environment(ENVIRONMENT)?;
    Ok(sites(tree, Some(manifest), Some(environment)))
}

fn only_sites(tree: &Tree, manifest: &Manifest, patch: &TreePatch) -> Result<()> {
    only_sites_of(&sites(tree, Some(manifest), None), patch)
}

/// Whether all that `patch` changes are own names at `sites`.
fn only_sites_of(sites: &[Site], patch: &TreePatch) -> Result<()> {
    let own = sites.iter().filter(|site| site.status == SiteStatus::Own);
    let mut paths: BTreeSet<&RelPath> = BTreeSet::new();
    let mut spans: BTreeMap<&RelPath, Vec<Span>> = BTreeMap::new();
    for site in own {
        match site.place {
            SitePlace::Path => _ = paths.insert(&site.file),
            SitePlace::Text => spans.entry(&site.file).or_default().push(site.span),
        }
    }
    for change in &patch.changes {
        let moved = change.from != change.to;
        ensure!(
            !moved || paths.contains(&change.from),
            "{} moved",
            change.from
        );
        let spans = spans.get(&change.from).map_or(&[][..], Vec::as_slice);
        for edit in change.patch.edits() {
            if !is_at_site(change, edit, spans) {
                bail!("{}: bytes {:?} are no site", change.from, edit.span);
            }
        }
    }
    Ok(())
}

/// An edit may take a site's quotes along, where another name needs others.
fn is_at_site(change: &Change, edit: &Edit, sites: &[Span]) -> bool {
    let quote_at = |at: usize| matches!(change.before.get(at), Some(b'"' | b'\''));
    sites.iter().any(|site| {
        let mut wide = *site;
        if site.start > 0 && quote_at(site.start as usize - 1) && quote_at(site.end as usize) {
            wide = Span::new(site.start - 1, site.end + 1);
        }
        wide.contains(edit.span)
    })
}
