//! What is told of objects.

mod lookml;
mod properties;
mod told;
mod yaml;
