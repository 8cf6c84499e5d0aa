//! A preview in one sentence.

use std::collections::{BTreeMap, BTreeSet};

use super::sections::{OTHER, Section, rank, sections};
use crate::objects::{Change, ObjectKind, Reason};
use crate::preview::Preview;

/// So many kinds of objects are named one by one.
const KINDS: usize = 6;

/// What a preview comes to, in one sentence without its full stop, which can be read alone. Holds no text
/// of files.
pub fn verdict(preview: &Preview<'_>) -> String {
    let sections = sections(preview.objects);
    let mut parts = changed(&sections);
    if parts.is_empty() {
        parts.extend(text_alone(preview));
    }
    parts.extend(standing(preview, &sections));
    parts.extend(unread(preview));
    let stamps = preview.canonical.only_stamps;
    match (stamps, parts.is_empty()) {
        (0, true) => parts.push("nothing differs".into()),
        (0, false) => {}
        (_, true) => {
            parts.push(format!(
                "nothing differs but stamps, in {}",
                count(stamps, ["file", "files"])
            ));
        }
        (1, false) => parts.push("1 file differs only by stamps".into()),
        (_, false) => parts.push(format!("{stamps} files differ only by stamps")),
    }
    let sentence = parts.join("; ");
    let mut letters = sentence.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, [one, many]: [&str; 2]) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn enumerated(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// `2 views and 1 explore changed`, one for each thing that may happen.
fn changed(sections: &[Section<'_>]) -> Vec<String> {
    let happened = |change: Change| match change {
        Change::Added => Some((0, "added")),
        Change::Changed | Change::Inside => Some((1, "changed")),
        Change::Removed => Some((2, "removed")),
        Change::Moved | Change::Renamed => Some((3, "moved or renamed")),
        Change::Reordered => None,
    };
    let mut by_word: BTreeMap<_, BTreeMap<ObjectKind, usize>> = BTreeMap::new();
    for section in sections {
        if let Some(word) = happened(section.change) {
            let kinds = by_word.entry(word).or_default();
            *kinds.entry(section.step.kind).or_default() += 1;
        }
    }
    let told = by_word.into_iter().map(|((_, word), kinds)| {
        let is_first = |kind: ObjectKind| rank(kind) < OTHER;
        let has_first = kinds.keys().any(|kind| is_first(*kind));
        let (named, others): (Vec<_>, Vec<_>) = kinds
            .iter()
            .partition(|(kind, _)| is_first(**kind) == has_first);
        let words =
            |(kind, number): &(&ObjectKind, &usize)| count(**number, [kind.word(), kind.words()]);
        let mut parts: Vec<_> = named.iter().take(KINDS).map(words).collect();
        let others = named.iter().skip(KINDS).chain(&others);
        match others.map(|(_, number)| **number).sum() {
            0 => {}
            others => parts.push(count(others, ["other object", "other objects"])),
        }
        format!("{} {word}", enumerated(&parts))
    });
    told.collect()
}

/// What there is to say where no object changed.
fn text_alone(preview: &Preview<'_>) -> Option<String> {
    let files = preview.canonical.files.len();
    if files == 0 {
        return None;
    }
    let rests = preview.objects.files.iter();
    let reasons: BTreeSet<_> = rests
        .flat_map(|file| &file.rest)
        .map(|r| r.reason)
        .collect();
    let is_all = |known: &[Reason]| {
        !reasons.is_empty()
            && preview.objects.files.len() == files
            && reasons.iter().all(|reason| known.contains(reason))
    };
    let files = count(files, ["file", "files"]);
    Some(if is_all(&[Reason::Blank]) {
        format!("only blank space differs, in {files}")
    } else if is_all(&[Reason::Blank, Reason::Comments]) {
        format!("only comments and blank space differ, in {files}")
    } else if is_all(&[
        Reason::Blank,
        Reason::Comments,
        Reason::Spelling,
        Reason::Order,
        Reason::Syntax,
    ]) {
        format!("nothing differs in meaning: {files} written otherwise")
    } else {
        format!("no object changed; {files} differ in text, bytes or place")
    })
}

/// `3 explores and 1 dashboard stand on that`.
fn standing(preview: &Preview<'_>, sections: &[Section<'_>]) -> Option<String> {
    let impact = preview.impact;
    let mut parts = Vec::new();
    let counts = [
        (impact.explores.len(), ["explore", "explores"]),
        (impact.dashboards.len(), ["dashboard", "dashboards"]),
    ];
    for (number, words) in counts {
        if number > 0 {
            parts.push(count(number, words));
        }
    }
    use ObjectKind as K;
    let stood_on = [K::View, K::ViewRefinement, K::Explore, K::ExploreRefinement];
    let may = sections.iter().any(|s| stood_on.contains(&s.step.kind));
    let one = impact.explores.len() + impact.dashboards.len() == 1;
    match (parts.is_empty(), may) {
        (false, _) => {
            let verb = if one { "stands" } else { "stand" };
            Some(format!("{} {verb} on that", enumerated(&parts)))
        }
        (true, true) => Some("no explore of a model here stands on that".into()),
        (true, false) => None,
    }
}

/// `2 files do not parse`.
fn unread(preview: &Preview<'_>) -> Option<String> {
    let unread = preview.objects.files.iter().filter(|file| {
        let mut reasons = file.rest.iter().map(|rest| rest.reason);
        reasons.any(|reason| reason == Reason::Unreadable)
    });
    match unread.count() {
        0 => None,
        1 => Some("1 file does not parse".into()),
        more => Some(format!("{more} files do not parse")),
    }
}
