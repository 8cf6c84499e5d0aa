//! Stages in real repositories: what comes onto them (`landing`), also where people merge it (`forges`,
//! `follow`), what their histories say (`audit`), what goes off them again (`back_out`), who stands on whom
//! (`depends`), who breaks what (`bisect`), any of it in any order (`laws`), and histories that are long (`blocks`).

mod audit;
mod back_out;
mod bisect;
mod blocks;
mod depends;
mod follow;
mod forges;
mod landing;
mod laws;
mod shop;
