//! What PyYAML says of files and edits: a judge with no code of Storyline's.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::peers::Peers;
use super::trial::{Answer, File, Trial};
use crate::{project, python};

/// Without peers, PyYAML looks at one edit of so many.
const EVERY: usize = 8;
/// With peers, at so many files of a checkout, of so many bytes at most.
const FILES: usize = 20;
const BYTES: usize = 20_000;

/// Verdicts of one checkout.
#[derive(Default)]
pub(crate) struct Verdicts {
    /// Files by how they are read: `same`, `neither`, `differently`, `PyYAML only`, `Storyline only`.
    pub(crate) reads: BTreeMap<String, Vec<String>>,
    /// Edits by who made them and what came of it.
    pub(crate) edits: BTreeMap<String, BTreeMap<String, usize>>,
    /// Our edits that the judge says are wrong.
    pub(crate) wrong: Vec<String>,
}

pub(crate) struct Judge {
    python: PathBuf,
    script: PathBuf,
}

impl Judge {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            python: python::environment(&python::PEERS)?,
            script: project::root().join("xtask/python/yaml_edits.py"),
        })
    }

    pub(crate) fn ask(&self, files: &[File], peers: Option<&Peers>) -> Result<Verdicts> {
        let mut requests: Vec<Value> = files.iter().map(|file| request(file, Vec::new())).collect();
        match peers {
            None => {
                let edits = files.iter().enumerate();
                let edits = edits.flat_map(|(at, file)| file.edits.iter().map(move |e| (at, e)));
                for (at, edit) in edits.step_by(EVERY) {
                    push(&mut requests[at], edit);
                }
            }
            Some(peers) => with_peers(files, &mut requests, peers)?,
        }
        let lines: String = requests.iter().map(|r| format!("{r}\n")).collect();
        let mut command = Command::new(&self.python);
        let answer = python::ask(command.arg(&self.script), lines.as_bytes())?;
        serde_json::from_value::<(_, _, _)>(json!([
            answer["reads"],
            answer["edits"],
            answer["wrong"]
        ]))
        .map(|(reads, edits, wrong)| Verdicts {
            reads,
            edits,
            wrong,
        })
        .context("the script's answer")
    }
}

fn request(file: &File, edits: Vec<Value>) -> Value {
    json!({ "file": file.path, "events": file.events, "edits": edits, "peers": false })
}

fn push(request: &mut Value, edit: &Trial) {
    let answer = match &edit.answer {
        Answer::Done { edit, .. } => {
            let text = String::from_utf8_lossy(&edit.text);
            json!([edit.span.start, edit.span.end, text])
        }
        Answer::Refused(reason) | Answer::Broken(reason) => json!(reason),
    };
    let edit = json!({
        "leaf": edit.leaf,
        "document": edit.document,
        "path": edit.route,
        "span": [edit.span.start, edit.span.end],
        "value": edit.wish.value,
        "text": edit.wish.is_text,
        "answers": { "Storyline": answer },
    });
    if let Some(edits) = request["edits"].as_array_mut() {
        edits.push(edit);
    }
}

/// A sample of the files, with all edits whose place can be named to another library.
fn with_peers(files: &[File], requests: &mut [Value], peers: &Peers) -> Result<()> {
    let fits = |file: &File| file.size <= BYTES && !file.edits.is_empty();
    let small: Vec<usize> = (0..files.len()).filter(|at| fits(&files[*at])).collect();
    let count = small.len().min(FILES);
    let sample: Vec<usize> = (0..count).map(|i| small[i * small.len() / count]).collect();
    let mut lines = String::new();
    for at in &sample {
        for edit in files[*at].edits.iter().filter(|edit| edit.is_one_place) {
            push(&mut requests[*at], edit);
        }
        requests[*at]["peers"] = true.into();
        lines += &format!(
            "{}\n",
            json!({ "file": files[*at].path, "edits": requests[*at]["edits"] })
        );
    }
    for (at, answers) in sample.into_iter().zip(peers.ask(&lines)?) {
        let edits = requests[at]["edits"].as_array_mut();
        for (number, edit) in edits.into_iter().flatten().enumerate() {
            edit["answers"]["yamlpatch"] = match &answers {
                Value::Array(answers) => answers[number].clone(),
                why => json!({ "unread": why }),
            };
        }
    }
    Ok(())
}
