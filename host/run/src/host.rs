//! The host: what an embedder opens once and runs skills with.

use std::path::Path;
use std::sync::Arc;

use remit_package::{Dirs, Lock, LockedPlugin, Store, read_file};
use remit_policy::OperatorPolicy;
use remit_sandbox::{CompilerProcess, Network, OnCompile, Sandbox, SandboxConfig, Secrets};
use serde_json::Value;

use crate::approvals::{self, Approval, Approvals};
use crate::audit::AuditLog;
use crate::call::{self, CallOptions, CallResult, PreparedPlugin};
use crate::card::{self, Card};
use crate::error::RunError;
use crate::event::Event;
use crate::options::RunOptions;
use crate::plan::{self, Plan};
use crate::report::RunReport;
use crate::secrets::SecretStore;
use crate::skill::{self, OpenSkill};
use crate::steps;

/// How to open a host. The default is what the command line uses: the user's folders, the operator's policy if
/// there is one, the real network, secrets from the environment and from files.
#[derive(Clone, Default)]
pub struct HostOptions {
    /// Where data, cache and configuration lie; the XDG folders or `$REMIT_HOME` if not given.
    pub dirs: Option<Dirs>,
    /// The operator's ceiling; `policy.toml` in the configuration folder if not given.
    pub policy: Option<OperatorPolicy>,
    /// How names are resolved and connections made; the system's if not given.
    pub network: Option<Arc<dyn Network>>,
    /// Where secrets come from; a [`SecretStore`] if not given: the environment, the keyring, files.
    pub secrets: Option<Arc<dyn Secrets>>,
    /// What compiles components, each in a process of its own; in this process if not given. For components of
    /// strangers it should be: see [`CompilerProcess::this_program`].
    pub compiler: Option<CompilerProcess>,
    /// Told when a component is compiled: once for each that is new here, and for seconds where it is large.
    pub on_compile: Option<Arc<OnCompile>>,
}

/// The operator's policy, in the configuration folder.
const POLICY_FILE: &str = "policy.toml";
const MAX_POLICY: u64 = 1 << 20;

/// Runs skills: a sandbox, an audit log, the kept approvals, the operator's policy.
///
/// ```
/// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
/// # let home = tempfile::tempdir()?;
/// # let folder = home.path().join("hello");
/// # std::fs::create_dir(&folder)?;
/// # std::fs::write(folder.join("SKILL.md"), "---\nname: hello\ndescription: Greets.\n---\n")?;
/// # std::fs::write(folder.join("hello.md.j2"), "Hello {{ inputs.who }}!\n")?;
/// # std::fs::write(folder.join("skill.toml"), r#"
/// # version = "0.1.0"
/// # [inputs.who]
/// # type = "string"
/// # default = "world"
/// # [[steps]]
/// # id = "greet"
/// # template = "hello.md.j2"
/// # output = "hello.md"
/// # "#)?;
/// # let dirs = remit_package::Dirs::under(&home.path().join("remit"));
/// # let run_folder = home.path().join("run");
/// use remit_run::{Host, HostOptions, RunOptions};
///
/// let host = Host::open(HostOptions { dirs: Some(dirs), ..HostOptions::default() })?;
/// let skill = host.open_skill(&folder).await?;
/// let options = RunOptions::new().input("who", "Ada").out(&run_folder);
/// let report = host.run(&skill, options, |event| println!("{event:?}")).await?;
/// for output in &report.outputs {
///     println!("{}", report.path_of(output).display());
/// }
/// # assert_eq!(std::fs::read_to_string(run_folder.join("hello.md"))?, "Hello Ada!\n");
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(demo()).unwrap();
/// ```
pub struct Host {
    pub(crate) dirs: Dirs,
    pub(crate) policy: OperatorPolicy,
    pub(crate) store: Store,
    pub(crate) sandbox: Sandbox,
    pub(crate) secrets: Arc<dyn Secrets>,
    pub(crate) audit: Arc<AuditLog>,
    pub(crate) approvals: Approvals,
}

