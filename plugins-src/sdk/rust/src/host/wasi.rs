//! The sandbox, through WASI.

mod files;
mod http;

use std::time::Duration;

use crate::bindings::remit::connector::log as wit_log;
use crate::bindings::wasi::clocks::wall_clock;
use crate::bindings::wasi::config::store;
use crate::log::Level;

pub use files::*;
pub use http::send;

pub fn config(key: &str) -> Result<Option<String>, String> {
    store::get(key).map_err(|error| match error {
        store::Error::Upstream(text) | store::Error::Io(text) => text,
    })
}

pub fn log(level: Level, message: &str) {
    let level = match level {
        Level::Debug => wit_log::Level::Debug,
        Level::Info => wit_log::Level::Info,
        Level::Warn => wit_log::Level::Warn,
        Level::Error => wit_log::Level::Error,
    };
    wit_log::log(level, message);
}

pub fn now() -> Duration {
    let now = wall_clock::now();
    Duration::new(now.seconds, now.nanoseconds)
}
