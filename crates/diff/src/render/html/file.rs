//! One file on the page: what it is, its objects, its text.

use super::aligned::{Anchors, table};
use super::markup::Markup;
use super::object::Objects;
use super::words::Sign;
use crate::report::{Content, FileChange, Stand, Status};
use crate::side::Kind;

/// What a file is without the stamps taken out.
#[derive(Clone, Copy)]
pub(crate) enum Raw<'r> {
    /// The same.
    Same,
    /// It differs otherwise.
    Other(&'r FileChange),
    /// It stands under another path, for itself.
    Elsewhere,
}

impl<'r> Raw<'r> {
    /// The file as it is, if the page shows that in the place of `file`.
    fn of(self, file: &'r FileChange) -> &'r FileChange {
        match self {
            Raw::Other(raw) => raw,
            Raw::Same | Raw::Elsewhere => file,
        }
    }
}

/// A file that differs in canonical form.
pub(crate) fn canonical(file: &FileChange, raw: Raw<'_>, objects: &Objects<'_>) -> Markup {
    let mut markup = Markup::default();
    let article = "<article class=\"file\"";
    head([file, raw.of(file)], objects.number, article, &mut markup);
    let text = table(file, objects.number, &objects.anchors());
    match objects.list(text.is_ok()) {
        Ok(list) => markup.add(&list),
        Err(_) => markup
            .html("<p class=\"note\">So much changes here that this page lists no objects.</p>\n"),
    };
    let is_split = !matches!(raw, Raw::Same);
    if is_split {
        markup.html("<div class=\"c\">\n");
    }
    put(&text, &mut markup);
    if is_split {
        markup.html("</div>\n");
    }
    match raw {
        Raw::Same => {}
        Raw::Other(raw) => {
            markup.html("<div class=\"r\">\n");
            put(
                &table(raw, objects.number, &Anchors::default()),
                &mut markup,
            );
            markup.html("</div>\n");
        }
        Raw::Elsewhere => {
            markup.html(
                "<p class=\"note r\">With its stamps, this file has another name: \
                 see further down.</p>\n",
            );
        }
    }
    markup.html("</details></article>\n");
    markup
}

/// A file that differs only as it is.
pub(crate) fn raw(file: &FileChange, number: usize) -> Markup {
    let mut markup = Markup::default();
    head([file; 2], number, "<article class=\"file r\"", &mut markup);
    put(&table(file, number, &Anchors::default()), &mut markup);
    markup.html("</details></article>\n");
    markup
}

fn put<E>(text: &Result<Markup, E>, markup: &mut Markup) {
    match text {
        Ok(text) => markup.add(text),
        Err(_) => {
            markup.html("<p class=\"note\">The text of this file is too long for this page.</p>\n")
        }
    };
}

/// What stands above a file, in canonical form and as it is.
fn head(forms: [&FileChange; 2], number: usize, article: &'static str, markup: &mut Markup) {
    let [file, raw] = forms;
    markup.html(article).html(" id=\"f").number(number);
    markup.html("\" aria-labelledby=\"h").number(number);
    markup.html("\"><details open><summary>");
    markup.html(Sign::of_file(file).html());
    markup.html(" <h3 id=\"h").number(number).html("\">");
    markup.name(file.path().as_bytes()).html("</h3>");
    if (facts(file), file.lines()) == (facts(raw), raw.lines()) {
        facts_and_lines(file, markup);
    } else {
        markup.html("<span class=\"c\">");
        facts_and_lines(file, markup);
        markup.html("</span><span class=\"r\">");
        facts_and_lines(raw, markup);
        markup.html("</span>");
    }
    markup.html("</summary>\n");
}

fn facts_and_lines(file: &FileChange, markup: &mut Markup) {
    for fact in facts(file) {
        markup
            .html(" <span class=\"fact\">")
            .html(fact)
            .html("</span>");
    }
    if let (Status::Moved, Some(left)) = (file.status(), &file.left) {
        markup.html(" <span class=\"fact\">moved, was ");
        markup.name(left.path.as_bytes()).html("</span>");
    }
    let (removed, added) = file.lines();
    if removed + added > 0 {
        markup
            .html(" <span class=\"lines\"><span class=\"a\">+")
            .number(added);
        markup.html("</span> <span class=\"d\">-").number(removed);
        markup.html("</span></span>");
    }
}

/// What is to be said of a file besides its text.
fn facts(file: &FileChange) -> Vec<&'static str> {
    let mut facts = Vec::new();
    let kind = |stand: &Option<Stand>| stand.as_ref().map(|stand| stand.kind);
    match file.status() {
        Status::Added => facts.push("new file"),
        Status::Removed => facts.push("removed"),
        Status::Moved | Status::Changed => {}
    }
    let program = |kind: Option<Kind>| match kind {
        Some(Kind::File { executable }) => executable,
        _ => None,
    };
    let [left, right] = [kind(&file.left), kind(&file.right)];
    match (left, program(left), right, program(right)) {
        (Some(_), Some(false), _, Some(true)) => facts.push("became a program"),
        (_, Some(true), Some(_), Some(false)) => facts.push("is no program any more"),
        (None, _, _, Some(true)) => facts.push("a program"),
        _ => {}
    }
    match right.or(left) {
        Some(Kind::Symlink) => facts.push("a symbolic link, told by its target"),
        Some(Kind::Submodule) => facts.push("a repository of its own"),
        _ => {}
    }
    match file.content {
        Content::Binary => facts.push("binary, not shown"),
        Content::Repository => facts.push("not looked into"),
        Content::Same | Content::Text(_) => {}
    }
    facts
}
