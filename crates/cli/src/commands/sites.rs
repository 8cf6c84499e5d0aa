//! `storyline sites`

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use storyline_stamp::{Site, SitePlace, Tree, sites};
use storyline_text::{LineIndex, Position, RelPath, Visible};

use crate::args::{Format, SitesArgs};
use crate::failure::Failure;
use crate::output;
use crate::project::Project;

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
    let tree = project.tree()?;
    let sites = sites(&tree, project.manifest(), environment);
    let mut lines = Lines {
        tree: &tree,
        last: None,
    };
    match args.format {
        Format::Json => {
            let sites: Vec<_> = sites.iter().map(|site| json(site, &mut lines)).collect();
            output::print_json(&sites)?;
        }
        Format::Text => output::print(&text(&sites, &mut lines))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn json(site: &Site, lines: &mut Lines<'_>) -> JsonSite {
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
        file: String::from_utf8_lossy(site.file.as_bytes()).into(),
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

fn text(sites: &[Site], lines: &mut Lines<'_>) -> String {
    let mut out = String::new();
    for site in sites {
        let name = Visible(site.name.as_bytes());
        let Site {
            file, kind, status, ..
        } = site;
        let place = match site.place {
            SitePlace::Path => String::new(),
            SitePlace::Text => {
                let Position { line, column } = lines.position(site);
                format!(":{line}:{column}")
            }
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{file}{place}: {kind} {name} ({status})");
    }
    out
}

/// Positions in the files of sites, which come file by file.
struct Lines<'t> {
    tree: &'t Tree,
    last: Option<(RelPath, LineIndex)>,
}

impl Lines<'_> {
    fn position(&mut self, site: &Site) -> Position {
        let source = self.tree.source(&site.file).unwrap_or_default();
        if self
            .last
            .as_ref()
            .is_none_or(|(file, _)| *file != site.file)
        {
            self.last = Some((site.file.clone(), LineIndex::new(source)));
        }
        let index = self.last.as_ref().map(|(_, index)| index);
        index.map_or(Position { line: 1, column: 1 }, |index| {
            index.position(source, site.span.start)
        })
    }
}
