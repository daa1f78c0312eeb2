//! The linker: every interface that a plugin may import, and the views behind them.

use crate::bindings::remit::connector::log as connector_log;
use crate::bindings::wasi::config::store as config_store;
use crate::files;
use crate::http;
use crate::log::{LogLevel, LogSource, LogStream};
use crate::state::{Shared, State};
use crate::{Decision, SandboxError};
use wasmtime::Engine;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{self, ResolveAddressStream};
use wasmtime_wasi::p2::bindings::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, Network,
};
use wasmtime_wasi::p2::bindings::{cli, clocks, io, random, sockets};
use wasmtime_wasi::p2::pipe::ClosedInputStream;
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, DynPollable, SocketError, TcpSocket, UdpSocket,
};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};

/// The interfaces that [`linker`] adds, with the version of each: what a component may import.
pub(crate) const PROVIDED: &[(&str, &str)] = &[
    ("remit:connector/log", "0.1.0"),
    ("remit:connector/types", "0.1.0"),
    ("wasi:cli/environment", WASI),
    ("wasi:cli/exit", WASI),
    ("wasi:cli/stderr", WASI),
    ("wasi:cli/stdin", WASI),
    ("wasi:cli/stdout", WASI),
    ("wasi:cli/terminal-input", WASI),
    ("wasi:cli/terminal-output", WASI),
    ("wasi:cli/terminal-stderr", WASI),
    ("wasi:cli/terminal-stdin", WASI),
    ("wasi:cli/terminal-stdout", WASI),
    ("wasi:clocks/monotonic-clock", WASI),
    ("wasi:clocks/wall-clock", WASI),
    ("wasi:config/store", "0.2.0-rc.1"),
    ("wasi:filesystem/preopens", WASI),
    ("wasi:filesystem/types", WASI),
    ("wasi:http/outgoing-handler", WASI),
    ("wasi:http/types", WASI),
    ("wasi:io/error", WASI),
    ("wasi:io/poll", WASI),
    ("wasi:io/streams", WASI),
    ("wasi:random/insecure", WASI),
    ("wasi:random/insecure-seed", WASI),
    ("wasi:random/random", WASI),
    ("wasi:sockets/instance-network", WASI),
    ("wasi:sockets/ip-name-lookup", WASI),
    ("wasi:sockets/network", WASI),
    ("wasi:sockets/tcp", WASI),
    ("wasi:sockets/tcp-create-socket", WASI),
    ("wasi:sockets/udp", WASI),
    ("wasi:sockets/udp-create-socket", WASI),
];

/// The version of WASI that wasmtime 48 provides; a component built against another 0.2 links too.
pub(crate) const WASI: &str = "0.2.12";

/// Everything that is provided, linked. Made once for each sandbox.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<State>, SandboxError> {
    let mut linker = Linker::new(engine);
    add_all(&mut linker).map_err(|error| SandboxError::Engine(format!("{error:#}")))?;
    Ok(linker)
}

