//! One call outside of a skill, for authors.

use std::path::PathBuf;
use std::time::Duration;

use remit_package::{Component, Description};
use remit_policy::{Authority, Effect, Grant, Grants, LimitsTable};
use remit_sandbox::Cancel;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::callee::{Callee, Rights};
use crate::error::RunError;
use crate::host::Host;
use crate::invoke::{Caller, RawAnswer, Site};
use crate::mounts::{self, Roots};
use crate::skill::{check_signers, describe, needs_of};

/// How to make one call. The default grants nothing.
#[derive(Debug, Clone, Default)]
pub struct CallOptions {
    /// What the call may reach, read with [`Layer::Grant`](remit_policy::Layer::Grant).
    pub grants: Vec<Grant>,
    /// What `./` in a files grant is relative to; the current folder if not given.
    pub folder: Option<PathBuf>,
    /// The largest effect that is allowed; an author's own call allows all.
    pub effect: Option<Effect>,
    /// What the call may use at most, where that is not the default.
    pub limits: LimitsTable,
    /// Ends the call from outside.
    pub cancel: Option<Cancel>,
}

impl CallOptions {
    /// Nothing granted.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a grant.
    #[must_use]
    pub fn allow(mut self, grant: Grant) -> Self {
        self.grants.push(grant);
        self
    }
}

/// A line that a plugin logged, safe to print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// `debug`, `info`, `warn`, `error`, `stdout` or `stderr`.
    pub level: String,
    /// The line.
    pub line: String,
}

/// What a call returned.
#[derive(Debug, Clone, Serialize)]
pub struct CallResult {
    /// The operation's result.
    pub output: Value,
    /// What the plugin logged.
    pub log: Vec<LogEntry>,
    /// Denials that the plugin got over.
    pub denials: u64,
    /// How long it took.
    #[serde(skip)]
    pub time: Duration,
    /// The most memory that it held, in bytes.
    pub memory_peak: u64,
    /// Sequence number of the call's audit record.
    pub audit: u64,
}

/// A component with its grants, ready to be called any number of times; each call has a sandbox of its own. See
/// [`Host::prepare`].
pub struct PreparedPlugin {
    caller: Caller,
    callee: Callee,
    cancel: Option<Cancel>,
}

impl PreparedPlugin {
    /// Calls one operation.
    ///
    /// # Errors
    /// If the operation is not there, the input does not fit, the plugin fails or is denied something, or the call
    /// cannot be recorded.
    pub async fn call(&self, operation: &str, input: &Value) -> Result<CallResult, RunError> {
        let outcome = self
            .caller
            .invoke(
                &self.callee,
                operation,
                input,
                Site::default(),
                self.cancel.clone(),
            )
            .await;
        Ok(CallResult {
            output: outcome.result?,
            log: outcome.log,
            denials: outcome.denied,
            time: outcome.usage.time,
            memory_peak: outcome.usage.memory_peak,
            audit: outcome.seq.unwrap_or_default(),
        })
    }

    /// Calls one operation, which need not exist, with an input that nobody checks, and hands on the answer as it is.
    ///
    /// # Errors
    /// If the call cannot be recorded; how it ended otherwise is in the answer.
    pub async fn call_raw(&self, operation: &str, input: String) -> Result<RawAnswer, RunError> {
        self.caller.raw(&self.callee, operation, input).await
    }

    /// Has the plugin describe itself again, in a sandbox of its own, whatever is known of it.
    ///
    /// # Errors
    /// If it cannot, or says what breaks a rule.
    pub async fn describe(&self) -> Result<Description, RunError> {
        self.caller.described(&self.callee).await
    }

    /// What does not fit the operation's input schema; nothing for one that there is not.
    pub fn input_misfit(&self, operation: &str, input: &Value) -> Option<String> {
        self.callee.misfit_of(operation, input)
    }

    /// What does not fit the operation's output schema.
    pub fn output_misfit(&self, operation: &str, output: &Value) -> Option<String> {
        self.callee.schemas(operation)?.1.check(output).err()
    }
}

/// Takes a component, which messages call `what`, has it describe itself if nobody has yet, compiles it if need be, resolves what is mounted.
pub(crate) async fn prepare(
    host: &Host,
    what: &str,
    component: Component,
    options: CallOptions,
) -> Result<PreparedPlugin, RunError> {
    check_signers(host, what, &component)?;
    let prepared = OnceCell::new();
    let description = describe(
        &host.sandbox,
        &host.store,
        &host.audit,
        &component,
        &prepared,
    )
    .await?;
    let plugin = match prepared.into_inner() {
        Some(plugin) => plugin,
        None => {
            host.sandbox
                .prepare(&component.bytes, component.digest.as_bytes())
                .await?
        }
    };
    let folder = match options.folder {
        Some(folder) => folder,
        None => std::env::current_dir().map_err(|e| RunError::io("the current folder", e))?,
    };
    options.limits.check()?;
    let limits = options.limits.resolve(&host.policy);
    let authority = Authority::new(
        Grants::new(options.grants)?,
        needs_of(&description)?,
        &host.policy,
        limits,
    );
    let roots = Roots {
        skill: &folder,
        run: None,
        dirs: &host.dirs,
    };
    let mounts = mounts::resolve(&authority, &roots)?;
    let effect = options
        .effect
        .unwrap_or(Effect::Destructive)
        .min(host.policy.max_effect);
    let callee = Callee::new(
        &description.name,
        plugin,
        &component,
        &description,
        Rights {
            authority,
            mounts,
            listed: None,
            effect,
        },
        |_| true,
    )?;
    Ok(PreparedPlugin {
        caller: Caller::of(host)?,
        callee,
        cancel: options.cancel,
    })
}
