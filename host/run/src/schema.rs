//! JSON Schemas, as skills and plugins write them: nothing is fetched, and no pattern can take long.

use jsonschema::{Draft, PatternOptions, Validator};
use remit_policy::display_safe;
use serde_json::Value;

use crate::error::RunError;

/// A schema that is ready to check values.
#[derive(Debug)]
pub(crate) struct Schema(Validator);

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

/// How many misfits a message names.
const SHOWN: usize = 3;

impl Schema {
    /// `what` names it in the error.
    pub(crate) fn new(what: &str, schema: &Value) -> Result<Self, RunError> {
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline()
            // The regex engine that never backtracks: a pattern is foreign text.
            .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
            .build(schema)
            .map(Self)
            .map_err(|e| RunError::Schema {
                what: what.to_owned(),
                message: display_safe(&e.to_string(), 300),
            })
    }

    /// All that does not fit.
    pub(crate) fn misfits<'a>(&'a self, value: &'a Value) -> impl Iterator<Item = Misfit> + 'a {
        self.0.iter_errors(value).map(|error| Misfit {
            at: display_safe(error.instance_path().as_str(), 120),
            keyword: error.kind().keyword().to_owned(),
            message: display_safe(&error.to_string(), 200),
        })
    }

    /// What does not fit, in a sentence.
    pub(crate) fn check(&self, value: &Value) -> Result<(), String> {
        if self.0.is_valid(value) {
            return Ok(());
        }
        let shown: Vec<_> = self
            .misfits(value)
            .take(SHOWN)
            .map(|misfit| misfit.to_string())
            .collect();
        Err(shown.join("; "))
    }
}

#[cfg(test)]
mod probe {
    use super::*;
    use serde_json::json;
    use std::time::Instant;

    fn time(name: &str, schema: &Value, value: &Value) {
        let start = Instant::now();
        let schema = match Schema::new("x", schema) {
            Ok(schema) => schema,
            Err(e) => {
                eprintln!("{name}: refused {} {:?}", e, start.elapsed());
                return;
            }
        };
        let made = start.elapsed();
        let start = Instant::now();
        let valid = schema.0.is_valid(value);
        let is_valid = start.elapsed();
        eprintln!("{name}: made {made:?}, is_valid {valid} {is_valid:?}");
        let start = Instant::now();
        let r = schema
            .0
            .validate(value)
            .err()
            .map(|e| e.to_string().chars().take(80).collect::<String>());
        eprintln!("   validate {r:?} {:?}", start.elapsed());
        if !valid && std::env::var_os("ITER").is_some() {
            let start = Instant::now();
            let n = schema.0.iter_errors(value).count();
            eprintln!("   iter_errors {n} {:?}", start.elapsed());
        }
    }

