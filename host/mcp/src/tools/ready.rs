//! The tools of a skill, made once from its text and its lockfile's, and shared by all clients that have it open.

use std::sync::Arc;

use remit_package::StepKind;
use remit_policy::{Effect, Grant, display_safe};
use remit_run::{Host, OpenPlugin, OpenSkill};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

use super::schema;
use crate::catalog::Served;
use crate::error::McpError;
use crate::frame;
use crate::names::{self, Taken};

/// Characters of a tool's description.
const MAX_DESCRIPTION: usize = 1_024;

/// A skill, opened, with its tools.
pub(crate) struct Ready {
    /// The skill as it was read.
    pub(crate) skill: Arc<OpenSkill>,
    /// Operations in the order of skill.toml, then what there is for the procedure.
    pub(crate) tools: Vec<Entry>,
}

/// One tool.
pub(crate) struct Entry {
    /// What clients are told of it.
    pub(crate) tool: Tool,
    /// Whose it is: `mail.search of the skill weekly-report`.
    pub(crate) whose: String,
    /// What it does.
    pub(crate) does: Does,
}

/// What a tool does.
pub(crate) enum Does {
    /// Calls an operation.
    Operation(Operation),
    /// Something about the procedure.
    Procedure(Procedure),
}

/// An operation of a plugin.
pub(crate) struct Operation {
    /// The plugin's name in the skill.
    pub(crate) plugin: String,
    /// The operation's name.
    pub(crate) operation: String,
    /// What its results are said to be.
    pub(crate) source: String,
    /// The fields of its results that are images, sounds or documents.
    pub(crate) media: Vec<Media>,
}

/// A field of a result that is an image, a sound or a document, in base64.
pub(crate) struct Media {
    /// The field.
    pub(crate) field: String,
    /// `image/png`, `audio/wav`, `application/pdf`.
    pub(crate) mime: String,
}

/// What Remit itself can do about a procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Procedure {
    /// All of it, as it is written.
    Run,
    /// Says where it stands.
    Next,
    /// One step, as it is written.
    Step,
    /// Takes an output that the agent wrote.
    Output,
    /// Ends the session.
    Finish,
}

impl Procedure {
    const ALL: [Procedure; 5] = [
        Self::Run,
        Self::Next,
        Self::Step,
        Self::Output,
        Self::Finish,
    ];

    /// The tool's name without a prefix.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Run => "procedure_run",
            Self::Next => "procedure_next",
            Self::Step => "procedure_step",
            Self::Output => "procedure_output",
            Self::Finish => "procedure_finish",
        }
    }
}

impl Ready {
    /// Makes the tools of an open skill.
    ///
    /// # Errors
    /// If two would have the same name, or a schema hides something.
    pub(crate) fn new(
        host: &Host,
        served: &Served,
        skill: Arc<OpenSkill>,
    ) -> Result<Ready, McpError> {
        let mut tools = Vec::new();
        for plugin in skill.plugins() {
            let most = plugin.used.effect.min(host.policy().max_effect);
            for name in &plugin.used.operations {
                let described = plugin.description.operations.iter();
                let described = described.filter(|it| it.effect <= most);
                if let Some(operation) = described.into_iter().find(|it| it.name == *name) {
                    tools.push(operation_tool(served, plugin, operation)?);
                }
            }
        }
        tools.extend(procedure_tools(served, &skill));
        let mut taken = Taken::default();
        taken.take(names::OPEN_SKILL, "Remit's own open_skill")?;
        for entry in &tools {
            taken.take(&entry.tool.name, &entry.whose)?;
        }
        // The names of Remit's own are nobody else's where a skill has no procedure either.
        for what in Procedure::ALL {
            if !tools
                .iter()
                .any(|it| matches!(it.does, Does::Procedure(own) if own == what))
            {
                let name = names::tool(&served.prefix, what.name());
                taken.take(&name, &format!("Remit's own {}", what.name()))?;
            }
        }
        Ok(Ready { skill, tools })
    }

    /// Whether this is the same skill, with the same plugins that say the same, so that its tools are the same too.
    pub(crate) fn is(&self, other: &OpenSkill) -> bool {
        let same = |a: &OpenPlugin, b: &OpenPlugin| {
            a.component.digest == b.component.digest && a.said == b.said
        };
        let (ours, theirs) = (self.skill.plugins(), other.plugins());
        self.skill.skill().digest == other.skill().digest
            && self.skill.findings == other.findings
            && ours.len() == theirs.len()
            && ours.iter().zip(theirs).all(|(a, b)| same(a, b))
    }

