//! Project tasks that are not part of the program.
fn main() {}
