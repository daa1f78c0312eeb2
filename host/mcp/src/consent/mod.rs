//! Asking a person, through the client: by elicitation in the old era, by `input_required` in the new.
//!
//! A yes is for exactly the calls that were shown: it is bound to the digest over them, which remit-run compares before
//! anything is done. Whatever else is answered, or cannot be asked, is recorded as a no, and nothing runs.

mod answer;
mod asker;
mod question;
mod state;

use std::sync::Arc;

use remit_run::{AgentSession, Approver, Consent, ConsentNeeded};
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ElicitRequest, ElicitRequestParams,
    ElicitationSchema, InputRequest, InputRequests, InputRequiredResult, ProtocolVersion,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::json;

use crate::client::Client;
use crate::error::McpError;
use crate::result;

use answer::{Answered, read};
pub(crate) use state::Seal;
use state::{Bound, Unfit};

/// The key of our question among a request's input requests, and of its answer.
const KEY: &str = "allow";

/// What came of asking.
pub(crate) enum Asked {
    /// A person said yes to exactly this.
    Consent(Consent),
    /// The client is to ask, and to call again with the answer.
    Input(InputRequiredResult),
    /// No, or nobody could be asked: what the tool answers.
    No(CallToolResult),
    /// The request itself is not one that this server asked for.
    Fault(ErrorData),
}

/// Why there is no yes.
enum No {
    /// What the tool answers, and what the log says.
    Refused(McpError),
    /// The state is not ours. That is a fault of the protocol, and not of the call.
    Forged(McpError),
}

/// Asks a person for what is needed, or takes the answer that came with the request. Whatever is answered is recorded.
pub(crate) async fn ask(
    session: &AgentSession,
    client: &Client,
    context: &RequestContext<RoleServer>,
    needed: &ConsentNeeded,
    request: &CallToolRequestParams,
) -> Asked {
    let asked = if is_new_era(context) {
        by_input(session, client, context, needed, request)
    } else {
        by_elicitation(session, client, context, needed).await
    };
    let no = match asked {
        Ok(asked) => return asked,
        Err(no) => no,
    };
    let (No::Refused(error) | No::Forged(error)) = &no;
    if let Err(error) = session.declined(needed, &why(error)) {
        // What cannot be recorded is not answered as if it were.
        return Asked::No(result::refused(&McpError::Run(error)));
    }
    match no {
        No::Refused(error) => Asked::No(result::refused(&error)),
        No::Forged(error) => {
            let data = json!({ "code": error.code(), "hint": error.hint() });
            Asked::Fault(ErrorData::invalid_params(error.to_string(), Some(data)))
        }
    }
}

/// Who is asked while a whole procedure runs: in the old era the client, one by one; in the new era nobody, since a run
/// cannot stop to ask.
pub(crate) fn approver(
    client: &Client,
    context: &RequestContext<RoleServer>,
    skill: &str,
) -> Option<Arc<dyn Approver>> {
    if is_new_era(context) || !can_ask(context) {
        return None;
    }
    Some(Arc::new(asker::Asker::new(client, context, skill)))
}

