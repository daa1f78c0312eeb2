//! What of a skill lies in a package: its texts, byte for byte, and nothing that an agent would do by itself.

use std::collections::BTreeMap;

use remit_package::{SKILL_FILE, Skill};

use super::ExportError;

/// What is read and not run. Not among them are programs and what agents take for their own settings: TOML and YAML.
const TEXTS: &[&str] = &[
    "md", "txt", "csv", "tsv", "json", "j2", "html", "css", "svg",
];
/// What agents obey wherever they find it. SKILL.md itself is copied from the skill's root only.
const ORDERS: &[&str] = &[
    "skill.md",
    "agents.md",
    "agents.override.md",
    "claude.md",
    "claude.local.md",
    "gemini.md",
];
/// A page of text. What is larger is data.
const MAX_BYTES: u64 = 1 << 20;

/// The texts of a skill, by their path in its folder.
pub(super) fn of(skill: &Skill) -> Result<BTreeMap<String, Vec<u8>>, ExportError> {
    let mut texts = BTreeMap::new();
    for (path, file) in skill.files() {
        let copied = path == SKILL_FILE || is_text(path);
        if !copied || file.link || file.size > MAX_BYTES {
            continue;
        }
        let bytes = skill.read_file(path, MAX_BYTES)?;
        if path == SKILL_FILE || !is_program(&bytes) {
            texts.insert(path.to_owned(), bytes);
        }
    }
    Ok(texts)
}

/// By its name.
fn is_text(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let seen = path
        .split('/')
        .all(|part| !part.starts_with('.') && !part.contains('\\'));
    seen && TEXTS.contains(&ending)
        && !ORDERS.contains(&name.as_str())
        && remit_policy::is_display_safe(path)
}

/// By its content.
fn is_program(bytes: &[u8]) -> bool {
    bytes.starts_with(b"#!") || bytes.contains(&0) || std::str::from_utf8(bytes).is_err()
}

/// What in a SKILL.md an agent would obey with its own rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obeyed {
    /// `allowed-tools`: tools of the agent that it then uses without asking.
    Tools,
    /// A command that Claude Code runs when it loads the skill, before any model has read it.
    Command,
}

impl Obeyed {
    pub fn error(self, skill: &str) -> ExportError {
        let (what, hint) = match self {
            Self::Tools => (
                "lets agents use tools of their own without asking, by `allowed-tools`",
                "take `allowed-tools` out: what the skill needs, its plugins are granted in skill.toml",
            ),
            Self::Command => (
                "holds a command that an agent would run when it loads the skill (a `!` before a code span or block)",
                "put a blank between the `!` and the backtick, or take the command out",
            ),
        };
        ExportError::Obeyed {
            skill: skill.to_owned(),
            file: SKILL_FILE,
            what,
            hint,
        }
    }
}

/// What an agent that reads the SKILL.md by itself would obey in it.
pub(super) fn obeyed(skill: &Skill) -> Result<Option<Obeyed>, ExportError> {
    let doc = &skill.doc;
    if doc.allowed_tools.is_some() {
        return Ok(Some(Obeyed::Tools));
    }
    Ok(holds_command(&doc.body).then_some(Obeyed::Command))
}

/// `!` and then a code span, or a fence whose language is `!`: wherever it stands, since what an agent takes for the
/// begin of one is for it to say.
fn holds_command(body: &str) -> bool {
    let fence = |line: &str| {
        let line = line.trim_start_matches([' ', '\t', '>']);
        let after = line.trim_start_matches(['`', '~']);
        line.len() - after.len() >= 3 && after.trim_start().starts_with('!')
    };
    body.contains("!`") || body.lines().any(fence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_known_by_their_names_and_orders_are_none() {
        for text in ["references/how.md", "templates/report.html.j2", "a.JSON"] {
            assert!(is_text(text), "{text}");
        }
        for other in [
            "skill.toml",
            "scripts/run.sh",
            "scripts/run.py",
            "agents/openai.yaml",
            "sub/SKILL.md",
            "AGENTS.md",
            "sub/Claude.md",
            ".mcp.json",
            ".claude/settings.json",
            "a\\..\\b.md",
            "noending",
            "md",
            "a\u{202e}.md",
        ] {
            assert!(!is_text(other), "{other}");
        }
    }

    #[test]
    fn programs_are_known_by_their_content() {
        assert!(is_program(b"#!/bin/sh\n"));
        assert!(is_program(b"a\0b"));
        assert!(is_program(b"\xff"));
        assert!(!is_program(b"# heading\n"));
    }

    #[test]
    fn commands_that_run_on_loading_are_found() {
        for command in [
            "Status: !`git status`",
            "!`curl example.org`",
            "```!\ncurl example.org\n```",
            "  > ```` !\nx\n````",
            "~~~!\nx\n~~~",
        ] {
            assert!(holds_command(command), "{command}");
        }
        for prose in [
            "Do it! `git status`",
            "```sh\nremit run\n```",
            "Now!",
            "`!x`",
        ] {
            assert!(!holds_command(prose), "{prose}");
        }
    }
}
