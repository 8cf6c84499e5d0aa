//! A preview as Markdown, for a comment on a pull request. What comes from files stands in it as code only.

mod escape;
mod section;

use std::fmt::Write as _;

use super::sections::sections;
use super::verdict::{count, verdict};
use crate::objects::Note;
use crate::preview::{Impact, Preview, Standing};
use escape::{Block, code};
use section::{Limited, Texts, folded};

/// What the first line is, by which a comment is found again.
const MARKER: &str = "<!-- storyline:preview -->\n";
/// Bytes that are kept for the note about what was cut, and for a page's end.
const NOTE: usize = 400;
/// No section has fewer bytes.
const SMALLEST: usize = 40;
/// One section gets no more than such a part of the whole.
const SHARE: usize = 4;
/// So many things are named that one stands on.
const NAMED: usize = 3;

/// The preview in fewer than `budget` bytes, cut at whole sections with a note that says how many were left
/// out. Below some thousand bytes only the verdict may be left, and the table.
pub fn markdown(preview: &Preview<'_>, budget: usize) -> String {
    let mut out = String::from(MARKER);
    let _ = writeln!(out, "**{}.**\n", verdict(preview));
    let [base, head] = [preview.base, preview.head].map(|name| code(name.as_bytes()));
    let _ = writeln!(out, "From {base} to {head}.");
    table(preview, &mut out);
    let room = budget.saturating_sub(NOTE);
    let share = budget / SHARE;
    let mut page = Page {
        out,
        room,
        left_out: 0,
    };
    impact(preview.impact, share, &mut |part| page.add(|| part));
    let mut texts = Texts::new(preview.canonical);
    for found in sections(preview.objects) {
        page.add(|| format!("\n{}", section::object(&mut texts, &found, share)));
    }
    for rest in &preview.objects.files {
        // A file without text is told among the files.
        if !rest.rest.is_empty() || rest.note != Some(Note::Opaque) {
            page.add(|| format!("\n{}", section::rest(preview.canonical, rest, share)));
        }
    }
    files(preview, share, &mut |part| page.add(|| part));
    let Page {
        mut out, left_out, ..
    } = page;
    if left_out > 0 {
        let sections = count(left_out, ["section is", "sections are"]);
        let _ = writeln!(
            out,
            "\n{sections} left out, since there is no room for more here: \
             `storyline diff … --objects` shows everything."
        );
    }
    out
}

/// A page that grows by whole sections, as far as there is room.
struct Page {
    out: String,
    room: usize,
    left_out: usize,
}

impl Page {
    /// Adds a section, or counts it; one that cannot fit is not even made.
    fn add(&mut self, make: impl FnOnce() -> String) {
        let left = self.room.saturating_sub(self.out.len());
        let made = (left > SMALLEST).then(make);
        match made.filter(|part| part.len() < left) {
            Some(part) => self.out.push_str(&part),
            None => self.left_out += 1,
        }
    }
}

fn table(preview: &Preview<'_>, out: &mut String) {
    let counts = preview.counts();
    if counts.is_empty() {
        return;
    }
    out.push_str("\n| | added | changed | removed | moved or renamed |\n");
    out.push_str("| --- | ---: | ---: | ---: | ---: |\n");
    for (kind, count) in counts {
        let numbers = [
            count.added,
            count.changed,
            count.removed,
            count.moved + count.renamed,
        ];
        let cells = numbers.map(|number| match number {
            0 => String::new(),
            number => number.to_string(),
        });
        let _ = writeln!(out, "| {} | {} |", kind.words(), cells.join(" | "));
    }
}

/// What stands on that, and the list that other tools take.
fn impact(impact: &Impact, limit: usize, add: &mut dyn FnMut(String)) {
    let groups = [
        (&impact.explores, ["explore", "explores"]),
        (&impact.dashboards, ["dashboard", "dashboards"]),
    ];
    for (standing, words) in groups {
        if standing.is_empty() {
            continue;
        }
        let verb = if standing.len() == 1 {
            "stands"
        } else {
            "stand"
        };
        let title = format!("<b>{}</b> {verb} on that", count(standing.len(), words));
        let mut body = Limited::new(limit);
        for (index, one) in standing.iter().enumerate() {
            body.add(|out| {
                let blank = if index == 0 { "\n" } else { "" };
                let _ = writeln!(out, "{blank}- {}: {}", code(&way(one)), on(one));
            });
        }
        if words[0] == "explore" {
            body.add(|out| out.extend(elsewhere(impact)));
        }
        add(format!("\n{}", folded(&title, body, "`--json` has it")));
    }
    let list = explores(impact);
    if !list.is_empty() {
        let mut block = Block::default();
        list.lines().for_each(|line| block.push_plain(line));
        let mut body = Limited::new(limit);
        body.add(|out| {
            out.push('\n');
            block.write("", 0, out);
        });
        let title = "The list of explores for <code>spectacles sql --explores</code>";
        add(format!("\n{}", folded(title, body, "`--explores` has it")));
    }
    // Where nothing was found, this says why that may be.
    if impact.explores.is_empty() {
        elsewhere(impact).into_iter().for_each(add);
    }
}

fn elsewhere(impact: &Impact) -> Option<String> {
    let text = match impact.elsewhere {
        0 => return None,
        1 => "1 include leads to another project, which was not".into(),
        more => format!("{more} includes lead to other projects, which were not"),
    };
    Some(format!("\n{text} looked into.\n"))
}

/// `model/explore`
fn way(standing: &Standing) -> Vec<u8> {
    match standing.model.is_empty() {
        true => standing.name.clone(),
        false => [&*standing.model, b"/", &standing.name].concat(),
    }
}

fn on(standing: &Standing) -> String {
    let named = standing.on.iter().take(NAMED);
    let named = named.map(|step| format!("{} {}", step.kind.word(), code(&step.name)));
    let named = named.collect::<Vec<_>>().join(", ");
    match standing.on.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Files of which nothing was told so far.
fn files(preview: &Preview<'_>, limit: usize, add: &mut dyn FnMut(String)) {
    let report = preview.canonical;
    let mut told = vec![false; report.files.len()];
    for change in &preview.objects.changes {
        for place in change.left.iter().chain(&change.right) {
            told[place.file] = true;
        }
    }
    for rest in &preview.objects.files {
        told[rest.file] |= !rest.rest.is_empty() || rest.note != Some(Note::Opaque);
    }
    let files = report.files.iter().zip(told);
    let left: Vec<_> = files.filter(|(_, told)| !told).map(|(f, _)| f).collect();
    if left.is_empty() {
        return;
    }
    let title = format!(
        "<b>{}</b> without objects",
        count(left.len(), ["file", "files"])
    );
    let mut body = Limited::new(limit);
    body.add(|out| out.push('\n'));
    for file in left {
        body.add(|out| {
            let _ = writeln!(out, "{}", section::file(file));
        });
    }
    add(format!("\n{}", folded(&title, body, "`--json` has it")));
}

/// The explores that stand on what changed, as `model/explore`, one a line: what Spectacles and Looker CI
/// take, also from a shell (`$(cat …)`). One with a name that Looker takes none of is left out.
pub fn explores(impact: &Impact) -> String {
    let is_plain = |name: &[u8]| {
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b"_.-&".contains(b);
        !name.is_empty() && !name.starts_with(b"-") && name.iter().all(plain)
    };
    let mut out = String::new();
    for one in &impact.explores {
        if is_plain(&one.model) && is_plain(&one.name) {
            out.push_str(&String::from_utf8_lossy(&way(one)));
            out.push('\n');
        }
    }
    out
}
