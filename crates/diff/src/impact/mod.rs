//! What stands on what changed, as far as a project itself tells.
//!
//! ```text
//! bytes              -> Facts     views, explores and dashboards of a file, and what each uses by name   facts
//! Facts of all files -> per model the files that it sees                                                  includes
//! names that it sees -> Graph     who stands on whom; what changed is told upwards                        graph
//! ```
//!
//! A name means what the model means by it that includes it. What was removed is still stood on by whoever
//! names it.

mod facts;
mod graph;
mod includes;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;
use storyline_stamp::{ReadError, TreePatch};
use storyline_text::RelPath;

use crate::objects::{Change, ObjectChange, ObjectKind, ObjectReport, Place, Reason, Step};
use crate::pair::items;
use crate::preview::{Impact, Standing};
use crate::report::{Report, bytes_of};
use crate::side::{Kind, Side};
use facts::{Facts, Thing, What, is_lookml, what};
use graph::Graph;
use includes::Includes;

/// What stands on what changed, in all of `side`, which is what `report` calls the right one, once `patch`
/// took its stamps out. Takes time in proportion to all its LookML where any of that changed.
///
/// # Errors
/// The first file that cannot be read.
pub fn impact(
    side: &dyn Side,
    patch: &TreePatch,
    report: &Report,
    objects: &ObjectReport,
) -> Result<Impact, ReadError> {
    let changed = Changed::new(report, objects);
    if changed.is_empty() {
        return Ok(Impact::default());
    }
    let files: Vec<_> = items(side, patch)
        .filter(|item| is_lookml(item.path) && matches!(item.entry.kind, Kind::File { .. }))
        .collect();
    let read = files.into_par_iter().map(|item| {
        let facts = Facts::read(item.path, &item.bytes()?);
        Ok((item.path, facts))
    });
    let mut files = read.collect::<Result<Vec<_>, ReadError>>()?;
    files.extend(
        changed
            .gone
            .iter()
            .map(|(path, facts)| (*path, facts.clone())),
    );
    files.sort_by_key(|(path, _)| *path);
    Ok(Project::new(&files, &changed).impact())
}

/// What changed, of all that something can stand on.
#[derive(Default)]
struct Changed<'r> {
    /// By file, what differs there as it is now.
    there: HashMap<&'r RelPath, There>,
    /// By file, what was there and is not any more.
    removed: HashMap<&'r RelPath, BTreeSet<Step>>,
    /// Files that are not there any more.
    gone: BTreeMap<&'r RelPath, Facts>,
}

#[derive(Default)]
struct There {
    steps: BTreeSet<Step>,
    /// Everything in the file.
    all: bool,
    /// The model itself, which is the file.
    model: bool,
}

impl<'r> Changed<'r> {
    fn new(report: &'r Report, objects: &ObjectReport) -> Self {
        let mut changed = Self::default();
        for change in &objects.changes {
            if !matches!(change.change, Change::Inside | Change::Reordered) {
                changed.add(change, report);
            }
        }
        for rest in &objects.files {
            let path = report.files[rest.file].path();
            let unread = |rest: &crate::objects::Rest| rest.reason == Reason::Unreadable;
            if is_lookml(path) && rest.rest.iter().any(unread) {
                changed.there.entry(path).or_default().all = true;
            }
        }
        for file in &report.files {
            if let (Some(left), None) = (&file.left, &file.right)
                && is_lookml(&left.path)
            {
                let facts = Facts::read(&left.path, bytes_of(&file.left));
                let steps = facts.things.iter().map(|thing| thing.step.clone());
                changed.removed.entry(&left.path).or_default().extend(steps);
                changed.gone.insert(&left.path, facts);
            }
        }
        changed
    }

