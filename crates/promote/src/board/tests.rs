//! Boards of stages and stories that are made up, without a repository.

use std::fmt::Write as _;

use storyline_repo::ObjectId;
use storyline_repo::story::Person;
use storyline_text::{Diagnostic, RelPath};

use super::*;
use crate::deed::{Deed, Landing};
use crate::gate::Entry;
use crate::proposal::Became;
use crate::stage::Span;

const MANIFEST: &str = r#"
[canonical]
repository = "https://example.com/canonical.git"
branch = "main"
[story]
branch = "story/{id}"
[environment.integration]
branch = "env/integration"
follows = "canonical"
[environment.acceptance-1]
branch = "env/acceptance-1"
[environment.acceptance-2]
branch = "env/acceptance-2"
[environment.production]
branch = "env/production"
"#;
/// A day after everything happened.
const NOW: i64 = 86_400;

struct World {
    manifest: Manifest,
    stages: BTreeMap<String, StageState>,
    stories: BTreeMap<StoryId, HandedIn>,
    broken: BTreeMap<StoryId, Wrong>,
}

fn revision(story: &str, number: u8) -> Landed {
    Landed {
        story: story.parse().expect("a plain id"),
        revision: ObjectId::from_bytes([number; 20])
            .to_string()
            .parse()
            .expect("forty digits"),
        change: Span {
            from: ObjectId::from_bytes([0; 20]),
            to: ObjectId::from_bytes([number; 20]),
        },
    }
}

impl World {
    /// Stages as TOML has them, and what more the manifest says.
    fn new(stages: &str, more: &str) -> Self {
        let text = format!("{MANIFEST}[pipeline]\nstages = {stages}\n{more}");
        let path = RelPath::new(b"storyline.toml").expect("a plain path");
        let manifest = Manifest::parse(&[(path, text)]).expect("it is right");
        let names = manifest.pipeline.iter().flatten();
        Self {
            stages: names
                .map(|name| {
                    let branch = format!("env/{name}");
                    (
                        name.clone(),
                        StageState {
                            branch,
                            ..StageState::default()
                        },
                    )
                })
                .collect(),
            manifest,
            stories: BTreeMap::new(),
            broken: BTreeMap::new(),
        }
    }

    fn hand_in(mut self, story: &str, number: u8) -> Self {
        let newest = revision(story, number);
        let handed_in = HandedIn {
            newest,
            when: i64::from(number),
            withdrawn: false,
        };
        self.stories
            .insert(story.parse().expect("a plain id"), handed_in);
        self
    }

    fn withdraw(mut self, story: &str) -> Self {
        let story = self.stories.get_mut(&story.parse().expect("a plain id"));
        story.expect("it was handed in").withdrawn = true;
        self
    }

    fn stage(&mut self, stage: &str) -> &mut StageState {
        self.stages.get_mut(stage).expect("a stage")
    }

    fn land(mut self, stage: &str, story: &str, number: u8) -> Self {
        let on = &mut self.stage(stage).on;
        let revision = revision(story, number);
        let found = OnStage {
            commit: revision.change.to,
            when: 100 + i64::from(number),
            entry: on.len(),
            depends: Vec::new(),
            revision,
        };
        on.insert(found.revision.story.clone(), found);
        self
    }

    fn say(mut self, action: Action, stage: &str, story: &str, number: u8) -> Self {
        let Landed {
            story,
            revision,
            change,
        } = revision(story, number);
        let who = Person {
            name: "Ann".into(),
            email: "ann@example.com".into(),
        };
        let reason = "totals differ\nsee the board".into();
        let commit = change.to;
        self.stage(stage).gate.entries.push(Entry {
            commit,
            action,
            story,
            revision,
            reason,
            who,
            when: 0,
            signer: None,
        });
        self
    }

    fn break_stage(mut self, stage: &str) -> Self {
        let wrong = Wrong::from(&Diagnostic::error("remote-unreachable", "no answer"));
        self.stage(stage).wrong = Some(wrong);
        self
    }

    fn break_story(mut self, story: &str) -> Self {
        let story: StoryId = story.parse().expect("a plain id");
        let wrong = Wrong::from(&Diagnostic::error("story-record", "a foreign commit"));
        self.stories.remove(&story);
        self.broken.insert(story, wrong);
        self
    }

    fn propose(mut self, stage: &str, story: &str, number: u8, became: Became) -> Self {
        let landing = Landing {
            revision: revision(story, number),
            replaces: None,
            depends: Vec::new(),
            promotion: "p".into(),
        };
        let tip = landing.revision.change.to;
        let proposal = Proposal {
            tip,
            deeds: vec![Deed::Land(landing)],
            became,
        };
        self.stage(stage)
            .proposals
            .push((proposal, Some(format!("storyline/land/{stage}/{story}"))));
        self
    }

    fn board(&self) -> Board {
        let pipeline = Pipeline {
            manifest: &self.manifest,
            canonical: "main",
            stages: &self.stages,
            stories: &self.stories,
            broken: &self.broken,
            now: NOW,
        };
        board(&pipeline, &mut |_| "subject".into())
    }
}

