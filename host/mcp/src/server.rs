//! What one serving process knows.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use remit_run::{Host, RunError};
use rmcp::ErrorData;
use rmcp::model::ErrorCode;
use tokio::sync::{OnceCell, Semaphore};

use crate::catalog::Catalog;
use crate::client::{Client, Named};
use crate::consent::Seal;
use crate::error::{McpError, Told};
use crate::handler::Handler;

/// Calls at work at once, of all clients. Each may hold what its limits say, 256 MiB by default.
const CALLS: usize = 64;

/// Whole procedures at work at once, of all clients. They last, so they have places of their own.
const RUNS: usize = 16;

/// Clients of the new era over http that are remembered by what they call themselves.
const MAX_NAMED: usize = 1_024;

/// After so long without a request, a client of the new era over http is taken to have left.
const MAX_IDLE: Duration = Duration::from_secs(3_600);

/// JSON-RPC's code for what a server cannot do now, in the range that is left to servers.
const BUSY: ErrorCode = ErrorCode(-32_000);

/// What to serve, and how.
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    /// The skills' folders, in the order in which agents see them; all under `skills/` if there is none.
    pub skills: Vec<PathBuf>,
    /// Whether all skills are open for a client from the start. One skill alone always is.
    pub open: bool,
    /// Where the folders of sessions and runs are made; `runs/` of the current folder if not given, or below the data
    /// folder where that cannot be written.
    pub runs: Option<PathBuf>,
    /// The longest result that is handed on whole, in bytes of JSON; [`ServeOptions::MAX_RESULT`] where it is 0.
    pub max_result: usize,
}

impl ServeOptions {
    /// What a result may have if nothing is said: some 16,000 tokens, which is what clients warn of.
    pub const MAX_RESULT: usize = 64 << 10;

    /// The least and the most that can be said.
    pub const MAX_RESULT_RANGE: std::ops::RangeInclusive<usize> = (1 << 10)..=(4 << 20);
}

/// How a client is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// stdin and stdout of this process.
    Stdio,
    /// Streamable HTTP.
    Http,
}

impl Transport {
    /// `stdio` or `http`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Http => "http",
        }
    }
}

type OpenHost = Box<dyn FnOnce() -> Result<Arc<Host>, RunError> + Send>;

/// The state of one serving process. Cheap to clone.
#[derive(Clone)]
pub struct Server(Arc<State>);

struct State {
    options: ServeOptions,
    catalog: Catalog,
    open_host: Mutex<Option<OpenHost>>,
    host: OnceCell<Result<Arc<Host>, Told>>,
    runs_folder: OnceCell<PathBuf>,
    clients: Mutex<Clients>,
    calls: Arc<Semaphore>,
    runs: Arc<Semaphore>,
    seal: Seal,
}

#[derive(Default)]
struct Clients {
    /// All that have not left.
    all: HashMap<String, Client>,
    /// Those of the new era over http, by what they call themselves.
    named: HashMap<Named, Client>,
    /// Whether the server ends: nobody comes any more.
    closed: bool,
}

impl Server {
    /// Reads the skills' names and descriptions. `host` opens the host when it is first needed, so that the first
    /// answer does not wait for it.
    ///
    /// # Errors
    /// If there is no skill, none of them can be read, or two have the same name.
    pub fn new(
        host: impl FnOnce() -> Result<Arc<Host>, RunError> + Send + 'static,
        options: ServeOptions,
    ) -> Result<Server, McpError> {
        Ok(Server(Arc::new(State {
            catalog: Catalog::read(&options.skills)?,
            options,
            open_host: Mutex::new(Some(Box::new(host))),
            host: OnceCell::new(),
            runs_folder: OnceCell::new(),
            clients: Mutex::default(),
            calls: Arc::new(Semaphore::new(CALLS)),
            runs: Arc::new(Semaphore::new(RUNS)),
            seal: Seal::default(),
        })))
    }

    /// What answers one connection: of stdio, of an http session, or one request of a client without a session.
    pub fn handler(&self, transport: Transport) -> Handler {
        Handler::new(self.clone(), transport)
    }

    /// Ends all sessions and lets all clients leave. When it returns, the log is whole.
    pub async fn finish(&self) {
        let all: Vec<Client> = {
            let mut clients = self.clients();
            clients.closed = true;
            clients.named.clear();
            clients.all.values().cloned().collect()
        };
        for client in &all {
            client.stop();
        }
        for client in all {
            client.leave().await;
        }
    }

