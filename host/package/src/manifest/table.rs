//! Reads a TOML document strictly: each value knows where it stands, so each error can say so.

use std::ops::Range;

use remit_policy::display_safe;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::fields::fields_of;
use super::json;
use super::mistakes::{meant, serde_error};
use crate::codes::Code;
use crate::error::PackageError;
use crate::place::Place;
use crate::text::{first_hidden, name_of};

/// A file that a person wrote.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub file: &'a str,
    pub text: &'a str,
}

/// A table of it, with the keys that lead to it.
pub(super) struct Table<'a> {
    source: Source<'a>,
    path: String,
    /// One of many, written `[[…]]`.
    many: bool,
    span: Range<usize>,
    map: &'a DeTable<'a>,
}

/// A value of it.
pub(super) struct Item<'a> {
    source: Source<'a>,
    pub key: &'a str,
    path: String,
    many: bool,
    /// The key, or the value itself where it is one of an array.
    span: Range<usize>,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Table<'a> {
    pub fn root(source: Source<'a>, map: &'a Spanned<DeTable<'a>>) -> Table<'a> {
        Table {
            source,
            path: String::new(),
            many: false,
            span: 0..0,
            map: map.get_ref(),
        }
    }

    /// The whole table as a value, for a form that another crate owns.
    pub fn spanned(&self) -> Spanned<DeValue<'a>> {
        Spanned::new(self.span.clone(), DeValue::Table(self.map.clone()))
    }

    /// `[plugins.mail]`, as a person would look for it.
    pub fn label(&self) -> String {
        match (self.path.as_str(), self.many) {
            ("", _) => "the top level".to_owned(),
            (path, true) => format!("[[{path}]]"),
            (path, false) => format!("[{path}]"),
        }
    }

    pub fn place(&self) -> Place {
        let mut place = Place::span(self.source.file, self.source.text, &self.span);
        place.key = Some(self.path.clone());
        place
    }

    pub fn error(&self, code: Code, message: impl Into<String>) -> PackageError {
        PackageError::new(code, message).at(self.place())
    }

    /// Fails at the first key, in the order written, that is none of these.
    pub fn only(&self, known: &[&str]) -> Result<(), PackageError> {
        for item in self.items() {
            if !known.contains(&item.key) {
                return Err(item.unknown(&self.label(), known));
            }
        }
        Ok(())
    }

    /// The entries in the order written.
    pub fn items(&self) -> Vec<Item<'a>> {
        let mut items: Vec<_> = self
            .map
            .iter()
            .map(|(key, value)| Item {
                source: self.source,
                key: key.get_ref(),
                path: join(&self.path, key.get_ref()),
                many: false,
                span: key.span(),
                value,
            })
            .collect();
        items.sort_by_key(|item| item.span.start);
        items
    }

    pub fn get(&self, key: &str) -> Option<Item<'a>> {
        self.items().into_iter().find(|item| item.key == key)
    }

    pub fn need(&self, key: &str) -> Result<Item<'a>, PackageError> {
        self.get(key).ok_or_else(|| {
            let message = format!("{} lacks the key `{key}`", self.label());
            self.error(Code::ManifestMissingKey, message)
        })
    }

    /// An optional text for a person.
    pub fn prose(&self, key: &str) -> Result<Option<String>, PackageError> {
        self.get(key)
            .map(|item| item.prose().map(str::to_owned))
            .transpose()
    }
}

impl<'a> Item<'a> {
    pub fn place(&self) -> Place {
        let mut place = Place::span(self.source.file, self.source.text, &self.span);
        place.key = Some(self.path.clone());
        place
    }

    pub fn error(&self, code: Code, message: impl Into<String>) -> PackageError {
        PackageError::new(code, message).at(self.place())
    }

    fn unknown(&self, table: &str, known: &[&str]) -> PackageError {
        let key = display_safe(self.key, 60);
        self.error(
            Code::ManifestUnknownKey,
            format!("{table} has no key `{key}`"),
        )
        .hinted(meant(self.key, known))
    }

    fn wrong(&self, expected: &str) -> PackageError {
        let key = display_safe(&self.path, 120);
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        self.error(
            Code::ManifestWrongType,
            format!("`{key}` takes {expected}, not {found}"),
        )
    }

