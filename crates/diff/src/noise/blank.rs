//! A file's lines with the names in them blanked out.

use storyline_dbt::Projects;
use storyline_stamp::{Mention, Role, mentions};
use storyline_text::{RelPath, Span};

use crate::lines::lines;

/// A file's lines as they are, and the names in each.
pub(crate) struct Blanked<'t> {
    pub(crate) lines: Vec<&'t [u8]>,
    /// Where each line starts.
    starts: Vec<u32>,
    /// By position; no two overlap, and none goes over the end of a line.
    mentions: Vec<Mention>,
}

impl<'t> Blanked<'t> {
    pub(crate) fn new(path: &RelPath, text: &'t [u8], projects: &Projects) -> Self {
        let lines = lines(text);
        let mut end = 0;
        let starts = lines.iter().map(|line| {
            let start = end;
            end += line.len();
            Span::at(start..end).start
        });
        let starts = starts.collect();
        let mut mentions = mentions(path, text, projects);
        let mut end = 0;
        mentions.retain(|mention| {
            let span = mention.span;
            let is_apart = span.start >= end && !span.slice(text).contains(&b'\n');
            if is_apart {
                end = span.end;
            }
            is_apart
        });
        Self {
            lines,
            starts,
            mentions,
        }
    }

    /// The names in line `at`, counted from 0.
    pub(crate) fn mentions(&self, at: usize) -> &[Mention] {
        let (start, end) = (self.starts[at], self.end(at));
        let first = self.mentions.partition_point(|m| m.span.start < start);
        let past = self.mentions.partition_point(|m| m.span.start < end);
        &self.mentions[first..past]
    }

    /// Which of the names of its kind `mention` is, from 0.
    pub(crate) fn number(&self, mention: &Mention) -> usize {
        let before = self.mentions.iter();
        let before = before.take_while(|other| other.span != mention.span);
        before.filter(|other| other.kind == mention.kind).count()
    }

    fn end(&self, at: usize) -> u32 {
        self.starts.get(at + 1).copied().unwrap_or(u32::MAX)
    }

    /// What line `at` says apart from its names: the same for two lines that differ in names alone.
    pub(crate) fn key(&self, at: usize) -> Vec<u8> {
        let line = self.lines[at];
        let mut key = Vec::with_capacity(line.len());
        let mut copied = 0;
        for mention in self.mentions(at) {
            let name = Span::new(
                mention.span.start - self.starts[at],
                mention.span.end - self.starts[at],
            );
            key.extend(&line[copied..name.range().start]);
            key.push(0);
            key.extend(mention.kind.to_string().bytes());
            key.extend(match mention.role {
                Role::Definition => b"\0d",
                Role::Use => b"\0u",
            });
            copied = name.range().end;
        }
        key.extend(&line[copied..]);
        key
    }

    /// The same for all lines together.
    pub(crate) fn whole_key(&self) -> Vec<u8> {
        (0..self.lines.len()).flat_map(|at| self.key(at)).collect()
    }
}