fn add_all(l: &mut Linker<State>) -> wasmtime::Result<()> {
    // Granted to every call: clocks (the wall clock is coarse) and random numbers (capped at each request).
    clocks::wall_clock::add_to_linker::<_, WasiClocks>(l, State::clocks)?;
    clocks::monotonic_clock::add_to_linker::<_, WasiClocks>(l, State::clocks)?;
    random::random::add_to_linker::<_, WasiRandom>(l, |s| s.ctx().ctx.random())?;
    random::insecure::add_to_linker::<_, WasiRandom>(l, |s| s.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(l, |s| s.ctx().ctx.random())?;
    io::error::add_to_linker::<_, Table>(l, |s| &mut s.table)?;
    io::poll::add_to_linker::<_, Table>(l, |s| &mut s.table)?;
    io::streams::add_to_linker::<_, Table>(l, |s| &mut s.table)?;

    // Says something, and reaches nothing.
    connector_log::add_to_linker::<_, Own>(l, View::of)?;
    cli::stdout::add_to_linker::<_, Own>(l, View::of)?;
    cli::stderr::add_to_linker::<_, Own>(l, View::of)?;
    cli::exit::add_to_linker::<_, WasiCli>(l, State::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(l, State::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(l, State::cli)?;
    cli::terminal_stdin::add_to_linker::<_, Own>(l, View::of)?;
    cli::terminal_stdout::add_to_linker::<_, Own>(l, View::of)?;
    cli::terminal_stderr::add_to_linker::<_, Own>(l, View::of)?;

    // By grant.
    config_store::add_to_linker::<_, Own>(l, View::of)?;
    files::add_to_linker(l, State::files)?;
    http::add_to_linker(l, State::http_view)?;

    // Never granted: linked, empty, denying, and each try is recorded.
    cli::environment::add_to_linker::<_, Own>(l, View::of)?;
    cli::stdin::add_to_linker::<_, Own>(l, View::of)?;
    sockets::tcp_create_socket::add_to_linker::<_, Own>(l, View::of)?;
    sockets::udp_create_socket::add_to_linker::<_, Own>(l, View::of)?;
    sockets::ip_name_lookup::add_to_linker::<_, Own>(l, View::of)?;
    // Without a socket, which only the two above could make, these do nothing.
    sockets::instance_network::add_to_linker::<_, WasiSockets>(l, State::sockets)?;
    let options = wasmtime_wasi::p2::bindings::LinkOptions::default();
    sockets::network::add_to_linker::<_, WasiSockets>(l, &(&options).into(), State::sockets)?;
    sockets::tcp::add_to_linker::<_, WasiSockets>(l, State::sockets)?;
    sockets::udp::add_to_linker::<_, WasiSockets>(l, State::sockets)?;
    Ok(())
}

struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}

/// The interfaces behind which stands code of this file.
struct Own;

impl HasData for Own {
    type Data<'a> = View<'a>;
}

struct View<'a> {
    shared: &'a std::sync::Arc<Shared>,
    table: &'a mut ResourceTable,
}

impl View<'_> {
    fn of(state: &mut State) -> View<'_> {
        View {
            shared: &state.shared,
            table: &mut state.table,
        }
    }

    fn output(&mut self, source: LogSource) -> wasmtime::Result<Resource<DynOutputStream>> {
        let stream: DynOutputStream = Box::new(LogStream {
            shared: self.shared.clone(),
            source,
        });
        Ok(self.table.push(stream)?)
    }
}

impl connector_log::Host for View<'_> {
    fn log(&mut self, level: connector_log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            connector_log::Level::Debug => LogLevel::Debug,
            connector_log::Level::Info => LogLevel::Info,
            connector_log::Level::Warn => LogLevel::Warn,
            connector_log::Level::Error => LogLevel::Error,
        };
        let limit = self.shared.log_limit();
        self.shared.log.message(limit, level, &message);
        Ok(())
    }
}

impl cli::stdout::Host for View<'_> {
    fn get_stdout(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.output(LogSource::Stdout)
    }
}

impl cli::stderr::Host for View<'_> {
    fn get_stderr(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.output(LogSource::Stderr)
    }
}

impl cli::terminal_stdin::Host for View<'_> {
    fn get_terminal_stdin(
        &mut self,
    ) -> wasmtime::Result<Option<Resource<cli::terminal_input::TerminalInput>>> {
        Ok(None)
    }
}

impl cli::terminal_stdout::Host for View<'_> {
    fn get_terminal_stdout(
        &mut self,
    ) -> wasmtime::Result<Option<Resource<cli::terminal_output::TerminalOutput>>> {
        Ok(None)
    }
}

impl cli::terminal_stderr::Host for View<'_> {
    fn get_terminal_stderr(
        &mut self,
    ) -> wasmtime::Result<Option<Resource<cli::terminal_output::TerminalOutput>>> {
        Ok(None)
    }
}

