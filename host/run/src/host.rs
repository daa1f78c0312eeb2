//! The host: what an embedder opens once and runs skills with.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use remit_package::{
    Component, Description, Digest, Dirs, Lock, LockedPlugin, POLICY_FILE, PolicyFile, Store,
};
use remit_policy::{OperatorPolicy, display_safe};
use remit_sandbox::{
    CompiledCode, CompilerProcess, Network, OnCompile, Sandbox, SandboxConfig, Secrets,
};
use remit_sign::Signer;
use serde_json::Value;

use crate::approvals::{self, Approval, Approvals, KeptApproval, KeptApprovals};
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
    /// The same, with the lines where it says what.
    pub(crate) policy_file: PolicyFile,
    pub(crate) store: Store,
    pub(crate) sandbox: Sandbox,
    pub(crate) secrets: Arc<dyn Secrets>,
    pub(crate) audit: Arc<AuditLog>,
    pub(crate) approvals: Approvals,
    /// When the agents' clients that are here came, by the ids of their connections.
    pub(crate) clients: Mutex<BTreeMap<String, Instant>>,
}

impl Host {
    /// Opens the folders, the audit log and the sandbox.
    pub fn open(options: HostOptions) -> Result<Host, RunError> {
        let dirs = options.dirs.map_or_else(Dirs::from_env, Ok)?;
        dirs.create()?;
        let policy_file = match options.policy {
            Some(policy) => PolicyFile::of(policy),
            None => policy_of(&dirs)?,
        };
        skill::check_policy(&policy_file.policy)?;
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
            policy: policy_file.policy.clone(),
            policy_file,
            secrets,
            dirs,
            clients: Mutex::default(),
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
        let path = component.as_ref();
        let component = self.store.open_component(path)?;
        let what = remit_policy::display_safe(&path.to_string_lossy(), 300);
        self.prepare_component(&what, component, options).await
    }

    /// The same for a component that is open, and that messages call `what`.
    pub async fn prepare_component(
        &self,
        what: &str,
        component: Component,
        options: CallOptions,
    ) -> Result<PreparedPlugin, RunError> {
        call::prepare(self, what, component, options).await
    }

    /// The permission card of a skill.
    pub fn card(&self, skill: &OpenSkill) -> Result<Card, RunError> {
        Ok(card::of_skill(self, skill))
    }

    /// The permission card of a component alone.
    pub async fn component_card(&self, path: impl AsRef<Path>) -> Result<Card, RunError> {
        let component = self.store.open_component(path.as_ref())?;
        let shown = path.as_ref().display().to_string();
        card::of_component(self, &component, &shown).await
    }

    /// The same of a component that is open; `shown` says where it is from.
    pub async fn card_of(&self, component: &Component, shown: &str) -> Result<Card, RunError> {
        card::of_component(self, component, shown).await
    }

    /// What a component says about itself: once for each digest, with nothing granted.
    pub async fn describe(&self, component: &Component) -> Result<Description, RunError> {
        let prepared = tokio::sync::OnceCell::new();
        skill::describe(
            &self.sandbox,
            &self.store,
            &self.audit,
            component,
            &prepared,
        )
        .await
    }

    /// Whether the skill, as it is now, may run.
    pub fn approval(&self, skill: &OpenSkill) -> Result<Approval, RunError> {
        Ok(approvals::state(self, skill))
    }

    /// Keeps a person's approval of the skill as it is now. Agents are asked about each write, also where an approval that
    /// was kept before said that they need not be.
    pub fn approve(&self, skill: &OpenSkill, who: &str) -> Result<(), RunError> {
        approvals::keep(self, skill, who, false)
    }

    /// The same, and agents may do what the skill writes without asking each time.
    ///
    /// # Errors
    /// `no-writes` if it has no operation that writes.
    pub fn approve_for_agents(&self, skill: &OpenSkill, who: &str) -> Result<(), RunError> {
        approvals::keep(self, skill, who, true)
    }

