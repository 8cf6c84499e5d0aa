//! The merges of a history as stories: all go to acceptance, some are held there, production gets what was
//! accepted, the rest follows mended, and some are backed out of production and come back.
//!
//! `STORYLINE_HISTORY` names the repository, `STORYLINE_MERGES` how many of its newest merges (twenty);
//! without it, a small history is made. What the slowest commands took is printed.
#![cfg(unix)]

mod common;

use std::cell::RefCell;
use std::env;
use std::path::Path;
use std::time::{Duration, Instant};

use common::company::named;
use common::pipeline::{Pipeline, Story};
use common::team::{Clone, Team, Told};

/// A merge, the commit that it was merged into, and its subject.
struct Merge {
    commit: String,
    onto: String,
    subject: String,
}

/// Somebody who types commands, and looks at the clock.
struct Typist<'p> {
    pipeline: &'p Pipeline<'p>,
    took: RefCell<Vec<(Duration, String)>>,
}

impl Typist<'_> {
    fn run(&self, args: &[&str]) -> Told {
        let start = Instant::now();
        let told = self.pipeline.ada.run(args);
        self.took
            .borrow_mut()
            .push((start.elapsed(), args.join(" ")));
        told
    }

    #[track_caller]
    fn succeeds(&self, args: &[&str]) -> Told {
        let told = self.run(args);
        assert_eq!(told.code(), Some(0), "{told}");
        told
    }

    /// Runs a command; one that is refused says which command to type instead, and that goes well.
    #[track_caller]
    fn obeys(&self, args: &[&str], advice: &str) -> Told {
        let told = self.run(args);
        if told.code() == Some(0) {
            return told;
        }
        let commands = told.commands();
        let typed = commands.iter().find(|typed| typed.contains(advice));
        let typed = typed.unwrap_or_else(|| panic!("no advice: {told}"));
        let args: Vec<_> = typed.split(' ').skip(1).collect();
        self.succeeds(&args)
    }

    /// Brings a newer revision to acceptance, which is accepted there. Where the older one does not come off
    /// under those that stand on it, all of them go first.
    fn replace(&self, id: &str) {
        let promote = ["promote", id, "--to", "acceptance"];
        let told = self.obeys(&promote, "back-out");
        if told.stdout().contains("backed out") {
            self.succeeds(&promote);
        }
        self.succeeds(&["accept", id, "--on", "acceptance"]);
    }

    #[expect(clippy::print_stdout, reason = "figures are for people")]
    fn tell(&self) {
        let mut took = self.took.borrow_mut();
        took.sort_by(|(a, _), (b, _)| b.cmp(a));
        for (time, typed) in took.iter().take(8) {
            println!("{:6.2} s  storyline {typed}", time.as_secs_f64());
        }
    }
}

/// A history of ten merges; each of the later ones changes what an earlier one brought.
fn made(ada: &Clone<'_>) {
    let model = "connection: \"warehouse\"\ninclude: \"/views/*\"\ninclude: \"/boards/*\"\nexplore: base {}\n";
    ada.commit(
        "views/base.view.lkml",
        "view: base { dimension: id {} }\n",
        "A view",
    );
    ada.commit("shop.model.lkml", model, "A model");
    for number in 0..10 {
        ada.git(&["switch", "--quiet", "-c", "work"]);
        let own = number % 4;
        let measures: String = (own..=number)
            .step_by(4)
            .map(|number| format!("  measure: m{number} {{}}\n"))
            .collect();
        let view = format!("view: v{own} {{\n  dimension: id {{}}\n{measures}}}\n");
        ada.commit(&format!("views/v{own}.view.lkml"), &view, "Measure");
        if own == 3 {
            let board = format!(
                "- dashboard: b{number}\n  elements:\n  - name: a\n    model: shop\n    explore: base\n"
            );
            ada.commit(
                &format!("boards/b{number}.dashboard.lookml"),
                &board,
                "Show",
            );
        }
        ada.git(&["switch", "--quiet", "main"]);
        ada.git(&[
            "merge",
            "--quiet",
            "--no-ff",
            "-m",
            &format!("Work {number}"),
            "work",
        ]);
        ada.git(&["branch", "--quiet", "-D", "work"]);
    }
}

