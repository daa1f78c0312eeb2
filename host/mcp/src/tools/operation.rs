//! Calling an operation of a plugin.

use remit_run::Cancel;
use rmcp::model::{CallToolRequestParams, CallToolResponse};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::Value;

use super::{Opened, Operation};
use crate::client::{Client, Work};
use crate::consent::{self, Asked};
use crate::error::Told;
use crate::{logging, result};

/// Asks whoever must be asked, calls, and frames what comes back.
pub(super) async fn call(
    client: &Client,
    mut request: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
    opened: &Opened,
    operation: &Operation,
) -> Result<CallToolResponse, ErrorData> {
    let session = match opened.session(client).await {
        Ok(session) => session,
        Err(error) => return Ok(result::refused(&error).into()),
    };
    let input = Value::Object(request.arguments.take().unwrap_or_default());
    let (plugin, name) = (operation.plugin.as_str(), operation.operation.as_str());
    let consent = match session.question(plugin, name, &input) {
        Ok(None) => None,
        Ok(Some(needed)) => {
            match consent::ask(&session, client, context, &needed, &request).await {
                Asked::Consent(consent) => Some(consent),
                Asked::Input(question) => return Ok(question.into()),
                Asked::No(refused) => return Ok(refused.into()),
                Asked::Fault(fault) => return Err(fault),
            }
        }
        Err(error) => return Ok(result::told(&Told::from(&error), None).into()),
    };
    let turn = client.turn(context, Work::Call).await?;
    let cancel = Cancel::new();
    let call = session.call(plugin, name, &input, consent, Some(cancel.clone()));
    let call = client.cancelling(context, &cancel, call).await;
    drop(turn);
    if !call.log.is_empty() {
        let logger = format!("{}/{plugin}", opened.name());
        logging::tell(client, context, &logger, &call.log).await;
    }
    let most = client.server().max_result();
    Ok(result::of_call(call, operation, session.id(), most).into())
}
