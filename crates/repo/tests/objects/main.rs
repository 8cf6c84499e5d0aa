//! Objects as the real `git` writes and reads them.

mod commits;
mod git;
mod reading;
mod refs;
mod trees;
mod walking;
mod writing;
