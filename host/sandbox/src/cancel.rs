//! Ending a call from outside.

use std::sync::Arc;
use tokio::sync::watch;

/// A handle that ends the calls it was given to. Cloning it gives another handle to the same calls.
///
/// Dropping the future of a call ends it as well; this is for who wants the report of what was done until then.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<watch::Sender<bool>>);

impl Cancel {
    /// A handle that has not been used yet.
    pub fn new() -> Cancel {
        Cancel(Arc::new(watch::Sender::new(false)))
    }

    /// Ends the calls: each returns [`CallError::Cancelled`](crate::CallError::Cancelled), within some ten
    /// milliseconds where its guest is computing, at once where it waits.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until [`cancel`](Self::cancel) is called.
    pub async fn cancelled(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives as long as `self`, so this cannot end in an error before the value is true.
        let _ = receiver.wait_for(|cancelled| *cancelled).await;
    }
}

impl Default for Cancel {
    fn default() -> Cancel {
        Cancel::new()
    }
}
