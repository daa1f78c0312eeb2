//! One client: who it says it is, what it has open, what it is waiting for.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use remit_policy::display_safe;
use remit_run::{Agent, AgentSession, Cancel, Host};
use rmcp::model::{Implementation, ProtocolVersion};
use rmcp::service::{Peer, RequestContext};
use rmcp::{ErrorData, RoleServer};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::changes::{self, Listeners};
use crate::error::{McpError, Told};
use crate::logging::LogState;
use crate::server::{Server, Transport, busy};
use crate::tools::Opened;

/// Calls at work at once, of one client: others have a right to the rest.
const CALLS: usize = 16;

/// Whole procedures at work at once, of one client.
const RUNS: usize = 4;

/// Requests of one client that are let in: at work, waiting for their turn or for a person.
const WAITING: usize = CALLS + 256;

/// Runs of one client whose results can be read as resources. The folders of older ones stay on the disk.
const MAX_RUNS: usize = 1_024;

/// Characters of what a client calls itself.
const MAX_NAME: usize = 80;

/// How a client without a session is told from others: by what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Named(String, String);

impl Named {
    /// Only in the new era over http is there no connection or session to tell a client by.
    pub(crate) fn of(transport: Transport, context: &RequestContext<RoleServer>) -> Option<Named> {
        let new_era = context
            .meta
            .protocol_version()
            .is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        if transport != Transport::Http || !new_era {
            return None;
        }
        let who = context.client_info();
        let who = who.unwrap_or_else(|| Implementation::new("", ""));
        Some(Self::new(&who.name, &who.version))
    }

    /// Who calls itself so.
    pub(crate) fn new(name: &str, version: &str) -> Named {
        let text = |text| display_safe(text, MAX_NAME);
        Named(text(name), text(version))
    }
}

/// A run or session of this client, whose files it can read.
#[derive(Clone)]
pub(crate) struct RunRef {
    /// Its id.
    pub(crate) id: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// The skill's name.
    pub(crate) skill: String,
    /// The session, unless it was a whole procedure.
    pub(crate) session: Option<AgentSession>,
}

/// What is asked to be done, and waits for its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// A call, or one step.
    Call,
    /// A whole procedure.
    Run,
}

/// The right to be at work; given back when it is dropped.
pub(crate) struct Turn {
    _client: OwnedSemaphorePermit,
    _server: OwnedSemaphorePermit,
}

/// A request that is let in; when it is dropped, it is not any more.
pub(crate) struct Admitted(Client);

impl Drop for Admitted {
    fn drop(&mut self) {
        self.0.0.admitted.fetch_sub(1, Ordering::AcqRel);
        self.0.used(Instant::now());
    }
}

/// One client. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client(Arc<State>);

struct State {
    server: Server,
    transport: Transport,
    id: String,
    agent: OnceLock<Agent>,
    /// Done once it is recorded that the client came.
    came: OnceCell<()>,
    /// Done once it left.
    left: OnceCell<()>,
    /// Cancelled when it leaves: its calls end.
    gone: CancellationToken,
    peer: Mutex<Option<Peer<RoleServer>>>,
    open: Mutex<Vec<Arc<Opened>>>,
    /// Why skills could not be opened, by name.
    problems: Mutex<HashMap<String, Told>>,
    /// Done once the skills that are open from the start are.
    started: OnceCell<()>,
    /// Opening and finishing skills, one at a time.
    opening: tokio::sync::Mutex<()>,
    runs: Mutex<Vec<RunRef>>,
    calls: AtomicU64,
    admitted: AtomicUsize,
    call_turns: Arc<Semaphore>,
    run_turns: Arc<Semaphore>,
    last: Mutex<Instant>,
    log: LogState,
    listeners: Listeners,
}

impl Client {
    pub(crate) fn new(server: Server, transport: Transport) -> Client {
        Client(Arc::new(State {
            server,
            transport,
            id: new_id(),
            agent: OnceLock::new(),
            came: OnceCell::new(),
            left: OnceCell::new(),
            gone: CancellationToken::new(),
            peer: Mutex::default(),
            open: Mutex::default(),
            problems: Mutex::default(),
            started: OnceCell::new(),
            opening: tokio::sync::Mutex::default(),
            runs: Mutex::default(),
            calls: AtomicU64::new(0),
            admitted: AtomicUsize::new(0),
            call_turns: Arc::new(Semaphore::new(CALLS)),
            run_turns: Arc::new(Semaphore::new(RUNS)),
            last: Mutex::new(Instant::now()),
            log: LogState::default(),
            listeners: Listeners::default(),
        }))
    }

