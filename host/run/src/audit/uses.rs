//! Which call used which secret, when and where: found in the records of decisions, calls and runs.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::Serialize;

use super::error::AuditError;
use super::record::Record;
use super::verify::read;

/// A secret that was put into a request, or was to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretUse {
    /// The number of the decision's record.
    pub seq: u64,
    /// RFC 3339, UTC.
    pub time: String,
    /// Its name.
    pub secret: String,
    /// Whether it was used.
    pub allowed: bool,
    /// Why not: the denial's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Where to: the URL of the request.
    pub url: String,
    /// The skill, if the call was made in a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// The run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The step of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The plugin; none if the call has no record, since the process was ended in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// The operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
}

impl SecretUse {
    /// `plugin.operation` and the skill, as far as they are known.
    pub fn callee(&self) -> String {
        let call = match (&self.plugin, &self.operation) {
            (Some(plugin), Some(operation)) => format!("{plugin}.{operation}"),
            _ => "a call that never ended".to_owned(),
        };
        match &self.skill {
            Some(skill) => format!("{call} in {skill}"),
            None => call,
        }
    }
}

/// Every use of every secret, in the order of the records.
///
/// # Errors
/// If the log cannot be read; and each record that is none.
pub fn secret_uses(
    folder: &Path,
) -> Result<impl Iterator<Item = Result<SecretUse, AuditError>>, AuditError> {
    // A decision names its call only, whose own record comes after it, and that its run only.
    let (mut calls, mut skills) = (HashMap::new(), HashMap::new());
    let mut wanted = HashSet::new();
    let mut uses = Vec::new();
    for record in read(folder)? {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                uses.push(Err(error));
                break;
            }
        };
        let text = |field: &str| record.text(field).map(str::to_owned);
        match record.kind.as_str() {
            "run-started" => {
                if let (Some(run), Some(skill)) = (text("run"), text("skill")) {
                    skills.insert(run, skill);
                }
            }
            "decision" if record.text("capability") == Some("secret") => {
                if let (Some(call), Some(one)) = (text("call"), of(&record)) {
                    wanted.insert(call.clone());
                    uses.push(Ok((call, one)));
                }
            }
            "call" => {
                if let Some(call) = text("call").filter(|call| wanted.remove(call)) {
                    let parts = [text("run"), text("step"), text("plugin"), text("operation")];
                    calls.insert(call, parts);
                }
            }
            _ => {}
        }
    }
    Ok(uses.into_iter().map(move |one| {
        let (call, mut one) = one?;
        if let Some([run, step, plugin, operation]) = calls.get(&call).cloned() {
            one.skill = run.as_ref().and_then(|run| skills.get(run).cloned());
            (one.run, one.step, one.plugin, one.operation) = (run, step, plugin, operation);
        }
        Ok(one)
    }))
}

/// `NAME for URL`; of a denial, `secret NAME for URL`.
fn of(record: &Record) -> Option<SecretUse> {
    let asked = record.text("asked")?;
    let asked = asked.strip_prefix("secret ").unwrap_or(asked);
    let (secret, url) = asked.split_once(" for ")?;
    Some(SecretUse {
        seq: record.seq,
        time: record.time.clone(),
        secret: secret.to_owned(),
        allowed: record.body.get("allowed") == Some(&serde_json::Value::Bool(true)),
        code: record.text("code").map(str::to_owned),
        url: url.to_owned(),
        skill: None,
        run: None,
        step: None,
        plugin: None,
        operation: None,
    })
}
