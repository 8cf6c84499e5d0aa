//! Spans of scalars in hand-written YAML, and edits that keep everything else.
