//! A plugin as data: its operations and what is said about them.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Fault, schema};

/// What an operation does to the world outside the plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Adds or changes something that can be undone by hand.
    Write,
    /// Removes or sends something for good.
    Destructive,
}

/// A plugin: build it with [`Plugin::new`], [`need`](Plugin::need) and [`operation`](Plugin::operation).
pub struct Plugin {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub summary: String,
    /// What it can do, in the order in which to show it.
    pub operations: Vec<Operation>,
    /// What it asks for: grants in their compact form, each with its reason.
    pub needs: Vec<(String, String)>,
}

impl Plugin {
    /// `name`: lower-case letters, digits and `-`. `version`: as in semver.org, best `env!("CARGO_PKG_VERSION")`.
    /// `summary`: what it is for, in one sentence.
    pub fn new(name: &str, version: &str, summary: &str) -> Plugin {
        Plugin {
            name: name.to_string(),
            version: version.to_string(),
            summary: summary.to_string(),
            operations: Vec::new(),
            needs: Vec::new(),
        }
    }

    /// Asks for a grant, in its compact form (`http GET https://api.github.com/repos/**`), with the reason in one
    /// sentence. Needs narrow, they never grant; a plugin that declares some can use nothing beyond them.
    pub fn need(mut self, grant: &str, reason: &str) -> Plugin {
        self.needs.push((grant.to_string(), reason.to_string()));
        self
    }

    /// Adds an operation; the order is the one in which they are shown.
    pub fn operation(mut self, operation: Operation) -> Plugin {
        self.operations.push(operation);
        self
    }

    /// Does one operation on a JSON text.
    ///
    /// # Errors
    /// `not-found` for an operation that there is not, `invalid-input` for an input that is not the operation's,
    /// else whatever fault the operation ends with.
    pub fn invoke(&self, operation: &str, input: &str) -> Result<String, Fault> {
        let found = self.operations.iter().find(|it| it.name == operation);
        match found {
            Some(it) => (it.run)(input),
            None => Err(Fault::not_found(format!(
                "{} has no operation `{operation}`",
                self.name
            ))),
        }
    }
}

/// From an input as JSON to an output as JSON.
type Run = Box<dyn Fn(&str) -> Result<String, Fault>>;

/// One thing that a plugin can do.
pub struct Operation {
    /// Its name.
    pub name: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// What it does to the world outside.
    pub effect: Effect,
    /// Whether calling it twice has the effect of calling it once.
    pub idempotent: bool,
    input: fn() -> String,
    output: fn() -> String,
    run: Run,
}

impl Operation {
    /// An operation that changes nothing; it is idempotent.
    pub fn read<I, O>(
        name: &str,
        summary: &str,
        run: impl Fn(I) -> Result<O, Fault> + 'static,
    ) -> Operation
    where
        I: DeserializeOwned + JsonSchema,
        O: Serialize + JsonSchema,
    {
        Operation::new(Effect::Read, name, summary, run).and_idempotent()
    }

    /// An operation that adds or changes something that can be undone by hand.
    pub fn write<I, O>(
        name: &str,
        summary: &str,
        run: impl Fn(I) -> Result<O, Fault> + 'static,
    ) -> Operation
    where
        I: DeserializeOwned + JsonSchema,
        O: Serialize + JsonSchema,
    {
        Operation::new(Effect::Write, name, summary, run)
    }

    /// An operation that removes or sends something for good.
    pub fn destructive<I, O>(
        name: &str,
        summary: &str,
        run: impl Fn(I) -> Result<O, Fault> + 'static,
    ) -> Operation
    where
        I: DeserializeOwned + JsonSchema,
        O: Serialize + JsonSchema,
    {
        Operation::new(Effect::Destructive, name, summary, run)
    }

    /// Says that calling it twice with the same input has the effect of calling it once.
    pub fn and_idempotent(mut self) -> Operation {
        self.idempotent = true;
        self
    }

    /// The JSON Schema of its input.
    pub fn input_schema(&self) -> String {
        (self.input)()
    }

    /// The JSON Schema of its output.
    pub fn output_schema(&self) -> String {
        (self.output)()
    }

    fn new<I, O>(
        effect: Effect,
        name: &str,
        summary: &str,
        run: impl Fn(I) -> Result<O, Fault> + 'static,
    ) -> Operation
    where
        I: DeserializeOwned + JsonSchema,
        O: Serialize + JsonSchema,
    {
        Operation {
            name: name.to_string(),
            summary: summary.to_string(),
            effect,
            idempotent: false,
            input: schema::of_input::<I>,
            output: schema::of_output::<O>,
            run: Box::new(move |text| {
                // serde reads a struct from a list too, field by field; an input is an object.
                if !text
                    .trim_start_matches([' ', '\t', '\r', '\n'])
                    .starts_with('{')
                {
                    return Err(Fault::invalid_input("an input is a JSON object"));
                }
                let input = serde_json::from_str(text)
                    .map_err(|error| Fault::invalid_input(error.to_string()))?;
                let output = run(input)?;
                serde_json::to_string(&output).map_err(|error| Fault::internal(error.to_string()))
            }),
        }
    }
}
