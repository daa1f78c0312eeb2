//! A guest that does what a plugin must not be able to do, one opcode at a time.
//!
//! It is written against the raw bindings, not against the SDK, so that it can do what an SDK would forbid.
//! `README.md` beside this crate lists the opcodes. Every opcode that comes back says what happened as JSON:
//! `ok`, and on failure `error` with the WASI error's own name, so that a test can say which refusal it expects.

mod describe;
mod files;
mod handles;
mod http;
mod machine;
mod memory;
mod output;
mod text;
mod world;

use serde_json::{Value, json};

// Raw bindings of the whole world that a plugin may import.
pub(crate) mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "plugin", generate_all });
}

use bindings::exports::remit::connector::connector::{Description, Fault, Guest};

struct Evil;

bindings::export!(Evil with_types_in bindings);

impl Guest for Evil {
    fn describe() -> Description {
        describe::describe()
    }

    fn invoke(operation: String, input: String) -> Result<String, Fault> {
        // The same deeds under three effects, so that tests can grant one and not the other.
        if !matches!(operation.as_str(), "do" | "do_write" | "do_destructive") {
            return Err(Fault::NotFound(format!(
                "evil has no operation `{operation}`"
            )));
        }
        let input: Value = serde_json::from_str(&input)
            .map_err(|e| Fault::InvalidInput(format!("input is not JSON: {e}")))?;
        match run(&input) {
            Done::Value(value) => Ok(value.to_string()),
            Done::Raw(text) => Ok(text),
            Done::Fault(fault) => Err(fault),
        }
    }
}

/// How an opcode came back.
pub(crate) enum Done {
    /// What happened.
    Value(Value),
    /// This exact text is the output, JSON or not.
    Raw(String),
    /// The operation ends with this fault.
    Fault(Fault),
}

/// Does one opcode. `seq` and `repeat` come back here for each of their steps.
pub(crate) fn run(input: &Value) -> Done {
    let op = text::string(input, "op");
    if let Some(done) = output::run(&op, input) {
        return done;
    }
    let result = match op.as_str() {
        "seq" => Ok(sequence(input)),
        "repeat" => Ok(repeat(input)),
        _ => None
            .or_else(|| machine::run(&op, input))
            .or_else(|| memory::run(&op, input))
            .or_else(|| world::run(&op, input))
            .or_else(|| handles::run(&op, input))
            .or_else(|| http::run(&op, input))
            .or_else(|| files::run(&op, input))
            .unwrap_or_else(|| Err(Failure::new("unknown-op", &op))),
    };
    Done::Value(outcome(&op, result))
}

/// What went wrong: the WASI error's name, and more where there is more.
pub(crate) struct Failure {
    pub code: String,
    pub detail: String,
    pub stage: &'static str,
}

impl Failure {
    pub fn new(code: impl Into<String>, detail: impl Into<String>) -> Failure {
        Failure {
            code: code.into(),
            detail: detail.into(),
            stage: "",
        }
    }

    pub fn at(self, stage: &'static str) -> Failure {
        Failure { stage, ..self }
    }
}

pub(crate) type Outcome = Result<Value, Failure>;

fn outcome(op: &str, result: Outcome) -> Value {
    let mut value = json!({ "op": op, "ok": result.is_ok() });
    match result {
        Ok(Value::Object(more)) => value.as_object_mut().unwrap().extend(more),
        Ok(Value::Null) => {}
        Ok(other) => value["value"] = other,
        Err(failure) => {
            value["error"] = failure.code.into();
            if !failure.detail.is_empty() {
                value["detail"] = failure.detail.into();
            }
            if !failure.stage.is_empty() {
                value["stage"] = failure.stage.into();
            }
        }
    }
    value
}

fn as_value(done: Done) -> Value {
    match done {
        Done::Value(value) => value,
        Done::Raw(text) => text.into(),
        Done::Fault(fault) => format!("{fault:?}").into(),
    }
}

fn sequence(input: &Value) -> Value {
    let steps = input["steps"].as_array().cloned().unwrap_or_default();
    let results: Vec<Value> = steps.iter().map(|step| as_value(run(step))).collect();
    json!({ "results": results })
}

/// Does one thing many times, and counts how it came out: `ok`, or the error's name.
fn repeat(input: &Value) -> Value {
    let times = text::number(input, "times", 1);
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    let mut last = Value::Null;
    for _ in 0..times {
        last = as_value(run(&input["do"]));
        let key = match last["error"].as_str() {
            Some(error) => error.to_string(),
            None => "ok".to_string(),
        };
        *counts.entry(key).or_default() += 1;
    }
    json!({ "counts": counts, "last": last })
}
