//! Which of the moves look like noise, given all of them.
//!
//! - A line in which only the connection is another one is noise.
//! - A model or project is called otherwise only where it gets its name: the model's file, or
//!   `project_name`. That is noise when the name came back in another commit, or when the same words
//!   were put to, taken from or exchanged in another name in the same commit, as a script does it:
//!   `orders` became `orders_dev1`, and `warehouse` `warehouse_dev1`. One model that is called `orders_old`
//!   from now on is a story. A place that refers to a model or project is noise when the same name
//!   became the same other one where it is given, somewhere in the history. An element that now uses
//!   another model is a story.
//! - Any other name (labels, constants, slugs, URLs, and those of dbt) may be what a story is about. It
//!   is noise when it came back at the same place in another commit, or stands in a model's file that
//!   was renamed by the rule above.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use storyline_manifest::Kind;
use storyline_stamp::model_of;

use super::judge::{Move, Moved};
use super::ledger::Ledger;

/// What a commit turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has no noise.
    Story,
    /// It has both.
    Mixed,
    /// All its changes look like noise.
    Noise,
}

/// How many commits and lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Commits.
    pub commits: usize,
    /// Lines that were removed or added.
    pub lines: u64,
}

/// Two names that took each other's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairCount {
    /// What they name.
    pub kind: Kind,
    /// The one that was there first.
    pub from: String,
    /// The other.
    pub to: String,
    /// How many commits put `to` in the place of `from`.
    pub there: usize,
    /// How many did the reverse.
    pub back: usize,
}

/// What became of every commit, and the sums.
#[derive(Clone, Debug)]
pub struct Verdicts {
    /// In the order in which they were given: the verdict, and whether a name that moved in it came
    /// back.
    pub commits: Vec<(Verdict, bool)>,
    /// All commits, and the lines that they changed.
    pub all: Counts,
    /// Commits that are noise, and lines of noise, those of mixed commits too.
    pub noise: Counts,
    /// How many commits are mixed.
    pub mixed: usize,
    /// Of the commits that are noise or mixed, those in which a name moved that came back.
    pub came_back: usize,
    /// The same noise by what was named; a commit and a line count for each kind that is in them.
    pub kinds: BTreeMap<Kind, Counts>,
    /// The most frequent first.
    pub pairs: Vec<PairCount>,
    noise_moves: HashSet<Move>,
}

impl Verdicts {
    /// Whether lines of a commit look like noise.
    pub fn is_noise(&self, moved: &Moved) -> bool {
        moved.moves.iter().all(|one| self.noise_moves.contains(one))
    }
}

pub(crate) fn decide(ledger: Ledger) -> Verdicts {
    let moves = ledger.moves.list();
    let groups = ledger.groups.list();
    let rules = Rules::new(&ledger, &moves, &groups);
    let is_noise: Vec<_> = moves.iter().map(|one| rules.is_noise(one)).collect();
    let came_back: Vec<_> = moves.iter().map(|one| rules.came_back(one)).collect();
    let mut sums = Sums::default();
    let mut commits = Vec::with_capacity(ledger.commits.len());
    // From the oldest, so that a pair of names is told as it came about.
    for commit in ledger.commits.iter().rev() {
        let all = |group: u32| groups[group as usize].iter().map(|at| *at as usize);
        let moved = commit.moved.iter();
        let noise: Vec<_> = moved
            .filter(|(group, _)| all(*group).all(|at| is_noise[at]))
            .collect();
        let verdict = match noise.len() {
            0 => Verdict::Story,
            some if some < commit.moved.len() || commit.is_story => Verdict::Mixed,
            _ => Verdict::Noise,
        };
        let is_back = noise
            .iter()
            .any(|(group, _)| all(*group).any(|at| came_back[at]));
        commits.push((verdict, is_back));
        sums.all.commits += 1;
        sums.all.lines += commit.lines;
        let noise = noise.into_iter();
        let noise = noise.map(|(group, lines)| (all(*group).map(|at| moves[at]).collect(), *lines));
        sums.add(verdict, is_back, &noise.collect::<Vec<_>>());
    }
    commits.reverse();
    let noise_moves = moves
        .iter()
        .zip(&is_noise)
        .filter(|(_, is_noise)| **is_noise);
    let noise_moves = noise_moves.map(|(one, _)| (*one).clone()).collect();
    Verdicts {
        commits,
        all: sums.all,
        noise: sums.noise,
        mixed: sums.mixed,
        came_back: sums.came_back,
        kinds: sums.kinds,
        pairs: sums.pairs.into_sorted(),
        noise_moves,
    }
}

