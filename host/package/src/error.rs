//! The one error of this crate: a sentence, where it was found, and what to do about it.

use std::fmt;
use std::io;

use remit_policy::ErrorClass;

use crate::codes::Code;
use crate::place::Place;

/// Why something could not be read, checked or kept.
///
/// `Display` gives one sentence, led by the place where one is known:
/// `skill.toml:12:1: [plugins.mail] has no key `operatons``.
#[derive(Debug, thiserror::Error)]
pub struct PackageError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: Code,
    message: String,
    place: Option<Place>,
    hint: Option<String>,
    source: Option<io::Error>,
}

impl PackageError {
    /// All the codes that [`code`](Self::code) can give, with their meaning.
    pub const CODES: &[(&str, &str)] = Code::ALL;

    pub(crate) fn new(code: Code, message: impl Into<String>) -> PackageError {
        PackageError(Box::new(Inner {
            code,
            message: message.into(),
            place: None,
            hint: None,
            source: None,
        }))
    }

    /// An operating system's refusal; a missing file gets its own code.
    pub(crate) fn io(what: impl fmt::Display, error: io::Error) -> PackageError {
        let (code, message) = match error.kind() {
            io::ErrorKind::NotFound => {
                (Code::FileMissing, format!("{what}: there is no such file"))
            }
            _ => (Code::FileIo, format!("{what}: {error}")),
        };
        let mut made = PackageError::new(code, message);
        made.0.source = Some(error);
        made
    }

    /// The same where it is a folder that could not be made: a missing parent is no missing file.
    pub(crate) fn no_folder(path: &std::path::Path, what: &str, error: io::Error) -> PackageError {
        let path = crate::file::shown(path);
        let message = format!("{path}: the folder {what} cannot be made: {error}");
        let mut made = PackageError::new(Code::FileIo, message);
        made.0.source = Some(error);
        made
    }

    pub(crate) fn at(mut self, place: Place) -> PackageError {
        self.0.place = Some(place);
        self
    }

    pub(crate) fn key(mut self, key: impl Into<String>) -> PackageError {
        self.0.place.get_or_insert_default().key = Some(key.into());
        self
    }

    pub(crate) fn hinted(mut self, hint: impl Into<String>) -> PackageError {
        self.0.hint = Some(hint.into());
        self
    }

    /// Names the file that the error is about, where it has no place of its own.
    pub(crate) fn about(self, file: &str) -> PackageError {
        match self.place() {
            Some(place) if !place.file.is_empty() => self,
            _ => self.at(Place::file(file)),
        }
    }

    /// The kind of error.
    pub fn kind(&self) -> Code {
        self.0.code
    }

    /// The stable kebab-case code.
    pub fn code(&self) -> &'static str {
        self.0.code.as_str()
    }

    /// Whose fault it is.
    pub fn class(&self) -> ErrorClass {
        self.0.code.class()
    }

    /// The one thing to do next.
    pub fn hint(&self) -> Option<String> {
        self.0.hint.clone()
    }

    /// The sentence without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it was found.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// The file, where one is known.
    pub fn file(&self) -> Option<&str> {
        self.place().map(|place| place.file.as_str())
    }

    /// The line, from 1, where one is known.
    pub fn line(&self) -> Option<usize> {
        self.place().and_then(|place| place.line)
    }
}

impl fmt::Display for PackageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place()
            && !place.file.is_empty()
        {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.0.message)
    }
}
