//! The board as one page: no script, nothing from elsewhere, fit to be opened from a file, read on a phone and
//! printed.

use storyline_diff::render::{BASE_STYLE, Markup, opening};

use super::age::age;
use super::{Board, Card, Column, GateNow, Next, Wrong};

const STYLE: &str = include_str!("board.css");
/// The hash of both styles, by which the page's policy knows them.
const STYLE_HASH: &str = "sha256-flYSZ5L00wVCAHc7uJ/pLTeBN7nLbs4KRYX9RAJNyU4=";

/// The page, as everything was at `now`, in seconds since 1970; `date` says that for people.
pub fn page(board: &Board, now: i64, date: &str) -> String {
    let mut page = Markup::default();
    opening(
        &mut page,
        b"Stories on their way",
        &[BASE_STYLE, STYLE],
        STYLE_HASH,
    );
    page.html("<a class=\"skip\" href=\"#board\">To the stories</a>\n<header>\n<h1>Stories on their way</h1>\n<p class=\"ends\">As it was on ");
    page.plain(date.as_bytes())
        .html("</p>\n<nav aria-label=\"Stages\"><ul>\n");
    for (number, column) in board.columns.iter().enumerate() {
        page.html("<li><a href=\"#c").number(number).html("\">");
        page.name(column.name().as_bytes())
            .html("</a> <span class=\"k\">");
        page.number(column.cards.len()).html("</span>\n");
    }
    page.html("</ul></nav>\n</header>\n<main id=\"board\">\n");
    let columns: Vec<_> = board.columns.iter().enumerate().collect();
    for group in columns.chunk_by(|(_, a), (_, b)| a.place == b.place) {
        page.html(match group.len() {
            1 => "<div class=\"group\">\n",
            _ => "<div class=\"group several\">\n",
        });
        for (number, one) in group {
            column(*number, one, now, &mut page);
        }
        page.html("</div>\n");
    }
    page.html("</main>\n</body>\n</html>\n");
    page.into_string()
}

impl Column {
    /// What people call it.
    pub fn name(&self) -> &str {
        self.stage.as_deref().unwrap_or("handed in")
    }
}

fn column(number: usize, column: &Column, now: i64, page: &mut Markup) {
    page.html("<section class=\"stage\" id=\"c").number(number);
    page.html("\" aria-labelledby=\"h").number(number);
    page.html("\">\n<h2 id=\"h").number(number).html("\">");
    page.name(column.name().as_bytes())
        .html("</h2>\n<p class=\"k\">");
    page.number(column.stories);
    page.html(if column.stories == 1 {
        " story"
    } else {
        " stories"
    });
    if column.held > 0 {
        page.html(", ").number(column.held).html(" held");
    }
    if column.follows_canonical {
        page.html(", follows canonical");
    }
    page.html("</p>\n");
    if let Some(what) = &column.wrong {
        wrong(what, page);
    }
    if column.manifest_behind {
        page.html("<p class=\"note\">Its manifest is not canonical\u{2019}s.</p>\n");
    }
    if column.foreign > 0 {
        page.html("<p class=\"note\">").number(column.foreign);
        page.html(match column.foreign {
            1 => " commit is no story\u{2019}s.</p>\n",
            _ => " commits are no story\u{2019}s.</p>\n",
        });
    }
    for next in &column.next {
        page.html("<p class=\"all\"><span class=\"k\">next for all</span> <code>");
        page.name(next.as_bytes()).html("</code></p>\n");
    }
    if column.cards.is_empty() && column.wrong.is_none() {
        page.html("<p class=\"k none\">Nothing waits here.</p>\n");
    } else if !column.cards.is_empty() {
        page.html("<ul class=\"cards\">\n");
        for one in &column.cards {
            card(one, now, page);
        }
        page.html("</ul>\n");
    }
    let more = column.stories.saturating_sub(column.cards.len());
    if more > 0 {
        page.html("<p class=\"k\">And ")
            .number(more)
            .html(" that went on or are done.</p>\n");
    }
    page.html("</section>\n");
}

fn card(card: &Card, now: i64, page: &mut Markup) {
    let is_held = card.gate.as_ref().is_some_and(|gate| gate.held.is_some());
    page.html(match is_held || card.withdrawn || card.wrong.is_some() {
        true => "<li class=\"card stopped\">\n<h3>",
        false => "<li class=\"card\">\n<h3>",
    });
    page.name(card.story.as_bytes())
        .html("</h3> <span class=\"k\">");
    if let Some(since) = card.since {
        page.plain(age(now - since).as_bytes());
    }
    page.html("</span>\n");
    if !card.subject.is_empty() {
        page.html("<p>")
            .name(card.subject.as_bytes())
            .html("</p>\n");
    }
    if let Some(revision) = &card.revision {
        page.html("<p class=\"k\">revision <code>");
        page.name(short(revision).as_bytes()).html("</code></p>\n");
    }
    if let Some(what) = &card.wrong {
        wrong(what, page);
    }
    if let Some(gate) = &card.gate {
        standing(gate, page);
    }
    if let Some(newer) = &card.newer {
        page.html("<p><span class=\"s v\">&gt;</span> revision <code>");
        page.name(short(newer).as_bytes())
            .html("</code> was handed in since</p>\n");
    }
    if card.withdrawn {
        page.html("<p><span class=\"s d\">-</span> withdrawn</p>\n");
    }
    for ask in &card.asks {
        page.html("<p><span class=\"s m\">~</span> ")
            .name(ask.as_bytes())
            .html("</p>\n");
    }
    match &card.next {
        None => {}
        Some(Next::Command(command)) => {
            page.html("<p class=\"next\"><code>")
                .name(command.as_bytes())
                .html("</code></p>\n");
        }
        Some(Next::Merge { branch, into }) => {
            page.html("<p class=\"next\">merge <code>")
                .name(branch.as_bytes());
            page.html("</code> into <code>")
                .name(into.as_bytes())
                .html("</code></p>\n");
        }
    }
}

fn wrong(wrong: &Wrong, page: &mut Markup) {
    page.html("<p class=\"note\"><code>")
        .name(wrong.id.as_bytes());
    page.html("</code> ")
        .name(wrong.text.as_bytes())
        .html("</p>\n");
    for help in &wrong.help {
        page.html("<p class=\"k\">").name(help.as_bytes());
        page.html("</p>\n");
    }
}

fn standing(gate: &GateNow, page: &mut Markup) {
    if let Some(held) = &gate.held {
        page.html("<p><span class=\"s d\">-</span> held by ")
            .name(held.by.as_bytes());
        if !held.reason.is_empty() {
            page.html(": ").name(held.reason.as_bytes());
        }
        page.html("</p>\n");
        return;
    }
    if !gate.accepted.is_empty() {
        page.html("<p><span class=\"s a\">+</span> accepted by ");
        page.name(gate.accepted.join(", ").as_bytes());
        page.html(if gate.advisory {
            " <span class=\"k\">(advisory)</span></p>\n"
        } else {
            "</p>\n"
        });
        if gate.missing > 0 {
            page.html("<p><span class=\"s m\">~</span> ")
                .number(gate.missing)
                .html(" more to accept it</p>\n");
        }
    }
}

/// Enough of an id to tell it by.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}
