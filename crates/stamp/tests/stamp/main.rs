//! What the crate promises, on whole trees: which names are sites and what becomes of them
//! (`sites`, `links`, `legacy`, `dbt`,
//! `declared`), what is refused and in which words (`refusals`), the
//! laws of stamping (`laws`), and that the same is decided part by part (`parts`).

mod dbt;
mod declared;
mod files;
mod laws;
mod legacy;
mod links;
mod parts;
mod refusals;
mod sites;
mod trees;
