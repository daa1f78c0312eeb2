//! What is different between two versions of a plugin, in meaning: a line each, the worst first.

mod needs;

use std::collections::BTreeSet;

use remit_package::{Description, LockedPlugin, Operation};
use remit_policy::{Effect, display_safe};
use serde::Serialize;
use serde_json::Value;

/// Characters of a foreign sentence in a line.
const SENTENCE: usize = 160;
/// More of a kind than anybody reads; the rest is counted.
const MAX_LINES: usize = 200;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// More, less, or another.
    pub mark: Mark,
    /// How much it matters.
    pub weight: Weight,
    /// In words, safe to print: `need widened: http * https://example.org, was …`.
    pub what: String,
}

/// Whether there is more of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// There is something that there was not.
    Added,
    /// Something is another than it was.
    Changed,
    /// Something is no longer there.
    Removed,
}

impl Mark {
    /// `+`, `~` or `-`.
    pub fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Changed => '~',
            Self::Removed => '-',
        }
    }
}

/// How much a difference matters: the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Who made it, or where it comes from.
    Origin,
    /// It can do worse things than before.
    Effect,
    /// It asks for more.
    Need,
    /// It offers more.
    Offer,
    /// It says or takes something else.
    Text,
    /// It can do less, or asks for less.
    Less,
}

/// All differences, the worst first.
pub(crate) fn between(then: &LockedPlugin, now: &LockedPlugin) -> Vec<Difference> {
    let mut found = Found::default();
    origin(&mut found, then, now);
    operations(&mut found, &then.description, &now.description);
    needs::compare(&mut found, &then.description.needs, &now.description.needs);
    texts(&mut found, &then.description, &now.description);
    if found.0.is_empty() && then.description != now.description {
        found.say(
            Mark::Changed,
            Weight::Text,
            "what it says about itself".to_owned(),
        );
    }
    let mut found = found.0;
    found.sort_by_key(|difference| difference.weight);
    if found.len() > MAX_LINES {
        let rest = found.split_off(MAX_LINES).len();
        found.push(Difference {
            mark: Mark::Changed,
            weight: Weight::Text,
            what: format!("and {rest} more"),
        });
    }
    found
}

/// What was found so far.
#[derive(Default)]
struct Found(Vec<Difference>);

impl Found {
    fn say(&mut self, mark: Mark, weight: Weight, what: String) {
        self.0.push(Difference { mark, weight, what });
    }
}

fn safe(text: &str) -> String {
    display_safe(text, SENTENCE)
}

fn origin(found: &mut Found, then: &LockedPlugin, now: &LockedPlugin) {
    let whose = |signer: &Option<String>| signer.as_deref().map(safe);
    match (whose(&then.signer), whose(&now.signer)) {
        (Some(was), Some(is)) if was != is => found.say(
            Mark::Changed,
            Weight::Origin,
            format!("signed by {is}, was by {was}"),
        ),
        (Some(was), None) => found.say(
            Mark::Removed,
            Weight::Origin,
            format!("not signed, was by {was}"),
        ),
        (None, Some(is)) => found.say(
            Mark::Added,
            Weight::Text,
            format!("signed by {is}, was not signed"),
        ),
        _ => {}
    }
    if then.source != now.source {
        let weight = match crate::origin::same_place(&then.source, &now.source) {
            true => Weight::Text,
            false => Weight::Origin,
        };
        let what = format!("source {}, was {}", safe(&now.source), safe(&then.source));
        found.say(Mark::Changed, weight, what);
    }
    if then.digest != now.digest && then.version == now.version {
        let what = format!("other code under the same version {}", safe(&now.version));
        found.say(Mark::Changed, Weight::Origin, what);
    } else if crate::doubts::is_older(&now.version, &then.version) {
        let (now, then) = (safe(&now.version), safe(&then.version));
        found.say(
            Mark::Changed,
            Weight::Origin,
            format!("version {now}, which is older than {then}"),
        );
    }
    let (is, was) = (&now.description.name, &then.description.name);
    if is != was {
        let what = format!("it calls itself {}, was {}", safe(is), safe(was));
        found.say(Mark::Changed, Weight::Origin, what);
    }
}

