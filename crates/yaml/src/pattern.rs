//! Addresses with wildcards, such as `[*].elements[*].model`.

use std::iter::Peekable;
use std::str::{CharIndices, FromStr};

use crate::node::is_bare;

/// Most steps that a pattern may have: the search keeps one bit for each.
const MAX_STEPS: usize = 63;

/// Which places of a document are meant.
///
/// | written | means |
/// | --- | --- |
/// | `a.b`, `"a.b"` | the value of the key `a`, then `b`; of the key `a.b` (`\"`, `\\`, `\u{…}` inside) |
/// | `*` | the value of any key |
/// | `[2]`, `[*]` | the third item; any item |
/// | `**` | any number of keys and items, none included |
/// | `$1` | in front: only in the second YAML document of the file |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub(crate) document: Option<u32>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    AnyKey,
    Item(u32),
    AnyItem,
    AnyDepth,
}

/// How far a pattern was followed on the way to a place, for whoever walks a tree: one bit for each
/// step that may come next; the bit after the last step means that the whole pattern was followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress(u64);

impl Progress {
    /// Whether neither this place nor one below it is meant.
    pub fn is_lost(self) -> bool {
        self.0 == 0
    }

    /// The progress on several ways to one place.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What `self` has and `other` has not.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing is written there.
    #[error("the path is empty")]
    Empty,
    /// Something else should stand at a byte, counted from 0.
    #[error("byte {at} of the path should be {expected}")]
    Expected {
        /// Where, in bytes of the pattern.
        at: usize,
        /// What should stand there, in words.
        expected: &'static str,
    },
    /// More steps than can be followed at once.
    #[error("the path has {0} steps; {MAX_STEPS} are the most")]
    TooLong(usize),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] says where the text departs from the table above.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        let mut reader = Reader {
            chars: text.char_indices().peekable(),
            end: text.len(),
        };
        let document = match reader.eat('$') {
            true => Some(reader.number("the number of a YAML document")?),
            false => None,
        };
        let mut steps = Vec::new();
        while let Some(c) = reader.peek() {
            let first = steps.is_empty() && document.is_none();
            if c == '[' {
                steps.push(reader.item()?);
            } else if first || reader.eat('.') {
                steps.push(reader.key()?);
            } else {
                return Err(reader.expected("`.` or `[`"));
            }
        }
        if steps.len() > MAX_STEPS {
            return Err(PatternError::TooLong(steps.len()));
        }
        Ok(Self { document, steps })
    }

    /// The progress at the root of a tree, the `document`th of its file from 0.
    pub fn start(&self, document: u32) -> Progress {
        match self.document.is_none_or(|only| only == document) {
            true => self.closure(1),
            false => Progress::default(),
        }
    }

    /// The progress at the value of `key`, given that at the mapping which holds it.
    pub fn at_key(&self, holder: Progress, key: &str) -> Progress {
        self.advance(holder, |step| match step {
            Step::AnyKey => true,
            Step::Key(wanted) => wanted == key,
            _ => false,
        })
    }

    /// The progress at the item number `index`, from 0, given that at the list which holds it.
    pub fn at_item(&self, holder: Progress, index: u32) -> Progress {
        self.advance(holder, |step| match step {
            Step::AnyItem => true,
            Step::Item(wanted) => *wanted == index,
            _ => false,
        })
    }

    /// Whether a place with this progress is one that the pattern means.
    pub fn is_whole(&self, at: Progress) -> bool {
        at.0 & (1 << self.steps.len()) != 0
    }

    /// One level down, where `fits` says which steps lead.
    pub(crate) fn advance(&self, at: Progress, mut fits: impl FnMut(&Step) -> bool) -> Progress {
        let mut after = 0;
        for (index, step) in self.steps.iter().enumerate() {
            if at.0 & (1 << index) == 0 {
                continue;
            }
            match step {
                Step::AnyDepth => after |= 1 << index,
                step => after |= u64::from(fits(step)) << (index + 1),
            }
        }
        self.closure(after)
    }

    /// `**` may also stand for nothing.
    fn closure(&self, mut states: u64) -> Progress {
        for (index, step) in self.steps.iter().enumerate() {
            if *step == Step::AnyDepth && states & (1 << index) != 0 {
                states |= 1 << (index + 1);
            }
        }
        Progress(states)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        Self::parse(text)
    }
}

struct Reader<'t> {
    chars: Peekable<CharIndices<'t>>,
    end: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.chars.next_if(|(_, c)| *c == wanted).is_some()
    }

    fn expected(&mut self, expected: &'static str) -> PatternError {
        let at = self.chars.peek().map_or(self.end, |(at, _)| *at);
        PatternError::Expected { at, expected }
    }

    fn require(&mut self, wanted: char, words: &'static str) -> Result<(), PatternError> {
        match self.eat(wanted) {
            true => Ok(()),
            false => Err(self.expected(words)),
        }
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        iter_next_if(&mut self.chars, wanted).collect()
    }

    fn number(&mut self, words: &'static str) -> Result<u32, PatternError> {
        let error = self.expected(words);
        let digits = self.take_while(|c| c.is_ascii_digit());
        digits.parse().map_err(|_| error)
    }

    fn item(&mut self) -> Result<Step, PatternError> {
        self.require('[', "`[`")?;
        let step = match self.eat('*') {
            true => Step::AnyItem,
            false => Step::Item(self.number("`*` or the position of an item, from 0")?),
        };
        self.require(']', "`]`")?;
        Ok(step)
    }

    fn key(&mut self) -> Result<Step, PatternError> {
        if self.eat('"') {
            return self.quoted().map(Step::Key);
        }
        if self.eat('*') {
            return Ok(match self.eat('*') {
                true => Step::AnyDepth,
                false => Step::AnyKey,
            });
        }
        let key = self.take_while(is_bare);
        match key.is_empty() {
            true => Err(self.expected("a key, in double quotes if it is an odd one")),
            false => Ok(Step::Key(key)),
        }
    }

    /// The rest of a key in double quotes.
    fn quoted(&mut self) -> Result<String, PatternError> {
        let mut key = String::new();
        loop {
            key.push_str(&self.take_while(|c| c != '"' && c != '\\'));
            if self.eat('"') {
                return Ok(key);
            }
            self.require('\\', "`\"`")?;
            if self.eat('u') {
                key.push(self.unicode()?);
            } else {
                match self.chars.next_if(|(_, c)| *c == '"' || *c == '\\') {
                    Some((_, c)) => key.push(c),
                    None => return Err(self.expected("`\"`, `\\` or `u{…}`")),
                }
            }
        }
    }

    fn unicode(&mut self) -> Result<char, PatternError> {
        self.require('{', "`{`")?;
        let error = self.expected("a character's number in hexadecimal");
        let digits = self.take_while(|c| c.is_ascii_hexdigit());
        self.require('}', "`}`")?;
        let number = u32::from_str_radix(&digits, 16).ok();
        number.and_then(char::from_u32).ok_or(error)
    }
}

fn iter_next_if(
    chars: &mut Peekable<CharIndices<'_>>,
    wanted: impl Fn(char) -> bool,
) -> impl Iterator<Item = char> {
    std::iter::from_fn(move || chars.next_if(|(_, c)| wanted(*c)).map(|(_, c)| c))
}
