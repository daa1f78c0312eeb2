//! The http capability over real sockets, on loopback only: what is denied sends nothing, its twin is sent as judged.
//!
//! These tests drive the hooks of wasmtime-wasi-http as the host functions do, without a guest.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod addresses;
mod coding;
mod decisions;
mod evil;
mod guest;
mod guest_ends;
mod headers;
mod limits;
mod misbehaviour;
mod secrets;
mod server;
mod system;
mod tls;
mod withdrawn;
mod world;
