//! Makes, builds and tests plugins: what `remit new`, `remit build` and `remit test` do.
//!
//! A project is what an author of its language finds natural; [`Language::detect`] knows it by its package file.
//! [`build()`] compiles it with that language's own tools and makes a component of what they give, so that no author
//! needs to know how that is done.

mod build;
mod embedded;
mod error;
pub mod kit;
mod language;
mod new;
mod project;
mod sources;
mod tool;

pub use build::rust::{TARGET as RUST_TARGET, Toolchain};
pub use build::{Built, build};
pub use error::AuthorError;
pub use language::Language;
pub use new::new_project;
pub use project::Project;
pub use sources::Sources;
pub use tool::{Line, Tools};

/// Every stable error code that reaches a user, over all crates, each with its meaning.
pub fn error_codes() -> std::collections::BTreeMap<&'static str, &'static str> {
    codes_by_crate().collect()
}

/// The same, and a code that two crates give as often as they do.
pub fn codes_by_crate() -> impl Iterator<Item = (&'static str, &'static str)> {
    remit_run::codes_by_crate().chain(AuthorError::CODES.iter().copied())
}
