//! What landing a story costs when many have landed, and what reading a stage's ledger does. The stories are
//! made up and written in process, since no real repository has so many.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use storyline_promote::{Deed, Landed, Landing, Span};
use storyline_repo::projection::{Leaf, Workspace};
use storyline_repo::story::{Event, Part, Revision, Story, StoryId, log_ref, pin_ref};
use storyline_repo::{EntryKind, Memo, NewCommit, ObjectId, Repository, signature};
use storyline_text::RelPath;

use super::bare::{Bare, MAIN, WHEN, printed};
use super::growth::grow;
use super::meter::Meter;
use super::report::{Goal, Report};

/// Numbers of stories that landed before.
const LANDED: [usize; 4] = [10, 100, 1_000, 10_000];
/// Files of the project; each story changes one of them.
const FILES: usize = 2_000;
/// Where a clone keeps what it has seen of the stage.
const KNOWN: &str = "refs/storyline/remote/production/main";
/// How many times as much the largest may take in a clone that has seen the stage.
const FLAT: f64 = 2.0;
/// CPU seconds.
const COLD: f64 = 2.0;
const LEDGER: f64 = 0.3;

/// Measures landing one more story, and reading the ledger.
pub(crate) fn measure(meter: &Meter, report: &mut Report) -> Result<()> {
    let mut first = None;
    for landed in LANDED {
        let company = Company::new(meter, landed)?;
        let before = company.stage.git(&["rev-parse", MAIN])?;
        let promote = |clone: &Bare<'_>| {
            company.stage.git(&["update-ref", MAIN, before.trim()])?;
            clone.git(&["config", "user.name", "Bench"])?;
            clone.git(&["config", "user.email", "bench@example.com"])?;
            let promote = clone.storyline(&["promote", &name(landed), "--to", "production"]);
            Ok(promote.into())
        };
        let cost = meter.measure(|_| promote(&company.canonical.cloned("clone.git")?))?;
        report.row(
            &format!("`promote` of a story where {landed} have landed, a new clone"),
            cost.to_string(),
            Goal::most(&format!("{COLD} s"), cost.cpu.median(), COLD),
        );
        let clone = company.canonical.cloned("clone.git")?;
        let log = || clone.storyline(&["log", "production", "-n", "1"]);
        printed(&mut log())?;
        let cost = meter.measure(|_| {
            clone.git(&["update-ref", KNOWN, before.trim()])?;
            promote(&clone)
        })?;
        let ratio = cost.cpu.median() / *first.get_or_insert(cost.cpu.median());
        report.row(
            "the same in a clone that has seen the stage",
            cost.to_string(),
            Goal::most(&format!("{FLAT} times the first of these"), ratio, FLAT),
        );
        clone.git(&["update-ref", KNOWN, before.trim()])?;
        company.stage.git(&["update-ref", MAIN, before.trim()])?;
        let cost = meter.measure(|_| Ok(log().into()))?;
        report.row(
            &format!("`log` of a stage with {landed} entries"),
            cost.to_string(),
            Goal::most(&format!("{LEDGER} s"), cost.cpu.median(), LEDGER),
        );
    }
    Ok(())
}

/// The story of this number.
fn name(number: usize) -> String {
    format!("S-{number}")
}

/// A canonical repository with stories that were handed in, and a stage on which all but the last landed.
struct Company<'m> {
    canonical: Bare<'m>,
    stage: Bare<'m>,
}

impl<'m> Company<'m> {
    fn new(meter: &'m Meter, landed: usize) -> Result<Self> {
        let canonical = Bare::new(meter, "canonical.git")?;
        let stage = Bare::new(meter, "production.git")?;
        canonical.import(|out| grow(out, FILES, 1))?;
        let manifest = format!(
            "[canonical]\nrepository = {:?}\nbranch = \"main\"\n\n[environment.production]\nrepository = {:?}\n\
             models = \"{{name}}_prod\"\nconnections = \"{{name}}_prod\"\n\n[pipeline]\nstages = [\"production\"]\n",
            canonical.folder, stage.folder
        );
        let base = canonical.with_file("base", MAIN, "storyline.toml", &manifest)?;
        canonical.git(&["update-ref", MAIN, base.trim()])?;
        let mut stamped = canonical.storyline(&["stamp", "production", "--rev", MAIN]);
        let begin = printed(&mut stamped)?;
        let begin = begin
            .lines()
            .last()
            .context("`stamp --rev` prints a commit")?
            .to_owned();
        let tip = write(&canonical, base.trim().parse()?, begin.parse()?, landed)?;
        stage.git(&[
            "fetch",
            "--quiet",
            canonical.folder.to_str().context("a path")?,
            "refs/bench/stage",
        ])?;
        stage.git(&["update-ref", MAIN, &tip.to_string()])?;
        canonical.git(&["update-ref", "-d", "refs/bench/stage"])?;
        Ok(Self { canonical, stage })
    }
}

