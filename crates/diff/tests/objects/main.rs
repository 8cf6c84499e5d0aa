//! What is told of objects.

mod impact;
mod lookml;
mod markdown;
mod properties;
mod told;
mod yaml;
