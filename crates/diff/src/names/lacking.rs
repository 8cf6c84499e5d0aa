//! What some files use, their author had, and a tree has not.

use std::collections::{BTreeSet, HashMap, HashSet};

use aho_corasick::AhoCorasick;
use rayon::prelude::*;
use storyline_stamp::{Pattern, ReadError};
use storyline_text::RelPath;

use super::facts::Facts;
use super::lineage::Lineage;
use super::{File, Name, NameKind, Used};
use crate::side::{Kind, Side};

/// A name that is used where nothing provides it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lacking {
    /// The file that uses it.
    pub path: RelPath,
    /// The line where it stands first in the file, from 1.
    pub line: u32,
    /// The name.
    pub name: Name,
    /// What uses it: `join`, `extends`, `sql`.
    pub what: &'static str,
}

impl Lacking {
    /// Whether it would not be lacking where `name` is provided.
    pub fn is_met_by(&self, name: &Name) -> bool {
        if self.name.kind != NameKind::Include {
            return self.name == *name;
        }
        let pattern = Pattern::new(&self.name.text, self.path.parent(), None);
        pattern.is_some_and(|pattern| is_matched(&pattern, name))
    }
}

/// The names that `changed`, files of `candidate`, use, that their author's tree provides and `candidate` does
/// not; by path and line, each once a file.
///
/// `had` and `has` are the files in which the two trees differ, as the author has them and as `candidate` has
/// them; a file that only one of them has stands there alone. Takes time in proportion to these files; only
/// where a name is missing in them, the rest of `candidate` is searched for it.
///
/// # Errors
/// The first file of `candidate` that cannot be read.
pub fn lacking(
    changed: &[File<'_>],
    had: &[File<'_>],
    has: &[File<'_>],
    candidate: &dyn Side,
) -> Result<Vec<Lacking>, ReadError> {
    let [changed_facts, had_facts, has_facts] = [changed, had, has].map(read);
    let broken = has
        .iter()
        .zip(&has_facts)
        .filter(|(_, facts)| facts.is_broken);
    let broken: HashSet<_> = broken.map(|(file, _)| file.path).collect();
    let there = Names::new(has_facts.iter().chain(&changed_facts));
    // What a file that does not parse holds is not known.
    let known = had
        .iter()
        .zip(&had_facts)
        .filter(|(file, _)| !broken.contains(file.path));
    let mut lost: HashSet<&Name> = known.flat_map(|(_, facts)| names(facts)).collect();
    lost.retain(|name| !there.all.contains(name));
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let edges = Lineage::new(changed_facts.iter().chain(&had_facts));
    let uses = changed.iter().zip(&changed_facts);
    let hits: Vec<_> = uses
        .filter(|(_, facts)| !facts.is_broken)
        .flat_map(|(file, facts)| {
            let hits = uses_of(facts).into_iter();
            let hits = hits.filter(|used| is_hit(used, file, &lost, &there, &edges));
            hits.map(|used| Hit { file: *file, used })
        })
        .collect();
    if hits.is_empty() {
        return Ok(Vec::new());
    }
    let known: HashSet<_> = has.iter().chain(changed).map(|file| file.path).collect();
    let mut rest = Rest {
        candidate,
        known: &known,
        facts: Vec::new(),
    };
    rest.search(&hits, &has_facts, &changed_facts)?;
    let facts = || rest.facts.iter().chain(&has_facts).chain(&changed_facts);
    let judge = Judge {
        there: Names::new(facts()),
        lineage: Lineage::new(facts()),
        candidate,
        lost: &lost,
    };
    Ok(judge.told(&hits))
}

fn read(files: &[File<'_>]) -> Vec<Facts> {
    let read = files
        .par_iter()
        .map(|file| Facts::read(file.path, file.bytes));
    read.collect()
}

/// What a file uses, each once and where it stands first.
fn uses_of(facts: &Facts) -> Vec<&Used> {
    let mut used: Vec<_> = facts.used.iter().collect();
    used.sort_by_key(|used| used.line);
    let mut seen = HashSet::new();
    used.retain(|used| seen.insert((&used.name, used.may_be_alias)));
    used
}

fn names(facts: &Facts) -> impl Iterator<Item = &Name> {
    facts.provided.iter().map(|provided| &provided.name)
}

/// What some files provide.
struct Names<'f> {
    all: HashSet<&'f Name>,
    aliases: HashSet<&'f [u8]>,
}

impl<'f> Names<'f> {
    fn new(facts: impl Iterator<Item = &'f Facts> + Clone) -> Self {
        let aliases = facts.clone().flat_map(|facts| &facts.aliases);
        Self {
            aliases: aliases.map(Vec::as_slice).collect(),
            all: facts.flat_map(names).collect(),
        }
    }
}

/// A use of what may be lacking.
struct Hit<'f> {
    file: File<'f>,
    used: &'f Used,
}

/// Whether a use may be of what got lost, as far as the files tell that differ.
fn is_hit(
    used: &Used,
    file: &File<'_>,
    lost: &HashSet<&Name>,
    there: &Names<'_>,
    edges: &Lineage<'_>,
) -> bool {
    if used.name.kind == NameKind::Include {
        let pattern = pattern(used, file, b"");
        return pattern.is_some_and(|pattern| lost.iter().any(|name| is_matched(&pattern, name)));
    }
    let Some((view, field)) = used.name.parts() else {
        return lost.contains(&used.name);
    };
    let views = edges.of(view);
    let mut fields = views.iter().map(|view| Name::field(view, field));
    let is_there = fields.clone().any(|name| there.all.contains(&name));
    !is_there && fields.any(|name| lost.contains(&name))
}

fn pattern(used: &Used, file: &File<'_>, root: &[u8]) -> Option<Pattern> {
    let text = &used.name.text;
    match root {
        b"" => Pattern::new(text, file.path.parent(), None),
        root => Pattern::new(&[b"/", root, text].concat(), b"", None),
    }
}

fn is_matched(pattern: &Pattern, name: &Name) -> bool {
    let path = (name.kind == NameKind::Include).then(|| RelPath::new(&name.text));
    path.is_some_and(|path| path.is_ok_and(|path| pattern.matches(&path)))
}

/// What the candidate says of names in files that both trees have.
struct Rest<'a> {
    candidate: &'a dyn Side,
    known: &'a HashSet<&'a RelPath>,
    facts: Vec<Facts>,
}

impl Rest<'_> {
    /// Reads every file that mentions what was hit, then those that mention what is extended there.
    fn search(
        &mut self,
        hits: &[Hit<'_>],
        has: &[Facts],
        changed: &[Facts],
    ) -> Result<(), ReadError> {
        let mut searched: BTreeSet<Vec<u8>> = BTreeSet::new();
        let mut views: BTreeSet<Vec<u8>> = BTreeSet::new();
        for Name { kind, text } in hits.iter().map(|hit| &hit.used.name) {
            let part = |at: usize| text.split(|b| *b == b'.').nth(at).unwrap_or(text).to_vec();
            match kind {
                NameKind::Include => continue,
                NameKind::Field => drop(views.insert(part(0))),
                NameKind::DbtSource => drop(searched.insert(part(1))),
                _ => drop(searched.insert(text.clone())),
            }
        }
        let mut next: Vec<_> = searched.iter().cloned().collect();
        loop {
            let facts = || self.facts.iter().chain(has).chain(changed);
            let lineage = Lineage::new(facts());
            let all = views.iter().flat_map(|view| lineage.of(view));
            let new = all.filter(|view| !searched.contains(*view));
            next.extend(new.map(<[u8]>::to_vec).collect::<BTreeSet<_>>());
            if next.is_empty() {
                return Ok(());
            }
            let found = self.mentioning(&next)?;
            self.facts.extend(found);
            searched.extend(next.drain(..));
        }
    }

    fn mentioning(&self, texts: &[Vec<u8>]) -> Result<Vec<Facts>, ReadError> {
        let finder = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(texts);
        // Texts that do not fit into memory do not come from files that do.
        let is_in = |bytes: &[u8]| {
            finder
                .as_ref()
                .map_or(true, |finder| finder.is_match(bytes))
        };
        let entries = self.candidate.entries().par_iter();
        let files = entries.filter(|entry| {
            let is_file = matches!(entry.kind, Kind::File { .. });
            is_file && holds_names(&entry.path) && !self.known.contains(&entry.path)
        });
        let facts = files.map(|entry| {
            let bytes = self.candidate.read(&entry.path)?;
            let is_wanted = is_in(entry.path.as_bytes()) || is_in(&bytes);
            Ok(is_wanted.then(|| Facts::read(&entry.path, &bytes)))
        });
        facts.filter_map(Result::transpose).collect()
    }
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

/// All that is to be known of hits.
struct Judge<'f> {
    there: Names<'f>,
    lineage: Lineage<'f>,
    candidate: &'f dyn Side,
    lost: &'f HashSet<&'f Name>,
}

impl<'f> Judge<'f> {
    fn told(&self, hits: &[Hit<'f>]) -> Vec<Lacking> {
        let mut lacking: HashMap<_, Lacking> = HashMap::new();
        for hit in hits.iter().filter(|hit| self.is_lacking(hit)) {
            let name = self.whole(&hit.used.name);
            lacking
                .entry((hit.file.path, name.clone()))
                .or_insert_with(|| Lacking {
                    path: hit.file.path.clone(),
                    line: hit.used.line,
                    name,
                    what: hit.used.what,
                });
        }
        let mut lacking: Vec<_> = lacking.into_values().collect();
        lacking.sort();
        lacking
    }

    /// The view of a field where that is lacking as a whole, which says all about its fields.
    fn whole(&self, name: &Name) -> Name {
        let view = name
            .parts()
            .map(|(view, _)| Name::new(NameKind::View, view));
        let view = view.filter(|view| self.lost.contains(view) && !self.there.all.contains(view));
        view.unwrap_or_else(|| name.clone())
    }

    fn is_lacking(&self, hit: &Hit<'f>) -> bool {
        let name = &hit.used.name;
        let is_alias = |view: &[u8]| hit.used.may_be_alias && self.there.aliases.contains(view);
        match name.kind {
            NameKind::Include => !self.is_included(hit),
            NameKind::Field => {
                let Some((view, field)) = name.parts() else {
                    return false;
                };
                let views = self.lineage.of(view);
                let mut fields = views.iter().map(|view| Name::field(view, field));
                // Of a view that nobody has ever seen nobody knows the fields.
                let is_known = |view: &&[u8]| {
                    let name = Name::new(NameKind::View, view);
                    self.there.all.contains(&name) || self.lost.contains(&name)
                };
                !is_alias(view)
                    && views.iter().all(is_known)
                    && !fields.any(|name| self.there.all.contains(&name))
            }
            NameKind::View => !is_alias(&name.text) && !self.there.all.contains(name),
            NameKind::DbtModel => !self.there.all.contains(name) && !self.is_file_of(&name.text),
            _ => !self.there.all.contains(name),
        }
    }

    /// Whether the pattern matches anything, from the root or as of a project in a folder.
    fn is_included(&self, hit: &Hit<'_>) -> bool {
        let folder = hit.file.path.parent();
        let slashes = memchr::memchr_iter(b'/', folder);
        let is_absolute = hit.used.name.text.starts_with(b"/");
        let folders = slashes.chain([folder.len()]).map(|end| &folder[..end]);
        let roots = folders.filter(|root| is_absolute && !root.is_empty());
        let roots = [&b""[..]].into_iter().chain(roots);
        let patterns = roots.filter_map(|root| pattern(hit.used, &hit.file, root));
        let entries = self.candidate.entries();
        patterns.into_iter().any(|pattern| {
            let prefix = pattern.prefix();
            let first = entries.partition_point(|entry| entry.path.as_bytes() < prefix);
            let below = entries[first..].iter();
            let mut below = below.take_while(|entry| entry.path.as_bytes().starts_with(prefix));
            below.any(|entry| pattern.matches(&entry.path))
        })
    }

    /// Whether a file is called so that dbt may take it for this model, whatever it holds.
    fn is_file_of(&self, model: &[u8]) -> bool {
        let mut names = self
            .candidate
            .entries()
            .iter()
            .map(|entry| entry.path.file_name());
        names.any(|name| {
            let rest = name.strip_prefix(model);
            rest.is_some_and(|end| matches!(end, b".sql" | b".py" | b".csv"))
        })
    }
}
