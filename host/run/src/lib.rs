//! Runs a skill: opens it, says what it may do, does its steps, keeps its results, and records each decision.
//!
//! This is the library that an embedder uses; the command line is a thin face of it. See [`Host`].

pub mod audit;

mod approvals;
mod call;
mod callee;
mod card;
mod ceiling;
mod codes;
mod declared;
mod deep;
mod error;
mod event;
mod expr;
mod host;
mod inputs;
mod invoke;
mod mounts;
mod options;
mod plan;
mod report;
mod schema;
mod secrets;
mod session;
mod skill;
mod steps;
mod time;

pub use approvals::{
    AgentsAllowed, Answer, Approval, ApprovalPart, ApprovedPlugin, Approver, Change, ChangeKind,
    KeptApproval, KeptApprovals, OddFile, Question, agents_allowed,
};
pub use call::{CallOptions, CallResult, LogEntry, PreparedPlugin};
pub use card::{
    Card, ClosedLine, Field, LeftOutLine, NeedLine, OperationLine, PluginCard, ReachLine, says,
};
pub use ceiling::{Violation, violations};
pub use codes::{codes_by_crate, error_codes};
pub use error::RunError;
pub use event::Event;
pub use host::{Host, HostOptions};
pub use inputs::resolve as resolve_inputs;
pub use invoke::RawAnswer;
pub use options::{InputValue, RunOptions};
pub use plan::{Plan, PlannedStep};
pub use remit_sandbox::{CallError, Cancel, CompiledCode, CompilerProcess, LimitKind, OnCompile};
pub use report::{
    AgentRecord, By, ErrorRecord, OutputFile, PluginRecord, ProcedureRecord, Provenance, RunReport,
    RunState, StepKindName, StepReport, StepState,
};
pub use secrets::{
    KeptSecret, SecretList, SecretPlace, SecretRemoval, SecretStore, SecretStoreError,
};
pub use session::{
    Agent, AgentSession, Consent, ConsentCall, ConsentNeeded, Denied, ItemsStanding, NextCall,
    NextStep, ProcedureState, SessionCall, SessionError, SessionOptions, StepStanding,
};
pub use skill::{Finding, OpenPlugin, OpenSkill, Severity, check_policy};
