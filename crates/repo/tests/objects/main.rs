//! Objects as the real `git` writes and reads them.

mod commits;
mod git;
mod merging;
mod moving;
mod reading;
mod refs;
mod trees;
mod walking;
mod writing;
