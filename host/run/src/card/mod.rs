//! The permission card: what a person must understand in ten seconds. Data only; the command line renders it.
//! Every text in it that somebody else wrote is capped and safe to print.

mod fields;
mod lines;

use remit_package::{Component, Description, EffectSource, TextWarning};
use remit_policy::{Effect, Grants, LimitsTable, Needs, display_safe, is_display_safe};
use serde::Serialize;

pub use fields::Field;
pub use lines::says;

use crate::approvals::{self, Approval, callable, grant_needs_approval};
use crate::ceiling::{self, Violation};
use crate::error::RunError;
use crate::host::Host;
use crate::skill::{OpenPlugin, OpenSkill, needs_of};

/// The permission card of a skill, or of a component alone.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    /// The skill's name, or the plugin's.
    pub name: String,
    /// The skill's version; for a component the plugin's.
    pub version: Option<String>,
    /// What it says it is for.
    pub summary: String,
    /// Who says to have written it (`author` in the metadata of SKILL.md). Nobody has checked it.
    pub author: Option<String>,
    /// The licence that it names.
    pub license: Option<String>,
    /// `sha256:…` of the skill's files, or of the component.
    pub digest: String,
    /// Where it lies, as asked for.
    pub path: String,
    /// Whether a person must approve it, and why; none for a component alone.
    pub approval: Option<Approval>,
    /// The operator's policy that is in force, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The plugins, in the order of skill.toml.
    pub plugins: Vec<PluginCard>,
    /// What looks odd: texts that mix scripts or hide characters.
    pub warnings: Vec<String>,
}

/// One plugin on the card.
#[derive(Debug, Clone, Serialize)]
pub struct PluginCard {
    /// Its name in the skill; the plugin's own for a component alone.
    pub alias: String,
    /// What it calls itself.
    pub name: String,
    /// The version that it says it has.
    pub version: String,
    /// What it says it is for.
    pub summary: String,
    /// The component, as skill.toml names it.
    pub component: String,
    /// `sha256:…` of the component.
    pub digest: String,
    /// The component's size in bytes.
    pub size: u64,
    /// What it was made with, as its producers section says.
    pub made_with: Vec<String>,
    /// Its operations.
    pub operations: Vec<OperationLine>,
    /// The functions of a plain component that are no operations, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutLine>,
    /// What it may reach: each effective grant.
    pub reaches: Vec<ReachLine>,
    /// What it imports and nothing is granted for.
    pub closed: Vec<ClosedLine>,
    /// What it asks for; none if it says nothing about its needs.
    pub needs: Option<Vec<NeedLine>>,
    /// What it can change outside of its sandbox, a sentence each; empty if nothing.
    pub changes: Vec<String>,
    /// Its limits for one call: `memory 64MiB`, `time 30s`, …
    pub limits: Vec<String>,
    /// What the operator's policy takes away of its effect and its limits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cut: Vec<String>,
}

/// An operation on the card.
#[derive(Debug, Clone, Serialize)]
pub struct OperationLine {
    /// Its name.
    pub name: String,
    /// What it says it does.
    pub summary: String,
    /// Its effect.
    pub effect: Effect,
    /// Who says what its effect is: `plugin`, `skill`, or `nobody`, and then it is treated as destructive.
    pub effect_source: EffectSource,
    /// Whether the skill may call it: listed, and its effect granted.
    pub allowed: bool,
    /// The fields of its input, those that it needs first.
    pub takes: Vec<Field>,
}

/// An exported function that cannot be called.
#[derive(Debug, Clone, Serialize)]
pub struct LeftOutLine {
    /// As the component exports it.
    pub function: String,
    /// Why, after "because".
    pub why: String,
}

/// One thing that a plugin may reach.
#[derive(Debug, Clone, Serialize)]
pub struct ReachLine {
    /// `http`, `files`, `config` or `secret`.
    pub kind: &'static str,
    /// A plain sentence: `reads the folder data/mail of the skill`.
    pub says: String,
    /// The grant in the compact form.
    pub grant: String,
    /// Whether a person must approve it.
    pub needs_approval: bool,
    /// Why nothing comes of it although granted: no need of the plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub narrowed: Option<String>,
    /// What the operator's policy takes away of it: `forbidden by policy.toml:7: …`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policy: Vec<String>,
}

/// An import with nothing granted for it.
#[derive(Debug, Clone, Serialize)]
pub struct ClosedLine {
    /// The interface: `wasi:http/outgoing-handler@0.2.12`.
    pub import: String,
    /// What it would have been: `the network`.
    pub says: String,
}

