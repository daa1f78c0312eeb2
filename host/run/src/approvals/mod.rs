//! What a person has approved, and what must be asked.

mod authority;
mod changes;
mod list;
mod standing;
mod store;

use async_trait::async_trait;
use remit_package::{Digest, Dirs, Manifest};
use remit_policy::{Effect, display_safe};
use serde::Serialize;
use serde_json::Value;

pub use authority::ApprovalPart;
pub(crate) use authority::{SkillAuthority, callable, grant_needs_approval, sorted};
pub use changes::{Change, ChangeKind};
pub use list::{ApprovedPlugin, KeptApproval, KeptApprovals, OddFile};
pub(crate) use list::{list, revoke};
pub(crate) use standing::Standing;
pub use store::AgentsAllowed;
pub(crate) use store::Approvals;
use store::Kept;

use crate::audit::Entry;
use crate::card::Card;
use crate::ceiling;
use crate::error::RunError;
use crate::host::Host;
use crate::skill::OpenSkill;

/// Whether a skill, as it is now, may run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Approval {
    /// It only reads its own folder and writes its run's folder.
    NotNeeded,
    /// A person approved exactly this.
    Approved {
        /// Who, as the approving program said.
        who: String,
        /// When: RFC 3339, UTC.
        time: String,
        /// Whether agents may do its writes without a yes each time, and who said so.
        #[serde(skip_serializing_if = "Option::is_none")]
        agents: Option<AgentsAllowed>,
    },
    /// The operator's policy forbids some of what it grants, so nobody can approve it.
    Forbidden {
        /// What, and by which line of the policy; a sentence each.
        why: Vec<String>,
    },
    /// A person must approve it.
    Needed {
        /// What needs approval, a sentence each.
        why: Vec<String>,
        /// What is different from what was approved last; empty if nothing ever was.
        changes: Vec<Change>,
    },
}

impl Approval {
    /// Whether a run may start without asking.
    pub fn is_given(&self) -> bool {
        !matches!(self, Self::Needed { .. } | Self::Forbidden { .. })
    }
}

/// What a person is asked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Question {
    /// May this skill run with this authority? The card says which.
    Skill {
        /// The permission card.
        card: Box<Card>,
        /// What is different from what was approved last.
        changes: Vec<Change>,
    },
    /// May this step go ahead?
    Step {
        /// The step's id.
        id: String,
        /// Why the skill asks.
        why: String,
        /// What it does: `mail.send`.
        does: String,
        /// What it would be given, as JSON, capped.
        with: Option<String>,
    },
    /// May this call of a step go ahead? Asked where an agent has a skill run.
    Call {
        /// The step's id.
        step: String,
        /// Why the skill asks before the step, where it does.
        why: Option<String>,
        /// The plugin's name in the skill.
        plugin: String,
        /// The operation.
        operation: String,
        /// Its effect.
        effect: Effect,
        /// What it would be given, exactly.
        arguments: Value,
        /// What the answer is bound to: SHA-256 over the call in canonical form.
        digest: Digest,
    },
}

/// What a person answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// No.
    No,
    /// Yes, this time.
    Once,
    /// Yes, until something changes. For a step it is the same as [`Answer::Once`].
    Keep,
}

/// Asks a person. A plugin or an agent must never be one.
#[async_trait]
pub trait Approver: Send + Sync {
    /// Puts the question; whatever goes wrong is a no.
    async fn ask(&self, question: Question) -> Answer;
}

/// Whether the skill, as it is now, may run.
pub(crate) fn state(host: &Host, open: &OpenSkill) -> Approval {
    state_and_standing(host, open).0
}

/// The same; where a kept approval is what allows it, with the hold on that.
pub(crate) fn state_and_standing(host: &Host, open: &OpenSkill) -> (Approval, Option<Standing>) {
    let forbidden = ceiling::forbidden(host, open);
    if !forbidden.is_empty() {
        let why = forbidden.iter().map(ToString::to_string).collect();
        return (Approval::Forbidden { why }, None);
    }
    let why = authority::reasons(open, &host.policy);
    if why.is_empty() {
        return (Approval::NotNeeded, None);
    }
    let authority = SkillAuthority::of(open, &host.policy);
    if let Some((kept, standing)) = host.approvals.find(&authority) {
        let approved = Approval::Approved {
            who: display_safe(&kept.who, 80),
            time: display_safe(&kept.time, 40),
            agents: kept.agents.as_ref().map(AgentsAllowed::shown),
        };
        return (approved, Some(standing));
    }
    let changes = host
        .approvals
        .latest(open.name())
        .map(|kept| authority.changes_from(&kept.authority))
        .unwrap_or_default();
    (Approval::Needed { why, changes }, None)
}

/// Whether an agent may do what the skill, as it is now, may write, without a person's yes each time. It looks at the
/// approval as it lies there, so what was taken back is so at the next call.
pub(crate) fn agents_may_write(host: &Host, open: &OpenSkill) -> bool {
    match state(host, open) {
        Approval::Approved { agents, .. } => agents.is_some(),
        Approval::NotNeeded | Approval::Forbidden { .. } | Approval::Needed { .. } => false,
    }
}

/// Who allowed agents to write without asking in a skill that was only read, not opened: its name, what skill.toml says,
/// and all of its plugins. None where nobody did, or of another state of the skill.
///
/// # Errors
/// If the operator's policy, which may take operations away, cannot be read.
pub fn agents_allowed<'a>(
    dirs: &Dirs,
    skill: &str,
    manifest: &Manifest,
    parts: impl Iterator<Item = ApprovalPart<'a>>,
) -> Result<Option<AgentsAllowed>, RunError> {
    let policy = crate::host::policy_of(dirs)?.policy;
    let authority = SkillAuthority::of_parts(skill, manifest, parts, &policy);
    let found = Approvals::at(dirs).find(&authority);
    Ok(found.and_then(|(kept, _)| Some(kept.agents?.shown())))
}

/// Keeps a person's approval, with or without a word that agents may do its writes without asking; one without ends what
/// was said before. The record of it is on the disk before the approval is.
///
/// # Errors
/// `no-writes` where agents should be allowed what the skill does not do.
pub(crate) fn keep(
    host: &Host,
    open: &OpenSkill,
    who: &str,
    for_agents: bool,
) -> Result<(), RunError> {
    if let Some(error) = ceiling::refusal(host, open) {
        return Err(error);
    }
    let authority = SkillAuthority::of(open, &host.policy);
    let writes = authority
        .plugins
        .values()
        .flat_map(|it| it.operations.values());
    if for_agents && writes.copied().all(|effect| effect == Effect::Read) {
        return Err(RunError::NoWrites {
            skill: open.name().to_owned(),
        });
    }
    let who = display_safe(who, 80);
    let _held = host.approvals.lock()?;
    let before = host.approvals.find(&authority).map(|(kept, _)| kept);
    let had = before.as_ref().is_some_and(|kept| kept.agents.is_some());
    host.audit.append(&[Entry::Approved {
        skill: open.name(),
        authority: authority.hash().to_string(),
        who: who.clone(),
        agents: (for_agents || had).then_some(for_agents),
    }])?;
    host.audit.sync()?;
    let time = crate::time::now();
    let allowed = AgentsAllowed {
        who: who.clone(),
        time: time.clone(),
    };
    let agents = for_agents.then_some(allowed);
    match before {
        None => host.approvals.keep(&Kept {
            who,
            time,
            authority,
            agents,
        }),
        // Runs go on under the file that is there.
        Some(_) if had == for_agents => Ok(()),
        Some(before) => host.approvals.replace(&Kept { agents, ..before }),
    }
}
