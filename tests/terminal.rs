//! How the program behaves towards terminals, pipes, shells and odd arguments.
#![cfg(unix)]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use common::{Place, listing, storyline};

const SUFFIX: &str =
    "[environment.dev1]\nmodels = \"{name}_dev1\"\nconnections = \"{name}_dev1\"\n";

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Place::new();
    place.write("a.lkml", "a: b {}\n".repeat(50_000));
    let commands: [&[&str]; 4] = [
        &["parse", "a.lkml", "--format", "json", "--tokens"],
        &["parse", "a.lkml"],
        &["completions", "zsh"],
        &["--help"],
    ];
    for args in commands {
        let mut child = storyline()
            .args(args)
            .current_dir(&place.root)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built");
        let mut stdout = child.stdout.take().expect("a pipe");
        stdout.read_exact(&mut [0]).expect("it prints something");
        drop(stdout);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{args:?}: {:?}", output.status);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

/// Names and contents hold escape sequences; whatever is printed, none reaches a terminal.
#[test]
fn escape_sequences_are_spelled_out() {
    let place = Place::of(&[("storyline.toml", SUFFIX)]);
    place.write(
        "x\x1b[2J.model.lkml",
        "connection: \"\x1b[31mc\u{9b}\u{202e}\"\n",
    );
    place.write(
        "\x1b]0;title\x07.view.lkml",
        "view: \x1b[5m { } }\x1b[5m model: \"x\n",
    );
    let commands: [&[&str]; 14] = [
        &["check"],
        &["check", "--format", "json"],
        &["check", "--format", "sarif"],
        &["check", "--format", "github"],
        &["check", "--format", "gitlab"],
        &["doctor"],
        &["sites"],
        &["sites", "--format", "json"],
        &["stamp", "dev1"],
        &["stamp", "dev1", "--format", "json"],
        &["stamp", "\x1b[31m"],
        &["parse", "\x1b]0;title\x07.view.lkml"],
        &[
            "parse",
            "\x1b]0;title\x07.view.lkml",
            "--format",
            "json",
            "--tokens",
        ],
        &["parse", "\x1b[31m"],
    ];
    for args in commands {
        let run = place.run(args);
        for printed in [run.stdout(), run.stderr()] {
            let acts = |c: char| c.is_control() && c != '\n';
            let found = printed.chars().find(|c| acts(*c));
            assert_eq!(found, None, "{args:?}\n{printed}");
        }
    }
}

#[test]
fn colour_only_where_it_is_wanted() {
    let place = Place::of(&[("a.lkml", "}")]);
    let stderr = |variables: &[(&str, &str)]| {
        let mut command = storyline();
        command.args(["parse", "a.lkml"]).current_dir(&place.root);
        command.envs(variables.iter().copied());
        let output = command.output().expect("the program was built");
        output.stderr.contains(&b'\x1b')
    };
    assert!(!stderr(&[]), "no terminal");
    assert!(!stderr(&[("NO_COLOR", "1")]));
    assert!(!stderr(&[("NO_COLOR", "1"), ("TERM", "xterm-256color")]));
    assert!(stderr(&[("CLICOLOR_FORCE", "1")]), "asked for");
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = Place::new().succeeds(&["completions", shell]);
        for command in ["sites", "unstamp", "dry-run"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn the_manual_and_help() {
    let place = Place::new();
    let page = place.succeeds(&["man"]);
    assert!(
        page.starts_with(".ie") && page.contains(".TH storyline"),
        "{page}"
    );
    place.succeeds(&["man", "--into", "pages"]);
    let pages: Vec<_> = listing(&place.root.join("pages")).into_keys().collect();
    insta::assert_debug_snapshot!(pages, @r#"
    [
        "storyline-absorb.1",
        "storyline-accept.1",
        "storyline-adopt.1",
        "storyline-audit.1",
        "storyline-back-out.1",
        "storyline-bisect-story.1",
        "storyline-board.1",
        "storyline-check.1",
        "storyline-completions.1",
        "storyline-demo.1",
        "storyline-diff.1",
        "storyline-doctor.1",
        "storyline-git-driver-diff.1",
        "storyline-git-driver-merge.1",
        "storyline-git-driver.1",
        "storyline-hold.1",
        "storyline-hooks-check.1",
        "storyline-hooks-install.1",
        "storyline-hooks-remove.1",
        "storyline-hooks.1",
        "storyline-init.1",
        "storyline-log.1",
        "storyline-man.1",
        "storyline-manifest-schema.1",
        "storyline-manifest.1",
        "storyline-noise.1",
        "storyline-parse.1",
        "storyline-preview.1",
        "storyline-profile.1",
        "storyline-promote.1",
        "storyline-release.1",
        "storyline-sites.1",
        "storyline-stamp.1",
        "storyline-status.1",
        "storyline-story-depends.1",
        "storyline-story-list.1",
        "storyline-story-show.1",
        "storyline-story-start.1",
        "storyline-story-submit.1",
        "storyline-story-withdraw.1",
        "storyline-story.1",
        "storyline-sync.1",
        "storyline-unstamp.1",
        "storyline.1",
    ]
    "#);
    insta::assert_snapshot!(place.run(&["--version"]), @r"
    $ storyline --version
    --- stdout
    storyline 0.1.0
    --- exit code 0
    ");
    insta::assert_snapshot!(place.run(&["--help"]), @r#"
    $ storyline --help
    --- stdout
    Release the whole story, and nothing but the story.

    Storyline keeps one canonical form of a Looker project and stamps each environment's names
    (connections, models, projects, labels, constants) into it and takes them out again, byte for byte,
    as the project's `storyline.toml` says.

    Usage: storyline [OPTIONS] <COMMAND>

    Commands:
      check         Find what is wrong with the project, and mend what can be mended safely
      init          Propose a manifest from what the project shows
      doctor        Tell what is missing or broken, and how to mend it
      sites         List every place that holds a name of an environment
      stamp         Put an environment's names into the project
      unstamp       Take an environment's names out of the project
      diff          Show what differs, without what only a stamp moved
      preview       Tell reviewers what a change does, and what stands on it
      profile       Add an environment's target to dbt's profiles, or bring it up to date
      story         Begin stories, hand them in, and see how they are
      accept        Say that a story's revision does on a stage what it should
      hold          Say that a story's revision does not go on from a stage, and why
      release       Say that a story's revision is not held any more. It has to be accepted anew
      absorb        Take commits that were made in an environment's repository into a story
      adopt         Bring an environment's existing repository under the manifest
      sync          Bring environments' repositories to where canonical is
      promote       Bring stories to a stage: each in the revision that was handed in last, and nothing
                    else
      back-out      Take a story off a stage
      audit         Compute again what is on a stage, and tell what is not what it says
      bisect-story  Find the story that breaks something on a stage
      status        Tell how stages are
      log           Tell what happened on a stage, the newest first
      board         Show where every story is, and what to type next
      parse         Print the tree of a LookML file
      noise         Tell what share of a Git history is rename or connection noise
      manifest      Look after the manifest
      hooks         Have Git leave stamps out, and look at commits and pushes
      git-driver    What Git calls after `storyline hooks install`
      demo          Build a small company in a folder and take it through what Storyline does
      completions   Print a completion script for a shell
      man           Print the manual, or write one page a command

    Options:
      -C <DIR>
              The project's folder; where you are, if left out. Folders to write into are seen from
              where you are

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Exit codes: 0 fine, 1 findings or differences, 2 usage, manifest or folder, 3 conflict, 70 a bug of
    ours.
    --- exit code 0
    "#);
    insta::assert_snapshot!(place.run(&["stamp", "-h"]), @r"
    $ storyline stamp -h
    --- stdout
    Put an environment's names into the project

    Usage: storyline stamp [OPTIONS] <ENVIRONMENT>

    Arguments:
      <ENVIRONMENT>  The environment, as the manifest names it

    Options:
      -C <DIR>                   The project's folder; where you are, if left out. Folders to write into
                                 are seen from where you are
          --into <DIR>           Write the whole project into this folder, a new or empty one, and leave
                                 this one alone
          --rev <REV>            Take a commit with its whole history in place of the folder, and print
                                 the commit that comes of it. Every commit goes by the manifest that it
                                 holds; one without, or that is refused, keeps its files. The folder and
                                 its branch stay as they are
          --branch <NAME>        Make this local branch at the result, or move it forward to there
          --manifest-from <REV>  Lend the manifest of this revision to commits that hold none. For
                                 trials and measurements: without it, other commits come of them
          --dry-run              Show what would be done, and do nothing
          --format <FORMAT>      How to print it [default: text] [possible values: text, json]
      -h, --help                 Print help (see more with '--help')
    --- exit code 0
    ");
}

#[test]
fn the_schema_is_json() {
    let schema = Place::new().succeeds(&["manifest", "schema"]);
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    assert!(schema["properties"]["environment"].is_object());
}

#[test]
fn arguments_need_not_be_text() {
    let place = Place::of(&[("storyline.toml", SUFFIX), ("v.view.lkml", "view: v {}\n")]);
    let odd = OsStr::from_bytes(b"caf\xe9");
    let run = |args: &[&OsStr]| place.run(args).code();
    assert_eq!(run(&[odd]), Some(2));
    assert_eq!(run(&["stamp".as_ref(), odd]), Some(2));
    assert_eq!(run(&["-C".as_ref(), odd, "sites".as_ref()]), Some(2));
    assert_eq!(run(&["parse".as_ref(), odd]), Some(2));
    place.write(odd, "a: b\n");
    assert_eq!(
        run(&["parse".as_ref(), odd, "--format=json".as_ref()]),
        Some(0)
    );
    let copy = OsStr::from_bytes(b"../copy\xe9");
    assert_eq!(
        run(&["stamp".as_ref(), "dev1".as_ref(), "--into".as_ref(), copy]),
        Some(0)
    );
    assert!(
        place
            .top
            .join(OsStr::from_bytes(b"copy\xe9/v.view.lkml"))
            .is_file()
    );
}

#[test]
fn a_folder_that_is_gone() {
    let place = Place::new();
    let gone = place.top.join("gone");
    fs::create_dir(&gone).expect("a folder");
    let program = storyline().get_program().to_owned();
    let script = "rmdir ../gone && exec \"$0\" sites";
    let output = std::process::Command::new("sh")
        .args([OsStr::new("-c"), script.as_ref(), &program])
        .current_dir(&gone)
        .output()
        .expect("a shell");
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @r"
    error[folder-unreadable]: cannot open .: No such file or directory (os error 2)
     |
     = help: give the folder of a project with `-C DIR`, one that you may read
    ");
}

/// A disk that is full; the folder is stamped all the same, and that is said.
#[cfg(target_os = "linux")]
#[test]
fn output_that_nobody_can_take() {
    let place = Place::of(&[("storyline.toml", SUFFIX)]);
    place.write("orders.model.lkml", "connection: \"c\"\n");
    let full = fs::File::create("/dev/full").expect("a device of every Linux");
    let mut command = storyline();
    command.args(["stamp", "dev1"]).current_dir(&place.root);
    let output = command
        .stdout(full)
        .output()
        .expect("the program was built");
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @r"
    error[output-failed]: cannot write the output: No space left on device (os error 28)
     |
     = help: all files are written; only this report is missing
    ");
    assert!(place.root.join("orders_dev1.model.lkml").is_file());
}
