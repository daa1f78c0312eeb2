//! Skills run through the library: what comes out, what is denied, what stays on disk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod runs {
    mod approvals;
    mod call;
    mod check;
    mod flows;
    mod pinned;
    mod signers;
    mod steps;
    mod support;
}
