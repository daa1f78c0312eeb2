//! Where on the host a folder lies.

use std::collections::BTreeMap;
use std::fmt;

use super::name::check_grant_name;
use crate::placeholder::{INPUT, input, whole_input};
use crate::words::{Word, quote};
use crate::{GrantError, Layer};

/// A folder of the host. The texts are relative to their root, with `/` between names, and hold no `.`, `..`,
/// empty name or control character; empty means the root itself. In a grant they may hold `{inputs.NAME}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostPath {
    /// `.` or `./data`: the skill's own folder, or below it.
    Skill(String),
    /// `{run}` or `{run}/drafts`: the run's folder, or below it.
    Run(String),
    /// `~/x`: below the user's home; never the home itself in a grant.
    Home(String),
    /// `/x`: an absolute path, written with its `/`.
    Absolute(String),
    /// `*`: any folder. In needs and policy only.
    Any,
}

/// What the kernel shows there is not data: a grant of it would be a grant of the machine.
const NEVER: [&str; 3] = ["/proc", "/sys", "/dev"];

impl HostPath {
    pub(crate) fn parse(layer: Layer, word: &Word) -> Result<Self, GrantError> {
        if word.is_star() {
            return match layer {
                Layer::Grant => Err(GrantError::wildcard("*", "a grant names one folder")),
                Layer::Need | Layer::Policy => Ok(Self::Any),
            };
        }
        Self::parse_text(layer, &word.text)
    }

    pub(crate) fn parse_text(layer: Layer, text: &str) -> Result<Self, GrantError> {
        let (root, below): (fn(String) -> Self, &str) = if text == "." {
            (Self::Skill, "")
        } else if let Some(below) = text.strip_prefix("./") {
            (Self::Skill, at_least_one(text, below)?)
        } else if text == "{run}" {
            (Self::Run, "")
        } else if let Some(below) = text.strip_prefix("{run}/") {
            (Self::Run, at_least_one(text, below)?)
        } else if text == "~" {
            (Self::Home, "")
        } else if let Some(below) = text.strip_prefix("~/") {
            (Self::Home, at_least_one(text, below)?)
        } else if let Some(below) = text.strip_prefix('/') {
            (Self::Absolute, below)
        } else if text.starts_with('~') {
            return Err(GrantError::syntax(
                text,
                "the home of another user cannot be named with `~`",
            ));
        } else {
            (Self::Skill, at_least_one(text, text)?)
        };
        let mut literals = 0usize;
        for name in below.split('/').filter(|_| !below.is_empty()) {
            if whole_input(name).is_none() {
                check_grant_name(text, name)?;
                literals += 1;
                continue;
            }
            if layer != Layer::Grant {
                return Err(GrantError::placeholder(name, "only a skill has inputs"));
            }
            // Else an input would choose among all of a person's folders.
            if literals == 0 && !matches!(root(String::new()), Self::Skill(_) | Self::Run(_)) {
                return Err(GrantError::placeholder(
                    name,
                    "outside the skill and the run it stands below a folder that is named",
                ));
            }
        }
        let path = match root(below.to_owned()) {
            Self::Absolute(below) => Self::Absolute(format!("/{below}")),
            other => other,
        };
        if layer == Layer::Grant {
            path.check_grantable(text)?;
        }
        Ok(path)
    }

    /// The roots that no skill is ever given, as far as a name tells.
    fn check_grantable(&self, text: &str) -> Result<(), GrantError> {
        let refused = match self {
            Self::Home(below) => below.is_empty(),
            Self::Absolute(path) => {
                path == "/" || NEVER.iter().any(|root| is_at_or_below(root, path))
            }
            Self::Skill(_) | Self::Run(_) | Self::Any => false,
        };
        if refused {
            return Err(GrantError::syntax(
                text,
                "`/`, the home folder itself, /proc, /sys and /dev are never granted",
            ));
        }
        Ok(())
    }

    pub(crate) fn bind(&self, inputs: &BTreeMap<String, String>) -> Result<Self, GrantError> {
        let text = self.to_string();
        if !text.contains(INPUT) {
            return Ok(self.clone());
        }
        let mut names = Vec::new();
        for name in text.split('/') {
            match whole_input(name) {
                Some(key) => {
                    let value = input(inputs, key)?;
                    for part in value.split('/') {
                        check_grant_name(value, part).map_err(|error| as_value(value, error))?;
                    }
                    names.push(value);
                }
                None => names.push(name),
            }
        }
        Self::parse_text(Layer::Grant, &names.join("/"))
    }

    pub(crate) fn inputs(&self) -> Vec<String> {
        let text = self.to_string();
        text.split('/')
            .filter_map(whole_input)
            .map(str::to_owned)
            .collect()
    }

    pub(crate) fn is_bound(&self) -> bool {
        *self != Self::Any && !self.to_string().contains(INPUT)
    }

    /// Whether `other` is this folder or lies below it, by whole names and as far as names tell.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Skill(root), Self::Skill(path))
            | (Self::Run(root), Self::Run(path))
            | (Self::Home(root), Self::Home(path))
            | (Self::Absolute(root), Self::Absolute(path)) => is_at_or_below(root, path),
            _ => false,
        }
    }
}

/// By whole names: `/data` holds `/data/x` and not `/database`.
pub(super) fn is_at_or_below(root: &str, path: &str) -> bool {
    if root.is_empty() || root == "/" {
        return true;
    }
    path.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn at_least_one<'a>(text: &str, below: &'a str) -> Result<&'a str, GrantError> {
    if below.is_empty() {
        return Err(GrantError::syntax(text, "a folder's name is missing"));
    }
    Ok(below)
}

fn as_value(value: &str, error: GrantError) -> GrantError {
    match error {
        GrantError::Syntax { reason, .. } => GrantError::value(value, reason),
        other => other,
    }
}

/// The canonical text, without quotes.
impl fmt::Display for HostPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skill(below) if below.is_empty() => f.write_str("."),
            Self::Skill(below) => write!(f, "./{below}"),
            Self::Run(below) if below.is_empty() => f.write_str("{run}"),
            Self::Run(below) => write!(f, "{{run}}/{below}"),
            Self::Home(below) if below.is_empty() => f.write_str("~"),
            Self::Home(below) => write!(f, "~/{below}"),
            Self::Absolute(path) => f.write_str(path),
            Self::Any => f.write_str("*"),
        }
    }
}

impl HostPath {
    /// As one word of a compact form.
    pub(crate) fn word(&self) -> String {
        match self {
            Self::Any => "*".to_owned(),
            path => quote(&path.to_string()),
        }
    }
}
