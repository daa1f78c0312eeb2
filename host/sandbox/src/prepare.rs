//! Preparing components: loaded from the cache of compiled code, or compiled and linked.

use crate::cache::{self, Cache};
use crate::compiler::{self, Order};
use crate::plugin::Prepared;
use crate::sandbox::FOREVER;
use crate::state::State;
use crate::{CompilerProcess, OnCompile, Plugin, SandboxConfig, SandboxError, shape};
use std::collections::HashMap;
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

/// What a component may take longer to compile for each MiB that it has: some ten times what it does.
const TIME_FOR_MIB: Duration = Duration::from_secs(20);

/// When so many digests are known, those that nobody holds are forgotten.
const FORGET_AT: usize = 256;

/// However many cores there are.
const MAX_CHILDREN: usize = 4;

/// What preparing needs, and what is prepared already.
pub(crate) struct Preparer {
    engine: Engine,
    linker: Linker<State>,
    cache: Option<Cache>,
    /// How long a small component may take to compile.
    time: Duration,
    on_compile: Option<Arc<OnCompile>>,
    compiler: Option<CompilerProcess>,
    /// The children that may be at once: each keeps all cores busy, and may have gigabytes.
    children: Semaphore,
    known: Mutex<HashMap<[u8; 32], Slot>>,
}

/// Where the prepares of one digest meet: the first does the work while the others wait.
type Slot = Arc<AsyncMutex<Known>>;

#[derive(Default)]
struct Known {
    /// Found by later ones as long as anyone holds it.
    prepared: Weak<Prepared>,
    /// Its compilation was given up, for this. It may still be going on, and is not begun again.
    given_up: Option<SandboxError>,
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
        config: &SandboxConfig,
    ) -> Preparer {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Preparer {
            engine,
            linker,
            cache,
            time: config.compile_time.min(FOREVER),
            on_compile: config.on_compile.clone(),
            compiler: config.compiler.clone(),
            children: Semaphore::new(cores.min(MAX_CHILDREN)),
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
            None => self.compile_new(bytes, digest, &mut known).await?,
        };
        let prepared = Arc::new(prepared);
        known.prepared = Arc::downgrade(&prepared);
        Ok(Plugin(prepared))
    }

    fn slot(&self, digest: &[u8; 32]) -> Slot {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= FORGET_AT {
            known.retain(|_, slot| {
                let kept =
                    |known: &Known| known.given_up.is_some() || known.prepared.strong_count() > 0;
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

    /// Compiles what is neither known nor kept, within its time.
    async fn compile_new(
        self: &Arc<Preparer>,
        bytes: &[u8],
        digest: [u8; 32],
        known: &mut Known,
    ) -> Result<Prepared, SandboxError> {
        if let Some(error) = &known.given_up {
            return Err(error.clone());
        }
        let mib = u32::try_from(bytes.len() >> 20).unwrap_or(u32::MAX);
        let time = self.time.saturating_add(TIME_FOR_MIB.saturating_mul(mib));
        let compiled = match &self.compiler {
            Some(process) => self.compile_in_child(process, bytes, digest, time).await,
            None => self.compile_in_time(bytes, digest, time).await,
        };
        // What took too much once takes it again.
        if let Err(
            error @ (SandboxError::CompileTime { .. } | SandboxError::CompileMemory { .. }),
        ) = &compiled
        {
            known.given_up = Some(error.clone());
        }
        compiled
    }

    /// In a process of its own. It ends with this future, however that ends.
    async fn compile_in_child(
        self: &Arc<Preparer>,
        process: &CompilerProcess,
        bytes: &[u8],
        digest: [u8; 32],
        time: Duration,
    ) -> Result<Prepared, SandboxError> {
        let closed = |error: tokio::sync::AcquireError| SandboxError::Compiler(error.to_string());
        let _turn = self.children.acquire().await.map_err(closed)?;
        let (this, component) = (self.clone(), bytes.to_vec());
        // Counting reads all of it, which takes a while; no child is needed to refuse what is counted out.
        let (component, _until_done) = tokio::task::spawn_blocking(move || {
            shape::check(&component)?;
            let until_done = this.tell(component.len());
            Ok::<_, SandboxError>((component, until_done))
        })
        .await
        .map_err(panicked)??;
        let order = Order {
            process,
            component: &component,
            time,
        };
        let code = match compiler::compile(order).await {
            Err(SandboxError::Compile(said)) => return Err(compile_error(said)),
            compiled => compiled?,
        };
        let this = self.clone();
        let keep = move || this.keep(&code, digest);
        tokio::task::spawn_blocking(keep).await.map_err(panicked)?
    }

    /// Keeps what a child has compiled, and links it.
    fn keep(&self, code: &[u8], digest: [u8; 32]) -> Result<Prepared, SandboxError> {
        if let Some(cache) = &self.cache {
            cache.store(&digest, code);
        }
        let kept = self.cache.as_ref();
        let component = match kept.and_then(|cache| cache.load(&self.engine, &digest)) {
            Some(component) => component,
            None => cache::from_child(&self.engine, code).map_err(|error| {
                let said = remit_policy::display_safe(&format!("{error:#}"), 400);
                SandboxError::Compiler(format!("its code is not this program's: {said}"))
            })?,
        };
        Prepared::link(&self.linker, &component, digest)
    }

    /// In this process, on a thread.
    async fn compile_in_time(
        self: &Arc<Preparer>,
        bytes: &[u8],
        digest: [u8; 32],
        limit: Duration,
    ) -> Result<Prepared, SandboxError> {
        let (this, bytes) = (self.clone(), bytes.to_vec());
        let compiling = tokio::task::spawn_blocking(move || this.compile(&bytes, digest));
        match tokio::time::timeout(limit, compiling).await {
            Ok(compiled) => compiled.map_err(panicked)?,
            // A thread cannot be stopped: it goes on until it is done or the process ends. What it makes is kept in
            // the cache, for the next time.
            Err(_) => Err(SandboxError::CompileTime { limit }),
        }
    }

    fn compile(&self, bytes: &[u8], digest: [u8; 32]) -> Result<Prepared, SandboxError> {
        shape::check(bytes)?;
        let _until_done = self.tell(bytes.len());
        // `from_binary`: compiled code or text is an error here, never loaded.
        let component = Component::from_binary(&self.engine, bytes)
            .map_err(|error| compile_error(format!("{error:#}")))?;
        let prepared = Prepared::link(&self.linker, &component, digest)?;
        if let Some(cache) = &self.cache {
            match component.serialize() {
                Ok(code) => cache.store(&digest, &code),
                Err(error) => tracing::warn!(%error, "compiled code is not kept"),
            }
        }
        Ok(prepared)
    }

    /// Tells whom it interests that a component of so many bytes is compiled, until what comes back is dropped.
    fn tell(&self, bytes: usize) -> Option<Box<dyn Send>> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.on_compile.as_ref().map(|tell| tell(bytes))
    }
}

/// Sorts what `Component::from_binary` says: wasmtime has no types for it.
fn compile_error(said: String) -> SandboxError {
    match shape::invalid(said) {
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
