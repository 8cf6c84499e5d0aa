//! Diagnostics on standard error, in the form that compilers made familiar.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anstream::ColorChoice;
use storyline_text::{Diagnostic, Label, LineIndex, RelPath, Severity, Visible};

use crate::excerpt::{Excerpt, excerpt};
use crate::failure::{Failure, Sources};

/// Diagnostics that are shown in full; a broken project may have thousands.
const MAX_SHOWN: usize = 50;

/// Tells why a command ended, and when it `changes_files` that it has changed none.
pub(crate) fn failure(failure: &Failure, changes_files: bool) {
    diagnostics(&failure.diagnostics, &failure.sources);
    if failure.unchanged && changes_files {
        say("nothing was changed\n");
    }
}

/// Shows diagnostics, with excerpts of those files that are at hand.
pub(crate) fn diagnostics(diagnostics: &[Diagnostic], sources: &Sources) {
    let choice = anstream::AutoStream::choice(&std::io::stderr());
    let printer = Printer::new(choice, sources);
    for diagnostic in diagnostics.iter().take(MAX_SHOWN) {
        say(&format!("{}\n\n", printer.render(diagnostic)));
    }
    let hidden = diagnostics.len().saturating_sub(MAX_SHOWN);
    if hidden > 0 {
        say(&format!(
            "{hidden} more are not shown; `--format json` has them all\n"
        ));
    }
}

/// Our own mistake; the panic's message stands above.
pub(crate) fn bug() {
    say(
        "error: this is a bug in storyline, please report it; the next command in this folder \
         restores what an interrupted one left\n",
    );
}

/// Writes to standard error; there is nowhere to report that this failed.
pub(crate) fn say(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Turns diagnostics into text.
pub(crate) struct Printer<'s> {
    renderer: Renderer,
    sources: BTreeMap<&'s RelPath, Shown<'s>>,
}

/// A file without what may be secret.
struct Shown<'s> {
    bytes: Cow<'s, [u8]>,
    lines: LineIndex,
}

impl<'s> Printer<'s> {
    /// With box drawing and colours for terminals that want them, plain text for all else.
    pub(crate) fn new(choice: ColorChoice, sources: &'s Sources) -> Self {
        let renderer = match choice {
            ColorChoice::Never => Renderer::plain(),
            _ => Renderer::styled().decor_style(DecorStyle::Unicode),
        };
        // Once a file: thousands of diagnostics may point into one.
        let sources = sources.iter().map(|(file, source)| {
            let bytes = match storyline_dbt::is_profiles(file) {
                true => storyline_dbt::masked(source).into(),
                false => Cow::from(source),
            };
            let lines = LineIndex::new(source);
            (file, Shown { bytes, lines })
        });
        Self {
            renderer,
            sources: sources.collect(),
        }
    }

    /// One diagnostic with its excerpts, without a line end.
    pub(crate) fn render(&self, diagnostic: &Diagnostic) -> String {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Notice => Level::NOTE,
        };
        let excerpts: Vec<_> = diagnostic
            .labels
            .iter()
            .map(|label| self.excerpt(label))
            .collect();
        let title = level.primary_title(visible(&diagnostic.title));
        let mut group = Group::with_title(title.id(diagnostic.id));
        for (index, (label, excerpt)) in diagnostic.labels.iter().zip(&excerpts).enumerate() {
            let path = label.file.to_string();
            let kind = match index {
                0 => AnnotationKind::Primary,
                _ => AnnotationKind::Context,
            };
            group = match excerpt {
                Some(excerpt) => {
                    let mut mark = kind.span(excerpt.span.clone());
                    if !label.text.is_empty() {
                        mark = mark.label(visible(&label.text));
                    }
                    let snippet = Snippet::source(&excerpt.text).line_start(excerpt.line);
                    group.element(snippet.path(path).fold(false).annotation(mark))
                }
                None => {
                    let group = group.element(Origin::path(path));
                    match label.text.is_empty() {
                        true => group,
                        false => group.element(Level::NOTE.message(visible(&label.text))),
                    }
                }
            };
        }
        for help in &diagnostic.help {
            group = group.element(Level::HELP.message(visible(help)));
        }
        self.renderer.render(&[group])
    }

    fn excerpt(&self, label: &Label) -> Option<Excerpt> {
        let span = label.span?;
        let Shown { bytes, lines } = self.sources.get(&label.file)?;
        let line = lines.line(span.start);
        Some(match label.masked {
            true => excerpt(&bytes[..bytes.len().min(span.end as usize)], span, line).masked(),
            false => excerpt(bytes, span, line),
        })
    }
}

/// Titles may quote names out of files.
fn visible(text: &str) -> String {
    let lines = text
        .split('\n')
        .map(|line| Visible(line.as_bytes()).to_string());
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use storyline_folder::ApplyError;

    use super::*;
    use crate::failure::FailureKind;

    /// Races that no test can bring about from outside.
    #[track_caller]
    fn check(error: ApplyError, kind: FailureKind) -> String {
        let failure = Failure::from(error);
        assert_eq!(failure.kind, kind);
        Printer::new(ColorChoice::Never, &failure.sources).render(&failure.diagnostics[0])
    }

    fn path(path: &str) -> RelPath {
        RelPath::new(path.as_bytes()).expect("a plain path")
    }

    #[test]
    fn a_file_that_somebody_changed_meanwhile() {
        let path = path("models/orders.model.lkml");
        let told = check(ApplyError::ChangedMeanwhile { path }, FailureKind::Conflict);
        insta::assert_snapshot!(told, @r"
        error[changed-meanwhile]: models/orders.model.lkml was changed while the command ran
        --> models/orders.model.lkml
         = help: run the command again when nobody else is changing the project
         = help: nothing was changed: every file is as it was before
        ");
    }

    #[test]
    fn a_folder_that_another_process_changes() {
        let told = check(ApplyError::Busy { pid: Some(7) }, FailureKind::Conflict);
        insta::assert_snapshot!(told, @r"
        error[folder-busy]: process 7 is changing this folder
         |
         = help: nothing was changed; wait until it has ended, then run the command again
        ");
    }
}
