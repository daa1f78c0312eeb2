//! JSON Schemas, as skills and plugins write them: nothing is fetched, no pattern can take long, and no check can.

mod patterns;
mod places;
mod shape;
mod work;

use jsonschema::Validator;
use remit_policy::display_safe;
use serde_json::Value;

use self::patterns::Patterns;
use self::shape::{MAX_DEPTH, Shape, Unmeasured};
use crate::deep::on_deep_stack;
use crate::error::RunError;

/// A schema that is ready to check values.
#[derive(Debug)]
pub(crate) struct Schema {
    validator: Validator,
    shape: Shape,
    /// What it was made from, and its patterns: to find out what checking a large value would take.
    root: Value,
    patterns: Patterns,
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
/// So much work is little, also where no misfit ends it.
const LITTLE: u64 = 200_000;

impl Schema {
    /// `what` names it in the error.
    pub(crate) fn new(what: &str, schema: &Value) -> Result<Self, RunError> {
        let made = match Self::made(schema, SHALLOW) {
            // One definition may lead to the next, as often as there is room for. A thread costs more than most schemas.
            Err(Unmeasured::Deep) => on_deep_stack(|| Self::made(schema, MAX_DEPTH))
                .unwrap_or_else(|why| Err(Unmeasured::Refused(why))),
            made => made,
        };
        made.map_err(|unmeasured| RunError::Schema {
            what: what.to_owned(),
            message: match unmeasured {
                Unmeasured::Deep => format!("it nests more than {MAX_DEPTH} schemas"),
                Unmeasured::Refused(why) => display_safe(&why, 300),
            },
        })
    }

    fn made(schema: &Value, deepest: u32) -> Result<Self, Unmeasured> {
        let mut root = schema.clone();
        if let Some(fields) = root.as_object_mut() {
            // The draft is ours to say, and the whole has no name to be called by.
            fields.shift_remove("$schema");
            fields.shift_remove("$id");
        }
        let mut patterns = Patterns::default();
        let shape = shape::measure(&root, &mut patterns, deepest)?;
        let validator = patterns::widest().build(&root).map_err(|e| e.to_string())?;
        Ok(Self {
            validator,
            shape,
            root,
            patterns,
        })
    }

    /// What does not fit: all of it where that is little work, else the first of it.
    pub(crate) fn misfits(&self, value: &Value) -> Vec<Misfit> {
        self.with_stack(|| self.misfits_here(value))
            .unwrap_or_else(|message| vec![Misfit::of_the_whole(message)])
    }

    fn misfits_here(&self, value: &Value) -> Vec<Misfit> {
        if !self.is_bearable(value) {
            return vec![Misfit::of_the_whole(TOO_MUCH.to_owned())];
        }
        if shape::size_of(value).saturating_mul(self.shape.work) <= LITTLE {
            return self.validator.iter_errors(value).map(Misfit::of).collect();
        }
        let first = self.validator.validate(value).err();
        first.map(Misfit::of).into_iter().collect()
    }

    fn is_bearable(&self, value: &Value) -> bool {
        work::is_bearable(self.shape, &self.root, &self.patterns, value)
    }

    /// What does not fit, in a sentence.
    pub(crate) fn check(&self, value: &Value) -> Result<(), String> {
        let fits = self.with_stack(|| {
            self.is_bearable(value)
                .then(|| self.validator.is_valid(value))
        })?;
        match fits {
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
            (json!({"id": "a", "more": 1}), "more"),
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
                json!({"x": "ab".repeat(2_000_000)}),
            ),
        ] {
            let what = schema.to_string().chars().take(60).collect::<String>();
            let checked = check(&schema, &value);
            assert_eq!(checked, Err(TOO_MUCH.to_owned()), "{what}");
        }
        // A misfit is named, and not each of millions.
        let schema = items(json!({"type": "string"}));
        let value = json!({"x": vec![0; 1_000_000]});
        let message = check(&schema, &value).unwrap_err();
        assert!(message.contains("is not of type"), "{message}");
        assert_eq!(Schema::new("x", &schema).unwrap().misfits(&value).len(), 1);
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
        for n in 0..400 {
            let next = format!("#/$defs/d{}", n + 1);
            definitions.insert(format!("d{n}"), json!({"allOf": [{"$ref": next}]}));
        }
        definitions.insert(
            "d400".to_owned(),
            json!({"properties": {"c": {"$ref": "#/$defs/d0"}}}),
        );
        let round = json!({"$defs": definitions, "$ref": "#/$defs/d0"});
        assert_eq!(check(&round, &deep(120)), Ok(()));
    }

    #[test]
    fn nothing_is_fetched_and_nothing_goes_unmeasured() {
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
            json!({"properties": {"a": {"$schema": "https://json-schema.org/draft/2020-12/schema"}}}),
            json!({"x-own": {"allOf": []}, "$ref": "#/x-own"}),
            json!({"properties": {"a": {"contentSchema": {}}}}),
            json!({"pattern": "("}),
            json!({"pattern": "(a{1000}){1000}"}),
            json!({"allOf": (0..101).map(|n| json!({"pattern": format!("a{n}")})).collect::<Vec<_>>()}),
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
    }

    /// A large result of a usual kind is no attack.
    #[test]
    fn large_values_of_usual_schemas_are_checked() {
        let mail = json!({
            "$defs": {"address": {"type": "object", "properties": {"name": {"type": ["string", "null"]}, "email": {"type": "string", "pattern": "^[^@]+@[^@]+$"}}, "required": ["email"]}},
            "type": "object",
            "properties": {"messages": {"type": "array", "items": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "from": {"$ref": "#/$defs/address"}, "to": {"items": {"$ref": "#/$defs/address"}}, "text": {"type": "string"}},
                "required": ["id", "from"],
                "additionalProperties": false
            }}},
            "required": ["messages"]
        });
        let message = json!({"id": "1", "from": {"email": "a@b.example"}, "to": [{"name": "C", "email": "c@d.example"}], "text": "word ".repeat(200)});
        let many = json!({"messages": vec![message; 30_000]});
        assert_eq!(check(&mail, &many), Ok(()));
        let text = json!({"properties": {"text": {"type": "string", "maxLength": 100_000_000}}});
        assert_eq!(check(&text, &json!({"text": "x".repeat(32 << 20)})), Ok(()));
        let tree = json!({"type": "object", "properties": {"children": {"items": {"$ref": "#"}}, "name": {"type": "string"}}});
        let leaf = json!({"name": "leaf", "children": []});
        let branch = json!({"name": "branch", "children": vec![leaf; 300]});
        assert_eq!(
            check(
                &tree,
                &json!({"name": "root", "children": vec![branch; 300]})
            ),
            Ok(())
        );
    }

    /// Each name of an object is another value, wherever it was put to be looked at.
    #[test]
    fn names_are_measured_each_by_its_length() {
        let schema = json!({"$defs": {"name": {"pattern": "[ab]*a[ab]{900}[cd]$"}}, "propertyNames": {"$ref": "#/$defs/name"}});
        let short = json!({"a": 1});
        assert!(
            check(&schema, &short)
                .unwrap_err()
                .contains("does not match")
        );
        let long = json!({"a": 1, ("ab".repeat(2_000_000)): 1});
        assert_eq!(check(&schema, &long), Err(TOO_MUCH.to_owned()));
    }
}
