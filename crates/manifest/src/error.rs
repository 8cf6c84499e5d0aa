//! What can be wrong, and where. Nobody branches on which mistake a manifest holds, so its errors
//! are diagnostics from the start; what callers do branch on has a type of its own.

use std::fmt;

use storyline_text::{Diagnostic, Label, RelPath, Span};

/// Bytes of a manifest file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The manifest file.
    pub file: RelPath,
    /// Bytes of that file.
    pub span: Span,
}

impl Place {
    pub(crate) fn new(file: &RelPath, span: Span) -> Self {
        let file = file.clone();
        Self { file, span }
    }

    /// Points at the place, saying what is to be seen there.
    pub fn label(&self, text: impl Into<String>) -> Label {
        Label::at(&self.file, self.span, text)
    }
}

/// Every error found in a manifest's files, by file and position; never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ManifestErrors(Vec<Diagnostic>);

impl ManifestErrors {
    /// The errors.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0
    }

    /// The errors, to keep.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.0
    }
}

impl fmt::Display for ManifestErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles: Vec<&str> = self.0.iter().map(|d| d.title.as_str()).collect();
        f.write_str(&titles.join("; "))
    }
}

/// Errors as they are found, in any order.
#[derive(Default)]
pub(crate) struct Report(Vec<Diagnostic>);

impl Report {
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// `value` if nothing was found.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, ManifestErrors> {
        if self.0.is_empty() {
            return Ok(value);
        }
        Err(self.into_errors())
    }

    /// What was found. A mistake in a template shows once, however many environments use it.
    pub(crate) fn into_errors(mut self) -> ManifestErrors {
        self.0.sort_by_cached_key(|d| {
            let first = d.labels.first().map(|l| (l.file.clone(), l.span));
            (first, d.id, d.title.clone())
        });
        self.0.dedup();
        ManifestErrors(self.0)
    }
}

/// No environment has the name that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the manifest has no environment `{name}`")]
pub struct UnknownEnvironment {
    /// What was asked for.
    pub name: String,
    /// The name that was probably meant.
    pub nearest: Option<String>,
    /// The names that there are, sorted.
    pub known: Vec<String>,
}

impl UnknownEnvironment {
    /// The same for people.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("unknown-environment", self.to_string()).help(did_you_mean(
            self.nearest.as_deref(),
            "environments",
            &self.known,
        ))
    }
}

/// The entry of `known` that `word` is probably a slip of.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    let distance = |k: &'a str| (strsim::damerau_levenshtein(word, k), k);
    let best = known.into_iter().map(distance).min()?;
    (best.0 <= limit).then_some(best.1)
}

/// A sentence that offers `nearest`, or else everything that is known.
pub(crate) fn did_you_mean<S: AsRef<str>>(
    nearest: Option<&str>,
    what: &str,
    known: &[S],
) -> String {
    match nearest {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => format!("there are no {what}"),
        None => format!("{what}: {}", listed(known)),
    }
}

/// Words in code marks, separated by commas.
pub(crate) fn listed<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<String> = words.iter().map(|w| format!("`{}`", w.as_ref())).collect();
    quoted.join(", ")
}
