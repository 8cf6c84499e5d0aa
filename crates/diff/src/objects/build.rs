//! The report of objects, from what comparisons found and the hunks of the text report.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use memchr::memchr_iter;
use storyline_dbt::is_profiles;
use storyline_text::{LineIndex, Span};

use super::across::Trees;
use super::compare::{At, Draft};
use super::kind::ObjectKind;
use super::parameter::{Shown, parameter};
use super::report::{
    Change, FileRest, Note, ObjectChange, ObjectReport, Order, Place, Reason, Step,
};
use super::sheet::Sheet;
use super::tree::{Role, Tree};
use crate::report::{Content, FileChange, Report, bytes_of};
use crate::side::Kind;

/// What the report of objects is made of.
pub(crate) struct Material<'a, 's> {
    pub(crate) report: &'a Report,
    pub(crate) trees: &'a Trees<'s>,
    /// Which files do not parse on one of their sides.
    pub(crate) broken: &'a [bool],
}

/// A draft with what is needed to put it in its place.
struct Entry {
    draft: usize,
    /// File, line, right after left, and the draft itself.
    at: (usize, usize, bool, usize),
}

impl Material<'_, '_> {
    pub(crate) fn build(&self, drafts: &[Draft]) -> ObjectReport {
        let indices = self.indices(drafts);
        let order = self.in_order(drafts, &indices);
        let changes = order
            .iter()
            .map(|draft| self.change(&drafts[*draft], &indices));
        let mut changes: Vec<_> = changes.collect();
        let mut place_of = vec![None; drafts.len()];
        (order.iter().enumerate()).for_each(|(at, draft)| place_of[*draft] = Some(at));
        let parents = order.iter().map(|draft| place_of[drafts[*draft].parent?]);
        let parents: Vec<_> = parents.collect();
        let files = self.attribute(&mut changes, &parents);
        ObjectReport { changes, files }
    }

