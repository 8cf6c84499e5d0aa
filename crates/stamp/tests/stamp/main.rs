//! What the crate promises, on whole trees: which names are sites and what becomes of them
//! (`sites`, `links`, `legacy`, `dbt`,
//! `declared`), what is refused and in which words (`refusals`), and the
//! laws of stamping (`laws`).

mod dbt;
mod declared;
mod files;
mod laws;
mod legacy;
mod links;
mod refusals;
mod sites;
mod trees;
