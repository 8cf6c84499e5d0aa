//! What became of the objects of one file, parameter by parameter.

use std::collections::BTreeMap;

use super::aligned::{Anchors, Piece, marked, pieces, same};
use super::markup::{Markup, TooLong};
use super::words::{Sign, holds};
use crate::align::marks;
use crate::lines::{Hunk, lines};
use crate::objects::{Change, FileRest, Note, ObjectChange, Order, ParameterChange, Reason, Rest};
use crate::report::Report;

/// Lines around a change within the value of a parameter.
const CONTEXT: usize = 1;
/// The most bytes that the objects of one file get.
const MAX_OBJECTS: usize = 128 << 10;
/// How deep a list is indented at most.
pub(crate) const MAX_DEPTH: usize = 6;
/// The most places that are named for one reason.
const MAX_PLACES: usize = 20;

/// The objects of a file with their numbers on the page, as they are told in it.
pub(crate) struct Objects<'r> {
    pub(crate) report: &'r Report,
    pub(crate) file: usize,
    /// The file's number on the page.
    pub(crate) number: usize,
    pub(crate) changes: Vec<(usize, &'r ObjectChange)>,
    pub(crate) rest: Option<&'r FileRest>,
}

impl Objects<'_> {
    /// The lines of the file's text that objects lead to.
    pub(crate) fn anchors(&self) -> Anchors {
        let mut anchors = Anchors::default();
        let lines = self
            .changes
            .iter()
            .filter_map(|(_, change)| self.line(change));
        for (side, line) in lines {
            anchors[side].insert(line);
        }
        anchors
    }

    /// The first line of the file's text that an object explains, and its side.
    fn line(&self, change: &ObjectChange) -> Option<(usize, usize)> {
        let places = [(1, &change.right), (0, &change.left)];
        places.into_iter().find_map(|(side, place)| {
            let place = place.as_ref().filter(|place| place.file == self.file)?;
            Some((side, place.changed.first()?.start))
        })
    }

    /// The list of objects, and what no object explains.
    ///
    /// # Errors
    /// When it would be longer than that of one file may be.
    pub(crate) fn list(&self, has_text: bool) -> Result<Markup, TooLong> {
        let mut markup = Markup::default();
        if !self.changes.is_empty() {
            markup.html("<ul class=\"objects\">\n");
        }
        for (number, change) in &self.changes {
            self.object(*number, change, has_text, &mut markup)?;
            if markup.len() > MAX_OBJECTS {
                return Err(TooLong);
            }
        }
        if !self.changes.is_empty() {
            markup.html("</ul>\n");
        }
        if let Some(rest) = self.rest {
            self::rest(rest, &mut markup);
        }
        Ok(markup)
    }

    fn object(
        &self,
        number: usize,
        change: &ObjectChange,
        has_text: bool,
        markup: &mut Markup,
    ) -> Result<(), TooLong> {
        let depth = change.place().path.len().clamp(1, MAX_DEPTH);
        markup.html("<li class=\"n").number(depth);
        markup.html("\" id=\"o").number(number).html("\">");
        let step = change.place().step();
        let sign = Sign::of(change.change);
        markup.html(sign.html()).html(" <span class=\"k\">");
        markup.html(step.kind.word()).html("</span> <b>");
        markup.name(&step.name).html("</b>");
        self.fate(change, markup);
        if let Some((side, line)) = self.line(change).filter(|_| has_text) {
            let href = [" <a class=\"c\" href=\"#l", " <a class=\"c\" href=\"#r"][side];
            markup.html(href).number(self.number);
            markup.html("-").number(line + 1).html("\">line ");
            markup.number(line + 1).html("</a>");
        }
        if !change.parameters.is_empty() {
            markup.html(
                "\n<table class=\"parameters\"><colgroup><col><col><col></colgroup><thead><tr><th scope=\"col\">Parameter\
                 <th scope=\"col\">Before<th scope=\"col\">After<tbody>",
            );
            for parameter in &change.parameters {
                self::parameter(parameter, markup)?;
            }
            markup.html("</table>");
        }
        for order in &change.orders {
            self::order(order, markup);
        }
        markup.html("\n");
        Ok(())
    }

    /// What became of an object, in words.
    fn fate(&self, change: &ObjectChange, markup: &mut Markup) {
        markup.html(" <span class=\"fate\">");
        markup.html(match change.change {
            Change::Added => "new",
            Change::Removed => "removed",
            Change::Renamed => "renamed",
            Change::Moved => "moved",
            Change::Reordered => "in another order, which means nothing",
            Change::Changed | Change::Inside => "",
        });
        if !change.holds.is_empty() {
            markup
                .html(", with ")
                .plain(holds(&change.holds).as_bytes());
        }
        if let (Some(left), Some(right)) = (&change.left, &change.right) {
            if left.step().name != right.step().name {
                markup
                    .html(", was <b>")
                    .name(&left.step().name)
                    .html("</b>");
            }
            if left.file != right.file
                && let Some(file) = &self.report.files[left.file].left
            {
                markup
                    .html(", was in <b>")
                    .name(file.path.as_bytes())
                    .html("</b>");
            } else if let (Change::Moved, [.., holder, _]) = (change.change, &*left.path) {
                markup.html(", was in ").html(holder.kind.word());
                markup.html(" <b>").name(&holder.name).html("</b>");
            }
        }
        markup.html("</span>");
    }
}

