//! JSON Schemas, as skills and plugins write them: nothing is fetched, no pattern can take long, and no check can.

mod meter;
mod patterns;
mod shape;

use jsonschema::Validator;
use remit_policy::display_safe;
use serde_json::Value;

use self::shape::Shape;
use crate::deep::on_deep_stack;
use crate::error::RunError;

/// A schema that is ready to check values.
#[derive(Debug)]
pub(crate) struct Schema {
    validator: Validator,
    shape: Shape,
}

/// Something in a value that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// Where, as a JSON pointer; empty for the whole.
    pub(crate) at: String,
    /// The keyword of the schema that says so.
    pub(crate) keyword: String,
    /// What, safe to print.
    pub(crate) message: String,
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.at.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "at {}: {}", self.at, self.message)
        }
    }
}

const TOO_MUCH: &str = "it takes too much work to check";
/// How many misfits a message names.
const SHOWN: usize = 3;
/// So many schemas in one stand on any stack, one in the other.
const SHALLOW: u32 = 64;
/// So many looks at a value by a schema are few, also where no misfit ends them.
const FEW: u64 = 200_000;
/// What `unevaluatedProperties` asks for is found out past the meter, so there must be little of it.
const MAX_UNEVALUATED: u64 = 1_000;

impl Schema {
    /// `what` names it in the error.
    pub(crate) fn new(what: &str, schema: &Value) -> Result<Self, RunError> {
        // One definition may lead to the next, as often as there is room for.
        on_deep_stack(|| Self::made(schema))
            .unwrap_or_else(Err)
            .map_err(|message| RunError::Schema {
                what: what.to_owned(),
                message: display_safe(&message, 300),
            })
    }

    fn made(schema: &Value) -> Result<Self, String> {
        let metered = meter::metered(schema)?;
        let shape = shape::measure(&metered)?;
        if shape.unevaluated && shape.schemas > MAX_UNEVALUATED {
            return Err("`unevaluated…` is not used in a schema that large".to_owned());
        }
        let validator = patterns::widest()
            .with_keyword(meter::METER, meter::keyword)
            .build(&metered)
            .map_err(|e| e.to_string())?;
        Ok(Self { validator, shape })
    }

    /// What does not fit: all of it where that is not much work, else the first of it.
    pub(crate) fn misfits(&self, value: &Value) -> Vec<Misfit> {
        self.with_stack(|| self.misfits_here(value))
            .unwrap_or_else(|message| vec![Misfit::of_the_whole(message)])
    }

    fn misfits_here(&self, value: &Value) -> Vec<Misfit> {
        let few = size_of(value).saturating_mul(self.shape.schemas) <= FEW;
        let found = meter::within(|| match few {
            true => self.validator.iter_errors(value).map(Misfit::of).collect(),
            false => self
                .validator
                .validate(value)
                .err()
                .map(Misfit::of)
                .into_iter()
                .collect(),
        });
        found.unwrap_or_else(|| vec![Misfit::of_the_whole(TOO_MUCH.to_owned())])
    }

    /// What does not fit, in a sentence.
    pub(crate) fn check(&self, value: &Value) -> Result<(), String> {
        match self.with_stack(|| meter::within(|| self.validator.is_valid(value)))? {
            Some(true) => return Ok(()),
            Some(false) => {}
            None => return Err(TOO_MUCH.to_owned()),
        }
        let shown: Vec<_> = self
            .misfits(value)
            .iter()
            .take(SHOWN)
            .map(ToString::to_string)
            .collect();
        Err(shown.join("; "))
    }

    /// A schema that refers to itself goes as deep as the value does.
    fn with_stack<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, String> {
        if self.shape.depth <= SHALLOW {
            return Ok(work());
        }
        on_deep_stack(work)
    }
}

impl Misfit {
    fn of(error: jsonschema::ValidationError<'_>) -> Self {
        Self {
            at: display_safe(error.instance_path().as_str(), 120),
            keyword: error.kind().keyword().to_owned(),
            message: display_safe(&error.to_string(), 200),
        }
    }

    fn of_the_whole(message: String) -> Self {
        Self {
            at: String::new(),
            keyword: String::new(),
            message,
        }
    }
}

