//! Which rule decided what stands in a record, where it is written, and what the narrowest change would open.

mod find;
mod opens;
mod policy_file;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use remit_package::Store;
use remit_policy::{DenialCode, Grant, Layer, display_safe};
use serde::Serialize;

use self::find::{Facts, Found};
pub use self::opens::Opens;
use crate::Sources;
use crate::error::ReviewError;
use crate::log::{Row, Run, Verdict, shown};
use crate::report::Line;
use crate::skills::{self, Read};

const FORMAT: u32 = 1;

/// What a record is about, and who decided it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The form of this document; 1.
    pub format: u32,
    /// The record's number.
    pub record: u64,
    /// When it was written.
    pub time: String,
    /// `decision`, `call` or `refused`.
    pub kind: String,
    /// Whether it was let through.
    pub allowed: bool,
    /// What was asked for: `http GET https://…`, `mail.search`.
    pub asked: String,
    /// The stable code of what stood in the way, or of what a call ended with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What that code means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub means: Option<String>,
    /// Why, as it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it stands: call, step, run.
    pub belongs_to: BelongsTo,
    /// The rule that let it through, or came nearest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// Whose rule decided: `grant`, `need`, `policy`; none where no layer could have let it through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// In a sentence, who decided.
    pub decided: String,
    /// Whether the skill is still what it was in that run; none where that cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill_changed: Option<bool>,
    /// The narrowest change that would let it through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opens: Option<Opens>,
    /// What else is to be known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Where something that is recorded stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BelongsTo {
    /// The run; none for a call of an author's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The skill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// The step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The item of a `for_each`, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u64>,
    /// The plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// The operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The agent's client and its version, as it says itself, where an agent made the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The session of that client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The number of the call's own record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<u64>,
}

/// A rule, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// As it decided, in the compact form.
    pub text: String,
    /// As it is written, where that is something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
    /// Its line in that run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_then: Option<usize>,
    /// Where it is now: `skills/mail/skill.toml:14`; none where it is not there any more, or not to be found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The lines that write it now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excerpt: Vec<Line>,
}

/// Finds out why what stands in record `seq` was decided so. `skills` is where a skill of that name is looked for that is
/// not where it was in the run.
///
/// # Errors
/// If there is no such record, or nothing was decided in it.
pub fn why(sources: &Sources, seq: u64, skills: &Path) -> Result<Why, ReviewError> {
    let found = find::find(&sources.log(), seq)?;
    found.with(|row, facts| {
        let answer = Answer {
            sources,
            row,
            run: facts.run.as_ref(),
            skill: facts
                .run
                .as_ref()
                .and_then(|run| now(run, skills, &sources.store().ok()?)),
            facts,
        };
        match &*row.kind {
            "decision" => Ok(answer.decision()),
            "call" => Ok(answer.call()),
            "refused" => Ok(answer.refused()),
            kind => Err(ReviewError::NoDecision {
                seq,
                kind: shown(kind),
            }),
        }
    })
}

/// The skill of a run as it is now: where it was then, or else below `skills`.
fn now(run: &Run, skills: &Path, store: &Store) -> Option<Read> {
    let then = run.folder.as_deref().map(PathBuf::from);
    // Below the folder that was named, where that is the same: a person reads short paths.
    let below = skills.join(&run.skill);
    let same = then
        .as_ref()
        .is_some_and(|then| below.canonicalize().ok().as_ref() == Some(then));
    let folders = match same {
        true => vec![below],
        false => then.into_iter().chain([below]).collect(),
    };
    folders
        .iter()
        .find_map(|folder| skills::read_one(folder, store).ok())
        .filter(|read| read.skill.name == run.skill)
}

struct Answer<'a> {
    sources: &'a Sources,
    row: &'a Row<'a>,
    run: Option<&'a Run>,
    skill: Option<Read>,
    facts: &'a Facts,
}

