//! Servers of Git on this machine, for tests and the demo: real ones, as a company has them, that can
//! also be told to fail.

mod cgi;
mod fault;
mod http;
mod listener;
mod request;
mod ssh;

pub use fault::{Fault, Request};
pub use http::HttpServer;
pub use ssh::SshServer;