    /// Notes who asks, the first time, and where it can be reached.
    pub(crate) fn asks(&self, context: &RequestContext<RoleServer>) {
        self.0.agent.get_or_init(|| {
            let who = context.client_info();
            let who = who.unwrap_or_else(|| Implementation::new("unknown", ""));
            let protocol = context.protocol_version();
            Agent {
                client: display_safe(&who.name, MAX_NAME),
                version: display_safe(&who.version, MAX_NAME),
                session: self.0.id.clone(),
                transport: self.0.transport.as_str(),
                protocol: protocol.map_or_else(String::new, |it| display_safe(it.as_str(), 20)),
            }
        });
        *lock(&self.0.peer) = Some(context.peer.clone());
        self.used(Instant::now());
    }

    /// The serving process.
    pub(crate) fn server(&self) -> &Server {
        &self.0.server
    }

    /// How it is connected.
    pub(crate) fn transport(&self) -> Transport {
        self.0.transport
    }

    /// The id of its connection.
    pub(crate) fn id(&self) -> &str {
        &self.0.id
    }

    /// Who it says it is.
    pub(crate) fn agent(&self) -> Agent {
        self.0.agent.get().cloned().unwrap_or_else(|| Agent {
            client: "unknown".into(),
            version: String::new(),
            session: self.0.id.clone(),
            transport: self.0.transport.as_str(),
            protocol: String::new(),
        })
    }

    /// Where it can be told something that it did not ask for.
    pub(crate) fn peer(&self) -> Option<Peer<RoleServer>> {
        lock(&self.0.peer).clone()
    }

    /// What it wants to be told of plugins' logs.
    pub(crate) fn log(&self) -> &LogState {
        &self.0.log
    }

    /// What it listens to.
    pub(crate) fn listeners(&self) -> &Listeners {
        &self.0.listeners
    }

    /// The host. The first time, it is recorded that this client came.
    pub(crate) async fn host(&self) -> Result<Arc<Host>, McpError> {
        let host = self.0.server.host().await?;
        let came = self.0.came.get_or_try_init(|| async {
            self.0.server.came(self).map_err(|_| McpError::Busy {
                what: "the server ends",
            })?;
            let skills: Vec<String> = self.0.server.catalog().names().map(str::to_owned).collect();
            host.client_came(&self.agent(), &skills)?;
            Ok::<(), McpError>(())
        });
        came.await?;
        Ok(host)
    }

    /// What it has open, in the order of the catalog.
    pub(crate) fn open(&self) -> Vec<Arc<Opened>> {
        lock(&self.0.open).clone()
    }

    /// What it has open by the skill's name.
    pub(crate) fn opened(&self, skill: &str) -> Option<Arc<Opened>> {
        let open = lock(&self.0.open);
        open.iter().find(|opened| opened.name() == skill).cloned()
    }

    /// Puts an opened skill in its place; returns what was there before.
    pub(crate) fn put(&self, opened: Arc<Opened>) -> Option<Arc<Opened>> {
        let mut open = lock(&self.0.open);
        let before = open.iter().position(|it| it.name() == opened.name());
        let before = before.map(|at| open.remove(at));
        open.push(opened);
        open.sort_by_key(|opened| opened.served().place);
        before
    }

    /// Takes a skill's tools away.
    pub(crate) fn take(&self, skill: &str) -> Option<Arc<Opened>> {
        let mut open = lock(&self.0.open);
        let at = open.iter().position(|it| it.name() == skill)?;
        Some(open.remove(at))
    }

    /// Why a skill could not be opened when it was last tried.
    pub(crate) fn problem(&self, skill: &str) -> Option<Told> {
        lock(&self.0.problems).get(skill).cloned()
    }

    /// Notes why a skill could not be opened, or that it could.
    pub(crate) fn set_problem(&self, skill: &str, problem: Option<Told>) {
        let mut problems = lock(&self.0.problems);
        match problem {
            Some(problem) => problems.insert(skill.to_owned(), problem),
            None => problems.remove(skill),
        };
    }

    /// Done once the skills that are open from the start are.
    pub(crate) fn started(&self) -> &OnceCell<()> {
        &self.0.started
    }

    /// Held while skills are opened or finished.
    pub(crate) fn opening(&self) -> &tokio::sync::Mutex<()> {
        &self.0.opening
    }

    /// The runs and sessions of this client, the newest last.
    pub(crate) fn runs(&self) -> Vec<RunRef> {
        lock(&self.0.runs).clone()
    }

