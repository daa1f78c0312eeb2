//! Why a file operation ends: with an error code that the guest sees, or with the call.

use crate::RecordError;
use remit_policy::DenialCode;
use rustix::io::Errno;
use wasmtime::component::ResourceTableError;
use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

/// Why an operation was not done.
#[derive(Debug)]
pub(super) enum Stop {
    /// The guest is told, and goes on.
    Code(ErrorCode),
    /// The decision could not be recorded: the call ends.
    Unrecorded(RecordError),
    /// The call is over, and nothing may be done in its name any more.
    Over,
}

impl From<ErrorCode> for Stop {
    fn from(code: ErrorCode) -> Stop {
        Stop::Code(code)
    }
}

impl From<RecordError> for Stop {
    fn from(error: RecordError) -> Stop {
        Stop::Unrecorded(error)
    }
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Stop {
        // The table of wasmtime-wasi, so that a guest meets the codes that it meets elsewhere; it lacks these.
        Stop::Code(match errno {
            Errno::XDEV => ErrorCode::CrossDevice,
            Errno::ROFS => ErrorCode::ReadOnly,
            Errno::AGAIN => ErrorCode::WouldBlock,
            Errno::DQUOT => ErrorCode::Quota,
            Errno::MFILE | Errno::NFILE => ErrorCode::InsufficientMemory,
            other => ErrorCode::from(std::io::Error::from(other)),
        })
    }
}

impl From<Stop> for FsError {
    fn from(stop: Stop) -> FsError {
        match stop {
            Stop::Code(code) => code.into(),
            Stop::Unrecorded(error) => FsError::trap(wasmtime::Error::new(error)),
            Stop::Over => FsError::trap(wasmtime::Error::msg("the call is over")),
        }
    }
}

/// What the guest is told about a denial. The denial itself is in the call's report.
pub(super) fn code_of(denial: DenialCode) -> ErrorCode {
    match denial {
        DenialCode::FileReadOnly => ErrorCode::ReadOnly,
        DenialCode::FileName => ErrorCode::Invalid,
        DenialCode::FileQuota => ErrorCode::InsufficientSpace,
        _ => ErrorCode::NotPermitted,
    }
}

/// A descriptor that the guest does not hold: a fault of the binding, which the engine excludes.
pub(super) fn no_such_descriptor() -> FsError {
    FsError::trap(ResourceTableError::NotPresent)
}
