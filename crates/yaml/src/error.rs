//! What can be wrong, in the words of somebody who writes dashboards.

use granit_parser::ErrorKind;
use storyline_text::Span;

use crate::read::{MAX_BYTES, MAX_DEPTH};

/// Why a file cannot be read, or not wholly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The file has this many bytes.
    #[error("the file is too large: {0} bytes, where {MAX_BYTES} are allowed")]
    TooLarge(usize),
    /// The file begins with the byte order mark of UTF-16. Its bytes would pass for plain text without
    /// any key.
    #[error("the file is UTF-16, of which nothing is read")]
    Utf16,
    /// A mapping or sequence that is inside too many others.
    #[error("lists and mappings are nested deeper than {MAX_DEPTH} levels")]
    TooDeep(Span),
    /// Not YAML.
    #[error("{fault}")]
    Syntax {
        /// Where the reader could not go on; the cause may stand before.
        at: Span,
        /// What is wrong there.
        fault: Fault,
    },
    /// An alias (`*name`) without an anchor (`&name`) above. The rest of the file is read.
    #[error("this alias has no anchor of its name above it")]
    UnknownAnchor(Span),
}

impl ReadError {
    /// Where it is; `None` for the file as a whole.
    pub fn span(&self) -> Option<Span> {
        match self {
            ReadError::TooLarge(_) | ReadError::Utf16 => None,
            ReadError::TooDeep(at) | ReadError::UnknownAnchor(at) => Some(*at),
            ReadError::Syntax { at, .. } => Some(*at),
        }
    }
}

/// What breaks the rules of YAML: the parser's sixty reasons, by what a person has to mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A tab in the indentation.
    #[error("a tab stands where YAML wants spaces")]
    Tab,
    /// A line that is not in the column of those that it belongs to.
    #[error("the indentation of this line does not fit the lines above it")]
    Indentation,
    /// A second `: ` in a line, or one where no key can be.
    #[error("`:` is not allowed here")]
    Colon,
    /// A line in a mapping without `:`.
    #[error("a `:` after the key is missing")]
    MissingColon,
    /// A quote without its partner.
    #[error("a quote is opened here or above and not closed")]
    OpenQuote,
    /// Something between the closing quote and the end of the value.
    #[error("there is text after the closing quote")]
    AfterQuote,
    /// A backslash in double quotes with something after it that means nothing.
    #[error("`\\` is followed by a character that means nothing here")]
    Escape,
    /// `[` or `{` without partner or comma, or the other way round.
    #[error("brackets or braces do not match, or a comma is missing between them")]
    Bracket,
    /// A character that no unquoted value can start with.
    #[error("an unquoted value cannot start with `{}`", .0.escape_default())]
    Start(char),
    /// A template without quotes: its braces are YAML's.
    #[error("a template (`{{{{ … }}}}`) without quotes is not text to YAML")]
    Template,
    /// `|` or `>` with something wrong in its line or below.
    #[error("this block of text is not written as YAML wants it")]
    Block,
    /// Anything else, in the parser's words.
    #[error("{0}")]
    Other(String),
}

impl From<&ErrorKind> for Fault {
    fn from(kind: &ErrorKind) -> Self {
        use ErrorKind as K;
        match kind {
            K::TabNotAllowed | K::TabInBlockIndentation | K::TabInIndentation => Fault::Tab,
            K::TabInPlainScalar | K::TabAtBlockScalarStart => Fault::Tab,
            K::ExpectedBlockMappingKey | K::ExpectedBlockSequenceEntry => Fault::Indentation,
            K::InvalidIndentation | K::InvalidFlowScalarIndent => Fault::Indentation,
            K::BlockSequenceEntryNotAllowed => Fault::Indentation,
            K::MappingValueNotAllowed | K::InvalidColonPlacement => Fault::Colon,
            K::FlowMappingValueAdjacentCollection | K::InvalidMappingValueWhitespace => {
                Fault::Colon
            }
            K::SimpleKeyExpected | K::InvalidSimpleKey => Fault::MissingColon,
            K::UnclosedQuotedScalar | K::DocumentIndicatorInQuotedScalar => Fault::OpenQuote,
            K::InvalidQuotedScalarIndent => Fault::OpenQuote,
            K::InvalidTrailingSingleQuotedScalar | K::InvalidTrailingDoubleQuotedScalar => {
                Fault::AfterQuote
            }
            K::UnknownQuotedScalarEscape | K::InvalidQuotedScalarHexEscape => Fault::Escape,
            K::InvalidUnicodeEscape | K::UnpairedLowSurrogate => Fault::Escape,
            K::InvalidLowSurrogate | K::InvalidLowSurrogateHexEscape => Fault::Escape,
            K::MissingLowSurrogate => Fault::Escape,
            K::MisplacedFlowCollectionEnd | K::MismatchedFlowCollectionEnd { .. } => Fault::Bracket,
            K::UnclosedFlowCollection { .. } | K::ExpectedFlowMappingSeparator => Fault::Bracket,
            K::ExpectedFlowSequenceSeparator | K::UnexpectedEofFlowSequence => Fault::Bracket,
            K::UnexpectedEofFlowMapping | K::UnexpectedEofImplicitFlowMapping => Fault::Bracket,
            K::UnexpectedCharacter { character } => Fault::Start(*character),
            K::InvalidBlockScalarHeader | K::InvalidBlockScalarIndent => Fault::Block,
            K::ZeroBlockScalarIndent => Fault::Block,
            other => Fault::Other(other.to_string()),
        }
    }
}

