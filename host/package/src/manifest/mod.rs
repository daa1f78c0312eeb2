//! `skill.toml`: plugins, grants, inputs and steps.

mod fields;
mod inputs;
mod json;
mod mistakes;
pub(crate) mod names;
mod plugins;
mod policy_file;
pub(crate) mod schema;
mod steps;
mod table;

use std::fmt;
use std::time::Duration;

use indexmap::IndexMap;
use remit_policy::{Effect, Grants, LimitsTable, display_safe};
use serde_json::Value;
use toml::Spanned;
use toml::de::DeTable;

pub use self::policy_file::{POLICY_FILE, PolicyFile};
use self::table::{Source, Table};
use crate::codes::Code;
use crate::digest::Digest;
use crate::error::PackageError;
use crate::place::Place;
use crate::text::{first_hidden, name_of};

/// The manifest's name, beside SKILL.md.
pub const MANIFEST_FILE: &str = "skill.toml";

/// A skill.toml that was read strictly. The default is the manifest of a skill without one: nothing granted.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// As semver.org.
    pub version: Option<String>,
    /// For a person; SKILL.md's is for the agent.
    pub description: Option<String>,
    /// What the skill may be told, in the order written.
    pub inputs: IndexMap<String, Input>,
    /// The plugins that it uses, each with all that it may do.
    pub plugins: IndexMap<String, PluginUse>,
    /// The procedure.
    pub steps: Vec<Step>,
}

/// One input.
#[derive(Clone, Debug)]
pub struct Input {
    /// A JSON Schema; `description` and `default` are in it too.
    pub schema: Value,
    /// For a person.
    pub description: Option<String>,
    /// Used where the input is not given. An input without one is required.
    pub default: Option<Value>,
    /// Where it is declared.
    pub place: Place,
}

/// A plugin as a skill uses it.
#[derive(Clone, Debug)]
pub struct PluginUse {
    /// Which component.
    pub component: ComponentRef,
    /// The only operations that the skill may call: none, if the key is not there.
    pub operations: Vec<String>,
    /// The greatest effect that an operation may have; `read` if the key is not there.
    pub effect: Effect,
    /// The effects of operations of a plain component, whose own types do not say them; each with where it is written.
    pub effects: IndexMap<String, (Effect, Place)>,
    /// What it may reach.
    pub grants: Grants,
    /// Where each of `grants` is written, in the same order.
    pub grant_places: Vec<Place>,
    /// What a call may use up: the plugin's own `limits`, else the skill's, else the defaults.
    pub limits: LimitsTable,
    /// Where they are written; where the plugin is declared, if nowhere.
    pub limits_place: Place,
    /// Where `effect` is written; where the plugin is declared, if nowhere.
    pub effect_place: Place,
    /// Where it is declared.
    pub place: Place,
}

/// Which component a plugin is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComponentRef {
    /// A file, relative to the skill's folder. It may lie outside of it: only a component is read from there.
    Path(String),
    /// One in the store.
    Digest(Digest),
    /// `oci://…` or `https://…`: one in the store, by the digest that remit.lock pins for it.
    Reference(String),
}

impl fmt::Display for ComponentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ComponentRef::Path(text) | ComponentRef::Reference(text) => f.write_str(text),
            ComponentRef::Digest(digest) => digest.fmt(f),
        }
    }
}

