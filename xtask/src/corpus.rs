//! `cargo xtask corpus`: the promises, tried on real projects.

mod found;
mod history;
mod maps;
mod memory;
mod table;
mod trial;
mod yaml;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use storyline_folder::Folder;
use storyline_stamp::{Scope, Site, SiteStatus, Tree, sites};
use storyline_text::RelPath;

use found::{Checkout, projects};
use maps::{MAPS, OwnNames};
use memory::Memory;
use trial::Outcome;

/// Parses, stamps and unstamps real projects, in memory, and prints what came of it.
///
/// Each project goes through several maps of names and back; whatever changed besides names is an
/// error, a refusal is not. In each YAML file some values are replaced, one by one, and PyYAML looks at
/// a part of the results. Folders called OWNER+NAME are shown as OWNER/NAME, with the commit that
/// `xtask/corpus.txt` has for it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Checkouts of Looker and dbt projects.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Every folder below that holds a `manifest.lkml` or model files is a project of its own.
    #[arg(long)]
    nested: bool,
    /// Print Markdown.
    #[arg(long)]
    markdown: bool,
    /// Take whole histories there and back instead: of clones, or of bare repositories.
    #[arg(long, conflicts_with_all = ["nested", "peers"])]
    history: bool,
    /// Make a sample of the edits with ruamel.yaml and the crate yamlpatch too, which is built first.
    #[arg(long)]
    peers: bool,
}

/// What was found in a checkout, of all its projects together.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) commit: Option<String>,
    pub(crate) projects: usize,
    /// dbt projects in these.
    pub(crate) dbt: usize,
    /// Files that Looker or dbt reads, dbt's YAML alone, and their bytes.
    pub(crate) files: usize,
    pub(crate) bytes: usize,
    pub(crate) models: usize,
    pub(crate) dashboards: usize,
    pub(crate) own: usize,
    pub(crate) foreign: usize,
    pub(crate) files_with_errors: usize,
    pub(crate) errors: usize,
    /// By map, in the order of [`MAPS`]: what came of each project.
    pub(crate) outcomes: [Vec<Outcome>; MAPS.len()],
}

impl Row {
    /// Counts dbt projects, and their YAML files.
    fn count_dbt(&mut self, files: &BTreeMap<RelPath, Vec<u8>>) {
        let projects = files.keys().filter(|p| p.file_name() == b"dbt_project.yml");
        let projects = projects.count();
        if projects == 0 {
            return;
        }
        self.dbt += projects;
        for (path, bytes) in files {
            let name = path.file_name();
            if name.ends_with(b".yml") || name.ends_with(b".yaml") {
                self.files += 1;
                self.bytes += bytes.len();
            }
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if args.history {
        return history::run(&args.folders);
    }
    let trials = yaml::Trials::new(args.peers)?;
    let (mut rows, mut yaml_rows) = (Vec::new(), Vec::new());
    for folder in &args.folders {
        let at = || folder.display().to_string();
        let checkout = Checkout::at(folder, args.nested)?;
        rows.push(row(&checkout).with_context(at)?);
        yaml_rows.push(trials.row(&checkout).with_context(at)?);
    }
    rows.retain(|row| row.projects > 0);
    yaml_rows.retain(|row| row.files > 0);
    println!("{}", table::show(&rows, args.markdown));
    print!("{}", yaml::show(&yaml_rows, args.markdown));
    yaml::check(&yaml_rows)?;
    let outcomes = rows.iter().flat_map(|row| row.outcomes.iter().flatten());
    let broken = outcomes.filter(|o| matches!(o, Outcome::Broken(_))).count();
    match broken {
        0 => Ok(()),
        _ => bail!("{broken} trials broke a promise"),
    }
}

fn row(checkout: &Checkout) -> Result<Row> {
    let mut row = Row {
        name: checkout.name.clone(),
        commit: checkout.commit.clone(),
        ..Row::default()
    };
    for folder in projects(checkout)? {
        let project = Memory::load(&Folder::open(folder)?)?;
        let before = row.files;
        for (path, bytes) in project.files() {
            parse(path, bytes, &mut row)?;
        }
        row.count_dbt(project.files());
        if row.files == before {
            continue;
        }
        row.projects += 1;
        let tree = Tree::read(&project, &Scope::default())?;
        let sites = sites(&tree, None, None);
        let count = |status| sites.iter().filter(|s| s.status == status).count();
        row.own += count(SiteStatus::Own);
        row.foreign += count(SiteStatus::Foreign);
        try_maps(&project, &tree, &sites, &mut row)?;
    }
    Ok(row)
}

fn try_maps(project: &Memory, tree: &Tree, sites: &[Site], row: &mut Row) -> Result<()> {
    let own = OwnNames::of(sites);
    for ((_, map), outcomes) in MAPS.into_iter().zip(&mut row.outcomes) {
        outcomes.push(match maps::manifest(map, &own)? {
            Some(manifest) => trial::run(project, tree, &manifest),
            None => Outcome::DoesNotApply,
        });
    }
    Ok(())
}

/// Counts a file, and checks that its tree gives it back.
fn parse(path: &RelPath, bytes: &[u8], row: &mut Row) -> Result<()> {
    let name = path.file_name();
    let ends = |endings: &[&str]| endings.iter().any(|e| name.ends_with(e.as_bytes()));
    if !ends(&[".lkml", ".lookml"]) {
        return Ok(());
    }
    row.files += 1;
    row.bytes += bytes.len();
    row.models += usize::from(ends(&[".model.lkml", ".model.lookml"]));
    let is_dashboard = ends(&[".dashboard.lookml", ".dashboard.lkml"]);
    row.dashboards += usize::from(is_dashboard);
    let document = storyline_lookml::parse(bytes);
    if document.text() != bytes {
        bail!("{path} is not given back byte for byte");
    }
    let errors = match is_dashboard {
        true => storyline_yaml::read(bytes).errors().len(),
        false => document.errors().len(),
    };
    row.errors += errors;
    row.files_with_errors += usize::from(errors > 0);
    Ok(())
}

/// Reasons of all refusals, and how many projects each one stopped.
pub(crate) fn reasons(outcomes: &[Outcome]) -> BTreeMap<&'static str, usize> {
    let mut reasons = BTreeMap::new();
    for outcome in outcomes {
        if let Outcome::Refused(ids, _) = outcome {
            for id in ids.keys() {
                *reasons.entry(*id).or_default() += 1;
            }
        }
    }
    reasons
}
