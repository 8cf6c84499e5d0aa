//! `storyline sites`

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_stamp::{Scope, Site, SitePlace, Tree, sites};
use storyline_text::{Position, RelPath, Visible};

use crate::args::{Format, SitesArgs};
use crate::cursor::Cursor;
use crate::failure::Failure;
use crate::project::Project;
use crate::{json, output, report};

/// A site for programs. `start` and `end` are bytes of the file's text or, when `in` is `path`, of
/// its path; there the line is 0.
#[derive(Debug, Serialize)]
struct JsonSite {
    file: String,
    #[serde(rename = "in")]
    place: &'static str,
    kind: String,
    name: String,
    start: u32,
    end: u32,
    line: u32,
    column: u32,
    status: String,
}

pub(crate) fn run(directory: &Path, args: &SitesArgs) -> Result<ExitCode, Failure> {
    let project = Project::open(directory)?;
    let environment = match &args.env {
        Some(name) => Some(project.need_manifest()?.environment(name)?),
        None => None,
    };
    let tree = project.tree(&Scope::all(project.manifest()))?;
    let warnings = tree.warnings();
    report::diagnostics(&warnings, &project.sources(&tree, &warnings));
    let sites = sites(&tree, project.manifest(), environment);
    let mut lines = Lines {
        tree: &tree,
        last: None,
    };
    match args.format {
        Format::Json => {
            let sites: Vec<_> = sites
                .iter()
                .map(|site| json_site(site, &mut lines))
                .collect();
            output::print_json(&sites)?;
        }
        Format::Text => output::stream(|out| {
            sites
                .iter()
                .try_for_each(|site| out.write_all(text(site, &mut lines).as_bytes()))
        })?,
    }
    Ok(ExitCode::SUCCESS)
}

fn json_site(site: &Site, lines: &mut Lines<'_>) -> JsonSite {
    let (place, Position { line, column }) = match site.place {
        SitePlace::Path => (
            "path",
            Position {
                line: 0,
                column: site.span.start + 1,
            },
        ),
        SitePlace::Text => ("text", lines.position(site)),
    };
    JsonSite {
        file: json::text(site.file.as_bytes()).into(),
        place,
        kind: site.kind.to_string(),
        name: site.name.clone(),
        start: site.span.start,
        end: site.span.end,
        line,
        column,
        status: site.status.to_string(),
    }
}

/// One line.
fn text(site: &Site, lines: &mut Lines<'_>) -> String {
    let Site {
        file, kind, status, ..
    } = site;
    let name = Visible(site.name.as_bytes());
    let kind = kind.to_string();
    let kind = Visible(kind.as_bytes());
    match site.place {
        SitePlace::Path => format!("{file}: {kind} {name} ({status})\n"),
        SitePlace::Text => {
            let Position { line, column } = lines.position(site);
            format!("{file}:{line}:{column}: {kind} {name} ({status})\n")
        }
    }
}

/// Positions in the files of sites, which come file by file.
struct Lines<'t> {
    tree: &'t Tree,
    last: Option<(RelPath, Cursor<'t>)>,
}

impl Lines<'_> {
    fn position(&mut self, site: &Site) -> Position {
        let last = self.last.take().filter(|(file, _)| *file == site.file);
        let (_, cursor) = self.last.insert(last.unwrap_or_else(|| {
            let source = self.tree.source(&site.file).unwrap_or_default();
            (site.file.clone(), Cursor::new(source))
        }));
        cursor.position(site.span.start)
    }
}
