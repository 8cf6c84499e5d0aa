//! dbt projects: where names stand that differ from one environment to the next, which values are
//! secrets, and how a target is put into a `profiles.yml`.
//!
//! [`Projects`] tells from paths alone which files are dbt's. [`names`] gives what one of them
//! names, as spans; Jinja (`{{ … }}`) is a program and never a name. [`secrets`] finds passwords
//! that somebody wrote into a profile, [`masked`] hides them. [`put`](put()) makes the edits that
//! add a target to a profile or bring it up to date, in the style of the file.
//!
//! ```
//! use storyline_dbt::{FileKind, NameKind, names};
//! use storyline_yaml::read;
//!
//! let profiles = b"shop:\n  outputs:\n    dev: {type: postgres, schema: analytics, password: x}\n";
//! let document = read(profiles);
//! let names = names(FileKind::Profiles, &document);
//! let found: Vec<_> = names.iter().map(|name| (&name.kind, &*name.text)).collect();
//! assert_eq!(found, [(&NameKind::Profile, "shop"), (&NameKind::Schema, "analytics")]);
//! assert_eq!(storyline_dbt::secrets(&document)[0].address, "shop.outputs.dev.password");
//! ```

mod draft;
mod error;
mod files;
mod mask;
mod name;
mod profiles;
mod project;
mod properties;
mod put;
mod secret;
mod walk;

pub use error::PutError;
pub use files::{FileKind, Projects, is_profiles, is_project};
pub use mask::masked;
pub use name::{Extent, Name, NameKind, names};
pub use put::{Put, Setting, Wanted, put};
pub use secret::{Secret, is_secret, secrets};