/// Hands in one story more than land, and lands the others on top of `begin`.
fn write(canonical: &Bare<'_>, base: ObjectId, begin: ObjectId, landed: usize) -> Result<ObjectId> {
    let repository = Repository::discover(&canonical.folder)?.context("it was made just now")?;
    let objects = repository.objects()?;
    let mut workspace = Workspace::new(&objects, Memo::default());
    let tree = workspace.tree_of(base)?;
    let mut stage = (begin, workspace.tree_of(begin)?);
    let mut revisions = Vec::new();
    for number in 0..=landed {
        let who = signature(
            "Bench",
            "bench@example.com",
            i64::from(WHEN) + number as i64,
            0,
        );
        let path = match number == landed {
            // One that no other story changed.
            true => "views/new.view.lkml".into(),
            false => format!(
                "views/{}/view_{}.view.lkml",
                number % FILES / 50,
                number % FILES
            ),
        };
        let path = RelPath::new(path.as_bytes()).context("a path")?;
        let text = format!(
            "view: view_{} {{\n  label: \"{number}\"\n  dimension: id {{ sql: ${{TABLE}}.id ;; }}\n  \
             measure: count {{ type: count_distinct sql: ${{id}} ;; }}\n}}\n",
            number % FILES
        );
        let leaf = Leaf {
            kind: EntryKind::File,
            id: workspace.keep(text.as_bytes())?,
        };
        let change = [(path, Some(leaf))].into();
        let message = format!("Story {number}\n");
        let tip = NewCommit {
            tree: workspace
                .edited(tree, &change)?
                .map_err(|_| anyhow::anyhow!("in the way"))?,
            parents: &[base],
            author: &who,
            committer: &who,
            message: message.as_bytes(),
        };
        let tip = workspace.keep_commit(&tip)?;
        let story: StoryId = name(number).parse().map_err(|_| anyhow::anyhow!("an id"))?;
        let revision = Revision {
            story: story.clone(),
            parts: [(".".to_owned(), Part { base, tip })].into(),
            depends: Default::default(),
        };
        if number < landed {
            let deed = Deed::Land(Landing {
                revision: Landed {
                    story,
                    revision: revision.id(),
                    change: Span {
                        from: base,
                        to: tip,
                    },
                },
                replaces: None,
                depends: Vec::new(),
                promotion: "bench".into(),
            });
            stage.1 = workspace
                .edited(stage.1, &change)?
                .map_err(|_| anyhow::anyhow!("in the way"))?;
            let message = format!("Land {}: Story {number}\n\n{deed}", name(number));
            stage.0 = workspace.keep_commit(&NewCommit {
                tree: stage.1,
                parents: &[stage.0],
                author: &who,
                committer: &who,
                message: message.as_bytes(),
            })?;
        }
        revisions.push((revision, tip, who));
    }
    let mut commits: Vec<_> = revisions.iter().map(|(_, tip, _)| *tip).collect();
    commits.push(stage.0);
    workspace.write(&commits)?;
    objects.refresh();
    let mut refs = format!("create refs/bench/stage {}\n", stage.0);
    for (revision, tip, who) in &revisions {
        let story = Story::new(revision.story.clone());
        let record = story.record(&repository, &Event::Submitted(revision.clone()), who)?;
        let _ = writeln!(refs, "create {} {record}", log_ref(&revision.story));
        let _ = writeln!(
            refs,
            "create {} {tip}",
            pin_ref(&revision.story, revision.id())
        );
    }
    fs::write(canonical.folder.join("refs.txt"), &refs)?;
    let mut update = canonical.command();
    let mut update = update
        .args(["update-ref", "--stdin"])
        .stdin(Stdio::piped())
        .spawn()?;
    update
        .stdin
        .take()
        .context("it was piped")?
        .write_all(refs.as_bytes())?;
    ensure!(update.wait()?.success(), "`git update-ref` failed");
    canonical.git(&["pack-refs", "--all"])?;
    canonical.git(&["repack", "-adq"])?;
    Ok(stage.0)
}
