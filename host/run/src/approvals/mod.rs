//! What a person has approved, and what must be asked.

mod authority;
mod changes;
mod list;
mod standing;
mod store;

use async_trait::async_trait;
use remit_policy::display_safe;
use serde::Serialize;

pub(crate) use authority::{SkillAuthority, callable, grant_needs_approval};
pub use changes::{Change, ChangeKind};
pub use list::{ApprovedPlugin, KeptApproval, KeptApprovals, OddFile};
pub(crate) use list::{list, revoke};
pub(crate) use standing::Standing;
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

/// Keeps a person's approval. The record of it is on the disk before the approval is.
pub(crate) fn keep(host: &Host, open: &OpenSkill, who: &str) -> Result<(), RunError> {
    if let Some(error) = ceiling::refusal(host, open) {
        return Err(error);
    }
    let authority = SkillAuthority::of(open, &host.policy);
    let who = display_safe(who, 80);
    let _held = host.approvals.lock()?;
    host.audit.append(&[Entry::Approved {
        skill: open.name(),
        authority: authority.hash().to_string(),
        who: who.clone(),
    }])?;
    host.audit.sync()?;
    // Runs go on under the file that is there: another in its place would look to them like a withdrawal.
    if host.approvals.find(&authority).is_some() {
        return Ok(());
    }
    host.approvals.keep(&Kept {
        who,
        time: crate::time::now(),
        authority,
    })
}
