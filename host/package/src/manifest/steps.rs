//! `[[steps]]`: the procedure.

use std::time::Duration;

use indexmap::IndexMap;
use remit_policy::{LimitsTable, display_safe};
use serde_json::{Map, Value};

use super::names::{Names, check, identifier, plain_name};
use super::table::{Item, Table};
use super::{OutputSchema, PluginUse, Retry, Step, StepKind, schema};
use crate::codes::Code;
use crate::error::PackageError;
use crate::text::closest;

/// More than a person could follow.
const MAX_STEPS: usize = 256;
/// The pool of sandboxes is shared by all that runs.
const MAX_PARALLEL: u64 = 16;
const PARALLEL: usize = 4;
const MAX_ITEMS: u64 = 100_000;
const ITEMS: usize = 1000;
const MAX_ATTEMPTS: u64 = 10;
const MAX_WAIT: Duration = Duration::from_secs(60);
const WAIT: Duration = Duration::from_millis(500);

const KEYS: &[&str] = &[
    "id", "call", "with", "template", "output", "check", "message", "for_each", "parallel", "max",
    "when", "retry", "approve", "schema",
];

/// The keys that make a step what it is, and those that belong to each.
const KINDS: &[(&str, &[&str])] = &[
    ("call", &["with", "retry"]),
    ("template", &["output", "with", "schema"]),
    ("check", &["message"]),
];

pub(super) fn read(
    root: &Table<'_>,
    plugins: &IndexMap<String, PluginUse>,
) -> Result<Vec<Step>, PackageError> {
    let Some(item) = root.get("steps") else {
        return Ok(Vec::new());
    };
    let mut names = Names::default();
    let mut steps = Vec::new();
    for item in item.array(MAX_STEPS)? {
        let table = item.table()?;
        table.only(KEYS)?;
        let id = table.need("id")?;
        check(&id, "step", id.str()?, identifier)?;
        names.take(&id, "step", id.str()?)?;
        steps.push(step(&table, id.str()?, plugins)?);
    }
    Ok(steps)
}

fn step(
    table: &Table<'_>,
    id: &str,
    plugins: &IndexMap<String, PluginUse>,
) -> Result<Step, PackageError> {
    let kind = match kind_of(table)? {
        "call" => call(table, plugins)?,
        "template" => StepKind::Template {
            template: table.need("template")?.prose()?.to_owned(),
            output: table.need("output")?.prose()?.to_owned(),
            with: with(table)?,
        },
        _ => StepKind::Check {
            expr: table.need("check")?.prose()?.to_owned(),
            message: table.need("message")?.prose()?.to_owned(),
        },
    };
    let place = table.place();
    Ok(Step {
        id: id.to_owned(),
        kind,
        when: table.prose("when")?,
        for_each: table.prose("for_each")?,
        parallel: of_each(table, "parallel", MAX_PARALLEL)?.unwrap_or(PARALLEL),
        max: of_each(table, "max", MAX_ITEMS)?.unwrap_or(ITEMS),
        retry: table.get("retry").map(|item| retry(&item)).transpose()?,
        approve: table.prose("approve")?,
        schema: output_schema(table)?,
        line: place.line.unwrap_or_default(),
        place,
    })
}

