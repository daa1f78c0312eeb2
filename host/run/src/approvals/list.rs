//! What has been approved, as a person or a program reads it; and taking it back.

use std::collections::BTreeMap;

use remit_package::Digest;
use remit_policy::{Effect, display_safe};
use serde::Serialize;

use super::store::{AgentsAllowed, Found, Kept};
use crate::audit::Entry;
use crate::error::RunError;
use crate::host::Host;

/// All approvals that are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptApprovals {
    /// The newest first.
    pub approvals: Vec<KeptApproval>,
    /// What else lies in the folder of approvals: it approves nothing.
    pub odd: Vec<OddFile>,
}

/// A person's approval of a skill as it was then. Texts are safe to print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptApproval {
    /// The skill's name.
    pub skill: String,
    /// The hash of what was approved.
    pub authority: Digest,
    /// Who, as the approving program said.
    pub who: String,
    /// When: RFC 3339, UTC.
    pub time: String,
    /// Whether agents may do its writes without a yes each time, and who said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agents: Option<AgentsAllowed>,
    /// The plugins, by their names in the skill.
    pub plugins: BTreeMap<String, ApprovedPlugin>,
}

/// What was approved of one plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApprovedPlugin {
    /// Its code.
    pub digest: Digest,
    /// What it calls itself, if it is known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version that it says it has, if it is known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The grants, in the compact form.
    pub grants: Vec<String>,
    /// The operations, with their effects.
    pub operations: BTreeMap<String, Effect>,
    /// What one call may use.
    pub limits: BTreeMap<String, String>,
    /// What the inputs in its grants may be.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, String>,
}

/// A file that is no approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OddFile {
    /// Its name in the folder of approvals.
    pub file: String,
    /// Why it approves nothing.
    pub why: String,
}

pub(crate) fn list(host: &Host) -> Result<KeptApprovals, RunError> {
    let mut all = KeptApprovals {
        approvals: Vec::new(),
        odd: Vec::new(),
    };
    for found in host.approvals.list()? {
        match found {
            Found::Kept(kept) => all.approvals.push(shown(host, &kept)),
            Found::Odd(file, why) => all.odd.push(OddFile { file, why }),
        }
    }
    all.approvals.sort_by(|a, b| b.time.cmp(&a.time));
    Ok(all)
}

fn shown(host: &Host, kept: &Kept) -> KeptApproval {
    let text = |text: &String| display_safe(text, 400);
    let plugins = kept.authority.plugins.iter().map(|(alias, plugin)| {
        let known = host.store.known(&plugin.digest);
        let said = known.and_then(|known| known.description);
        let inputs = plugin.inputs.iter();
        let shown = ApprovedPlugin {
            digest: plugin.digest,
            name: said.as_ref().map(|said| display_safe(&said.name, 64)),
            version: said.as_ref().map(|said| display_safe(&said.version, 64)),
            grants: plugin.grants.iter().map(text).collect(),
            operations: (plugin.operations.iter())
                .map(|(name, effect)| (display_safe(name, 64), *effect))
                .collect(),
            limits: (plugin.limits.iter())
                .map(|(name, limit)| (display_safe(name, 64), display_safe(limit, 64)))
                .collect(),
            inputs: inputs
                .map(|(name, schema)| (display_safe(name, 64), text(&schema.to_string())))
                .collect(),
        };
        (display_safe(alias, 64), shown)
    });
    KeptApproval {
        skill: display_safe(&kept.authority.skill, 80),
        authority: kept.authority.hash(),
        who: display_safe(&kept.who, 80),
        time: display_safe(&kept.time, 40),
        agents: kept.agents.as_ref().map(AgentsAllowed::shown),
        plugins: plugins.collect(),
    }
}

/// Withdraws approvals. Each record of it is on the disk before one of them ends; runs that go on under one are denied
/// their next host call.
pub(crate) fn revoke(
    host: &Host,
    authorities: &[Digest],
    who: &str,
) -> Result<Vec<KeptApproval>, RunError> {
    let _held = host.approvals.lock()?;
    let mut kept = list(host)?.approvals;
    // What another process withdrew meanwhile is gone already.
    kept.retain(|kept| authorities.contains(&kept.authority));
    let entries: Vec<Entry<'_>> = kept
        .iter()
        .map(|kept| Entry::Revoked {
            skill: &kept.skill,
            authority: kept.authority.to_string(),
            who: display_safe(who, 80),
            approved_by: &kept.who,
            approved: &kept.time,
        })
        .collect();
    if !entries.is_empty() {
        host.audit.append(&entries)?;
        host.audit.sync()?;
    }
    for authority in authorities {
        host.approvals.withdraw(authority)?;
    }
    host.approvals.sweep()?;
    Ok(kept)
}
