//! The sandbox itself: prepares plugins and runs their calls.

use crate::cache::{Cache, CompiledCode};
use crate::engine::{MAX_PLACES, Runtime};
use crate::files::{FilesCtx, Forbidden};
use crate::http::network::Network;
use crate::log::Log;
use crate::outcome::Stopped;
use crate::plugin::Kind;
use crate::prepare::Preparer;
use crate::recorder::{MAX_DECISIONS, MAX_DECISIONS_DESCRIBING};
use crate::run::{self, Guest};
use crate::state::{Shared, State};
use crate::usage::{Meter, Usage};
use crate::{
    Call, CallError, CallReport, Journal, LimitKind, Mount, NoSecrets, Plugin, RawDescription,
    Recorder, SandboxConfig, SandboxError, Tally, link, outcome,
};
use remit_policy::{Authority, ByteSize, Grants, Limits, OperatorPolicy};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Runs calls. Cheap to clone; the clones share the engine, the cache and the limit of calls at once.
///
/// Its futures need a tokio runtime with time and I/O enabled.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    preparer: Arc<Preparer>,
    network: Arc<dyn Network>,
    forbidden: Forbidden,
    places: Semaphore,
    capacity: u32,
    patience: Duration,
    /// Authority of a `describe`: nothing, and short limits.
    nobody: Arc<Authority>,
}

