//! A report cut into what people look at one after the other: explores, views, dashboards, models.

use std::collections::BTreeMap;

use crate::objects::{Change, ObjectChange, ObjectKind, ObjectReport, Place, Step};

/// An object that stands for itself, with all that is told of it and of what it holds.
pub(crate) struct Section<'r> {
    /// What it is.
    pub(crate) step: &'r Step,
    /// What became of it; [`Change::Changed`] where it is what it holds that differs.
    pub(crate) change: Change,
    /// In the order of the file. Never empty.
    pub(crate) changes: Vec<&'r ObjectChange>,
    /// How deep the object is in its file.
    pub(crate) depth: usize,
}

/// Where a section stands among others, and what it is: rank, kind, name, file, depth.
type Key<'r> = (u8, ObjectKind, &'r [u8], usize, usize);

/// All of them: explores first, then views, dashboards, dbt's models and the rest; by name.
pub(crate) fn sections(objects: &ObjectReport) -> Vec<Section<'_>> {
    let mut found: BTreeMap<Key<'_>, Vec<&ObjectChange>> = BTreeMap::new();
    for change in &objects.changes {
        let place = change.place();
        let depth = depth(place);
        let step = &place.path[depth - 1];
        let key = (rank(step.kind), step.kind, &*step.name, place.file, depth);
        found.entry(key).or_default().push(change);
    }
    let made = found.into_iter().filter_map(|((.., depth), changes)| {
        let told = |change: &&&ObjectChange| change.change != Change::Inside;
        changes.iter().find(told)?;
        let first = changes[0].place();
        let own = changes.iter().find(|c| c.place().path.len() == depth);
        let own = own.map_or(Change::Inside, |own| own.change);
        let only_order = changes
            .iter()
            .all(|c| matches!(c.change, Change::Inside | Change::Reordered));
        Some(Section {
            step: &first.path[depth - 1],
            change: match own {
                _ if only_order => Change::Reordered,
                Change::Inside | Change::Reordered => Change::Changed,
                own => own,
            },
            changes,
            depth,
        })
    });
    made.collect()
}

/// How many steps of the way lead to what stands for itself: what a model or a manifest holds does if it is
/// a view, an explore or a dashboard.
fn depth(place: &Place) -> usize {
    match place.path.get(1) {
        Some(step) if place.path[0].kind == ObjectKind::Model && rank(step.kind) < OTHER => 2,
        _ => 1,
    }
}

/// The rank of what is told last.
pub(crate) const OTHER: u8 = 4;

/// Where objects of a kind stand among others.
pub(crate) fn rank(kind: ObjectKind) -> u8 {
    use ObjectKind as K;
    match kind {
        K::Explore | K::ExploreRefinement => 0,
        K::View | K::ViewRefinement => 1,
        K::Dashboard => 2,
        K::DbtModel => 3,
        _ => OTHER,
    }
}
