//! The tools: the operations of the skills that are open, and Remit's own.

mod open;
mod opened;
mod operation;
mod procedure;
mod ready;
mod run;
mod schema;
mod unlisted;

pub(crate) use opened::Opened;
pub(crate) use procedure::word;
pub(crate) use ready::{Media, Operation, Ready};

use remit_policy::display_safe;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ListToolsResult, PaginatedRequestParams,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::ready::Does;
use crate::client::Client;
use crate::error::McpError;
use crate::names;
use crate::page::page;

/// `tools/list`.
pub(crate) async fn list(
    client: &Client,
    params: Option<PaginatedRequestParams>,
) -> Result<ListToolsResult, ErrorData> {
    open::start(client).await;
    let cursor = params.and_then(|params| params.cursor);
    let mut all = Vec::from_iter(open::tool(client));
    for opened in client.open() {
        all.extend(opened.ready().tools.iter().map(|entry| entry.tool.clone()));
    }
    let (tools, next_cursor) = page(all, |tool| &tool.name, cursor.as_deref())?;
    let mut result = ListToolsResult::with_all_items(tools);
    result.next_cursor = next_cursor;
    Ok(result)
}

/// `tools/call`.
pub(crate) async fn call(
    client: &Client,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let _admitted = client.admit()?;
    client.count_call();
    open::start(client).await;
    if request.name == names::OPEN_SKILL {
        return Ok(Box::pin(open::call(client, request)).await.into());
    }
    for opened in client.open() {
        let tools = &opened.ready().tools;
        let Some(entry) = tools.iter().find(|entry| entry.tool.name == request.name) else {
            continue;
        };
        return match &entry.does {
            Does::Operation(operation) => {
                operation::call(client, request, &context, &opened, operation).await
            }
            Does::Procedure(what) => {
                Box::pin(procedure::call(client, request, &context, &opened, *what)).await
            }
        };
    }
    unlisted::call(client, request).await
}

/// The arguments of a tool of Remit's own.
fn arguments<T: DeserializeOwned>(request: &mut CallToolRequestParams) -> Result<T, McpError> {
    let arguments = Value::Object(request.arguments.take().unwrap_or_default());
    serde_json::from_value(arguments).map_err(|error| McpError::Arguments {
        tool: display_safe(&request.name, 80),
        message: display_safe(&error.to_string(), 300),
    })
}