/// The new era has no requests from the server: it answers that input is required.
fn is_new_era(context: &RequestContext<RoleServer>) -> bool {
    let version = context.protocol_version();
    version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

/// Whether the client says that it can show a form. One that says nothing of modes means forms.
fn can_ask(context: &RequestContext<RoleServer>) -> bool {
    let elicitation = |said: ClientCapabilities| said.elicitation;
    let said = context.client_capabilities().and_then(elicitation);
    said.is_some_and(|said| said.form.is_some() || said.url.is_none())
}

/// The old era: a request of our own, while the call waits.
async fn by_elicitation(
    session: &AgentSession,
    client: &Client,
    context: &RequestContext<RoleServer>,
    needed: &ConsentNeeded,
) -> Result<Asked, No> {
    let question = question(session, client, context, needed)?;
    let seal = client.server().seal();
    let _out = seal.put(client.id()).ok_or(No::Refused(McpError::Busy {
        what: "questions to the person at this client",
    }))?;
    let answered = asker::elicit(context, question).await;
    yes(client, needed, answered).map(Asked::Consent)
}

/// The new era: the client asks, and calls again.
fn by_input(
    session: &AgentSession,
    client: &Client,
    context: &RequestContext<RoleServer>,
    needed: &ConsentNeeded,
    request: &CallToolRequestParams,
) -> Result<Asked, No> {
    let bound = Bound {
        client: client.id(),
        session: session.id(),
        tool: &request.name,
        digest: &needed.digest,
    };
    if let Some(state) = &request.request_state {
        let stale = |unfit: Unfit| McpError::ConsentStale {
            about: needed.about.clone(),
            why: unfit.why(),
        };
        client
            .server()
            .seal()
            .open(state, bound)
            .map_err(|unfit| match unfit {
                Unfit::Forged => No::Forged(stale(unfit)),
                unfit => No::Refused(stale(unfit)),
            })?;
        let answer = request
            .input_responses
            .as_ref()
            .and_then(|all| all.get(KEY));
        // Answers to what was not asked are nobody's; without ours, it is asked again.
        if let Some(answer) = answer {
            return yes(client, needed, read(answer)).map(Asked::Consent);
        }
    }
    let message = question(session, client, context, needed)?;
    let params = form(message).ok_or_else(|| impossible(needed))?;
    let state = client
        .server()
        .seal()
        .seal(bound)
        .ok_or_else(|| impossible(needed))?;
    let ask = InputRequest::Elicitation(ElicitRequest::new(params));
    let requests = InputRequests::from([(KEY.to_owned(), ask)]);
    Ok(Asked::Input(InputRequiredResult::new(
        Some(requests),
        Some(state),
    )))
}

/// The question's text, if this client can put it.
fn question(
    session: &AgentSession,
    client: &Client,
    context: &RequestContext<RoleServer>,
    needed: &ConsentNeeded,
) -> Result<String, No> {
    if !can_ask(context) {
        return Err(impossible(needed));
    }
    question::text(&name_of(client), session.skill().name(), needed).map_err(|chars| {
        No::Refused(McpError::ConsentTooLong {
            about: needed.about.clone(),
            chars,
        })
    })
}

fn impossible(needed: &ConsentNeeded) -> No {
    No::Refused(McpError::ConsentImpossible {
        about: needed.about.clone(),
    })
}

fn yes(client: &Client, needed: &ConsentNeeded, answered: Answered) -> Result<Consent, No> {
    match answered {
        Answered::Yes => Ok(Consent::of(
            needed,
            &format!("a person at {}", name_of(client)),
        )),
        Answered::No(why) => Err(No::Refused(McpError::ConsentDeclined {
            about: needed.about.clone(),
            why: why.to_owned(),
        })),
    }
}

/// What the log says of a no; what it is about is in the record.
fn why(error: &McpError) -> String {
    match error {
        McpError::ConsentImpossible { .. } => "this client cannot ask".to_owned(),
        McpError::ConsentDeclined { why, .. } => why.clone(),
        McpError::ConsentStale { why, .. } => (*why).to_owned(),
        McpError::ConsentTooLong { chars, .. } => {
            format!("{chars} characters are too long to be asked")
        }
        error => error.to_string(),
    }
}

/// What the client says of itself.
fn name_of(client: &Client) -> String {
    let agent = client.agent();
    format!("{} {}", agent.client, agent.version)
        .trim_end()
        .to_owned()
}

/// A form of one box that is not ticked.
fn form(message: String) -> Option<ElicitRequestParams> {
    let schema = ElicitationSchema::builder()
        .required_bool_property(KEY, |allow| {
            allow
                .title("Allow this")
                .description("Yes lets it happen, once. Anything else does not.")
        })
        .build();
    Some(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message,
        requested_schema: schema.ok()?,
    })
}
