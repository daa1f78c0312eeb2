//! The files capability: the layer over wasi:filesystem, called as the linker would, and by a guest at the end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod change;
mod cost;
mod escape;
mod evil;
mod guest;
mod kinds;
mod quota;
mod race;
mod read;
mod roots;
