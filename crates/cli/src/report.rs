//! Diagnostics on standard error, in the form that compilers made familiar.

use std::io::Write;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use storyline_text::{Diagnostic, Label, Severity, Visible};

use crate::excerpt::{Excerpt, excerpt};
use crate::failure::{Failure, Sources};
use crate::output::count;

/// Diagnostics that are shown in full; a broken project may have thousands.
const MAX_SHOWN: usize = 50;

/// Tells why a command ended.
pub(crate) fn failure(failure: &Failure) {
    diagnostics(&failure.diagnostics, &failure.sources);
    let hidden = failure.diagnostics.len().saturating_sub(MAX_SHOWN);
    let mut last = Vec::new();
    if hidden > 0 {
        last.push(format!("{} more", count(hidden, "error")));
    }
    last.extend(failure.unchanged.clone());
    if !last.is_empty() {
        say(&format!("{}\n", last.join("; ")));
    }
}

/// Shows diagnostics, with excerpts of those files that are at hand.
pub(crate) fn diagnostics(diagnostics: &[Diagnostic], sources: &Sources) {
    let renderer = match is_coloured() {
        true => Renderer::styled().decor_style(DecorStyle::Unicode),
        false => Renderer::plain(),
    };
    for diagnostic in diagnostics.iter().take(MAX_SHOWN) {
        say(&format!("{}\n\n", render(&renderer, diagnostic, sources)));
    }
}

/// Our own mistake; the panic's message stands above.
pub(crate) fn bug() {
    say(
        "error: this is a bug in storyline, please report it; the next command in this folder \
         restores what an interrupted one left\n",
    );
}

/// anstream takes colours out again where they are not wanted; this decides about the box drawing.
fn is_coloured() -> bool {
    let choice = anstream::AutoStream::choice(&std::io::stderr());
    choice != anstream::ColorChoice::Never
}

/// Writes to standard error; there is nowhere to report that this failed.
pub(crate) fn say(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

fn render(renderer: &Renderer, diagnostic: &Diagnostic, sources: &Sources) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Notice => Level::NOTE,
    };
    let excerpts: Vec<_> = diagnostic
        .labels
        .iter()
        .map(|label| excerpt_of(label, sources))
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
    renderer.render(&[group])
}

fn excerpt_of(label: &Label, sources: &Sources) -> Option<Excerpt> {
    let span = label.span?;
    Some(excerpt(sources.get(&label.file)?, span))
}

/// Titles may quote names out of files.
fn visible(text: &str) -> String {
    let lines = text
        .split('\n')
        .map(|line| Visible(line.as_bytes()).to_string());
    lines.collect::<Vec<_>>().join("\n")
}
