//! Names of models and projects inside URLs of Looker.
//!
//! Links between dashboards and explores are text to Looker and to us: they stand in `link` URLs,
//! in HTML, in text tiles. What is read as one: `/dashboards/MODEL::ID` with `dashboards-next`,
//! `dashboard` and `embed/` variants, `/explore/MODEL/EXPLORE`, `/extensions/PROJECT::ID`. A URL
//! with a host is one only when the host is the team's own; the rest of the world may have models
//! of the same name.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem;
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::peek;
use nom::sequence::terminated;
use nom::{IResult, Parser};
use storyline_manifest::Kind;
use storyline_text::Span;

use crate::candidate::{Candidate, Shape};

/// Hosts whose URLs are the team's own, in lower case.
pub(crate) type Hosts = BTreeSet<String>;

/// Path segments before a name, what the name is, and whether `::` ends it (else `/`).
const MARKERS: [(&[u8], Kind, bool); 7] = [
    (b"dashboards/", Kind::Model, true),
    (b"dashboards-next/", Kind::Model, true),
    (b"dashboards-legacy/", Kind::Model, true),
    (b"dashboard/", Kind::Model, true),
    (b"explore/", Kind::Model, false),
    (b"extensions/", Kind::Project, true),
    (b"applications/", Kind::Project, true),
];

/// Every marker holds one of these.
pub(crate) const WORDS: [&[u8]; 4] = [b"dashboard", b"explore/", b"extensions/", b"applications/"];

static FINDER: LazyLock<AhoCorasick> =
    LazyLock::new(|| finder(&MARKERS.map(|(marker, ..)| marker)));

/// A search for any of a few short texts, none of which begins another. Of the kinds of match this
/// one is found fastest: with vector instructions.
pub(crate) fn finder(needles: &[impl AsRef<[u8]>]) -> AhoCorasick {
    let mut builder = AhoCorasick::builder();
    let finder = builder.match_kind(MatchKind::LeftmostFirst).build(needles);
    finder.expect("a few short needles")
}

/// How a name is written in a URL. Several encodings may write the same bytes; the first in
/// [`Encoding::ALL`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As it is.
    Raw,
    /// `%26`, everything but unreserved characters (RFC 3986, 2.3).
    Percent { upper: bool, sub_delims: bool },
    /// `&amp;`, as it is otherwise.
    Html,
    /// `%26` here and `&` there: nobody can tell how another name would be written.
    Mixed,
}

impl Encoding {
    const ALL: [Self; 6] = [
        Self::Raw,
        // Before those that keep `&` and `;`, and so would take `&amp;` for a part of the name.
        Self::Html,
        Self::Percent {
            upper: true,
            sub_delims: false,
        },
        Self::Percent {
            upper: false,
            sub_delims: false,
        },
        Self::Percent {
            upper: true,
            sub_delims: true,
        },
        Self::Percent {
            upper: false,
            sub_delims: true,
        },
    ];

    /// Writes `name` in place of one that was written so, percent-encoded if it has to be; `None`
    /// when nobody can tell how.
    pub(crate) fn write(self, name: &str) -> Option<String> {
        let percent = || (self != Self::Mixed).then(|| Self::percent(name));
        self.encode(name).or_else(percent)
    }

    /// `name` as every reader of URLs takes it.
    pub(crate) fn percent(name: &str) -> String {
        percent_encode(name, true, false)
    }

    /// Writes `name`; `None` when it cannot be written so.
    fn encode(self, name: &str) -> Option<String> {
        match self {
            Self::Raw => {
                let plain = name.bytes().all(|b| is_name(b) && b != b'%');
                (plain && !name.contains("&amp;") && !name.contains("::")).then(|| name.into())
            }
            Self::Percent { upper, sub_delims } => Some(percent_encode(name, upper, sub_delims)),
            Self::Html => Self::Raw.encode(name).map(|n| n.replace('&', "&amp;")),
            Self::Mixed => None,
        }
    }

    fn decode(self, written: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::Raw => Some(written.into()),
            Self::Percent { .. } | Self::Mixed => percent_decode(written).map(Cow::Owned),
            Self::Html => Some(written.replace("&amp;", "&").into()),
        }
    }

    /// The name that `written` stands for, and the encoding that writes it exactly so if there is
    /// one.
    fn detect(written: &str) -> Option<(Self, String)> {
        let exact = Self::ALL.into_iter().find_map(|encoding| {
            let name = encoding.decode(written)?;
            let same = encoding.encode(&name)? == written;
            same.then(|| (encoding, name.into_owned()))
        });
        let mixed = || Some((Self::Mixed, Self::Mixed.decode(written)?.into_owned()));
        exact.or_else(mixed)
    }
}

