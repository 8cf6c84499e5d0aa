//! What the crate finds in files as people write them (`names`, `secrets`), and what it makes of a
//! `profiles.yml` (`targets`).

mod names;
mod secrets;
mod targets;
