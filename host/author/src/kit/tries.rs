//! How each rule is tried.

use futures_util::future::join_all;
use remit_policy::FaultKind;
use remit_run::PreparedPlugin;
use serde_json::{Value, json};

use super::outcome::Ended;
use super::rules::{Rule, What, told};
use super::{Attempt, Case, EXAMPLE_TIME, LONG_TEXT, Subject, spoil};
use crate::error::AuthorError;

/// Tries one rule on a component that could be opened.
pub(crate) async fn try_rule(
    rule: &Rule,
    subject: &Subject<'_>,
    attempt: &mut Attempt,
) -> Result<(), AuthorError> {
    match rule.what {
        // That it is there says that these hold.
        What::Component | What::Describe | What::Description => {}
        What::SameDescription => same_description(subject, attempt).await,
        What::Examples => {
            for (operation, input) in &subject.inputs {
                if let Err(why) = input {
                    attempt.broken(format!(
                        "no input could be made for `{}` from its schema: {why}",
                        operation.name
                    ));
                }
            }
        }
        What::BadInput => bad_input(subject, attempt).await?,
        What::UnknownOperation => unknown_operation(subject, attempt).await?,
        What::Denial => denial(subject, attempt).await?,
        What::Texts => texts(subject, attempt).await?,
        What::Repeat => repeat(subject, attempt).await?,
        What::Concurrent => concurrent(subject, attempt).await?,
        What::Output => output(subject, attempt).await?,
        What::Limits => limits(subject, attempt).await?,
        What::Cases => {
            for case in &subject.cases.calls {
                one_case(subject, case, attempt).await?;
            }
        }
    }
    Ok(())
}

async fn call(
    plugin: &PreparedPlugin,
    attempt: &mut Attempt,
    operation: &str,
    input: String,
) -> Result<Ended, AuthorError> {
    attempt.called();
    Ok(Ended::of(&plugin.call_raw(operation, input).await?))
}

async fn same_description(subject: &Subject<'_>, attempt: &mut Attempt) {
    for _ in 0..3 {
        attempt.called();
        match subject.alone.describe().await {
            Ok(again) if again == subject.description => {}
            Ok(again) => {
                let differing = again
                    .operations
                    .iter()
                    .zip(&subject.description.operations)
                    .find(|(now, then)| now != then);
                attempt.broken(match differing {
                    Some((now, _)) => {
                        format!("the operation `{}` was described differently", now.name)
                    }
                    None => "it described itself differently".to_owned(),
                });
            }
            Err(error) => attempt.broken(told(&error.into())),
        }
    }
}

async fn bad_input(subject: &Subject<'_>, attempt: &mut Attempt) -> Result<(), AuthorError> {
    for (operation, right) in subject.examples() {
        for spoiled in spoil::all(&operation.input_schema, right) {
            match call(&subject.alone, attempt, &operation.name, spoiled.text).await? {
                Ended::Fault(FaultKind::InvalidInput, _) => {}
                other => attempt.broken(format!(
                    "`{}` was given {}: {}",
                    operation.name,
                    spoiled.what,
                    other.words()
                )),
            }
        }
    }
    Ok(())
}

async fn unknown_operation(
    subject: &Subject<'_>,
    attempt: &mut Attempt,
) -> Result<(), AuthorError> {
    let mut names = vec![
        String::new(),
        "no-such-operation".to_owned(),
        "../describe".to_owned(),
    ];
    if let Some(first) = subject.description.operations.first() {
        names.push(format!("{} ", first.name));
        names.push(format!("{}\0", first.name));
    }
    for name in names {
        match call(&subject.alone, attempt, &name, "{}".to_owned()).await? {
            Ended::Fault(FaultKind::NotFound, _) => {}
            other => attempt.broken(format!("{name:?} was asked for: {}", other.words())),
        }
    }
    Ok(())
}

