//! How a sandbox is set up.

use crate::CompilerProcess;
use crate::http::network::{Network, SystemNetwork};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How a [`Sandbox`](crate::Sandbox) is set up. The default: no cache of compiled code, the system's network.
#[derive(Clone)]
#[non_exhaustive]
pub struct SandboxConfig {
    /// The folder for compiled code. It is created with mode 0700; one that others may write is refused.
    /// None: compile each component anew in each process.
    pub cache: Option<PathBuf>,
    /// How names are resolved and addresses dialled.
    pub network: Arc<dyn Network>,
    /// How many small calls may be alive at once (default 64, at most 8192); further ones wait for their turn.
    /// A plugin of many core instances, memories or tables takes the place of several.
    pub concurrency: usize,
    /// How long a call waits for its turn (default 10 minutes); then it ends as [`CallError::Busy`](crate::CallError).
    pub patience: Duration,
    /// How long a component may take to compile (default 2 minutes), and 20 seconds more for each MiB that it has; then
    /// it is refused.
    pub compile_time: Duration,
    /// What compiles components, each in a process of its own. None: they are compiled in this process, bounded by
    /// counting before what makes compiling slow, and given up after `compile_time`, when the thread goes on.
    pub compiler: Option<CompilerProcess>,
    /// Where Remit keeps its own data, caches and configuration, besides `cache`: no mount may be, hold or lie in one
    /// of these folders.
    pub own_folders: Vec<PathBuf>,
    /// Told when a component is compiled, which may take seconds.
    pub on_compile: Option<Arc<OnCompile>>,
}

/// Called with the size in bytes of a component when it begins to be compiled. What it returns is dropped when that is
/// over, however it ends. It is called on a thread that may wait.
pub type OnCompile = dyn Fn(u64) -> Box<dyn Send> + Send + Sync;

impl Default for SandboxConfig {
    fn default() -> SandboxConfig {
        SandboxConfig {
            cache: None,
            network: Arc::new(SystemNetwork),
            concurrency: 64,
            patience: Duration::from_secs(600),
            compile_time: Duration::from_secs(120),
            compiler: None,
            own_folders: Vec::new(),
            on_compile: None,
        }
    }
}

impl SandboxConfig {
    /// The same, with compiled code kept in `folder`.
    pub fn with_cache(mut self, folder: impl Into<PathBuf>) -> SandboxConfig {
        self.cache = Some(folder.into());
        self
    }

    /// The same, over another network.
    pub fn with_network(mut self, network: Arc<dyn Network>) -> SandboxConfig {
        self.network = network;
        self
    }

    /// The same, with folders that are Remit's own.
    pub fn with_own_folders<P: Into<PathBuf>>(
        mut self,
        folders: impl IntoIterator<Item = P>,
    ) -> SandboxConfig {
        self.own_folders.extend(folders.into_iter().map(Into::into));
        self
    }

    /// The same, with another limit of calls at once.
    pub fn with_concurrency(mut self, calls: usize) -> SandboxConfig {
        self.concurrency = calls;
        self
    }

    /// The same, where a call waits so long for its turn.
    pub fn with_patience(mut self, patience: Duration) -> SandboxConfig {
        self.patience = patience;
        self
    }

    /// The same, where somebody is told when a component is compiled.
    pub fn with_on_compile(mut self, tell: Arc<OnCompile>) -> SandboxConfig {
        self.on_compile = Some(tell);
        self
    }

    /// The same, where components are compiled in processes of their own.
    pub fn with_compiler(mut self, compiler: CompilerProcess) -> SandboxConfig {
        self.compiler = Some(compiler);
        self
    }

    /// The same, where a component may take so long to compile.
    pub fn with_compile_time(mut self, time: Duration) -> SandboxConfig {
        self.compile_time = time;
        self
    }
}
