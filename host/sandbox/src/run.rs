//! The life of one call: a store, its limits, the guest, the end.

use crate::outcome::{self, Stopped};
use crate::plugin::Prepared;
use crate::state::State;
use crate::{CallError, CallReport, Cancel, Decision, LimitKind};
use std::future::Future;
use std::pin::pin;
use std::time::Instant;
use wasmtime::{Store, StoreContextMut, UpdateDeadline};

/// What a guest may hand to any one host function, at least: a write of a stream is at most a megabyte.
const MIN_HOST_FUEL: usize = 2 << 20;

/// Handles that a guest may hold at once; wasmtime's default is 100,000.
const MAX_HANDLES: usize = 10_000;

/// The bytes that one host function, or the reading of the output, may copy out of the guest. Beyond it the call ends
/// before the host has allocated anything.
pub(crate) fn host_fuel(output: usize) -> usize {
    output.max(MIN_HOST_FUEL)
}

/// Runs `guest`, which makes the instance and calls it, in a store of its own, and makes the report.
pub(crate) async fn run<T, F>(
    prepared: &Prepared,
    state: State,
    started: Instant,
    guest: F,
) -> CallReport<T>
where
    F: AsyncFnOnce(&mut Store<State>) -> Result<T, Guest>,
    T: Measured,
{
    let deadline = state.deadline;
    let cancel = state.cancel.clone();
    let mut store = Store::new(prepared.engine(), state);
    limit(&mut store);

    let call = guest(&mut store);
    let outcome = within(deadline, cancel.as_ref(), call).await;
    finish(store, outcome, started)
}

/// Waits for `work` until the deadline, or until the call is cancelled.
pub(crate) async fn within<T>(
    deadline: Instant,
    cancel: Option<&Cancel>,
    work: impl Future<Output = T>,
) -> Result<T, Stopped> {
    let timed = tokio::time::timeout_at(deadline.into(), work);
    match cancel {
        None => timed.await.map_err(|_| Stopped::Deadline),
        Some(cancel) => until_cancelled(timed, cancel.cancelled()).await,
    }
}

/// How a guest ended other than well.
pub(crate) enum Guest {
    /// The engine says so.
    Error(wasmtime::Error),
    /// Its answer says so.
    Answer(CallError),
}

impl From<wasmtime::Error> for Guest {
    fn from(error: wasmtime::Error) -> Guest {
        Guest::Error(error)
    }
}

/// A result with a size that has a limit.
pub(crate) trait Measured {
    fn bytes(&self) -> usize;
}

impl Measured for String {
    fn bytes(&self) -> usize {
        self.len()
    }
}

fn limit(store: &mut Store<State>) {
    let output = store.data().shared.authority.limits().output.as_usize();
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(host_fuel(output));
    store.set_max_component_handles(MAX_HANDLES);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(at_tick);
}

/// At each tick of the epoch within the guest: ends it, or lets others have the thread for a moment.
fn at_tick(store: StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> {
    let state = store.data();
    if state
        .cancel
        .as_ref()
        .is_some_and(|cancel| cancel.is_cancelled())
    {
        return Err(Stopped::Cancelled.into());
    }
    if Instant::now() >= state.deadline {
        return Err(Stopped::Deadline.into());
    }
    // tokio's own yield: it lets timers and sockets have their turn too, not only tasks that are ready.
    Ok(UpdateDeadline::YieldCustom(
        1,
        Box::pin(tokio::task::yield_now()),
    ))
}

async fn until_cancelled<T, E>(
    call: impl Future<Output = Result<T, E>>,
    cancelled: impl Future<Output = ()>,
) -> Result<T, Stopped> {
    let mut call = pin!(call);
    let mut cancelled = pin!(cancelled);
    std::future::poll_fn(|cx| {
        use std::task::Poll;
        // Cancellation first, so that nothing more is done after it.
        if cancelled.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(Stopped::Cancelled));
        }
        call.as_mut().poll(cx).map_err(|_| Stopped::Deadline)
    })
    .await
}

fn finish<T: Measured>(
    store: Store<State>,
    outcome: Result<Result<T, Guest>, Stopped>,
    started: Instant,
) -> CallReport<T> {
    let state = store.into_data();
    let shared = &state.shared;
    let limits = shared.authority.limits();
    let (log, log_dropped) = shared.log.finish(limits.log.as_usize());
    if log_dropped > 0 {
        let mut decision =
            Decision::allowed("log", "drop", format!("log over {}", limits.log), None);
        decision.detail.count = Some(log_dropped);
        // A failure is kept by the journal, and is the outcome below.
        let _ = shared.journal.record(&decision);
    }
    let mut usage = shared.meter.read();
    usage.memory_peak = state.memory.peak();
    let mut outcome = match outcome {
        Ok(Ok(value)) => {
            usage.output_bytes = value.bytes() as u64;
            if value.bytes() > limits.output.as_usize() {
                Err(outcome::limit(shared, LimitKind::Output))
            } else {
                Ok(value)
            }
        }
        Ok(Err(Guest::Answer(error))) => Err(error),
        Ok(Err(Guest::Error(error))) => Err(outcome::classify(&state, &error)),
        Err(Stopped::Deadline) => Err(outcome::limit(shared, LimitKind::Time)),
        Err(Stopped::Cancelled) => Err(CallError::Cancelled),
    };
    // No record, no result.
    if let Some(error) = outcome::journal_failure(&state) {
        outcome = Err(error);
    }
    usage.time = started.elapsed();
    CallReport {
        outcome,
        log,
        log_dropped,
        usage,
        decisions: state.shared.journal.take_tally(),
    }
}
