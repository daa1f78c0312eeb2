//! Opening a skill: it is read again each time, since what was approved is what was read, and not what lay there before.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use remit_policy::{ErrorClass, display_safe};
use remit_run::audit::Entry;
use remit_run::{Finding, Host, InputValue, RunError, Severity};
use rmcp::model::{CallToolRequestParams, CallToolResult, Resource, Tool, ToolAnnotations};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ready::{Ready, object};
use super::{Opened, arguments, procedure};
use crate::catalog::Served;
use crate::client::Client;
use crate::error::{McpError, Told};
use crate::names::{self, Taken};
use crate::resources::skill;
use crate::{frame, result};

/// The code of an input that only the one who opens the skill can give.
const INPUT_MISSING: &str = "input-missing";

/// Characters of why a skill cannot be opened, in its line.
const MAX_WHY: usize = 160;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    skill: String,
    inputs: Option<serde_json::Map<String, Value>>,
}

/// The tool `open_skill`, where there is something to open: one line for each skill.
pub(super) fn tool(client: &Client) -> Option<Tool> {
    let skills = client.server().catalog().skills();
    let mut anything = false;
    let mut about = String::from("Opens a skill, and its tools appear. The skills:");
    for served in skills {
        let open = client.opened(&served.name);
        let other_inputs = open
            .as_ref()
            .map(|it| !it.skill().skill().manifest.inputs.is_empty());
        anything |= other_inputs.unwrap_or(true);
        let _ = write!(about, "\n{}: {}", served.name, line(client, served));
        if other_inputs.is_some() {
            about.push_str(" (open)");
        }
    }
    if !anything {
        return None;
    }
    let schema = json!({
        "type": "object",
        "properties": {
            "skill": { "type": "string", "description": "The skill's name" },
            "inputs": {
                "type": "object",
                "description": "Values for the skill's inputs; those left out are the skill's defaults",
            },
        },
        "required": ["skill"],
        "additionalProperties": false,
    });
    let annotations = ToolAnnotations::new()
        .read_only(false)
        .destructive(false)
        .idempotent(true)
        .open_world(false);
    let mut tool = Tool::new(names::OPEN_SKILL, about, object(schema))
        .with_title("Open a skill")
        .with_annotations(annotations);
    tool.output_schema = Some(Arc::new(object(json!({
        "type": "object",
        "properties": {
            "skill": { "type": "string" },
            "run": { "type": "string" },
            "tools": { "type": "array", "items": { "type": "string" } },
        },
        "required": ["skill", "run", "tools"],
    }))));
    Some(tool)
}

/// What there is to say about a skill in one line.
fn line(client: &Client, served: &Served) -> String {
    let cannot = |why: &Told| {
        let message = display_safe(&why.message, MAX_WHY);
        format!("cannot be opened: {message} ({})", why.code)
    };
    match (&served.about, client.problem(&served.name)) {
        (Ok(about), Some(why)) if why.code == INPUT_MISSING => {
            format!(
                "{about} Give inputs: {}",
                display_safe(&why.message, MAX_WHY)
            )
        }
        (_, Some(why)) => cannot(&why),
        (Ok(about), None) => about.clone(),
        (Err(why), None) => cannot(why),
    }
}

/// Opens what is open from the start: all if it was asked for, and a skill that is the only one. Once for each client.
pub(super) async fn start(client: &Client) {
    let opened = client.started().get_or_init(|| async {
        let server = client.server();
        if !server.options().open && !server.catalog().is_one() {
            return;
        }
        let one = client.opening().lock().await;
        let mut wrong = Vec::new();
        for served in server.catalog().skills() {
            let opened = match ready(client, served).await {
                Ok(ready) => begin_later(client, served, ready),
                Err(error) => Err(error),
            };
            if let Err(error) = opened {
                let told = Told::from(&error);
                client.set_problem(&served.name, Some(told.clone()));
                wrong.push((served, told));
            }
        }
        drop(one);
        for (served, told) in wrong
            .iter()
            .filter(|(_, told)| told.class == ErrorClass::Integrity)
        {
            if let Err(error) = not_opened(client, served, told).await {
                tracing::error!(
                    "that {} was not opened could not be recorded: {error}",
                    served.name
                );
            }
        }
    });
    opened.await;
}

