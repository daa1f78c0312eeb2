//! Completion of prompts' arguments and of the names in resource templates.

use remit_package::Input;
use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};
use serde_json::Value;

use crate::client::Client;
use crate::resources::{CALL_TEMPLATE, RUN_TEMPLATE, SKILL_TEMPLATE, run, skill};

/// The longest value that is offered, in bytes.
const MAX_VALUE: usize = 1_024;

/// `completion/complete`. What is not known has no completions: that is no fault, since a person is typing.
pub(crate) async fn complete(
    client: &Client,
    params: CompleteRequestParams,
) -> Result<CompleteResult, ErrorData> {
    let _in = client.admit()?;
    let argument = params.argument;
    let context = params.context.unwrap_or_default();
    let all = match params.r#ref {
        Reference::Prompt(prompt) => of_prompt(client, &prompt.name, &argument.name).await,
        Reference::Resource(template) => {
            let given = |name: &str| context.get_argument(name).map(String::as_str);
            of_template(client, &template.uri, &argument.name, given).await
        }
        _ => Vec::new(),
    };
    Ok(CompleteResult::new(beginning_with(all, &argument.value)))
}

/// The values that begin so, at most as many as the protocol takes.
fn beginning_with(all: Vec<String>, typed: &str) -> CompletionInfo {
    let mut fitting = all
        .into_iter()
        .filter(|value| value.len() <= MAX_VALUE && value.starts_with(typed));
    let values: Vec<String> = fitting.by_ref().take(CompletionInfo::MAX_VALUES).collect();
    let more = fitting.count();
    let total = u32::try_from(values.len() + more).ok();
    CompletionInfo::with_pagination(values, total, more > 0).unwrap_or_default()
}

/// The values that an input of the skill can have.
async fn of_prompt(client: &Client, skill: &str, argument: &str) -> Vec<String> {
    let Ok(served) = client.server().catalog().find(skill) else {
        return Vec::new();
    };
    let Ok(known) = skill::known(client, served).await else {
        return Vec::new();
    };
    let input = known.manifest.inputs.get(argument);
    input.map(values_of).unwrap_or_default()
}

fn values_of(input: &Input) -> Vec<String> {
    let as_text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    match input.schema.get("enum").and_then(Value::as_array) {
        Some(values) => values.iter().filter_map(as_text).collect(),
        None if input.schema.get("type").and_then(Value::as_str) == Some("boolean") => {
            vec!["true".to_owned(), "false".to_owned()]
        }
        None => Vec::new(),
    }
}

/// The names that a template's variable can have, of this client's own.
async fn of_template<'a>(
    client: &Client,
    template: &str,
    variable: &str,
    given: impl Fn(&str) -> Option<&'a str>,
) -> Vec<String> {
    match (template, variable) {
        (SKILL_TEMPLATE, "skill") => {
            let names = client.server().catalog().names();
            names.map(str::to_owned).collect()
        }
        (SKILL_TEMPLATE, "path") => {
            let Some(Ok(served)) = given("skill").map(|name| client.server().catalog().find(name))
            else {
                return Vec::new();
            };
            let Ok(known) = skill::known(client, served).await else {
                return Vec::new();
            };
            skill::files(&known)
                .map(|(path, _)| path.to_owned())
                .collect()
        }
        (RUN_TEMPLATE | CALL_TEMPLATE, "run") => {
            // The newest is what is asked for most.
            client.runs().into_iter().rev().map(|run| run.id).collect()
        }
        (RUN_TEMPLATE, "path") => match given("run").and_then(|id| client.run(id)) {
            Some(run) => run::paths(&run).await,
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_offered_than_the_protocol_takes() {
        let all: Vec<String> = (0..250).map(|n| format!("a{n}")).collect();
        let some = beginning_with(all.clone(), "a");
        assert_eq!(
            (some.values.len(), some.total, some.has_more),
            (100, Some(250), Some(true))
        );
        let few = beginning_with(all.clone(), "a24");
        assert_eq!(
            (few.values.len(), few.total, few.has_more),
            (11, Some(11), Some(false))
        );
        assert!(beginning_with(all, "b").values.is_empty());
        assert!(
            beginning_with(vec!["x".repeat(MAX_VALUE + 1)], "x")
                .values
                .is_empty()
        );
    }
}
