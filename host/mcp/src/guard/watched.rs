//! A handler whose requests are counted, and can be ended when their client is gone.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rmcp::model::{
    ClientNotification, ClientRequest, ErrorData, ProtocolVersion, ServerConfig, ServerResult,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{RoleServer, Service};
use tokio_util::sync::CancellationToken;

/// The requests of one client that are at work.
#[derive(Debug, Default)]
pub struct Work {
    running: AtomicUsize,
    /// No more requests are taken; what only waits, such as a subscription, ends.
    pub stop: CancellationToken,
    /// What runs is cancelled.
    pub end: CancellationToken,
}

impl Work {
    /// How many requests are at work, those that were cancelled and have not ended included.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }
}

struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A handler that is watched. rmcp cancels what runs only after it has waited for it, up to five seconds; here it ends
/// when [`Work::end`] says so.
pub struct Watched<H> {
    handler: H,
    work: Arc<Work>,
}

impl<H> Watched<H> {
    /// Watches a handler.
    pub fn new(handler: H, work: Arc<Work>) -> Watched<H> {
        Watched { handler, work }
    }
}

impl<H: Service<RoleServer>> Service<RoleServer> for Watched<H> {
    async fn handle_request(
        &self,
        request: ClientRequest,
        mut context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        self.work.running.fetch_add(1, Ordering::Relaxed);
        let _running = Running(&self.work.running);
        let only_waits = matches!(request, ClientRequest::SubscriptionsListenRequest(_));
        let ends = if only_waits {
            self.work.stop.child_token()
        } else {
            self.work.end.child_token()
        };
        let asked = std::mem::replace(&mut context.ct, ends.clone());
        let mut work = pin!(self.handler.handle_request(request, context));
        tokio::select! {
            biased;
            result = &mut work => return result,
            () = asked.cancelled() => ends.cancel(),
        }
        work.await
    }

    async fn handle_notification(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.handler
            .handle_notification(notification, context)
            .await
    }

    fn get_info(&self) -> ServerConfig {
        self.handler.get_info()
    }

    fn supported_protocol_versions(&self) -> std::borrow::Cow<'static, [ProtocolVersion]> {
        self.handler.supported_protocol_versions()
    }
}