    /// What is served.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    /// How it is served.
    pub(crate) fn options(&self) -> &ServeOptions {
        &self.0.options
    }

    /// The longest result that is handed on whole.
    pub(crate) fn max_result(&self) -> usize {
        match self.0.options.max_result {
            0 => ServeOptions::MAX_RESULT,
            bytes => {
                let range = ServeOptions::MAX_RESULT_RANGE;
                bytes.clamp(*range.start(), *range.end())
            }
        }
    }

    /// What seals the questions that clients carry back.
    pub(crate) fn seal(&self) -> &Seal {
        &self.0.seal
    }

    /// Places for calls, of all clients.
    pub(crate) fn calls(&self) -> &Arc<Semaphore> {
        &self.0.calls
    }

    /// Places for whole procedures, of all clients.
    pub(crate) fn runs(&self) -> &Arc<Semaphore> {
        &self.0.runs
    }

    /// The host, opened now if it was not.
    pub(crate) async fn host(&self) -> Result<Arc<Host>, McpError> {
        let opened = self.0.host.get_or_init(|| async {
            let open = self.0.open_host.lock();
            let open = open.unwrap_or_else(PoisonError::into_inner).take();
            let Some(open) = open else {
                return Err(Told::from(&RunError::Internal(
                    "the host is opened twice".into(),
                )));
            };
            // It reads and locks files.
            let opened = tokio::task::spawn_blocking(open).await;
            let opened = opened.unwrap_or_else(|error| Err(RunError::Internal(error.to_string())));
            opened.map_err(|error| Told::from(&error))
        });
        opened.await.clone().map_err(McpError::Told)
    }

    /// Where the folders of sessions and runs are made.
    pub(crate) async fn runs_folder(&self, host: &Host) -> PathBuf {
        let chosen = self.0.runs_folder.get_or_init(|| async {
            if let Some(runs) = &self.0.options.runs {
                return runs.clone();
            }
            let here = PathBuf::from("runs");
            let there = host.dirs().data.join("runs");
            // An agent starts its servers in whatever folder it likes, `/` among them.
            let writable = tokio::task::spawn_blocking(move || is_writable(&here).then_some(here));
            writable.await.ok().flatten().unwrap_or(there)
        });
        chosen.await.clone()
    }

    /// Takes in a client that has come.
    ///
    /// # Errors
    /// If the server ends.
    pub(crate) fn came(&self, client: &Client) -> Result<(), ErrorData> {
        let mut clients = self.clients();
        if clients.closed {
            return Err(busy("the server ends"));
        }
        let id = client.id().to_owned();
        clients.all.entry(id).or_insert_with(|| client.clone());
        Ok(())
    }

    /// Forgets a client that has left.
    pub(crate) fn left(&self, client: &Client) {
        let mut clients = self.clients();
        clients.all.remove(client.id());
        clients.named.retain(|_, named| named.id() != client.id());
    }

    /// The client of the new era over http that calls itself so. There is no connection to tell it by; whoever holds the
    /// token and says the same is the same.
    ///
    /// # Errors
    /// If there are too many, and all of them are at work.
    pub(crate) fn named(&self, named: Named) -> Result<Client, ErrorData> {
        self.named_at(named, Instant::now())
    }

    fn named_at(&self, named: Named, now: Instant) -> Result<Client, ErrorData> {
        let mut gone = Vec::new();
        let client = {
            let mut clients = self.clients();
            if clients.closed {
                return Err(busy("the server ends"));
            }
            clients.named.retain(|name, client| {
                let stays =
                    *name == named || client.idle_since(now).is_none_or(|idle| idle <= MAX_IDLE);
                if !stays {
                    gone.push(client.clone());
                }
                stays
            });
            if clients.named.len() >= MAX_NAMED && !clients.named.contains_key(&named) {
                let idle = clients.named.iter();
                let idle = idle.filter_map(|(name, client)| Some((client.idle_since(now)?, name)));
                let longest = idle
                    .max_by_key(|(idle, _)| *idle)
                    .map(|(_, name)| name.clone());
                let Some(longest) = longest else {
                    return Err(busy("there are too many clients"));
                };
                gone.extend(clients.named.remove(&longest));
            }
            let client = clients
                .named
                .entry(named)
                .or_insert_with(|| Client::new(self.clone(), Transport::Http));
            client.used(now);
            client.clone()
        };
        for client in gone {
            client.leave_soon();
        }
        Ok(client)
    }

