//! The files of one commit, one after the other: which lines changed, and in which only names did.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use storyline_dbt::{Projects, is_profiles, masked};
use storyline_manifest::Kind;
use storyline_stamp::{Mention, Role, may_mention, model_of};
use storyline_text::RelPath;

use super::blank::Blanked;
use crate::lines::{Hunk, hunks, lines};

/// A name in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub path: RelPath,
    /// Which of the names of its kind in the file it is, from 0; 0 for all connections, models and
    /// projects, which are known by their names alone.
    pub at: usize,
    /// The name that stands there.
    pub name: String,
}

/// A name that became another one at the same place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Move {
    /// What it names.
    pub kind: Kind,
    /// Whether the project gets its own name there: a model's file, or `project_name`.
    pub is_definition: bool,
    /// Before.
    pub from: Place,
    /// After. The path is another one when a model was renamed.
    pub to: Place,
}

/// Lines, or a file, of which nothing changed but these names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// All that the lines have in common, at least one.
    pub moves: Vec<Move>,
    /// How many lines were removed and added; none of a file that only got another name.
    pub lines: u64,
    /// The first of the lines.
    pub sample: Option<Sample>,
}

/// One line before and after, without line ends and secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The file afterwards.
    pub path: RelPath,
    /// The line's number afterwards, from 1.
    pub line: u32,
    /// The line before.
    pub before: Vec<u8>,
    /// The line after.
    pub after: Vec<u8>,
}

/// What one commit changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// How many lines were removed and added, in all files that were looked at.
    pub lines: u64,
    /// Whether something changed that is no name.
    pub is_story: bool,
    /// Where only names did.
    pub moved: Vec<Moved>,
}

/// Takes the files that one commit changed.
pub struct Judge<'p> {
    projects: &'p Projects,
    /// By the names that moved, how many lines, and the first of them.
    moved: BTreeMap<Vec<Move>, (u64, Option<Sample>)>,
    lines: u64,
    is_story: bool,
    /// Model files that are gone, and that are new.
    removed: Vec<File>,
    added: Vec<File>,
}

impl<'p> Judge<'p> {
    /// `projects` are the dbt projects around the files.
    pub fn new(projects: &'p Projects) -> Self {
        Self {
            projects,
            moved: BTreeMap::new(),
            lines: 0,
            is_story: false,
            removed: Vec::new(),
            added: Vec::new(),
        }
    }

    /// Whether a file has to be read. What is not is a [`Judge::story`].
    pub fn wants(&self, path: &RelPath) -> bool {
        may_mention(path, self.projects)
    }

    /// Something changed that is not worth reading, or cannot be read.
    pub fn story(&mut self) {
        self.is_story = true;
    }

    /// A file that was added.
    pub fn added(&mut self, path: &RelPath, text: &[u8]) {
        match model_of(path) {
            Some(_) => self.added.push((path.clone(), text.into())),
            None => self.whole(text),
        }
    }

    /// A file that was removed.
    pub fn removed(&mut self, path: &RelPath, text: &[u8]) {
        match model_of(path) {
            Some(_) => self.removed.push((path.clone(), text.into())),
            None => self.whole(text),
        }
    }

    fn whole(&mut self, text: &[u8]) {
        self.is_story = true;
        self.lines += lines(text).len() as u64;
    }

    /// A file that is where it was.
    pub fn changed(&mut self, path: &RelPath, left: &[u8], right: &[u8]) {
        let hunks = hunks(left, right);
        let sizes = hunks.iter().map(|hunk| hunk.left.len() + hunk.right.len());
        self.lines += sizes.sum::<usize>() as u64;
        let is_both = |hunk: &&Hunk| !hunk.left.is_empty() && !hunk.right.is_empty();
        let both: Vec<_> = hunks.iter().filter(is_both).collect();
        self.is_story |= both.len() < hunks.len() || hunks.is_empty();
        let texts = [lines(left), lines(right)];
        let may_move = |hunk: &&Hunk| {
            let [left, right] = [&texts[0][hunk.left.clone()], &texts[1][hunk.right.clone()]];
            left.iter().any(|line| may_name(path, line))
                && right.iter().any(|line| may_name(path, line))
        };
        if !both.iter().any(may_move) {
            self.is_story = true;
            return;
        }
        let sides = Sides::new((path, left), (path, right), self.projects);
        for hunk in both {
            let pairs = sides.matching(hunk.left.clone(), hunk.right.clone());
            self.is_story |= pairs.len() < hunk.left.len().max(hunk.right.len());
            for (left, right) in pairs {
                self.names_or_story(&sides, left, right);
            }
        }
    }

