//! A question that goes out while the call waits: the old era's elicitation.

use async_trait::async_trait;
use remit_run::{Answer, Approver, ConsentCall, ConsentNeeded, Question};
use rmcp::RoleServer;
use rmcp::model::{ClientResult, ElicitRequest, ServerRequest};
use rmcp::service::{PeerRequestOptions, RequestContext};

use super::answer::{Answered, read};
use super::state::TO_ANSWER;
use super::{form, name_of, question};
use crate::client::Client;

/// Puts a question and waits for its answer: at most ten minutes, and no longer than the call lives. A question that
/// nobody waits for any more is taken back.
pub(super) async fn elicit(context: &RequestContext<RoleServer>, message: String) -> Answered {
    let Some(params) = form(message) else {
        return Answered::No("the question could not be put");
    };
    let request = ServerRequest::ElicitRequest(ElicitRequest::new(params));
    let late = tokio::time::sleep(TO_ANSWER);
    tokio::pin!(late);
    let sent = context
        .peer
        .send_request_with_option(request, PeerRequestOptions::no_options());
    // A client that reads nothing could hold this too.
    let sent = tokio::select! {
        sent = sent => sent,
        () = context.ct.cancelled() => return Answered::No("the call was cancelled"),
        () = &mut late => return Answered::No("nobody answered within ten minutes"),
    };
    let Ok(mut waiting) = sent else {
        return Answered::No("the question did not reach the client");
    };
    let why = tokio::select! {
        answer = &mut waiting.rx => {
            return match answer {
                Ok(Ok(ClientResult::ElicitResult(result))) => match serde_json::to_value(&result) {
                    Ok(result) => read(&result),
                    Err(_) => Answered::No("the answer cannot be read"),
                },
                Ok(Ok(_)) => Answered::No("the answer is none to the question"),
                Ok(Err(_)) => Answered::No("the client did not put the question"),
                Err(_) => Answered::No("the client is gone"),
            };
        }
        () = context.ct.cancelled() => "the call was cancelled",
        () = &mut late => "nobody answered within ten minutes",
    };
    // Bounded, since the client may not read any more.
    let back = waiting.cancel(Some(why.to_owned()));
    let _ = tokio::time::timeout(std::time::Duration::from_secs(1), back).await;
    Answered::No(why)
}

/// Asks the client's person while a whole procedure runs.
pub(super) struct Asker {
    client: Client,
    context: RequestContext<RoleServer>,
    skill: String,
}

impl Asker {
    pub(super) fn new(client: &Client, context: &RequestContext<RoleServer>, skill: &str) -> Self {
        Self {
            client: client.clone(),
            context: context.clone(),
            skill: skill.to_owned(),
        }
    }
}

#[async_trait]
impl Approver for Asker {
    /// Only about calls and steps: that a skill may run at all is never asked through an agent's client.
    async fn ask(&self, asked: Question) -> Answer {
        let text = match asked {
            Question::Call {
                step,
                why,
                plugin,
                operation,
                effect,
                arguments,
                digest,
            } => {
                let about = match why {
                    Some(why) => format!("step {step}: {why}"),
                    None => format!("step {step}"),
                };
                let call = ConsentCall {
                    plugin,
                    operation,
                    effect,
                    arguments,
                };
                let needed = ConsentNeeded {
                    about,
                    calls: vec![call],
                    digest,
                };
                question::text(&name_of(&self.client), &self.skill, &needed)
            }
            Question::Step {
                id,
                why,
                does,
                with,
            } => question::step_text(
                &name_of(&self.client),
                &self.skill,
                &format!("step {id} ({does}): {why}"),
                with.as_deref(),
            ),
            _ => return Answer::No,
        };
        let Ok(text) = text else { return Answer::No };
        let seal = self.client.server().seal();
        let Some(_out) = seal.put(self.client.id()) else {
            return Answer::No;
        };
        match elicit(&self.context, text).await {
            Answered::Yes => Answer::Once,
            Answered::No(_) => Answer::No,
        }
    }
}
