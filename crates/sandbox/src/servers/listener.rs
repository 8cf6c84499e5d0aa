//! A port of our own, and a thread for each who comes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// Waits for connections until it is dropped. Those that are open then go on.
#[derive(Debug)]
pub(super) struct Listener {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Serves each connection to a free port of this machine.
    pub(super) fn start(
        serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let is_over = Arc::new(AtomicBool::new(false));
        let (serve, is_over_there) = (Arc::new(serve), Arc::clone(&is_over));
        let thread = thread::spawn(move || {
            for client in listener.incoming() {
                if is_over_there.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(client) = client {
                    let serve = Arc::clone(&serve);
                    // A client that leaves in the middle is its own affair.
                    thread::spawn(move || serve(client));
                }
            }
        });
        Ok(Self {
            address,
            is_over,
            thread: Some(thread),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // It looks up when somebody comes.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            // It does not panic, and there is nobody to tell.
            let _ = thread.join();
        }
    }
}
