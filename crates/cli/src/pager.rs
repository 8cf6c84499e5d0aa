//! Long output on a terminal goes through the reader's pager, as with Git.

use std::env;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use storyline_repo::Repository;
use storyline_text::Diagnostic;

use crate::failure::{Failure, usage};
use crate::output;

/// What is used when nobody says otherwise.
const USUAL: &str = "less";

/// Runs `write` on standard output; when that is a terminal, by way of the pager that Git would use in
/// `directory`.
pub(crate) fn stream(
    directory: &Path,
    wanted: bool,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    if !wanted || !io::stdout().is_terminal() {
        return output::stream(write);
    }
    let Some(command) = command(directory) else {
        return output::stream(write);
    };
    let Ok(mut pager) = start(&command) else {
        return output::stream(write);
    };
    let stdin = pager.stdin.take().expect("it is piped");
    let mut out = BufWriter::new(stdin);
    let written = write(&mut out).and_then(|()| out.flush());
    drop(out);
    // It reads on after we are done.
    let ended = pager.wait();
    match written.and(ended.map(drop)) {
        // Nobody has to read to the end.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let title = format!("the pager failed: {error}");
            let diagnostic = Diagnostic::error("pager-failed", title);
            Err(usage(diagnostic.help("`--no-pager` does without")))
        }
        _ => Ok(()),
    }
}

/// The pager that Git would use here; `None` for none.
fn command(directory: &Path) -> Option<String> {
    let setting = || {
        let repository = Repository::discover(directory).ok()??;
        repository.setting("core.pager").ok()?
    };
    let of = |name: &str| env::var(name).ok();
    let command = of("GIT_PAGER")
        .or_else(setting)
        .or_else(|| of("PAGER"))
        .unwrap_or_else(|| USUAL.into());
    (!command.is_empty() && command != "cat").then_some(command)
}

fn start(command: &str) -> io::Result<Child> {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).stdin(Stdio::piped());
    // As Git does: quit when all fits, show colours, leave the screen as it is.
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if env::var_os(name).is_none() {
            shell.env(name, value);
        }
    }
    shell.spawn()
}
