//! `storyline.toml` and `environments/NAME.toml`: the model, its validation, the names of an
//! environment, and the JSON Schema for editors.
//!
//! [`Manifest::parse`] takes bytes and gives a whole manifest or every error it can find; each
//! error points at the bytes that cause it. [`Names`] maps canonical names to those of one
//! environment and back, and refuses a name that would not come back as itself. Nothing here
//! reads or writes files.

mod dbt;
mod error;
mod file;
mod manifest;
mod names;
mod pattern;
mod pipeline;
mod policy;
mod read;
mod resolve;
mod schema;
mod sections;
mod settings;
mod shape;
mod site;
mod value;

pub use dbt::{DbtSetting, DbtTarget};
pub use error::{ManifestErrors, Place, UnknownEnvironment};
pub use file::{Deploy, Landing, Phase};
pub use manifest::{
    Canonical, Environment, Looker, Manifest, Repository, Step, StoryBranch, is_manifest_file,
};
pub use names::{Kind, NameError, Names, UnknownKind};
pub use policy::{Approver, StagePolicy};
pub use schema::json_schema;
pub use site::{DeclaredSite, Files, Locator};