    fn add(&mut self, change: &ObjectChange, report: &'r Report) {
        let path = |place: &Place, right: bool| {
            let file = &report.files[place.file];
            let stand = if right { &file.right } else { &file.left };
            stand.as_ref().map(|stand| &stand.path)
        };
        if let Some(place) = &change.right
            && let Some(path) = path(place, true)
        {
            let is_model = place.step().kind == ObjectKind::Model;
            match thing_of(place) {
                Some(step) => drop(self.there.entry(path).or_default().steps.insert(step)),
                None if is_model && change.change == Change::Added => {
                    self.there.entry(path).or_default().all = true;
                }
                // How people call a model moves nothing in it.
                None if is_model && change.parameters.iter().any(|p| p.name != "label") => {
                    self.there.entry(path).or_default().model = true;
                }
                None => {}
            }
        }
        let is_elsewhere = matches!(change.change, Change::Removed | Change::Renamed);
        if is_elsewhere
            && let Some(place) = &change.left
            && let Some(path) = path(place, false)
            && let Some(step) = thing_of(place)
        {
            match place.step() == &step {
                true => drop(self.removed.entry(path).or_default().insert(step)),
                // Something in it is gone; it itself is there.
                false => drop(self.there.entry(path).or_default().steps.insert(step)),
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.there.is_empty() && self.removed.is_empty() && self.gone.is_empty()
    }
}

/// The view, explore or refinement that an object is, or is in.
fn thing_of(place: &Place) -> Option<Step> {
    let mut steps = place.path.iter();
    steps.find(|step| what(step.kind).is_some()).cloned()
}

/// A project, and its graph.
struct Project<'f> {
    files: &'f [(&'f RelPath, Facts)],
    changed: &'f Changed<'f>,
    graph: Graph<'f>,
    /// What changed, by the numbers that the graph has for it, and where.
    changes: Vec<Step>,
    numbers: HashMap<Step, usize>,
    changed_nodes: BTreeMap<usize, Vec<usize>>,
    /// Explores that people can open: model, name, node.
    explores: BTreeSet<(&'f [u8], &'f [u8], usize)>,
}