fn order(order: &Order, markup: &mut Markup) {
    markup.html(match order.matters {
        true => "<p class=\"order\">In another order, which matters: ",
        false => "<p class=\"order\">In another order, which means nothing: ",
    });
    for (index, name) in order.moved.iter().enumerate() {
        markup.html(if index == 0 { "" } else { ", " });
        markup.name(name.as_bytes());
    }
    markup.html("</p>");
}

/// One row for each line of the value, all of them beside the parameter's name.
fn parameter(parameter: &ParameterChange, markup: &mut Markup) -> Result<(), TooLong> {
    let value = |side: usize| {
        let value = [&parameter.left, &parameter.right][side].as_ref();
        value.map_or(&[][..], |value| &value.text)
    };
    let has = [parameter.left.is_some(), parameter.right.is_some()];
    if value(0).len() + value(1).len() > MAX_OBJECTS {
        return Err(TooLong);
    }
    // A text without lines still has a row.
    let texts = [0, 1].map(|side| match lines(value(side)) {
        lines if lines.is_empty() && has[side] => vec![&b""[..]],
        lines => lines,
    });
    let texts = [&*texts[0], &*texts[1]];
    let all = Hunk {
        left: 0..texts[0].len(),
        right: 0..texts[1].len(),
    };
    let hunks = match parameter.hunks.is_empty() {
        true => std::slice::from_ref(&all),
        false => &*parameter.hunks,
    };
    let mut rows: Vec<Piece> = Vec::new();
    pieces(hunks, texts, CONTEXT, &mut |piece| {
        rows.push(piece);
        Ok(())
    })?;
    for (index, row) in rows.iter().enumerate() {
        let [left, right] = match row {
            Piece::Gap(_) => [None, None],
            Piece::Same(left, right) => [Some(*left), Some(*right)],
            Piece::Row(row) => [row.left, row.right],
        };
        markup.html(match (row, left, right) {
            (Piece::Gap(_), ..) => "\n<tr class=gap>",
            (Piece::Same(..), ..) => "\n<tr>",
            (_, Some(_), Some(_)) => "\n<tr class=m>",
            (_, Some(_), None) => "\n<tr class=d>",
            _ => "\n<tr class=a>",
        });
        if index == 0 {
            markup.html("<th scope=\"row\" rowspan=").number(rows.len());
            markup.html(">").name(parameter.name.as_bytes());
        }
        if let Piece::Gap(lines) = row {
            markup.html("<td colspan=2>");
            same(markup, *lines);
            continue;
        }
        let found = match (row, left, right) {
            (Piece::Row(row), Some(a), Some(b)) if row.marks.iter().all(Vec::is_empty) => {
                // A value is short: what little two have in common is worth showing.
                marks(texts[0][a], texts[1][b]).unwrap_or_default()
            }
            (Piece::Row(row), ..) => row.marks.clone(),
            _ => Default::default(),
        };
        for (side, line) in [left, right].into_iter().enumerate() {
            markup.html("<td>");
            if let Some(line) = line {
                marked(markup, side, texts[side][line], &found[side]);
            }
        }
    }
    Ok(())
}

/// What no object explains, reason by reason.
fn rest(rest: &FileRest, markup: &mut Markup) {
    let mut reasons: BTreeMap<Reason, Vec<&Rest>> = BTreeMap::new();
    for part in &rest.rest {
        reasons.entry(part.reason).or_default().push(part);
    }
    let note = rest.note.and_then(|note| match note {
        Note::Syntax => Some("<li>Written in the other syntax of LookML.\n"),
        Note::Mode => Some("<li>Its mode alone differs.\n"),
        // What it is stands beside its name.
        Note::Opaque => None,
    });
    if note.is_none() && reasons.is_empty() {
        return;
    }
    markup
        .html("<ul class=\"rest\">\n")
        .html(note.unwrap_or_default());
    for (reason, parts) in reasons {
        markup
            .html("<li>Text alone, ")
            .html(reason.words())
            .html(": ");
        for (index, part) in parts.iter().take(MAX_PLACES).enumerate() {
            markup.html(if index == 0 { "" } else { ", " });
            let (lines, was) = match part.right.is_empty() {
                true => (&part.left, "removed line "),
                false => (&part.right, "line "),
            };
            markup.html(was).number(lines.start + 1);
            if lines.len() > 1 {
                markup.html("\u{2013}").number(lines.end);
            }
        }
        if let Some(more) = parts.len().checked_sub(MAX_PLACES).filter(|more| *more > 0) {
            markup.html(" and ").number(more).html(" more places");
        }
        markup.html("\n");
    }
    markup.html("</ul>\n");
}