/// The board in short: what a column says, and each card with what comes next.
#[track_caller]
fn check(world: &World, expect: &str) {
    let mut found = String::new();
    for column in world.board().columns {
        let name = column.stage.as_deref().unwrap_or("handed in");
        let _ = writeln!(
            found,
            "{} {name}: {} stories, {} held, {} behind",
            column.place, column.stories, column.held, column.behind
        );
        if let Some(wrong) = &column.wrong {
            let _ = writeln!(found, "  !{}: {}", wrong.id, wrong.text);
        }
        for card in &column.cards {
            let _ = write!(found, "  {}", card.story);
            if let Some(revision) = &card.revision {
                let number = u8::from_str_radix(&revision[..2], 16).expect("digits");
                let _ = write!(found, " r{number}");
            }
            if let Some(wrong) = &card.wrong {
                let _ = write!(found, " !{}", wrong.id);
            }
            if card.withdrawn {
                found.push_str(" withdrawn");
            }
            if card.newer.is_some() {
                found.push_str(" newer");
            }
            for ask in &card.asks {
                let _ = write!(found, " [{ask}]");
            }
            let _ = match &card.next {
                None => writeln!(found),
                Some(Next::Command(command)) => writeln!(found, ": {command}"),
                Some(Next::Merge { branch, into }) => {
                    writeln!(found, ": merge {branch} into {into}")
                }
            };
        }
        for next in &column.next {
            let _ = writeln!(found, "  => {next}");
        }
    }
    assert_eq!(found.trim_end(), expect.trim(), "\n{found}");
}

#[test]
fn a_story_stands_where_it_got_to() {
    let world = World::new(
        r#"["integration", ["acceptance-1", "acceptance-2"], "production"]"#,
        "",
    )
    .hand_in("A-1", 1)
    .hand_in("B-2", 2)
    .hand_in("C-3", 3)
    .hand_in("D-4", 4)
    .land("integration", "B-2", 2)
    .land("integration", "C-3", 3)
    .land("acceptance-1", "C-3", 3)
    .land("acceptance-1", "D-4", 4)
    .land("acceptance-2", "D-4", 4)
    .land("production", "E-5", 5);
    check(
        &world,
        "
0 handed in: 1 stories, 0 held, 0 behind
  A-1 r1: merge story/A-1 into main
1 integration: 2 stories, 0 held, 2 behind
  B-2 r2: storyline promote B-2 --to acceptance-1
  C-3 r3: storyline promote C-3 --to acceptance-2
2 acceptance-1: 2 stories, 0 held, 1 behind
  C-3 r3: storyline accept C-3 --on acceptance-1
  D-4 r4: storyline accept D-4 --on acceptance-1
2 acceptance-2: 1 stories, 0 held, 2 behind
  D-4 r4: storyline accept D-4 --on acceptance-2
3 production: 1 stories, 0 held, 2 behind
  E-5 r5",
    );
}

