//! Why a story does not come to a stage, for people.

use storyline_promote::{Refusal, Stage, Start, Trouble, Wanted};
use storyline_repo::merge::{Clash, ClashKind};
use storyline_text::{Diagnostic, Label, LineIndex, Span, Visible};

use crate::canon::Canon;
use crate::failure::{Failure, FailureKind, Sources, usage};
use crate::output::count;

/// Places that are shown with their text.
const MAX_SHOWN: usize = 10;

/// The failure of a story that does not come.
pub(super) fn failure(
    _canon: &Canon,
    stage: &mut Stage<'_, '_>,
    start: &Start<'_>,
    wanted: &Wanted,
    refusal: &Refusal,
) -> Result<Failure, Failure> {
    let story = &wanted.revision.story;
    let name = stage.name().to_owned();
    Ok(match refusal {
        Refusal::ManifestOnly => {
            let title = format!("story {story} changes nothing but the manifest");
            let diagnostic = Diagnostic::error("story-manifest-only", title).help(format!(
                "once canonical has it: `storyline promote --manifest --to {name}`"
            ));
            usage(diagnostic)
        }
        Refusal::DependencyMissing { on, revision } => {
            let title = format!(
                "story {story} is built on {on}, revision {}, which is not on {name}",
                revision.short()
            );
            let diagnostic = Diagnostic::error("dependency-missing", title).help(format!(
                "bring both: `storyline promote {on} {story} --to {name}`"
            ));
            Failure::new(FailureKind::Conflict, diagnostic).unchanged()
        }
        Refusal::Conflict(trouble) => conflict(stage, start, wanted, trouble)?,
    })
}

fn conflict(
    stage: &mut Stage<'_, '_>,
    start: &Start<'_>,
    wanted: &Wanted,
    trouble: &Trouble,
) -> Result<Failure, Failure> {
    let story = &wanted.revision.story;
    let name = stage.name().to_owned();
    let files = trouble.clashes.len() + trouble.unclear.len();
    let title = match trouble.off {
        true => format!(
            "the older revision of story {story} does not come off {name}: {}",
            count(files, "file")
        ),
        false => format!(
            "story {story} does not fit onto {name}: {}",
            count(files, "file")
        ),
    };
    let mut diagnostic = Diagnostic::error("landing-conflict", title);
    let mut sources = Sources::new();
    for clash in trouble.clashes.iter().take(MAX_SHOWN) {
        let leaf = stage.workspace.leaf(start.view.tree, &clash.path)?;
        let bytes = leaf.map(|leaf| stage.workspace.read(leaf.id)).transpose()?;
        diagnostic = diagnostic.label(label(clash, bytes.as_deref()));
        if let Some(help) = theirs(clash) {
            diagnostic = diagnostic.help(help);
        }
        sources.extend(bytes.map(|bytes| (clash.path.clone(), bytes)));
    }
    for path in trouble.unclear.iter().take(MAX_SHOWN) {
        let text = "on the stage it holds names that do not belong there";
        diagnostic = diagnostic.label(Label::path(path, text));
    }
    if files > MAX_SHOWN {
        diagnostic = diagnostic.help(format!("{} more are not shown", files - MAX_SHOWN));
    }
    Ok(Failure {
        sources,
        ..Failure::new(FailureKind::Conflict, diagnostic).unchanged()
    })
}

/// Where a clash is, in the stage's file in canonical form.
fn label(clash: &Clash, bytes: Option<&[u8]>) -> Label {
    let path = &clash.path;
    let what = match &clash.why {
        ClashKind::Lines(lines) => {
            let first = lines.first().zip(bytes).and_then(|(first, bytes)| {
                let index = LineIndex::new(bytes);
                let line = u32::try_from(first.line).ok()?;
                let start = index.line_start(line)?;
                let length = first.ours.trim_ascii_end().len();
                Some(Span::at(start as usize..start as usize + length))
            });
            if let Some(span) = first {
                return Label::at(path, span, "both changed these lines");
            }
            "both changed the same lines"
        }
        ClashKind::Bytes => "both changed it, and it is no text",
        ClashKind::AddedTwice => "both added it",
        ClashKind::Gone => "the story changes it, and the stage does not have it",
        ClashKind::Changed => "the story removes it, and the stage has another one",
        ClashKind::Kinds => "it is a file on one side and something else on the other",
        ClashKind::InTheWay => "a file is where a folder is to be",
    };
    Label::path(path, what)
}

/// What the story has at a place.
fn theirs(clash: &Clash) -> Option<String> {
    let ClashKind::Lines(lines) = &clash.why else {
        return None;
    };
    let first = lines.first()?;
    let text = first
        .theirs
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let path = Visible(clash.path.as_bytes());
    Some(match first.theirs.is_empty() {
        true => format!("in {path} the story takes these lines out"),
        false => format!("in {path} the story has `{}`", Visible(text.trim_ascii())),
    })
}