/// Something that a plugin asks for.
#[derive(Debug, Clone, Serialize)]
pub struct NeedLine {
    /// In the compact form.
    pub grant: String,
    /// Why, in the plugin's own words.
    pub reason: String,
    /// Whether a grant of the skill covers some of it; none for a component alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered: Option<bool>,
}

/// How many characters of a foreign sentence the card shows.
const SENTENCE: usize = 300;

pub(crate) fn of_skill(host: &Host, open: &OpenSkill) -> Card {
    let doc = &open.skill.doc;
    let text = |text: &str| display_safe(text, SENTENCE);
    let metadata = |key: &str| doc.metadata.get(key).map(|value| display_safe(value, 120));
    let mut warnings: Vec<String> = doc.warnings.iter().map(warning).collect();
    let author = doc.metadata.get("author").map(String::as_str);
    for (place, text) in [
        ("description", Some(doc.description.as_str())),
        ("author", author),
        ("license", doc.license.as_deref()),
    ] {
        if text.is_some_and(|text| !is_display_safe(text)) {
            warnings.push(format!(
                "its {place} has characters that are not shown as they are"
            ));
        }
    }
    if let Some(word) = author.and_then(remit_package::mixed_word) {
        let word = display_safe(word, 40);
        warnings.push(format!(
            "the author's name mixes letters of several scripts, as in `{word}`: it may imitate another"
        ));
    }
    for plugin in &open.plugins {
        warnings.extend(odd_texts(&plugin.alias, &plugin.description));
    }
    Card {
        name: open.name().to_owned(),
        version: open.skill.manifest.version.clone(),
        summary: text(
            open.skill
                .manifest
                .description
                .as_deref()
                .unwrap_or(&doc.description),
        ),
        author: metadata("author"),
        license: doc
            .license
            .as_deref()
            .map(|license| display_safe(license, 120)),
        digest: open.skill.digest.to_string(),
        path: display_safe(&open.folder().display().to_string(), 400),
        approval: Some(approvals::state(host, open)),
        policy: host.policy_place(),
        plugins: open
            .plugins
            .iter()
            .map(|plugin| of_plugin(host, plugin))
            .collect(),
        warnings,
    }
}

fn of_plugin(host: &Host, plugin: &OpenPlugin) -> PluginCard {
    let used = &plugin.used;
    let operations = operations(&plugin.description, |operation| {
        callable(plugin, &host.policy).any(|(name, _)| name == operation)
    });
    let limits = used.limits.resolve(&host.policy);
    let beyond = ceiling::of_plugin(&host.policy_file, &plugin.alias, used);
    PluginCard {
        changes: lines::changes(&used.grants, &operations),
        operations,
        reaches: reaches(plugin, &beyond),
        closed: lines::closed(&plugin.component.inspection, &used.grants),
        needs: needs(
            &plugin.description,
            plugin.needs.as_ref(),
            Some(&used.grants),
        ),
        limits: lines::limits(&limits),
        cut: (beyond.iter())
            .filter(|violation| violation.grant.is_none())
            .map(|violation| format!("{}  {}", violation.what, taken_away(violation)))
            .collect(),
        ..bare(
            &plugin.alias,
            &used.component.to_string(),
            &plugin.component,
            &plugin.description,
        )
    }
}

/// The card of a component alone: nothing is granted. `shown` says where it is from.
pub(crate) async fn of_component(
    host: &Host,
    component: &Component,
    shown: &str,
) -> Result<Card, RunError> {
    let description = host.describe(component).await?;
    let needs_read = needs_of(&description)?;
    let none = Grants::default();
    let shown = display_safe(shown, 400);
    let plugin = PluginCard {
        operations: operations(&description, |_| false),
        closed: lines::closed(&component.inspection, &none),
        needs: needs(&description, needs_read.as_ref(), None),
        limits: lines::limits(&LimitsTable::default().resolve(&host.policy)),
        ..bare(&description.name, &shown, component, &description)
    };
    let metadata = &component.inspection.metadata;
    Ok(Card {
        name: description.name.clone(),
        version: Some(display_safe(&description.version, 64)),
        summary: display_safe(&description.summary, SENTENCE),
        author: metadata
            .authors
            .as_deref()
            .map(|authors| display_safe(authors, 120)),
        license: metadata
            .licenses
            .as_deref()
            .map(|license| display_safe(license, 120)),
        digest: component.digest.to_string(),
        path: shown,
        approval: None,
        policy: host.policy_place(),
        warnings: odd_texts(&description.name, &description),
        plugins: vec![plugin],
    })
}

