//! What an installation would change, before anything is changed.

use std::path::PathBuf;

use remit_package::{Lock, LockedSkill};
use remit_run::{Card, Change};
use serde::Serialize;

use crate::candidate::Candidate;
use crate::differences::Difference;
use crate::doubts::Doubt;

/// What would change: shown to a person, then made by [`Installer::apply`](crate::Installer::apply).
pub struct Plan {
    /// The plugins that are new or another, or whose bytes are not in the store.
    pub plugins: Vec<PluginChange>,
    /// The skill that is new or another.
    pub skill: Option<SkillChange>,
    /// Plugins that are as they were, by name.
    pub unchanged: Vec<String>,
    pub(crate) target: Target,
    pub(crate) after: Lock,
    /// Whether the lockfile would be another.
    pub(crate) relock: bool,
}

/// Whose lockfile is written.
pub(crate) enum Target {
    /// The person's own.
    Own,
    /// A skill's, in its folder.
    Skill(PathBuf),
}

/// A plugin that would be installed.
#[derive(Serialize)]
pub struct PluginChange {
    /// Its name: in a skill the one that the skill gives it.
    pub name: String,
    /// Where it is from.
    pub source: String,
    /// Its version.
    pub version: String,
    /// The version that is installed, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// `sha256:…`
    pub digest: String,
    /// Who signed it.
    pub signer: Option<String>,
    /// What is different from the version that is installed, the worst first.
    pub differences: Vec<Difference>,
    /// What stands against it.
    pub doubts: Vec<Doubt>,
    /// What it is.
    pub card: Card,
    /// Only its bytes are missing here: a lockfile pins them already.
    pub pinned: bool,
    #[serde(skip)]
    pub(crate) candidate: Candidate,
}

/// A skill that would be unpacked.
#[derive(Serialize)]
pub struct SkillChange {
    /// Its name.
    pub name: String,
    /// Where it is from.
    pub source: String,
    /// Its version.
    pub version: String,
    /// The version that is there, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// Who signed it.
    pub signer: Option<String>,
    /// Where it would lie.
    pub folder: PathBuf,
    /// The permission card.
    pub card: Card,
    /// What is different from what was approved last.
    pub changes: Vec<Change>,
    /// What stands against it.
    pub doubts: Vec<Doubt>,
    #[serde(skip)]
    pub(crate) locked: LockedSkill,
    /// The unpacked folder, in a folder of its own beside where it will lie.
    #[serde(skip)]
    pub(crate) unpacked: crate::skill_archive::Unpacked,
}

impl Plan {
    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.plugins.is_empty() && self.skill.is_none() && !self.relock
    }

    /// Whether a person has to decide about anything: what a lockfile pins was decided before.
    pub fn asks(&self) -> bool {
        self.skill.is_some() || self.plugins.iter().any(|plugin| !plugin.pinned)
    }

    /// All that stands against it, each with what it is about.
    pub fn doubts(&self) -> Vec<(&str, &Doubt)> {
        let plugins = self.plugins.iter();
        let plugins =
            plugins.flat_map(|it| it.doubts.iter().map(|doubt| (it.name.as_str(), doubt)));
        let skill = self.skill.iter();
        let skill = skill.flat_map(|it| it.doubts.iter().map(|doubt| (it.name.as_str(), doubt)));
        skill.chain(plugins).collect()
    }
}
