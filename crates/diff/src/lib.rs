//! What differs between two trees of files, without what only a stamp moved.
