//! Skills run through the library: what comes out, what is denied, what stays on disk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod runs {
    mod agents;
    mod approvals;
    mod call;
    mod check;
    mod flows;
    mod outputs;
    mod pinned;
    mod session;
    mod session_consent;
    mod session_ends;
    mod session_procedure;
    mod signers;
    mod steps;
    mod support;
}
