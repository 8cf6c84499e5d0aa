//! A small sample company to try Storyline on.
