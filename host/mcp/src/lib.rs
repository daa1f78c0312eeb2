//! Serves skills to agents over the Model Context Protocol, in both of its eras.
//!
//! A [`Server`] holds what one serving process knows: the skills it was given, the host that is opened at first need,
//! the clients that are there. A [`Handler`] of it answers one connection. What an agent can do here is call the
//! operations of the skills that it opened and follow their procedures; it cannot grant, approve, widen or install.

mod catalog;
mod changes;
mod client;
mod completion;
mod consent;
mod error;
pub mod export;
mod frame;
mod guard;
mod handler;
mod http;
mod logging;
mod names;
mod page;
mod progress;
mod prompts;
mod resources;
mod result;
mod server;
mod skills;
mod stdio;
mod tools;

pub use error::McpError;
pub use handler::Handler;
pub use http::{DEFAULT_PORT, ENDPOINT, HttpOptions, Token, address, serve_http};
pub use server::{ServeOptions, Server, Transport};
pub use stdio::serve_stdio;
