//! Serving many clients over Streamable HTTP, on this machine alone.

mod address;
mod answer;
mod check;
mod connection;
mod door;
mod sessions;
mod token;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rmcp::ServerHandler;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::OwnedSemaphorePermit;

use connection::{Connections, Timed};
use door::Door;

pub use address::{DEFAULT_PORT, address};
pub use token::Token;

use crate::error::McpError;
use crate::server::{Server, Transport};

/// The path of the endpoint.
pub const ENDPOINT: &str = "/mcp";

/// What is answered when the host is told to end has so long to be done.
const AFTER_SHUTDOWN: Duration = Duration::from_secs(2);

/// How long what was cancelled may take.
const AFTER_CANCEL: Duration = Duration::from_secs(3);

/// Connections that wait in the system to be taken. With the usual 128, some of a thousand at once are reset.
const BACKLOG: u32 = 4096;

/// Bytes of a request's head.
const MAX_HEAD: usize = 64 << 10;

/// How to serve over http.
#[derive(Debug)]
pub struct HttpOptions {
    /// Where to listen; a loopback address.
    pub address: SocketAddr,
    /// What a client must show.
    pub token: Token,
}

/// Serves until `shutdown` is done. `ready` is told the address. When it returns, nothing of any client runs any more, and
/// the log is whole.
///
/// # Errors
/// If the address is not of this machine alone, or cannot be listened on.
pub async fn serve_http(
    server: Server,
    options: HttpOptions,
    ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> Result<(), McpError> {
    let handlers = server.clone();
    let handler = move || handlers.handler(Transport::Http);
    let served = serve_with(handler, options, ready, shutdown).await;
    crate::stdio::finish(&server).await;
    served
}

/// Serves until `shutdown` is done, each client or request with a handler of its own. `ready` is told the address.
///
/// # Errors
/// If the address is not of this machine alone, or cannot be listened on.
async fn serve_with<H: ServerHandler>(
    handler: impl Fn() -> H + Send + Sync + 'static,
    options: HttpOptions,
    ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> Result<(), McpError> {
    if !options.address.ip().is_loopback() {
        return Err(McpError::NotLoopback {
            address: options.address.to_string(),
        });
    }
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AddrInUse => McpError::AddressTaken {
            address: options.address.to_string(),
        },
        _ => McpError::io(format!("{} cannot be listened on", options.address), error),
    };
    let listener = listen(options.address).map_err(failed)?;
    let at = listener.local_addr().map_err(failed)?;
    let connections = Arc::new(Connections::new());
    let door = Arc::new(Door::new(handler, options.token, at));
    ready(at);
    tokio::select! {
        () = accept(&listener, &connections, &door) => {}
        () = shutdown => {}
    }
    drop(listener);
    door.close();
    door.idle(AFTER_SHUTDOWN).await;
    door.cancel();
    connections.end_all();
    if !connections.none(AFTER_CANCEL).await {
        tracing::warn!("some connections do not end, and are left alone");
    }
    Ok(())
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // What an ended server leaves behind does not keep the next from its port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn accept<H: ServerHandler>(
    listener: &TcpListener,
    connections: &Arc<Connections>,
    door: &Arc<Door<H>>,
) {
    let mut number = 0;
    while let Some(room) = connections.room().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                number += 1;
                let connection =
                    connection(stream, number, room, connections.clone(), door.clone());
                tokio::spawn(connection);
            }
            Err(error) => {
                // Of one connection, or of all while there are no more files: either way it passes.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection<H: ServerHandler>(
    stream: TcpStream,
    number: u64,
    room: OwnedSemaphorePermit,
    connections: Arc<Connections>,
    door: Arc<Door<H>>,
) {
    // Answers are small, and each is waited for.
    let _ = stream.set_nodelay(true);
    let watch = connections.add(number);
    let io = TokioIo::new(Timed::new(stream, watch.clone()));
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let busy = watch.busy();
        let door = door.clone();
        async move { Ok::<_, Infallible>(door.answer(request, busy).await) }
    });
    let served = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .serve_connection(io, service);
    let mut served = std::pin::pin!(served);
    let ended = tokio::select! {
        ended = &mut served => ended,
        () = watch.end.cancelled() => {
            served.as_mut().graceful_shutdown();
            // What waits for its client ends at once; what is answered goes on, and is the last.
            if watch.waits() { Ok(()) } else { served.await }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
    connections.remove(number);
    drop(room);
}
