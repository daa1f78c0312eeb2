//! What can go wrong in a run, each with a stable code.

mod words;

use remit_package::PackageError;
use remit_policy::{Denial, ErrorClass, GrantError, SignerDenial};
use remit_sandbox::{CallError, SandboxError};
use remit_sign::SignError;

use crate::audit::AuditError;
use crate::secrets::SecretStoreError;
use crate::session::SessionError;
use crate::skill::Finding;
use words::{and_more, at_line, first, known_list, signed, worst};

/// Why a skill could not be opened or run, or a call not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A skill, a component or the lockfile cannot be read as what it should be.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The sandbox could not be made, or the component not be prepared.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The audit log cannot be written or is broken; nothing runs without it.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// A secret cannot be kept, found or removed.
    #[error(transparent)]
    Secret(#[from] SecretStoreError),
    /// A grant is not one, or does not bind to the inputs.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// An agent's session does not do what it was asked.
    #[error(transparent)]
    Session(Box<SessionError>),
    /// A call failed after something was refused.
    #[error("{what} was refused: {denial}")]
    Denied {
        /// `plugin.operation`.
        what: String,
        /// What was refused, by which rule, and what would have allowed it.
        denial: Box<Denial>,
    },
    /// A person has not approved.
    #[error("{what} is not approved")]
    NotApproved {
        /// `the skill x`, `step y`.
        what: String,
        /// What to do.
        hint: String,
    },
    /// Agents should be allowed writes of a skill that has none.
    #[error("{skill} has no operation that writes, so there is nothing to allow agents")]
    NoWrites {
        /// The skill's name.
        skill: String,
    },
    /// The skill has faults that keep it from running.
    #[error("the skill {skill} cannot run: {}", first(.findings))]
    SkillInvalid {
        /// The skill's name.
        skill: String,
        /// All that was found.
        findings: Vec<Finding>,
    },
    /// An input that the skill does not have.
    #[error("the skill has no input `{name}`")]
    InputUnknown {
        /// The name that was given.
        name: String,
        /// The inputs that there are.
        known: Vec<String>,
    },
    /// An input without a default was not given.
    #[error("the input `{name}` is missing")]
    InputMissing {
        /// The input's name.
        name: String,
        /// What it is, as the skill says.
        description: String,
    },
    /// An input does not fit its schema.
    #[error("the input `{name}` does not fit: {message}")]
    InputInvalid {
        /// The input's name.
        name: String,
        /// What does not fit.
        message: String,
    },
    /// What a call is given does not fit the operation's schema.
    #[error("the input of {what} does not fit its schema: {message}")]
    CallInput {
        /// `plugin.operation`.
        what: String,
        /// What does not fit, and where.
        message: String,
    },
    /// What a plugin returned does not fit its own schema, or is not JSON.
    #[error("{what} returned what its schema does not allow: {message}")]
    CallOutput {
        /// `plugin.operation`.
        what: String,
        /// What does not fit, and where.
        message: String,
    },
    /// The component has no such operation.
    #[error("{plugin} has no operation `{operation}`")]
    OperationUnknown {
        /// The plugin.
        plugin: String,
        /// The operation that was asked for.
        operation: String,
        /// The operations that there are.
        known: Vec<String>,
    },
    /// A schema that the host cannot use.
    #[error("{what} is not a usable JSON Schema: {message}")]
    Schema {
        /// Whose schema it is.
        what: String,
        /// Why.
        message: String,
    },
    /// The plugin said that it could not, or the call ended in the sandbox: a limit, a trap.
    #[error("{what}: {source}")]
    Call {
        /// `plugin.operation`.
        what: String,
        /// What happened.
        source: CallError,
    },
    /// An expression failed.
    #[error("the expression `{expression}` failed: {message}")]
    Expression {
        /// The expression, capped.
        expression: String,
        /// Why.
        message: String,
    },
    /// A template failed.
    #[error("the template {template} failed{}: {message}", at_line(.line))]
    Template {
        /// Its path in the skill.
        template: String,
        /// The line, where known.
        line: Option<usize>,
        /// Why.
        message: String,
    },
    /// A `for_each` did not give a list, or too long a one.
    #[error("`for_each` {message}")]
    ForEach {
        /// What it gave.
        message: String,
    },
    /// A `check` step was not true.
    #[error("{message}")]
    CheckFailed {
        /// The step's own message.
        message: String,
    },
    /// An output's path leaves the run's folder or is no usable name.
    #[error("the output path `{path}` is refused: {reason}")]
    OutputPath {
        /// The path.
        path: String,
        /// Why.
        reason: String,
    },
    /// An output is not what its schema in skill.toml says.
    #[error("the output `{path}` does not fit its schema: {message}")]
    OutputSchema {
        /// Its path, as skill.toml writes it.
        path: String,
        /// What does not fit, and where.
        message: String,
    },
    /// Two outputs of a run have the same path.
    #[error("the output `{path}` is there already: {by} made it")]
    OutputCollision {
        /// The path.
        path: String,
        /// Which step.
        by: String,
    },
    /// The run's folder holds something.
    #[error("the folder {path} is not empty")]
    OutNotEmpty {
        /// The folder.
        path: String,
    },
    /// A plugin describes itself otherwise than it did for the same digest, or than remit.lock says.
    #[error("the plugin {plugin} is not what remit.lock pinned: {reason}")]
    Pinned {
        /// The plugin's name in the skill.
        plugin: String,
        /// What differs.
        reason: String,
    },
    /// The operator's policy cannot be read.
    #[error("the operator's policy cannot be used: {0}")]
    Policy(#[source] PackageError),
    /// It lists a signer that is none, and so would forbid or revoke nobody.
    #[error("the operator's policy cannot be used: {0}")]
    PolicySigner(#[source] SignError),
    /// The operator's policy forbids some of what a skill grants, so nobody can approve it.
    #[error("the skill {skill} cannot be approved: {first}{}", and_more(.more))]
    PolicyForbids {
        /// The skill's name.
        skill: String,
        /// The first thing that is forbidden, and by which line of the policy.
        first: String,
        /// How many more there are.
        more: usize,
        /// What to do.
        hint: String,
    },
    /// The operator's policy asks for another signer.
    #[error("{what} {}", signed(*.denial, .signers, .wrong.as_ref()))]
    Signer {
        /// `the plugin x`, the component's path.
        what: String,
        /// Why.
        denial: SignerDenial,
        /// Those who signed it.
        signers: Vec<String>,
        /// Why a signature that was kept with it does not hold.
        wrong: Option<SignError>,
    },
    /// A step failed.
    #[error("step {id}: {source}")]
    Step {
        /// The step's id.
        id: String,
        /// Why.
        source: Box<RunError>,
    },
    /// The caller ended the run.
    #[error("the run was cancelled")]
    Cancelled,
    /// A file or folder could not be read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A bug of Remit's own.
    #[error("internal error: {0}")]
    Internal(String),
}

/// All codes of this crate's own, with their meaning. Codes of the other crates pass through.
const OWN_CODES: &[(&str, &str)] = &[
    ("not-approved", "no person has approved it"),
    (
        "no-writes",
        "agents should be allowed the writes of a skill that has none",
    ),
    (
        "skill-invalid",
        "check finds faults that keep the skill from running",
    ),
    ("input-unknown", "the skill has no input of this name"),
    ("input-missing", "an input without a default was not given"),
    ("input-invalid", "an input does not fit its schema"),
    (
        "call-input-invalid",
        "what a call is given does not fit the operation's schema",
    ),
    (
        "call-output-invalid",
        "what a plugin returned does not fit its own schema",
    ),
    (
        "operation-unknown",
        "the plugin has no operation of this name",
    ),
    ("schema-unusable", "a JSON Schema that the host cannot use"),
    ("expression-failed", "an expression of skill.toml failed"),
    ("template-failed", "a template failed"),
    (
        "for-each-invalid",
        "a for_each did not give a list, or too long a one",
    ),
    ("check-failed", "a check step was not true"),
    (
        "output-path",
        "an output's path leaves the run's folder or is no usable name",
    ),
    (
        "output-schema",
        "an output does not fit the schema that the skill gives it",
    ),
    (
        "output-collision",
        "two outputs of a run have the same path",
    ),
    (
        "out-not-empty",
        "the folder chosen with --out holds something",
    ),
    (
        "pin-mismatch",
        "a component or its description is not what remit.lock pinned",
    ),
    (
        "policy-unusable",
        "the operator's policy.toml cannot be used",
    ),
    (
        "policy-forbidden",
        "the operator's policy forbids some of what a skill grants, so nobody can approve it",
    ),
    ("cancelled", "the call or the run was ended from outside"),
    ("io-failed", "a file or folder could not be read or written"),
    ("internal", "a bug of Remit's own"),
];

impl RunError {
    /// This crate's codes and their meanings.
    pub const CODES: &[(&str, &str)] = OWN_CODES;

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Package(e) => e.code(),
            Self::Sandbox(e) => e.code(),
            Self::Audit(e) => e.code(),
            Self::Secret(e) => e.code(),
            Self::Session(e) => e.code(),
            Self::Grant(e) => e.code(),
            Self::Denied { denial, .. } => denial.code.as_str(),
            Self::NotApproved { .. } => "not-approved",
            Self::NoWrites { .. } => "no-writes",
            Self::SkillInvalid { findings, .. } => {
                worst(findings).map_or("skill-invalid", |finding| finding.code)
            }
            Self::InputUnknown { .. } => "input-unknown",
            Self::InputMissing { .. } => "input-missing",
            Self::InputInvalid { .. } => "input-invalid",
            Self::CallInput { .. } => "call-input-invalid",
            Self::CallOutput { .. } => "call-output-invalid",
            Self::OperationUnknown { .. } => "operation-unknown",
            Self::Schema { .. } => "schema-unusable",
            Self::Call { source, .. } => source.code(),
            Self::Expression { .. } => "expression-failed",
            Self::Template { .. } => "template-failed",
            Self::ForEach { .. } => "for-each-invalid",
            Self::CheckFailed { .. } => "check-failed",
            Self::OutputPath { .. } => "output-path",
            Self::OutputSchema { .. } => "output-schema",
            Self::OutputCollision { .. } => "output-collision",
            Self::OutNotEmpty { .. } => "out-not-empty",
            Self::Pinned { .. } => "pin-mismatch",
            Self::Policy(_) | Self::PolicySigner(_) => "policy-unusable",
            Self::PolicyForbids { .. } => "policy-forbidden",
            Self::Signer { denial, .. } => denial.code(),
            Self::Step { source, .. } => source.code(),
            Self::Cancelled => "cancelled",
            Self::Io { .. } => "io-failed",
            Self::Internal(_) => "internal",
        }
    }

    /// By whose fault: what the exit status is made from.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Package(e) => e.class(),
            Self::Sandbox(e) => e.class(),
            Self::Audit(e) => e.class(),
            Self::Secret(e) => e.class(),
            Self::Session(e) => e.class(),
            Self::Grant(e) => e.class(),
            Self::Denied { .. } | Self::NotApproved { .. } | Self::PolicyForbids { .. } => {
                ErrorClass::Denied
            }
            Self::SkillInvalid { findings, .. } => {
                worst(findings).map_or(ErrorClass::Usage, |finding| finding.class)
            }
            Self::NoWrites { .. }
            | Self::InputUnknown { .. }
            | Self::InputMissing { .. }
            | Self::InputInvalid { .. }
            | Self::CallInput { .. }
            | Self::OperationUnknown { .. }
            | Self::Schema { .. }
            | Self::OutNotEmpty { .. }
            | Self::Policy(_)
            | Self::PolicySigner(_) => ErrorClass::Usage,
            Self::Pinned { .. } | Self::Signer { wrong: Some(_), .. } => ErrorClass::Integrity,
            Self::Signer { .. } => ErrorClass::Denied,
            Self::Call { source, .. } => source.class(),
            // In a step, what does not fit was made by the run and not by the caller.
            Self::Step { source, .. } => match source.class() {
                ErrorClass::Usage => ErrorClass::Failed,
                class => class,
            },
            Self::CallOutput { .. }
            | Self::Expression { .. }
            | Self::Template { .. }
            | Self::ForEach { .. }
            | Self::CheckFailed { .. }
            | Self::OutputPath { .. }
            | Self::OutputSchema { .. }
            | Self::OutputCollision { .. }
            | Self::Cancelled
            | Self::Io { .. } => ErrorClass::Failed,
            Self::Internal(_) => ErrorClass::Internal,
        }
    }

    /// The one thing to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Package(e) => e.hint(),
            Self::Sandbox(e) => e.hint(),
            Self::Audit(e) => e.hint(),
            Self::Secret(e) => e.hint(),
            Self::Session(e) => e.hint(),
            Self::Grant(e) => e.hint(),
            Self::Denied { denial, .. } => denial.hint(),
            Self::NotApproved { hint, .. } | Self::PolicyForbids { hint, .. } => Some(hint.clone()),
            Self::NoWrites { skill } => {
                Some(format!("`remit approve {skill}` approves what it does"))
            }
            Self::Policy(e) => e.hint(),
            Self::SkillInvalid { findings, .. } => findings
                .iter()
                .find_map(|finding| finding.hint.clone())
                .or_else(|| Some("`remit check` shows all that was found".to_owned())),
            Self::InputUnknown { known, .. } => Some(known_list("inputs", known)),
            Self::InputMissing { name, description } => {
                let what = if description.is_empty() { "VALUE" } else { description };
                Some(format!("give it with --input {name}=… ({what})"))
            }
            Self::OperationUnknown { known, .. } => Some(known_list("operations", known)),
            Self::OutNotEmpty { .. } => Some("name a folder that is new or empty".to_owned()),
            Self::Pinned { .. } => Some(
                "look at what changed with `remit show`, then remove the plugin's entry from remit.lock to pin it anew"
                    .to_owned(),
            ),
            Self::Signer { wrong: Some(_), .. } => {
                Some("the store's files were changed: install the plugin again".to_owned())
            }
            Self::Signer { denial: SignerDenial::Required, .. } => Some(
                "install it with a signature of one of the `signers` in policy.toml".to_owned(),
            ),
            Self::Signer { denial: SignerDenial::Revoked, .. } => {
                Some("get it from its publisher, signed with the key that is in use now".to_owned())
            }
            Self::Call { source, .. } => source.hint(),
            Self::Step { source, .. } => match source.denial().and_then(|denial| denial.narrowest.as_ref()) {
                Some(grant) => Some(format!("the narrowest grant that would allow it is `{grant}`")),
                None => source.hint(),
            },
            _ => None,
        }
    }

    /// The denial behind it, if there is one.
    pub fn denial(&self) -> Option<&Denial> {
        match self {
            Self::Denied { denial, .. } => Some(denial),
            Self::Step { source, .. } => source.denial(),
            _ => None,
        }
    }

    pub(crate) fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io {
            what: what.into(),
            source,
        }
    }

    pub(crate) fn in_step(self, id: &str) -> Self {
        Self::Step {
            id: id.to_owned(),
            source: Box::new(self),
        }
    }
}
