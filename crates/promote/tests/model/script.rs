//! The same read by a script that knows nothing but Git.
//!
//! Runs when `STORYLINE_PYTHON` names a Python; continuous integration (`CI` is set) must have one.

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::process::Command;

use crate::project::{board_path, files, name};
use crate::run::Run;

impl Run {
    /// Whether a reader that shares no code with ours finds the same stories and files on a stage.
    #[expect(clippy::print_stdout, reason = "what did not run has to say so")]
    pub(crate) fn read_by_others(&mut self, at: usize) {
        let Some(python) = env::var_os("STORYLINE_PYTHON") else {
            assert!(env::var_os("CI").is_none(), "STORYLINE_PYTHON is not set");
            println!("skipped: reading by a script: STORYLINE_PYTHON is not set");
            return;
        };
        let stage = self.stages[at].clone();
        let mut command = Command::new(python);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/model/independent.py"));
        command.arg(self.world.root()).arg(stage.tip().to_string());
        let names = ["shop", "store", "warehouse", "lake"];
        let names = names.map(|own| format!("{}={own}", name(stage.name, stage.version, own)));
        command.arg(names.join(","));
        command.args(stage.proposed.iter().map(ToString::to_string));
        let output = command.output().expect("a Python that can be started");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        let text = String::from_utf8(output.stdout).expect("text");
        let found: BTreeSet<_> = text.split_terminator('\0').map(str::to_owned).collect();
        let on = stage
            .on
            .iter()
            .map(|(story, of)| format!("on {story} {}", self.handed[*of].landed.revision));
        let kept: BTreeSet<_> = stage
            .strays
            .keys()
            .map(|board| board_path(*board))
            .collect();
        let is_kept = |line: &String| {
            kept.iter()
                .any(|path| line.starts_with(&format!("file {path} ")))
        };
        let content = files(&stage.content).into_iter();
        let content = content.map(|(path, text)| format!("file {path} {text}"));
        let expected: BTreeSet<_> = on.chain(content).filter(|line| !is_kept(line)).collect();
        let found: BTreeSet<_> = found.into_iter().filter(|line| !is_kept(line)).collect();
        let differing: Vec<_> = found.symmetric_difference(&expected).collect();
        assert!(differing.is_empty(), "{}: {differing:?}", stage.name);
    }
}
