//! All that a preview of a change tells, for those who render it.

use std::collections::BTreeMap;

use crate::objects::{Change, ObjectKind, ObjectReport, Step};
use crate::report::Report;

/// A change, and what stands on it.
pub struct Preview<'r> {
    /// How people call what was before.
    pub base: &'r str,
    /// How people call what is after.
    pub head: &'r str,
    /// What differs in canonical form.
    pub canonical: &'r Report,
    /// What differs as it is, stamps and all.
    pub raw: &'r Report,
    /// What differs in canonical form, object by object.
    pub objects: &'r ObjectReport,
    /// What stands on that.
    pub impact: &'r Impact,
}

/// What of a project stands on what changed, as far as the project itself tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// Explores, by model and name.
    pub explores: Vec<Standing>,
    /// LookML dashboards, by name; the model is that of their tiles, empty where they have several.
    pub dashboards: Vec<Standing>,
    /// Includes of other projects, which were not looked into.
    pub elsewhere: usize,
}

/// Something that stands on what changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The model that it is seen in.
    pub model: Vec<u8>,
    /// Its name.
    pub name: Vec<u8>,
    /// What it stands on of all that changed: views, refinements, explores. Never empty.
    pub on: Vec<Step>,
}

impl Preview<'_> {
    /// How many objects of each kind came, went or changed; those in which only something changed are left
    /// out.
    pub fn counts(&self) -> BTreeMap<ObjectKind, crate::objects::Count> {
        let mut counts = self.objects.counts();
        counts.retain(|_, count| count.all() > 0);
        counts
    }

    /// Whether nothing is told but text that no object explains.
    pub fn is_text_alone(&self) -> bool {
        let mut changes = self.objects.changes.iter();
        changes.all(|change| change.change == Change::Inside)
    }
}