    fn tree(&self, at: At, side: usize) -> &Tree<'_> {
        let tree = self.trees[at.file][side].as_ref();
        tree.expect("a draft is about nodes of trees")
    }

    /// Lines of the files that drafts are about.
    fn indices(&self, drafts: &[Draft]) -> Vec<[Option<LineIndex>; 2]> {
        let mut indices: Vec<_> = self.trees.iter().map(|_| [None, None]).collect();
        for draft in drafts {
            for (side, at) in draft.sides.iter().enumerate() {
                let Some(at) = at else { continue };
                let shown = self.tree(*at, side).shown();
                indices[at.file][side].get_or_insert_with(|| LineIndex::new(shown));
            }
        }
        indices
    }

    fn shown<'b>(
        &'b self,
        at: At,
        side: usize,
        indices: &'b [[Option<LineIndex>; 2]],
    ) -> Shown<'b> {
        let index = indices[at.file][side].as_ref();
        Shown {
            tree: self.tree(at, side),
            index: index.expect("made for every file of a draft"),
        }
    }

    /// The drafts that are told, by file and place, each after what holds it.
    fn in_order(&self, drafts: &[Draft], indices: &[[Option<LineIndex>; 2]]) -> Vec<usize> {
        let mut told = vec![false; drafts.len()];
        for (index, draft) in drafts.iter().enumerate() {
            let mut at = (draft.change != Change::Inside).then_some(index);
            while let Some(draft) = at.filter(|at| !told[*at]) {
                told[draft] = true;
                at = drafts[draft].parent;
            }
        }
        let is_file = |draft: usize| {
            let draft = &drafts[draft];
            let sides = draft.sides.iter().enumerate();
            let mut nodes =
                sides.filter_map(|(side, at)| at.map(|at| self.tree(at, side).node(at.node)));
            let file = Role::Object(ObjectKind::File);
            draft.change == Change::Inside && nodes.all(|node| node.role == file)
        };
        let mut children: BTreeMap<Option<usize>, Vec<Entry>> = BTreeMap::new();
        for draft in (0..drafts.len()).filter(|draft| told[*draft] && !is_file(*draft)) {
            let parent = drafts[draft].parent.filter(|parent| !is_file(*parent));
            let at = self.position(&drafts[draft], indices, draft);
            children
                .entry(parent)
                .or_default()
                .push(Entry { draft, at });
        }
        let mut order = Vec::new();
        let mut open: Vec<Entry> = Vec::new();
        let mut next = children.remove(&None);
        loop {
            if let Some(mut entries) = next.take() {
                entries.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.at));
                open.extend(entries);
            }
            let Some(entry) = open.pop() else { break };
            order.push(entry.draft);
            next = children.remove(&Some(entry.draft));
        }
        order
    }

    fn position(
        &self,
        draft: &Draft,
        indices: &[[Option<LineIndex>; 2]],
        index: usize,
    ) -> (usize, usize, bool, usize) {
        let line = |at: At, side: usize| {
            let shown = self.shown(at, side, indices);
            shown.lines(shown.tree.node(at.node).span).start
        };
        match draft.sides {
            [_, Some(right)] => (right.file, line(right, 1), true, index),
            [Some(left), None] => {
                let line = self.on_the_right(left.file, line(left, 0));
                (left.file, line, false, index)
            }
            [None, None] => (0, 0, false, index),
        }
    }

    /// The line on the right that stands where a line of the left was.
    fn on_the_right(&self, file: usize, line: usize) -> usize {
        let Content::Text(hunks) = &self.report.files[file].content else {
            return line;
        };
        let before = hunks.partition_point(|hunk| hunk.left.end <= line);
        match hunks.get(before) {
            Some(hunk) if hunk.left.start <= line => hunk.right.start,
            _ => match before.checked_sub(1) {
                Some(last) => hunks[last].right.end + (line - hunks[last].left.end),
                None => line,
            },
        }
    }

    fn change(&self, draft: &Draft, indices: &[[Option<LineIndex>; 2]]) -> ObjectChange {
        let place = |side: usize| {
            let at = draft.sides[side]?;
            let shown = self.shown(at, side, indices);
            Some(Place {
                file: at.file,
                path: path(shown.tree, at.node),
                lines: shown.lines(shown.tree.node(at.node).span),
                changed: Vec::new(),
            })
        };
        let shown = |side: usize| draft.sides[side].map(|at| self.shown(at, side, indices));
        let sides = [shown(0), shown(1)];
        let parameters = draft.parameters.iter();
        let mut parameters: Vec<_> = parameters.map(|nodes| parameter(&sides, *nodes)).collect();
        parameters.sort_by_key(|parameter| {
            let value = parameter.right.as_ref().or(parameter.left.as_ref());
            value.map_or(0, |value| value.lines.start)
        });
        let orders = draft.orders.iter().map(|moved| Order {
            matters: moved.matters,
            moved: (moved.pairs.iter())
                .filter_map(|[_, node]| Some(sides[1].as_ref()?.label(*node)))
                .collect(),
        });
        let is_whole = matches!(draft.change, Change::Added | Change::Removed);
        let mut holds = BTreeMap::new();
        for (side, at) in draft.sides.iter().enumerate().filter(|_| is_whole) {
            let Some(at) = at else { continue };
            let tree = self.tree(*at, side);
            if tree.node(at.node).role != Role::Object(ObjectKind::File) {
                count(tree, at.node, &mut holds);
            }
        }
        ObjectChange {
            change: draft.change,
            left: place(0),
            right: place(1),
            parameters,
            orders: orders.collect(),
            holds,
        }
    }

    /// Says of every changed line which object explains it, and gives what is left of each file.
    fn attribute(&self, changes: &mut [ObjectChange], parents: &[Option<usize>]) -> Vec<FileRest> {
        let mut by_file: Vec<Vec<u32>> = self.trees.iter().map(|_| Vec::new()).collect();
        for (index, change) in changes.iter().enumerate() {
            let files = [&change.left, &change.right].map(|place| place.as_ref().map(|at| at.file));
            for (side, file) in files.iter().enumerate() {
                if let Some(file) = file.filter(|_| side == 0 || files[0] != files[1]) {
                    by_file[file].push(index as u32);
                }
            }
        }
        let mut out = Vec::new();
        for (index, file) in self.report.files.iter().enumerate() {
            let note = self.note(index, file);
            let rest = match &file.content {
                Content::Text(_) => self.attribute_file(index, &by_file[index], changes, parents),
                _ => Vec::new(),
            };
            if note.is_some() || !rest.is_empty() {
                let file = index;
                out.push(FileRest { file, note, rest });
            }
        }
        out
    }

    fn attribute_file(
        &self,
        index: usize,
        known: &[u32],
        changes: &mut [ObjectChange],
        parents: &[Option<usize>],
    ) -> Vec<super::Rest> {
        let file = &self.report.files[index];
        let Content::Text(hunks) = &file.content else {
            return Vec::new();
        };
        // Nobody is told more of secrets than that they differ.
        let is_secret = is_profiles(file.path());
        let shown = [&file.left, &file.right].map(|stand| match bytes_of(stand) {
            bytes if is_secret => Cow::Owned(storyline_dbt::masked(bytes)),
            bytes => Cow::Borrowed(bytes),
        });
        let mut sheet = Sheet::new([&shown[0], &shown[1]], is_secret);
        for owner in known {
            let change = &changes[*owner as usize];
            for (side, lines) in explained(change, index) {
                sheet.explain(side, lines, *owner);
            }
        }
        let mut found: Vec<(u32, usize, Range<usize>)> = Vec::new();
        // Lines of what stands in another order may be taken for others than those that moved. What
        // holds others stands before them, and is asked last.
        for owner in known.iter().rev() {
            let change = &changes[*owner as usize];
            let places = [&change.left, &change.right].map(|place| place.as_ref());
            for (side, place) in places.into_iter().enumerate() {
                if let Some(place) = place.filter(|p| p.file == index && !change.orders.is_empty())
                {
                    sheet.explain_code(side, place.lines.clone(), *owner);
                }
            }
        }
        let holder = |owner: u32, side: usize, line: Option<usize>| {
            let mut owner = owner as usize;
            loop {
                let place = [&changes[owner].left, &changes[owner].right][side].as_ref();
                match place.filter(|place| place.file == index) {
                    // Of what is not there on this side, what held it may be told.
                    None => owner = parents[owner]?,
                    Some(place) if line.is_none_or(|line| place.lines.contains(&line)) => {
                        return Some(owner as u32);
                    }
                    Some(_) => return None,
                }
            }
        };
        sheet.explained(hunks, holder, |owner, side, lines| {
            found.push((owner, side, lines))
        });
        for (owner, side, lines) in found {
            let change = &mut changes[owner as usize];
            if let Some(place) = [&mut change.left, &mut change.right][side].as_mut() {
                place.changed.push(lines);
            }
        }
        sheet.rest(hunks, self.whole_reason(index, self.note(index, file)))
    }

    fn note(&self, index: usize, file: &FileChange) -> Option<Note> {
        let stands = || file.left.iter().chain(&file.right);
        let is_file = |kind: Kind| matches!(kind, Kind::File { .. });
        if matches!(file.content, Content::Binary | Content::Repository)
            || stands().any(|stand| !is_file(stand.kind))
        {
            return Some(Note::Opaque);
        }
        if let (Some(left), Some(right), Content::Same) = (&file.left, &file.right, &file.content)
            && left.path == right.path
        {
            return Some(Note::Mode);
        }
        match &self.trees[index] {
            [Some(left), Some(right)] if left.legacy != right.legacy => Some(Note::Syntax),
            _ => None,
        }
    }

    fn whole_reason(&self, index: usize, note: Option<Note>) -> Option<Reason> {
        let [left, right] = &self.trees[index];
        match note {
            _ if self.broken[index] => Some(Reason::Unreadable),
            Some(Note::Syntax) => Some(Reason::Syntax),
            _ if left.is_none() && right.is_none() => Some(Reason::NoObject),
            _ => None,
        }
    }
}

