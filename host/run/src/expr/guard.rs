//! What keeps a template from ending the host: how much code it may hold, and what a namespace may.
//!
//! minijinja bounds work and memory, not how deep a value or an expression nests. Taking apart what nests deep overflows
//! the stack, and that ends the program. Two things keep it shallow enough for [`on_deep_stack`]: there is not enough
//! code to write deep nesting down, and what a loop could pile up (only a namespace outlives a turn of a loop) is
//! checked as it is assigned. A namespace within a namespace is refused too, since it could hold itself.
//!
//! [`on_deep_stack`]: crate::deep::on_deep_stack

use std::borrow::Cow;

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::tags::tags;

/// Of all tags of one template. The largest of the samples has 12 KiB.
const MAX_CODE: usize = 128 << 10;
/// Of one tag. The longest of the samples has less than 1 KiB.
pub(super) const MAX_TAG: usize = 8 << 10;
/// Of a value in a namespace.
const MAX_DEPTH: usize = 64;

/// The filter that each value passes which is assigned to a namespace.
const FILTER: &str = "__remit_shallow";

pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter(FILTER, shallow);
}

/// The same text, with each assignment to a namespace guarded. Lines stay where they are.
pub(super) fn guarded(source: &str) -> Result<Cow<'_, str>, String> {
    let mut out = String::new();
    let mut copied = 0;
    let mut code = 0;
    for tag in tags(source) {
        let inside = source.get(tag.inside.clone()).unwrap_or_default();
        code += inside.len();
        if inside.len() > MAX_TAG {
            return Err(format!("a tag of it is longer than {MAX_TAG} bytes"));
        }
        if code > MAX_CODE {
            return Err(format!("its tags hold more than {MAX_CODE} bytes"));
        }
        if tag.is_statement
            && let Some(guarded) = guarded_set(inside)
        {
            out.push_str(source.get(copied..tag.inside.start).unwrap_or_default());
            out.push_str(&guarded);
            copied = tag.inside.end;
        }
    }
    if copied == 0 {
        return Ok(Cow::Borrowed(source));
    }
    out.push_str(source.get(copied..).unwrap_or_default());
    Ok(Cow::Owned(out))
}

/// `set ns.x = y` → `set ns.x = (y) | …`; `set ns.x | f` → `set ns.x | f | …`. None where no attribute is assigned.
fn guarded_set(inside: &str) -> Option<String> {
    let rest = inside.trim_ascii_start().strip_prefix("set")?;
    // What is assigned to is names, dots, commas and brackets.
    let at = rest.find(['=', '|']);
    let (target, value) = rest.split_at_checked(at.unwrap_or(rest.len()))?;
    if !target.contains('.') {
        return None;
    }
    Some(match value.strip_prefix('=') {
        Some(value) => format!(" set{target}= ({value}) | {FILTER} "),
        None if value.is_empty() => return None,
        None => format!(" set{target}{value} | {FILTER} "),
    })
}

/// Hands the value on if it nests little and holds no namespace.
fn shallow(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    check(state, &value, 0, &mut 0)?;
    Ok(value)
}

/// So many values are looked at for a unit of fuel, about as many as could be copied for it.
const FOR_A_UNIT: u64 = 4;

fn check(state: &State<'_, '_>, value: &Value, depth: usize, seen: &mut u64) -> Result<(), Error> {
    let refuse = |message: String| Err(Error::new(ErrorKind::InvalidOperation, message));
    *seen += 1;
    // Paid for as it goes: one list may hold another a thousand times, and that one a third.
    if seen.is_multiple_of(FOR_A_UNIT) {
        state.consume_fuel(1)?;
    }
    let Some(object) = value.as_object() else {
        return Ok(());
    };
    if object.type_name().ends_with("::Namespace") {
        return refuse("a namespace cannot hold a namespace".to_owned());
    }
    if depth == MAX_DEPTH {
        return refuse(format!(
            "what a namespace holds is nested more than {MAX_DEPTH} deep"
        ));
    }
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => {
            for item in value.try_iter()? {
                check(state, &item, depth + 1, seen)?;
            }
        }
        ValueKind::Map => {
            for key in value.try_iter()? {
                check(state, &value.get_item(&key)?, depth + 1, seen)?;
                check(state, &key, depth + 1, seen)?;
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_to_a_namespace_is_guarded_and_no_other() {
        for (source, guarded_as) in [
            (
                "{% set ns.x = 1 %}",
                "{% set ns.x = ( 1 ) | __remit_shallow %}",
            ),
            (
                "{%- set ns.x=[1, 2] -%}",
                "{%- set ns.x= ([1, 2] ) | __remit_shallow -%}",
            ),
            (
                "{% set a, ns.x = b %}",
                "{% set a, ns.x = ( b ) | __remit_shallow %}",
            ),
            (
                "{% set (ns.x) = 1, 2 %}",
                "{% set (ns.x) = ( 1, 2 ) | __remit_shallow %}",
            ),
            (
                "{% set ns.x | batch(1, ns.x) %}a{% endset %}",
                "{% set ns.x | batch(1, ns.x)  | __remit_shallow %}a{% endset %}",
            ),
            ("{% set ns.x %}a{% endset %}", "{% set ns.x %}a{% endset %}"),
            ("{% set x = ns.x %}", "{% set x = ns.x %}"),
            (
                "{% raw %}{% set ns.x = 1 %}{% endraw %}",
                "{% raw %}{% set ns.x = 1 %}{% endraw %}",
            ),
            (
                "{{ {'a': {'b': 1}} ~ '{{' }}{% set ns.x = ns %}{{ '}}' }}",
                "{{ {'a': {'b': 1}} ~ '{{' }}{% set ns.x = ( ns ) | __remit_shallow %}{{ '}}' }}",
            ),
        ] {
            assert_eq!(guarded(source).unwrap(), guarded_as);
        }
    }

    #[test]
    fn more_code_than_anyone_writes_is_refused() {
        let long = format!("{{{{ '{}' }}}}", "x".repeat(MAX_TAG));
        assert!(guarded(&long).is_err());
        assert!(guarded(&"{{ a }}".repeat(MAX_CODE / 3 + 1)).is_err());
        assert!(guarded(&"text ".repeat(MAX_CODE)).is_ok());
    }
}
