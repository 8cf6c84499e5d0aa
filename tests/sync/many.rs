//! Many environments: where they live, and all of them at once.

use super::*;
use crate::common::team::Team;

/// An environment in the canonical repository.
fn beside(name: &str, branch: &str, story_branch: &str) -> String {
    format!(
        "[environment.{name}]\nbranch = \"{branch}\"\nstory_branch = \"{story_branch}\"\n\
         models = \"{{name}}_{name}\"\n\n"
    )
}

#[test]
fn one_repository_with_branches() {
    let team = Team::new();
    let environments =
        beside("dev1", "env/dev1", "env-dev1/{id}") + &beside("dev2", "env/dev2", "env-dev2/{id}");
    land_manifest(&team.clone("lead"), &team, &environments);
    let ada = with_story(&team, "ada", "ABC-12");
    insta::assert_snapshot!(ada.run(&["sync", "dev1", "--story", "ABC-12"]), @r#"
    $ storyline sync dev1 --story ABC-12
    --- stdout
    dev1 moved at [DIR]/canonical.git:
      env/dev1  new at <1>, 2 commits
      env-dev1/ABC-12  new at <2>, 1 commit
    --- exit code 0
    "#);
    // What was found out before is told again.
    ada.succeeds(&["sync", "--all", "--dry-run"]);
    insta::assert_snapshot!(ada.run(&["sync", "--all"]), @r#"
    $ storyline sync --all
    --- stdout
    dev1 is up to date: env/dev1 at <1>, env-dev1/ABC-12 at <2>
    dev2 moved at [DIR]/canonical.git:
      env/dev2  new at <3>, 2 commits
      1 commit as in canonical: the manifest does not know the environment (<4>)
    2 environments: 1 moved, 1 up to date
    --- exit code 0
    "#);
    insta::assert_snapshot!(team.git(&team.canonical, &["for-each-ref", "--format=%(refname)"]), @r#"
    refs/heads/env-dev1/ABC-12
    refs/heads/env/dev1
    refs/heads/env/dev2
    refs/heads/main
    refs/heads/story/ABC-12
    refs/storyline/synced/env-dev1/ABC-12
    "#);
}

#[test]
fn branches_that_cannot_be() {
    for (environments, id) in [
        (
            beside("dev1", "env/dev1", "env/dev1/{id}"),
            "branch-in-the-way",
        ),
        (
            beside("dev1", "main", "env-dev1/{id}"),
            "branch-is-canonical",
        ),
        (
            beside("dev1", "story/x", "env-dev1/{id}"),
            "branch-is-canonical",
        ),
        (
            beside("dev1", "env/dev1", "story/{id}"),
            "branch-is-canonical",
        ),
        (
            beside("dev1", "env/dev", "a/{id}") + &beside("dev2", "env/dev", "b/{id}"),
            "branch-shared",
        ),
        (
            beside("dev1", "env/dev1", "a/{id}") + &beside("dev2", "env/dev2", "a/{id}"),
            "branch-shared",
        ),
        (
            "[environment.dev1]\nmodels = \"{name}_x\"\n".into(),
            "environment-lives-nowhere",
        ),
        (
            "[environment.dev1]\nbranch = \"env/dev1\"\n".into(),
            "no-story-branch",
        ),
        (
            beside("dev1", "env/dev1", "a/{id}") + "[pipeline]\nstages = [\"dev1\"]\n",
            "stage-receives-stories",
        ),
    ] {
        let team = Team::new();
        land_manifest(&team.clone("lead"), &team, &environments);
        let ada = with_story(&team, "ada", "ABC-12");
        let told = ada.refused(&["sync", "dev1", "--story", "ABC-12"]);
        assert_eq!(told.code(), Some(2), "{told}");
        assert!(told.to_string().contains(&format!("error[{id}]")), "{told}");
    }
}

/// What each environment leaves in the clone would be looked through for all others.
#[test]
fn many_leave_as_much_as_one() {
    const FORKS: usize = 70;
    let team = Team::new();
    let names: Vec<_> = (1..=FORKS).map(|number| format!("dev{number}")).collect();
    // One has no repository, and stands in nobody's way.
    names.iter().skip(1).for_each(|name| make_fork(&team, name));
    let environments: String = names.iter().map(|name| developer(&team, name)).collect();
    land_manifest(&team.clone("lead"), &team, &environments);
    let ada = team.clone("ada");
    let told = ada.run(&["sync", "--all"]).to_string();
    let counts = format!("{FORKS} environments: {} moved, 1 failed", FORKS - 1);
    assert!(told.contains(&counts), "{told}");
    let objects = ada.git(&["count-objects", "-v"]);
    assert!(objects.contains("\npacks: 2\n"), "{objects}");
    assert!(!ada.root.join(".git/refs/storyline/remote/dev20").exists());
    make_fork(&team, "dev1");
    let told = ada.succeeds(&["sync", "--all"]).to_string();
    let counts = format!("{FORKS} environments: 1 moved, {} up to date", FORKS - 1);
    assert!(told.contains(&counts), "{told}");
    let branches = ada.git(&["for-each-ref", "refs/storyline/remote/dev*/main"]);
    assert_eq!(branches.lines().count(), FORKS);
}

#[test]
fn a_stage_that_receives_stories() {
    let team = Team::new();
    let stages = "[pipeline]\nstages = [\"integration\", \"production\"]\n\n".to_owned()
        + &beside("integration", "env/integration", "i/{id}")
        + "follows = \"canonical\"\n\n"
        + &beside("production", "env/production", "p/{id}");
    let stages = stages.replace("\n\nfollows", "\nfollows");
    land_manifest(&team.clone("lead"), &team, &stages);
    let ada = team.clone("ada");
    insta::assert_snapshot!(ada.refused(&["sync", "production"]), @r#"
    $ storyline sync production
    --- stderr
    error[stage-receives-stories]: `production` is not synced: it is a stage that receives stories
      --> storyline.toml:14:14
       |
    14 | [environment.production]
       |              ^^^^^^^^^^ declared here
       |
       = help: `storyline promote` brings a story to `production`
       = help: a stage that shall be kept at the canonical branch says `follows = "canonical"`
    --- exit code 2
    "#);
    insta::assert_snapshot!(ada.run(&["sync", "--all"]), @r#"
    $ storyline sync --all
    --- stdout
    integration moved at [DIR]/canonical.git:
      env/integration  new at <1>, 2 commits
      1 commit as in canonical: the manifest does not know the environment (<2>)
    production: left alone, it is a stage that receives stories
    2 environments: 1 moved, 1 left alone
    --- exit code 0
    "#);
}

#[test]
fn all_with_a_broken_one() {
    let team = Team::new();
    let names = ["dev1", "dev2", "dev3"];
    let environments: String = names.iter().map(|name| developer(&team, name)).collect();
    land_manifest(&team.clone("lead"), &team, &environments);
    make_fork(&team, "dev1");
    make_fork(&team, "dev3");
    let ada = team.clone("ada");
    let told = ada.run(&["sync", "--all"]);
    assert_eq!(told.code(), Some(2), "{told}");
    insta::assert_snapshot!(masked(told.stdout()).replace(&*team.top.to_string_lossy(), "[DIR]"), @r#"
    dev1 moved at [DIR]/dev1.git:
      main  new at [ID], 2 commits
    dev2: failed, remote-unreachable
    dev3 moved at [DIR]/dev3.git:
      main  new at [ID], 2 commits
      1 commit as in canonical: the manifest does not know the environment ([ID])
    3 environments: 2 moved, 1 failed
    "#);
    assert!(
        told.to_string().contains("error[remote-unreachable]"),
        "{told}"
    );
    let json = ada.run(&["sync", "--all", "--jobs", "1", "--format", "json"]);
    assert_eq!(json.code(), Some(2), "{json}");
    let outcomes = json.json()["environments"].as_array().map(|all| {
        let words = all
            .iter()
            .map(|one| one["outcome"].as_str().unwrap_or_default().to_owned());
        words.collect::<Vec<_>>().join(" ")
    });
    assert_eq!(outcomes.as_deref(), Some("up-to-date failed up-to-date"));
}

#[test]
fn parts_are_all() {
    let team = Team::new();
    let names: Vec<_> = (1..=7).map(|number| format!("dev{number}")).collect();
    let environments: String = names.iter().map(|name| developer(&team, name)).collect();
    land_manifest(&team.clone("lead"), &team, &environments);
    names.iter().for_each(|name| make_fork(&team, name));
    let ada = team.clone("ada");
    let mut seen = Vec::new();
    for part in ["1/3", "2/3", "3/3"] {
        let json = ada.run(&["sync", "--all", "--shard", part, "--format", "json"]);
        let json = json.json();
        let all = json["environments"].as_array().expect("a list");
        for one in all {
            assert_eq!(one["outcome"], "moved");
            seen.push(one["environment"].as_str().expect("a name").to_owned());
        }
    }
    seen.sort();
    assert_eq!(seen, names);
    for part in ["0/3", "4/3", "1", "a/b", "1/0"] {
        assert_eq!(ada.run(&["sync", "--all", "--shard", part]).code(), Some(2));
    }
    assert_eq!(ada.run(&["sync", "dev1", "--shard", "1/3"]).code(), Some(2));
    assert_eq!(ada.run(&["sync"]).code(), Some(2));
    assert_eq!(ada.run(&["sync", "dev1", "--all"]).code(), Some(2));
}
