//! What MCP's public conformance suite asks of a server's tools, as one plugin.
//!
//! The suite calls tools by fixed names and looks at the kind of what comes back: a text, an image, an error, a
//! question to a person. An operation stands here for each that a plugin of Remit's can give, under the suite's name
//! without its `test_`, which the skill's name supplies. docs/mcp.md says which it cannot, and why.

mod media;
mod schema;

use remit_plugin::{Fault, Operation, Plugin, log};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::media::{Audio, Document, Image, Mixed};

/// No arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Message {
    /// What to say.
    message: String,
}

#[derive(Serialize, JsonSchema)]
struct Said {
    text: String,
}

fn say(text: &str) -> Result<Said, Fault> {
    Ok(Said {
        text: text.to_string(),
    })
}

fn simple(_: Nothing) -> Result<Said, Fault> {
    say("This is a simple text response for testing.")
}

fn fail(_: Nothing) -> Result<Said, Fault> {
    Err(Fault::unavailable(
        "This tool intentionally returns an error for testing",
    ))
}

fn logged(_: Nothing) -> Result<Said, Fault> {
    log::info("Tool execution started");
    log::info("Tool processing data");
    log::info("Tool execution completed");
    say("Three lines were logged.")
}

/// A write: the host asks a person before it comes here.
fn written(_: Nothing) -> Result<Said, Fault> {
    say("A person allowed this.")
}

fn told(input: Message) -> Result<Said, Fault> {
    say(&format!("A person allowed this: {}", input.message))
}

fn contact(input: schema::Contact) -> Result<Said, Fault> {
    say(&format!("{} is known.", input.name.unwrap_or_default()))
}

/// The suite's tools of this name change nothing; they are writes here since that is when Remit asks a person.
fn asking(name: &str) -> Operation {
    Operation::write(name, "Does nothing, once a person allowed it", written)
}

fn plugin() -> Plugin {
    Plugin::new(
        "conformance",
        env!("CARGO_PKG_VERSION"),
        "Returns what MCP's conformance suite asks for",
    )
    .operation(Operation::read("simple_text", "Returns a text", simple))
    .operation(Operation::read("error_handling", "Always fails", fail))
    .operation(Operation::read(
        "image_content",
        "Returns an image",
        |_: Nothing| Ok(Image::pixel()),
    ))
    .operation(Operation::read(
        "audio_content",
        "Returns a sound",
        |_: Nothing| Ok(Audio::silence()),
    ))
    .operation(Operation::read(
        "embedded_resource",
        "Returns a document",
        |_: Nothing| Ok(Document::empty()),
    ))
    .operation(Operation::read(
        "multiple_content_types",
        "Returns a text, an image and a document",
        |_: Nothing| Ok(Mixed::all()),
    ))
    .operation(Operation::read(
        "tool_with_logging",
        "Logs three lines",
        logged,
    ))
    .operation(Operation::read("logging_tool", "Logs three lines", logged))
    .operation(Operation::read(
        "json_schema_2020_12_tool",
        "Takes an input whose schema uses much of JSON Schema",
        contact,
    ))
    .operation(Operation::write(
        "elicitation",
        "Says a message, once a person allowed it",
        told,
    ))
    .operation(asking("streaming_elicitation"))
    .operation(asking("input_required_result_elicitation"))
    .operation(asking("input_required_result_request_state"))
    .operation(asking("input_required_result_tampered_state"))
    .operation(asking("input_required_result_multi_round"))
}

remit_plugin::export!(plugin);
