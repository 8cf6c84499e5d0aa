//! What some files use, their author had, and a tree has not.

use std::collections::{HashMap, HashSet};

use storyline_stamp::{Pattern, ReadError};
use storyline_text::RelPath;

use super::facts::Facts;
use super::lineage::Lineage;
use super::search::{Found, Search, is_file};
use super::{File, Name, NameKind, Used};
use crate::side::{Entry, Side};

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
/// them; a file that only one of them has stands there alone. Reads these files, and those with care that
/// mention the names; only where a name is missing in them, the whole of `candidate` is searched for it.
///
/// # Errors
/// The first file that cannot be read.
pub fn lacking(
    changed: &[File<'_>],
    had: &dyn Side,
    has: &dyn Side,
    candidate: &dyn Side,
) -> Result<Vec<Lacking>, ReadError> {
    let changed: Found = changed
        .iter()
        .map(|file| (file.path.clone(), Facts::read(file.path, file.bytes)))
        .collect();
    let whole = changed.iter().filter(|(_, facts)| !facts.is_broken);
    let uses = whole.flat_map(|(path, facts)| uses_of(facts).map(move |used| Use { path, used }));
    let uses: Vec<_> = uses.collect();
    let search = Search::new(uses.iter().map(|of| &of.used.name));
    let had_facts = search.run(had, &[&changed])?;
    let mut has_facts = search.run(has, &[&changed, &had_facts])?;
    read_beside(&had_facts, has, &mut has_facts)?;
    let differing = Differing::new(&changed, [&had_facts, &has_facts], [had, has]);
    let hits: Vec<_> = uses.iter().filter(|of| differing.is_hit(of)).collect();
    if hits.is_empty() {
        return Ok(Vec::new());
    }
    let search = Search::new(hits.iter().map(|hit| &hit.used.name));
    let there = search.run(candidate, &[])?;
    let judge = Judge {
        there: Names::new(there.values()),
        lineage: Lineage::new(there.values()),
        candidate,
        lost: &differing.lost,
    };
    Ok(judge.told(&hits))
}

/// Reads the files of `side` that stand where these do.
fn read_beside(others: &Found, side: &dyn Side, found: &mut Found) -> Result<(), ReadError> {
    for path in others.keys() {
        let is_there = entry_of(side, path).is_some_and(is_file);
        if is_there && !found.contains_key(path) {
            let facts = Facts::read(path, &side.read(path)?);
            found.insert(path.clone(), facts);
        }
    }
    Ok(())
}

fn entry_of<'s>(side: &'s dyn Side, path: &RelPath) -> Option<&'s Entry> {
    let entries = side.entries();
    let at = entries.binary_search_by(|entry| entry.path.cmp(path));
    at.ok().map(|at| &entries[at])
}

/// What a file uses, each once and where it stands first.
fn uses_of(facts: &Facts) -> impl Iterator<Item = &Used> {
    let mut used: Vec<_> = facts.used.iter().collect();
    used.sort_by_key(|used| used.line);
    let mut seen = HashSet::new();
    used.retain(|used| seen.insert((&used.name, used.may_be_alias)));
    used.into_iter()
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

/// A use of a name.
struct Use<'f> {
    path: &'f RelPath,
    used: &'f Used,
}

/// What the files tell in which the author's tree and the candidate differ.
struct Differing<'f> {
    /// Files that the candidate has not.
    gone: Vec<&'f RelPath>,
    /// What the author has, and the candidate has not there.
    lost: HashSet<&'f Name>,
    there: Names<'f>,
    lineage: Lineage<'f>,
}

impl<'f> Differing<'f> {
    fn new(changed: &'f Found, [had, has]: [&'f Found; 2], sides: [&'f dyn Side; 2]) -> Self {
        let there = Names::new(has.values().chain(changed.values()));
        // What a file that does not parse holds is not known.
        let is_known = |path: &RelPath| has.get(path).is_none_or(|facts| !facts.is_broken);
        let known = had.iter().filter(|(path, _)| is_known(path));
        let mut lost: HashSet<&Name> = known.flat_map(|(_, facts)| names(facts)).collect();
        lost.retain(|name| !there.all.contains(name));
        let files = sides[0].entries().iter().filter(|entry| is_file(entry));
        let is_gone = |path: &&RelPath| entry_of(sides[1], path).is_none();
        Self {
            gone: files.map(|entry| &entry.path).filter(is_gone).collect(),
            lost,
            there,
            lineage: Lineage::new(changed.values().chain(had.values())),
        }
    }

    /// Whether a use may be of what got lost.
    fn is_hit(&self, of: &Use<'f>) -> bool {
        let name = &of.used.name;
        if name.kind == NameKind::Include {
            let pattern = pattern(of, b"");
            return pattern
                .is_some_and(|pattern| self.gone.iter().any(|path| pattern.matches(path)));
        }
        let Some((view, field)) = name.parts() else {
            return self.lost.contains(name);
        };
        let views = self.lineage.of(view);
        let mut fields = views.iter().map(|view| Name::field(view, field));
        let is_there = fields.clone().any(|name| self.there.all.contains(&name));
        !is_there && fields.any(|name| self.lost.contains(&name))
    }
}

fn pattern(of: &Use<'_>, root: &[u8]) -> Option<Pattern> {
    let text = &of.used.name.text;
    match root {
        b"" => Pattern::new(text, of.path.parent(), None),
        root => Pattern::new(&[b"/", root, text].concat(), b"", None),
    }
}

fn is_matched(pattern: &Pattern, name: &Name) -> bool {
    let path = (name.kind == NameKind::Include).then(|| RelPath::new(&name.text));
    path.is_some_and(|path| path.is_ok_and(|path| pattern.matches(&path)))
}

/// All that is to be known of hits.
struct Judge<'f> {
    there: Names<'f>,
    lineage: Lineage<'f>,
    candidate: &'f dyn Side,
    lost: &'f HashSet<&'f Name>,
}

impl<'f> Judge<'f> {
    fn told(&self, hits: &[&Use<'f>]) -> Vec<Lacking> {
        let mut lacking: HashMap<_, Lacking> = HashMap::new();
        for hit in hits.iter().filter(|hit| self.is_lacking(hit)) {
            let name = self.whole(&hit.used.name);
            lacking
                .entry((hit.path, name.clone()))
                .or_insert_with(|| Lacking {
                    path: hit.path.clone(),
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

    fn is_lacking(&self, hit: &Use<'f>) -> bool {
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
    fn is_included(&self, hit: &Use<'_>) -> bool {
        let folder = hit.path.parent();
        let slashes = memchr::memchr_iter(b'/', folder);
        let is_absolute = hit.used.name.text.starts_with(b"/");
        let folders = slashes.chain([folder.len()]).map(|end| &folder[..end]);
        let roots = folders.filter(|root| is_absolute && !root.is_empty());
        let roots = [&b""[..]].into_iter().chain(roots);
        let patterns = roots.filter_map(|root| pattern(hit, root));
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