    /// Everything together, once all files were given.
    pub fn finish(mut self) -> Judged {
        self.pair_models();
        let rest = std::mem::take(&mut self.removed).into_iter();
        let rest = rest.chain(std::mem::take(&mut self.added));
        rest.for_each(|(_, text)| self.whole(&text));
        let moved = self.moved.into_iter();
        let moved = moved.map(|(moves, (lines, sample))| Moved {
            moves,
            lines,
            sample,
        });
        Judged {
            lines: self.lines,
            is_story: self.is_story,
            moved: moved.collect(),
        }
    }

    /// Takes out the models that were renamed: gone here and new there, in one folder, with the same
    /// text but for names.
    fn pair_models(&mut self) {
        if self.removed.is_empty() || self.added.is_empty() {
            return;
        }
        let mut groups: BTreeMap<_, [Vec<File>; 2]> = BTreeMap::new();
        let sides = [&mut self.removed, &mut self.added].map(std::mem::take);
        for (side, files) in sides.into_iter().enumerate() {
            for (path, text) in files {
                let key = Blanked::new(&path, &text, self.projects).whole_key();
                let group = groups.entry((path.parent().to_vec(), key)).or_default();
                group[side].push((path, text));
            }
        }
        for [removed, mut added] in groups.into_values() {
            for from in removed {
                match nearest(&from.0, &added) {
                    Some(at) => self.renamed(&from, &added.remove(at)),
                    None => self.removed.push(from),
                }
            }
            self.added.extend(added);
        }
    }

    fn renamed(&mut self, (from, left): &File, (to, right): &File) {
        let place = |path: &RelPath| Place {
            path: path.clone(),
            at: 0,
            name: model_of(path).unwrap_or_default().into(),
        };
        let (left_name, right_name) = (place(from), place(to));
        if left_name.name == right_name.name {
            self.is_story = true;
        } else {
            let definition = Move {
                kind: Kind::Model,
                is_definition: true,
                from: left_name,
                to: right_name,
            };
            self.moved.entry(vec![definition]).or_default();
        }
        let sides = Sides::new((from, left), (to, right), self.projects);
        for at in 0..sides.left.lines.len() {
            if sides.left.lines[at] == sides.right.lines[at] {
                continue;
            }
            self.lines += 2;
            self.names_or_story(&sides, at, at);
        }
    }

    /// Two lines that differ in names at most.
    fn names_or_story(&mut self, sides: &Sides<'_>, left: usize, right: usize) {
        let moves = sides.moves(left, right);
        if moves.is_empty() {
            self.is_story = true;
            return;
        }
        let (lines, sample) = self.moved.entry(moves).or_default();
        *lines += 2;
        sample.get_or_insert_with(|| sides.sample(left, right));
    }
}

/// A file and its bytes.
type File = (RelPath, Vec<u8>);

/// The most files of one text among which the likeliest name is looked for.
const MAX_COMPARED: usize = 100;

/// Which of `files` has the name that is most like that of `path`.
fn nearest(path: &RelPath, files: &[File]) -> Option<usize> {
    let name = path.file_name();
    let likeness = |other: &[u8]| {
        let before = name.iter().zip(other).take_while(|(a, b)| a == b);
        let after = name.iter().rev().zip(other.iter().rev());
        before.count() + after.take_while(|(a, b)| a == b).count()
    };
    let files = files.iter().take(MAX_COMPARED).enumerate();
    let best = files.max_by_key(|(at, (path, _))| (likeness(path.file_name()), Reverse(*at)));
    best.map(|(at, _)| at)
}