    /// The name of the tool for an operation, as agents are told to call it.
    pub(crate) fn tool_of(&self, plugin: &str, operation: &str) -> Option<&str> {
        let found = self.tools.iter().find(|entry| match &entry.does {
            Does::Operation(it) => it.plugin == plugin && it.operation == operation,
            Does::Procedure(_) => false,
        });
        found.map(|entry| &*entry.tool.name)
    }

    /// The name of one of the procedure's tools.
    pub(crate) fn procedure(&self, what: Procedure) -> &str {
        let found = self
            .tools
            .iter()
            .find(|entry| matches!(entry.does, Does::Procedure(it) if it == what));
        found.map_or(what.name(), |entry| &*entry.tool.name)
    }
}

fn operation_tool(
    served: &Served,
    plugin: &OpenPlugin,
    operation: &remit_package::Operation,
) -> Result<Entry, McpError> {
    let alias = &plugin.alias;
    let whose = format!("{alias}.{} of the skill {}", operation.name, served.name);
    let name = names::tool(&served.prefix, &format!("{alias}_{}", operation.name));
    let asks = match operation.effect {
        Effect::Read => "",
        Effect::Write => " It writes: a person is asked first.",
        Effect::Destructive => " It is destructive: a person is asked first.",
    };
    let summary = display_safe(operation.summary.trim(), MAX_DESCRIPTION);
    let stop = if summary.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    let about = format!(
        "[plugin {alias} of the skill {}] {summary}{stop}{asks}",
        served.name
    );
    let annotations = ToolAnnotations::new()
        .read_only(operation.effect == Effect::Read)
        .destructive(operation.effect == Effect::Destructive)
        .idempotent(operation.effect == Effect::Read)
        .open_world(reaches_out(plugin));
    let mut tool = Tool::new(
        name,
        display_safe(&about, MAX_DESCRIPTION),
        schema::input(&whose, &operation.input_schema)?,
    )
    .with_title(format!("{}: {alias}.{}", served.name, operation.name))
    .with_annotations(annotations);
    tool.output_schema = Some(Arc::new(schema::output(&whose, &operation.output_schema)?));
    Ok(Entry {
        tool,
        whose,
        does: Does::Operation(Operation {
            plugin: alias.clone(),
            operation: operation.name.clone(),
            source: frame::source(alias, &served.name, &operation.name),
            media: media_of(&operation.output_schema),
        }),
    })
}

/// The fields of a result that are images, sounds or documents: those of which its schema says so. Text is none of them:
/// it stays within its frame.
fn media_of(schema: &Value) -> Vec<Media> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let text = |schema: &Value, key: &str| schema.get(key)?.as_str().map(str::to_ascii_lowercase);
    let media = properties.iter().filter_map(|(field, schema)| {
        let mime = text(schema, "contentMediaType").filter(|it| is_media(it))?;
        (text(schema, "contentEncoding")? == "base64").then(|| Media {
            field: field.clone(),
            mime,
        })
    });
    media.collect()
}

fn is_media(mime: &str) -> bool {
    let is_word = |it: &str| {
        !it.is_empty()
            && it.len() <= 64
            && it
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    mime.split_once('/')
        .is_some_and(|(kind, subtype)| is_word(kind) && is_word(subtype))
}

/// Whether the skill lets the plugin reach servers.
fn reaches_out(plugin: &OpenPlugin) -> bool {
    plugin
        .used
        .grants
        .iter()
        .any(|grant| matches!(grant, Grant::Http(_)))
}

/// The effect of what a step calls.
pub(super) fn effect_of(skill: &OpenSkill, step: &StepKind) -> Option<Effect> {
    let StepKind::Call {
        plugin, operation, ..
    } = step
    else {
        return None;
    };
    let operations = &skill.plugin(plugin)?.description.operations;
    operations
        .iter()
        .find(|it| it.name == *operation)
        .map(|it| it.effect)
}

/// What there is for a skill with steps.
fn procedure_tools(served: &Served, skill: &OpenSkill) -> Vec<Entry> {
    let steps = &skill.skill().manifest.steps;
    let writes = steps
        .iter()
        .any(|step| matches!(step.kind, StepKind::Template { .. }));
    let most = steps
        .iter()
        .filter_map(|step| effect_of(skill, &step.kind))
        .max();
    let destructive = most == Some(Effect::Destructive);
    let open_world = skill.plugins().iter().any(reaches_out);
    let tool = |what: Procedure| {
        let whose = format!("{} of the skill {}", what.name(), served.name);
        let text = format!("[skill {}] {}", served.name, about(what));
        let does = matches!(what, Procedure::Run | Procedure::Step);
        let annotations = ToolAnnotations::new()
            .read_only(what == Procedure::Next)
            .destructive(destructive && does)
            .idempotent(what == Procedure::Next)
            .open_world(open_world && does);
        let mut tool = Tool::new(
            names::tool(&served.prefix, what.name()),
            text,
            arguments(what, skill),
        )
        .with_title(format!(
            "{}: {}",
            served.name,
            what.name().replace('_', " ")
        ))
        .with_annotations(annotations);
        tool.output_schema = Some(Arc::new(answer(what)));
        Entry {
            tool,
            whose,
            does: Does::Procedure(what),
        }
    };
    let there = |what: &Procedure| !steps.is_empty() && (writes || *what != Procedure::Output);
    Procedure::ALL.into_iter().filter(there).map(tool).collect()
}

fn about(what: Procedure) -> &'static str {
    match what {
        Procedure::Run => {
            "Runs the whole procedure as it is written, with progress, and returns its outputs as resources. For where you have nothing to decide yourself."
        }
        Procedure::Next => {
            "Says where the procedure stands, and the next step with what it needs. Changes nothing."
        }
        Procedure::Step => "Has the host do one step as it is written.",
        Procedure::Output => "Hands in an output of the procedure that you wrote yourself.",
        Procedure::Finish => {
            "Ends the session and says whether the procedure was followed: steps skipped or out of order, calls that were no step's."
        }
    }
}

