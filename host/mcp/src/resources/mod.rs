//! What can be read: the skills' files, and what this client's runs left. Nothing else has an address.

pub(crate) mod mime;
pub(crate) mod run;
pub(crate) mod skill;
mod uri;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use remit_policy::display_safe;
use rmcp::ErrorData;
use rmcp::model::{
    JsonObject, ListResourceTemplatesResult, ListResourcesResult, MetaObject,
    PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult,
    Resource, ResourceContents, ResourceTemplate,
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

pub(crate) use uri::{Scheme, Uri};

use crate::client::Client;
use crate::error::McpError;
use crate::page::page;

/// Files and folders that are read at once, of all clients: each may be megabytes.
static READS: Semaphore = Semaphore::const_new(4);

/// The templates of addresses. A path keeps its slashes.
pub(crate) const SKILL_TEMPLATE: &str = "skill://{skill}/{+path}";
pub(crate) const RUN_TEMPLATE: &str = "run://{run}/{+path}";
pub(crate) const CALL_TEMPLATE: &str = "run://{run}/calls/{number}.json";

/// `resources/list`.
pub(crate) async fn list(
    client: &Client,
    params: Option<PaginatedRequestParams>,
) -> Result<ListResourcesResult, ErrorData> {
    let _in = client.admit()?;
    let mut all: Vec<Resource> = Vec::new();
    for served in client.server().catalog().skills() {
        // One that cannot be read takes no other down; opening it says why.
        if let Ok(known) = skill::known(client, served).await {
            all.extend(skill::list(&known));
        }
    }
    all.extend(run::list(client).await.map_err(|error| fault(&error, ""))?);
    let cursor = params.and_then(|params| params.cursor);
    let (resources, next_cursor) = page(all, |it| &it.uri, cursor.as_deref())?;
    let mut result = ListResourcesResult::with_all_items(resources);
    result.next_cursor = next_cursor;
    Ok(result)
}

/// `resources/templates/list`.
pub(crate) async fn list_templates(
    _client: &Client,
    params: Option<PaginatedRequestParams>,
) -> Result<ListResourceTemplatesResult, ErrorData> {
    let all = vec![
        ResourceTemplate::new(SKILL_TEMPLATE, "skill file")
            .with_description("A file of a skill that is served here, such as SKILL.md"),
        ResourceTemplate::new(RUN_TEMPLATE, "run file")
            .with_description("What a run of yours left: run.json, or the path of an output"),
        ResourceTemplate::new(CALL_TEMPLATE, "call")
            .with_description("A call that you made: its arguments, and its whole result")
            .with_mime_type("application/json"),
    ];
    let cursor = params.and_then(|params| params.cursor);
    let (templates, next_cursor) = page(all, |it| &it.uri_template, cursor.as_deref())?;
    let mut result = ListResourceTemplatesResult::with_all_items(templates);
    result.next_cursor = next_cursor;
    Ok(result)
}

/// `resources/read`.
pub(crate) async fn read(
    client: &Client,
    params: ReadResourceRequestParams,
) -> Result<ReadResourceResponse, ErrorData> {
    let _in = client.admit()?;
    let read = match Uri::parse(&params.uri).filter(|uri| !uri.path.is_empty()) {
        Some(uri) if uri.scheme == Scheme::Skill => skill::read(client, uri).await,
        Some(uri) => run::read(client, uri).await,
        None => Err(McpError::ResourceUnknown {
            uri: display_safe(&params.uri, 300),
        }),
    };
    let contents = read.map_err(|error| fault(&error, &params.uri))?;
    Ok(ReadResourceResult::new(vec![contents]).into())
}

/// What is answered where there is nothing to read.
pub(crate) fn fault(error: &McpError, uri: &str) -> ErrorData {
    let mut data = json!({ "code": error.code(), "hint": error.hint() });
    if let Some(data) = data.as_object_mut().filter(|_| !uri.is_empty()) {
        data.insert("uri".to_owned(), uri.into());
    }
    let message = display_safe(&error.to_string(), 2_000);
    match error {
        // The new era has another number for it, which rmcp puts in.
        McpError::ResourceUnknown { .. } => ErrorData::resource_not_found(message, Some(data)),
        McpError::ResourceTooLarge { .. } => ErrorData::invalid_params(message, Some(data)),
        _ => ErrorData::internal_error(message, Some(data)),
    }
}

/// Does what waits for a disk on a thread that may wait.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, McpError> {
    // The semaphore is never closed.
    let _turn = READS.acquire().await;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| McpError::Io {
            what: "reading".to_owned(),
            source: std::io::Error::other(error),
        })
}

/// Text as text, and all else as base64.
fn contents(uri: &Uri, bytes: Vec<u8>, meta: MetaObject) -> ResourceContents {
    let mime = mime::of_name(&uri.path);
    let address = uri.to_string();
    let (contents, default) = match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => (ResourceContents::text(text, address), "text/plain"),
        Ok(text) => (
            ResourceContents::blob(STANDARD.encode(text), address),
            "application/octet-stream",
        ),
        Err(bytes) => (
            ResourceContents::blob(STANDARD.encode(bytes.as_bytes()), address),
            "application/octet-stream",
        ),
    };
    contents
        .with_mime_type(mime.unwrap_or(default))
        .with_meta(meta)
}

/// What stands beside a resource, under names of our own.
fn meta<const N: usize>(entries: [(&str, Value); N]) -> MetaObject {
    let entries = entries.map(|(name, value)| (name.to_owned(), value));
    MetaObject::from(entries.into_iter().collect::<JsonObject>())
}
