//! Lines for the person who runs the skill. The host keeps 64 KiB of them unless the skill says otherwise.

use crate::host;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For the plugin's author.
    Debug,
    /// Worth knowing.
    Info,
    /// Something was left out or guessed.
    Warn,
    /// Something went wrong.
    Error,
}

/// A line for the plugin's author.
pub fn debug(message: &str) {
    host::log(Level::Debug, message);
}

/// A line worth knowing.
pub fn info(message: &str) {
    host::log(Level::Info, message);
}

/// Something was left out or guessed.
pub fn warn(message: &str) {
    host::log(Level::Warn, message);
}

/// Something went wrong.
pub fn error(message: &str) {
    host::log(Level::Error, message);
}