fn operations(description: &Description, allowed: impl Fn(&str) -> bool) -> Vec<OperationLine> {
    let line = |operation: &remit_package::Operation| OperationLine {
        name: operation.name.clone(),
        summary: display_safe(&operation.summary, SENTENCE),
        effect: operation.effect,
        effect_source: operation.effect_source,
        allowed: allowed(&operation.name),
        takes: fields::of(&operation.input_schema),
    };
    description.operations.iter().map(line).collect()
}

/// What is the same wherever a plugin is used.
fn bare(alias: &str, component: &str, opened: &Component, description: &Description) -> PluginCard {
    let made_with = |producer: &remit_package::Producer| {
        display_safe(format!("{} {}", producer.name, producer.version).trim(), 80)
    };
    PluginCard {
        alias: alias.to_owned(),
        name: description.name.clone(),
        version: display_safe(&description.version, 64),
        summary: display_safe(&description.summary, SENTENCE),
        component: display_safe(component, 400),
        digest: opened.digest.to_string(),
        size: opened.inspection.size,
        made_with: opened
            .inspection
            .producers
            .iter()
            .map(made_with)
            .take(12)
            .collect(),
        operations: Vec::new(),
        left_out: (description.left_out.iter())
            .map(|left| LeftOutLine {
                function: display_safe(&left.function, SENTENCE),
                why: display_safe(&left.why, SENTENCE),
            })
            .collect(),
        reaches: Vec::new(),
        closed: Vec::new(),
        needs: None,
        changes: Vec::new(),
        limits: Vec::new(),
        cut: Vec::new(),
    }
}

fn reaches(plugin: &OpenPlugin, beyond: &[Violation]) -> Vec<ReachLine> {
    let grants = &plugin.used.grants;
    let idle = plugin
        .needs
        .as_ref()
        .and_then(|needs| needs.bind_config(&grants.config()).ok())
        .map(|needs| needs.idle(grants))
        .unwrap_or_default();
    let line = |(index, grant): (usize, &remit_policy::Grant)| ReachLine {
        kind: grant.capability(),
        says: says(grant),
        grant: grant.to_string(),
        needs_approval: grant_needs_approval(grant),
        narrowed: (idle.contains(&index))
            .then(|| "the plugin has no need for it, so nothing comes of it".to_owned()),
        policy: (beyond.iter())
            .filter(|violation| violation.grant == Some(index))
            .map(taken_away)
            .collect(),
    };
    grants.iter().enumerate().map(line).collect()
}

/// `forbidden by policy.toml:7: …, for example POST https://a.example/`
fn taken_away(violation: &Violation) -> String {
    let example = violation.example.as_ref();
    let example = example.map(|example| format!("; for example {example}"));
    let (verdict, reason) = (violation.verdict(), &violation.reason);
    format!("{verdict}: {reason}{}", example.unwrap_or_default())
}

fn needs(
    description: &Description,
    needs: Option<&Needs>,
    grants: Option<&Grants>,
) -> Option<Vec<NeedLine>> {
    let needs = needs?;
    let unmet = grants.map(|grants| {
        needs
            .bind_config(&grants.config())
            .map(|bound| bound.unmet(grants))
            .unwrap_or_default()
    });
    let line = |(index, need): (usize, &remit_package::NeedText)| NeedLine {
        grant: display_safe(&need.grant, SENTENCE),
        reason: display_safe(&need.reason, SENTENCE),
        covered: unmet.as_ref().map(|unmet| !unmet.contains(&index)),
    };
    Some(description.needs.iter().enumerate().map(line).collect())
}

fn warning(warning: &TextWarning) -> String {
    format!(
        "{} has characters that a person does not see: {}",
        warning.place, warning.what
    )
}

/// Says which of a plugin's sentences had something in them that is not shown as it is.
fn odd_texts(alias: &str, description: &Description) -> Vec<String> {
    let texts = std::iter::once(("its summary".to_owned(), &description.summary))
        .chain(
            description
                .operations
                .iter()
                .map(|op| (format!("what it says of {}", op.name), &op.summary)),
        )
        .chain(
            description
                .needs
                .iter()
                .map(|need| ("a reason that it gives".to_owned(), &need.reason)),
        );
    let odd = |(which, text): (String, &String)| {
        if !is_display_safe(text) {
            return Some(format!(
                "{alias}: {which} has characters that are not shown as they are"
            ));
        }
        let word = display_safe(remit_package::mixed_word(text)?, 40);
        Some(format!(
            "{alias}: {which} mixes letters of several scripts, as in `{word}`: it may imitate another"
        ))
    };
    texts.filter_map(odd).collect()
}
