//! A manifest proposed from what a project shows.