/// The newest merges that touch LookML, oldest first.
fn merges(ada: &Clone<'_>, number: usize) -> Vec<Merge> {
    let log = ada.git(&["log", "--first-parent", "--merges", "--format=%H %P %s"]);
    let touches = |merge: &Merge| {
        let changed = ada.git(&["diff", "--name-only", &merge.onto, &merge.commit]);
        let is_ours = |path: &str| path.ends_with(".lkml") || path.ends_with(".lookml");
        changed.lines().any(is_ours)
    };
    let read = |line: &str| {
        let mut words = line.splitn(4, ' ');
        let mut next = || words.next().map(Into::into);
        let (commit, onto, _) = (next()?, next()?, next()?);
        let subject = next().unwrap_or_default();
        Some(Merge {
            commit,
            onto,
            subject,
        })
    };
    let found = log.lines().filter_map(read).filter(touches);
    let mut found: Vec<_> = found.take(number).collect();
    found.reverse();
    found
}

/// Hands in each merge as a story that begins at canonical; where it does not fit there, on the newest
/// story on which it does. One that fits nowhere is left out.
fn stories(pipeline: &Pipeline<'_>, merges: &[Merge]) -> Vec<Story> {
    let ada = &pipeline.ada;
    // The tree, if the merge fits there and changes something.
    let merged = |merge: &Merge, onto: &str| {
        let base = format!("--merge-base={}", merge.onto);
        let run = ada.try_git(&["merge-tree", "--write-tree", &base, onto, &merge.commit]);
        let tree = String::from_utf8_lossy(&run.stdout).trim().to_owned();
        let changes = || tree != ada.git(&["rev-parse", &format!("{onto}^{{tree}}")]);
        (run.status.success() && changes()).then_some(tree)
    };
    let mut stories: Vec<Story> = Vec::new();
    for (number, merge) in merges.iter().enumerate() {
        let alone = merged(merge, &pipeline.canonical).map(|tree| (tree, None));
        let found = alone.or_else(|| {
            let mut before = stories.iter().rev();
            before.find_map(|story| Some((merged(merge, &story.tip)?, Some(story.clone()))))
        });
        let Some((tree, depends)) = found else {
            continue;
        };
        let id = format!("M-{number}");
        stories.push(pipeline.hand_in(&id, depends.as_ref(), |ada| {
            ada.git(&["read-tree", "--reset", "-u", &tree]);
            ada.git(&["commit", "--quiet", "-m", &merge.subject]);
        }));
    }
    stories
}

/// The stories that stand on the one at `number`, and those on them, in order; itself first.
fn standing_on(stories: &[Story], number: usize) -> Vec<usize> {
    let mut found = vec![number];
    for (at, story) in stories.iter().enumerate().skip(number + 1) {
        let on = |number: &usize| story.depends.as_ref() == Some(&stories[*number].id);
        if found.iter().any(on) {
            found.push(at);
        }
    }
    found
}

/// Mends a story that is held, and takes those that stand on it along.
fn mend(typist: &Typist<'_>, stories: &mut [Story], number: usize) {
    let pipeline = typist.pipeline;
    let before = stories.to_vec();
    let id = before[number].id.clone();
    pipeline.hand_in_again(&mut stories[number], |ada| {
        ada.commit(&format!("docs/{id}.md"), "What was wrong.\n", "Mended");
    });
    typist.replace(&id);
    for at in standing_on(&before, number).into_iter().skip(1) {
        let below = before[at].depends.as_ref().expect("it stands on one");
        let below = before.iter().position(|story| story.id == *below);
        let new = stories[below.expect("it was handed in before")].tip.clone();
        pipeline.hand_in_again(&mut stories[at], |ada| {
            ada.git(&["rebase", "--quiet", "--onto", &new, &before[at].base]);
        });
        stories[at].base = new;
        typist.replace(&stories[at].id);
    }
}

