//! What is wrong with a project, as findings that point at bytes, and how it is mended.
