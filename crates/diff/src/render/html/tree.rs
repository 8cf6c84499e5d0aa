//! The tree of objects on the left, each with a link to its place.

use super::markup::Markup;
use super::object::MAX_DEPTH;
use super::words::Sign;
use crate::objects::{ObjectChange, ObjectKind};
use crate::report::Report;

/// The most bytes of the tree.
const MAX_TREE: usize = 512 << 10;

/// What stands at the top of the tree, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Models,
    Views,
    Dashboards,
    Dbt,
    Project,
    Files,
    Stamps,
}

const GROUPS: [(Group, &str); 7] = [
    (Group::Models, "Models and explores"),
    (Group::Views, "Views"),
    (Group::Dashboards, "Dashboards"),
    (Group::Dbt, "dbt"),
    (Group::Project, "Includes, project"),
    (Group::Files, "Text of other files"),
    (Group::Stamps, "Only stamps"),
];

impl Group {
    fn of(kind: ObjectKind) -> Self {
        use ObjectKind as Kind;
        match kind {
            Kind::Model | Kind::Explore | Kind::ExploreRefinement => Self::Models,
            Kind::View | Kind::ViewRefinement => Self::Views,
            Kind::Dashboard => Self::Dashboards,
            kind if kind >= Kind::DbtProject => Self::Dbt,
            _ => Self::Project,
        }
    }
}

/// The tree, piece by piece.
pub(crate) struct Tree<'r> {
    groups: [Vec<Markup>; GROUPS.len()],
    report: &'r Report,
    size: usize,
    left_out: usize,
}

impl<'r> Tree<'r> {
    pub(crate) fn new(report: &'r Report) -> Self {
        Self {
            groups: Default::default(),
            report,
            size: 0,
            left_out: 0,
        }
    }

    /// The objects of a file with their numbers on the page; the file itself where it has none.
    /// Without `is_shown` there is nothing on the page to lead to.
    pub(crate) fn file(
        &mut self,
        file: usize,
        changes: &[(usize, &ObjectChange)],
        number: usize,
        is_shown: bool,
    ) {
        if changes.is_empty() {
            let file = &self.report.files[file];
            let sign = Sign::of_file(file);
            return self.path(Group::Files, sign, file.path().as_bytes(), number, is_shown);
        }
        let is_top = |(_, change): &(usize, &ObjectChange)| change.place().path.len() <= 1;
        for objects in changes.chunk_by(|_, next| !is_top(next)) {
            let Some((_, first)) = objects.first() else {
                continue;
            };
            let mut markup = Markup::default();
            let mut depth = 0;
            for (number, change) in objects {
                let wanted = change.place().path.len().clamp(1, MAX_DEPTH).min(depth + 1);
                if wanted > depth && depth > 0 {
                    markup.html("<ul>");
                }
                for _ in wanted..depth {
                    markup.html("</ul>");
                }
                depth = wanted;
                entry(*number, change, is_shown, &mut markup);
            }
            for _ in 1..depth {
                markup.html("</ul>");
            }
            let group = first.place().path.first().map(|step| step.kind);
            self.put(
                Group::of(group.unwrap_or(first.kind())),
                markup,
                objects.len(),
            );
        }
    }

    /// A file that differs only as it is.
    pub(crate) fn raw(&mut self, path: &[u8], sign: Sign, number: usize, is_shown: bool) {
        self.path(Group::Stamps, sign, path, number, is_shown);
    }

    fn path(&mut self, group: Group, sign: Sign, path: &[u8], number: usize, is_shown: bool) {
        let mut markup = Markup::default();
        markup.html("<li>");
        if is_shown {
            markup.html("<a href=\"#f").number(number).html("\">");
        }
        markup.html(sign.html()).html(" ").name(path);
        markup.html(if is_shown { "</a>\n" } else { "\n" });
        self.put(group, markup, 1);
    }

    fn put(&mut self, group: Group, markup: Markup, entries: usize) {
        if self.size + markup.len() > MAX_TREE {
            self.left_out += entries;
            return;
        }
        self.size += markup.len();
        self.groups[group as usize].push(markup);
    }

    pub(crate) fn html(&self, markup: &mut Markup) {
        markup.html(
            "<p class=\"legend\"><span><span class=\"s a\">+</span> new</span> \
             <span><span class=\"s d\">-</span> removed</span> \
             <span><span class=\"s m\">~</span> changed</span> \
             <span><span class=\"s v\">&gt;</span> moved or renamed</span></p>\n",
        );
        for (group, title) in GROUPS {
            let entries = &self.groups[group as usize];
            if entries.is_empty() {
                continue;
            }
            markup.html(match group {
                Group::Stamps => "<div class=\"r\"><h3>",
                _ => "<div><h3>",
            });
            markup.html(title).html("</h3>\n<ul>\n");
            for entry in entries {
                markup.add(entry);
            }
            markup.html("</ul></div>\n");
        }
        if self.left_out > 0 {
            markup
                .html("<p class=\"aside\">And ")
                .number(self.left_out)
                .html(" more.</p>\n");
        }
    }
}

fn entry(number: usize, change: &ObjectChange, is_shown: bool, markup: &mut Markup) {
    let step = change.place().step();
    markup.html("<li>");
    if is_shown {
        markup.html("<a href=\"#o").number(number).html("\">");
    }
    markup.html(Sign::of(change.change).html());
    markup
        .html(" <span class=\"k\">")
        .html(step.kind.word())
        .html("</span> ");
    markup.name(&step.name);
    markup.html(if is_shown { "</a>\n" } else { "\n" });
}