impl Host {
    /// Opens the folders, the audit log and the sandbox.
    pub fn open(options: HostOptions) -> Result<Host, RunError> {
        let dirs = options.dirs.map_or_else(Dirs::from_env, Ok)?;
        dirs.create()?;
        let policy = options.policy.map_or_else(|| policy_of(&dirs), Ok)?;
        let mut config = SandboxConfig::default()
            .with_cache(dirs.cache.join("compiled"))
            .with_own_folders([&dirs.data, &dirs.cache, &dirs.config]);
        if let Some(tell) = options.on_compile {
            config = config.with_on_compile(tell);
        }
        if let Some(compiler) = options.compiler {
            config = config.with_compiler(compiler);
        }
        if let Some(network) = options.network {
            config = config.with_network(network);
        }
        let secrets = options
            .secrets
            .unwrap_or_else(|| Arc::new(SecretStore::open(&dirs)));
        Ok(Host {
            audit: Arc::new(AuditLog::open(dirs.data.join("audit"))?),
            store: Store::open(&dirs)?,
            sandbox: Sandbox::new(config)?,
            approvals: Approvals::open(&dirs)?,
            policy,
            secrets,
            dirs,
        })
    }

    /// Reads a skill, inspects its components, has each describe itself (once per digest, with nothing granted), and
    /// finds what is wrong. A skill with findings opens; running it is refused.
    pub async fn open_skill(&self, path: impl AsRef<Path>) -> Result<OpenSkill, RunError> {
        skill::open(self, path.as_ref()).await
    }

    /// Runs the skill's steps and leaves its results in the run's folder.
    ///
    /// # Errors
    /// If it cannot start, is not approved, or a step fails. What was done until then is in the run's folder.
    pub async fn run(
        &self,
        skill: &OpenSkill,
        options: RunOptions,
        events: impl Fn(Event) + Send + Sync,
    ) -> Result<RunReport, RunError> {
        steps::run(self, skill, options, &events).await
    }

    /// What a run would do. Runs nothing.
    pub fn plan(&self, skill: &OpenSkill, options: &RunOptions) -> Result<Plan, RunError> {
        plan::plan(self, skill, options)
    }

    /// Calls one operation of a component, for its author.
    pub async fn call(
        &self,
        component: impl AsRef<Path>,
        operation: &str,
        input: Value,
        options: CallOptions,
    ) -> Result<CallResult, RunError> {
        self.prepare(component, options)
            .await?
            .call(operation, &input)
            .await
    }

    /// Makes a component ready to be called many times under the same grants.
    pub async fn prepare(
        &self,
        component: impl AsRef<Path>,
        options: CallOptions,
    ) -> Result<PreparedPlugin, RunError> {
        call::prepare(self, component.as_ref(), options).await
    }

    /// The permission card of a skill.
    pub fn card(&self, skill: &OpenSkill) -> Result<Card, RunError> {
        Ok(card::of_skill(self, skill))
    }

    /// The permission card of a component alone.
    pub async fn component_card(&self, path: impl AsRef<Path>) -> Result<Card, RunError> {
        card::of_component(self, path.as_ref()).await
    }

    /// Whether the skill, as it is now, may run.
    pub fn approval(&self, skill: &OpenSkill) -> Result<Approval, RunError> {
        Ok(approvals::state(self, skill))
    }

    /// Keeps a person's approval of the skill as it is now.
    pub fn approve(&self, skill: &OpenSkill, who: &str) -> Result<(), RunError> {
        approvals::keep(self, skill, who)
    }

    /// Writes remit.lock into the skill's folder: from then on each plugin must be the same bytes and say the same.
    pub fn pin(&self, skill: &OpenSkill) -> Result<(), RunError> {
        let locked = |plugin: &skill::OpenPlugin| {
            let locked = LockedPlugin {
                source: plugin.used.component.to_string(),
                digest: plugin.component.digest,
                description: plugin.said.clone(),
            };
            (plugin.alias.clone(), locked)
        };
        let lock = Lock {
            plugins: skill.plugins().iter().map(locked).collect(),
        };
        Ok(lock.write(&skill.skill().folder)?)
    }

    /// The audit log.
    pub fn audit(&self) -> &AuditLog {
        &self.audit
    }

    /// The folders in use.
    pub fn dirs(&self) -> &Dirs {
        &self.dirs
    }
}

/// The operator's policy, where there is one. One that cannot be read is an error: it must not be taken for none.
fn policy_of(dirs: &Dirs) -> Result<OperatorPolicy, RunError> {
    let path = dirs.config.join(POLICY_FILE);
    // A link that leads nowhere is a policy that cannot be read.
    match path.symlink_metadata() {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(OperatorPolicy::default()),
        Err(e) => return Err(RunError::io(path.display().to_string(), e)),
        Ok(_) => {}
    }
    let refuse = |message: String| RunError::Policy {
        path: path.display().to_string(),
        message,
    };
    let bytes = read_file(&path, MAX_POLICY)?;
    let text = String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8 text".to_owned()))?;
    toml::from_str(&text).map_err(|e| refuse(e.to_string().trim_end().to_owned()))
}
