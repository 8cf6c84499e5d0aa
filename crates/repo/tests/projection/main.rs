//! What projection promises, on histories made at random (`laws`), and what came of some histories once
//! and for all (`golden`), and that what is kept changes nothing (`kept`).

#[path = "../../../stamp/tests/stamp/files.rs"]
#[expect(dead_code, reason = "more is needed where trees are stamped alone")]
mod files;
mod golden;
mod histories;
mod kept;
mod laws;
mod place;
mod reference;
#[path = "../../../stamp/tests/stamp/trees.rs"]
mod trees;
