//! The rules of a plugin. docs/authoring.md lists them; a test holds that it lists them all.

use remit_run::RunError;

use super::outcome::badly;
use crate::error::AuthorError;

/// A rule of the conformance kit.
#[derive(Debug)]
pub struct Rule {
    /// Its stable name.
    pub name: &'static str,
    /// What it says.
    pub says: &'static str,
    /// How to mend a plugin that breaks it.
    pub mend: &'static str,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Component,
    Describe,
    Description,
    SameDescription,
    Examples,
    BadInput,
    UnknownOperation,
    Denial,
    Texts,
    Repeat,
    Concurrent,
    Output,
    Limits,
    Cases,
}

/// All rules, in the order in which they are tried: the first three are what all others rest on.
pub const RULES: &[Rule] = &[
    Rule {
        name: "component",
        says: "it is a component that exports remit:connector/connector, and imports what a plugin may",
        mend: "build it with `remit build`, or against the world remit:connector/plugin of wit/world.wit in this \
               version",
        what: What::Component,
    },
    Rule {
        name: "describe",
        says: "describe ends well with nothing granted",
        mend: "describe must be a constant: no file, no request, no configuration, nothing that can fail",
        what: What::Describe,
    },
    Rule {
        name: "description",
        says: "its names, version, schemas (JSON Schema 2020-12) and needs keep the rules",
        mend: "mend the text that is named; wit/world.wit says what each may be",
        what: What::Description,
    },
    Rule {
        name: "same-description",
        says: "describe says the same each time",
        mend: "list operations and schema keys in a fixed order (no hash map), and leave out times and random values",
        what: What::SameDescription,
    },
    Rule {
        name: "examples",
        says: "each operation can be called with an input made from its schema, or given in remit-test.toml",
        mend: "add `examples` to the input schema, or a [[call]] with an input to remit-test.toml",
        what: What::Examples,
    },
    Rule {
        name: "bad-input",
        says: "an input of another shape is answered with the fault invalid-input",
        mend: "read the input strictly (types, required fields, unknown fields), and answer with invalid-input where \
               that fails",
        what: What::BadInput,
    },
    Rule {
        name: "unknown-operation",
        says: "an operation that there is not is answered with the fault not-found",
        mend: "end the choice of the operation with not-found, also for names in another case or with blanks",
        what: What::UnknownOperation,
    },
    Rule {
        name: "denial",
        says: "what the host denies comes back as the fault denied, and not as a crash",
        mend: "hand on the host's refusal (HTTP-request-denied, not-permitted, access) as a fault of the kind denied",
        what: What::Denial,
    },
    Rule {
        name: "texts",
        says: "any text is taken or refused: empty, 1 MiB, four-byte characters, NUL, lone surrogates",
        mend: "treat text as UTF-8 of any length; answer a lone surrogate (\\ud800) with invalid-input",
        what: What::Texts,
    },
    Rule {
        name: "repeat",
        says: "the same call ends the same way each time",
        mend: "do not rest on what an earlier call left behind: each call has a sandbox of its own",
        what: What::Repeat,
    },
    Rule {
        name: "concurrent",
        says: "calls at the same time end as one alone does",
        mend: "do not rest on being alone: two calls share nothing but what they are granted",
        what: What::Concurrent,
    },
    Rule {
        name: "output",
        says: "each result fits the operation's output schema",
        mend: "make the schema say what is returned: required fields, nulls, number types",
        what: What::Output,
    },
    Rule {
        name: "limits",
        says: "an ordinary call needs at most half of the memory (64 MiB) and time (30 s) that a call may have",
        mend: "keep less in memory at once, and do at build time what is the same for each call",
        what: What::Limits,
    },
    Rule {
        name: "cases",
        says: "the calls in remit-test.toml end as they say",
        mend: "mend the plugin, or the case",
        what: What::Cases,
    },
];

/// Which of the first three rules a component breaks that could not be opened so.
pub(crate) fn stage(error: &AuthorError) -> usize {
    match error {
        AuthorError::Run(RunError::Call { .. }) => 1,
        _ => match error.code() {
            code if code.starts_with("description-") => 2,
            "schema-unusable" | "need-unreadable" => 2,
            code if code.starts_with("grant-") => 2,
            _ => 0,
        },
    }
}

/// An error in a sentence, with its hint.
pub(crate) fn told(error: &AuthorError) -> String {
    let what = match error {
        AuthorError::Run(RunError::Call { source, .. }) => format!("describe: {}", badly(source)),
        _ => error.to_string(),
    };
    match error.hint() {
        Some(hint) => format!("{what} ({hint})"),
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_names_of_their_own() {
        let mut names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
    }
}
