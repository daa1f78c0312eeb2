//! `remit test`: the conformance kit. It calls a component as a host does, and in ways that no host would, and says
//! which rules of a plugin it keeps. It knows nothing of the language that the plugin was written in.

mod cases;
mod inputs;
mod outcome;
mod rules;
mod spoil;
mod tries;

use std::path::Path;
use std::time::{Duration, Instant};

use remit_package::{Component, Description, Dirs, Operation};
use remit_policy::{Grant, Layer};
use remit_run::{CallOptions, Host, HostOptions, PreparedPlugin};
use serde::Serialize;
use serde_json::Value;

use crate::error::AuthorError;

pub use cases::{Case, Cases, FILE as CASES_FILE};
pub use rules::{RULES, Rule};

/// What the kit found out about one component.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The plugin's name and version, where it could say them.
    pub plugin: Option<String>,
    /// The component's digest.
    pub digest: String,
    /// Each rule, in the order in which they were tried.
    pub results: Vec<RuleResult>,
    /// How long all of it took, in milliseconds.
    pub milliseconds: u64,
}

impl Report {
    /// Whether every rule holds.
    pub fn passed(&self) -> bool {
        self.results
            .iter()
            .all(|result| result.state != State::Failed)
    }
}

/// One rule, and whether it holds.
#[derive(Debug, Serialize)]
pub struct RuleResult {
    /// The rule's stable name.
    pub rule: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Whether it holds.
    pub state: State,
    /// How many calls were made for it.
    pub calls: usize,
    /// What breaks it, each a sentence.
    pub broken: Vec<String>,
    /// How to mend that.
    pub mend: Option<&'static str>,
}

/// Whether a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// It could not be tried, since an earlier one that it rests on does not hold.
    NotReached,
}

/// How many faults of one rule are told; the rest is like them.
const TOLD: usize = 5;

/// How many bytes of text a plugin must take without falling over.
pub(crate) const LONG_TEXT: usize = 1 << 20;

/// Runs the kit against a component. `cases` are the author's own; `options` says how the host is opened, all but its
/// folders; `tell` hears of each rule when it is done.
///
/// It works in a home of its own, so that its thousand odd calls are not in anybody's audit log; only the cache of
/// compiled code is shared.
///
/// # Errors
/// If the kit itself cannot work. That the component breaks a rule is no error: it is in the report.
pub async fn test(
    component: &Path,
    cases: &Cases,
    dirs: &Dirs,
    options: HostOptions,
    tell: impl Fn(&RuleResult),
) -> Result<Report, AuthorError> {
    let started = Instant::now();
    let home = tempfile::tempdir()
        .map_err(|error| AuthorError::io("a temporary folder".as_ref(), error))?;
    let mut own = Dirs::under(home.path());
    own.cache.clone_from(&dirs.cache);
    let host = Host::open(HostOptions {
        dirs: Some(own),
        ..options
    })?;
    let mut results = Vec::new();
    let mut push = |result: RuleResult| {
        tell(&result);
        results.push(result);
    };
    let opened = Component::open(component);
    if let Ok(component) = &opened
        && !component.inspection.is_connector
        && remit_package::describe_plain(component).is_ok()
    {
        return Err(AuthorError::PlainComponent);
    }
    let digest = match &opened {
        Ok(component) => component.digest.to_string(),
        Err(_) => String::new(),
    };
    let mut subject = None;
    let loads = match opened {
        Ok(_) => match Subject::open(&host, component, cases).await {
            Ok(it) => {
                subject = Some(it);
                Ok(())
            }
            Err(error) => Err(error),
        },
        Err(error) => Err(error.into()),
    };
    for (index, rule) in RULES.iter().enumerate() {
        let mut attempt = Attempt::new(rule);
        match (index, &subject, &loads) {
            // The first rules are that it can be opened and describes itself; how that failed says which.
            (_, None, Err(error)) => match rules::stage(error).cmp(&index) {
                std::cmp::Ordering::Less => attempt.state = State::NotReached,
                std::cmp::Ordering::Equal => attempt.broken(rules::told(error)),
                std::cmp::Ordering::Greater => {}
            },
            (_, Some(subject), _) => tries::try_rule(rule, subject, &mut attempt).await?,
            (_, None, Ok(())) => attempt.state = State::NotReached,
        }
        push(attempt.result());
    }
    Ok(Report {
        plugin: subject
            .as_ref()
            .map(|it| format!("{} {}", it.description.name, it.description.version)),
        digest,
        results,
        milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// The component under test.
pub(crate) struct Subject<'a> {
    pub(crate) host: &'a Host,
    pub(crate) path: &'a Path,
    pub(crate) cases: &'a Cases,
    /// With nothing granted.
    pub(crate) alone: PreparedPlugin,
    pub(crate) description: Description,
    /// For each operation, an input that its schema allows, and why there is none where there is none.
    pub(crate) inputs: Vec<(Operation, Result<Value, String>)>,
}

impl<'a> Subject<'a> {
    async fn open(
        host: &'a Host,
        path: &'a Path,
        cases: &'a Cases,
    ) -> Result<Subject<'a>, AuthorError> {
        let alone = host.prepare(path, CallOptions::new()).await?;
        let description = alone.describe().await?;
        let inputs = description
            .operations
            .iter()
            .map(|operation| {
                let input = cases
                    .input(&operation.name)
                    .cloned()
                    .map_or_else(|| inputs::example(&alone, operation), Ok);
                (operation.clone(), input)
            })
            .collect();
        Ok(Subject {
            host,
            path,
            cases,
            alone,
            description,
            inputs,
        })
    }

    /// The same component with grants.
    pub(crate) async fn with(&self, allow: &[String]) -> Result<PreparedPlugin, AuthorError> {
        let mut options = CallOptions::new();
        options.folder = Some(self.cases.folder.clone());
        for text in allow {
            let grant = Grant::parse(Layer::Grant, text).map_err(remit_run::RunError::from)?;
            options = options.allow(grant);
        }
        Ok(self.host.prepare(self.path, options).await?)
    }

    /// The operations that have an example, with it.
    pub(crate) fn examples(&self) -> impl Iterator<Item = (&Operation, &Value)> {
        self.inputs
            .iter()
            .filter_map(|(operation, input)| Some((operation, input.as_ref().ok()?)))
    }
}

/// A rule while it is tried.
pub(crate) struct Attempt {
    rule: &'static Rule,
    state: State,
    calls: usize,
    broken: Vec<String>,
    more: usize,
}

impl Attempt {
    fn new(rule: &'static Rule) -> Attempt {
        Attempt {
            rule,
            state: State::Passed,
            calls: 0,
            broken: Vec::new(),
            more: 0,
        }
    }

    pub(crate) fn called(&mut self) {
        self.calls += 1;
    }

    /// What breaks the rule.
    pub(crate) fn broken(&mut self, what: impl Into<String>) {
        self.state = State::Failed;
        if self.broken.len() < TOLD {
            self.broken.push(what.into());
        } else {
            self.more += 1;
        }
    }

    fn result(mut self) -> RuleResult {
        if self.more > 0 {
            self.broken
                .push(format!("and {} more like these", self.more));
        }
        RuleResult {
            rule: self.rule.name,
            says: self.rule.says,
            mend: (self.state == State::Failed).then_some(self.rule.mend),
            state: self.state,
            calls: self.calls,
            broken: self.broken,
        }
    }
}

/// The longest that the example of an operation may take: half of what a call may by default, so that a slower
/// machine still has room.
pub(crate) const EXAMPLE_TIME: Duration = Duration::from_secs(15);