/// The lines of a file that an object's change is about.
fn explained(change: &ObjectChange, file: usize) -> Vec<(usize, Range<usize>)> {
    let places = [&change.left, &change.right].map(|place| place.as_ref());
    let files = places.map(|place| place.map(|place| place.file));
    let mut out = Vec::new();
    let parameters = change.parameters.iter();
    for parameter in parameters {
        let values = [&parameter.left, &parameter.right];
        for (side, value) in values.into_iter().enumerate() {
            if let Some(value) = value.as_ref().filter(|_| files[side] == Some(file)) {
                out.push((side, value.lines.clone()));
            }
        }
    }
    for (side, place) in places.into_iter().enumerate() {
        let Some(place) = place.filter(|place| place.file == file) else {
            continue;
        };
        let is_file = place.step().kind == ObjectKind::File;
        match change.change {
            _ if place.lines.len() == 1 && change.change != Change::Inside => {
                out.push((side, place.lines.clone()));
            }
            Change::Added | Change::Removed | Change::Moved if !is_file => {
                out.push((side, place.lines.clone()));
            }
            Change::Renamed if files[0] != files[1] => out.push((side, place.lines.clone())),
            Change::Renamed => out.push((side, place.lines.start..place.lines.start + 1)),
            _ => {}
        }
    }
    out
}

/// The objects around a node and it itself; a file that only holds others is left out.
pub(crate) fn path(tree: &Tree<'_>, node: u32) -> Vec<Step> {
    let mut path = Vec::new();
    let mut at = Some(node);
    while let Some(index) = at.filter(|index| *index != u32::MAX) {
        let found = tree.node(index);
        if let Role::Object(kind) = found.role
            && (kind != ObjectKind::File || path.is_empty())
        {
            let name = tree.text(found.name).to_vec();
            path.push(Step { kind, name });
        }
        at = Some(found.parent);
    }
    path.reverse();
    path
}

/// The objects below a node, by kind.
fn count(tree: &Tree<'_>, node: u32, holds: &mut BTreeMap<ObjectKind, usize>) {
    let below = node as usize + 1..tree.node(node).end as usize;
    for node in &tree.nodes[below] {
        if let Role::Object(kind) = node.role {
            *holds.entry(kind).or_default() += 1;
        }
    }
}

/// The lines of a span, from 0, without empty ones at its end.
pub(crate) fn lines_of(index: &LineIndex, source: &[u8], span: Span) -> Range<usize> {
    let text = span.slice(source).trim_ascii_end();
    let start = index.line(span.start) as usize - 1;
    start..start + memchr_iter(b'\n', text).count() + 1
}