fn percent_encode(name: &str, upper: bool, sub_delims: bool) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        let kept = byte.is_ascii_alphanumeric()
            || b"-._~".contains(&byte)
            || (sub_delims && b"!$&'()*+,;=@".contains(&byte));
        match (kept, upper) {
            (true, _) => out.push(char::from(byte)),
            (false, true) => out.push_str(&format!("%{byte:02X}")),
            (false, false) => out.push_str(&format!("%{byte:02x}")),
        }
    }
    out
}

fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digits = [bytes.next()?, bytes.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        out.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(out).ok()
}

/// Bytes that can stand in a name inside a URL; all others end it.
fn is_name(byte: u8) -> bool {
    !byte.is_ascii_whitespace()
        && !byte.is_ascii_control()
        && !b"\"'<>\\`?#{}()[]|/:".contains(&byte)
}

fn name(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while1(is_name)(input)
}

/// A name and then `::`, which may be percent-encoded itself.
fn before_colons(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (rest, taken) = name(input)?;
    let encoded = [&b"%3A%3A"[..], b"%3a%3a"];
    let at = encoded
        .iter()
        .filter_map(|e| memchr::memmem::find(taken, e))
        .min();
    if let Some(at) = at.filter(|at| *at > 0) {
        return Ok((&input[at..], &input[..at]));
    }
    let (_, _) = peek(tag("::")).parse(rest)?;
    Ok((rest, taken))
}

fn before_slash(input: &[u8]) -> IResult<&[u8], &[u8]> {
    terminated(name, peek(tag("/"))).parse(input)
}

/// Adds every name that stands in a URL in `text`, which starts at byte `offset` of its file.
pub(crate) fn scan(text: &[u8], offset: u32, hosts: &Hosts, out: &mut Vec<Candidate>) {
    for found in FINDER.find_iter(text) {
        let (_, kind, colons) = &MARKERS[found.pattern().as_usize()];
        let before = &text[..found.start()];
        let rest = &text[found.end()..];
        let parsed = match colons {
            true => before_colons(rest),
            false => before_slash(rest),
        };
        let Ok((_, written)) = parsed else { continue };
        let Ok(written) = std::str::from_utf8(written) else {
            continue;
        };
        let owner = owner(before, hosts);
        let Some((encoding, name)) = Encoding::detect(written) else {
            continue;
        };
        let shape = match owner {
            Owner::Team => Shape::Url(encoding),
            Owner::Host(host) => Shape::Elsewhere { host },
            Owner::Nobody => continue,
        };
        let start = offset as usize + found.end();
        out.push(Candidate {
            kind: kind.clone(),
            span: Span::at(start..start + written.len()),
            name,
            shape,
        });
    }
}

/// Where the URL that `window` ends with begins. Liquid is a part of it, with all that it holds.
fn beginning(window: &[u8]) -> usize {
    let mut at = window.len();
    while at > 0 {
        let liquid = [(&b"}}"[..], &b"{{"[..]), (b"%}", b"{%")];
        let opened = liquid.iter().find_map(|(close, open)| {
            let inside = window[..at].strip_suffix(*close)?;
            memmem::rfind(inside, open)
        });
        let byte = window[at - 1];
        at = match opened {
            Some(open) => open,
            None if byte.is_ascii_whitespace() || b"\"'<>()[]\\`|,".contains(&byte) => return at,
            None => at - 1,
        };
    }
    0
}

/// Longest piece before a name that is looked at for a host.
const LONGEST_BEGINNING: usize = 512;

/// Whose a URL is.
enum Owner {
    /// The team's: it is relative, on a declared host, or on one that a constant or Liquid gives.
    Team,
    /// This host's, which is not declared; in lower case.
    Host(String),
    /// It is none: the marker is a part of another word.
    Nobody,
}

/// Whose the URL is whose beginning ends `before`.
fn owner(before: &[u8], hosts: &Hosts) -> Owner {
    // `my_dashboards/` is another word, `a + explore/b/c` and `(dashboards/a::float)` are SQL.
    if !matches!(
        before.last(),
        None | Some(b'/' | b'"' | b'\'' | b'=' | b'}')
    ) {
        return Owner::Nobody;
    }
    let window = &before[before.len().saturating_sub(LONGEST_BEGINNING)..];
    let url = &window[beginning(window)..];
    let Some(host) = host(url) else {
        return Owner::Team;
    };
    if host.contains(&b'}') || host.contains(&b'{') {
        return Owner::Team;
    }
    let host = host.split(|b| *b == b':').next().unwrap_or_default();
    let host = String::from_utf8_lossy(host).to_ascii_lowercase();
    match hosts.contains(&host) {
        true => Owner::Team,
        false => Owner::Host(host),
    }
}

