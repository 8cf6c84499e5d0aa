//! The `storyline` program: everything is in `crates/cli`.
fn main() {}