/// One step of the procedure.
#[derive(Clone, Debug)]
pub struct Step {
    /// Unique in the skill: letters, digits and `_`, so that `steps.ID` is an expression.
    pub id: String,
    /// What it does.
    pub kind: StepKind,
    /// An expression: the step is skipped where it is false.
    pub when: Option<String>,
    /// An expression that gives a list: the step is done for each `item`.
    pub for_each: Option<String>,
    /// With `for_each`: how many at once. 1 to 16, 4 if not said.
    pub parallel: usize,
    /// With `for_each`: more items than this is an error. 1 to 100,000, 1,000 if not said.
    pub max: usize,
    /// On a call: what to do where the plugin says `unavailable`.
    pub retry: Option<Retry>,
    /// A person is asked first, and shown this reason.
    pub approve: Option<String>,
    /// Where it is declared.
    pub place: Place,
    /// The line of `place`.
    pub line: usize,
    /// What the content must be, of a template whose output ends in `.json`.
    pub schema: Option<OutputSchema>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    /// Calls an operation of a plugin.
    Call {
        /// A key of [`Manifest::plugins`].
        plugin: String,
        /// The operation's name.
        operation: String,
        /// The input, with expressions in its strings; an empty object if not said.
        with: Value,
    },
    /// Renders a template into a file of the run's folder.
    Template {
        /// A file of the skill.
        template: String,
        /// A path in the run's folder, with expressions.
        output: String,
        /// Further values for the template; an empty object if not said.
        with: Value,
    },
    /// Fails the run if an expression is not true.
    Check {
        /// The expression.
        expr: String,
        /// What to say then, with expressions.
        message: String,
    },
}

/// What the content of an output must be.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputSchema {
    /// A file of the skill that holds a JSON Schema.
    File(String),
    /// The schema itself, as skill.toml writes it.
    Inline(Value),
}

/// How a call is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Tries in all, the first included: 2 to 10.
    pub attempts: u32,
    /// Pause before the second; doubled for each further one. At most 60 s; 500 ms if not said.
    pub wait: Duration,
}

/// The largest skill.toml, in bytes. The samples have 2 to 4 KiB.
pub(crate) const MAX_MANIFEST_BYTES: u64 = 256 << 10;

impl Manifest {
    /// Reads the text of a skill.toml. `file` is what messages call it.
    pub fn parse(file: &str, text: &str) -> Result<Manifest, PackageError> {
        let source = Source { file, text };
        let document = document(source)?;
        let root = Table::root(source, &document);
        root.only(&[
            "version",
            "description",
            "inputs",
            "plugins",
            "limits",
            "steps",
        ])?;
        let inputs = inputs::read(&root)?;
        let plugins = plugins::read(&root, &inputs)?;
        Ok(Manifest {
            version: version(&root)?,
            description: root.prose("description")?,
            steps: steps::read(&root, &plugins)?,
            inputs,
            plugins,
        })
    }
}

/// The TOML of a file that a person wrote, with nothing hidden in it.
fn document<'a>(source: Source<'a>) -> Result<Spanned<DeTable<'a>>, PackageError> {
    let Source { file, text } = source;
    if text.len() as u64 > MAX_MANIFEST_BYTES {
        let message = format!("it is larger than {MAX_MANIFEST_BYTES} bytes");
        return Err(PackageError::new(Code::ManifestTooLarge, message).at(Place::file(file)));
    }
    // Comments too: what a reviewer sees must be what the file says.
    if let Some((offset, c)) = first_hidden(text) {
        let place = Place::span(file, text, &(offset..offset));
        let message = format!("the text holds {}", name_of(c));
        return Err(PackageError::new(Code::TextHidden, message)
            .at(place)
            .hinted("in a string that needs it, write it as an escape such as `\\u200b`"));
    }
    DeTable::parse(text).map_err(|error| {
        let place = Place::span(file, text, &error.span().unwrap_or(0..0));
        let message = display_safe(error.message().trim(), 300).replace("\\n", "; ");
        PackageError::new(Code::ManifestSyntax, message).at(place)
    })
}

fn version(root: &Table<'_>) -> Result<Option<String>, PackageError> {
    let Some(item) = root.get("version") else {
        return Ok(None);
    };
    let text = item.str()?;
    semver::Version::parse(text).map_err(|_| {
        item.error(
            Code::ManifestValue,
            "`version` is not a version such as `0.1.0`",
        )
        .hinted("three numbers, as semver.org says")
    })?;
    Ok(Some(text.to_owned()))
}
