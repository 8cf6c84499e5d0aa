//! HTTP as far as Git needs it: a request's head and body, chunks.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};

/// Bytes of a request's head.
const MAX_HEAD: u64 = 1 << 16;

/// A request without its body.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    /// By name in lower case.
    headers: BTreeMap<String, String>,
}

impl Head {
    /// Reads up to the empty line; `None` when the client has left.
    pub(super) fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut from = from.take(MAX_HEAD);
        let mut line = String::new();
        from.read_line(&mut line)?;
        let mut words = line.split_ascii_whitespace();
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Ok(None);
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut head = Self {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers: BTreeMap::new(),
        };
        loop {
            let mut line = String::new();
            from.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else {
                return Ok(Some(head));
            };
            let name = name.trim().to_ascii_lowercase();
            head.headers.insert(name, value.trim().into());
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Copies the body, which comes whole or in chunks.
    pub(super) fn copy_body(&self, from: &mut impl BufRead, to: &mut impl Write) -> io::Result<()> {
        if !self.is_chunked() {
            let length = self.header("content-length").and_then(|l| l.parse().ok());
            io::copy(&mut from.take(length.unwrap_or(0)), to)?;
            return Ok(());
        }
        loop {
            let mut line = String::new();
            from.take(MAX_HEAD).read_line(&mut line)?;
            let length = u64::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
            io::copy(&mut from.take(length), to)?;
            // Each chunk ends with a line end, and so do the chunks.
            from.take(MAX_HEAD).read_line(&mut String::new())?;
            if length == 0 {
                return Ok(());
            }
        }
    }

    pub(super) fn is_chunked(&self) -> bool {
        let encoding = self.header("transfer-encoding");
        encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("chunked"))
    }
}

/// Copies a body in chunks, so that the client sees whether it came to its end. The client gets the
/// first `limit` bytes, and no end if there are more.
pub(super) fn write_chunks(
    from: &mut impl Read,
    to: &mut impl Write,
    limit: usize,
) -> io::Result<()> {
    let mut left = limit;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = from.read(&mut buffer)?;
        if read > left {
            write_chunk(&buffer[..left], to)?;
            to.flush()?;
            // Who writes it is not to notice.
            return io::copy(from, &mut io::sink()).map(drop);
        }
        write_chunk(&buffer[..read], to)?;
        if read == 0 {
            return to.flush();
        }
        left -= read;
    }
}

fn write_chunk(bytes: &[u8], to: &mut impl Write) -> io::Result<()> {
    write!(to, "{:x}\r\n", bytes.len())?;
    to.write_all(bytes)?;
    to.write_all(b"\r\n")
}
