//! The names that the conformance suite uses, and what they are called here. Names only: whatever else a message
//! holds passes as it is.

use serde_json::Value;

/// The suite's name, and ours. All other tools of the fixture have the suite's names.
const TOOLS: &[(&str, &str)] = &[
    // Of what Remit serves, a procedure has progress; a single call has none.
    ("test_tool_with_progress", "procedure_run"),
    // The one name without `test_`.
    ("json_schema_2020_12_tool", "test_json_schema_2020_12_tool"),
];
/// A skill is one prompt, whose name is the skill's.
const PROMPTS: &[(&str, &str)] = &[
    ("test_simple_prompt", "test"),
    ("test_prompt_with_arguments", "test"),
    ("test_prompt_with_embedded_resource", "test"),
];
/// Files of the skill; the last two are found through the template `skill://{skill}/{+path}`.
const RESOURCES: &[(&str, &str)] = &[
    (
        "test://static-text",
        "skill://test/references/static-text.txt",
    ),
    (
        "test://static-binary",
        "skill://test/assets/static-binary.png",
    ),
    (
        "test://template/123/data",
        "skill://test/references/item-123.json",
    ),
    ("test://watched-resource", "skill://test/SKILL.md"),
];
/// What the question in an `input_required` result is called.
const QUESTION: (&str, &str) = ("user_name", "allow");

/// What the suite's name for a thing of this request is here.
pub fn here<'a>(method: &str, name: &'a str) -> &'a str {
    let names = match method {
        "tools/call" => TOOLS,
        "prompts/get" | "completion/complete" => PROMPTS,
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => RESOURCES,
        _ => return name,
    };
    let found = names.iter().find(|(suites, _)| *suites == name);
    found.map_or(name, |(_, ours)| ours)
}

/// A request of the suite's, with our names.
pub fn request(message: &mut Value) {
    let method = message["method"].as_str().unwrap_or_default().to_owned();
    for place in ["/params/name", "/params/uri", "/params/ref/name"] {
        if let Some(name) = message.pointer_mut(place)
            && let Some(text) = name.as_str()
        {
            *name = here(&method, text).into();
        }
    }
    if let Some(answers) = message.pointer_mut("/params/inputResponses") {
        rename(answers, QUESTION.0, QUESTION.1);
    }
}

/// An answer of ours, with the suite's names.
pub fn answer(message: &mut Value) {
    if let Some(questions) = message.pointer_mut("/result/inputRequests") {
        rename(questions, QUESTION.1, QUESTION.0);
    }
    let tools = message.pointer_mut("/result/tools");
    for tool in tools.and_then(Value::as_array_mut).into_iter().flatten() {
        let ours = TOOLS.iter().find(|(_, ours)| tool["name"] == *ours);
        if let Some((suites, _)) = ours {
            tool["name"] = (*suites).into();
        }
    }
}

fn rename(object: &mut Value, from: &str, to: &str) {
    if let Some(object) = object.as_object_mut()
        && let Some(value) = object.shift_remove(from)
    {
        object.insert(to.to_owned(), value);
    }
}
