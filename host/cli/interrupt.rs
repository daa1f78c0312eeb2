//! Ctrl-C and SIGTERM: the first ends what goes on with its state written, the second ends the process.

use remit_run::Cancel;
use tokio::sync::watch;

/// What shells show for a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// The same for SIGTERM.
const TERMINATED: i32 = 143;

/// Cancelled by the first signal; cheap to clone.
#[derive(Clone)]
pub struct Interrupt {
    cancel: Cancel,
    seen: watch::Receiver<bool>,
}

impl Interrupt {
    /// Listens from now on.
    pub fn listen() -> Interrupt {
        let cancel = Cancel::new();
        let (tell, seen) = watch::channel(false);
        let cancels = cancel.clone();
        tokio::spawn(async move {
            let _ = signal().await;
            cancels.cancel();
            // Nobody may be asking anything just now.
            let _ = tell.send(true);
            std::process::exit(signal().await);
        });
        Interrupt { cancel, seen }
    }

    /// For what can be cancelled.
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Ends when the first signal comes.
    pub async fn came(&self) {
        let mut seen = self.seen.clone();
        if seen.wait_for(|seen| *seen).await.is_err() {
            // The listener is gone, so nothing will ever come.
            std::future::pending::<()>().await;
        }
    }
}

/// Ends at the next signal, with the status of a process that it ended; never, where none can be listened for.
async fn signal() -> i32 {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => INTERRUPTED,
        _ = terminate.recv() => TERMINATED,
    }
}
