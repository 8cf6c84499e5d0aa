//! `storyline check [PATHS]`

mod staged;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use storyline_check::{self as check, Finding, Report, Rule};
use storyline_manifest::Environment;
use storyline_stamp::{Change, FileSet, Scope, Tree, TreePatch, form};
use storyline_text::{Diagnostic, Edit, Patch, RelPath, Visible};

use crate::args::{CheckArgs, FindingsFormat};
use crate::failure::{Failure, FailureKind};
use crate::findings::{self, Place};
use crate::output::{self, count, shown};
use crate::project::{CANONICAL, MANIFEST, Project};
use crate::report;

/// Files that stand at the root of a project and nowhere else.
const ROOT: [&str; 3] = [MANIFEST, "manifest.lkml", "manifest.lookml"];

pub(crate) fn run(directory: &Path, args: &CheckArgs) -> Result<ExitCode, Failure> {
    if let Some(id) = &args.explain {
        return explain(id);
    }
    if args.staged {
        return staged::run(directory, args);
    }
    let within = within();
    let (directory, paths) = match &within {
        Some((project, here)) if directory == Path::new(".") => {
            (&**project, from(here, &args.paths))
        }
        _ => (directory, args.paths.clone()),
    };
    let mut project = match Project::open(directory) {
        Ok(project) => project,
        Err(failure) => {
            print_failure(directory, args.format, &failure)?;
            return Err(failure);
        }
    };
    let wanted = wanted(&project, &paths)?;
    let mut report = look(&project, args, wanted.as_ref())?;
    if args.fix {
        let mended = mend(&project, &report)?;
        if mended > 0 {
            drop(project);
            project = Project::open(directory)?;
            report = look(&project, args, wanted.as_ref())?;
            report::say(&format!("mended {}\n", count(mended, "finding")));
        }
    }
    print(&report, &Place::of(project.folder.path()), args.format)?;
    Ok(code(&report))
}

fn code(report: &Report) -> ExitCode {
    match report.findings.iter().any(Finding::is_serious) {
        true => FailureKind::Findings.exit_code(),
        false => ExitCode::SUCCESS,
    }
}

fn print(report: &Report, place: &Place, format: FindingsFormat) -> Result<(), Failure> {
    match format {
        FindingsFormat::Text => findings::text::print(report),
        FindingsFormat::Json => findings::json::print(report),
        FindingsFormat::Sarif => findings::sarif::print(report, place),
        FindingsFormat::Github => findings::github::print(report, place),
        FindingsFormat::Gitlab => findings::gitlab::print(report, place),
    }
}

/// Forges read a report whatever happens: a project that cannot be opened has the reasons in it.
fn print_failure(
    directory: &Path,
    format: FindingsFormat,
    failure: &Failure,
) -> Result<(), Failure> {
    if matches!(format, FindingsFormat::Text | FindingsFormat::Json) {
        return Ok(());
    }
    let findings = failure.diagnostics.iter().cloned();
    let findings = findings.map(|diagnostic| Finding {
        diagnostic,
        fix: None,
    });
    let report = Report {
        findings: findings.collect(),
        sources: failure.sources.clone(),
        files: 0,
    };
    let folder = directory.canonicalize();
    print(
        &report,
        &Place::of(folder.as_deref().unwrap_or(directory)),
        format,
    )
}

fn explain(id: &str) -> Result<ExitCode, Failure> {
    if let Some(rule) = Rule::find(id) {
        output::print(rule.page)?;
        return Ok(ExitCode::SUCCESS);
    }
    let id = Visible(id.as_bytes());
    let known = check::RULES.iter().map(|rule| rule.id);
    let known: Vec<_> = known.collect();
    let diagnostic = Diagnostic::error("unknown-finding", format!("no finding is called `{id}`"))
        .help(format!("there are: {}", known.join(", ")));
    Err(Failure::new(FailureKind::Usage, diagnostic))
}

/// The findings of those files that are asked for.
fn look(
    project: &Project,
    args: &CheckArgs,
    wanted: Option<&BTreeSet<RelPath>>,
) -> Result<Report, Failure> {
    let tree = project.tree(&Scope::all(project.manifest()))?;
    let environment = environment(project, &tree, args.env.as_deref())?;
    let mut report = check::check(&check::Project {
        files: &project.folder,
        tree: &tree,
        manifest: project.manifest(),
        environment,
    })?;
    if let Some(wanted) = wanted {
        report.only(wanted);
    }
    Ok(report)
}

