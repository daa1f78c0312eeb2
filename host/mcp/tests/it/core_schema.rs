//! What tools declare, and that results are what was declared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use remit_mcp::{Server, Transport};
use serde_json::{Value, json};

use crate::support::{Era, Home, Wire};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Tools by name.
async fn tools(client: &mut Wire) -> BTreeMap<String, Value> {
    let listed = client.ask("tools/list", json!({})).await.unwrap();
    assert!(listed.get("nextCursor").is_none_or(Value::is_null));
    let tools = listed["tools"].as_array().unwrap().iter();
    tools
        .map(|tool| (tool["name"].as_str().unwrap().to_owned(), tool.clone()))
        .collect()
}

/// No bare `true` or `false` where a schema stands, which is what the Inspector's `--strict` refuses.
fn is_portable(schema: &Value, at: &str) {
    let Value::Object(fields) = schema else {
        panic!("a bare {schema} at {at}");
    };
    for (key, value) in fields {
        let at = format!("{at}/{key}");
        match key.as_str() {
            "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => {
                for (name, schema) in value.as_object().unwrap() {
                    is_portable(schema, &format!("{at}/{name}"));
                }
            }
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => {
                for schema in value.as_array().unwrap() {
                    is_portable(schema, &at);
                }
            }
            "items" | "not" | "contains" | "if" | "then" | "else" | "propertyNames" => {
                is_portable(value, &at)
            }
            "additionalProperties" if !value.is_boolean() => is_portable(value, &at),
            _ => {}
        }
    }
}

/// All operations of all plugins that the repository carries, in one skill.
fn all_plugins(home: &Home, operations: &BTreeMap<String, Vec<String>>) -> PathBuf {
    home.write(
        "skills/all/SKILL.md",
        "---\nname: all\ndescription: Has all plugins.\n---\n",
    );
    let mut manifest = String::from("version = \"0.1.0\"\n");
    for (plugin, operations) in operations {
        let path = root().join("plugins").join(format!("{plugin}.wasm"));
        manifest.push_str(&format!(
            "[plugins.{plugin}]\ncomponent = {:?}\noperations = {operations:?}\neffect = \"destructive\"\n",
            path.to_str().unwrap()
        ));
    }
    home.write("skills/all/skill.toml", manifest);
    home.path().join("skills/all")
}

#[tokio::test]
async fn all_operations_of_the_sample_plugins_declare_schemas_that_every_client_takes() {
    let home = Home::new();
    let host = home.host();
    let mut operations = BTreeMap::new();
    for name in ["calendar", "drive", "mail", "metrics", "table", "tracker"] {
        let component = host
            .store()
            .open_component(&root().join(format!("plugins/{name}.wasm")))
            .unwrap();
        let said = host.describe(&component).await.unwrap();
        let names: Vec<String> = said.operations.into_iter().map(|it| it.name).collect();
        operations.insert(name.to_owned(), names);
    }
    let skill = all_plugins(&home, &operations);
    let open = host.open_skill(&skill).await.unwrap();
    assert!(open.is_runnable(), "{:?}", open.findings);
    host.approve(&open, "a test").unwrap();
    let wanted: usize = operations.values().map(Vec::len).sum();
    let server = home.serve_with(host, &[skill]);
    let mut client = Wire::connect(&server, Transport::Stdio, Era::Old(json!({}))).await;
    let tools = tools(&mut client).await;
    assert_eq!(tools.len(), wanted);
    for (name, tool) in &tools {
        for which in ["inputSchema", "outputSchema"] {
            let schema = &tool[which];
            assert_eq!(schema["type"], "object", "{name} {which}");
            for key in ["anyOf", "oneOf", "allOf", "$id"] {
                assert!(schema.get(key).is_none(), "{name} {which} has {key}");
            }
            is_portable(schema, &format!("{name} {which}"));
            jsonschema::validator_for(schema).unwrap_or_else(|e| panic!("{name} {which}: {e}"));
        }
        let result = &tool["outputSchema"]["properties"]["result"];
        assert_ne!(*result, json!({}), "{name}: its schema was not lost");
    }
}

#[tokio::test]
async fn results_are_what_their_tools_declare() {
    let home = Home::new();
    let server: Server = home.serve(&[root().join("skills/weekly-report")]);
    let mut client = Wire::connect(&server, Transport::Stdio, Era::Old(json!({}))).await;
    let tools = tools(&mut client).await;
    let found = call(&mut client, &tools, "mail_search", json!({"limit": 3})).await;
    let id = &found["result"]["messages"][0]["id"];
    call(&mut client, &tools, "mail_read", json!({"id": id})).await;
    let files = call(
        &mut client,
        &tools,
        "drive_list",
        json!({"recursive": true, "limit": 500}),
    )
    .await;
    let csv = files["result"]["entries"].as_array().unwrap().iter();
    let mut csv = csv
        .filter_map(|it| it["path"].as_str())
        .filter(|it| it.ends_with(".csv"));
    let path = csv.find(|it| it.contains("tickets")).unwrap().to_owned();
    call(&mut client, &tools, "drive_read", json!({"path": path})).await;
    call(
        &mut client,
        &tools,
        "drive_search",
        json!({"query": "harbour", "limit": 2}),
    )
    .await;
    let table = json!({"path": path});
    let group = json!({"table": table, "by": ["topic"], "aggregates": [{"function": "count"}]});
    call(&mut client, &tools, "table_group", group).await;
    let filter =
        json!({"table": table, "conditions": [{"column": "state", "op": "ne", "value": "closed"}]});
    call(&mut client, &tools, "table_filter", filter).await;
    // And Remit's own.
    for tool in ["procedure_next", "procedure_finish"] {
        call(&mut client, &tools, tool, json!({})).await;
    }
    call(
        &mut client,
        &tools,
        "procedure_step",
        json!({"step": "week"}),
    )
    .await;
    call(&mut client, &tools, "procedure_run", json!({})).await;
    let opened = json!({"skill": "weekly-report"});
    call(&mut client, &tools, "open_skill", opened).await;
}

async fn call(
    client: &mut Wire,
    tools: &BTreeMap<String, Value>,
    tool: &str,
    arguments: Value,
) -> Value {
    let done = client.call(tool, arguments).await;
    assert_ne!(done["isError"], true, "{tool}: {done}");
    let declared = jsonschema::validator_for(&tools[tool]["outputSchema"]).unwrap();
    let structured = done["structuredContent"].clone();
    if let Err(error) = declared.validate(&structured) {
        panic!("{tool}: {error}: {structured}");
    }
    // A validator that takes everything would prove nothing.
    assert!(!declared.is_valid(&json!({})), "{tool}");
    structured
}
