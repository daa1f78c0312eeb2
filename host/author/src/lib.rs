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
