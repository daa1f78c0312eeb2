//! Runs one call of a plugin in a sandbox of its own. The only user of wasmtime.
//!
//! A [`Sandbox`] holds the engine, the cache of compiled code and a limit on how many calls run at once. A
//! component is [prepared](Sandbox::prepare) once into a [`Plugin`]: compiled or loaded, and linked. Every
//! [call](Sandbox::call) then gets a store of its own, with limits, a deadline, and views that hold exactly what
//! its [`Authority`](remit_policy::Authority) allows; the store is dropped when the call ends, however it ends.
//!
//! Nothing is granted by default: no network, no files, no environment, no arguments, no standard input. What a
//! plugin imports and was not granted is linked to a view that denies and records each try with the call's
//! [`Recorder`]. A recorder that cannot record ends the call: no record, no act.

mod bindings;
mod cache;
mod call;
mod call_error;
mod cancel;
mod compiler;
mod config;
mod engine;
mod error;
pub mod files;
pub mod http;
mod limits;
mod link;
mod log;
mod outcome;
mod plain;
mod plugin;
mod prepare;
mod recorder;
mod report;
mod run;
mod sandbox;
pub mod secrets;
mod shape;
mod state;
mod usage;

pub use cache::CompiledCode;
pub use call::{Call, Mount};
pub use call_error::{CallError, LimitKind};
pub use cancel::Cancel;
pub use compiler::CompilerProcess;
pub use config::{OnCompile, SandboxConfig};
#[doc(hidden)]
pub use engine::benchmark_config;
pub use error::SandboxError;
pub use http::network::{Network, SystemNetwork};
pub use log::{LogLevel, LogLine, LogSource};
pub use plugin::{Plugin, RawDescription, RawNeed, RawOperation};
pub use recorder::{
    Decision, Detail, Journal, MemoryRecorder, NullRecorder, RecordError, Recorder,
};
pub use report::{CallReport, Tally};
pub use sandbox::Sandbox;
pub use secrets::{EnvAndFileSecrets, NoSecrets, SecretError, SecretValue, Secrets};
pub use usage::{Meter, Usage};