/// The host of a URL, with its port; `None` when it is relative.
fn host(url: &[u8]) -> Option<&[u8]> {
    let host = match memmem::rfind(url, b"://") {
        Some(at) => &url[at + 3..],
        None if url.starts_with(b"//") => &url[2..],
        None => {
            let first = url.split(|b| *b == b'/').next().unwrap_or_default();
            let named = first.contains(&b'.') && first.iter().any(u8::is_ascii_alphanumeric);
            if !named || first.contains(&b'=') {
                return None;
            }
            first
        }
    };
    let mut parts = host.split(|b| matches!(b, b'/' | b'?' | b'#'));
    let host = parts.next().unwrap_or_default();
    // What stands before `@` is a user.
    host.rsplit(|b| *b == b'@').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let hosts = Hosts::from(["acme.looker.com".to_owned()]);
        let mut out = Vec::new();
        scan(text.as_bytes(), 0, &hosts, &mut out);
        out.retain(|c| !matches!(c.shape, Shape::Elsewhere { .. }));
        let found: Vec<_> = out
            .iter()
            .map(|c| format!("{} {}", c.kind, c.name))
            .collect();
        assert_eq!(found, expect, "{text}");
        for candidate in out {
            let Shape::Url(encoding) = candidate.shape else {
                panic!("{candidate:?}");
            };
            let written = encoding.encode(&candidate.name);
            let same = |written: String| text[candidate.span.range()] == written;
            assert!(written.map_or(encoding == Encoding::Mixed, same), "{text}");
        }
    }

    #[test]
    fn names_in_urls() {
        check(
            "/dashboards/a::b /dashboards-next/c.d::e",
            &["model a", "model c.d"],
        );
        check("/embed/dashboards/a::b?x=/y", &["model a"]);
        check("/dashboard/a::b", &["model a"]);
        check("/explore/a/b?fields=x", &["model a"]);
        check("/embed/explore/a/b", &["model a"]);
        check("/extensions/p::x", &["project p"]);
        check("dashboards/a::b", &["model a"]);
        check("href='/explore/a&b/c'", &["model a&b"]);
        check(
            "/explore/a%26b/c /dashboards/R%26D%3A%3Ax",
            &["model a&b", "model R&D"],
        );
        check("/explore/caf%c3%a9/c", &["model caf\u{e9}"]);
        check("/explore/a&amp;b/c", &["model a&b"]);
        check("/explore/a+b%26/c", &["model a+b&"]);
    }

    #[test]
    fn hosts() {
        check("https://acme.looker.com/dashboards/a::b", &["model a"]);
        check("https://ACME.looker.com:9999/explore/a/b", &["model a"]);
        check("//acme.looker.com/explore/a/b", &["model a"]);
        check("acme.looker.com/explore/a/b", &["model a"]);
        check("https://other.looker.com/dashboards/a::b", &[]);
        check("href=https://other.com/explore/a/b", &[]);
        check("other.com/explore/a/b", &[]);
        check("https://acme.looker.com@other.com/explore/a/b", &[]);
        check("@{url}/dashboards/a::b", &["model a"]);
        check("https://@{host}/dashboards/a::b", &["model a"]);
        check("https://{{ host }}/dashboards/a::b", &["model a"]);
        check("{{ host }}/dashboards/a::b", &["model a"]);
        check("{% if x %} /dashboards/a::b", &["model a"]);
        check("https://other.com/{{ value }}/explore/a/b", &[]);
        check(
            "https://other.com/?u={% if x == 'y' %}{{ x }}{% endif %}/explore/a/b",
            &[],
        );
    }

    #[test]
    fn no_names() {
        for text in [
            "/dashboards/12",
            "/dashboards/a:b",
            "/dashboards/::b",
            "/explore/a",
            "/explore//b",
            "my_explore/a/b",
            "(explore/a/b)",
            "x + dashboards/a::float",
            "/dashboards/{{ m }}::b",
            "/explore/@{m}/b",
            "a::b",
            "/explore/a%zz/b",
            "/explore/a b/c",
        ] {
            check(text, &[]);
        }
    }
}