    /// A run or session of this client.
    pub(crate) fn run(&self, id: &str) -> Option<RunRef> {
        lock(&self.0.runs).iter().find(|run| run.id == id).cloned()
    }

    /// Notes a run or session.
    pub(crate) fn add_run(&self, run: RunRef) {
        let mut runs = lock(&self.0.runs);
        if runs.len() >= MAX_RUNS {
            runs.remove(0);
        }
        runs.push(run);
    }

    /// Lets a request in that is to do something.
    ///
    /// # Errors
    /// If too many are in already.
    pub(crate) fn admit(&self) -> Result<Admitted, ErrorData> {
        let admitted = self.0.admitted.fetch_add(1, Ordering::AcqRel);
        let guard = Admitted(self.clone());
        if admitted >= WAITING {
            return Err(busy("calls of this client that wait for their turn"));
        }
        Ok(guard)
    }

    /// Counts a call of one of its tools.
    pub(crate) fn count_call(&self) {
        self.0.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for a turn to be at work; first among the client's own, then among all.
    ///
    /// # Errors
    /// If it is cancelled while it waits.
    pub(crate) async fn turn(
        &self,
        context: &RequestContext<RoleServer>,
        work: Work,
    ) -> Result<Turn, ErrorData> {
        let (own, all) = match work {
            Work::Call => (&self.0.call_turns, self.0.server.calls()),
            Work::Run => (&self.0.run_turns, self.0.server.runs()),
        };
        let turn = async {
            let _client = Arc::clone(own).acquire_owned().await.ok()?;
            let _server = Arc::clone(all).acquire_owned().await.ok()?;
            Some(Turn { _client, _server })
        };
        let turn = tokio::select! {
            turn = turn => turn,
            () = context.ct.cancelled() => None,
            () = self.0.gone.cancelled() => None,
        };
        turn.ok_or_else(|| ErrorData::internal_error("the call was cancelled", None))
    }

    /// Does something that `cancel` ends, and ends it when the request is cancelled or the client is gone.
    pub(crate) async fn cancelling<T>(
        &self,
        context: &RequestContext<RoleServer>,
        cancel: &Cancel,
        work: impl Future<Output = T>,
    ) -> T {
        let mut work = std::pin::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = context.ct.cancelled() => {}
            () = self.0.gone.cancelled() => {}
        }
        cancel.cancel();
        work.await
    }

    /// How long it has asked for nothing; none while it is at work.
    pub(crate) fn idle_since(&self, now: Instant) -> Option<Duration> {
        if self.0.admitted.load(Ordering::Acquire) > 0 {
            return None;
        }
        Some(now.saturating_duration_since(*lock(&self.0.last)))
    }

    /// Notes that it asked for something.
    pub(crate) fn used(&self, now: Instant) {
        *lock(&self.0.last) = now;
    }

    /// Waits until it leaves.
    pub(crate) async fn gone(&self) {
        self.0.gone.cancelled().await;
    }

    /// Whether it left, or is about to.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.gone.is_cancelled()
    }

    /// Ends its calls.
    pub(crate) fn stop(&self) {
        self.0.gone.cancel();
    }

    /// Ends its calls, finishes its sessions, records that it left. Once; whoever asks again waits until that is done.
    pub(crate) async fn leave(&self) {
        self.stop();
        let left = self.0.left.get_or_init(|| async {
            let _one = self.0.opening.lock().await;
            let open = std::mem::take(&mut *lock(&self.0.open));
            for opened in open {
                opened.close().await;
            }
            if self.0.came.initialized()
                && let Ok(host) = self.0.server.host().await
                && let Err(error) =
                    host.client_left(&self.agent(), self.0.calls.load(Ordering::Relaxed))
            {
                tracing::error!("that a client left could not be recorded: {error}");
            }
            self.0.server.left(self);
        });
        left.await;
    }

    /// The same, in the background.
    pub(crate) fn leave_soon(&self) {
        self.stop();
        if !self.0.came.initialized() {
            // Nothing was recorded, nothing is open, and the server does not know it.
            return;
        }
        // Without a runtime the process ends, and `Server::finish` has been waited for, or cannot be any more.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let client = self.clone();
            runtime.spawn(async move { client.leave().await });
        }
    }

    /// Tells the client that its tools changed.
    pub(crate) async fn tools_changed(&self) {
        changes::tools_changed(self).await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new id of a connection. It is a name in the log, not a secret.
fn new_id() -> String {
    crate::frame::random_hex::<8>()
}