    #[test]
    fn probe_schemas() {
        let which = std::env::var("WHICH").unwrap_or_default();
        let doubling = |leaf: Value, n: usize| {
            let mut defs = serde_json::Map::new();
            for i in 0..n {
                let r = json!({"$ref": format!("#/$defs/a{}", i + 1)});
                defs.insert(format!("a{i}"), json!({"allOf": [r, r]}));
            }
            defs.insert(format!("a{n}"), leaf);
            json!({"type": "object", "$defs": defs, "$ref": "#/$defs/a0"})
        };
        let tree = json!({"type":"object","$defs":{"n":{"allOf":[{"properties":{"c":{"$ref":"#/$defs/n"}}},{"properties":{"c":{"$ref":"#/$defs/n"}}}], "properties": {"bad": false}}},"$ref":"#/$defs/n"});
        let deep = |n: usize, leaf: Value| (0..n).fold(leaf, |v, _| json!({"c": v}));
        let cases: Vec<(&str, Value, Value)> = vec![
            ("self", json!({"type":"object","$ref":"#"}), json!({})),
            (
                "mutual",
                json!({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}),
                json!({}),
            ),
            (
                "dynamic",
                json!({"$dynamicAnchor":"n","$dynamicRef":"#n"}),
                json!({}),
            ),
            (
                "dynamic uneval",
                json!({"$dynamicAnchor":"n","allOf":[{"$dynamicRef":"#n"},{"$dynamicRef":"#n"}],"unevaluatedProperties":false}),
                json!({"a":1}),
            ),
            (
                "double ok",
                doubling(json!({"type":"object"}), 25),
                json!({}),
            ),
            (
                "double bad",
                doubling(json!({"type":"string"}), 25),
                json!({}),
            ),
            (
                "double60 bad",
                doubling(json!({"type":"string"}), 60),
                json!({}),
            ),
            ("tree ok", tree.clone(), deep(100, json!({}))),
            ("tree bad", tree.clone(), deep(20, json!({"bad":1}))),
            ("tree bad 100", tree.clone(), deep(100, json!({"bad":1}))),
            (
                "wide",
                json!({"type":"object","properties":{"x":{"items":{"allOf": vec![json!({"type":"number"}); 3000]}}}}),
                json!({"x": vec![0; 2_000_000]}),
            ),
            (
                "unique",
                json!({"properties":{"x":{"uniqueItems":true}}}),
                json!({"x": (0..500_000).collect::<Vec<_>>()}),
            ),
            (
                "unique objs",
                json!({"properties":{"x":{"uniqueItems":true}}}),
                json!({"x": (0..50_000).map(|n| json!({"a":n})).collect::<Vec<_>>()}),
            ),
            (
                "enum",
                json!({"properties":{"x":{"items":{"enum": (0..9000).collect::<Vec<_>>()}}}}),
                json!({"x": vec![8999; 300_000]}),
            ),
            (
                "contains",
                json!({"properties":{"x":{"items":{"contains":{"const":1}}}}}),
                json!({"x": vec![json!(vec![0; 1000]); 1000]}),
            ),
            (
                "regex",
                json!({"properties":{"x":{"pattern":"[ab]*a[ab]{300}c$"}}}),
                json!({"x": "ab".repeat(1_000_000)}),
            ),
            (
                "regex2",
                json!({"properties":{"x":{"pattern":"^(a|b|ab)*c[ab]{2000}$"}}}),
                json!({"x": "ab".repeat(1_000_000)}),
            ),
            (
                "regex3",
                json!({"properties":{"x":{"pattern":"(.{0,60}.{0,60}){20}x$"}}}),
                json!({"x": "ab".repeat(1_000_000)}),
            ),
            (
                "many bad",
                json!({"properties":{"x":{"items":{"type":"string"}}}}),
                json!({"x": vec![0; 1_000_000]}),
            ),
            (
                "oneof",
                json!({"properties":{"x":{"items":{"oneOf": vec![json!({"type":"string"}); 1500]}}}}),
                json!({"x": vec![0; 500_000]}),
            ),
            (
                "patternprops",
                json!({"patternProperties": (0..1500).map(|n| (format!("^a{n}$"), json!({}))).collect::<serde_json::Map<_,_>>()}),
                Value::Object((0..100_000).map(|n| (format!("k{n}"), json!(1))).collect()),
            ),
            (
                "id",
                json!({"$id":"https://evil.test/x","$ref":"y"}),
                json!({}),
            ),
            (
                "schema",
                json!({"$schema":"https://evil.test/x"}),
                json!({}),
            ),
            (
                "vocab",
                json!({"$schema":"http://json-schema.org/draft-04/schema#","id":"#x","exclusiveMinimum":true,"minimum":0}),
                json!({}),
            ),
            (
                "multiple",
                json!({"properties":{"x":{"multipleOf":1e-300}}}),
                json!({"x":1e300}),
            ),
        ];
        for (name, schema, value) in cases {
            if which.is_empty() || which.split(',').any(|w| w == name) {
                time(name, &schema, &value);
            }
        }
    }
}
