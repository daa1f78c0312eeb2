//! Telling a client how far its request is, where it asked to be told.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use remit_run::Event;
use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext};
use tokio::sync::mpsc;

/// Between two notifications about items of a step. Each step that ends is told, however soon.
const PAUSE: Duration = Duration::from_millis(100);

/// Notifications that wait to be sent. A client that does not read gets fewer, and holds nothing up.
const WAITING: usize = 64;

/// So long may the last notifications take, when the work is done.
const LAST: Duration = Duration::from_secs(2);

/// How far a request is.
pub(crate) struct Progress {
    token: Option<ProgressToken>,
    peer: Peer<RoleServer>,
    total: f64,
    state: Mutex<State>,
    sender: mpsc::Sender<(f64, String)>,
    receiver: Mutex<Option<mpsc::Receiver<(f64, String)>>>,
}

struct State {
    /// Steps that are over.
    done: f64,
    /// What was told last; it only grows.
    told: f64,
    last: Option<Instant>,
}

impl Progress {
    /// Of something that has so many steps.
    pub(crate) fn new(context: &RequestContext<RoleServer>, steps: usize) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self {
            token: context.meta.get_progress_token(),
            peer: context.peer.clone(),
            total: u32::try_from(steps.max(1)).map_or(f64::MAX, f64::from),
            state: Mutex::new(State {
                done: 0.0,
                told: -1.0,
                last: None,
            }),
            sender,
            receiver: Mutex::new(Some(receiver)),
        }
    }

    /// Something happened.
    pub(crate) fn event(&self, event: Event) {
        if self.token.is_none() {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (at, message) = match event {
            Event::StepStarted { id, does, .. } if state.told < 0.0 => {
                (0.0, format!("step {id}: {does}"))
            }
            Event::StepProgress { id, done, total } => {
                if state
                    .last
                    .is_some_and(|last| now.duration_since(last) < PAUSE)
                {
                    return;
                }
                (
                    state.done + share(done, total),
                    format!("step {id}: {done} of {total}"),
                )
            }
            Event::StepFinished {
                id, state: ended, ..
            } => {
                state.done = (state.done + 1.0).min(self.total);
                (
                    state.done,
                    format!("step {id} is {}", crate::tools::word(&ended)),
                )
            }
            _ => return,
        };
        if at > state.told && self.sender.try_send((at, message)).is_ok() {
            state.told = at;
            state.last = Some(now);
        }
    }

    /// Does the work, and tells the client meanwhile.
    pub(crate) async fn telling<T>(&self, work: impl Future<Output = T>) -> T {
        let receiver = self
            .receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let (Some(token), Some(mut receiver)) = (self.token.clone(), receiver) else {
            return work.await;
        };
        let mut work = std::pin::pin!(work);
        let tell = |(at, message): (f64, String)| {
            let params = ProgressNotificationParam::new(token.clone(), at)
                .with_total(self.total)
                .with_message(message);
            self.peer.notify_progress(params)
        };
        let done = loop {
            tokio::select! {
                biased;
                done = &mut work => break done,
                Some(next) = receiver.recv() => {
                    // The work goes on while this is sent.
                    tokio::select! {
                        biased;
                        done = &mut work => break done,
                        _ = tell(next) => {}
                    }
                }
            }
        };
        // A progress that comes after the result would be of a request that there is not any more.
        let rest = async {
            while let Ok(next) = receiver.try_recv() {
                if tell(next).await.is_err() {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(LAST, rest).await;
        done
    }
}

/// The part of a step that is done. Less than one: the step's end says the rest.
fn share(done: usize, total: usize) -> f64 {
    let of = |n: usize| u32::try_from(n).map_or(f64::MAX, f64::from);
    (of(done) / (of(total) + 1.0)).clamp(0.0, 1.0)
}
