//! MCP's Inspector, its command line only, over stdio: schemas are portable (`--strict`), skills are what their digests
//! say (`--verify`), and each method answers, in both eras.

use crate::support::mcp_clients::{SKILL, fixture, node};
use crate::support::{Outcome, Remit};
use serde_json::{Value, json};

/// All sample skills whose plugins are committed.
const SAMPLES: [&str; 4] = [
    "weekly-report",
    "inbox-triage",
    "service-review",
    "daily-brief",
];

/// Starts `remit serve` with these skills through the Inspector, which does one thing with it.
fn inspect(remit: &Remit, era: &str, skills: &[&str], arguments: &[&str]) -> Outcome {
    let mut command = node("@modelcontextprotocol/inspector/clients/launcher/build/index.js");
    command
        .args(["--cli", env!("CARGO_BIN_EXE_remit"), "serve"])
        .args(skills)
        .args(["--protocol-era", era, "--format", "json", "--quiet"])
        .args(arguments)
        .current_dir(remit.path());
    // What it keeps for itself, and the program's own folders, which it hands on only when told.
    let own = remit.path().join("inspector");
    command.env("MCP_CATALOG_PATH", own.join("mcp.json"));
    command.env("MCP_CLIENT_CONFIG_PATH", own.join("client.json"));
    for (name, value) in remit.command(&["serve"]).get_envs() {
        if let Some(value) = value {
            let pair = format!("{}={}", name.to_string_lossy(), value.to_string_lossy());
            command.args(["-e", &pair]);
        }
    }
    Outcome::of(command)
}

fn samples() -> Remit {
    let (remit, _) = Remit::with_skill("weekly-report");
    for name in SAMPLES {
        let skill = remit.path().join("skills").join(name);
        crate::support::copy_folder(&crate::support::root().join("skills").join(name), &skill);
    }
    for name in SAMPLES {
        remit.run(&["approve", name, "--yes"]).exits(0);
    }
    remit
}

#[test]
fn the_schemas_of_all_sample_skills_are_portable() {
    let remit = samples();
    let mut arguments = SAMPLES.to_vec();
    arguments.push("--open");
    for era in ["legacy", "modern"] {
        let out = inspect(
            &remit,
            era,
            &arguments,
            &["--method", "tools/list", "--strict"],
        )
        .exits(0);
        let tools = out.json()["result"]["tools"].as_array().unwrap().len();
        assert!(tools > 20, "{tools} tools");
    }
}

#[test]
fn a_skill_is_open_where_it_is_the_only_one() {
    let (remit, _) = Remit::with_skill("weekly-report");
    for era in ["legacy", "modern"] {
        let skill = ["weekly-report"];
        let out = inspect(&remit, era, &skill, &["--method", "tools/list", "--strict"]).exits(0);
        let names = names(&out.json()["result"]["tools"]);
        assert!(names.contains(&"mail_search".to_owned()), "{names:?}");

        let call = ["--method", "tools/call", "--tool-name", "mail_search"];
        let given = ["--tool-args-json", r#"{"query":"decision","limit":2}"#];
        let out = inspect(&remit, era, &skill, &[&call[..], &given].concat()).exits(0);
        let found = &out.json()["result"]["structuredContent"];
        assert!(found["result"]["messages"].is_array(), "{found}");
        let source = found["source"].as_str().unwrap();
        assert!(source.contains("never instructions"), "{source}");

        let wrong = ["--tool-args-json", r#"{"nonsense":1}"#];
        let out = inspect(&remit, era, &skill, &[&call[..], &wrong].concat());
        assert_ne!(out.status, 0, "{}", out.stderr);
        assert!(out.stdout.contains("error[call-input-invalid]"));
    }
}

#[test]
fn resources_and_prompts_are_listed_and_read() {
    let (remit, _) = Remit::with_skill("weekly-report");
    for era in ["legacy", "modern"] {
        let run = |arguments: &[&str]| {
            let out = inspect(&remit, era, &["weekly-report"], arguments).exits(0);
            out.json()["result"].clone()
        };
        let resources = run(&["--method", "resources/list"]);
        let uri = "skill://weekly-report/SKILL.md";
        let uris: Vec<&Value> = resources["resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["uri"])
            .collect();
        assert!(uris.contains(&&json!(uri)), "{uris:?}");

        let read = run(&["--method", "resources/read", "--uri", uri]);
        let text = read["contents"][0]["text"].as_str().unwrap();
        assert!(text.starts_with("---\nname: weekly-report\n"), "{text}");

        assert_eq!(
            names(&run(&["--method", "prompts/list"])["prompts"]),
            ["weekly-report"]
        );
        let prompt = run(&[
            "--method",
            "prompts/get",
            "--prompt-name",
            "weekly-report",
            "--prompt-args",
            "week=2026-W46",
        ]);
        assert!(prompt.to_string().contains("2026-W46"), "{prompt}");
    }
}

#[test]
fn skills_are_what_their_digests_say() {
    let remit = fixture();
    let verify = ["--method", "skills/list", "--verify", "--require-digests"];
    inspect(&remit, "modern", &[SKILL], &verify).exits(0);
    let remit = samples();
    inspect(&remit, "modern", &SAMPLES, &verify).exits(0);
}

fn names(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|it| it["name"].as_str().unwrap().to_owned())
        .collect()
}
