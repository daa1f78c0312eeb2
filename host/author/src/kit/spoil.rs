//! Inputs that an operation must refuse, made from one that it takes.

use serde_json::{Value, json};

use super::inputs::{resolve, type_of};

/// A text that is no input, and what is wrong with it.
pub(crate) struct Spoiled {
    pub(crate) text: String,
    pub(crate) what: String,
}

fn spoiled(what: impl Into<String>, value: &Value) -> Spoiled {
    Spoiled {
        text: value.to_string(),
        what: what.into(),
    }
}

/// Everything wrong that can be made of a right input without knowing what the operation does: only what its schema
/// forbids by type or by presence, since finer rules are checked by the host before a plugin sees an input.
pub(crate) fn all(schema: &Value, right: &Value) -> Vec<Spoiled> {
    let mut made: Vec<Spoiled> = ["", "{", "nul", "{\"a\":}", "\u{feff}{}", "{}{}"]
        .into_iter()
        .map(|text| Spoiled {
            text: text.to_owned(),
            what: format!("{text:?}, which is no JSON"),
        })
        .collect();
    for value in [json!(null), json!([]), json!("text"), json!(7)] {
        made.push(spoiled(format!("{value}, which is no object"), &value));
    }
    let Some(object) = right.as_object() else {
        return made;
    };
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        let mut less = object.clone();
        if less.shift_remove(name).is_some() {
            made.push(spoiled(format!("`{name}` left out"), &Value::Object(less)));
        }
    }
    for (name, value) in object {
        let property = property(schema, name);
        if let Some(other) = of_another_type(property, value) {
            let mut odd = object.clone();
            odd.insert(name.clone(), other.clone());
            made.push(spoiled(format!("`{name}` as {other}"), &Value::Object(odd)));
        }
    }
    if schema.get("additionalProperties") == Some(&json!(false)) {
        let mut more = object.clone();
        more.insert("no_such_field_here".to_owned(), json!(1));
        made.push(spoiled(
            "a field that its schema does not have",
            &Value::Object(more),
        ));
    }
    made
}

/// The schema of a property, its reference followed.
pub(crate) fn property<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let found = schema.get("properties")?.get(name)?;
    match found.get("$ref").and_then(Value::as_str) {
        Some(reference) => resolve(reference, schema),
        None => Some(found),
    }
}

/// A value that the property's type forbids; `None` where it has no single type, and might take anything.
fn of_another_type(property: Option<&Value>, value: &Value) -> Option<Value> {
    let property = property?;
    property.get("type").and_then(Value::as_str)?;
    Some(match (type_of(property), value) {
        ("string", _) => json!([1]),
        ("integer" | "number" | "boolean" | "array" | "object", _) => json!("text"),
        _ => return None,
    })
}

/// Whether any text at all may stand in the property.
pub(crate) fn is_free_text(property: &Value) -> bool {
    let bound = [
        "pattern",
        "format",
        "enum",
        "const",
        "maxLength",
        "minLength",
    ]
    .iter()
    .any(|key| property.get(key).is_some());
    !bound && property.get("type").and_then(Value::as_str) == Some("string")
}

/// The right input with another text in one place, as JSON text. `raw` stands in it as it is.
pub(crate) fn with_raw(right: &Value, name: &str, raw: &str) -> String {
    const MARK: &str = "\u{e000}remit\u{e000}";
    let mut marked = right.clone();
    if let Some(object) = marked.as_object_mut() {
        object.insert(name.to_owned(), json!(MARK));
    }
    marked
        .to_string()
        .replace(&json!(MARK).to_string(), &format!("\"{raw}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_be_wrong_is_there_once() {
        let schema = json!({ "type": "object", "required": ["text"], "additionalProperties": false,
            "properties": { "text": { "type": "string" }, "any": {} } });
        let made = all(&schema, &json!({ "text": "a", "any": 1 }));
        let texts: Vec<_> = made.iter().map(|it| it.text.as_str()).collect();
        assert!(texts.contains(&"{\"any\":1}"), "{texts:?}");
        assert!(texts.contains(&"{\"text\":[1],\"any\":1}"));
        assert!(texts.iter().any(|it| it.contains("no_such_field")));
        assert!(
            !texts.iter().any(|it| it.contains("\"any\":\"")),
            "any type may stand there"
        );
    }

    #[test]
    fn a_raw_escape_stands_in_the_text_as_it_is() {
        let text = with_raw(&json!({ "a": "b", "n": 1 }), "a", "\\ud800");
        assert_eq!(text, "{\"a\":\"\\ud800\",\"n\":1}");
    }
}
