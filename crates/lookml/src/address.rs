//! Addresses of parameters: `connection`, `view[orders].dimension[id].sql`.
//!
//! An address says which parameter is meant, not where it stands, so it survives edits around it
//! and is the same in two files that are laid out differently. LookML may repeat a parameter; then
//! an address has several nodes, in the order of the file.

use std::fmt;
use std::str::FromStr;

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while_m_n};
use nom::character::complete::{char, hex_digit1, one_of};
use nom::combinator::{all_consuming, opt, verify};
use nom::error::Error;
use nom::multi::{fold_many0, separated_list1};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};
use storyline_text::Visible;

use crate::{Document, Node};

/// One step: a parameter, and the name of its block if it has one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Segment {
    /// `view` in `view: orders {`.
    pub key: Vec<u8>,
    /// `orders` in `view: orders {`; `None` for a parameter without name.
    pub name: Option<Vec<u8>>,
}

/// The way from the file to a parameter. Displayed as it is parsed: `.`, `[` and `]` in keys, `]` in
/// names and `\` in both have a `\` before them; what cannot be shown stands as `\xff` or `\u{1b}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(Vec<Segment>);

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address; write `key` or `key[name]`, joined by `.`")]
pub struct AddressError(String);

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// When `text` is not `key` or `key[name]`, joined by dots.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        all_consuming(separated_list1(char('.'), segment))
            .parse(text.as_bytes())
            .map(|(_, segments)| Self(segments))
            .map_err(|_| AddressError(Visible(text.as_bytes()).to_string()))
    }

    /// The steps, outermost first.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }
}

fn segment(input: &[u8]) -> IResult<&[u8], Segment> {
    let key = verify(text(".[]\\"), |key: &Vec<u8>| !key.is_empty());
    let name = delimited(char('['), text("]\\"), char(']'));
    let (rest, (key, name)) = (key, opt(name)).parse(input)?;
    Ok((rest, Segment { key, name }))
}

/// Bytes up to one of `special`, with escapes undone.
fn text<'i>(special: &str) -> impl Parser<&'i [u8], Output = Vec<u8>, Error = Error<&'i [u8]>> {
    let plain = is_not(special).map(<[u8]>::to_vec);
    fold_many0(plain.or(escape), Vec::new, |mut out, part| {
        out.extend(part);
        out
    })
}

/// `\.`, `\xff` or `\u{1b}`.
fn escape(input: &[u8]) -> IResult<&[u8], Vec<u8>> {
    let hex = |digits| {
        let digits = std::str::from_utf8(digits).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    let letter = one_of(".[]\\").map(|c| vec![c as u8]);
    let byte = preceded(
        char('x'),
        take_while_m_n(2, 2, |b: u8| b.is_ascii_hexdigit()),
    )
    .map_opt(move |digits| Some(vec![u8::try_from(hex(digits)?).ok()?]));
    let unicode = delimited(tag("u{"), hex_digit1, char('}'))
        .map_opt(move |digits| Some(char::from_u32(hex(digits)?)?.to_string().into_bytes()));
    preceded(char('\\'), alt((letter, byte, unicode))).parse(input)
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            escaped(&segment.key, b".[]\\", f)?;
            if let Some(name) = &segment.name {
                f.write_str("[")?;
                escaped(name, b"]\\", f)?;
                f.write_str("]")?;
            }
        }
        Ok(())
    }
}

fn escaped(text: &[u8], special: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // Cutting before ASCII characters leaves all others whole.
    let mut from = 0;
    for at in (0..text.len()).filter(|at| special.contains(&text[*at])) {
        write!(f, "{}\\", Visible(&text[from..at]))?;
        from = at;
    }
    write!(f, "{}", Visible(&text[from..]))
}

impl<'s> Document<'s> {
    /// All nodes at `address`, in the order of the file.
    pub fn find<'d>(
        &'d self,
        address: &Address,
    ) -> impl Iterator<Item = Node<'d, 's>> + use<'d, 's> {
        let mut found = vec![self.root()];
        for segment in &address.0 {
            let children = found.into_iter().flat_map(Node::children);
            found = children.filter(|node| node.is(segment)).collect();
        }
        found.into_iter()
    }
}

impl Node<'_, '_> {
    /// Where it is; `None` for elements, errors and the file, which have no key. Nodes do not know
    /// their parents, so this walks down from the file.
    pub fn address(self) -> Option<Address> {
        let mut segments = Vec::new();
        let mut at = self.document().root();
        while at != self {
            let mut children = at.children();
            at = children.find(|child| child.holds(self))?;
            if at.key().is_empty() {
                return None;
            }
            segments.push(Segment {
                key: at.key().to_vec(),
                name: at.name().map(|name| name.text().to_vec()),
            });
        }
        (!segments.is_empty()).then_some(Address(segments))
    }

    fn is(self, segment: &Segment) -> bool {
        self.key() == segment.key && self.name().map(|name| name.text()) == segment.name.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[track_caller]
    fn check(source: &str, address: &str, expect: &[&str]) {
        let document = parse(source.as_bytes());
        let address = Address::parse(address).expect("a good address");
        let found: Vec<_> = document
            .find(&address)
            .inspect(|node| assert_eq!(node.address().as_ref(), Some(&address)))
            .map(|node| String::from_utf8_lossy(node.span().slice(source.as_bytes())))
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn nodes_by_address() {
        check("connection: \"c\"", "connection", &["connection: \"c\""]);
        check("a: 1 b: 2 a: 3", "a", &["a: 1", "a: 3"]);
        let nested = "view: v {dimension: d {sql: x ;;}} view: +v {dimension: d {sql: y ;;}}";
        check(nested, "view[v].dimension[d].sql", &["sql: x ;;"]);
        check(nested, "view[+v].dimension[d].sql", &["sql: y ;;"]);
        check(nested, "view", &[]);
        check("a: \"x]\\\\\" { b: 1 }", r"a[x\]\\\\].b", &["b: 1"]);
        check("f: [a: 1, b: 2]", "f.b", &["b: 2"]);
        check("f: [a.b: 1]", r"f.a\.b", &["a.b: 1"]);
    }

    #[test]
    fn text_of_addresses() {
        for good in [
            "a",
            "a[b].c",
            r"a[x\]y].b",
            "a[]",
            "view[a.b].c",
            r"filters.orders\.id",
            r"a\[b\]\\c",
            r"a[\xff\u{1b}]",
        ] {
            let address = Address::parse(good).expect(good);
            assert_eq!(address.to_string(), good);
        }
        for bad in [
            "",
            ".",
            "a.",
            "[a]",
            "a[",
            "a]b",
            "a[b]c",
            r"a[\x]",
            r"a\xf",
            r"a\xfg",
            r"a\x+f",
            r"a\u{d800}",
            r"\",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}
