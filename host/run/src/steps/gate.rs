//! Where a person's yes is needed: for the skill, and for steps that ask.

use std::sync::Arc;

use remit_policy::display_safe;

use super::Run;
use crate::approvals::{self, Answer, Approval, Question, Standing};
use crate::audit::Entry;
use crate::card;
use crate::ceiling;
use crate::error::RunError;
use crate::host::Host;
use crate::options::RunOptions;
use crate::skill::OpenSkill;

fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::No => "no",
        Answer::Once => "once",
        Answer::Keep => "keep",
    }
}

/// How the skill is approved, as run.json says it, and the kept approval that the run goes on under; an error if it is
/// not.
pub(super) async fn skill(
    host: &Host,
    open: &OpenSkill,
    options: &RunOptions,
) -> Result<(&'static str, Option<Arc<Standing>>), RunError> {
    if let Some(error) = ceiling::refusal(host, open) {
        return Err(error);
    }
    let (state, standing) = approvals::state_and_standing(host, open);
    let (why, changes) = match state {
        Approval::NotNeeded => return Ok(("not-needed", None)),
        // A yes for this very run holds whatever becomes of a kept one.
        _ if options.approve => return Ok(("this-run", None)),
        Approval::Approved { .. } => return Ok(("kept", standing.map(Arc::new))),
        Approval::Needed { why, changes } => (why, changes),
        Approval::Forbidden { why } => (why, Vec::new()),
    };
    let answer = match &options.approver {
        Some(approver) => {
            let card = Box::new(card::of_skill(host, open));
            let answer = approver.ask(Question::Skill { card, changes }).await;
            let about = format!("skill {}", open.name());
            host.audit.append(&[Entry::Asked {
                run: None,
                about,
                answer: word(answer),
            }])?;
            answer
        }
        None => Answer::No,
    };
    match answer {
        Answer::Keep => {
            approvals::keep(host, open, "asked at a run")?;
            let (_, standing) = approvals::state_and_standing(host, open);
            Ok(("asked", standing.map(Arc::new)))
        }
        Answer::Once => Ok(("asked", None)),
        Answer::No => {
            let what = format!("the skill {}", open.name());
            host.audit.append(&[Entry::Refused {
                run: None,
                step: None,
                what: what.clone(),
                code: "not-approved",
                reason: display_safe(&why.join("; "), 1000),
            }])?;
            let folder = open.folder().display();
            let hint = format!(
                "add --approve to allow it for this run, or keep it with `remit approve {folder}`"
            );
            Err(RunError::NotApproved { what, hint })
        }
    }
}

impl Run<'_> {
    /// Asks before a step that says why. A person who is there is asked; `--approve` answers where nobody is.
    pub(super) async fn ask_step(
        &self,
        id: &str,
        why: &str,
        does: &str,
        with: Option<String>,
    ) -> Result<(), RunError> {
        let answer = match &self.options.approver {
            Some(approver) => {
                let question = Question::Step {
                    id: id.to_owned(),
                    why: display_safe(why, 400),
                    does: does.to_owned(),
                    with: with.map(|with| display_safe(&with, 4000)),
                };
                approver.ask(question).await
            }
            None if self.options.approve => Answer::Once,
            None => Answer::No,
        };
        let about = format!("step {id}");
        self.host.audit.append(&[Entry::Asked {
            run: Some(&self.id),
            about: about.clone(),
            answer: word(answer),
        }])?;
        if answer == Answer::No {
            let hint = "run it in a terminal to be asked, or with --approve".to_owned();
            return Err(RunError::NotApproved { what: about, hint });
        }
        Ok(())
    }
}