/// Longer than anyone waits, and short enough to be added to any time.
pub(crate) const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Sandbox {
    /// Starts an engine.
    ///
    /// # Errors
    /// If the engine cannot start here, or the cache's folder cannot be used safely.
    pub fn new(config: SandboxConfig) -> Result<Sandbox, SandboxError> {
        let capacity = config.concurrency.clamp(1, MAX_PLACES);
        let runtime = Runtime::new(capacity)?;
        let linker = link::linker(&runtime.engine)?;
        let cache = match &config.cache {
            Some(folder) => Some(Cache::open(folder, &runtime.engine)?),
            None => None,
        };
        let engine = runtime.engine.clone();
        Ok(Sandbox(Arc::new(Inner {
            preparer: Arc::new(Preparer::new(engine, linker, cache, &config)),
            runtime,
            network: config.network,
            forbidden: Forbidden::new(config.own_folders.iter().chain(&config.cache)),
            places: Semaphore::new(capacity),
            capacity: u32::try_from(capacity).unwrap_or(u32::MAX),
            patience: config.patience.min(FOREVER),
            nobody: Arc::new(Authority::new(
                Grants::default(),
                None,
                &OperatorPolicy::default(),
                describe_limits(),
            )),
        })))
    }

    /// Makes a component ready to be called: from the cache of compiled code, or by compiling it. `digest` is the
    /// SHA-256 of `bytes`, which the caller has checked. Prepares of one digest share the work, also at once.
    ///
    /// # Errors
    /// If the bytes are no component, import what the host does not have, are no plugin, or cannot be compiled.
    pub async fn prepare(&self, bytes: &[u8], digest: &[u8; 32]) -> Result<Plugin, SandboxError> {
        self.0.preparer.prepare(bytes, digest).await
    }

    /// Verifies all compiled code that is kept, without loading it.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn verify_compiled(&self) -> std::io::Result<CompiledCode> {
        match self.0.preparer.cache() {
            Some(cache) => cache.verify(),
            None => Ok(CompiledCode::default()),
        }
    }

    /// Asks a plugin what it is, with nothing granted and short limits: 5 seconds, 64 MiB, 1 MiB of description. What
    /// it tries all the same goes to `recorder`, as in any call.
    pub async fn describe(
        &self,
        plugin: &Plugin,
        recorder: Arc<dyn Recorder>,
    ) -> CallReport<RawDescription> {
        let call = Call {
            operation: String::new(),
            input: String::new(),
            authority: self.0.nobody.clone(),
            mounts: Vec::new(),
            secrets: Arc::new(NoSecrets),
            recorder,
            cancel: None,
        };
        let most = MAX_DECISIONS_DESCRIBING;
        let Kind::Connector(pre) = &plugin.0.kind else {
            return failed(SandboxError::NotAPlugin.into());
        };
        self.run(plugin, call, most, async |store, _, _| {
            let instance = pre.instantiate_async(&mut *store).await?;
            let connector = instance.remit_connector_connector();
            Ok(connector.call_describe(store).await?.into())
        })
        .await
    }

    /// Invokes one operation, or one function of a plain component. The result is a JSON text as the plugin gave it, at
    /// most as long as the output limit.
    pub async fn call(&self, plugin: &Plugin, call: Call) -> CallReport<String> {
        let most = MAX_DECISIONS;
        self.run(plugin, call, most, async |store, name, input| {
            let pre = match &plugin.0.kind {
                Kind::Connector(pre) => pre,
                Kind::Plain(plain) => return plain.call(store, name, input).await,
            };
            let instance = pre.instantiate_async(&mut *store).await?;
            let connector = instance.remit_connector_connector();
            match connector.call_invoke(store, name, input).await? {
                Ok(output) => Ok(output),
                Err(fault) => Err(Guest::Answer(outcome::fault(fault))),
            }
        })
        .await
    }

    async fn run<T: run::Measured>(
        &self,
        plugin: &Plugin,
        call: Call,
        decisions: u64,
        guest: impl AsyncFnOnce(&mut wasmtime::Store<State>, &str, &str) -> Result<T, Guest>,
    ) -> CallReport<T> {
        let _place = match self.place(plugin, &call).await {
            Ok(place) => place,
            Err(error) => return failed(error),
        };
        let started = Instant::now();
        let _ticking = self.0.runtime.ticking();
        let shared = Arc::new(Shared {
            journal: Arc::new(Journal::up_to(decisions, call.recorder)),
            meter: Arc::new(Meter::default()),
            log: Log::default(),
            authority: call.authority,
        });
        let time = shared.authority.limits().time;
        let deadline = started.checked_add(time).unwrap_or(started);
        let cancel = call.cancel;
        let opening = self.files(call.mounts, &shared);
        let files = match run::within(deadline, cancel.as_ref(), opening).await {
            Ok(Ok(files)) => files,
            Ok(Err(error)) => return failed(error),
            Err(Stopped::Deadline) => return failed(outcome::limit(&shared, LimitKind::Time)),
            Err(Stopped::Cancelled) => return failed(CallError::Cancelled),
        };
        let network = self.0.network.clone();
        let state = State::new(shared, deadline, cancel, call.secrets, network, files);
        run::run(&plugin.0, state, started, async |store| {
            guest(store, &call.operation, &call.input).await
        })
        .await
    }

    /// Opens the folders of a call, on a thread that may wait for a slow disk.
    async fn files(&self, mounts: Vec<Mount>, shared: &Arc<Shared>) -> Result<FilesCtx, CallError> {
        let (sandbox, shared) = (self.0.clone(), shared.clone());
        let has_folders = !mounts.is_empty();
        let open = move || {
            let Shared {
                authority,
                journal,
                meter,
                ..
            } = &*shared;
            let forbidden = &sandbox.forbidden;
            FilesCtx::open(
                &mounts,
                forbidden,
                authority.clone(),
                journal.clone(),
                meter.clone(),
            )
        };
        let opened = match has_folders {
            true => tokio::task::spawn_blocking(open)
                .await
                .map_err(|error| CallError::Internal(error.to_string()))?,
            false => open(),
        };
        Ok(opened?)
    }

    /// Waits for the call's turn, but not for ever: those before it may be anyone's, and long.
    async fn place(&self, plugin: &Plugin, call: &Call) -> Result<SemaphorePermit<'_>, CallError> {
        let places = plugin.0.places.min(self.0.capacity);
        if let Ok(place) = self.0.places.try_acquire_many(places) {
            return Ok(place);
        }
        let patience = self.0.patience;
        let until = Instant::now() + patience;
        let turn = self.0.places.acquire_many(places);
        match run::within(until, call.cancel.as_ref(), turn).await {
            Ok(place) => place.map_err(|closed| CallError::Internal(closed.to_string())),
            Err(Stopped::Cancelled) => Err(CallError::Cancelled),
            Err(Stopped::Deadline) => Err(CallError::Busy { waited: patience }),
        }
    }
}

fn describe_limits() -> Limits {
    Limits {
        memory: ByteSize::mib(64),
        time: Duration::from_secs(5),
        output: ByteSize::mib(1),
        log: ByteSize::kib(16),
        requests: 0,
        file_bytes: ByteSize::bytes(0),
        file_entries: 0,
    }
}

/// The report of a call that never began.
fn failed<T>(error: CallError) -> CallReport<T> {
    CallReport {
        outcome: Err(error),
        log: Vec::new(),
        log_dropped: 0,
        usage: Usage::default(),
        decisions: Tally::default(),
    }
}