impl config_store::Host for View<'_> {
    fn get(
        &mut self,
        key: String,
    ) -> wasmtime::Result<Result<Option<String>, config_store::Error>> {
        let asked = remit_policy::display_safe(&key, 300);
        let (decision, value) = match self.shared.authority.config_ask(&key) {
            Ok((value, allowed)) => (
                Decision::allowed("config", "get", asked, Some(allowed.rule)),
                Some(value.to_owned()),
            ),
            // A key without a value is, for the guest, a key without a value.
            Err(denial) => {
                let mut decision = Decision::denied("config", "get", denial);
                decision.asked = asked;
                (decision, None)
            }
        };
        self.shared.journal.record(&decision)?;
        Ok(Ok(value))
    }

    fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, config_store::Error>> {
        let all: Vec<_> = self
            .shared
            .authority
            .config_all()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let mut decision = Decision::allowed("config", "get-all", "*", None);
        decision.detail.count = Some(all.len() as u64);
        self.shared.journal.record(&decision)?;
        Ok(Ok(all))
    }
}

const NO_ENVIRONMENT: &str = "a plugin gets no environment and no arguments; use config";
const NO_STDIN: &str = "a plugin gets no standard input";
const NO_SOCKETS: &str = "no grant gives sockets; use wasi:http";

impl cli::environment::Host for View<'_> {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        self.shared.deny(
            "environment",
            "get-environment",
            "environment",
            NO_ENVIRONMENT,
        )?;
        Ok(Vec::new())
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        self.shared
            .deny("environment", "get-arguments", "arguments", NO_ENVIRONMENT)?;
        Ok(Vec::new())
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        self.shared.deny(
            "environment",
            "initial-cwd",
            "working folder",
            NO_ENVIRONMENT,
        )?;
        Ok(None)
    }
}

impl cli::stdin::Host for View<'_> {
    fn get_stdin(&mut self) -> wasmtime::Result<Resource<DynInputStream>> {
        self.shared
            .deny("stdin", "get-stdin", "standard input", NO_STDIN)?;
        let stream: DynInputStream = Box::new(ClosedInputStream);
        Ok(self.table.push(stream)?)
    }
}

fn family(family: IpAddressFamily) -> &'static str {
    match family {
        IpAddressFamily::Ipv4 => "IPv4",
        IpAddressFamily::Ipv6 => "IPv6",
    }
}

// The traits below stand on this one; the interface itself is linked to wasmtime's.
impl sockets::network::Host for View<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(
        &mut self,
        _error: Resource<wasmtime_wasi::p2::IoError>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        Ok(None)
    }
}

impl sockets::network::HostNetwork for View<'_> {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        self.table.delete(network)?;
        Ok(())
    }
}

impl sockets::tcp_create_socket::Host for View<'_> {
    fn create_tcp_socket(
        &mut self,
        address_family: IpAddressFamily,
    ) -> Result<Resource<TcpSocket>, SocketError> {
        self.shared
            .deny(
                "sockets",
                "create-tcp-socket",
                family(address_family),
                NO_SOCKETS,
            )
            .map_err(SocketError::trap)?;
        Err(ErrorCode::AccessDenied.into())
    }
}

impl sockets::udp_create_socket::Host for View<'_> {
    async fn create_udp_socket(
        &mut self,
        address_family: IpAddressFamily,
    ) -> Result<Resource<UdpSocket>, SocketError> {
        self.shared
            .deny(
                "sockets",
                "create-udp-socket",
                family(address_family),
                NO_SOCKETS,
            )
            .map_err(SocketError::trap)?;
        Err(ErrorCode::AccessDenied.into())
    }
}

impl ip_name_lookup::Host for View<'_> {
    fn resolve_addresses(
        &mut self,
        _network: Resource<Network>,
        name: String,
    ) -> Result<Resource<ResolveAddressStream>, SocketError> {
        self.shared
            .deny("sockets", "resolve-addresses", &name, NO_SOCKETS)
            .map_err(SocketError::trap)?;
        Err(ErrorCode::AccessDenied.into())
    }
}

/// No such stream is ever made; a guest that names one anyway traps.
impl ip_name_lookup::HostResolveAddressStream for View<'_> {
    fn resolve_next_address(
        &mut self,
        _stream: Resource<ResolveAddressStream>,
    ) -> Result<Option<IpAddress>, SocketError> {
        Err(ErrorCode::AccessDenied.into())
    }

    fn subscribe(
        &mut self,
        _stream: Resource<ResolveAddressStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        wasmtime::bail!("there is no such stream")
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        self.table.delete(stream)?;
        Ok(())
    }
}
