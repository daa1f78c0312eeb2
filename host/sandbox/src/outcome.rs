//! How a call ended: from the engine's error to a typed one.

use crate::recorder::JournalFailure;
use crate::state::{MAX_RANDOM, Shared, State};
use crate::{CallError, LimitKind};
use remit_policy::{ByteSize, Fault, FaultKind, display_safe};
use std::fmt;
use wasmtime::component::ResourceTableError;
use wasmtime::{Trap, WasmBacktrace};

/// What a fault's text is cut to: as the WIT says.
const MAX_FAULT: usize = 4096;

/// Why the epoch callback stopped a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    Deadline,
    Cancelled,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stopped::Deadline => "the deadline has passed",
            Stopped::Cancelled => "the call was cancelled",
        })
    }
}

impl std::error::Error for Stopped {}

/// A limit that was reached, with its size.
pub(crate) fn limit(shared: &Shared, which: LimitKind) -> CallError {
    let limits = shared.authority.limits();
    let limit = match which {
        LimitKind::Memory => limits.memory.to_string(),
        LimitKind::Time => format!("{:?}", limits.time),
        LimitKind::Stack => ByteSize::bytes(crate::engine::GUEST_STACK as u64).to_string(),
        LimitKind::Output => limits.output.to_string(),
        LimitKind::HostFuel => {
            ByteSize::bytes(crate::run::host_fuel(limits.output.as_usize()) as u64).to_string()
        }
        LimitKind::Handles => crate::state::MAX_RESOURCES.to_string(),
        LimitKind::Random => ByteSize::bytes(MAX_RANDOM).to_string(),
        LimitKind::Decisions => shared.journal.max().to_string(),
    };
    CallError::Limit { which, limit }
}

/// What a failed journal makes of a call, whatever else came of it.
pub(crate) fn journal_failure(state: &State) -> Option<CallError> {
    match state.shared.journal.failure()? {
        JournalFailure::Recorder(error) => Some(CallError::Recorder(error.0.clone())),
        JournalFailure::TooMany => Some(limit(&state.shared, LimitKind::Decisions)),
        JournalFailure::Withdrawn(denial) => Some(CallError::Withdrawn(denial.clone())),
    }
}

/// The typed form of an error that ended the guest.
pub(crate) fn classify(state: &State, error: &wasmtime::Error) -> CallError {
    let limit = |which| limit(&state.shared, which);
    if let Some(stopped) = error.downcast_ref::<Stopped>() {
        return match stopped {
            Stopped::Deadline => limit(LimitKind::Time),
            Stopped::Cancelled => CallError::Cancelled,
        };
    }
    if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
        return CallError::Exit {
            status: u8::try_from(exit.0).unwrap_or(u8::MAX),
        };
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return limit(LimitKind::Handles);
    }
    let in_guest = error.downcast_ref::<WasmBacktrace>();
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => return limit(LimitKind::Stack),
        // After a refusal a trap is most likely the guest's allocator giving up.
        Some(_) if state.memory.refused => return limit(LimitKind::Memory),
        None if state.memory.refused && in_guest.is_none() => {
            return limit(LimitKind::Memory);
        }
        _ => {}
    }
    // wasmtime has no type for these.
    let text = error.root_cause().to_string();
    if text.contains("fuel allocated for hostcalls") {
        // Within the guest it was handing something to a host function; after it, its output was being read.
        return limit(if in_guest.is_some() {
            LimitKind::HostFuel
        } else {
            LimitKind::Output
        });
    }
    if text.contains("live component-model handles") || text.contains("too many handles") {
        return limit(LimitKind::Handles);
    }
    if text.contains("requested len") && text.contains("exceeds limit") {
        return limit(LimitKind::Random);
    }
    if error.downcast_ref::<Trap>().is_none() && in_guest.is_none() {
        return CallError::BadOutput {
            reason: display_safe(&text, 500),
        };
    }
    CallError::Trap {
        message: display_safe(&describe(&text, in_guest), 1000),
    }
}

/// The trap, and in which functions, innermost first: their names are in the component, foreign text as all else.
fn describe(text: &str, backtrace: Option<&WasmBacktrace>) -> String {
    let text = text.strip_prefix("wasm trap: ").unwrap_or(text);
    let names: Vec<&str> = backtrace
        .into_iter()
        .flat_map(|backtrace| backtrace.frames())
        .filter_map(|frame| frame.func_name())
        .take(4)
        .collect();
    if names.is_empty() {
        text.to_owned()
    } else {
        format!("{text} (in {})", names.join(", called by "))
    }
}

/// The plugin's own fault, its text cut to what the WIT says.
pub(crate) fn fault(fault: crate::bindings::remit::connector::types::Fault) -> CallError {
    use crate::bindings::remit::connector::types::Fault as Guest;
    let (kind, mut message) = match fault {
        Guest::InvalidInput(text) => (FaultKind::InvalidInput, text),
        Guest::Denied(text) => (FaultKind::Denied, text),
        Guest::NotFound(text) => (FaultKind::NotFound, text),
        Guest::Conflict(text) => (FaultKind::Conflict, text),
        Guest::Unavailable(text) => (FaultKind::Unavailable, text),
        Guest::Internal(text) => (FaultKind::Internal, text),
    };
    message.truncate(message.floor_char_boundary(MAX_FAULT));
    message.shrink_to_fit();
    CallError::Fault(Fault { kind, message })
}