/// What is counted, commit by commit.
#[derive(Default)]
struct Sums {
    all: Counts,
    noise: Counts,
    mixed: usize,
    came_back: usize,
    kinds: BTreeMap<Kind, Counts>,
    pairs: Pairs,
}

impl Sums {
    /// `noise` are the lines of a commit that look like it, with their moves.
    fn add(&mut self, verdict: Verdict, is_back: bool, noise: &[(Vec<&Move>, u64)]) {
        match verdict {
            Verdict::Story => return,
            Verdict::Mixed => self.mixed += 1,
            Verdict::Noise => self.noise.commits += 1,
        }
        self.came_back += usize::from(is_back);
        let mut kinds: BTreeMap<&Kind, u64> = BTreeMap::new();
        let mut names = BTreeSet::new();
        for (moves, lines) in noise {
            self.noise.lines += lines;
            let of: BTreeSet<_> = moves.iter().map(|one| &one.kind).collect();
            of.into_iter()
                .for_each(|kind| *kinds.entry(kind).or_default() += lines);
            names.extend(
                moves
                    .iter()
                    .map(|one| (&one.kind, &*one.from.name, &*one.to.name)),
            );
        }
        for (kind, lines) in kinds {
            let counts = self.kinds.entry(kind.clone()).or_default();
            counts.commits += 1;
            counts.lines += lines;
        }
        names
            .into_iter()
            .for_each(|(kind, from, to)| self.pairs.add(kind, from, to));
    }
}

/// Pairs of names, in the order in which they were seen first.
#[derive(Default)]
struct Pairs {
    numbers: HashMap<(Kind, String, String), usize>,
    list: Vec<PairCount>,
}

impl Pairs {
    fn add(&mut self, kind: &Kind, from: &str, to: &str) {
        let key = |from: &str, to: &str| (kind.clone(), from.to_owned(), to.to_owned());
        if let Some(at) = self.numbers.get(&key(to, from)) {
            self.list[*at].back += 1;
            return;
        }
        let next = self.list.len();
        let at = *self.numbers.entry(key(from, to)).or_insert(next);
        if at == next {
            self.list.push(PairCount {
                kind: kind.clone(),
                from: from.into(),
                to: to.into(),
                there: 0,
                back: 0,
            });
        }
        self.list[at].there += 1;
    }

    fn into_sorted(mut self) -> Vec<PairCount> {
        // Stable: equals stay as they were seen.
        self.list
            .sort_by_key(|pair| std::cmp::Reverse(pair.there + pair.back));
        self.list
    }
}

/// Names of a kind, one that became another.
type Renaming<'m> = (&'m Kind, &'m str, &'m str);

struct Rules<'m> {
    ledger: &'m Ledger,
    /// Where models and projects got other names.
    definitions: BTreeSet<Renaming<'m>>,
    /// Those in which words were exchanged that were so in another name in the same commit.
    scripted: BTreeSet<Renaming<'m>>,
}

fn renaming(one: &Move) -> Renaming<'_> {
    (&one.kind, &one.from.name, &one.to.name)
}