/// The environment whose form the project is in: as asked for, as the clone is configured, or as its
/// names tell.
fn environment<'p>(
    project: &'p Project,
    tree: &Tree,
    asked: Option<&str>,
) -> Result<Option<&'p Environment>, Failure> {
    if asked == Some(CANONICAL) {
        return Ok(None);
    }
    if let Some(name) = asked {
        return Ok(Some(project.need_manifest()?.environment(name)?));
    }
    let Some(manifest) = project.manifest() else {
        return Ok(None);
    };
    if let Some(name) = project.own_environment() {
        return Ok(Some(manifest.environment(&name)?));
    }
    // Where it is not clear, what speaks against canonical form is told name by name.
    Ok(form(tree, manifest).ok().flatten())
}

/// The project that the current folder is a part of, and that folder: includes are seen from the
/// project's root. `None` where this is the root, or where nothing tells it.
fn within() -> Option<(PathBuf, PathBuf)> {
    let here = env::current_dir().ok()?.canonicalize().ok()?;
    for folder in here.ancestors() {
        if ROOT.iter().any(|mark| folder.join(mark).is_file()) {
            return (folder != here).then(|| (folder.to_owned(), here.clone()));
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    None
}

/// `paths` as seen from `here`, where they are there; all of it when none is asked for.
fn from(here: &Path, paths: &[PathBuf]) -> Vec<PathBuf> {
    if paths.is_empty() {
        return vec![here.to_owned()];
    }
    let seen = paths.iter().map(|path| (here.join(path), path));
    let seen = seen.map(|(inside, path)| match inside.symlink_metadata() {
        Ok(_) => inside,
        Err(_) => path.clone(),
    });
    seen.collect()
}

/// Paths that were asked for, seen from the project's folder; `None` for all of it.
fn wanted(project: &Project, paths: &[PathBuf]) -> Result<Option<BTreeSet<RelPath>>, Failure> {
    let root = project.folder.path();
    let mut wanted = BTreeSet::new();
    for path in paths {
        let inside = root.join(path);
        let path = match inside.symlink_metadata() {
            Ok(_) => inside,
            Err(_) => path.clone(),
        };
        let Some(path) = unlinked(&path) else {
            let title = format!("there is no {}", shown(&path));
            let diagnostic = Diagnostic::error("no-such-path", title)
                .help("paths are seen from the project's folder, or from where you are");
            return Err(Failure::new(FailureKind::Usage, diagnostic).unchanged());
        };
        if path == root {
            return Ok(None);
        }
        // A hook is given what was committed anywhere in the repository.
        let Ok(path) = path.strip_prefix(root) else {
            continue;
        };
        let names: Vec<_> = path.iter().map(|name| name.as_encoded_bytes()).collect();
        wanted.extend(RelPath::new(&names.join(&b"/"[..])).ok());
    }
    Ok((!paths.is_empty()).then_some(wanted))
}

/// `path` without links on its way; itself, it may be one.
fn unlinked(path: &Path) -> Option<PathBuf> {
    path.symlink_metadata().ok()?;
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => {
            let parent = match parent.as_os_str().is_empty() {
                true => Path::new("."),
                false => parent,
            };
            Some(parent.canonicalize().ok()?.join(name))
        }
        _ => path.canonicalize().ok(),
    }
}

/// Carries out the mends, and says how many there were.
fn mend(project: &Project, report: &Report) -> Result<usize, Failure> {
    let mut edits: BTreeMap<&RelPath, Vec<Edit>> = BTreeMap::new();
    let mut mended = 0;
    for fix in report
        .findings
        .iter()
        .filter_map(|finding| finding.fix.as_ref())
    {
        let edits = edits.entry(&fix.file).or_default();
        // Findings come by place. What reaches into the mend before is found again, and mended by
        // the next run.
        if edits
            .last()
            .is_none_or(|e| e.span.end <= fix.edit.span.start)
        {
            edits.push(fix.edit.clone());
            mended += 1;
        }
    }
    let mut patch = TreePatch::default();
    for (path, edits) in edits {
        patch.changes.push(Change {
            from: path.clone(),
            to: path.clone(),
            before: project.folder.read(path)?.into_owned(),
            patch: Patch::new(edits).expect("edits that overlap were left out"),
        });
    }
    if mended > 0 {
        project.folder.apply(&patch)?;
    }
    Ok(mended)
}
