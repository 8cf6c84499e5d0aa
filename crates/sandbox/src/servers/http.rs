//! A forge by HTTP: bare repositories behind `git http-backend`, perhaps behind a password.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::cgi;
use super::fault::{Fault, Faults, Request};
use super::listener::Listener;
use super::request::Head;

/// A server on a port of its own, until it is dropped.
#[derive(Debug)]
pub struct HttpServer {
    shared: Arc<Shared>,
    listener: Listener,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    /// The one user and the password, when they are asked for.
    user: Option<(String, String)>,
    faults: Faults,
}

impl HttpServer {
    /// Serves all repositories below `root`, to be read and pushed to by anybody.
    ///
    /// # Errors
    /// When the system gives us no port.
    pub fn start(root: &Path) -> io::Result<Self> {
        Self::listen(root, None)
    }

    /// The same for one user only.
    ///
    /// # Errors
    /// When the system gives us no port.
    pub fn start_for(root: &Path, user: &str, password: &str) -> io::Result<Self> {
        Self::listen(root, Some((user.into(), password.into())))
    }

    fn listen(root: &Path, user: Option<(String, String)>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            root: root.into(),
            user,
            faults: Faults::default(),
        });
        let serving = Arc::clone(&shared);
        let listener = Listener::start(move |client| serving.serve(client))?;
        Ok(Self { shared, listener })
    }

    /// The URL of the repository with this path below the root.
    pub fn url(&self, repository: &str) -> String {
        format!("http://{}/{repository}", self.listener.address())
    }

    /// Does something wrong with the next request of this kind that has no fault yet.
    pub fn fail(&self, request: Request, fault: Fault) {
        self.shared.faults.add(request, fault);
    }
}

impl Shared {
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let mut body = BufReader::new(client.try_clone()?);
        let Some(head) = Head::read(&mut body)? else {
            return Ok(());
        };
        if !self.lets_in(&head) {
            let header = "WWW-Authenticate: Basic realm=\"sandbox\"\r\n";
            return refuse(&head, &mut body, &mut client, 401, header);
        }
        let fault = request(&head).and_then(|request| self.faults.take(request));
        let mut limit = usize::MAX;
        match fault {
            None => {}
            Some(Fault::Status(status)) => {
                return refuse(&head, &mut body, &mut client, status, "");
            }
            Some(Fault::Lost) => return client.shutdown(Shutdown::Both),
            Some(Fault::Cut(bytes)) => limit = bytes,
            Some(Fault::Silence) => return io::copy(&mut body, &mut io::sink()).map(drop),
            Some(Fault::First(act)) => act(),
        }
        if head.header("expect").is_some() {
            client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let user = self.user.as_ref().map(|(user, _)| user.as_str());
        cgi::answer(&self.root, &head, user, &mut body, &mut client, limit)?;
        client.shutdown(Shutdown::Both)
    }

    fn lets_in(&self, head: &Head) -> bool {
        self.user.as_ref().is_none_or(|(user, password)| {
            let expected = BASE64_STANDARD.encode(format!("{user}:{password}"));
            head.header("authorization") == Some(&format!("Basic {expected}"))
        })
    }
}

fn request(head: &Head) -> Option<Request> {
    let asks_for = |service| head.query == format!("service={service}");
    match head.path.rsplit('/').next()? {
        "refs" if asks_for("git-upload-pack") => Some(Request::Read),
        "refs" if asks_for("git-receive-pack") => Some(Request::Prepare),
        "git-upload-pack" => Some(Request::Fetch),
        "git-receive-pack" => Some(Request::Push),
        _ => None,
    }
}

/// Answers with a status alone, after the request was read: a client that still writes would not
/// read the answer.
fn refuse(
    head: &Head,
    body: &mut BufReader<impl Read>,
    client: &mut TcpStream,
    status: u16,
    header: &str,
) -> io::Result<()> {
    head.copy_body(body, &mut io::sink())?;
    write!(
        client,
        "HTTP/1.1 {status} refused\r\n{header}Content-Length: 0\r\nConnection: close\r\n\r\n"
    )?;
    client.shutdown(Shutdown::Both)
}
