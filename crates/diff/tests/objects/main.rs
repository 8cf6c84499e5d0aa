//! What is told of objects.

mod lookml;
mod told;
mod yaml;
