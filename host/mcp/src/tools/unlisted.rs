//! Tools that there are not. An agent that somebody talked into sending data away tries them: a plugin's operation that
//! the skill does not list, a tool of a skill that is not open, a name that it made up. Each try is in the log.

use remit_policy::display_safe;
use rmcp::ErrorData;
use rmcp::model::{CallToolRequestParams, CallToolResponse};
use serde_json::Value;

use super::Opened;
use super::open::recorded;
use crate::client::Client;
use crate::error::{McpError, Told};
use crate::{names, result};

/// Characters of a name that are shown.
const MAX_NAME: usize = 80;

/// Answers a call of a tool that is not among those of the open skills.
pub(super) async fn call(
    client: &Client,
    mut request: CallToolRequestParams,
) -> Result<CallToolResponse, ErrorData> {
    let name = display_safe(&request.name, MAX_NAME);
    for opened in client.open() {
        let Some((plugin, operation)) = operation(&opened, &request.name) else {
            continue;
        };
        let session = match opened.session(client).await {
            Ok(session) => session,
            Err(error) => return Ok(result::refused(&error).into()),
        };
        // The session refuses what the skill does not list, and records that.
        let input = Value::Object(request.arguments.take().unwrap_or_default());
        let call = session.call(&plugin, &operation, &input, None, None).await;
        let Err(error) = call.result else {
            return Err(ErrorData::internal_error(
                "what the skill does not list was called",
                None,
            ));
        };
        return Ok(result::told(&Told::from(&error), None).into());
    }
    // What looks like a tool of a skill that is not open: a model can do something about that.
    let served = client.server().catalog().of_tool(&request.name);
    if let Some(served) = served.filter(|served| client.opened(&served.name).is_none()) {
        let told = client.problem(&served.name).unwrap_or_else(|| {
            Told::from(&McpError::NotOpen {
                skill: served.name.clone(),
            })
        });
        in_run(client, &name, &told).await?;
        return Ok(result::told(&told, None).into());
    }
    let unknown = McpError::ToolUnknown { name: name.clone() };
    in_run(client, &name, &Told::from(&unknown)).await?;
    Err(ErrorData::invalid_params(
        format!("unknown tool: {name}"),
        None,
    ))
}

/// The operation that a tool's name stands for, among those that the skill does not give to agents.
fn operation(opened: &Opened, name: &str) -> Option<(String, String)> {
    let prefix = &opened.served().prefix;
    opened.skill().plugins().iter().find_map(|plugin| {
        let operations = plugin.description.operations.iter();
        let named = |operation: &str| names::tool(prefix, &format!("{}_{operation}", plugin.alias));
        let found = operations.map(|it| &it.name).find(|it| named(it) == name)?;
        Some((plugin.alias.clone(), found.clone()))
    })
}

/// Records a try, in the run of the skill where only one is open.
async fn in_run(client: &Client, name: &str, why: &Told) -> Result<(), ErrorData> {
    let failed = |error: McpError| ErrorData::internal_error(error.to_string(), None);
    let host = client.host().await.map_err(failed)?;
    let open = client.open();
    let run = match open.as_slice() {
        [only] => only.run().await,
        _ => None,
    };
    let what = format!("the tool {name}");
    recorded(&host, client, run.as_deref(), &what, why).map_err(failed)
}
