//! Whose word an operation's effect is.

use remit_policy::Effect;
use serde::{Deserialize, Serialize};

/// Who says what an operation's effect is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EffectSource {
    /// The plugin.
    #[default]
    Plugin,
    /// The skill that uses it.
    Skill,
    /// Nobody, so it is treated as destructive.
    Nobody,
}

impl EffectSource {
    /// The effect in words: `read`, `read, as the skill says`, `unknown, treated as destructive`.
    pub fn says(self, effect: Effect) -> String {
        match self {
            EffectSource::Plugin => effect.to_string(),
            EffectSource::Skill => format!("{effect}, as the skill says"),
            EffectSource::Nobody => format!("unknown, treated as {effect}"),
        }
    }

    pub(crate) fn is_plugin(&self) -> bool {
        *self == EffectSource::Plugin
    }
}