    pub fn str(&self) -> Result<&'a str, PackageError> {
        match self.value.get_ref() {
            DeValue::String(text) => Ok(text),
            _ => Err(self.wrong("a string")),
        }
    }

    /// A string that a person reads, or that is run: nothing in it may be hidden.
    pub fn prose(&self) -> Result<&'a str, PackageError> {
        let text = self.str()?;
        if let Some((_, c)) = first_hidden(text) {
            let key = display_safe(&self.path, 120);
            let message = format!("`{key}` holds {}", name_of(c));
            return Err(self.error(Code::TextHidden, message));
        }
        if text.trim().is_empty() {
            let key = display_safe(&self.path, 120);
            return Err(self.error(Code::ManifestValue, format!("`{key}` is empty")));
        }
        Ok(text)
    }

    pub fn integer(&self, least: u64, most: u64) -> Result<u64, PackageError> {
        let DeValue::Integer(written) = self.value.get_ref() else {
            return Err(self.wrong("an integer"));
        };
        let number = u64::from_str_radix(written.as_str(), written.radix()).ok();
        number
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| {
                let key = display_safe(&self.path, 120);
                self.error(
                    Code::ManifestValue,
                    format!("`{key}` takes a number from {least} to {most}"),
                )
            })
    }

    pub fn number(&self) -> Result<Value, PackageError> {
        match self.value.get_ref() {
            DeValue::Integer(_) | DeValue::Float(_) => self.json(),
            _ => Err(self.wrong("a number")),
        }
    }

    pub fn truth(&self) -> Result<bool, PackageError> {
        match self.value.get_ref() {
            DeValue::Boolean(truth) => Ok(*truth),
            _ => Err(self.wrong("true or false")),
        }
    }

    pub fn is_array(&self) -> bool {
        self.value.get_ref().is_array()
    }

    pub fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    pub fn table(&self) -> Result<Table<'a>, PackageError> {
        match self.value.get_ref() {
            DeValue::Table(map) => Ok(Table {
                source: self.source,
                path: self.path.clone(),
                many: self.many,
                span: self.span.clone(),
                map,
            }),
            _ => Err(self.wrong("a table")),
        }
    }

    /// The elements of an array of at most `max`.
    pub fn array(&self, max: usize) -> Result<Vec<Item<'a>>, PackageError> {
        let DeValue::Array(values) = self.value.get_ref() else {
            return Err(self.wrong("an array"));
        };
        if values.len() > max {
            let key = display_safe(&self.path, 120);
            return Err(self.error(
                Code::ManifestTooLarge,
                format!("`{key}` lists {}, and {max} is the most", values.len()),
            ));
        }
        Ok(values
            .iter()
            .map(|value| Item {
                source: self.source,
                key: self.key,
                path: self.path.clone(),
                many: true,
                span: value.span(),
                value,
            })
            .collect())
    }

    /// Any value, as JSON has it.
    pub fn json(&self) -> Result<Value, PackageError> {
        json::value(self.value.get_ref()).map_err(|why| {
            let key = display_safe(&self.path, 120);
            self.error(Code::ManifestValue, format!("`{key}` holds {why}"))
        })
    }

    /// A table whose form another crate owns. Its own unknown keys are errors here too; a value that its
    /// grammar refuses gets the code `refused`.
    pub fn read<T: DeserializeOwned>(&self, refused: Code) -> Result<T, PackageError> {
        let table = self.table()?;
        if let Some(known) = fields_of::<T>() {
            table.only(known)?;
        }
        T::deserialize(ValueDeserializer::from(self.value.clone())).map_err(|error| {
            let mut place = self.place();
            if let Some(span) = error.span() {
                place = Place::span(self.source.file, self.source.text, &span);
                place.key = Some(self.path.clone());
            }
            serde_error(&table.label(), error.message(), refused).at(place)
        })
    }
}

fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let key = if bare {
        key.to_owned()
    } else {
        format!("\"{}\"", display_safe(key, 60))
    };
    match path {
        "" => key,
        path => format!("{path}.{key}"),
    }
}
