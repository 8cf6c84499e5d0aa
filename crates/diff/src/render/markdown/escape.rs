//! Text of files in Markdown: only ever as code, which nothing in it can end, so that it links, mentions
//! and draws nothing.

use std::fmt::Write as _;

use storyline_text::Visible;

/// Characters of the longest text within a line.
const LONGEST: usize = 160;
/// Characters of the longest line in a block.
const LONGEST_LINE: usize = 1000;

/// Text within a line of Markdown.
pub(super) fn code(text: &[u8]) -> String {
    let shown = cut(text, LONGEST);
    if shown.trim().is_empty() {
        return "(nothing)".into();
    }
    let fence = "`".repeat(longest_run(&shown) + 1);
    let is_edge = |c: char| matches!(c, '`' | ' ');
    let pad = match shown.starts_with(is_edge) || shown.ends_with(is_edge) {
        true => " ",
        false => "",
    };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

/// Text within an HTML tag's content.
pub(super) fn html_code(text: &[u8]) -> String {
    let mut out = String::from("<code>");
    for c in cut(text, LONGEST).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out.push_str("</code>");
    out
}

/// Lines of a block, with what to the left of each says what it is.
#[derive(Default)]
pub(super) struct Block {
    lines: Vec<String>,
}

impl Block {
    pub(super) fn push(&mut self, sign: char, line: &[u8]) {
        let text = cut(line.trim_ascii_end(), LONGEST_LINE);
        self.lines.push(format!("{sign} {text}").trim_end().into());
    }

    /// A line that nothing stands to the left of.
    pub(super) fn push_plain(&mut self, line: &str) {
        self.lines.push(cut(line.as_bytes(), LONGEST_LINE));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The block, each line `indent` blanks from the left.
    pub(super) fn write(&self, language: &str, indent: usize, out: &mut String) {
        let runs = self.lines.iter().map(|line| longest_run(line));
        let fence = "`".repeat(runs.max().map_or(3, |run| (run + 1).max(3)));
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{:indent$}{fence}{language}", "");
        for line in &self.lines {
            let _ = writeln!(out, "{:indent$}{line}", "");
        }
        let _ = writeln!(out, "{:indent$}{fence}", "");
    }
}

/// Text in which nothing acts, tabs being blanks, at most so many characters of it.
fn cut(text: &[u8], longest: usize) -> String {
    // A character has at most four bytes, and what is spelled out only gets longer.
    let near = &text[..text.len().min(4 * longest)];
    let parts = near
        .split(|b| *b == b'\t')
        .map(|part| Visible(part).to_string());
    let shown = parts.collect::<Vec<_>>().join("  ");
    let end = shown.char_indices().nth(longest).map(|(at, _)| at);
    match end {
        None if near.len() == text.len() => shown,
        None => format!("{shown}…"),
        Some(end) => format!("{}…", &shown[..end]),
    }
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}