/// Shows a skill's tools without beginning a session: many clients only look at what there is.
fn begin_later(client: &Client, served: &Arc<Served>, ready: Arc<Ready>) -> Result<(), McpError> {
    let declared = &ready.skill.skill().manifest.inputs;
    if let Some((name, input)) = declared.iter().find(|(_, input)| input.default.is_none()) {
        let description = input.description.as_deref().unwrap_or_default();
        return Err(RunError::InputMissing {
            name: name.clone(),
            description: display_safe(description, 200),
        }
        .into());
    }
    no_collision(client, served, &ready)?;
    client.put(Arc::new(Opened::new(served, ready, BTreeMap::new())));
    Ok(())
}

/// `open_skill`.
pub(super) async fn call(client: &Client, mut request: CallToolRequestParams) -> CallToolResult {
    let arguments: Arguments = match arguments(&mut request) {
        Ok(arguments) => arguments,
        Err(error) => return result::refused(&error),
    };
    let served = match client.server().catalog().find(&arguments.skill) {
        Ok(served) => Arc::clone(served),
        Err(error) => {
            let refused = not_given(client, names::OPEN_SKILL, &Told::from(&error)).await;
            return result::refused(&refused.err().unwrap_or(error));
        }
    };
    let inputs = arguments
        .inputs
        .map(|inputs| inputs.into_iter().map(as_input).collect());
    match open(client, &served, inputs).await {
        Ok(opening) => opening.told(client).await,
        Err(error) => result::refused(&error),
    }
}

/// A text may stand for a number, where the input's schema says that it is one.
pub(super) fn as_input((name, value): (String, Value)) -> (String, InputValue) {
    match value {
        Value::String(text) => (name, InputValue::Text(text)),
        value => (name, InputValue::Json(value)),
    }
}

/// A skill that was opened, or was open.
struct Opening {
    opened: Arc<Opened>,
    was_open: bool,
}

/// Opens a skill for a client: reads it, begins a session, shows its tools. With other inputs than it is open with, that
/// session is finished.
async fn open(
    client: &Client,
    served: &Arc<Served>,
    inputs: Option<BTreeMap<String, InputValue>>,
) -> Result<Opening, McpError> {
    let one = client.opening().lock().await;
    let ready = match ready(client, served).await {
        Ok(ready) => ready,
        Err(error) => {
            let told = Told::from(&error);
            drop(one);
            not_opened(client, served, &told).await?;
            return Err(error);
        }
    };
    let before = client.opened(&served.name);
    if let Some(before) = &before
        && inputs
            .as_ref()
            .is_none_or(|inputs| inputs == before.inputs())
        && Arc::ptr_eq(before.ready(), &ready)
    {
        before.session(client).await?;
        return Ok(Opening {
            opened: Arc::clone(before),
            was_open: true,
        });
    }
    no_collision(client, served, &ready)?;
    let opened = Arc::new(Opened::new(served, ready, inputs.unwrap_or_default()));
    opened.session(client).await?;
    client.put(Arc::clone(&opened));
    client.set_problem(&served.name, None);
    drop(one);
    if let Some(before) = before {
        before.close().await;
    }
    client.tools_changed().await;
    Ok(Opening {
        opened,
        was_open: false,
    })
}

/// Reads a skill and makes its tools; what some client has open as it is now is shared.
async fn ready(client: &Client, served: &Arc<Served>) -> Result<Arc<Ready>, McpError> {
    let host = client.host().await?;
    let skill = host.open_skill(&served.path).await?;
    // A link that leads to another skill now.
    if skill.name() != served.name {
        return Err(McpError::SkillUnknown {
            name: served.name.clone(),
            known: vec![skill.name().to_owned()],
        });
    }
    if !skill.is_runnable() {
        let errors = skill
            .findings
            .iter()
            .filter(|it| it.severity == Severity::Error);
        let findings: Vec<Finding> = errors.cloned().collect();
        return Err(RunError::SkillInvalid {
            skill: served.name.clone(),
            findings,
        }
        .into());
    }
    if !host.approval(&skill)?.is_given() {
        return Err(RunError::NotApproved {
            what: format!("the skill {}", served.name),
            hint: format!(
                "a person must: remit approve {}",
                display_safe(&served.path.to_string_lossy(), 300)
            ),
        }
        .into());
    }
    if let Some(ready) = served.ready().filter(|ready| ready.is(&skill)) {
        return Ok(ready);
    }
    let ready = Arc::new(Ready::new(&host, served, Arc::new(skill))?);
    served.keep(&ready);
    Ok(ready)
}

