//! One run of a program: what it reads is known before, outputs kept up to a limit, an end in any case.

use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of standard output that are kept: the refs of a remote, 80 bytes each or so.
const MAX_OUTPUT: usize = 64 << 20;

/// Bytes of standard error that are kept; what comes after them is read and dropped.
const MAX_ERRORS: usize = 1 << 20;

/// A program that has ended by itself.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) output: Vec<u8>,
    pub(crate) errors: Vec<u8>,
}

/// Why there is no [`Ended`].
pub(super) enum Failed {
    /// It did not start.
    Start(io::Error),
    /// It took too long, and was killed.
    TimeLimit,
    /// It printed more than [`MAX_OUTPUT`].
    TooLong,
}

/// What a pipe held: its bytes and whether some were dropped.
type Drained = (Vec<u8>, bool);

/// Runs a program to its end, with `input` to read, or nothing. Where it `has_terminal` it stays in our process group, so that it may
/// ask for a password and Ctrl-C reaches it; otherwise it gets one of its own, and after `limit` all
/// that is in it is killed.
pub(super) fn run(
    mut command: Command,
    input: Option<Vec<u8>>,
    limit: Duration,
    has_terminal: bool,
) -> Result<Ended, Failed> {
    command
        .stdin(input.as_ref().map_or_else(Stdio::null, |_| Stdio::piped()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    if !has_terminal {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    let started = Instant::now();
    let mut child = command.spawn().map_err(Failed::Start)?;
    if let Some((mut pipe, input)) = child.stdin.take().zip(input) {
        // A program that has read enough closes the pipe.
        thread::spawn(move || drop(pipe.write_all(&input)));
    }
    let (stdout, output) = mpsc::channel();
    let (stderr, errors) = mpsc::channel();
    drain(child.stdout.take(), MAX_OUTPUT, stdout);
    drain(child.stderr.take(), MAX_ERRORS, stderr);
    // A pipe closes when the last process that holds it ends, so this waits for helpers as well.
    let left = || limit.saturating_sub(started.elapsed());
    let received = output
        .recv_timeout(left())
        .and_then(|output| Ok((output, errors.recv_timeout(left())?)));
    let Ok(((output, is_cut), (errors, _))) = received else {
        kill(&mut child, has_terminal);
        return Err(Failed::TimeLimit);
    };
    let status = child.wait().map_err(Failed::Start)?;
    match is_cut {
        true => Err(Failed::TooLong),
        false => Ok(Ended {
            status,
            output,
            errors,
        }),
    }
}

/// Reads a pipe to its end on a thread of its own, which tells what it held.
fn drain(pipe: Option<impl Read + Send + 'static>, limit: usize, done: Sender<Drained>) {
    thread::spawn(move || {
        let mut kept = Vec::new();
        let mut is_cut = false;
        if let Some(mut pipe) = pipe {
            // What cannot be read any more ends like what has ended.
            let _ = pipe.by_ref().take(limit as u64).read_to_end(&mut kept);
            // A program that cannot write on would never end.
            is_cut = io::copy(&mut pipe, &mut io::sink()).is_ok_and(|dropped| dropped > 0);
        }
        // Nobody listens any more after the time limit.
        let _ = done.send((kept, is_cut));
    });
}

/// Ends the program, and those that it started where they have a group of their own.
fn kill(child: &mut Child, has_terminal: bool) {
    #[cfg(unix)]
    if !has_terminal {
        let group = rustix::process::Pid::from_child(child);
        // It may have ended by now; it was not waited for, so the number is still its own.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<Ended, Failed> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(command, None, limit, false)
    }

    #[test]
    fn outputs_have_limits() {
        let long = Duration::from_mins(10);
        let ended = shell("echo out; head -c 2000000 /dev/zero >&2; exit 3", long);
        let Ok(ended) = ended else { panic!("it ends") };
        assert_eq!(
            (ended.status.code(), ended.output.as_slice()),
            (Some(3), &b"out\n"[..])
        );
        assert_eq!(ended.errors.len(), MAX_ERRORS);
        let flood = shell(&format!("head -c {} /dev/zero", MAX_OUTPUT + 1), long);
        assert!(matches!(flood, Err(Failed::TooLong)));
    }

    #[test]
    fn nothing_outlives_the_time_limit() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("number");
        let script = format!("sleep 1000 & echo $! > {}; wait", file.display());
        let ended = shell(&script, Duration::from_millis(500));
        assert!(matches!(ended, Err(Failed::TimeLimit)));
        let number = fs::read_to_string(file).expect("it was written at once");
        // It ends soon; nobody may have waited for it yet.
        let stat = format!("/proc/{}/stat", number.trim());
        while fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z")) {
            thread::yield_now();
        }
    }
}