async fn denial(subject: &Subject<'_>, attempt: &mut Attempt) -> Result<(), AuthorError> {
    for (operation, input) in subject.examples() {
        attempt.called();
        let answer = subject
            .alone
            .call_raw(&operation.name, input.to_string())
            .await?;
        // Runtimes look at an environment that is not there, and go on: only what a plugin can be granted counts.
        let asked = answer
            .denials
            .iter()
            .find(|denial| denial.narrowest.is_some());
        match (Ended::of(&answer), asked) {
            (Ended::Badly(how), _) => {
                attempt.broken(format!("`{}` with nothing granted: {how}", operation.name));
            }
            (Ended::Fault(kind, words), Some(denial)) if kind != FaultKind::Denied => {
                attempt.broken(format!(
                    "`{}` was denied something ({}) and answered with the fault {kind}: {words}",
                    operation.name, denial.code
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

async fn texts(subject: &Subject<'_>, attempt: &mut Attempt) -> Result<(), AuthorError> {
    let long = "word ".repeat(LONG_TEXT / 5);
    let texts = [
        ("an empty text", ""),
        ("four-byte characters", "\u{1f980}\u{10348} 𝔘𝔫𝔦𝔠𝔬𝔡𝔢"),
        ("a pair of surrogate escapes", "\\ud83e\\udd80"),
        ("a NUL", "a\\u0000b"),
        ("1 MiB of text", long.as_str()),
    ];
    for (operation, right) in subject.examples() {
        let free: Vec<&String> = right
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
            .filter(|name| {
                spoil::property(&operation.input_schema, name).is_some_and(spoil::is_free_text)
            })
            .collect();
        for name in free {
            for (what, raw) in texts {
                let input = spoil::with_raw(right, name, raw);
                let ended = call(&subject.alone, attempt, &operation.name, input).await?;
                if let Ended::Badly(how) = ended {
                    attempt.broken(format!(
                        "`{}` with {what} as `{name}`: {how}",
                        operation.name
                    ));
                }
            }
            for raw in ["\\ud800", "a\\udc00b", "\\ud83e\\u0041"] {
                let input = spoil::with_raw(right, name, raw);
                match call(&subject.alone, attempt, &operation.name, input).await? {
                    Ended::Fault(FaultKind::InvalidInput, _) => {}
                    other => attempt.broken(format!(
                        "`{}` with the lone surrogate \"{raw}\" as `{name}`: {}",
                        operation.name,
                        other.words()
                    )),
                }
            }
        }
    }
    Ok(())
}

async fn repeat(subject: &Subject<'_>, attempt: &mut Attempt) -> Result<(), AuthorError> {
    for (operation, input) in subject.examples() {
        let first = call(&subject.alone, attempt, &operation.name, input.to_string()).await?;
        for _ in 0..2 {
            let again = call(&subject.alone, attempt, &operation.name, input.to_string()).await?;
            if again.kind() != first.kind() {
                attempt.broken(format!(
                    "`{}` ended with {} first, and then with {}",
                    operation.name,
                    first.kind(),
                    again.kind()
                ));
            }
        }
    }
    Ok(())
}

/// As many as a host's two or four threads take at once, and some that wait.
const AT_ONCE: usize = 8;

async fn concurrent(subject: &Subject<'_>, attempt: &mut Attempt) -> Result<(), AuthorError> {
    for (operation, input) in subject.examples() {
        let alone = call(&subject.alone, attempt, &operation.name, input.to_string()).await?;
        let calls =
            (0..AT_ONCE).map(|_| subject.alone.call_raw(&operation.name, input.to_string()));
        for answer in join_all(calls).await {
            attempt.called();
            let ended = Ended::of(&answer?);
            if ended.kind() != alone.kind() {
                attempt.broken(format!(
                    "`{}` ends with {} alone, and with {} among {AT_ONCE}: {}",
                    operation.name,
                    alone.kind(),
                    ended.kind(),
                    ended.words()
                ));
            }
        }
    }
    Ok(())
}

async fn output(subject: &Subject<'_>, attempt: &mut Attempt) -> Result<(), AuthorError> {
    for (operation, input) in subject.examples() {
        let ended = call(&subject.alone, attempt, &operation.name, input.to_string()).await?;
        if let Ended::Result(value) = ended {
            fits(&subject.alone, &operation.name, &value, attempt);
        }
    }
    for case in &subject.cases.calls {
        let plugin = subject.with(&case.allow).await?;
        let ended = call(&plugin, attempt, &case.operation, case.input.to_string()).await?;
        if let Ended::Result(value) = ended {
            fits(&plugin, &case.operation, &value, attempt);
        }
    }
    Ok(())
}

fn fits(plugin: &PreparedPlugin, operation: &str, output: &Value, attempt: &mut Attempt) {
    if let Some(misfit) = plugin.output_misfit(operation, output) {
        attempt.broken(format!(
            "`{operation}` returned what its schema does not allow: {misfit}"
        ));
    }
}

async fn limits(subject: &Subject<'_>, attempt: &mut Attempt) -> Result<(), AuthorError> {
    const HALF: u64 = 32 << 20;
    for (operation, input) in subject.examples() {
        attempt.called();
        let answer = subject
            .alone
            .call_raw(&operation.name, input.to_string())
            .await?;
        if answer.memory_peak > HALF {
            attempt.broken(format!(
                "`{}` held {} MiB of memory",
                operation.name,
                answer.memory_peak.div_ceil(1 << 20)
            ));
        }
        if answer.time > EXAMPLE_TIME {
            attempt.broken(format!(
                "`{}` took {} s",
                operation.name,
                answer.time.as_secs()
            ));
        }
    }
    Ok(())
}

async fn one_case(
    subject: &Subject<'_>,
    case: &Case,
    attempt: &mut Attempt,
) -> Result<(), AuthorError> {
    let plugin = subject.with(&case.allow).await?;
    let ended = call(&plugin, attempt, &case.operation, case.input.to_string()).await?;
    let title = case.title();
    match (&ended, case.fault, &case.output) {
        (Ended::Fault(kind, _), Some(wanted), _) if kind.as_str() == wanted.as_str() => {}
        (_, Some(wanted), _) => attempt.broken(format!(
            "{title}: the fault {} was due, and {}",
            wanted.as_str(),
            ended.words()
        )),
        (Ended::Result(value), None, Some(wanted)) if value == wanted => {}
        (Ended::Result(value), None, Some(wanted)) => {
            attempt.broken(format!("{title}: {}", difference(wanted, value)));
        }
        (Ended::Result(_), None, None) => {}
        (_, None, _) => attempt.broken(format!("{title}: a result was due, and {}", ended.words())),
    }
    Ok(())
}

/// The first place where two values differ.
fn difference(wanted: &Value, got: &Value) -> String {
    fn walk(wanted: &Value, got: &Value, at: &str) -> Option<String> {
        if wanted == got {
            return None;
        }
        let here = || {
            let short = |value: &Value| remit_policy::display_safe(&value.to_string(), 120);
            let at = if at.is_empty() { "the output" } else { at };
            Some(format!(
                "{at} is {} instead of {}",
                short(got),
                short(wanted)
            ))
        };
        match (wanted, got) {
            (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => a
                .iter()
                .find_map(|(key, value)| walk(value, b.get(key)?, &format!("{at}/{key}"))),
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
                .iter()
                .zip(b)
                .enumerate()
                .find_map(|(index, (a, b))| walk(a, b, &format!("{at}/{index}"))),
            _ => here(),
        }
        .or_else(here)
    }
    walk(wanted, got, "").unwrap_or_else(|| json!("nothing differs").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_difference_is_said() {
        let text = difference(
            &json!({ "a": [1, { "b": 2 }] }),
            &json!({ "a": [1, { "b": 3 }] }),
        );
        assert_eq!(text, "/a/1/b is 3 instead of 2");
        let text = difference(&json!([1]), &json!([1, 2]));
        assert_eq!(text, "the output is [1,2] instead of [1]");
    }
}