    /// All approvals that are kept, the newest first, and what else lies among them.
    ///
    /// # Errors
    /// If their folder cannot be read.
    pub fn kept_approvals(&self) -> Result<KeptApprovals, RunError> {
        approvals::list(self)
    }

    /// The hash under which an approval of the skill, as it is now, is kept.
    pub fn authority_of(&self, skill: &OpenSkill) -> Digest {
        approvals::SkillAuthority::of(skill, &self.policy).hash()
    }

    /// Withdraws approvals, by the hashes of what was approved, and says which there were. A run that goes on under one
    /// is denied its next host call, in whatever process it is.
    ///
    /// # Errors
    /// If it cannot be recorded, and then none is withdrawn; or a file cannot be changed.
    pub fn revoke(&self, authorities: &[Digest], who: &str) -> Result<Vec<KeptApproval>, RunError> {
        approvals::revoke(self, authorities, who)
    }

    /// The operator's policy that is in force, with its lines; without a file, there is no ceiling.
    pub fn policy_file(&self) -> &PolicyFile {
        &self.policy_file
    }

    /// Where the operator's policy lies, if there is one.
    pub(crate) fn policy_place(&self) -> Option<String> {
        let place = match self.policy_file.file.as_str() {
            "" => return None,
            POLICY_FILE => self.dirs.config.join(POLICY_FILE).display().to_string(),
            other => other.to_owned(),
        };
        Some(display_safe(&place, 400))
    }

    /// Writes remit.lock into the skill's folder: from then on each plugin must be the same bytes and say the same. Where
    /// they came from and who signed them stays as it was said for the same bytes.
    pub fn pin(&self, skill: &OpenSkill) -> Result<(), RunError> {
        let folder = &skill.skill().folder;
        let before = Lock::read(folder)?.unwrap_or_default();
        let locked = |plugin: &skill::OpenPlugin| {
            let source = plugin.used.component.to_string();
            let same = before.plugins.get(&plugin.alias);
            let same =
                same.filter(|it| it.digest == plugin.component.digest && it.source == source);
            let locked = LockedPlugin {
                source,
                resolved: same.and_then(|it| it.resolved.clone()),
                version: plugin.said.version.clone(),
                digest: plugin.component.digest,
                signer: same.and_then(|it| it.signer.clone()),
                description: plugin.said.clone(),
            };
            (plugin.alias.clone(), locked)
        };
        let lock = Lock {
            plugins: skill.plugins().iter().map(locked).collect(),
            skill: before.skill,
        };
        Ok(lock.write(folder)?)
    }

    /// The operator's policy.
    pub fn policy(&self) -> &OperatorPolicy {
        &self.policy
    }

    /// The digests of the components that some kept approval is about.
    pub fn approved_components(&self) -> Result<Vec<Digest>, RunError> {
        self.approvals.components()
    }

    /// Verifies all compiled code that is kept.
    pub fn verify_compiled(&self) -> Result<CompiledCode, RunError> {
        let verified = self.sandbox.verify_compiled();
        verified.map_err(|error| RunError::io("the compiled code", error))
    }

    /// The components by digest, and what is known of them.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Who signed a component, by the signatures that are kept with it and hold.
    pub fn signers(&self, component: &Component) -> Result<Vec<Signer>, RunError> {
        Ok(skill::signers_of(self, component)?.0)
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
pub(crate) fn policy_of(dirs: &Dirs) -> Result<PolicyFile, RunError> {
    let path = dirs.config.join(POLICY_FILE);
    // A link that leads nowhere is a policy that cannot be read.
    match path.symlink_metadata() {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(PolicyFile::default()),
        Err(e) => return Err(RunError::io(path.display().to_string(), e)),
        Ok(_) => {}
    }
    PolicyFile::read(&path, POLICY_FILE).map_err(RunError::Policy)
}
