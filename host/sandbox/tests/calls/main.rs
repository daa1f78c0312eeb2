//! What a call is and how it ends: one binary, so that it links once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod bombs;
mod builder;
mod cached;
mod children;
mod ends;
mod fresh;
mod limits;
mod nonsense;
mod plain;
mod refused;
mod said;
mod tried;
mod withdrawn;
