//! `policy.toml`: the operator's ceiling, read as strictly as a skill.toml, each rule with the line where it stands.

use std::collections::BTreeMap;
use std::path::Path;

use remit_policy::{
    Capability, Grant, Layer, LimitsCeiling, OperatorPolicy, PolicyKey, display_safe,
};
use serde::Deserialize as _;
use toml::de::ValueDeserializer;

use super::fields::fields_of;
use super::mistakes::serde_error;
use super::plugins::{parsed, refused};
use super::table::{Item, Source, Table};
use super::{MAX_MANIFEST_BYTES, document};
use crate::codes::Code;
use crate::error::PackageError;
use crate::file::read_file;
use crate::place::Place;

/// The operator's policy, in the configuration folder.
pub const POLICY_FILE: &str = "policy.toml";

/// More than a person could keep in mind.
const MAX_RULES: usize = 1_000;

/// A policy.toml that was read strictly. The default is that of an operator who has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyFile {
    /// What messages call it: `policy.toml`, or as it was named; empty where there is none.
    pub file: String,
    /// What it says.
    pub policy: OperatorPolicy,
    lines: BTreeMap<PolicyKey, usize>,
}

impl PolicyFile {
    /// Reads a policy's file; `name` is what messages call it.
    ///
    /// # Errors
    /// If it is not there, no plain file, or breaks a rule: a policy that cannot be read must not be taken for none.
    pub fn read(path: &Path, name: &str) -> Result<PolicyFile, PackageError> {
        let bytes = read_file(path, MAX_MANIFEST_BYTES)?;
        let text = String::from_utf8(bytes).map_err(|_| {
            let error = PackageError::new(Code::ManifestSyntax, "it is not UTF-8 text");
            error.at(Place::file(name))
        })?;
        Self::parse(name, &text)
    }

    /// Reads the text of a policy.toml; `file` is what messages call it.
    pub fn parse(file: &str, text: &str) -> Result<PolicyFile, PackageError> {
        let source = Source { file, text };
        let document = document(source)?;
        let root = Table::root(source, &document);
        if let Some(item) = root.get("deny") {
            let error = item.error(Code::ManifestUnknownKey, "a policy has no key `deny`");
            return Err(error.hinted(
                "what `allow` does not list is forbidden; a list of what is forbidden would miss its other names",
            ));
        }
        root.only(fields_of::<OperatorPolicy>().unwrap_or_default())?;
        let mut lines = BTreeMap::new();
        let mut keep =
            |key: PolicyKey, place: Place| lines.extend(place.line.map(|line| (key, line)));
        if let Some(item) = root.get("allow") {
            keep(PolicyKey::Allow(None), item.place());
            for (index, rule) in item.array(MAX_RULES)?.iter().enumerate() {
                keep(PolicyKey::Allow(Some(index)), rule.place());
                Grant::parse(Layer::Policy, rule.str()?)
                    .map_err(|error| refused(&rule.place(), &error))?;
            }
        }
        if let Some(item) = root.get("open") {
            for (index, capability) in item.array(MAX_RULES)?.iter().enumerate() {
                keep(PolicyKey::Open(index), capability.place());
                check_capability(capability)?;
            }
        }
        if let Some(item) = root.get("max_effect") {
            keep(PolicyKey::MaxEffect, item.place());
            parsed(&item)?;
        }
        if let Some(item) = root.get("limits") {
            let ceiling: LimitsCeiling = item.read(Code::ManifestValue)?;
            let written = item.table()?.items();
            for (name, _) in ceiling.settings() {
                let line = written.iter().find(|item| item.key == name);
                keep(
                    PolicyKey::Limit(name),
                    line.map_or_else(|| item.place(), Item::place),
                );
            }
        }
        let value = ValueDeserializer::from(root.spanned());
        let policy = OperatorPolicy::deserialize(value).map_err(|error| {
            let place = Place::span(file, text, &error.span().unwrap_or(0..0));
            serde_error("the top level", error.message(), Code::ManifestValue).at(place)
        })?;
        policy.check().map_err(|(key, error)| {
            let made = PackageError::new(Code::ManifestValue, error.to_string());
            made.at(Place {
                line: lines.get(&key).copied(),
                key: Some(key.to_string()),
                ..Place::file(file)
            })
        })?;
        Ok(PolicyFile {
            file: file.to_owned(),
            policy,
            lines,
        })
    }

    /// A policy that an embedder made, of which no line is known.
    pub fn of(policy: OperatorPolicy) -> PolicyFile {
        PolicyFile {
            file: "the operator's policy".to_owned(),
            policy,
            lines: BTreeMap::new(),
        }
    }

    /// The line, from 1, where a key stands; of a rule that does not stand on one, that of its list.
    pub fn line(&self, key: PolicyKey) -> Option<usize> {
        let of_list = || match key {
            PolicyKey::Allow(Some(_)) => self.lines.get(&PolicyKey::Allow(None)),
            _ => None,
        };
        self.lines.get(&key).or_else(of_list).copied()
    }

    /// `policy.toml:7`
    pub fn place(&self, key: PolicyKey) -> String {
        match self.line(key) {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }
}

fn check_capability(item: &Item<'_>) -> Result<(), PackageError> {
    let text = item.str()?;
    let all = [
        Capability::Http,
        Capability::Files,
        Capability::Config,
        Capability::Secret,
    ];
    if all.iter().any(|capability| capability.as_str() == text) {
        return Ok(());
    }
    let message = format!(
        "`open` takes capabilities, and `{}` is none",
        display_safe(text, 60)
    );
    Err(item
        .error(Code::ManifestValue, message)
        .hinted("it takes http, files, config and secret"))
}
