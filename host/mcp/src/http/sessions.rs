//! The sessions of the old era: rmcp's own, with a limit to their number, and with an id of a request used once at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::Stream;
use rmcp::RoleServer;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ErrorData, RequestId, ServerJsonRpcMessage,
};
use rmcp::transport::Transport;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::session::{ServerSseMessage, SessionId};
use rmcp::transport::streamable_http_server::{RestoreOutcome, SessionManager};

use crate::guard::InFlight;

/// Sessions at once. One more ends the one that was idle for longest.
const MAX_SESSIONS: usize = 128;

/// How long a session is kept that nothing is asked of. An agent may well do nothing for half an hour, and with its
/// session go the skills that it opened.
const IDLE: Duration = Duration::from_secs(3600);

/// The sessions.
pub struct Sessions {
    inner: Arc<LocalSessionManager>,
    known: Mutex<HashMap<SessionId, Known>>,
}

struct Known {
    ids: Arc<InFlight>,
    used: Instant,
}

impl Sessions {
    /// None yet.
    pub fn new() -> Sessions {
        let mut inner = LocalSessionManager::default();
        inner.session_config.keep_alive = Some(IDLE);
        Sessions {
            inner: Arc::new(inner),
            known: Mutex::default(),
        }
    }

    /// A request has come in a session. One that is not known is another's to refuse.
    ///
    /// # Errors
    /// If it must not be handed on: the answer to it.
    pub fn begin(&self, session: &str, id: &RequestId) -> Result<(), ErrorData> {
        match self.known().get_mut(session) {
            Some(known) => {
                known.used = Instant::now();
                known.ids.begin(id, 0)
            }
            None => Ok(()),
        }
    }

    /// It was refused by another.
    pub fn refused(&self, session: &str, id: &RequestId) {
        if let Some(known) = self.known().get(session) {
            known.ids.end(id);
        }
    }

    /// Room for one more, and the ids of its requests.
    fn make_room(&self) {
        let oldest = {
            let mut known = self.known();
            if known.len() < MAX_SESSIONS {
                return;
            }
            let oldest = known
                .iter()
                .min_by_key(|(_, known)| (!known.ids.is_idle(), known.used))
                .map(|(id, _)| id.clone());
            if let Some(oldest) = &oldest {
                known.remove(oldest);
            }
            oldest
        };
        if let Some(oldest) = oldest {
            tracing::info!(
                "there are {MAX_SESSIONS} sessions; the one that was idle for longest is ended"
            );
            let inner = self.inner.clone();
            // One whose client takes nothing may take its time.
            tokio::spawn(async move { inner.close_session(&oldest).await });
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<SessionId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Inner = <LocalSessionManager as SessionManager>::Transport;
type Fault = <LocalSessionManager as SessionManager>::Error;

impl SessionManager for Sessions {
    type Error = Fault;
    type Transport = Counted;

    async fn create_session(&self) -> Result<(SessionId, Counted), Fault> {
        self.make_room();
        let (id, inner) = self.inner.create_session().await?;
        let ids = Arc::new(InFlight::default());
        let known = Known {
            ids: ids.clone(),
            used: Instant::now(),
        };
        self.known().insert(id.clone(), known);
        Ok((id, Counted { inner, ids }))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Fault> {
        self.inner.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Fault> {
        self.inner.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Fault> {
        self.known().remove(id);
        self.inner.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Fault> {
        self.inner.create_stream(id, message).await
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), Fault> {
        self.inner.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Fault> {
        self.inner.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Fault> {
        self.inner.resume(id, last_event_id).await
    }

    async fn restore_session(&self, _id: SessionId) -> Result<RestoreOutcome<Counted>, Fault> {
        Ok(RestoreOutcome::NotSupported)
    }
}

/// A session's transport, which tells when a request is answered.
pub struct Counted {
    inner: Inner,
    ids: Arc<InFlight>,
}

impl Transport<RoleServer> for Counted {
    type Error = <Inner as Transport<RoleServer>>::Error;

    fn send(
        &mut self,
        item: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let answered = match &item {
            ServerJsonRpcMessage::Response(answer) => Some(answer.id.clone()),
            ServerJsonRpcMessage::Error(answer) => answer.id.clone(),
            _ => None,
        };
        let ids = self.ids.clone();
        let sent = self.inner.send(item);
        async move {
            let sent = sent.await;
            // Not before: until then the session sends what has this id to where the request came from.
            if let Some(id) = answered {
                ids.end(&id);
            }
            sent
        }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        let message = self.inner.receive().await?;
        if let ClientJsonRpcMessage::Notification(told) = &message
            && let ClientNotification::CancelledNotification(cancelled) = &told.notification
            && let Some(id) = &cancelled.params.request_id
        {
            self.ids.cancel(id);
        }
        Some(message)
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}
