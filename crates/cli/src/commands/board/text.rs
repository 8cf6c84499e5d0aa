//! The board for people: columns beside each other where a terminal has the room, and below each other elsewhere.

use std::fmt::Write as _;
use std::io::{IsTerminal, stdout};

use storyline_promote::board::{Board, Card, Column, Next, Wrong, age};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::output::short;
use crate::stages::shown;

/// Columns of a terminal that one column of the board takes at least.
const MIN_WIDTH: usize = 26;
const GAP: usize = 2;
/// What stands before a line that goes on.
const INDENT: &str = "    ";

/// Columns of the terminal, if there is one.
pub(super) fn width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size().filter(|_| stdout().is_terminal())?;
    Some(width.0.into())
}

/// The board, within `width` columns if there is a limit.
pub(super) fn text(board: &Board, now: i64, width: Option<usize>) -> String {
    let blocks = board.columns.iter().map(|column| block(column, now));
    let blocks: Vec<_> = blocks.collect();
    let across = |width: usize| (width + GAP) / blocks.len().max(1);
    match width.filter(|width| across(*width) >= MIN_WIDTH + GAP) {
        Some(width) => beside(&blocks, across(width) - GAP),
        None => below(&blocks),
    }
}

/// The lines of a column, each of which may be cut.
fn block(column: &Column, now: i64) -> Vec<String> {
    let mut lines = vec![shown(column.name()).to_string().to_uppercase()];
    let mut facts = format!("{} here", column.stories);
    if column.held > 0 {
        let _ = write!(facts, ", {} held", column.held);
    }
    if column.follows_canonical {
        facts.push_str(", follows canonical");
    }
    lines.push(facts);
    if let Some(what) = &column.wrong {
        wrong(what, "", &mut lines);
    }
    if column.manifest_behind {
        lines.push("! its manifest is not canonical's".into());
    }
    if column.foreign > 0 {
        lines.push(format!("! commits of no story: {}", column.foreign));
    }
    for next in &column.next {
        lines.push(format!("> {}", shown(next)));
    }
    for one in &column.cards {
        lines.push(String::new());
        card(one, now, &mut lines);
    }
    let more = column.stories.saturating_sub(column.cards.len());
    if more > 0 {
        lines.push(String::new());
        lines.push(format!("and {more} that went on or are done"));
    }
    lines
}

fn card(card: &Card, now: i64, lines: &mut Vec<String>) {
    let mut head = card.story.clone();
    if let (Some(revision), Some(since)) = (&card.revision, card.since) {
        let _ = write!(head, " {} {}", short(revision), age(now - since));
    }
    lines.push(head);
    if let Some(what) = &card.wrong {
        wrong(what, "  ", lines);
    }
    let mut say = |text: String| lines.push(format!("  {}", shown(&text)));
    if !card.subject.is_empty() {
        say(card.subject.clone());
    }
    if let Some(gate) = &card.gate {
        let advisory = if gate.advisory { " (advisory)" } else { "" };
        match &gate.held {
            Some(held) => say(format!("- held by {}: {}", held.by, held.reason)),
            None if gate.accepted.is_empty() => {}
            None => say(format!(
                "+ accepted by {}{advisory}",
                gate.accepted.join(", ")
            )),
        }
        if gate.held.is_none() && !gate.accepted.is_empty() && gate.missing > 0 {
            say(format!("~ {} more to accept it", gate.missing));
        }
    }
    if let Some(newer) = &card.newer {
        say(format!("~ {} was handed in since", short(newer)));
    }
    if card.withdrawn {
        say("- withdrawn".into());
    }
    for ask in &card.asks {
        say(format!("~ {ask}"));
    }
    match &card.next {
        None => {}
        Some(Next::Command(command)) => say(format!("> {command}")),
        Some(Next::Merge { branch, into }) => say(format!("> merge {branch} into {into}")),
    }
}

/// Why not all is told.
fn wrong(wrong: &Wrong, indent: &str, lines: &mut Vec<String>) {
    lines.push(format!("{indent}! {}: {}", wrong.id, shown(&wrong.text)));
    let help = wrong.help.iter();
    lines.extend(help.map(|help| format!("{indent}  {}", shown(help))));
}

fn below(blocks: &[Vec<String>]) -> String {
    let blocks = blocks.iter().map(|lines| lines.join("\n") + "\n");
    blocks.collect::<Vec<_>>().join("\n")
}

/// Columns of one width; what is longer goes on in the next line.
fn beside(blocks: &[Vec<String>], width: usize) -> String {
    let blocks: Vec<Vec<String>> = blocks
        .iter()
        .map(|lines| lines.iter().flat_map(|line| folded(line, width)).collect())
        .collect();
    let height = blocks.iter().map(Vec::len).max().unwrap_or_default();
    let mut out = String::new();
    for at in 0..height {
        let cells = blocks.iter().map(|lines| {
            let cell = lines.get(at).map_or("", |line| line.trim_end());
            format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width())))
        });
        let line = cells.collect::<Vec<_>>().join(&" ".repeat(GAP));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A line in pieces that fit; the later ones are indented.
fn folded(line: &str, width: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for word in line.split_inclusive(' ') {
        let mut word = word;
        while piece.width() + word.trim_end().width() > width {
            if word.trim_end().width() > width - INDENT.len() {
                let room = width.saturating_sub(piece.width());
                let at = fitting(word, room);
                piece.push_str(&word[..at]);
                word = &word[at..];
            }
            pieces.push(std::mem::replace(&mut piece, INDENT.into()));
        }
        piece.push_str(word);
    }
    pieces.push(piece);
    pieces
}

/// How many bytes of a text take no more than so many columns.
fn fitting(text: &str, room: usize) -> usize {
    let mut taken = 0;
    let over = text.char_indices().find(|(_, c)| {
        taken += c.width().unwrap_or_default();
        taken > room
    });
    over.map_or(text.len(), |(at, _)| at)
}
