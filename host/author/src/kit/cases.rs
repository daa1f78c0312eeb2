//! The author's own cases, beside the rules that hold for every plugin: `remit-test.toml` in the project's folder.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::error::AuthorError;

/// The file's name.
pub const FILE: &str = "remit-test.toml";

/// The largest file of cases that is read, in bytes.
const MAX: u64 = 4 << 20;

/// Calls with what must come of them.
#[derive(Clone, Debug, Default)]
pub struct Cases {
    /// What files grants are relative to: the file's folder.
    pub folder: PathBuf,
    /// In the file's order.
    pub calls: Vec<Case>,
}

/// One call. The first one of an operation is also what the rules call it with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows, for the report.
    #[serde(default)]
    pub name: String,
    /// The operation.
    pub operation: String,
    /// What it is given.
    #[serde(default = "empty")]
    pub input: Value,
    /// What is granted to it, in compact form.
    #[serde(default)]
    pub allow: Vec<String>,
    /// What it must return, exactly; not looked at if left out.
    pub output: Option<Value>,
    /// The kind of fault that it must end with, instead of a result.
    pub fault: Option<FaultName>,
}

/// A kind of fault, as the WIT names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultName {
    /// `invalid-input`
    InvalidInput,
    /// `denied`
    Denied,
    /// `not-found`
    NotFound,
    /// `conflict`
    Conflict,
    /// `unavailable`
    Unavailable,
    /// `internal`
    Internal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default, rename = "call")]
    calls: Vec<Case>,
}

fn empty() -> Value {
    Value::Object(serde_json::Map::new())
}

impl Cases {
    /// None, with files grants relative to `folder`.
    pub fn none(folder: &Path) -> Cases {
        Cases {
            folder: folder.to_path_buf(),
            calls: Vec::new(),
        }
    }

    /// The cases of a project; none if it has no such file.
    ///
    /// # Errors
    /// If the file cannot be read, or says something that is not checked.
    pub fn of_project(folder: &Path) -> Result<Cases, AuthorError> {
        let path = folder.join(FILE);
        if path.symlink_metadata().is_err() {
            return Ok(Cases::none(folder));
        }
        let refuse = |why: String| AuthorError::PackageFile { file: FILE, why };
        let bytes = remit_package::read_file(&path, MAX)?;
        let text =
            String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8 text".to_owned()))?;
        let document: Document = toml::from_str(&text)
            .map_err(|error| refuse(error.to_string().trim_end().to_owned()))?;
        for case in &document.calls {
            if case.output.is_some() && case.fault.is_some() {
                return Err(refuse(format!(
                    "the case `{}` wants an output and a fault: it can have one",
                    case.title()
                )));
            }
        }
        Ok(Cases {
            folder: folder.to_path_buf(),
            calls: document.calls,
        })
    }

    /// The input of the operation's first case that wants no fault.
    pub(crate) fn input(&self, operation: &str) -> Option<&Value> {
        self.calls
            .iter()
            .find(|case| case.operation == operation && case.fault != Some(FaultName::InvalidInput))
            .map(|case| &case.input)
    }
}

impl Case {
    /// Its name, or what it calls.
    pub fn title(&self) -> &str {
        if self.name.is_empty() {
            &self.operation
        } else {
            &self.name
        }
    }
}

impl FaultName {
    /// As the WIT writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            FaultName::InvalidInput => "invalid-input",
            FaultName::Denied => "denied",
            FaultName::NotFound => "not-found",
            FaultName::Conflict => "conflict",
            FaultName::Unavailable => "unavailable",
            FaultName::Internal => "internal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(text: &str) -> Result<Cases, AuthorError> {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join(FILE), text).unwrap();
        Cases::of_project(root.path())
    }

    #[test]
    fn a_case_is_a_call_with_what_must_come_of_it() {
        let cases = cases(
            "[[call]]\nname = 'two words'\noperation = 'count'\ninput = { text = 'a b' }\noutput = { words = 2 }\n\
             [[call]]\noperation = 'fetch'\nfault = 'denied'\n",
        )
        .unwrap();
        assert_eq!(cases.calls.len(), 2);
        assert_eq!(cases.calls[1].fault, Some(FaultName::Denied));
        assert_eq!(cases.input("count").unwrap()["text"], "a b");
        assert_eq!(cases.input("other"), None);
    }

    #[test]
    fn what_is_not_checked_is_refused() {
        for text in [
            "[[call]]\noperation = 'x'\noutputs = 1\n",
            "[[call]]\noperation = 'x'\nfault = 'sad'\n",
            "[[call]]\noperation = 'x'\nfault = 'denied'\noutput = 1\n",
            "[[call]]\ninput = {}\n",
            "calls = 1\n",
        ] {
            assert_eq!(
                cases(text).unwrap_err().code(),
                "package-file-invalid",
                "{text}"
            );
        }
        let root = tempfile::tempdir().unwrap();
        assert!(Cases::of_project(root.path()).unwrap().calls.is_empty());
    }
}