fn arguments(what: Procedure, skill: &OpenSkill) -> JsonObject {
    let manifest = &skill.skill().manifest;
    let schema = match what {
        Procedure::Run => json!({
            "type": "object",
            "properties": { "inputs": {
                "type": "object",
                "description": "Values for the skill's inputs; those left out are as the skill was opened with",
                "properties": inputs(skill),
            } },
            "additionalProperties": false,
        }),
        Procedure::Next | Procedure::Finish => json!({
            "type": "object", "properties": {}, "additionalProperties": false,
        }),
        Procedure::Step => json!({
            "type": "object",
            "properties": { "step": {
                "type": "string",
                "enum": manifest.steps.iter().map(|step| &step.id).collect::<Vec<_>>(),
            } },
            "required": ["step"],
            "additionalProperties": false,
        }),
        Procedure::Output => json!({
            "type": "object",
            "properties": {
                "path": { "type": "string", "description": "The output's path, as the step says it" },
                "content": { "type": "string", "description": "The whole content, as text" },
            },
            "required": ["path", "content"],
            "additionalProperties": false,
        }),
    };
    object(schema)
}

/// The skill's inputs, each with what it is; the types are checked by the host.
fn inputs(skill: &OpenSkill) -> Map<String, Value> {
    let declared = &skill.skill().manifest.inputs;
    let about = declared.iter().map(|(name, input)| {
        let mut schema = Map::new();
        if let Some(kind) = input.schema.get("type").filter(|it| it.is_string()) {
            schema.insert("type".into(), kind.clone());
        }
        if let Some(text) = &input.description {
            schema.insert("description".into(), display_safe(text, 200).into());
        }
        (name.clone(), Value::Object(schema))
    });
    about.collect()
}

/// The shape of what it answers.
fn answer(what: Procedure) -> JsonObject {
    let schema = match what {
        Procedure::Run | Procedure::Finish => json!({
            "type": "object",
            "properties": {
                "run": { "type": "string" },
                "state": { "type": "string" },
                "outputs": { "type": "array", "items": { "type": "object" } },
            },
            "required": ["run", "state"],
        }),
        Procedure::Next | Procedure::Step | Procedure::Output => json!({
            "type": "object",
            "properties": { "run": { "type": "string" }, "next": { "type": "object" } },
            "required": ["run"],
        }),
    };
    object(schema)
}

/// An object that is written here.
pub(crate) fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_sounds_and_documents_are_known_by_their_schema() {
        let schema = json!({"properties": {
            "image": {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
            "sound": {"type": "string", "contentEncoding": "BASE64", "contentMediaType": "audio/wav"},
            "page": {"type": "string", "contentEncoding": "base64", "contentMediaType": "text/html"},
            "raw": {"type": "string", "contentMediaType": "image/png"},
            "bytes": {"type": "string", "contentEncoding": "base64"},
            "odd": {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/p ng"},
        }});
        let found: Vec<_> = media_of(&schema)
            .into_iter()
            .map(|it| (it.field, it.mime))
            .collect();
        let wanted = [
            ("image", "image/png"),
            ("sound", "audio/wav"),
            ("page", "text/html"),
        ];
        assert_eq!(found, wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert!(media_of(&json!({})).is_empty());
    }
}
