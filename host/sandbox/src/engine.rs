//! The engine: what Wasm it runs, how it allocates, and the clock that interrupts guests.

use crate::SandboxError;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::thread::{self, Thread};
use std::time::Duration;
use wasmtime::{
    Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig,
    RegallocAlgorithm, Strategy,
};

/// The guest's stack. Interpreters recurse deeply; a megabyte is what native threads of wasi-libc programs are
/// used to, and a call that needs more ends as `limit-stack`.
pub(crate) const GUEST_STACK: usize = 1 << 20;

/// What is left on the same stack for host functions.
const HOST_STACK: usize = 1 << 20;

/// How often a computing guest is interrupted: to look at its deadline, and to let other tasks of its thread run.
const TICK: Duration = Duration::from_millis(5);

/// After this many ticks without a call, a second, the ticker sleeps until there is one.
const IDLE_TICKS: u32 = 200;

/// What one place among the concurrent calls holds in the pool. A component that needs more takes more places.
pub(crate) const PLACE: Place = Place {
    memories: 4,
    tables: 8,
};

pub(crate) struct Place {
    pub(crate) memories: u32,
    pub(crate) tables: u32,
}

/// The most of each that one component may have. A Python or JavaScript component has some ten core instances and
/// two or three memories; anything near this is built to exhaust.
pub(crate) const MAX_PER_COMPONENT: u32 = 100;

/// Enough places for the largest component.
const MIN_PLACES: u32 = MAX_PER_COMPONENT.div_ceil(4);

/// Each memory reserves 4 GiB of the 128 TiB that a process may address, so this is 64 TiB.
pub(crate) const MAX_PLACES: usize = 4096;

/// The largest table: 100,000 entries of 8 bytes. Interpreters have some ten to thirty thousand.
const TABLE_ELEMENTS: usize = 100_000;

/// Kept resident in each memory slot and cleared by memset: with none, the page faults of the next call cost five
/// times what the call does.
const KEEP_RESIDENT: usize = 64 << 10;

/// The largest table or core instance in the pool's bookkeeping; an upper bound, not a reservation.
const INSTANCE_BYTES: usize = 8 << 20;

/// The settings that the benchmarks' floor, wasmtime without Remit, is measured with.
#[doc(hidden)]
pub fn benchmark_config(places: usize) -> Config {
    config(pool(places))
}

/// An engine that only compiles: its code is that of every engine here, and it reserves nothing for calls.
pub(crate) fn for_compiling() -> Result<Engine, SandboxError> {
    Engine::new(&config(InstanceAllocationStrategy::OnDemand))
        .map_err(|error| SandboxError::Engine(format!("{error:#}")))
}

/// An engine and its ticker.
pub(crate) struct Runtime {
    pub(crate) engine: Engine,
    ticker: Arc<Ticker>,
}

impl Runtime {
    /// Builds the engine for `places` concurrent calls: pooling, or on demand where the address space for a pool
    /// cannot be reserved (a process limit, a small machine).
    pub(crate) fn new(places: usize) -> Result<Runtime, SandboxError> {
        let engine = match Engine::new(&config(pool(places))) {
            Ok(engine) => engine,
            Err(error) => {
                tracing::warn!(%error, "no pool of instances: each call allocates on demand, which is slower");
                Engine::new(&config(InstanceAllocationStrategy::OnDemand))
                    .map_err(|error| SandboxError::Engine(format!("{error:#}")))?
            }
        };
        let ticker = Ticker::spawn(engine.weak())?;
        Ok(Runtime { engine, ticker })
    }

    /// To be held while a call runs: the epoch advances as long as anyone holds one.
    pub(crate) fn ticking(&self) -> Ticking<'_> {
        self.ticker.start_call();
        Ticking(&self.ticker)
    }
}

