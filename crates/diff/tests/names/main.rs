//! Names that files provide and use, and what trees lack of them.

mod depends;
mod history;
mod lacking;
mod of_files;
mod project;
