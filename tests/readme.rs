//! What `README.md` shows is what the program does. From top to bottom, a fenced block with a file
//! name is written to that file, and a terminal session (`console`) runs and has to print what
//! stands there; a command without output on the page may print anything.
#![cfg(unix)]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Place, storyline};

/// Lines that start so are commands; those after one are what it prints.
const PROMPT: &str = "$ ";

/// Commands that are not the program's; other checks run them.
const OTHERS: &str = "cargo ";

#[test]
fn every_session_goes_as_shown() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let place = Place::new();
    let mut compared = 0;
    for (title, text) in blocks(&page) {
        match title.split_once(' ') {
            None if title == "console" => compared += session(&place, &text),
            Some((_, file)) => {
                place.write(file, text);
            }
            None => {}
        }
    }
    assert!(compared > 0, "the page shows what the program prints");
}

/// The fenced blocks of a page: what stands after the first fence, and the lines between.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut blocks: Vec<(&str, String)> = Vec::new();
    let mut is_inside = false;
    for line in page.lines() {
        match (is_inside, line.strip_prefix("```")) {
            (false, Some(title)) => {
                blocks.push((title, String::new()));
                is_inside = true;
            }
            (true, Some(_)) => is_inside = false,
            (true, None) => {
                let (_, text) = blocks.last_mut().expect("inside of one");
                text.extend([line, "\n"]);
            }
            (false, None) => {}
        }
    }
    blocks
}

/// Runs the commands of a session, and returns how many outputs were compared.
fn session(place: &Place, text: &str) -> usize {
    let steps = text
        .split_inclusive('\n')
        .fold(Vec::new(), |mut steps, line| {
            match line.strip_prefix(PROMPT) {
                Some(command) => steps.push((command.trim_end(), String::new())),
                None => {
                    let step: &mut (&str, String) =
                        steps.last_mut().expect("a command comes first");
                    step.1.push_str(line);
                }
            }
            steps
        });
    let ours = steps
        .iter()
        .filter(|(command, _)| !command.starts_with(OTHERS));
    let compared = ours.filter(|(command, shown)| {
        let printed = run(place, command);
        if !shown.is_empty() {
            assert_eq!(printed.trim_end(), shown.trim_end(), "$ {command}");
        }
        !shown.is_empty()
    });
    compared.count()
}

/// Runs `command` with a shell to which `storyline` is the program that was built.
fn run(place: &Place, command: &str) -> String {
    let program = storyline();
    let folder = Path::new(program.get_program()).parent();
    let folder = folder.expect("programs stand in folders").display();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .env_clear()
        .env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"))
        .current_dir(&place.root)
        .output()
        .expect("a shell");
    String::from_utf8(output.stdout).expect("what is printed is text")
}
