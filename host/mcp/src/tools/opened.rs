//! A skill that one client has open, and its session.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use remit_run::{AgentSession, InputValue, OpenSkill, RunError, RunReport, SessionOptions};
use tokio::sync::Mutex;

use super::ready::Ready;
use crate::catalog::Served;
use crate::client::{Client, RunRef};
use crate::error::McpError;

/// A skill that one client has open.
pub(crate) struct Opened {
    served: Arc<Served>,
    ready: Arc<Ready>,
    inputs: BTreeMap<String, InputValue>,
    session: Mutex<Session>,
    /// Whether the agent was told the procedure in its author's words.
    told: AtomicBool,
}

/// A session is begun when it is first needed: many clients only look at what there is.
enum Session {
    NotBegun,
    Begun(AgentSession),
    /// Another has taken its place, or the client left.
    Over,
}

impl Opened {
    pub(super) fn new(
        served: &Arc<Served>,
        ready: Arc<Ready>,
        inputs: BTreeMap<String, InputValue>,
    ) -> Opened {
        Opened {
            served: Arc::clone(served),
            ready,
            inputs,
            session: Mutex::new(Session::NotBegun),
            told: AtomicBool::new(false),
        }
    }

    /// The skill's name.
    pub(crate) fn name(&self) -> &str {
        &self.served.name
    }

    /// Its entry in the catalog.
    pub(crate) fn served(&self) -> &Served {
        &self.served
    }

    /// The skill.
    pub(crate) fn skill(&self) -> &Arc<OpenSkill> {
        &self.ready.skill
    }

    /// Its tools.
    pub(crate) fn ready(&self) -> &Arc<Ready> {
        &self.ready
    }

    /// The inputs that it was opened with; the skill's defaults are not among them.
    pub(crate) fn inputs(&self) -> &BTreeMap<String, InputValue> {
        &self.inputs
    }

    /// Whether the agent is to be told the procedure in its author's words: once, since it is long.
    pub(super) fn is_to_be_told(&self) -> bool {
        !self.told.swap(true, Ordering::AcqRel)
    }

    /// The session, begun now if it was not.
    ///
    /// # Errors
    /// If it cannot begin, or this was closed.
    pub(crate) async fn session(&self, client: &Client) -> Result<AgentSession, McpError> {
        let mut session = self.session.lock().await;
        match &*session {
            Session::Begun(begun) => return Ok(begun.clone()),
            Session::NotBegun if !client.is_gone() => {}
            Session::NotBegun | Session::Over => {
                return Err(McpError::NotOpen {
                    skill: self.name().to_owned(),
                });
            }
        }
        let host = client.host().await?;
        let options = SessionOptions {
            inputs: self.inputs.clone(),
            runs: Some(client.server().runs_folder(&host).await),
            agent: client.agent(),
        };
        let begun = host.begin(Arc::clone(self.skill()), options).await?;
        client.add_run(RunRef {
            id: begun.id().to_owned(),
            folder: begun.folder().to_owned(),
            skill: self.name().to_owned(),
            session: Some(begun.clone()),
        });
        *session = Session::Begun(begun.clone());
        Ok(begun)
    }

    /// The id of the session, if one was begun.
    pub(crate) async fn run(&self) -> Option<String> {
        match &*self.session.lock().await {
            Session::Begun(begun) => Some(begun.id().to_owned()),
            Session::NotBegun | Session::Over => None,
        }
    }

    /// Finishes the session, if one was begun; the next use begins another.
    pub(crate) async fn finish(&self) -> Option<Result<RunReport, RunError>> {
        self.end(Session::NotBegun).await
    }

    /// Finishes the session for good.
    pub(crate) async fn close(&self) {
        if let Some(Err(error)) = self.end(Session::Over).await {
            tracing::error!(
                "a session of {} could not be finished: {error}",
                self.name()
            );
        }
    }

    async fn end(&self, then: Session) -> Option<Result<RunReport, RunError>> {
        let mut session = self.session.lock().await;
        match std::mem::replace(&mut *session, then) {
            Session::Begun(begun) => Some(begun.finish().await),
            Session::NotBegun | Session::Over => None,
        }
    }
}
