//! The data of one call's store: made at its start, dropped at its end.

use crate::files::{FilesCtx, FilesView};
use crate::http::network::Network;
use crate::http::{HttpCall, HttpHooks, HttpView};
use crate::limits::MemoryLimit;
use crate::log::Log;
use crate::{Cancel, Decision, Journal, Meter, Secrets};
use remit_policy::{Authority, Denial, DenialCode};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{HostWallClock, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// Resources (streams, pollables, requests, descriptors …) alive at once. wasmtime's default is a million.
pub(crate) const MAX_RESOURCES: usize = 10_000;

/// Random bytes in one request; wasmtime's default is 64 MiB. Who needs more asks again.
pub(crate) const MAX_RANDOM: u64 = 1 << 20;

/// The size of one set of HTTP headers, as wasmtime-wasi-http counts it (text and table).
const MAX_HEADERS: usize = 128 << 10;

/// What a call's views share. Made once for each call.
pub(crate) struct Shared {
    pub(crate) authority: Arc<Authority>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) log: Log,
}

impl Shared {
    pub(crate) fn log_limit(&self) -> usize {
        self.authority.limits().log.as_usize()
    }

    /// Records a try of something that no grant can give.
    pub(crate) fn deny(
        &self,
        capability: &'static str,
        action: &'static str,
        asked: &str,
        reason: &'static str,
    ) -> wasmtime::Result<()> {
        let denial = Denial::new(DenialCode::CapabilityNotGranted, asked, reason);
        Ok(self
            .journal
            .record(&Decision::denied(capability, action, denial))?)
    }
}

/// The store's data.
pub(crate) struct State {
    pub(crate) memory: MemoryLimit,
    pub(crate) table: ResourceTable,
    pub(crate) shared: Arc<Shared>,
    pub(crate) deadline: Instant,
    pub(crate) cancel: Option<Cancel>,
    pub(crate) secrets: Arc<dyn Secrets>,
    pub(crate) network: Arc<dyn Network>,
    pub(crate) files: FilesCtx,
    // Made when first used: most plugins use none or one of them, and making them costs more than the call.
    wasi: Option<Box<WasiCtx>>,
    http: Option<Box<Http>>,
}

struct Http {
    hooks: HttpHooks,
    ctx: WasiHttpCtx,
}

impl State {
    pub(crate) fn new(
        shared: Arc<Shared>,
        deadline: Instant,
        cancel: Option<Cancel>,
        secrets: Arc<dyn Secrets>,
        network: Arc<dyn Network>,
        files: FilesCtx,
    ) -> State {
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        State {
            memory: MemoryLimit::new(shared.authority.limits().memory.as_usize()),
            table,
            shared,
            deadline,
            cancel,
            secrets,
            network,
            files,
            wasi: None,
            http: None,
        }
    }

    /// What wasi:http sees: the hooks of this call, made at its first use.
    pub(crate) fn http_view(&mut self) -> HttpView<'_> {
        let http = self.http.get_or_insert_with(|| {
            let mut ctx = WasiHttpCtx::new();
            ctx.set_field_size_limit(MAX_HEADERS);
            let hooks = HttpHooks::new(HttpCall {
                authority: self.shared.authority.clone(),
                journal: self.shared.journal.clone(),
                secrets: self.secrets.clone(),
                network: self.network.clone(),
                deadline: self.deadline,
                usage: self.shared.meter.clone(),
            });
            Box::new(Http { hooks, ctx })
        });
        HttpView {
            hooks: &mut http.hooks,
            table: &mut self.table,
            ctx: &mut http.ctx,
        }
    }

    /// What wasi:filesystem sees: the call's mounts.
    pub(crate) fn files(&mut self) -> FilesView<'_> {
        FilesView {
            ctx: &mut self.files,
            table: &mut self.table,
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: self.wasi.get_or_insert_with(|| Box::new(wasi())),
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let view = self.http_view();
        WasiHttpCtxView {
            hooks: view.hooks,
            table: view.table,
            ctx: view.ctx,
        }
    }
}

/// wasmtime's own context: clocks and random numbers. Nothing is inherited, no socket may be made, and what else it
/// has (arguments, environment, streams, folders) is not reached: [`link`](crate::link) puts views of ours before it.
fn wasi() -> WasiCtx {
    WasiCtx::builder()
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .max_random_size(MAX_RANDOM)
        .wall_clock(CoarseClock)
        .build()
}

/// The wall clock, at a millisecond: what a plugin writes into a date, and too coarse to time the host with.
struct CoarseClock;

const MILLISECOND: Duration = Duration::from_millis(1);

impl HostWallClock for CoarseClock {
    fn resolution(&self) -> Duration {
        MILLISECOND
    }

    fn now(&self) -> Duration {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Duration::new(now.as_secs(), now.subsec_millis().saturating_mul(1_000_000))
    }
}
