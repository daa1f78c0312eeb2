//! `remit approvals` and `remit revoke`: what has been approved, and taking it back.

use clap::ValueHint;

/// `remit approvals`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit approvals                        all that was approved here, the newest first
  remit approvals service-review         of one skill, each time that it was approved
  remit approvals --json | jq '.approvals[].plugins'

Each line of a grant is exactly what was approved. Below it stands whether that still covers the skill as it is now: the \
one that you name, or the one of that name under skills/. A file among the approvals that is damaged or not Remit's is \
named, and approves nothing. `remit revoke` withdraws; where agents write without asking (`remit approve --agents`), that \
ends with it.")]
pub struct ApprovalsArgs {
    /// Only those of this skill: its folder or its name
    #[arg(value_hint = ValueHint::DirPath)]
    pub skill: Option<String>,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

/// `remit revoke`
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  remit revoke service-review            every approval of the skill, also of what it was earlier
  remit revoke sha256:1f9b479c           one approval, by the beginning of its hash in `remit approvals`
  remit revoke --all --yes               every approval, without asking

The withdrawal is recorded in the audit log before it takes effect. A run that goes on under the approval, in whatever \
process, is denied its next request, file or secret, and ends with exit status 3; the next run asks again. A skill that \
needs no approval has none to withdraw, and a run with --approve was approved for itself: end it with Ctrl-C. To stop a \
skill of either kind for good, forbid what it uses in policy.toml.")]
pub struct RevokeArgs {
    /// The skill, by its folder or name, or the hash of one approval
    #[arg(
        value_name = "SKILL|HASH",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub what: Option<String>,
    /// Withdraw every approval
    #[arg(long)]
    pub all: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Print one JSON document on stdout instead of text
    #[arg(long)]
    pub json: bool,
}