#[test]
fn what_is_accepted_goes_on_together() {
    let world = World::new(r#"["acceptance-1", "production"]"#, "")
        .hand_in("A-1", 1)
        .hand_in("B-2", 2)
        .hand_in("C-3", 3)
        .hand_in("D-4", 4)
        .hand_in("E-5", 5)
        .land("acceptance-1", "A-1", 1)
        .land("acceptance-1", "B-2", 2)
        .land("acceptance-1", "C-3", 3)
        .say(Action::Accept, "acceptance-1", "A-1", 1)
        .say(Action::Accept, "acceptance-1", "C-3", 3)
        .say(Action::Accept, "acceptance-1", "B-2", 2)
        .say(Action::Hold, "acceptance-1", "B-2", 2);
    check(
        &world,
        "
0 handed in: 2 stories, 0 held, 0 behind
  D-4 r4: storyline promote D-4 --to acceptance-1
  E-5 r5: storyline promote E-5 --to acceptance-1
  => storyline promote D-4 E-5 --to acceptance-1
1 acceptance-1: 3 stories, 1 held, 2 behind
  A-1 r1: storyline promote A-1 --to production
  B-2 r2: storyline story submit B-2
  C-3 r3: storyline promote C-3 --to production
  => storyline promote --accepted --from acceptance-1 --to production
2 production: 0 stories, 0 held, 3 behind",
    );
}

#[test]
fn what_was_handed_in_again_comes_first() {
    let mut world = World::new(r#"["acceptance-1", "production"]"#, "")
        .hand_in("A-1", 9)
        .hand_in("B-2", 2)
        .land("acceptance-1", "A-1", 1)
        .land("acceptance-1", "B-2", 2)
        .say(Action::Hold, "acceptance-1", "A-1", 1)
        .withdraw("B-2");
    world.stage("acceptance-1").manifest_behind = true;
    check(
        &world,
        "
0 handed in: 0 stories, 0 held, 0 behind
1 acceptance-1: 2 stories, 1 held, 1 behind
  A-1 r1 newer: storyline promote A-1 --to acceptance-1
  B-2 r2 withdrawn: storyline back-out B-2 --from acceptance-1
  => storyline promote --manifest --to acceptance-1
2 production: 0 stories, 0 held, 2 behind",
    );
}

#[test]
fn what_policies_ask_for_comes_before() {
    let policy =
        "[stage.production]\naccepted_in = [\"acceptance-1\", \"acceptance-2\"]\nsoak = \"2d\"\n";
    let world = World::new(
        r#"[["acceptance-1", "acceptance-2"], "production"]"#,
        policy,
    )
    .hand_in("A-1", 1)
    .hand_in("B-2", 2)
    .land("acceptance-1", "A-1", 1)
    .land("acceptance-1", "B-2", 2)
    .land("acceptance-2", "B-2", 2)
    .say(Action::Accept, "acceptance-1", "A-1", 1)
    .say(Action::Accept, "acceptance-1", "B-2", 2)
    .say(Action::Accept, "acceptance-2", "B-2", 2);
    check(
        &world,
        "
0 handed in: 0 stories, 0 held, 0 behind
1 acceptance-1: 2 stories, 0 held, 0 behind
  A-1 r1 [not accepted on acceptance-2 (advisory)] [on acceptance-1 for 23h58m of 2d] [not on acceptance-2, where it has to stay for 2d]: storyline promote A-1 --to acceptance-2
  B-2 r2 [on acceptance-1 for 23h58m of 2d] [on acceptance-2 for 23h58m of 2d]
1 acceptance-2: 1 stories, 0 held, 1 behind
  B-2 r2 [on acceptance-1 for 23h58m of 2d] [on acceptance-2 for 23h58m of 2d]
2 production: 0 stories, 0 held, 2 behind",
    );
}

#[test]
fn what_people_merge_waits() {
    let world = World::new(r#"["acceptance-1", "production"]"#, "")
        .hand_in("A-1", 1)
        .hand_in("B-2", 2)
        .land("acceptance-1", "A-1", 1)
        .say(Action::Accept, "acceptance-1", "A-1", 1)
        .propose("production", "A-1", 1, Became::Waits)
        .propose("acceptance-1", "B-2", 2, Became::Outdated);
    check(
        &world,
        "
0 handed in: 1 stories, 0 held, 0 behind
  B-2 r2: storyline promote B-2 --to acceptance-1
1 acceptance-1: 1 stories, 0 held, 1 behind
  A-1 r1: merge storyline/land/production/A-1 into env/production
2 production: 0 stories, 0 held, 1 behind",
    );
}

#[test]
fn of_what_is_done_the_newest_are_shown() {
    let mut world = World::new(r#"["production"]"#, "");
    for number in 1..=20 {
        world = world.land("production", &format!("D-{number}"), number);
    }
    world = world.say(Action::Hold, "production", "D-2", 2);
    let board = world.board();
    let production = &board.columns[1];
    let cards: Vec<_> = production
        .cards
        .iter()
        .map(|card| card.story.as_str())
        .collect();
    assert_eq!(
        cards.join(" "),
        "D-2 D-20 D-19 D-18 D-17 D-16 D-15 D-14 D-13 D-12 D-11"
    );
    assert_eq!((production.stories, production.held), (20, 1));
}

#[test]
fn nothing_goes_to_a_stage_that_cannot_be_read() {
    let world = World::new(r#"["acceptance-1", "acceptance-2", "production"]"#, "")
        .hand_in("A-1", 1)
        .hand_in("B-2", 2)
        .hand_in("C-3", 3)
        .land("acceptance-1", "A-1", 1)
        .land("acceptance-1", "B-2", 2)
        .say(Action::Accept, "acceptance-1", "B-2", 2)
        .break_stage("acceptance-2");
    check(
        &world,
        "
0 handed in: 1 stories, 0 held, 0 behind
  C-3 r3: storyline promote C-3 --to acceptance-1
1 acceptance-1: 2 stories, 0 held, 1 behind
  A-1 r1: storyline accept A-1 --on acceptance-1
  B-2 r2 [acceptance-2 cannot be read now]
2 acceptance-2: 0 stories, 0 held, 2 behind
  !remote-unreachable: no answer
3 production: 0 stories, 0 held, 0 behind",
    );
}

#[test]
fn a_story_that_cannot_be_read_is_told_where_it_is() {
    let world = World::new(r#"["acceptance-1", "production"]"#, "")
        .hand_in("A-1", 1)
        .break_story("B-2")
        .break_story("C-3")
        .land("acceptance-1", "B-2", 2)
        .land("production", "B-2", 2);
    check(
        &world,
        "
0 handed in: 2 stories, 0 held, 0 behind
  C-3 !story-record
  A-1 r1: storyline promote A-1 --to acceptance-1
1 acceptance-1: 1 stories, 0 held, 1 behind
2 production: 1 stories, 0 held, 0 behind
  B-2 r2 !story-record",
    );
}
