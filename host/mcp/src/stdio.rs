//! Serving one client over two streams: a message a line, nothing else on the way out.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rmcp::service::{ServerInitializeError, serve_server};
use rmcp::{RoleServer, Service};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::unix::pipe;

use crate::error::McpError;
use crate::guard::{Guard, Watched, Work};
use crate::server::{Server, Transport};

/// What still runs when stdin ends has so long to be done: answers that are ready are written, and whoever piped a few
/// requests in gets what is quick.
const AFTER_END: Duration = Duration::from_millis(100);

/// What still runs when the host is told to end has so long to be done.
const AFTER_SHUTDOWN: Duration = Duration::from_secs(2);

/// How long what was cancelled may take. A guest stops within a fraction of it.
const AFTER_CANCEL: Duration = Duration::from_secs(5);

/// How long finishing all sessions may take.
const TO_FINISH: Duration = Duration::from_secs(10);

/// Serves one client over this process's stdin and stdout until stdin ends, stdout is closed, or `shutdown` is done.
/// When it returns, nothing of the client runs any more, and the log is whole.
///
/// # Errors
/// None so far: a client that is gone is no error.
pub async fn serve_stdio(
    server: Server,
    shutdown: impl Future<Output = ()>,
) -> Result<(), McpError> {
    let handler = server.handler(Transport::Stdio);
    serve_streams(handler, stdin(), stdout(), shutdown).await;
    finish(&server).await;
    Ok(())
}

/// Finishes all sessions. A disk that does not answer is not waited for for ever.
pub async fn finish(server: &Server) {
    if tokio::time::timeout(TO_FINISH, server.finish())
        .await
        .is_err()
    {
        tracing::error!("some sessions could not be finished in time");
    }
}

/// Serves one client until `read` ends, `write` is closed, or `shutdown` is done, and returns when nothing of it runs
/// any more.
async fn serve_streams<H: Service<RoleServer>>(
    handler: H,
    read: impl AsyncRead + Send + Unpin + 'static,
    write: impl AsyncWrite + Send + Unpin + 'static,
    shutdown: impl Future<Output = ()>,
) {
    let work = Arc::new(Work::default());
    let versions = handler.supported_protocol_versions().into_owned();
    let guard = Guard::new(read, write, work.clone(), versions);
    let watched = Watched::new(handler, work.clone());
    let served = async {
        match serve_server(watched, guard).await {
            Ok(running) => {
                if let Err(error) = running.waiting().await {
                    tracing::error!(%error, "serving ended");
                }
            }
            // The client left before it began.
            Err(ServerInitializeError::ConnectionClosed(_)) => {}
            Err(error) => tracing::warn!(%error, "the client could not be served"),
        }
    };
    let ending = async {
        tokio::select! {
            () = shutdown => {
                work.stop.cancel();
                wait(&work, AFTER_SHUTDOWN).await;
            }
            () = work.stop.cancelled() => wait(&work, AFTER_END).await,
            () = work.end.cancelled() => {}
        }
        work.end.cancel();
    };
    let (mut served, mut ending) = (pin!(served), pin!(ending));
    tokio::select! {
        () = &mut served => {}
        () = &mut ending => {
            if tokio::time::timeout(AFTER_CANCEL, served).await.is_err() {
                tracing::warn!("something of the client still runs, and is left alone");
            }
        }
    }
}

async fn wait(work: &Work, time: Duration) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = work.end.cancelled() => {}
    }
}

/// The process's own stdin. A pipe is read without a thread that waits; anything else (a terminal, a file, a socket) is
/// read by one, which the end of the process does not wait for.
fn stdin() -> Box<dyn AsyncRead + Send + Unpin> {
    // Opened anew: not waiting is a property of what is open, and others may have the same one open.
    match pipe::OpenOptions::new().open_receiver("/proc/self/fd/0") {
        Ok(pipe) => Box::new(pipe),
        Err(_) => Box::new(tokio::io::stdin()),
    }
}

/// The process's own stdout, in the same way.
fn stdout() -> Box<dyn AsyncWrite + Send + Unpin> {
    match pipe::OpenOptions::new().open_sender("/proc/self/fd/1") {
        Ok(pipe) => Box::new(pipe),
        Err(_) => Box::new(tokio::io::stdout()),
    }
}
