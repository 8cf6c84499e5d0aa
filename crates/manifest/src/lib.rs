//! storyline.toml: model, validation with spans, names of environments, JSON Schema.
