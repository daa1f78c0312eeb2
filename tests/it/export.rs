//! `remit export`: the packages, without the agents that install them (those are in agents.rs).

use crate::support::agents::Agents;
use crate::support::{Outcome, root};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn read(path: PathBuf) -> Value {
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inner = path.strip_prefix(folder).unwrap();
                found.push(inner.display().to_string());
            }
        }
    }
    found.sort();
    found
}

fn export(agents: &Agents, agent: &str, skill: &str) -> Outcome {
    agents.person(&["export", agent, skill, "--out", "out"])
}

/// A workspace with weekly-report in which SKILL.md was changed.
fn with_doc(change: impl Fn(String) -> String) -> Agents {
    let agents = Agents::with_skills(&["weekly-report"]);
    let file = agents.remit.path().join("skills/weekly-report/SKILL.md");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, change(text)).unwrap();
    agents
}

#[test]
fn the_package_starts_the_skill_and_holds_its_texts_byte_for_byte() {
    let agents = Agents::with_skills(&["weekly-report"]);
    let skill = agents.remit.path().join("skills/weekly-report");
    std::fs::write(skill.join("run.sh"), "#!/bin/sh\n").unwrap();
    std::fs::write(skill.join("notes.md"), "#!/bin/sh\n").unwrap();
    std::fs::write(skill.join("AGENTS.md"), "obey\n").unwrap();
    let (out, commands) = agents.export("codex", &["skills/weekly-report"]);
    let shown = out.display();
    assert_eq!(
        commands,
        [
            format!("codex plugin marketplace add {shown}"),
            "codex plugin add weekly-report@remit-weekly-report".to_owned()
        ]
    );
    let plugin = out.join("plugins/weekly-report");
    let server = &read(plugin.join(".mcp.json"))["mcpServers"]["weekly-report"];
    assert_eq!(server["command"], "remit");
    assert_eq!(server["args"], json!(["serve", skill.to_str().unwrap()]));
    // Data, grants, programs and what agents obey stay where they are.
    let texts = plugin.join("skills/weekly-report");
    assert_eq!(
        files_below(&texts),
        [
            "SKILL.md",
            "schemas/documents.json",
            "schemas/facts.json",
            "templates/documents.json.j2",
            "templates/facts.json.j2",
            "templates/report.html.j2",
            "templates/report.md.j2",
            "templates/style.css",
        ]
    );
    for file in files_below(&texts) {
        let same =
            std::fs::read(texts.join(&file)).unwrap() == std::fs::read(skill.join(&file)).unwrap();
        assert!(same, "{file}");
    }
}

#[test]
fn the_commands_are_on_stdout_and_the_words_on_stderr() {
    let agents = Agents::with_skills(&["weekly-report"]);
    let out = export(&agents, "claude", "weekly-report").exits(0);
    assert_eq!(out.stdout.lines().count(), 2);
    assert!(out.stderr.contains("starts remit serve "), "{}", out.stderr);
    assert!(!out.stderr.contains("approve"), "{}", out.stderr);

    let agents = Agents::with_skills(&["weekly-report"]);
    let args = [
        "export",
        "mcp-json",
        "weekly-report",
        "--out",
        "out",
        "--json",
    ];
    let out = agents.person(&args).exits(0);
    let said = out.json();
    assert_eq!(said["files"], json!([".mcp.json"]));
    assert_eq!(said["starts"][0], "remit");
    assert_eq!(said["approve"], json!([]));
    // Told as it is printed, the command puts the file where Claude Code and others look for it.
    agents.shell(said["commands"][0].as_str().unwrap()).exits(0);
    let servers = read(agents.remit.path().join(".mcp.json"));
    assert_eq!(servers["mcpServers"]["weekly-report"]["type"], "stdio");
}

#[test]
fn a_program_that_is_not_on_the_path_is_named_by_its_own() {
    let agents = Agents::with_skills(&["weekly-report"]);
    let mut command =
        agents
            .remit
            .command(&["export", "mcp-json", "weekly-report", "--out", "out"]);
    command.env("PATH", "/usr/bin:/bin");
    Outcome::of(command).exits(0);
    let server = &read(agents.remit.path().join("out/.mcp.json"))["mcpServers"]["weekly-report"];
    assert_eq!(server["command"], env!("CARGO_BIN_EXE_remit"));
    // Approvals and the audit log are where the exporting person keeps them, also for the agent's server.
    let data = agents.remit.path().join("data");
    assert_eq!(server["env"]["XDG_DATA_HOME"], data.to_str().unwrap());
}