    /// All clients that have not left.
    pub(crate) fn all_clients(&self) -> Vec<Client> {
        self.clients().all.values().cloned().collect()
    }

    fn clients(&self) -> std::sync::MutexGuard<'_, Clients> {
        self.0
            .clients
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether folders can be made in this one, which is made if it is not there.
fn is_writable(folder: &std::path::Path) -> bool {
    let probe = folder.join(format!(".remit-{}", crate::frame::random_hex::<8>()));
    let made = std::fs::create_dir_all(folder).and_then(|()| std::fs::create_dir(&probe));
    made.and_then(|()| std::fs::remove_dir(&probe)).is_ok()
}

/// What a request is answered that cannot be done now.
pub(crate) fn busy(what: &'static str) -> ErrorData {
    let error = McpError::Busy { what };
    let data =
        serde_json::json!({ "code": error.code(), "hint": error.hint(), "retryAfterMs": 1_000 });
    ErrorData::new(BUSY, error.to_string(), Some(data))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(root: &std::path::Path) -> Server {
        let skill = root.join("demo");
        std::fs::create_dir_all(&skill).unwrap();
        std::fs::write(
            skill.join("SKILL.md"),
            "---\nname: demo\ndescription: d\n---\n",
        )
        .unwrap();
        let options = ServeOptions {
            skills: vec![skill],
            ..ServeOptions::default()
        };
        let never = || Err(RunError::Internal("nobody needs it".into()));
        Server::new(never, options).unwrap()
    }

    fn named(n: usize) -> Named {
        Named::new(&format!("client {n}"), "1")
    }

    #[tokio::test]
    async fn so_many_clients_without_a_session_are_remembered_and_the_longest_idle_makes_room() {
        let root = tempfile::tempdir().unwrap();
        let server = server(root.path());
        let begun = Instant::now();
        let at = |n: usize| begun + Duration::from_millis(n as u64);
        let first = server.named_at(named(0), at(0)).unwrap();
        let busy = server.named_at(named(1), at(1)).unwrap();
        let _at_work = busy.admit().unwrap();
        for n in 2..MAX_NAMED {
            server.named_at(named(n), at(n)).unwrap();
        }
        // It asks again, so the next is the one that is idle longest.
        let again = server.named_at(named(0), at(MAX_NAMED)).unwrap();
        assert_eq!(again.id(), first.id());
        server
            .named_at(named(MAX_NAMED), at(MAX_NAMED + 1))
            .unwrap();
        let clients = server.clients();
        assert_eq!(clients.named.len(), MAX_NAMED);
        assert!(clients.named.contains_key(&named(0)) && clients.named.contains_key(&named(1)));
        assert!(
            !clients.named.contains_key(&named(2)),
            "it was idle longest"
        );
    }

    #[tokio::test]
    async fn a_client_without_a_session_that_asks_for_nothing_has_left() {
        let root = tempfile::tempdir().unwrap();
        let server = server(root.path());
        let begun = Instant::now();
        let first = server.named_at(named(0), begun).unwrap();
        let soon = server.named_at(named(1), begun + MAX_IDLE).unwrap();
        assert!(!first.is_gone() && !soon.is_gone());
        let later = begun + MAX_IDLE + Duration::from_secs(1);
        server.named_at(named(1), later).unwrap();
        assert!(first.is_gone() && !soon.is_gone());
        let new = server.named_at(named(0), later).unwrap();
        assert_ne!(new.id(), first.id(), "who comes again is another");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_not_chosen() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(!is_writable(&file.join("runs")));
        assert!(is_writable(&root.path().join("a/runs")));
        assert_eq!(
            std::fs::read_dir(root.path().join("a/runs"))
                .unwrap()
                .count(),
            0
        );
    }

    #[tokio::test]
    async fn the_longest_result_is_within_its_bounds() {
        let root = tempfile::tempdir().unwrap();
        for (said, is) in [
            (0, 64 << 10),
            (1, 1 << 10),
            (2_000, 2_000),
            (usize::MAX, 4 << 20),
        ] {
            let mut options = server(root.path()).options().clone();
            options.max_result = said;
            let never = || Err(RunError::Internal("nobody needs it".into()));
            assert_eq!(Server::new(never, options).unwrap().max_result(), is);
        }
    }
}
