//! One request, answered by Git's own `git http-backend`.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use super::request::{Head, write_chunks};

/// Hands a request to Git, which serves the repositories below `root`, and its answer to `client`.
/// Only the first `limit` bytes of the answer's body.
pub(super) fn answer(
    root: &Path,
    head: &Head,
    user: Option<&str>,
    body: &mut (impl BufRead + Send),
    client: &mut impl Write,
    limit: usize,
) -> io::Result<()> {
    let mut backend = backend(root, head, user).spawn()?;
    let (Some(mut input), Some(output)) = (backend.stdin.take(), backend.stdout.take()) else {
        return Err(io::Error::other("both are piped"));
    };
    let written = thread::scope(|scope| {
        // Git may answer before it has read everything, or not read everything.
        scope.spawn(move || head.copy_body(body, &mut input));
        relay(&mut BufReader::new(output), client, limit)
    });
    backend.wait()?;
    written
}

/// Git with nobody's configuration, also when a hook of some repository has started us.
fn git() -> Command {
    let mut command = Command::new("git");
    for variable in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_CONFIG_PARAMETERS",
    ] {
        command.env_remove(variable);
    }
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

fn backend(root: &Path, head: &Head, user: Option<&str>) -> Command {
    let mut command = git();
    command
        .args(["-c", "http.receivepack=true", "http-backend"])
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", &head.method)
        .env("PATH_INFO", &head.path)
        .env("QUERY_STRING", &head.query)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let headers = [
        ("content-type", "CONTENT_TYPE"),
        ("content-length", "CONTENT_LENGTH"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("git-protocol", "GIT_PROTOCOL"),
    ];
    for (name, variable) in headers {
        if let Some(value) = head.header(name) {
            command.env(variable, value);
        }
    }
    if let Some(user) = user {
        command.env("REMOTE_USER", user);
    }
    command
}

/// Makes an answer of HTTP from one of CGI.
fn relay(from: &mut impl BufRead, client: &mut impl Write, limit: usize) -> io::Result<()> {
    let mut status = "200 OK".to_owned();
    let mut headers = String::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some(("Status", value)) => status = value.into(),
            Some(_) => headers.push_str(&line),
            None => break,
        }
    }
    write!(
        client,
        "HTTP/1.1 {status}\r\n{headers}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )?;
    write_chunks(from, client, limit)
}