impl Answer<'_> {
    fn bare(&self, allowed: bool, asked: String, code: Option<String>) -> Why {
        let means = code.as_deref().and_then(meaning);
        let mut notes = Vec::new();
        let changed = self
            .skill
            .as_ref()
            .zip(self.run)
            .map(|(skill, run)| skill.skill.digest.to_string() != run.skill_digest);
        if self.run.is_some() && self.skill.is_none() {
            notes.push("the skill is not where it was, nor among the skills here: only what was recorded is shown".to_owned());
        }
        Why {
            format: FORMAT,
            record: self.row.seq,
            time: shown(&self.row.time),
            kind: shown(&self.row.kind),
            allowed,
            asked,
            code,
            means,
            reason: self.row.reason.as_ref().map(|reason| shown(reason)),
            belongs_to: self.belongs_to(),
            rule: None,
            layer: None,
            decided: String::new(),
            skill_changed: changed,
            opens: None,
            notes,
        }
    }

    fn belongs_to(&self) -> BelongsTo {
        let own = |text: &Option<crate::log::Text<'_>>| text.as_ref().map(|text| shown(text));
        let (agent, session) = match self.run {
            Some(run) => (run.agent.clone(), run.session.clone()),
            None => (None, None),
        };
        match &self.facts.call {
            Some(call) => BelongsTo {
                agent,
                session,
                skill: self.run.map(|run| run.skill.clone()),
                ..call.clone()
            },
            None => BelongsTo {
                run: self
                    .run
                    .map(|run| run.id.clone())
                    .or_else(|| own(&self.row.run)),
                skill: self.run.map(|run| run.skill.clone()),
                step: own(&self.row.step),
                agent,
                session,
                ..BelongsTo::default()
            },
        }
    }

    fn decision(&self) -> Why {
        let row = self.row;
        let text = |text: &Option<crate::log::Text<'_>>| {
            text.as_ref().map(|text| shown(text)).unwrap_or_default()
        };
        let allowed = row.allowed == Some(Verdict::Said(true));
        // What was denied begins with what was to be done already.
        let (action, asked) = (text(&row.action), text(&row.asked));
        let asked = match asked.starts_with(&format!("{action} ")) {
            true => format!("{} {asked}", text(&row.capability)),
            false => format!("{} {action} {asked}", text(&row.capability)),
        };
        let code = row.code.as_ref().map(|code| shown(code));
        let mut why = self.bare(allowed, asked, code);
        if self.facts.call.is_none() {
            why.notes
                .push("the record of its call is missing: the process ended in it".to_owned());
        }
        let layer = row.layer.as_deref().and_then(layer);
        why.layer = layer.map(|layer| layer.to_string());
        why.rule = row
            .rule
            .as_ref()
            .map(|rule| self.rule(layer, rule, &mut why.notes));
        let rule = why.rule.as_ref();
        why.decided = match (allowed, layer, rule) {
            (true, _, Some(_)) => {
                "this grant of the skill lets it through; needs and policy do too".to_owned()
            }
            (true, _, None) => "it needs no rule".to_owned(),
            (false, Some(Layer::Grant), Some(_)) => {
                "the skill's grants refuse it; this one comes nearest".to_owned()
            }
            (false, Some(Layer::Grant), None) => {
                "the skill's grants refuse it: none comes near".to_owned()
            }
            (false, Some(Layer::Need), Some(_)) => {
                "the plugin's own needs refuse it; this one comes nearest".to_owned()
            }
            (false, Some(Layer::Need), None) => {
                "the plugin's own needs refuse it: it does not say that it needs this".to_owned()
            }
            (false, Some(Layer::Policy), Some(_)) => {
                "the operator's policy refuses it; this rule comes nearest".to_owned()
            }
            (false, Some(Layer::Policy), None) => {
                "the operator's policy refuses it: no rule comes near".to_owned()
            }
            (false, None, _) => {
                "Remit itself refuses it: no grant, need or policy could let it through".to_owned()
            }
        };
        if !allowed {
            why.opens = self.opens(layer);
        }
        why
    }

    fn rule(&self, layer: Option<Layer>, text: &str, notes: &mut Vec<String>) -> Rule {
        let bare = Rule {
            text: display_safe(text, 2_000),
            written: None,
            line_then: None,
            place: None,
            excerpt: Vec::new(),
        };
        match layer {
            Some(Layer::Policy) => {
                let (place, excerpt) = policy_file::line_of(&self.sources.dirs, text);
                if excerpt.is_empty() {
                    notes.push("policy.toml does not hold that rule any more".to_owned());
                }
                Rule {
                    place: Some(place).filter(|_| !excerpt.is_empty()),
                    excerpt,
                    ..bare
                }
            }
            Some(Layer::Need) => bare,
            Some(Layer::Grant) | None => self.grant(text, bare, notes),
        }
    }

    fn grant(&self, text: &str, bare: Rule, notes: &mut Vec<String>) -> Rule {
        let alias = self.belongs_to().plugin.unwrap_or_default();
        let then = self.run.and_then(|run| run.grant(&alias, text));
        let written = then.map_or(text, |grant| grant.written.as_str());
        let rule = Rule {
            written: (written != text).then(|| display_safe(written, 2_000)),
            line_then: then.and_then(|grant| grant.line),
            ..bare
        };
        let Some(read) = &self.skill else { return rule };
        let plugin = read.plugin(&alias);
        let place = plugin.and_then(|plugin| {
            let grants = plugin.used.grants.iter().zip(&plugin.used.grant_places);
            let mut alike = grants.filter(|(grant, _)| grant.to_string() == written);
            alike.next().map(|(_, place)| place)
        });
        let Some(place) = place else {
            notes.push(format!(
                "{} does not hold that grant any more",
                read.place(None)
            ));
            return rule;
        };
        Rule {
            place: Some(read.place(place.line)),
            excerpt: crate::report::excerpt(&read.lines, place.line),
            ..rule
        }
    }

    fn opens(&self, layer: Option<Layer>) -> Option<Opens> {
        let row = self.row;
        let alias = self
            .belongs_to()
            .plugin
            .unwrap_or_else(|| "NAME".to_owned());
        let recorded = row
            .narrowest
            .as_ref()
            .and_then(|text| Grant::parse(Layer::Grant, text).ok());
        match layer {
            Some(Layer::Grant) => Some(Opens::grant(
                &alias,
                &recorded?,
                self.skill.as_ref(),
                self.run.is_some(),
            )),
            Some(layer @ (Layer::Need | Layer::Policy)) => {
                let exact = opens::exactly(
                    row.capability.as_deref().unwrap_or_default(),
                    row.asked.as_deref().unwrap_or_default(),
                    row.rule.as_deref(),
                )?;
                Some(match layer {
                    Layer::Policy => Opens::policy(&self.sources.dirs, &exact),
                    _ => Opens::need(&alias, &exact),
                })
            }
            None => None,
        }
    }

    fn call(&self) -> Why {
        let row = self.row;
        let name = |text: &Option<crate::log::Text<'_>>| {
            text.as_ref().map(|text| shown(text)).unwrap_or_default()
        };
        let (alias, operation) = (name(&row.plugin), name(&row.operation));
        let outcome = name(&row.outcome);
        let ended = (outcome != "ok").then(|| outcome.clone());
        let mut why = self.bare(true, format!("{alias}.{operation}"), ended);
        why.layer = Some(Layer::Grant.to_string()).filter(|_| self.run.is_some());
        why.decided = match self.run {
            Some(_) => "the skill lists the operation and grants its effect".to_owned(),
            None => "an author's own call: no skill limits its operations".to_owned(),
        };
        if outcome != "ok" {
            why.notes.push(format!(
                "the call was let through, and ended with {outcome}"
            ));
        }
        if DenialCode::ALL.iter().any(|code| code.as_str() == outcome)
            && let Some(denied) = self.facts.last_denied
        {
            why.notes.push(format!(
                "what was denied in it is record {denied}: `remit audit why {denied}`"
            ));
        }
        why.rule = self.skill.as_ref().and_then(|read| {
            let plugin = read.plugin(&alias)?;
            let listed = plugin.used.operations.contains(&operation);
            if !listed {
                why.notes.push(format!(
                    "{} does not list the operation any more",
                    read.place(None)
                ));
                return None;
            }
            Some(opens::operations_rule(read, plugin))
        });
        why
    }

    fn refused(&self) -> Why {
        let row = self.row;
        let what = row
            .what
            .as_ref()
            .map(|what| shown(what))
            .unwrap_or_default();
        let code = row.code.as_ref().map(|code| shown(code));
        let mut why = self.bare(false, what.clone(), code.clone());
        let (alias, operation) = what.split_once('.').unwrap_or((&what, ""));
        let plugin = self
            .skill
            .as_ref()
            .and_then(|read| Some((read, read.plugin(alias)?)));
        if plugin.is_some() {
            why.belongs_to.plugin = Some(alias.to_owned());
            why.belongs_to.operation = Some(operation.to_owned());
        }
        why.rule = plugin.map(|(read, plugin)| opens::operations_rule(read, plugin));
        let denied = code
            .as_deref()
            .and_then(|code| DenialCode::ALL.iter().find(|known| known.as_str() == code));
        why.layer = match denied {
            Some(DenialCode::OperationNotListed | DenialCode::EffectNotGranted) => {
                Some(Layer::Grant.to_string())
            }
            _ => None,
        };
        why.decided = match denied {
            Some(DenialCode::OperationNotListed) => {
                "the skill does not list the operation".to_owned()
            }
            Some(DenialCode::EffectNotGranted) => {
                "the skill does not grant the operation's effect".to_owned()
            }
            Some(DenialCode::NotApproved) => "no person has approved it".to_owned(),
            _ => "it was refused before it began, and no rule had a say in it".to_owned(),
        };
        why.opens = opens::for_refusal(denied.copied(), alias, operation, plugin, &what);
        why
    }
}

/// What a code means, whichever crate has it.
fn meaning(code: &str) -> Option<String> {
    remit_run::codes_by_crate()
        .find(|(known, _)| *known == code)
        .map(|(_, meaning)| meaning.to_owned())
}

fn layer(text: &str) -> Option<Layer> {
    [Layer::Grant, Layer::Need, Layer::Policy]
        .into_iter()
        .find(|layer| layer.as_str() == text)
}

impl Found {
    /// Hands on the record with what belongs to it.
    fn with<T>(
        &self,
        answer: impl FnOnce(&Row<'_>, &Facts) -> Result<T, ReviewError>,
    ) -> Result<T, ReviewError> {
        let row: Row<'_> =
            serde_json::from_slice(&self.line).map_err(|error| ReviewError::Unreadable {
                index: self.index,
                reason: display_safe(&error.to_string(), 200),
            })?;
        answer(&row, &self.facts)
    }
}
