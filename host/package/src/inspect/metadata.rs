//! What tools and authors wrote into a component's custom sections. Nothing here is checked by anyone: it is
//! shown as the author's word, capped.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wasmparser::{ComponentName, CustomSectionReader, KnownCustom};

/// Characters kept of each text.
const MAX_TEXT: usize = 1024;
/// Lines of `producers` kept. A toolchain writes about five.
const MAX_PRODUCERS: usize = 64;

/// One line of a `producers` section.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Producer {
    /// `language`, `processed-by` or `sdk`.
    pub field: String,
    /// `Rust`, `rustc`, `wit-component` …
    pub name: String,
    /// As written, perhaps empty.
    pub version: String,
}

/// The component metadata conventions: custom sections with one text each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// From the `component-name` section.
    pub name: Option<String>,
    /// Contact details of the authors.
    pub authors: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// An SPDX expression.
    pub licenses: Option<String>,
    /// Where its source is.
    pub source: Option<String>,
    /// Its home page.
    pub homepage: Option<String>,
    /// The revision of its source.
    pub revision: Option<String>,
    /// Its version.
    pub version: Option<String>,
}

impl Metadata {
    /// Takes what one section says. The first of a kind counts; one that cannot be read says nothing.
    pub(super) fn read(&mut self, section: &CustomSectionReader<'_>) {
        let field = match section.name() {
            "component-name" => return self.read_name(section),
            "authors" => &mut self.authors,
            "description" => &mut self.description,
            "licenses" => &mut self.licenses,
            "source" => &mut self.source,
            "homepage" => &mut self.homepage,
            "revision" => &mut self.revision,
            "version" => &mut self.version,
            _ => return,
        };
        if let (None, Ok(text)) = (&field, std::str::from_utf8(section.data())) {
            *field = Some(capped(text));
        }
    }

    fn read_name(&mut self, section: &CustomSectionReader<'_>) {
        let KnownCustom::ComponentName(names) = section.as_known() else {
            return;
        };
        for part in names {
            match part {
                Ok(ComponentName::Component { name, .. }) if self.name.is_none() => {
                    self.name = Some(capped(name));
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }
}

/// The lines of all `producers` sections, each once.
#[derive(Default)]
pub(super) struct Producers(BTreeSet<Producer>);

impl Producers {
    pub(super) fn read(&mut self, section: &CustomSectionReader<'_>) {
        let KnownCustom::Producers(fields) = section.as_known() else {
            return;
        };
        for field in fields {
            let Ok(field) = field else { return };
            for value in field.values {
                let Ok(value) = value else { return };
                if self.0.len() >= MAX_PRODUCERS {
                    return;
                }
                self.0.insert(Producer {
                    field: capped(field.name),
                    name: capped(value.name),
                    version: capped(value.version),
                });
            }
        }
    }

    pub(super) fn into_vec(self) -> Vec<Producer> {
        self.0.into_iter().collect()
    }
}

fn capped(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}