fn operations(found: &mut Found, then: &Description, now: &Description) {
    for operation in &now.operations {
        match then.operation(&operation.name) {
            Some(was) => operation_changed(found, was, operation),
            None => {
                let weight = match operation.effect {
                    Effect::Read => Weight::Offer,
                    Effect::Write | Effect::Destructive => Weight::Effect,
                };
                let effect = operation.effect_source.says(operation.effect);
                let what = format!(
                    "operation {} [{effect}] “{}”",
                    safe(&operation.name),
                    safe(&operation.summary)
                );
                found.say(Mark::Added, weight, what);
            }
        }
    }
    for operation in &then.operations {
        if now.operation(&operation.name).is_none() {
            let what = format!("operation {}", safe(&operation.name));
            found.say(Mark::Removed, Weight::Less, what);
        }
    }
}

fn operation_changed(found: &mut Found, was: &Operation, is: &Operation) {
    let name = safe(&is.name);
    if was.effect != is.effect || was.effect_source != is.effect_source {
        let (word, weight) = match is.effect.cmp(&was.effect) {
            std::cmp::Ordering::Greater => ("effect raised", Weight::Effect),
            std::cmp::Ordering::Less => ("effect lowered", Weight::Less),
            std::cmp::Ordering::Equal => ("effect", Weight::Text),
        };
        let (is, was) = (
            is.effect_source.says(is.effect),
            was.effect_source.says(was.effect),
        );
        let what = format!("{word}: {name} is {is}, was {was}");
        found.say(Mark::Changed, weight, what);
    }
    if was.idempotent != is.idempotent {
        let what = match is.idempotent {
            true => format!("{name} may be done twice without harm, as it says now"),
            false => format!("{name} is no longer the same if done twice"),
        };
        found.say(Mark::Changed, Weight::Text, what);
    }
    if was.function != is.function {
        let function = is.function.as_deref().unwrap_or("none");
        let what = format!("{name} is the function {}", safe(function));
        found.say(Mark::Changed, Weight::Effect, what);
    }
    for (verb, was, is) in [
        ("takes", &was.input_schema, &is.input_schema),
        ("returns", &was.output_schema, &is.output_schema),
    ] {
        if was != is {
            let what = format!("{name} {verb} {}", schema(was, is));
            found.say(Mark::Changed, Weight::Text, what);
        }
    }
    if was.summary != is.summary {
        let (is, was) = (safe(&is.summary), safe(&was.summary));
        found.say(
            Mark::Changed,
            Weight::Text,
            format!("text of {name}: “{is}”, was “{was}”"),
        );
    }
}

/// What is different in the fields of an object, by their names; else that it is different.
fn schema(was: &Value, is: &Value) -> String {
    let names = |schema: &Value| -> BTreeSet<String> {
        let fields = schema.get("properties").and_then(Value::as_object);
        fields
            .into_iter()
            .flatten()
            .map(|(k, _)| k.clone())
            .collect()
    };
    let (was, is) = (names(was), names(is));
    let list = |names: Vec<&String>| {
        let names: Vec<String> = names.iter().take(12).map(|name| safe(name)).collect();
        names.join(", ")
    };
    let more = list(is.difference(&was).collect());
    let less = list(was.difference(&is).collect());
    match (more.is_empty(), less.is_empty()) {
        (true, true) => "something else in the same fields".to_owned(),
        (false, true) => format!("{more} too"),
        (true, false) => format!("no more {less}"),
        (false, false) => format!("{more} too, and no more {less}"),
    }
}

fn texts(found: &mut Found, then: &Description, now: &Description) {
    if then.summary != now.summary {
        let (is, was) = (safe(&now.summary), safe(&then.summary));
        found.say(
            Mark::Changed,
            Weight::Text,
            format!("text: “{is}”, was “{was}”"),
        );
    }
    if then.left_out != now.left_out {
        found.say(
            Mark::Changed,
            Weight::Text,
            "the functions that it leaves out".to_owned(),
        );
    }
}

#[cfg(test)]
mod tests;
