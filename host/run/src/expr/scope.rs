//! What an expression can refer to, and a note of what it did refer to.
//!
//! The note is taken where a value is handed out, so it holds whatever way an expression, an include or a macro finds
//! to it. It errs on the side of more: who lists all steps has used all of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value;
use minijinja::value::{Enumerator, Object};
use serde_json::Value as Json;

use super::value::to_value;
use crate::report::Provenance;

/// The values of a run so far, each with where it came from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    inputs: Arc<BTreeMap<String, (Value, Provenance)>>,
    steps: Arc<BTreeMap<String, (Value, Provenance)>>,
    run: Value,
    item: Option<(Value, usize, Arc<Provenance>)>,
    extra: Option<Arc<(BTreeMap<String, Value>, Provenance)>>,
}

impl Scope {
    /// The scope of a run's beginning.
    pub(crate) fn new(inputs: &serde_json::Map<String, Json>, run: &Json) -> Self {
        let input = |(name, value): (&String, &Json)| {
            let mut provenance = Provenance::default();
            provenance.inputs.insert(name.clone());
            (name.clone(), (to_value(value), provenance))
        };
        Self {
            inputs: Arc::new(inputs.iter().map(input).collect()),
            run: to_value(run),
            ..Self::default()
        }
    }

    /// Adds a step's result.
    pub(crate) fn add_step(&mut self, id: &str, value: Value, mut provenance: Provenance) {
        provenance.steps.insert(id.to_owned());
        Arc::make_mut(&mut self.steps).insert(id.to_owned(), (value, provenance));
    }

    /// The same for one item of a `for_each`.
    pub(crate) fn with_item(&self, item: Value, index: usize, provenance: Arc<Provenance>) -> Self {
        Self {
            item: Some((item, index, provenance)),
            ..self.clone()
        }
    }

    /// The same with further names, as a template's `with` gives them.
    pub(crate) fn with_extra(
        &self,
        extra: BTreeMap<String, Value>,
        provenance: Provenance,
    ) -> Self {
        Self {
            extra: Some(Arc::new((extra, provenance))),
            ..self.clone()
        }
    }

    /// Begins a note of what is used.
    pub(crate) fn trace(&self) -> Traced {
        Traced(Arc::new(Trace {
            scope: self.clone(),
            used: Mutex::default(),
        }))
    }
}

/// A scope with a note of what was used of it.
#[derive(Clone)]
pub(crate) struct Traced(Arc<Trace>);

struct Trace {
    scope: Scope,
    used: Mutex<Provenance>,
}

impl Traced {
    /// The context to evaluate in.
    pub(crate) fn context(&self) -> Value {
        Value::from_object(Root(Arc::clone(&self.0)))
    }

    /// What was used until now.
    pub(crate) fn used(&self) -> Provenance {
        self.0
            .used
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Trace {
    fn note(&self, provenance: &Provenance) {
        self.used
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .join(provenance);
    }

    fn hand_out(&self, values: &BTreeMap<String, (Value, Provenance)>, key: &str) -> Option<Value> {
        let (value, provenance) = values.get(key)?;
        self.note(provenance);
        Some(value.clone())
    }
}

struct Root(Arc<Trace>);

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let trace = &self.0;
        let scope = &trace.scope;
        let key = key.as_str()?;
        if let Some(extra) = &scope.extra
            && let Some(value) = extra.0.get(key)
        {
            trace.note(&extra.1);
            return Some(value.clone());
        }
        match key {
            "inputs" => Some(Value::from_object(Inputs(Arc::clone(trace)))),
            "steps" => Some(Value::from_object(Steps(Arc::clone(trace)))),
            "run" => Some(scope.run.clone()),
            "item" | "index" => {
                let (item, index, provenance) = scope.item.as_ref()?;
                trace.note(provenance);
                Some(if key == "item" {
                    item.clone()
                } else {
                    Value::from(*index)
                })
            }
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["inputs", "steps", "run"])
    }
}

struct Inputs(Arc<Trace>);

impl Object for Inputs {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.hand_out(&self.0.scope.inputs, key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        keys(&self.0.scope.inputs)
    }
}

struct Steps(Arc<Trace>);

impl Object for Steps {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.hand_out(&self.0.scope.steps, key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        keys(&self.0.scope.steps)
    }
}

/// `debug()` and `pprint` print an object as Rust's own `Debug` does, past `get_value` and so past the note: names only.
macro_rules! names_only {
    ($($object:ident)*) => {$(
        impl std::fmt::Debug for $object {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($object))
            }
        }
    )*};
}
names_only!(Root Inputs Steps);

fn keys(values: &BTreeMap<String, (Value, Provenance)>) -> Enumerator {
    Enumerator::Values(values.keys().map(Value::from).collect())
}
