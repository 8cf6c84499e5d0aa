//! Which files of a tree say something of names: those that mention them.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use rayon::prelude::*;
use storyline_stamp::ReadError;
use storyline_text::RelPath;

use super::facts::Facts;
use super::lineage::Lineage;
use super::{Name, NameKind};
use crate::side::{Entry, Kind, Side};

/// Facts of files, by path.
pub(super) type Found = BTreeMap<RelPath, Facts>;

/// What a file mentions that provides any of some names.
pub(super) struct Search {
    texts: BTreeSet<Vec<u8>>,
    /// Their fields may come from what they extend.
    views: BTreeSet<Vec<u8>>,
}

impl Search {
    /// For these names. Files are provided by their paths alone.
    pub(super) fn new<'n>(names: impl Iterator<Item = &'n Name>) -> Self {
        let mut search = Self {
            texts: BTreeSet::new(),
            views: BTreeSet::new(),
        };
        for Name { kind, text } in names {
            let part = |at: usize| text.split(|b| *b == b'.').nth(at).unwrap_or(text).to_vec();
            match kind {
                NameKind::Include => continue,
                NameKind::Field => drop(search.views.insert(part(0))),
                // A version stands in a list below its model.
                NameKind::DbtModel => drop(search.texts.insert(part(0))),
                NameKind::DbtSource => drop(search.texts.insert(part(1))),
                _ => drop(search.texts.insert(text.clone())),
            }
        }
        search
    }

    /// The files of `side` that mention them, then those that mention what is extended there, or in `others`.
    ///
    /// # Errors
    /// The first file that cannot be read.
    pub(super) fn run(&self, side: &dyn Side, others: &[&Found]) -> Result<Found, ReadError> {
        let mut found = Found::new();
        let mut searched = BTreeSet::new();
        let mut next = self.texts.clone();
        loop {
            let facts = others.iter().copied().chain([&found]);
            let lineage = Lineage::new(facts.flat_map(BTreeMap::values));
            let views = self.views.iter().flat_map(|view| lineage.of(view));
            let new = views.filter(|view| !searched.contains(*view));
            next.extend(new.map(<[u8]>::to_vec));
            if next.is_empty() {
                return Ok(found);
            }
            let more = mentioning(side, &next, &found)?;
            found.extend(more);
            searched.append(&mut next);
        }
    }
}

/// The files that mention any of these texts, but for those that are known.
fn mentioning(
    side: &dyn Side,
    texts: &BTreeSet<Vec<u8>>,
    known: &Found,
) -> Result<Found, ReadError> {
    let finder = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(texts);
    // Texts that do not fit into memory do not come from files that do.
    let is_in = |bytes: &[u8]| {
        let finder = finder.as_ref();
        finder.map_or(true, |finder| finder.is_match(bytes))
    };
    let files = side.entries().par_iter();
    let files = files.filter(|entry| is_file(entry) && holds_names(&entry.path));
    let files = files.filter(|entry| !known.contains_key(&entry.path));
    let facts = files.map(|entry| {
        let bytes = side.read(&entry.path)?;
        let is_wanted = is_in(entry.path.as_bytes()) || is_in(&bytes);
        Ok(is_wanted.then(|| (entry.path.clone(), Facts::read(&entry.path, &bytes))))
    });
    facts.filter_map(Result::transpose).collect()
}

pub(super) fn is_file(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::File { .. })
}

/// Whether a file of this name may say something of names.
fn holds_names(path: &RelPath) -> bool {
    let ends = [
        &b".lkml"[..],
        b".lookml",
        b".sql",
        b".py",
        b".csv",
        b".yml",
        b".yaml",
    ];
    ends.iter().any(|end| path.as_bytes().ends_with(end))
}
