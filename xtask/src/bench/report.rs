//! The figures, each beside its goal.

use std::fmt::Write as _;

/// What a figure should be.
pub(crate) struct Goal(Option<(String, bool)>);

impl Goal {
    /// At least `wanted`; `words` say it.
    pub(crate) fn least(words: &str, measured: f64, wanted: f64) -> Self {
        Self::met(&format!("at least: {words}"), measured, measured >= wanted)
    }

    /// At most `wanted`; `words` say it.
    pub(crate) fn most(words: &str, measured: f64, wanted: f64) -> Self {
        Self::met(&format!("at most: {words}"), measured, measured <= wanted)
    }

    /// Something to compare with.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    fn met(words: &str, measured: f64, met: bool) -> Self {
        let verdict = if met { "met" } else { "MISSED" };
        Self(Some((format!("{words} ({verdict}: {measured:.2})"), met)))
    }
}

/// Rows as they are measured.
pub(crate) struct Report {
    input: String,
    rows: Vec<[String; 3]>,
}

impl Report {
    /// `input` says what is measured.
    pub(crate) fn new(input: String) -> Self {
        let rows = Vec::new();
        Self { input, rows }
    }

    pub(crate) fn row(&mut self, what: &str, figure: String, goal: Goal) {
        let goal = goal.0.map_or_else(|| "-".into(), |(words, _)| words);
        self.rows.push([what.into(), figure, goal]);
    }

    pub(crate) fn text(&self) -> String {
        let mut out = format!("{}\n", self.input);
        for [what, figure, goal] in &self.rows {
            push(&mut out, &format!("{what}\n    {figure}\n    {goal}"));
        }
        out
    }

    pub(crate) fn markdown(&self) -> String {
        let mut out = format!("{}\n\n", self.input);
        push(&mut out, "| what | measured | goal |");
        push(&mut out, "| --- | --- | --- |");
        for row in &self.rows {
            push(&mut out, &format!("| {} |", row.join(" | ")));
        }
        out
    }
}

fn push(out: &mut String, line: &str) {
    writeln!(out, "{line}").expect("a String takes everything");
}
