//! Preparing components: loaded from the cache of compiled code, or compiled and linked.

use crate::cache::Cache;
use crate::plugin::Prepared;
use crate::state::State;
use crate::{OnCompile, Plugin, SandboxError, shape};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Mutex as AsyncMutex;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

/// What a component may take longer to compile for each MiB that it has: some ten times what it does.
const TIME_FOR_MIB: Duration = Duration::from_secs(20);

/// When so many digests are known, those that nobody holds are forgotten.
const FORGET_AT: usize = 256;

/// What preparing needs, and what is prepared already.
pub(crate) struct Preparer {
    engine: Engine,
    linker: Linker<State>,
    cache: Option<Cache>,
    /// How long a small component may take to compile.
    time: Duration,
    on_compile: Option<Arc<OnCompile>>,
    known: Mutex<HashMap<[u8; 32], Slot>>,
}

/// Where the prepares of one digest meet: the first does the work while the others wait.
type Slot = Arc<AsyncMutex<Known>>;

#[derive(Default)]
struct Known {
    /// Found by later ones as long as anyone holds it.
    prepared: Weak<Prepared>,
    /// Its compilation was given up. It may still be going on, and is not begun again.
    given_up: bool,
}

impl Preparer {
    /// The compiled code that is kept, if any is.
    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    pub(crate) fn new(
        engine: Engine,
        linker: Linker<State>,
        cache: Option<Cache>,
        time: Duration,
        on_compile: Option<Arc<OnCompile>>,
    ) -> Preparer {
        Preparer {
            engine,
            linker,
            cache,
            time,
            on_compile,
            known: Mutex::default(),
        }
    }

    /// See [`Sandbox::prepare`](crate::Sandbox::prepare).
    pub(crate) async fn prepare(
        self: &Arc<Preparer>,
        bytes: &[u8],
        digest: &[u8; 32],
    ) -> Result<Plugin, SandboxError> {
        let slot = self.slot(digest);
        let mut known = slot.lock().await;
        if let Some(prepared) = known.prepared.upgrade() {
            return Ok(Plugin(prepared));
        }
        // It reads files, hashes megabytes, and compiles: not for a thread that others wait for.
        let (this, digest) = (self.clone(), *digest);
        let cached = tokio::task::spawn_blocking(move || this.load(&digest))
            .await
            .map_err(panicked)?;
        let prepared = match cached {
            Some(prepared) => prepared,
            None => self.compile_in_time(bytes, digest, &mut known).await?,
        };
        let prepared = Arc::new(prepared);
        known.prepared = Arc::downgrade(&prepared);
        Ok(Plugin(prepared))
    }

    fn slot(&self, digest: &[u8; 32]) -> Slot {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= FORGET_AT {
            known.retain(|_, slot| {
                let kept = |known: &Known| known.given_up || known.prepared.strong_count() > 0;
                Arc::strong_count(slot) > 1 || slot.try_lock().is_ok_and(|known| kept(&known))
            });
        }
        known.entry(*digest).or_default().clone()
    }

    fn load(&self, digest: &[u8; 32]) -> Option<Prepared> {
        let component = self.cache.as_ref()?.load(&self.engine, digest)?;
        // What was linked when it was stored links now, unless the host has changed: then it is compiled anew, for
        // the message.
        Prepared::link(&self.linker, &component, *digest).ok()
    }

    async fn compile_in_time(
        self: &Arc<Preparer>,
        bytes: &[u8],
        digest: [u8; 32],
        known: &mut Known,
    ) -> Result<Prepared, SandboxError> {
        let mib = u32::try_from(bytes.len() >> 20).unwrap_or(u32::MAX);
        let limit = self.time.saturating_add(TIME_FOR_MIB.saturating_mul(mib));
        if known.given_up {
            return Err(SandboxError::CompileTime { limit });
        }
        let (this, bytes) = (self.clone(), bytes.to_vec());
        let compiling = tokio::task::spawn_blocking(move || this.compile(&bytes, digest));
        match tokio::time::timeout(limit, compiling).await {
            Ok(compiled) => compiled.map_err(panicked)?,
            // A thread cannot be stopped: it goes on until it is done or the process ends. What it makes is kept in
            // the cache, for the next time.
            Err(_) => {
                known.given_up = true;
                Err(SandboxError::CompileTime { limit })
            }
        }
    }

    fn compile(&self, bytes: &[u8], digest: [u8; 32]) -> Result<Prepared, SandboxError> {
        shape::check(bytes)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let _until_done = self.on_compile.as_ref().map(|tell| tell(size));
        // `from_binary`: compiled code or text is an error here, never loaded.
        let component =
            Component::from_binary(&self.engine, bytes).map_err(|error| compile_error(&error))?;
        let prepared = Prepared::link(&self.linker, &component, digest)?;
        if let Some(cache) = &self.cache {
            cache.store(&digest, &component);
        }
        Ok(prepared)
    }
}

/// Sorts what `Component::from_binary` says: wasmtime has no types for it.
fn compile_error(error: &wasmtime::Error) -> SandboxError {
    match shape::invalid(format!("{error:#}")) {
        SandboxError::Invalid(text)
            if text.contains("Compilation error") || text.contains("failed to compile") =>
        {
            SandboxError::Compile(text)
        }
        sorted => sorted,
    }
}

fn panicked(error: tokio::task::JoinError) -> SandboxError {
    SandboxError::Compile(format!("the work was ended: {error}"))
}