impl<'f> Project<'f> {
    fn new(files: &'f [(&'f RelPath, Facts)], changed: &'f Changed<'f>) -> Self {
        Self {
            files,
            changed,
            graph: Graph::default(),
            changes: Vec::new(),
            numbers: HashMap::new(),
            changed_nodes: BTreeMap::new(),
            explores: BTreeSet::new(),
        }
    }

    fn impact(mut self) -> Impact {
        let mut includes = Includes::new(self.files);
        let elsewhere = includes.elsewhere();
        let mut models: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (file, (_, facts)) in self.files.iter().enumerate() {
            if let Some(model) = &facts.model {
                models.entry(model).or_default().push(file);
                let seen = includes.seen_from(file);
                self.model(file, model, &seen);
            }
        }
        let boards = self.boards(&models);
        self.what_is_missing();
        for (change, nodes) in std::mem::take(&mut self.changed_nodes) {
            for node in nodes {
                self.graph.spread(change, node);
            }
        }
        let mut explores: Vec<_> = self
            .explores
            .iter()
            .filter_map(|(model, name, node)| self.standing(model, name, *node))
            .collect();
        explores.dedup_by(|a, b| (&a.model, &a.name) == (&b.model, &b.name));
        let dashboards = boards.iter();
        let dashboards =
            dashboards.filter_map(|(name, (model, node))| self.standing(model, name, *node));
        Impact {
            explores,
            dashboards: dashboards.collect(),
            elsewhere,
        }
    }

    /// Puts what a model sees into the graph.
    fn model(&mut self, file: usize, model: &'f [u8], seen: &[usize]) {
        let files = self.files;
        let (own_path, _) = &files[file];
        let is_gone = self.is_gone(own_path);
        let there = self.changed.there.get(own_path);
        let differs = is_gone || there.is_some_and(|there| there.model);
        let own = Step {
            kind: ObjectKind::Model,
            name: model.to_vec(),
        };
        for (path, facts) in seen.iter().map(|seen| &files[*seen]) {
            let there = self.changed.there.get(path);
            for thing in &facts.things {
                let node = self.graph.node(file, thing.what, thing.name());
                self.thing(file, node, thing);
                let is_open = thing.what == What::Explore && !thing.is_refinement();
                if is_open && !thing.is_template && !is_gone && !self.is_gone(path) {
                    self.explores.insert((model, thing.name(), node));
                }
                if there.is_some_and(|there| there.all || there.steps.contains(&thing.step)) {
                    self.changed(&thing.step, node);
                }
                if differs && is_open {
                    self.changed(&own, node);
                }
            }
            for step in self.changed.removed.get(path).into_iter().flatten() {
                if let Some(what) = what(step.kind) {
                    let name = step.name.strip_prefix(b"+").unwrap_or(&step.name);
                    let node = self.graph.node(file, what, name);
                    self.changed(step, node);
                }
            }
        }
    }

    fn is_gone(&self, path: &RelPath) -> bool {
        self.changed.gone.contains_key(path)
    }

    fn thing(&mut self, model: usize, node: usize, thing: &'f Thing) {
        if !thing.is_refinement() {
            self.graph.define(node);
        }
        for (what, name) in &thing.on {
            let on = self.graph.node(model, *what, name);
            self.graph.stands(node, on);
        }
    }

    fn changed(&mut self, step: &Step, node: usize) {
        let next = self.changes.len();
        let number = *self.numbers.entry(step.clone()).or_insert(next);
        if number == next {
            self.changes.push(step.clone());
        }
        self.changed_nodes.entry(number).or_default().push(node);
    }

    /// Puts dashboards into the graph: of each its model, if it has one, and its node.
    fn boards(
        &mut self,
        models: &HashMap<&'f [u8], Vec<usize>>,
    ) -> BTreeMap<&'f [u8], (&'f [u8], usize)> {
        let mut boards: BTreeMap<&[u8], (&[u8], usize)> = BTreeMap::new();
        let nowhere = usize::MAX;
        for (path, facts) in self.files {
            if self.is_gone(path) {
                continue;
            }
            for board in &facts.boards {
                let node = self.graph.node(nowhere, What::Dashboard, &board.name);
                for extended in &board.extends {
                    let on = self.graph.node(nowhere, What::Dashboard, extended);
                    self.graph.stands(node, on);
                }
                for [model, explore] in &board.asks {
                    for model in models.get(&**model).into_iter().flatten() {
                        let on = self.graph.node(*model, What::Explore, explore);
                        self.graph.stands(node, on);
                    }
                }
                let mut asked = board.asks.iter().map(|[model, _]| &**model);
                let first = asked.next().unwrap_or_default();
                let model = if asked.all(|model| model == first) {
                    first
                } else {
                    b""
                };
                boards.insert(&board.name, (model, node));
            }
        }
        boards
    }

    /// What is used and not there may be what was removed.
    fn what_is_missing(&mut self) {
        let changed = self.changed;
        let removed = changed.removed.values().flatten();
        let removed: HashMap<_, _> = removed
            .filter_map(|step| Some(((what(step.kind)?, &*step.name), step)))
            .collect();
        if removed.is_empty() {
            return;
        }
        let mut missing: Vec<_> = self.graph.undefined().collect();
        missing.sort_unstable();
        for (node, what, name) in missing {
            if let Some(step) = removed.get(&(what, name)) {
                self.changed(step, node);
            }
        }
    }

    fn standing(&self, model: &[u8], name: &[u8], node: usize) -> Option<Standing> {
        let changes = self.graph.changes(node);
        let mut on: Vec<_> = changes.iter().map(|c| self.changes[*c].clone()).collect();
        on.sort();
        (!on.is_empty()).then(|| Standing {
            model: model.to_vec(),
            name: name.to_vec(),
            on,
        })
    }
}