/// Takes a story off production, with what stands on it, and brings all of it back.
fn there_and_back(typist: &Typist<'_>, stories: &[Story], number: usize) {
    let gone = standing_on(stories, number);
    let left = stories
        .iter()
        .enumerate()
        .filter(|(at, _)| !gone.contains(at));
    let left: Vec<_> = left.map(|(_, story)| story).collect();
    let id = &stories[number].id;
    typist.obeys(
        &["back-out", id, "--from", "production"],
        "--with-dependents",
    );
    typist.pipeline.has("production", &left);
    for at in gone {
        let id = &stories[at].id;
        typist.succeeds(&["release", id, "--on", "production"]);
        typist.succeeds(&["promote", id, "--to", "production"]);
    }
    typist
        .pipeline
        .has("production", &stories.iter().collect::<Vec<_>>());
}

fn releases(history: Option<&Path>, number: usize) {
    let team = Team::without_commits("canonical.git");
    let ada = team.clone("ada");
    match history {
        Some(history) => {
            let history = history.to_str().expect("a plain path");
            ada.git(&["fetch", "--quiet", history, "HEAD"]);
            ada.git(&["reset", "--quiet", "--hard", "FETCH_HEAD"]);
        }
        None => made(&ada),
    }
    let merges = merges(&ada, number);
    let oldest = merges.first().expect("it has merges");
    ada.git(&["reset", "--quiet", "--hard", &oldest.onto]);
    let pipeline = Pipeline::begin(&team, ada);
    let mut stories = stories(&pipeline, &merges);
    let typist = Typist {
        pipeline: &pipeline,
        took: RefCell::default(),
    };
    for story in &stories {
        typist.succeeds(&["promote", &story.id, "--to", "acceptance"]);
    }
    pipeline.has("acceptance", &stories.iter().collect::<Vec<_>>());

    let held: Vec<_> = (0..stories.len()).skip(2).step_by(5).collect();
    let mut behind: Vec<_> = held
        .iter()
        .flat_map(|at| standing_on(&stories, *at))
        .collect();
    behind.sort_unstable();
    for (at, story) in stories.iter().enumerate() {
        let args: &[&str] = match held.contains(&at) {
            true => &["hold", &story.id, "--reason", "totals differ"],
            false => &["accept", &story.id],
        };
        typist.succeeds(&[args, &["--on", "acceptance"]].concat());
    }
    let train = [
        "promote",
        "--accepted",
        "--from",
        "acceptance",
        "--to",
        "production",
    ];
    typist.succeeds(&train);
    let passed = stories
        .iter()
        .enumerate()
        .filter(|(at, _)| !behind.contains(at));
    pipeline.has(
        "production",
        &passed.map(|(_, story)| story).collect::<Vec<_>>(),
    );

    for at in held {
        mend(&typist, &mut stories, at);
    }
    typist.succeeds(&train);
    let all: Vec<_> = stories.iter().collect();
    pipeline.has("acceptance", &all);
    pipeline.has("production", &all);
    for at in [0, stories.len() / 2] {
        there_and_back(&typist, &stories, at);
    }
    for stage in common::pipeline::STAGES {
        typist.succeeds(&["audit", stage]);
    }
    typist.tell();
}

#[test]
fn ten_of_a_small_history() {
    releases(None, 10);
}

#[test]
fn twenty_of_a_history_of_others() {
    let Some(history) = named("STORYLINE_HISTORY", "merges of a long history as stories") else {
        return;
    };
    let number = env::var("STORYLINE_MERGES").ok();
    let number = number.and_then(|number| number.parse().ok());
    releases(Some(&history), number.unwrap_or(20));
}