fn config(allocation: InstanceAllocationStrategy) -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking)
        .allocation_strategy(allocation)
        // Async component functions are not run here; leaving their tables out halves the cost of a call.
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(GUEST_STACK)
        .async_stack_size(GUEST_STACK + HOST_STACK)
        .memory_init_cow(true)
        // No panic unwinds through guest frames (wasmtime catches them at the border), so nothing needs the
        // tables of the system's unwinder, which are slow to register.
        .native_unwind_info(false)
        .generate_address_map(false)
        // Names of the functions that trapped, for the author; costs nothing until something traps.
        .wasm_backtrace_max_frames(NonZeroUsize::new(8))
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        // The same inputs give the same outputs on each machine.
        .relaxed_simd_deterministic(true);
    config
}

fn pool(places: usize) -> InstanceAllocationStrategy {
    let calls = u32::try_from(places).unwrap_or(u32::MAX);
    let places = calls.max(MIN_PLACES);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        .total_stacks(calls)
        .total_core_instances(places.saturating_mul(MAX_PER_COMPONENT))
        .total_memories(places.saturating_mul(PLACE.memories))
        .total_tables(places.saturating_mul(PLACE.tables))
        .max_core_instances_per_component(MAX_PER_COMPONENT)
        .max_memories_per_component(MAX_PER_COMPONENT)
        .max_tables_per_component(MAX_PER_COMPONENT)
        .max_memories_per_module(MAX_PER_COMPONENT)
        .max_tables_per_module(MAX_PER_COMPONENT)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_component_instance_size(INSTANCE_BYTES)
        .table_elements(TABLE_ELEMENTS)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        // Clears only the pages that were touched, where the kernel can say which (Linux 6.7). It costs a page-sized
        // guest 0.8 µs of 4 and saves an ordinary Rust guest 15 µs of 42.
        .pagemap_scan(Enabled::Auto);
    InstanceAllocationStrategy::Pooling(pool)
}

/// Advances the engine's epoch while calls run, and sleeps when there have been none for a while.
struct Ticker {
    started: AtomicU64,
    ended: AtomicU64,
    asleep: AtomicBool,
    thread: OnceLock<Thread>,
}

/// A call is running.
pub(crate) struct Ticking<'a>(&'a Ticker);

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

impl Ticker {
    fn spawn(engine: EngineWeak) -> Result<Arc<Ticker>, SandboxError> {
        let ticker = Arc::new(Ticker {
            started: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            asleep: AtomicBool::new(false),
            thread: OnceLock::new(),
        });
        let weak = Arc::downgrade(&ticker);
        let handle = thread::Builder::new()
            .name("remit-epoch".to_owned())
            .stack_size(64 << 10)
            .spawn(move || run(&engine, &weak))
            .map_err(|error| SandboxError::Engine(format!("its clock cannot start: {error}")))?;
        let _ = ticker.thread.set(handle.thread().clone());
        Ok(ticker)
    }

    fn start_call(&self) {
        self.started.fetch_add(1, Ordering::SeqCst);
        // Written first, looked at second; the ticker does it the other way round, so one of them sees the other.
        if self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst) {
            self.wake();
        }
    }

    /// The calls started until now, if none of them is running.
    fn quiet_since(&self) -> Option<u64> {
        let started = self.started.load(Ordering::SeqCst);
        (started == self.ended.load(Ordering::SeqCst)).then_some(started)
    }

    fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

fn run(engine: &EngineWeak, ticker: &Weak<Ticker>) {
    let mut quiet = None;
    let mut quiet_ticks = 0;
    loop {
        match engine.upgrade() {
            Some(engine) => engine.increment_epoch(),
            None => return,
        }
        let Some(ticker) = ticker.upgrade() else {
            return;
        };
        let now = ticker.quiet_since();
        quiet_ticks = if now.is_some() && now == quiet {
            quiet_ticks + 1
        } else {
            0
        };
        quiet = now;
        if quiet_ticks > IDLE_TICKS {
            ticker.asleep.store(true, Ordering::SeqCst);
            let still = ticker.quiet_since() == quiet;
            drop(ticker);
            if still {
                thread::park();
            }
            quiet_ticks = 0;
        } else {
            drop(ticker);
            thread::sleep(TICK);
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // The thread finds its ticker gone and ends, at the latest a tick from now.
        self.ticker.wake();
    }
}
