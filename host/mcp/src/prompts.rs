//! A prompt for each served skill: what it is for, the inputs, and SKILL.md.

use std::collections::BTreeMap;

use remit_package::{SKILL_FILE, Skill};
use remit_policy::display_safe;
use remit_run::{InputValue, RunError, resolve_inputs};
use rmcp::ErrorData;
use rmcp::model::{
    ContentBlock, GetPromptRequestParams, GetPromptResponse, GetPromptResult, ListPromptsResult,
    PaginatedRequestParams, Prompt, PromptArgument, PromptMessage, ResourceContents, Role,
};
use serde_json::{Map, Value, json};

use crate::catalog::Served;
use crate::client::Client;
use crate::error::McpError;
use crate::names;
use crate::page::page;
use crate::resources::{self, skill};

/// Characters of a description.
const MAX_DESCRIPTION: usize = 1_024;

/// The largest arguments that are read, as JSON. They go into the prompt.
const MAX_ARGUMENTS: usize = 64 << 10;

/// `prompts/list`.
pub(crate) async fn list(
    client: &Client,
    params: Option<PaginatedRequestParams>,
) -> Result<ListPromptsResult, ErrorData> {
    let _in = client.admit()?;
    let mut all = Vec::new();
    for served in client.server().catalog().skills() {
        // One that cannot be read has no prompt.
        if let Ok(known) = skill::known(client, served).await {
            all.push(prompt(&known));
        }
    }
    let cursor = params.and_then(|params| params.cursor);
    let (prompts, next_cursor) = page(all, |it| &it.name, cursor.as_deref())?;
    let mut result = ListPromptsResult::with_all_items(prompts);
    result.next_cursor = next_cursor;
    Ok(result)
}

/// `prompts/get`.
pub(crate) async fn get(
    client: &Client,
    params: GetPromptRequestParams,
) -> Result<GetPromptResponse, ErrorData> {
    let _in = client.admit()?;
    let served = client.server().catalog().find(&params.name);
    let served = served.map_err(|error| invalid(&error))?;
    let known = skill::known(client, served).await;
    let known = known.map_err(|error| resources::fault(&error, ""))?;
    let inputs = inputs(&known, params.arguments.unwrap_or_default());
    let inputs = inputs.map_err(|error| invalid(&error))?;
    let description = display_safe(&known.doc.description, MAX_DESCRIPTION);
    let text = text(served, &known, &inputs);
    let max = skill::MAX_FILE;
    let read = resources::blocking(move || known.read_file(SKILL_FILE, max)).await;
    let read = read.map_err(|error| resources::fault(&error, ""))?;
    let uri = skill::uri(&served.name, SKILL_FILE);
    let changed = |_| {
        let error = McpError::ResourceChanged { uri: uri.clone() };
        resources::fault(&error, &uri)
    };
    let doc = read.map_err(changed)?;
    let doc = String::from_utf8_lossy(&doc).into_owned();
    let doc = ResourceContents::text(doc, uri).with_mime_type("text/markdown");
    let messages = vec![
        PromptMessage::new_text(Role::User, text),
        PromptMessage::new(Role::User, ContentBlock::resource(doc)),
    ];
    Ok(GetPromptResult::new(messages)
        .with_description(description)
        .into())
}

fn prompt(skill: &Skill) -> Prompt {
    let arguments = skill.manifest.inputs.iter().map(|(name, input)| {
        let mut argument = PromptArgument::new(name).with_required(input.default.is_none());
        if let Some(description) = &input.description {
            argument = argument.with_description(display_safe(description, MAX_DESCRIPTION));
        }
        argument
    });
    Prompt::new(
        &skill.name,
        Some(display_safe(&skill.doc.description, MAX_DESCRIPTION)),
        Some(arguments.collect()),
    )
}

/// The inputs of a run with these arguments: texts are read as the command line's are, by the types that the skill says.
fn inputs(skill: &Skill, arguments: Map<String, Value>) -> Result<Map<String, Value>, McpError> {
    let bytes = serde_json::to_vec(&arguments).map_or(usize::MAX, |json| json.len());
    if bytes > MAX_ARGUMENTS {
        return Err(McpError::Arguments {
            tool: display_safe(&skill.name, 80),
            message: format!("they have {bytes} bytes, and {MAX_ARGUMENTS} are the most"),
        });
    }
    let arguments = arguments.into_iter().map(|(name, value)| {
        let value = match value {
            Value::String(text) => InputValue::Text(text),
            value => InputValue::Json(value),
        };
        (name, value)
    });
    let arguments: BTreeMap<_, _> = arguments.collect();
    resolve_inputs(&skill.manifest.inputs, &arguments).map_err(|error: RunError| error.into())
}

/// What the agent is to do, in Remit's own words; the skill's follow as a resource.
fn text(served: &Served, skill: &Skill, inputs: &Map<String, Value>) -> String {
    let mut text = format!(
        "Do what the skill `{}` says; its SKILL.md follows. Its tools are served by Remit: ",
        display_safe(&skill.name, 80)
    );
    let next = names::tool(&served.prefix, "procedure_next");
    let open = json!({ "skill": skill.name, "inputs": inputs });
    text.push_str(&format!(
        "open it with {} and {open}, and {next} says each next step.\n",
        names::OPEN_SKILL
    ));
    if !inputs.is_empty() {
        let pretty = serde_json::to_string_pretty(inputs).unwrap_or_default();
        text.push_str("\nThe inputs:\n");
        text.push_str(&crate::frame::visible(pretty));
        text.push('\n');
    }
    text
}

fn invalid(error: &McpError) -> ErrorData {
    let data = json!({ "code": error.code(), "hint": error.hint() });
    ErrorData::invalid_params(display_safe(&error.to_string(), 2_000), Some(data))
}