/// How many values there are in it.
fn size_of(value: &Value) -> u64 {
    match value {
        Value::Array(items) => 1 + items.iter().map(size_of).sum::<u64>(),
        Value::Object(fields) => 1 + fields.values().map(size_of).sum::<u64>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(schema: &Value, value: &Value) -> Result<(), String> {
        Schema::new("x", schema).unwrap().check(value)
    }

    fn is_refused(schema: &Value) -> bool {
        Schema::new("x", schema).is_err()
    }

    /// Definitions that each refer twice to the next.
    fn doubling(levels: usize, leaf: Value) -> Value {
        let mut definitions = serde_json::Map::new();
        for n in 0..levels {
            let next = json!({"$ref": format!("#/$defs/d{}", n + 1)});
            definitions.insert(format!("d{n}"), json!({"allOf": [next, next]}));
        }
        definitions.insert(format!("d{levels}"), leaf);
        json!({"$defs": definitions, "$ref": "#/$defs/d0"})
    }

    fn deep(levels: usize) -> Value {
        (0..levels).fold(json!({}), |inner, _| json!({"c": inner}))
    }

    #[test]
    fn what_fits_fits_and_what_does_not_is_named() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "https://a.example/s.json",
            "type": "object",
            "$defs": {"id": {"type": "string", "pattern": "^[a-z]+$"}},
            "properties": {"id": {"$ref": "#/$defs/id"}, "n": {"enum": [1, {"const": 2}]}, "l": {"items": {"type": "integer"}, "uniqueItems": true}},
            "required": ["id"],
            "additionalProperties": false
        });
        for fits in [
            json!({"id": "a"}),
            json!({"id": "a", "n": {"const": 2}}),
            json!({"id": "a", "l": [1, 2]}),
        ] {
            assert_eq!(check(&schema, &fits), Ok(()), "{fits}");
        }
        for (value, at) in [
            (json!({"id": "A"}), "/id"),
            (json!({"id": "a", "n": {"const": 3}}), "/n"),
            (json!({"id": "a", "l": [1, "2"]}), "/l/1"),
            (json!({"id": "a", "l": [1, 1]}), "/l"),
            (json!({"id": "a", "x-remit-meter": 1}), "x-remit-meter"),
            (json!({}), "id"),
        ] {
            let message = check(&schema, &value).unwrap_err();
            assert!(message.contains(at), "{value}: {message}");
        }
        let many = check(&schema, &json!({"id": 1, "n": 5, "l": ["x", "y"]})).unwrap_err();
        assert_eq!(many.matches("at /").count(), SHOWN, "{many}");
    }

    #[test]
    fn no_schema_makes_the_host_work_for_ever() {
        let items = |schema: Value| json!({"properties": {"x": {"items": schema}}});
        let numbers = json!({"x": vec![0; 100_000]});
        for (schema, value) in [
            (doubling(60, json!({"type": "object"})), json!({})),
            (doubling(60, json!({"not": {"type": "string"}})), json!({})),
            (
                items(json!({"allOf": vec![json!({"type": "number"}); 3000]})),
                numbers.clone(),
            ),
            (
                items(
                    json!({"not": {"anyOf": (1..3000).map(|n| json!({"minimum": n})).collect::<Vec<_>>()}}),
                ),
                numbers.clone(),
            ),
            (
                items(json!({"enum": (1..9000).map(|n| json!([n])).collect::<Vec<_>>()})),
                numbers,
            ),
            (
                json!({"patternProperties": (0..90).map(|n| (format!("^a{n}[a-z]{{200}}$"), json!({}))).collect::<serde_json::Map<_, _>>()}),
                (0..30_000)
                    .map(|n| (format!("k{n}"), json!(1)))
                    .collect::<serde_json::Map<_, _>>()
                    .into(),
            ),
            (
                json!({"properties": {"x": {"pattern": "[ab]*a[ab]{900}[cd]$"}}}),
                json!({"x": "ab".repeat(200_000)}),
            ),
        ] {
            let what = schema.to_string().chars().take(60).collect::<String>();
            let checked = check(&schema, &value);
            assert_eq!(checked, Err(TOO_MUCH.to_owned()), "{what}");
        }
        // A misfit is named, and not each of millions.
        for (schema, value) in [
            (doubling(60, json!({"type": "string"})), json!({})),
            (
                items(json!({"type": "string"})),
                json!({"x": vec![0; 100_000]}),
            ),
        ] {
            let message = check(&schema, &value).unwrap_err();
            assert!(message.contains("is not of type"), "{message}");
            assert_eq!(Schema::new("x", &schema).unwrap().misfits(&value).len(), 1);
        }
    }

    #[test]
    fn a_schema_that_refers_to_itself_goes_as_deep_as_the_value() {
        let tree = json!({"type": "object", "properties": {"c": {"$ref": "#"}}, "additionalProperties": false});
        assert_eq!(check(&tree, &deep(120)), Ok(()));
        assert!(check(&tree, &json!({"c": {"c": {"d": 1}}})).is_err());
        for endless in [
            json!({"$ref": "#"}),
            json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}),
            json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}),
        ] {
            assert_eq!(check(&endless, &json!({})), Ok(()));
        }
        // Twice at each level: 2^120 ways through the value.
        let twice = json!({"properties": {"c": {"$ref": "#"}}});
        let doubled = json!({"allOf": [twice.clone(), twice], "properties": {"bad": false}});
        let _ = check(&doubled, &deep(120));
        let bad = (0..100).fold(json!({"bad": 1}), |inner, _| json!({"c": inner}));
        assert!(check(&doubled, &bad).is_err());
        // A long way round at each level.
        let mut definitions = serde_json::Map::new();
        for n in 0..1000 {
            let next = format!("#/$defs/d{}", n + 1);
            definitions.insert(format!("d{n}"), json!({"allOf": [{"$ref": next}]}));
        }
        definitions.insert(
            "d1000".to_owned(),
            json!({"properties": {"c": {"$ref": "#/$defs/d0"}}}),
        );
        let round = json!({"$defs": definitions, "$ref": "#/$defs/d0"});
        assert_eq!(check(&round, &deep(120)), Ok(()));
    }

    #[test]
    fn nothing_is_fetched_and_nothing_gets_past_the_meter() {
        for schema in [
            json!({"$ref": "https://a.example/s.json"}),
            json!({"$ref": "file:///etc/passwd"}),
            json!({"$ref": "s.json"}),
            json!({"$ref": "#/nothing"}),
            json!({"$ref": "#name", "$anchor": "name"}),
            json!({"$dynamicRef": "#name", "$dynamicAnchor": "name"}),
            json!({"properties": {"a": {"$id": "https://a.example/", "$ref": "b"}}}),
            json!({"const": {"allOf": []}, "$ref": "#/const"}),
            json!({"examples": [{"allOf": []}], "$ref": "#/examples/0"}),
            json!({"$defs": {"allOf": [{"$ref": "#/$defs"}, {"$ref": "#/$defs"}]}, "$ref": "#/$defs"}),
            json!({"$ref": "#/%24defs/a", "$defs": {"a": {}}}),
            json!({"x-remit-meter": {"base": 0, "kib": 0, "entry": 0, "item": 0}, "$ref": "#/x-remit-meter"}),
            json!({"pattern": "("}),
            json!({"pattern": "(a{1000}){1000}"}),
            json!({"allOf": vec![json!({"pattern": "a"}); 101]}),
            json!({"type": "strng"}),
        ] {
            assert!(is_refused(&schema), "{schema}");
        }
        let many = doubling(40, json!({"properties": {"a": true}}));
        let mut rest = many;
        rest["unevaluatedProperties"] = json!(false);
        assert!(is_refused(&rest));
        let few = json!({"$defs": {"a": {"properties": {"a": true}}}, "allOf": [{"$ref": "#/$defs/a"}], "unevaluatedProperties": false});
        assert_eq!(check(&few, &json!({"a": 1})), Ok(()));
        assert!(check(&few, &json!({"b": 1})).is_err());
        let meter_of_ones_own = json!({"x-remit-meter": {"base": 0}, "type": "object"});
        assert!(check(&meter_of_ones_own, &json!([])).is_err());
    }
}
