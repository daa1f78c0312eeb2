//! TOML values as JSON values.

use serde_json::{Map, Number, Value};
use toml::de::DeValue;

/// The same value in JSON; fails with what JSON cannot say. The TOML parser has bounded the depth.
pub(super) fn value(value: &DeValue<'_>) -> Result<Value, &'static str> {
    Ok(match value {
        DeValue::String(text) => Value::String(text.clone().into_owned()),
        DeValue::Boolean(truth) => Value::Bool(*truth),
        DeValue::Integer(written) => i64::from_str_radix(written.as_str(), written.radix())
            .map_err(|_| "an integer beyond 64 bits")?
            .into(),
        DeValue::Float(written) => written
            .as_str()
            .parse()
            .ok()
            .and_then(Number::from_f64)
            .map(Value::Number)
            .ok_or("a float that is not finite")?,
        DeValue::Datetime(_) => return Err("a date or time, which must be a string in quotes"),
        DeValue::Array(items) => {
            let items: Result<_, _> = items
                .iter()
                .map(|item| self::value(item.get_ref()))
                .collect();
            Value::Array(items?)
        }
        DeValue::Table(table) => {
            let mut entries: Vec<_> = table.iter().collect();
            entries.sort_by_key(|(key, _)| key.span().start);
            let mut map = Map::new();
            for (key, item) in entries {
                map.insert(key.get_ref().to_string(), self::value(item.get_ref())?);
            }
            Value::Object(map)
        }
    })
}