/// Whether a name may stand in a line that changed, so that the file is worth parsing. Views and
/// dashboards, which most files are, have one of a few words on the line of every name. A project's own
/// name as the first folder in a list of includes alone has none, and is then taken for a story.
fn may_name(path: &RelPath, line: &[u8]) -> bool {
    let name = path.file_name();
    let is_view = name.ends_with(b".view.lkml") || name.ends_with(b".explore.lkml");
    let is_dashboard = name.ends_with(b".dashboard.lookml");
    if !is_view && !is_dashboard {
        return true;
    }
    WORDS.is_match(line)
}

/// What stands on the line of every name in views and dashboards.
static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = [
        "connection",
        "model",
        "include",
        "dashboard",
        "explore/",
        "extensions/",
        "applications/",
        "slug",
        "//",
    ];
    AhoCorasick::new(words).expect("a few short words")
});

/// One file before and after.
struct Sides<'t> {
    left: Blanked<'t>,
    right: Blanked<'t>,
    paths: [&'t RelPath; 2],
    texts: [&'t [u8]; 2],
}

impl<'t> Sides<'t> {
    fn new(
        (from, left): (&'t RelPath, &'t [u8]),
        (to, right): (&'t RelPath, &'t [u8]),
        projects: &Projects,
    ) -> Self {
        Self {
            left: Blanked::new(from, left, projects),
            right: Blanked::new(to, right, projects),
            paths: [from, to],
            texts: [left, right],
        }
    }

    /// Pairs of lines, one of each range, that differ in names at most; in order.
    fn matching(&self, left: Range<usize>, right: Range<usize>) -> Vec<(usize, usize)> {
        let left_keys: Vec<_> = left.clone().map(|at| self.left.key(at)).collect();
        let right_keys: Vec<_> = right.clone().map(|at| self.right.key(at)).collect();
        if left_keys == right_keys {
            return left.zip(right).collect();
        }
        let ops = capture_diff_slices(Algorithm::Myers, &left_keys, &right_keys).into_iter();
        let same = ops.filter_map(|op| match op {
            DiffOp::Equal {
                old_index,
                new_index,
                len,
            } => Some((left.start + old_index, right.start + new_index, len)),
            _ => None,
        });
        same.flat_map(|(left, right, len)| (0..len).map(move |at| (left + at, right + at)))
            .collect()
    }

    /// The names that are others in two lines that differ in nothing else.
    fn moves(&self, left: usize, right: usize) -> Vec<Move> {
        let [from_path, to_path] = self.paths;
        let pairs = self.left.mentions(left).iter();
        let pairs = pairs.zip(self.right.mentions(right));
        let moves = pairs.filter(|(from, to)| from.name != to.name);
        let moves = moves.map(|(from, to)| Move {
            kind: from.kind.clone(),
            is_definition: from.role == Role::Definition,
            from: place(from_path, from, &self.left),
            to: place(to_path, to, &self.right),
        });
        let mut moves: Vec<_> = moves.collect();
        moves.sort();
        moves.dedup();
        moves
    }

    fn sample(&self, left: usize, right: usize) -> Sample {
        let [path, now] = self.paths;
        Sample {
            path: now.clone(),
            line: u32::try_from(right + 1).unwrap_or(u32::MAX),
            before: shown(path, self.texts[0], left),
            after: shown(now, self.texts[1], right),
        }
    }
}

fn place(path: &RelPath, mention: &Mention, file: &Blanked<'_>) -> Place {
    let is_known = matches!(mention.kind, Kind::Connection | Kind::Model | Kind::Project);
    Place {
        path: path.clone(),
        at: if is_known { 0 } else { file.number(mention) },
        name: mention.name.clone(),
    }
}

/// Line `at` of a file, with stars in place of what may be secret.
fn shown(path: &RelPath, text: &[u8], at: usize) -> Vec<u8> {
    let masked = is_profiles(path).then(|| masked(text));
    let text = masked.as_deref().unwrap_or(text);
    let line = lines(text).get(at).copied().unwrap_or_default();
    line.trim_ascii_end().to_vec()
}
