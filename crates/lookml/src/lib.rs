//! Lossless LookML: tokens, an arena tree, errors and addresses.
//!
//! Looker publishes no grammar, so this one accepts the union of what real projects hold. Three
//! promises make it fit to edit other people's files with:
//!
//! - **Lossless.** Tokens cover every byte exactly once, in order, for any input at all: broken,
//!   empty, not UTF-8. [`Document::text`] gives the source back.
//! - **It never fails, it reports.** [`parse`] always returns a tree; what is wrong is in
//!   [`Document::errors`], and one mistake does not hide the rest of the file.
//! - **Linear.** Time and memory grow with the source; nothing recurses, whatever the nesting.
//!
//! ```
//! use storyline_lookml::{Address, parse};
//!
//! let document = parse(b"view: orders {\n  dimension: id { sql: ${TABLE}.id ;; }\n}\n");
//! let address = Address::parse("view[orders].dimension[id].sql").unwrap();
//! let sql = document.find(&address).next().unwrap();
//! assert_eq!(sql.value().unwrap().text(), b"${TABLE}.id");
//! ```
//!
//! This is the syntax that Looker introduced in 2016. The YAML-like one before it is a second way to
//! the same tree: [`parse`] sees which of the two a file is in, and the same parameters have the same
//! addresses.
//!
//! ```
//! use storyline_lookml::{Address, parse};
//!
//! let document = parse(b"- view: orders\n  fields:\n  - dimension: id\n    sql: ${TABLE}.id\n");
//! let address = Address::parse("view[orders].dimension[id].sql").unwrap();
//! let sql = document.find(&address).next().unwrap();
//! assert_eq!(sql.value().unwrap().text(), b"${TABLE}.id");
//! ```

mod address;
mod error;
mod grammar;
mod legacy;
mod parser;
mod recovery;
mod tree;

pub use address::{Address, AddressError, Segment};
pub use error::{SyntaxError, SyntaxErrorKind};
pub use legacy::{from_yaml, is_legacy};
pub use parser::{MAX_DEPTH, MAX_ERRORS, MAX_LENGTH, parse};
pub use tree::{Children, Document, Node, NodeKind, Token, TokenKind, Value};
