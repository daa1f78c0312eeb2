//! Write a Remit plugin in a page of Rust.
//!
//! A plugin is functions from an input to an output, each a serde type, and what is said about them. The JSON
//! Schemas come from the types, a [`Fault`] is an ordinary error, and files, http and configuration are reached
//! through this crate, as far as the skill grants them.
//!
//! ```
//! use remit_plugin::{Fault, Operation, Plugin, files};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Count {
//!     /// The file to count in, for example `/notes/todo.md`.
//!     path: String,
//! }
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Counted {
//!     words: usize,
//! }
//!
//! fn count(input: Count) -> Result<Counted, Fault> {
//!     let text = files::read_to_string(&input.path, 1 << 20)?;
//!     Ok(Counted { words: text.split_whitespace().count() })
//! }
//!
//! fn plugin() -> Plugin {
//!     Plugin::new("count", env!("CARGO_PKG_VERSION"), "Counts words in notes")
//!         .need("files read * /notes", "to read the notes it counts in")
//!         .operation(Operation::read("count", "Counts the words of one file", count))
//! }
//!
//! remit_plugin::export!(plugin);
//! # fn main() {}
//! ```
//!
//! With `crate-type = ["cdylib"]` it builds for `wasm32-unknown-unknown` into a core module that
//! `wasm-tools component new` makes a plugin; it imports exactly what the code uses. Built for any other target
//! the same code runs against [`testing::World`], so that a plugin has ordinary unit tests.

pub mod clock;
pub mod config;
mod fault;
pub mod files;
mod host;
pub mod http;
pub mod log;
mod plugin;
mod schema;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use fault::Fault;
pub use plugin::{Effect, Operation, Plugin};

#[doc(hidden)]
#[cfg(target_arch = "wasm32")]
pub mod bindings;
#[doc(hidden)]
#[cfg(target_arch = "wasm32")]
pub mod glue;

/// Makes a function that returns a [`Plugin`] the plugin that this crate is.
///
/// It is called once for each call of the host: keep it cheap, and put work into the operations.
#[macro_export]
macro_rules! export {
    ($plugin:path) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::bindings::exports::remit::connector::connector as wit;

            struct Exported;

            impl wit::Guest for Exported {
                fn describe() -> wit::Description {
                    $crate::glue::describe(&$plugin())
                }

                fn invoke(operation: String, input: String) -> Result<String, wit::Fault> {
                    $crate::glue::invoke(&$plugin(), &operation, &input)
                }
            }

    $crate::bindings::export!(Exported with_types_in $crate::bindings);
        };
        // So that nothing is called unused in a native build.
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() -> $crate::Plugin = $plugin;
    };
}
