//! What a server is told to do wrong.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The requests that Git makes by HTTP, in the order of a fetch or a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Before refs are listed or fetched.
    Read,
    /// Refs, or a pack of objects.
    Fetch,
    /// Before a push: which refs there are.
    Prepare,
    /// A push's refs and its pack.
    Push,
}

/// Something that goes wrong with one request.
pub enum Fault {
    /// It is answered with this status, and nothing is done.
    Status(u16),
    /// The connection ends before anything is done.
    Lost,
    /// It is done, and the connection ends after so many bytes of the answer's body.
    Cut(usize),
    /// There is no answer until the client gives up.
    Silence,
    /// Something else happens first, such as somebody else's push.
    First(Box<dyn FnOnce() + Send>),
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "Status({status})"),
            Self::Lost => f.write_str("Lost"),
            Self::Cut(bytes) => write!(f, "Cut({bytes})"),
            Self::Silence => f.write_str("Silence"),
            Self::First(_) => f.write_str("First(…)"),
        }
    }
}

/// Faults that wait for their request, each for one.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<VecDeque<(Request, Fault)>>);

impl Faults {
    pub(crate) fn add(&self, request: Request, fault: Fault) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back((request, fault));
    }

    /// The next one for this request.
    pub(crate) fn take(&self, request: Request) -> Option<Fault> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = waiting.iter().position(|(of, _)| *of == request)?;
        waiting.remove(place).map(|(_, fault)| fault)
    }
}