/// Which kind it is; fails if it is none, two, or holds a key that belongs to another.
fn kind_of(table: &Table<'_>) -> Result<&'static str, PackageError> {
    let mut kinds = KINDS.iter().filter(|(kind, _)| table.get(kind).is_some());
    let Some((kind, own)) = kinds.next() else {
        let message = "the step says nothing to do";
        return Err(table
            .error(Code::ManifestStep, message)
            .hinted("a step has one of `call`, `template` and `check`"));
    };
    if let Some((other, _)) = kinds.next() {
        let message = format!("the step has both `{kind}` and `{other}`");
        return Err(table
            .error(Code::ManifestStep, message)
            .hinted("make two steps of it"));
    }
    for (other, keys) in KINDS {
        for key in keys.iter().filter(|key| !own.contains(key)) {
            if let Some(item) = table.get(key) {
                let message =
                    format!("`{key}` belongs to a `{other}` step, and this is a `{kind}`");
                return Err(item.error(Code::ManifestStep, message));
            }
        }
    }
    Ok(kind)
}

/// `schema = "schemas/facts.json"`, or the schema itself as a table. Only data has one.
fn output_schema(table: &Table<'_>) -> Result<Option<OutputSchema>, PackageError> {
    let Some(item) = table.get("schema") else {
        return Ok(None);
    };
    let output = table.need("output")?;
    if !output.prose()?.ends_with(".json") {
        let message = "`schema` is for an output whose name ends in `.json`";
        return Err(item
            .error(Code::ManifestStep, message)
            .hinted("name the output so, or remove `schema`"));
    }
    if item.is_table() {
        schema::check(&item.table()?)?;
        return Ok(Some(OutputSchema::Inline(item.json()?)));
    }
    Ok(Some(OutputSchema::File(item.prose()?.to_owned())))
}

fn call(
    table: &Table<'_>,
    plugins: &IndexMap<String, PluginUse>,
) -> Result<StepKind, PackageError> {
    let item = table.need("call")?;
    let text = item.str()?;
    let shown = display_safe(text, 120);
    let Some((plugin, operation)) = text.split_once('.') else {
        let message = format!("`{shown}` is not of the form `PLUGIN.OPERATION`");
        return Err(item.error(Code::ManifestValue, message));
    };
    check(&item, "operation", operation, plain_name)?;
    if !plugins.contains_key(plugin) {
        let known: Vec<_> = plugins.keys().map(String::as_str).collect();
        let hint = match closest(plugin, &known) {
            Some(meant) => format!("did you mean `{meant}.{operation}`?"),
            None => "declare it as [plugins.NAME], with its `component`".to_owned(),
        };
        let message = format!("`{shown}` calls a plugin that the skill does not declare");
        return Err(item.error(Code::ManifestReference, message).hinted(hint));
    }
    Ok(StepKind::Call {
        plugin: plugin.to_owned(),
        operation: operation.to_owned(),
        with: with(table)?,
    })
}

fn with(table: &Table<'_>) -> Result<Value, PackageError> {
    match table.get("with") {
        Some(item) => item.table().and_then(|_| item.json()),
        None => Ok(Value::Object(Map::new())),
    }
}

/// A number that means something only where there is a `for_each`.
fn of_each(table: &Table<'_>, key: &str, most: u64) -> Result<Option<usize>, PackageError> {
    let Some(item) = table.get(key) else {
        return Ok(None);
    };
    if table.get("for_each").is_none() {
        let message = format!("`{key}` means nothing without `for_each`");
        return Err(item.error(Code::ManifestStep, message));
    }
    Ok(usize::try_from(item.integer(1, most)?).ok())
}

/// `retry = 3`, or `retry = { attempts = 3, wait = "2s" }`.
fn retry(item: &Item<'_>) -> Result<Retry, PackageError> {
    let attempts = |item: &Item<'_>| {
        let number = item.integer(2, MAX_ATTEMPTS)?;
        Ok::<_, PackageError>(u32::try_from(number).unwrap_or(2))
    };
    if !item.is_table() {
        let attempts = attempts(item)?;
        return Ok(Retry {
            attempts,
            wait: WAIT,
        });
    }
    let table = item.table()?;
    table.only(&["attempts", "wait"])?;
    let wait = match table.get("wait") {
        None => WAIT,
        Some(item) => period(&item)?,
    };
    Ok(Retry {
        attempts: attempts(&table.need("attempts")?)?,
        wait,
    })
}

/// A time such as `500ms`, in remit-policy's grammar: the one that limits are written in.
fn period(item: &Item<'_>) -> Result<Duration, PackageError> {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, MapDeserializer};
    let entry = std::iter::once(("time", item.str()?));
    let read: MapDeserializer<'_, _, Error> = MapDeserializer::new(entry);
    let limits = <LimitsTable as serde::Deserialize>::deserialize(read.into_deserializer());
    limits
        .ok()
        .and_then(|limits| limits.time)
        .filter(|time| *time <= MAX_WAIT)
        .ok_or_else(|| {
            let message = "`wait` takes a time of at most a minute, such as `500ms` or `10s`";
            item.error(Code::ManifestValue, message)
        })
}
