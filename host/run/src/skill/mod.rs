//! A skill, opened: its text, its plugins, what was found wrong.

mod check;
mod describe;
mod fit;
mod open;
mod refs;
mod signed;

use std::path::Path;

use remit_package::{Component, Description, Place, PluginUse, Skill};
use remit_policy::{Denial, ErrorClass, Needs};
use serde::Serialize;

use crate::declared::Schemas;

pub(crate) use describe::{ask, describe, needs_of};
pub(crate) use open::open;
pub(crate) use refs::{step_refs, template_reader};
pub use signed::check_policy;
pub(crate) use signed::{check_signers, signers_of};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth a look; the skill runs.
    Warning,
    /// The skill cannot run so.
    Error,
}

/// Something that `check` found without running.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable code.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// By whose fault, and so with which exit status a run of it ends.
    #[serde(skip)]
    pub class: ErrorClass,
    /// One sentence.
    pub message: String,
    /// The file, relative to the skill.
    pub file: String,
    /// Its line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl Finding {
    pub(crate) fn error(code: &'static str, place: &Place, message: impl Into<String>) -> Self {
        // What a run would be denied for is a denial, also where it is found before the run.
        let denied = Denial::CODES.iter().any(|(denial, _)| *denial == code);
        Self {
            code,
            severity: Severity::Error,
            class: if denied {
                ErrorClass::Denied
            } else {
                ErrorClass::Usage
            },
            message: message.into(),
            file: place.file.clone(),
            line: place.line,
            hint: None,
        }
    }

    pub(crate) fn warning(code: &'static str, place: &Place, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, place, message)
        }
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The codes of findings of this crate, with their meaning.
pub(crate) const FINDING_CODES: &[(&str, &str)] = &[
    (
        "step-unknown",
        "an expression or an agent names a step that there is not",
    ),
    (
        "step-later",
        "an expression refers to a step that has not run yet",
    ),
    (
        "field-unknown",
        "an expression refers to a field that the operation does not return",
    ),
    (
        "item-outside-for-each",
        "`item` or `index` is used in a step without `for_each`",
    ),
    (
        "name-unknown",
        "an expression refers to a name that there is not",
    ),
    ("expression-invalid", "an expression does not parse"),
    (
        "template-invalid",
        "a template cannot be read or does not parse",
    ),
    (
        "with-invalid",
        "a `with` cannot fit the operation's input schema",
    ),
    (
        "with-unknown-field",
        "a `with` gives a field of which the operation says nothing",
    ),
    (
        "retry-not-read",
        "`retry` stands on a call whose effect is not read",
    ),
    (
        "effect-said",
        "skill.toml says the effect of an operation whose plugin says it itself",
    ),
    (
        "function-left-out",
        "a function of a plain component that cannot be called",
    ),
    ("grant-idle", "a grant that the plugin has no need for"),
    ("need-unmet", "a need of the plugin that no grant covers"),
    (
        "need-unreadable",
        "a need of the plugin is not in the grammar of needs",
    ),
    (
        "policy-capped",
        "a limit or budget is above the operator's ceiling, and cut to it",
    ),
    ("plugin-unused", "a plugin that no step calls"),
    (
        "operation-unused",
        "an operation is granted that no step calls",
    ),
    (
        "not-pinned",
        "remit.lock does not name a plugin of the skill",
    ),
    ("describe-failed", "the plugin could not say what it is"),
    (
        "text-odd",
        "a text holds characters that a person does not see",
    ),
];

/// A plugin of an open skill.
pub struct OpenPlugin {
    /// Its name in the skill.
    pub alias: String,
    /// What skill.toml says about it.
    pub used: PluginUse,
    /// The bytes, their digest, what they import and export.
    pub component: Component,
    /// What it says about itself, checked; as remit.lock pins it.
    pub said: Description,
    /// The same, with what the skill says of effects that it does not say itself.
    pub description: Description,
    /// What it needs; none where it says nothing about that.
    pub needs: Option<Needs>,
    /// Compiled and linked, once somebody needed it.
    pub(crate) prepared: tokio::sync::OnceCell<remit_sandbox::Plugin>,
}

/// A skill, opened: read, its components inspected, their descriptions at hand.
pub struct OpenSkill {
    pub(crate) skill: std::sync::Arc<Skill>,
    pub(crate) plugins: Vec<OpenPlugin>,
    /// What its outputs must be.
    pub(crate) schemas: Schemas,
    /// What is wrong with it, or looks so; errors first.
    pub findings: Vec<Finding>,
}

impl OpenSkill {
    /// The skill's name.
    pub fn name(&self) -> &str {
        &self.skill.name
    }

    /// The skill as it was read.
    pub fn skill(&self) -> &Skill {
        &self.skill
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.skill.folder.path()
    }

    /// Its version; `0.0.0` where it says none.
    pub fn version(&self) -> &str {
        self.skill.manifest.version.as_deref().unwrap_or("0.0.0")
    }

    /// The plugins that could be opened, in the order of skill.toml.
    pub fn plugins(&self) -> &[OpenPlugin] {
        &self.plugins
    }

    /// The plugin of that name.
    pub fn plugin(&self, alias: &str) -> Option<&OpenPlugin> {
        self.plugins.iter().find(|plugin| plugin.alias == alias)
    }

    /// Whether nothing found keeps it from running.
    pub fn is_runnable(&self) -> bool {
        self.findings.iter().all(|f| f.severity < Severity::Error)
    }
}
