//! Git repositories, read in process. The only crate that names git2.