impl<'m> Rules<'m> {
    fn new(ledger: &'m Ledger, moves: &[&'m Move], groups: &[&Vec<u32>]) -> Self {
        let definitions = moves.iter().filter(|one| one.is_definition);
        let mut scripted = BTreeSet::new();
        for commit in &ledger.commits {
            let moved = commit.moved.iter();
            let moved = moved.flat_map(|(group, _)| groups[*group as usize]);
            let moved = moved.map(|at| moves[*at as usize]);
            let named = moved.filter(|one| one.is_definition || one.kind == Kind::Connection);
            let mut exchanges: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
            for (kind, from, to) in named.map(renaming) {
                let words = exchanged(from, to);
                exchanges.entry(words).or_default().insert((kind, from, to));
            }
            let several = exchanges.into_values().filter(|names| names.len() > 1);
            scripted.extend(several.flatten());
        }
        Self {
            ledger,
            definitions: definitions.map(|one| renaming(one)).collect(),
            scripted,
        }
    }

    /// Whether all of the move was undone in another commit.
    fn came_back(&self, one: &Move) -> bool {
        let back = Move {
            from: one.to.clone(),
            to: one.from.clone(),
            ..one.clone()
        };
        let moves = &self.ledger.moves;
        let Some((there, back)) = moves.get(one).zip(moves.get(&back)) else {
            return false;
        };
        let [there, back] = [there, back].map(|at| self.ledger.seen[at as usize]);
        there != back || there.0 != there.1
    }

    fn is_noise(&self, one: &Move) -> bool {
        match &one.kind {
            Kind::Connection => true,
            Kind::Model | Kind::Project => self.is_renaming(renaming(one)),
            _ => self.came_back(one) || self.is_in_renamed(one),
        }
    }

    fn is_renaming(&self, (kind, from, to): Renaming<'_>) -> bool {
        let ways = [(kind, from, to), (kind, to, from)];
        ways.iter().all(|way| self.definitions.contains(way))
            || ways.iter().any(|way| self.scripted.contains(way))
    }

    fn is_in_renamed(&self, one: &Move) -> bool {
        let models = [&one.from.path, &one.to.path].map(model_of);
        let [Some(from), Some(to)] = models else {
            return false;
        };
        from != to && self.is_renaming((&Kind::Model, from, to))
    }
}

/// The words that are exchanged between two names: what is left without those that both begin with, and
/// then those that both end with. `orders` and `orders_dev1` exchange nothing for `dev1`.
fn exchanged<'n>(from: &'n str, to: &'n str) -> (&'n str, &'n str) {
    let is_break = |c: char| !c.is_alphanumeric();
    let ends = |name: &str, at: usize| at == name.len() || name[at..].starts_with(is_break);
    let starts =
        |name: &str, at: usize| ends(name, at) || at == 0 || name[..at].ends_with(is_break);
    let same = from.char_indices().zip(to.chars());
    let same = same.take_while(|((_, a), b)| a == b);
    let same = same.map(|((at, c), _)| at + c.len_utf8());
    let before = same.filter(|at| ends(from, *at) && ends(to, *at)).last();
    let before = before.unwrap_or_default();
    let (from, to) = (&from[before..], &to[before..]);
    let same = from.chars().rev().zip(to.chars().rev());
    let same = same.take_while(|(a, b)| a == b);
    let lengths = same.scan(0, |length, (c, _)| {
        *length += c.len_utf8();
        Some(*length)
    });
    let whole = |length: &usize| starts(from, from.len() - length) && starts(to, to.len() - length);
    let after = lengths.filter(whole).last().unwrap_or_default();
    let rest = |name: &'n str| name[..name.len() - after].trim_matches(is_break);
    (rest(from), rest(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_exchanged() {
        for (from, to, expect) in [
            ("orders", "orders_dev1", ("", "dev1")),
            ("orders_dev1", "orders_dev12", ("dev1", "dev12")),
            ("dev_orders", "prod_orders", ("dev", "prod")),
            ("orders", "dev-orders", ("", "dev")),
            ("a_x_b", "a_b", ("x", "")),
            ("orders", "order", ("orders", "order")),
            ("caf\u{e9}", "caf\u{e9}_\u{e9}", ("", "\u{e9}")),
            ("a", "b", ("a", "b")),
            ("a_a", "a", ("a", "")),
        ] {
            assert_eq!(exchanged(from, to), expect, "{from} {to}");
        }
    }
}
