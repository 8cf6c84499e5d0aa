//! What differs, object by object: views, fields, explores, tiles, models of dbt's.
//!
//! ```text
//! bytes                    -> Tree           objects and parameters of one file          extract
//! Tree, Tree               -> ObjectChange   paired by name, equal ones skipped          compare
//! what is left in all files-> ObjectChange   moved, renamed, added, removed              across
//! hunks of the text report -> lines of changes, and Rest for what no object explains     attribute
//! ```
//!
//! The text report stays the truth. Every line of its hunks is among the changed lines of one
//! [`ObjectChange`] or in a [`Rest`], with the reason why it is there, so that whoever shows both
//! has hidden nothing. Hashes decide what is equal; were two of them the same by chance, the lines would
//! turn up in the rest.

mod across;
mod build;
mod compare;
pub(crate) mod extract;
mod kind;
mod lookml;
mod order;
mod outline;
mod parameter;
mod report;
mod sheet;
mod siblings;
mod sql;
pub(crate) mod tree;
mod yaml;

use rayon::prelude::*;

use crate::report::{Content, FileChange, Report, Stand, Status};
use crate::side::Kind;
use across::{Found, Trees};
use build::Material;
use compare::{Comparison, Draft, Loose};
use tree::Tree;

pub use kind::ObjectKind;
pub use outline::{Object, Outline};
pub use report::{
    Change, Count, FileRest, Note, ObjectChange, ObjectReport, Order, ParameterChange, Place,
    Reason, Rest, Step, Value,
};

/// What differs between the sides of a report, object by object. Takes time and memory in proportion to the
/// files of the report.
pub fn objects(report: &Report) -> ObjectReport {
    let read = report.files.par_iter().map(read);
    let (trees, broken): (Trees<'_>, Vec<bool>) = read.unzip();
    let compared: Vec<_> = trees
        .par_iter()
        .zip(&report.files)
        .enumerate()
        .map(compared)
        .collect();
    let mut found = Found::default();
    for (drafts, loose) in compared {
        found.add(drafts, loose);
    }
    let drafts = found.settle(&trees);
    let material = Material {
        report,
        trees: &trees,
        broken: &broken,
    };
    material.build(&drafts)
}

/// The trees of a file, and whether it does not parse on one of its sides: then it has none.
fn read(file: &FileChange) -> ([Option<Tree<'_>>; 2], bool) {
    let is_touched = match &file.content {
        Content::Text(_) => true,
        Content::Same => {
            file.left.as_ref().map(|s| &s.path) != file.right.as_ref().map(|s| &s.path)
        }
        Content::Binary | Content::Repository => false,
    };
    let trees = [&file.left, &file.right].map(|stand| {
        let stand = stand
            .as_ref()
            .filter(|stand| is_touched && is_file(stand))?;
        extract::tree(&stand.path, &stand.bytes)
    });
    match trees.iter().flatten().any(|tree| tree.broken) {
        true => ([None, None], true),
        false => (trees, false),
    }
}

fn is_file(stand: &Stand) -> bool {
    matches!(stand.kind, Kind::File { .. })
}

fn compared<'s>(
    (index, (trees, file)): (usize, (&[Option<Tree<'s>>; 2], &FileChange)),
) -> (Vec<Draft>, Vec<Loose>) {
    let (sides, one) = match trees {
        [Some(left), Some(right)] => ([left, right], None),
        [Some(left), None] => ([left, left], Some(0)),
        [None, Some(right)] => ([right, right], Some(1)),
        [None, None] => return (Vec::new(), Vec::new()),
    };
    let is_moved = file.status() == Status::Moved;
    let mut comparison = Comparison::new(sides, [index, index]);
    match one {
        Some(side) => comparison.only(side),
        None => comparison.files(is_moved),
    }
    (comparison.drafts, comparison.loose)
}
