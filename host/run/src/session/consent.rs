//! A person's yes to calls, bound to their exact arguments.

use remit_package::Digest;
use remit_policy::{Effect, display_safe};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::approvals::sorted;

/// Keeps these hashes apart from all other uses of SHA-256.
const DOMAIN: &[u8] = b"remit consent v1\0";

/// The longest text about who answered, in characters.
const MAX_BY: usize = 120;

/// One call that a person is asked about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConsentCall {
    /// The plugin's name in the skill.
    pub plugin: String,
    /// The operation.
    pub operation: String,
    /// Its effect.
    pub effect: Effect,
    /// What it would be given, exactly.
    pub arguments: Value,
}

/// What a person must say yes to before something is done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConsentNeeded {
    /// `mail.send`, or `step x` with the reason that the skill gives.
    pub about: String,
    /// The calls that would be made. None where a step asks that makes no call.
    pub calls: Vec<ConsentCall>,
    /// SHA-256 over the calls in canonical form: what the yes is bound to.
    pub digest: Digest,
}

impl ConsentCall {
    /// What a yes to this call alone is bound to.
    pub(crate) fn digest(&self, skill: &str) -> Digest {
        let about = format!("{}.{}", self.plugin, self.operation);
        digest(skill, &about, std::slice::from_ref(self))
    }
}

impl ConsentNeeded {
    pub(super) fn new(skill: &str, about: String, calls: Vec<ConsentCall>) -> Self {
        Self {
            digest: digest(skill, &about, &calls),
            about,
            calls,
        }
    }
}

/// A person's yes to exactly what a digest stands for. It is used up by the call that it is given to.
#[derive(Debug)]
pub struct Consent {
    pub(super) digest: Digest,
    pub(super) by: String,
}

impl Consent {
    /// A person said yes to this; `answer_by` says how, for the record.
    pub fn of(needed: &ConsentNeeded, answer_by: &str) -> Self {
        Self {
            digest: needed.digest,
            by: display_safe(answer_by, MAX_BY),
        }
    }
}

/// Over what it is about and the plugin, operation and arguments of each call: keys sorted, so that arguments that are
/// equal have equal digests however they are written.
fn digest(skill: &str, about: &str, calls: &[ConsentCall]) -> Digest {
    let calls: Vec<_> = (calls.iter())
        .map(|call| json!([call.plugin, call.operation, sorted(&call.arguments)]))
        .collect();
    let bytes = json!([skill, about, calls]).to_string();
    let hash: [u8; 32] = Sha256::new()
        .chain_update(DOMAIN)
        .chain_update(bytes)
        .finalize()
        .into();
    Digest::from(hash)
}