#[test]
fn a_skill_that_needs_approval_is_exported_with_a_word_about_it() {
    let agents = Agents::with_skills(&["service-review"]);
    let told = "a person must approve it first, or no agent can open it: remit approve ";
    export(&agents, "codex", "service-review")
        .exits(0)
        .says(told);
    agents
        .person(&["approve", "service-review", "--yes"])
        .exits(0);
    let again = export(&agents, "codex", "service-review").exits(0);
    assert!(!again.stderr.contains(told), "{}", again.stderr);
}

#[test]
fn a_skill_that_cannot_run_is_not_exported() {
    let agents = Agents::with_skills(&["weekly-report"]);
    let file = agents.remit.path().join("skills/weekly-report/skill.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"search\", \"read\"", "\"serch\"")).unwrap();
    let out = export(&agents, "codex", "weekly-report").exits(2);
    assert!(out.stderr.contains("cannot run"), "{}", out.stderr);
    assert!(!agents.remit.path().join("out").exists());
}

#[test]
fn what_an_agent_would_obey_by_itself_is_refused_and_its_twin_is_not() {
    let tools =
        |text: String| text.replacen("license:", "allowed-tools: Bash(curl:*)\nlicense:", 1);
    let command = |text: String| format!("{text}\nThe week is !`curl https://example.org`.\n");
    let prose = |text: String| format!("{text}\nDo not run this! `curl https://example.org`\n");
    for agent in ["codex", "claude"] {
        for change in [&tools as &dyn Fn(String) -> String, &command] {
            let agents = with_doc(change);
            export(&agents, agent, "weekly-report")
                .exits(2)
                .says("error[export-obeyed]")
                .says("hint: ");
            assert!(!agents.remit.path().join("out").exists());
        }
        export(&with_doc(prose), agent, "weekly-report").exits(0);
    }
    // It carries no text of the skill.
    export(&with_doc(tools), "mcp-json", "weekly-report").exits(0);
}

#[test]
fn a_name_that_climbs_reaches_nothing() {
    let agents = with_doc(|text| text.replacen("name: weekly-report", "name: ../../evil", 1));
    export(&agents, "codex", "weekly-report")
        .exits(2)
        .says("error[text-hidden]");
    let agents = Agents::with_skills(&["weekly-report"]);
    let args = [
        "export",
        "codex",
        "weekly-report",
        "--name",
        "../evil",
        "--out",
        "out",
    ];
    agents.person(&args).exits(2).says("error[export-name]");
    assert!(!agents.remit.path().join("out").exists());
    let args = [
        "export",
        "codex",
        "weekly-report",
        "--name",
        "good",
        "--out",
        "out",
    ];
    agents
        .person(&args)
        .exits(0)
        .prints("codex plugin add good@remit-good");
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let agents = Agents::with_skills(&["weekly-report"]);
    agents.remit.write("out/mine.txt", "mine");
    export(&agents, "codex", "weekly-report")
        .exits(2)
        .says("error[out-not-empty]");
    assert_eq!(files_below(&agents.remit.path().join("out")), ["mine.txt"]);
    std::fs::remove_file(agents.remit.path().join("out/mine.txt")).unwrap();
    export(&agents, "codex", "weekly-report").exits(0);
    export(&agents, "codex", "weekly-report").exits(0);
    export(&agents, "claude", "weekly-report")
        .exits(2)
        .says("error[out-not-empty]");
}

#[test]
fn several_skills_are_one_package() {
    let agents = Agents::with_skills(&["weekly-report", "inbox-triage"]);
    let (out, commands) = agents.export("codex", &["weekly-report", "inbox-triage"]);
    assert_eq!(commands[1], "codex plugin add remit-skills@remit-skills");
    let servers = &read(out.join("plugins/remit-skills/.mcp.json"))["mcpServers"];
    let args = servers["remit-skills"]["args"].as_array().unwrap();
    assert_eq!(args[..2], [json!("serve"), json!("--open")]);
    assert_eq!(args.len(), 4);
    let twice = [
        "export",
        "codex",
        "weekly-report",
        "skills/weekly-report",
        "--out",
        "other",
    ];
    agents.person(&twice).exits(2).says("error[export-twice]");
}

#[test]
fn the_pinned_agents_are_those_that_the_tests_use() {
    let lock = read(root().join("scripts/agents/package-lock.json"));
    for name in ["@openai/codex", "@anthropic-ai/claude-code"] {
        let entry = &lock["packages"][format!("node_modules/{name}")];
        let version = entry["version"].as_str().unwrap();
        let asked = &read(root().join("scripts/agents/package.json"))["dependencies"][name];
        assert_eq!(asked, version, "{name} is pinned exactly");
    }
}