/// Fails if a tool of the skill could be taken for one of another skill that the client has open.
fn no_collision(client: &Client, served: &Served, ready: &Ready) -> Result<(), McpError> {
    let mut taken = Taken::default();
    for opened in client.open() {
        if opened.name() != served.name {
            for entry in &opened.ready().tools {
                taken.take(&entry.tool.name, &entry.whose)?;
            }
        }
    }
    ready
        .tools
        .iter()
        .try_for_each(|entry| taken.take(&entry.tool.name, &entry.whose))
}

/// Records that a skill is not opened for a client. Where a plugin is not what was pinned, whoever has the skill open
/// loses its tools.
async fn not_opened(client: &Client, served: &Served, why: &Told) -> Result<(), McpError> {
    client.set_problem(&served.name, Some(why.clone()));
    // Without a host there is no log either, and nothing was opened.
    let host = client.host().await?;
    let what = format!("to open the skill {}", served.name);
    recorded(&host, client, None, &what, why)?;
    if why.class != ErrorClass::Integrity {
        return Ok(());
    }
    for other in client.server().all_clients() {
        let Some(opened) = other.take(&served.name) else {
            continue;
        };
        other.set_problem(&served.name, Some(why.clone()));
        let what = format!(
            "the tools of the skill {}, which are withdrawn",
            served.name
        );
        recorded(&host, &other, None, &what, why)?;
        opened.close().await;
        other.tools_changed().await;
    }
    Ok(())
}

/// Records that an agent called what it was not given: a team sees what somebody told it to do.
async fn not_given(client: &Client, tool: &str, why: &Told) -> Result<(), McpError> {
    let host = client.host().await?;
    let what = format!("the tool {}", display_safe(tool, 80));
    recorded(&host, client, None, &what, why)
}

/// Records what a client does not get, in a run where it is one's.
pub(super) fn recorded(
    host: &Host,
    client: &Client,
    run: Option<&str>,
    what: &str,
    why: &Told,
) -> Result<(), McpError> {
    let agent = client.agent();
    let entry = Entry::Refused {
        run,
        step: None,
        what: format!("{what}, for {} {}", agent.client, agent.version),
        code: why.code,
        reason: display_safe(&why.message, 1_000),
    };
    let appended = host.audit().append(&[entry]);
    appended
        .map(drop)
        .map_err(|error| RunError::from(error).into())
}

impl Opening {
    /// What the agent is told: the tools, the next step, the procedure as its author wrote it.
    async fn told(self, client: &Client) -> CallToolResult {
        let session = match self.opened.session(client).await {
            Ok(session) => session,
            Err(error) => return result::refused(&error),
        };
        let name = self.opened.name();
        let doc = &self.opened.skill().skill().doc;
        let tools: Vec<&str> = self
            .opened
            .ready()
            .tools
            .iter()
            .map(|entry| &*entry.tool.name)
            .collect();
        let mut text = match self.was_open {
            true => format!("The skill {name} is open already, with these inputs."),
            false => format!("The skill {name} is open."),
        };
        let inputs = Value::Object(session.inputs().clone());
        let _ = write!(text, "\ninputs: {}", frame::visible(inputs.to_string()));
        let _ = write!(text, "\ntools: {}", tools.join(", "));
        let state = session.procedure();
        if !state.steps.is_empty() {
            let _ = write!(text, "\n{}", procedure::next_text(&self.opened, &state));
        }
        let most = client.server().max_result();
        let body = frame::readable(doc.body.trim());
        let shown = frame::beginning(&body, most);
        let mut links = Vec::new();
        if self.opened.is_to_be_told() && !shown.is_empty() {
            let _ = write!(
                text,
                "\n\n{}",
                frame::framed(
                    &format!("the procedure of the skill {name}, as its author wrote it:"),
                    shown
                )
            );
            if shown.len() < body.len() {
                let uri = skill::uri(name, remit_package::SKILL_FILE);
                let _ = write!(text, "\ncut: the whole is the resource {uri}");
                links.push(
                    Resource::new(uri, remit_package::SKILL_FILE).with_mime_type("text/markdown"),
                );
            }
        }
        let structured = json!({
            "skill": name,
            "run": session.id(),
            "already_open": self.was_open,
            "inputs": session.inputs(),
            "tools": tools,
            "next": state.next,
        });
        result::said(text, object(structured), links)
    }
}
