//! A preview as one page: no script, nothing from elsewhere, fit to be opened from a file, read on a phone
//! and printed.

mod aligned;
mod file;
mod head;
mod markup;
mod object;
mod tree;
mod words;

pub use markup::Markup;

use std::collections::BTreeMap;

use storyline_text::RelPath;

use crate::objects::{FileRest, ObjectChange};
use crate::preview::Preview;
use crate::render::verdict::verdict;
use crate::report::{FileChange, Report};
use file::Raw;
use object::Objects;
use tree::Tree;
use words::Sign;

/// Looks that all pages have: colours in both themes, headings, links, focus, signs.
pub const BASE_STYLE: &str = include_str!("base.css");
const STYLE: &str = include_str!("style.css");
/// The hash of both styles, by which the page's policy knows them.
const STYLE_HASH: &str = "sha256-95lRNS9gZyFyMZpm16gO6pUR7pdxxXTXmsSJs9C8vzE=";
/// The most bytes of all files together. With the tree and the head, a page stays below 2 MiB.
const MAX_FILES: usize = 1280 << 10;

/// The page. It shows what the reports hold and nothing else: secrets are hidden in them before. Takes time
/// in proportion to the files that differ; the page has less than 2 MiB, and files that have no room are
/// counted at its end.
pub fn html(preview: &Preview<'_>) -> String {
    let body = Body::new(preview);
    let mut page = Markup::default();
    let title = [preview.base.as_bytes(), preview.head.as_bytes()].join(" \u{2192} ".as_bytes());
    opening(&mut page, &title, &[BASE_STYLE, STYLE], STYLE_HASH);
    page.html("<a class=\"skip\" href=\"#changes\">To the changes</a>\n<header>\n<h1>");
    page.plain(verdict(preview).as_bytes());
    page.html("</h1>\n<p class=\"ends\"><b>");
    page.name(preview.base.as_bytes());
    page.html(
        "</b> <span aria-hidden=\"true\">\u{2192}</span><span class=\"hidden\">to</span> <b>",
    );
    page.name(preview.head.as_bytes());
    page.html("</b></p>\n");
    head::summary(preview, &mut page);
    page.html(
        "</header>\n<div class=\"columns\">\n<nav aria-label=\"What changes\">\n\
         <details open><summary><h2>What changes</h2></summary>\n",
    );
    body.tree.html(&mut page);
    page.html("</details>\n</nav>\n");
    body.main(&mut page);
    page.html("</div>\n</body>\n</html>\n");
    page.into_string()
}

/// All that stands before what is seen on a page: its policy, which allows these styles by their common hash and
/// nothing else, and its title.
pub fn opening(page: &mut Markup, title: &[u8], styles: &[&'static str], hash: &'static str) {
    page.html(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '",
    );
    page.html(hash);
    page.html(
        "'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>",
    );
    page.plain(title).html("</title>\n<style>");
    for style in styles {
        page.html(style);
    }
    page.html("</style>\n</head>\n<body>\n");
}

/// What depends on how much room there is.
struct Body<'r> {
    files: Markup,
    tree: Tree<'r>,
    /// How many files are not shown.
    left_out: usize,
    /// Whether something is not the same with stamps.
    is_split: bool,
}

impl<'r> Body<'r> {
    fn new(preview: &Preview<'r>) -> Self {
        let report = preview.canonical;
        let mut body = Self {
            files: Markup::default(),
            tree: Tree::new(report),
            left_out: 0,
            is_split: false,
        };
        let mut changes: BTreeMap<usize, Vec<(usize, &ObjectChange)>> = BTreeMap::new();
        for (number, change) in preview.objects.changes.iter().enumerate() {
            let of = changes.entry(change.place().file).or_default();
            of.push((number, change));
        }
        let rests = preview.objects.files.iter().map(|rest| (rest.file, rest));
        let rests: BTreeMap<usize, &FileRest> = rests.collect();
        let mut raws = by_paths(preview.raw);
        for (index, file) in report.files.iter().enumerate() {
            let raw = match raws.remove(&paths(file)) {
                Some(raw) if raw == file => Raw::Same,
                Some(raw) => Raw::Other(raw),
                None => Raw::Elsewhere,
            };
            body.is_split |= !matches!(raw, Raw::Same);
            let objects = Objects {
                report,
                file: index,
                number: index,
                changes: changes.remove(&index).unwrap_or_default(),
                rest: rests.get(&index).copied(),
            };
            let is_shown = body.put(|| file::canonical(file, raw, &objects));
            body.tree.file(index, &objects.changes, index, is_shown);
        }
        // What is left differs only as it is.
        let numbers = report.files.len()..;
        for (number, file) in numbers.zip(raws.into_values()) {
            body.is_split = true;
            let is_shown = body.put(|| file::raw(file, number));
            let path = file.path().as_bytes();
            body.tree.raw(path, Sign::of_file(file), number, is_shown);
        }
        body
    }

    /// The files, and the switch between their two forms.
    fn main(&self, page: &mut Markup) {
        page.html("<main id=\"changes\">\n<h2 class=\"hidden\">File by file</h2>\n");
        if self.is_split {
            page.html(
                "<fieldset class=\"form\"><legend>Text</legend>\
                 <label><input type=\"radio\" name=\"form\" id=\"canonical\" checked> canonical</label>\
                 <label><input type=\"radio\" name=\"form\" id=\"raw\"> raw, stamps and all</label>\
                 </fieldset>\n",
            );
        }
        page.add(&self.files);
        if self.left_out > 0 {
            page.html("<p class=\"note\">").number(self.left_out);
            page.html(if self.left_out == 1 {
                " file is"
            } else {
                " files are"
            });
            page.html(
                " left out, so that this page stays small: \
                 <code>storyline diff \u{2026}</code> shows everything.</p>\n",
            );
        }
        page.html("</main>\n");
    }

    /// Adds a file; once there was no room for one, no other is made.
    fn put(&mut self, file: impl FnOnce() -> Markup) -> bool {
        if self.left_out == 0 {
            let file = file();
            if self.files.len() + file.len() <= MAX_FILES {
                self.files.add(&file);
                return true;
            }
        }
        self.left_out += 1;
        false
    }
}

type Paths<'r> = [Option<&'r RelPath>; 2];

fn paths(file: &FileChange) -> Paths<'_> {
    [&file.left, &file.right].map(|stand| stand.as_ref().map(|stand| &stand.path))
}

/// The files of a report by their paths on both sides, which no two have.
fn by_paths(report: &Report) -> BTreeMap<Paths<'_>, &FileChange> {
    report
        .files
        .iter()
        .map(|file| (paths(file), file))
        .collect()
}
