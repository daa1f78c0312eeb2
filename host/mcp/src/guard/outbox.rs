//! What is written to a client, in order, by one task; and how much of it the client has not taken yet.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How many messages may wait for the client to take them before no more requests are read.
const MAX_WAITING: usize = 1024;

/// The same in bytes.
const MAX_WAITING_BYTES: usize = 16 << 20;

/// What is written at once when many small messages wait.
const MAX_BATCH: usize = 64 << 10;

struct Message {
    line: Vec<u8>,
    written: oneshot::Sender<()>,
}

/// The way to a client.
pub struct Outbox {
    queue: mpsc::UnboundedSender<Message>,
    waiting: Arc<Waiting>,
    writer: JoinHandle<()>,
}

#[derive(Default)]
struct Waiting {
    messages: AtomicUsize,
    bytes: AtomicUsize,
    fewer: Notify,
}

impl Outbox {
    /// Starts the task that writes; it cancels `broken` when nothing can be written any more.
    pub fn start(
        to: impl AsyncWrite + Send + Unpin + 'static,
        broken: CancellationToken,
    ) -> Outbox {
        let (queue, messages) = mpsc::unbounded_channel();
        let waiting = Arc::new(Waiting::default());
        let writer = tokio::spawn(write_all(to, messages, waiting.clone(), broken));
        Outbox {
            queue,
            waiting,
            writer,
        }
    }

    /// Puts a message, without its line's end, at the end of the queue. The receiver is told when it is written, and
    /// closed when it cannot be.
    pub fn push(&self, mut line: Vec<u8>) -> oneshot::Receiver<()> {
        line.push(b'\n');
        let (written, told) = oneshot::channel();
        self.waiting.messages.fetch_add(1, Ordering::Relaxed);
        self.waiting.bytes.fetch_add(line.len(), Ordering::Relaxed);
        // A writer that has ended drops it, which closes the receiver.
        let _ = self.queue.send(Message { line, written });
        told
    }

    /// Waits until the client has taken enough that more may be asked.
    pub async fn has_room(&self) {
        loop {
            let fewer = self.waiting.fewer.notified();
            if self.waiting.messages.load(Ordering::Relaxed) < MAX_WAITING
                && self.waiting.bytes.load(Ordering::Relaxed) < MAX_WAITING_BYTES
            {
                return;
            }
            fewer.await;
        }
    }

    /// Writes what is in the queue, as long as the client takes it within `patience`, and ends.
    pub async fn close(self, patience: std::time::Duration) {
        drop(self.queue);
        let writer = self.writer.abort_handle();
        if tokio::time::timeout(patience, self.writer).await.is_err() {
            writer.abort();
        }
    }
}

async fn write_all(
    mut to: impl AsyncWrite + Unpin,
    mut messages: mpsc::UnboundedReceiver<Message>,
    waiting: Arc<Waiting>,
    broken: CancellationToken,
) {
    while let Some(first) = messages.recv().await {
        let mut batch = first.line;
        let mut written = vec![first.written];
        while batch.len() < MAX_BATCH
            && let Ok(next) = messages.try_recv()
        {
            batch.extend_from_slice(&next.line);
            written.push(next.written);
        }
        let done = async {
            to.write_all(&batch).await?;
            to.flush().await
        };
        if let Err(error) = done.await {
            tracing::info!(%error, "the client takes no more");
            broken.cancel();
            return;
        }
        waiting.messages.fetch_sub(written.len(), Ordering::Relaxed);
        waiting.bytes.fetch_sub(batch.len(), Ordering::Relaxed);
        waiting.fewer.notify_waiters();
        for told in written {
            // Who sent it may not wait for it.
            let _ = told.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::AsyncReadExt as _;

    #[tokio::test]
    async fn a_client_that_takes_nothing_holds_up_reading_and_one_that_does_gets_all_in_order() {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let outbox = Outbox::start(ours, CancellationToken::new());
        for n in 0..MAX_WAITING + 1024 {
            drop(outbox.push(format!("{n:08}").into_bytes()));
        }
        assert!(
            tokio::time::timeout(Duration::from_millis(50), outbox.has_room())
                .await
                .is_err()
        );
        let reader = tokio::spawn(async move {
            let mut text = String::new();
            theirs.read_to_string(&mut text).await.unwrap();
            text
        });
        outbox.has_room().await;
        outbox.close(Duration::from_secs(5)).await;
        let text = reader.await.unwrap();
        let numbers: Vec<usize> = text.lines().map(|l| l.parse().unwrap()).collect();
        assert_eq!(numbers, (0..MAX_WAITING + 1024).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_client_that_is_gone_is_noticed() {
        let (ours, theirs) = tokio::io::duplex(16);
        let broken = CancellationToken::new();
        let outbox = Outbox::start(ours, broken.clone());
        drop(theirs);
        assert!(outbox.push(b"x".to_vec()).await.is_err());
        broken.cancelled().await;
        outbox.close(Duration::from_secs(5)).await;
    }
}
