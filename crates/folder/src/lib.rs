//! A project folder on disk: read without following links, changed all or nothing.
