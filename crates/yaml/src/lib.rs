//! Spans of scalars in hand-written YAML, and edits that keep everything else.
//!
//! Looker dashboards, dbt files and the LookML of 2013-2016 are YAML that people indent, quote and
//! comment as they like. Printing such a file anew loses that, so nothing here prints: [`read`]
//! says at which bytes each scalar stands, [`Scalar::replace`] makes a [`storyline_text::Edit`] of
//! those bytes alone, [`Node::insert_entry`] one that adds lines in the style of those around them,
//! and [`verify`] reads the result again before anybody trusts it.
//!
//! ```
//! use storyline_text::Patch;
//! use storyline_yaml::{Pattern, read, verify};
//!
//! let source = b"- dashboard: sales # ours\n  elements:\n  - {model: 'shop', type: table}\n";
//! let document = read(source);
//! let models = Pattern::parse("[*].elements[*].model")?;
//! let mut edits = Vec::new();
//! for model in document.find(&models) {
//!     assert_eq!(model.value(), "shop");
//!     assert_eq!(model.address(), "[0].elements[0].model");
//!     edits.push(model.replace("shop_dev1")?.edit);
//! }
//! let patch = Patch::new(edits)?;
//! let after = patch.apply(source)?;
//! verify(&document, &after, &patch)?;
//! assert_eq!(
//!     after,
//!     b"- dashboard: sales # ours\n  elements:\n  - {model: 'shop_dev1', type: table}\n",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod cook;
mod diagnostic;
mod document;
mod edit;
mod entry;
mod error;
mod fast;
mod find;
mod layout;
mod nest;
mod node;
mod pattern;
mod plain;
mod read;
mod shadow;
mod verify;
mod word;

pub use document::{Document, Kept};
pub use edit::Replacement;
pub use entry::{NewScalar, NewValue};
pub use error::{EditError, Fault, ReadError, VerifyError};
pub use node::{Kind, Node, Scalar, Style};
pub use pattern::{Pattern, PatternError, Progress};
pub use read::{MAX_BYTES, MAX_DEPTH, read};
pub use verify::{verify, verify_read};
pub use word::is_word;
