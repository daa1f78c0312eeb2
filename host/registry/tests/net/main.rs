//! The crate against servers on the loopback: hostile ones, and a real registry.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail where it is"
)]

#[path = "../../../../tests/it/support/docker_registry.rs"]
mod docker_registry;
mod server;
mod world;

mod credentials;
mod hostile_oci;
mod hostile_web;
mod publishing;
mod real;
mod redirects;
mod signatures;
