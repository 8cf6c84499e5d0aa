//! The top of the page: what the change comes to, in a table and two lists.

use super::markup::Markup;
use crate::objects::{Count, Step};
use crate::preview::{Preview, Standing};

/// The most explores, and dashboards, that are listed.
const MAX_STANDING: usize = 200;
/// The most things that one of them is said to stand on.
const MAX_ON: usize = 6;

/// The table of counts, what stands on the change, and what is not told.
pub(crate) fn summary(preview: &Preview<'_>, markup: &mut Markup) {
    markup.html("<div class=\"summary\">\n");
    counts(preview, markup);
    impact(preview, markup);
    markup.html("</div>\n");
    let mut told = |number: usize, text: &'static str, texts: &'static str| {
        if number > 0 {
            markup.html("<p class=\"aside\">").number(number);
            markup
                .html(if number == 1 { text } else { texts })
                .html("</p>\n");
        }
    };
    told(
        preview.canonical.only_stamps,
        " file differs by nothing but its stamps.",
        " files differ by nothing but their stamps.",
    );
    told(
        preview.canonical.repositories,
        " repository inside was not looked into.",
        " repositories inside were not looked into.",
    );
}

fn counts(preview: &Preview<'_>, markup: &mut Markup) {
    let counts = preview.counts();
    if counts.is_empty() {
        return;
    }
    markup.html(
        "<section class=\"counts\" aria-labelledby=\"counts\">\n<h2 id=\"counts\">Counts</h2>\n\
         <table><thead><tr><th scope=\"col\">Kind\
         <th scope=\"col\"><span class=\"s a\">+</span> New\
         <th scope=\"col\"><span class=\"s d\">-</span> Removed\
         <th scope=\"col\"><span class=\"s m\">~</span> Changed\
         <th scope=\"col\"><span class=\"s v\">&gt;</span> Moved<tbody>\n",
    );
    for (kind, count) in &counts {
        markup.html("<tr><th scope=\"row\">").html(kind.words());
        let Count {
            added,
            removed,
            changed,
            moved,
            renamed,
            ..
        } = count;
        for number in [*added, *removed, *changed, moved + renamed] {
            match number {
                0 => markup.html("<td class=\"zero\">0"),
                _ => markup.html("<td>").number(number),
            };
        }
        markup.html("\n");
    }
    markup.html("</table>\n</section>\n");
}

fn impact(preview: &Preview<'_>, markup: &mut Markup) {
    let impact = preview.impact;
    if impact.explores.is_empty() && impact.dashboards.is_empty() {
        return;
    }
    markup.html(
        "<section class=\"impact\" aria-labelledby=\"impact\">\n\
         <h2 id=\"impact\">What stands on the change</h2>\n",
    );
    standing("Explores", &impact.explores, markup);
    standing("Dashboards", &impact.dashboards, markup);
    if impact.elsewhere > 0 {
        markup.html("<p class=\"aside\">Includes of other projects, not looked into: ");
        markup.number(impact.elsewhere).html("</p>\n");
    }
    markup.html("</section>\n");
}

fn standing(title: &'static str, all: &[Standing], markup: &mut Markup) {
    if all.is_empty() {
        return;
    }
    markup.html("<details open><summary><h3>").html(title);
    markup.html("</h3> <span class=\"k\">").number(all.len());
    markup.html("</span></summary>\n<ul>\n");
    for one in all.iter().take(MAX_STANDING) {
        markup.html("<li><b>").name(&one.name).html("</b>");
        if !one.model.is_empty() {
            markup
                .html(" <span class=\"k\">in model</span> ")
                .name(&one.model);
        }
        markup.html(" <span class=\"k\">by</span> ");
        for (index, Step { kind, name }) in one.on.iter().take(MAX_ON).enumerate() {
            markup.html(if index == 0 { "" } else { ", " });
            markup.html(kind.word()).html(" ").name(name);
        }
        if let Some(more) = one.on.len().checked_sub(MAX_ON).filter(|more| *more > 0) {
            markup.html(" and ").number(more).html(" more");
        }
        markup.html("\n");
    }
    markup.html("</ul>");
    if let Some(more) = all.len().checked_sub(MAX_STANDING).filter(|more| *more > 0) {
        markup
            .html("<p class=\"aside\">And ")
            .number(more)
            .html(" more.</p>");
    }
    markup.html("</details>\n");
}