/// Why a scalar is left as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The value stands elsewhere, at an anchor.
    #[error("`{address}` is an alias: its value stands at the anchor `&{anchor_name}`")]
    Alias {
        /// The name of the anchor.
        anchor_name: String,
        /// Address of the alias.
        address: String,
        /// The alias, `*` included.
        at: Span,
        /// Where the value stands.
        anchor: Span,
    },
    /// The mapping has no such entry of its own; `<<` brings it from an anchor.
    #[error("`<<` brings `{key}` into `{address}`, from the anchor `&{anchor_name}`")]
    Merged {
        /// The name of the anchor.
        anchor_name: String,
        /// The entry's key.
        key: String,
        /// Address of the mapping.
        address: String,
        /// The alias after `<<`.
        at: Span,
        /// The value at the anchor.
        value: Span,
    },
    /// `<<` takes entries over from elsewhere; it is no name.
    #[error("`<<` merges another mapping and is not a name")]
    Merge(Span),
    /// The address means several places, and programs differ in which of them counts.
    #[error("`{address}` is ambiguous: a key on the way to it stands twice in its mapping")]
    DuplicateKey {
        /// Address of the scalar.
        address: String,
        /// The key that stands twice.
        key: Span,
    },
    /// Nothing is there, and no colon or dash after which something could be written.
    #[error("`{address}` has no value, and no place for one")]
    Missing {
        /// Address of the value.
        address: String,
        /// Where it would stand.
        at: Span,
    },
    /// The value is a template, which tells where the value comes from; overwriting it forgets that.
    #[error("`{address}` is a template, and what fills it in would be lost")]
    Template {
        /// Address of the value.
        address: String,
        /// The value.
        at: Span,
    },
    /// `schema: {{ x }}`: to YAML a mapping with a mapping as key.
    #[error("`{address}` is a template without quotes, which YAML reads as a mapping")]
    UnquotedTemplate {
        /// Address of the value.
        address: String,
        /// From the first brace to the last.
        at: Span,
    },
    /// A mapping or a sequence, where one value is wanted.
    #[error("`{address}` is not one value: others stand in it")]
    Collection {
        /// Address of the mapping or sequence.
        address: String,
        /// The same.
        at: Span,
    },
    /// What `|` or `>` cannot hold without a new header or indentation.
    #[error("the block of text at `{address}` cannot hold the new text: {reason}")]
    Block {
        /// Address of the scalar.
        address: String,
        /// The scalar.
        at: Span,
        /// Why, in a few words.
        reason: &'static str,
    },
    /// The part to replace is not a part of the content that can be replaced alone.
    #[error("bytes {0:?} are not a part of one line of the value")]
    Part(Span),
    /// The mapping has an entry with that key.
    #[error("`{address}` is there already")]
    KeyExists {
        /// Address of the entry.
        address: String,
        /// Its key.
        at: Span,
    },
    /// No entry can be put there, or taken out, by lines of its own.
    #[error("no entry can be added or removed at `{address}`: {reason}")]
    Entry {
        /// Address of the mapping, or of the entry.
        address: String,
        /// The same.
        at: Span,
        /// Why, in a few words.
        reason: &'static str,
    },
    /// In this place, in this style, the text would mean something else.
    #[error("the new text at `{address}` would not be read as a part of this value")]
    Unsafe {
        /// Address of the scalar.
        address: String,
        /// The part to replace.
        at: Span,
    },
}

impl EditError {
    /// Where it is.
    pub fn span(&self) -> Span {
        match self {
            EditError::Alias { at, .. }
            | EditError::Merge(at)
            | EditError::DuplicateKey { key: at, .. }
            | EditError::Missing { at, .. }
            | EditError::Merged { at, .. }
            | EditError::Template { at, .. }
            | EditError::UnquotedTemplate { at, .. }
            | EditError::Collection { at, .. }
            | EditError::Block { at, .. }
            | EditError::Part(at)
            | EditError::KeyExists { at, .. }
            | EditError::Entry { at, .. }
            | EditError::Unsafe { at, .. } => *at,
        }
    }
}

/// How a file after edits differs from what was meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It cannot be read any more.
    #[error("the file can no longer be read: {0}")]
    Unreadable(#[source] ReadError),
    /// An edit concerns other bytes than those of one scalar.
    #[error("an edit of bytes {0:?} is not inside one value")]
    Outside(Span),
    /// Keys, lists or places of values differ.
    #[error("the structure of the file changed")]
    Structure {
        /// The first node that differs, in the file before; `None` after its last.
        before: Option<Span>,
        /// The same in the file after.
        after: Option<Span>,
    },
    /// A value is not what it should be.
    #[error("`{address}` reads {found:?}, where {expected:?} was meant")]
    Value {
        /// Address of the value.
        address: String,
        /// The value in the file before.
        at: Span,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
}
