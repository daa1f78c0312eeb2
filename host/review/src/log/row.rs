//! A record's fields, as far as anybody here asks for them, read without copying them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// One line of the log.
#[derive(Deserialize)]
pub(crate) struct Row<'a> {
    pub(crate) seq: u64,
    #[serde(borrow)]
    pub(crate) time: Text<'a>,
    #[serde(borrow)]
    pub(crate) kind: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) run: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) skill: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) skill_digest: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) folder: Option<Text<'a>>,
    /// What the ids of a run's calls begin with; in the record of a session's end it is a number, which nobody here needs.
    #[serde(borrow, default, deserialize_with = "text_or_number")]
    pub(crate) calls: Option<Text<'a>>,
    /// The agent's client and its version.
    #[serde(borrow, default)]
    pub(crate) agent: Option<Text<'a>>,
    /// Its session.
    #[serde(borrow, default)]
    pub(crate) session: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) inputs_digest: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) plugins: Option<Vec<PluginRow<'a>>>,
    #[serde(borrow, default)]
    pub(crate) state: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) step: Option<Text<'a>>,
    #[serde(default)]
    pub(crate) item: Option<u64>,
    #[serde(borrow, default)]
    pub(crate) call: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) plugin: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) operation: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) outcome: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) what: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) reason: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) capability: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) action: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) asked: Option<Text<'a>>,
    #[serde(default)]
    pub(crate) allowed: Option<Verdict>,
    #[serde(borrow, default)]
    pub(crate) code: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) layer: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) rule: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) narrowest: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(crate) address: Option<Text<'a>>,
    #[serde(default)]
    pub(crate) microseconds: u64,
    #[serde(default)]
    pub(crate) memory_peak: u64,
    #[serde(default)]
    pub(crate) output_bytes: u64,
    #[serde(default)]
    pub(crate) http_requests: u64,
    #[serde(default)]
    pub(crate) file_bytes: u64,
    #[serde(borrow, default)]
    pub(crate) provenance: Option<ProvenanceRow<'a>>,
}

/// A plugin of a run.
#[derive(Deserialize)]
pub(crate) struct PluginRow<'a> {
    #[serde(borrow)]
    pub(crate) plugin: Text<'a>,
    #[serde(borrow)]
    pub(crate) digest: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) grants: Option<Vec<GrantRow<'a>>>,
}

/// A grant of it.
#[derive(Deserialize)]
pub(crate) struct GrantRow<'a> {
    #[serde(default)]
    pub(crate) line: Option<usize>,
    #[serde(borrow)]
    pub(crate) grant: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) written: Option<Text<'a>>,
}

/// What a call's input came from.
#[derive(Deserialize)]
pub(crate) struct ProvenanceRow<'a> {
    #[serde(borrow, default)]
    pub(crate) plugins: Vec<Text<'a>>,
}

/// A text that stays where it is in the line, unless it holds an escape.
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

struct Borrowing;

impl<'de> Visitor<'de> for Borrowing {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Borrowing)
    }
}

/// A text; nothing where a number stands in its place.
fn text_or_number<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Text<'a>>, D::Error> {
    struct Either;
    impl<'de> Visitor<'de> for Either {
        type Value = Option<Text<'de>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or a number")
        }

        fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
            Borrowing.visit_borrowed_str(text).map(Some)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Borrowing.visit_str(text).map(Some)
        }

        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok(None)
        }
    }
    deserializer.deserialize_any(Either)
}

/// `allowed` of a decision; in the record of a call it is a number, which nobody here needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Said(bool),
    Count,
}

impl<'de> Deserialize<'de> for Verdict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Verdict;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or a number")
            }

            fn visit_bool<E: Error>(self, said: bool) -> Result<Verdict, E> {
                Ok(Verdict::Said(said))
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Verdict, E> {
                Ok(Verdict::Count)
            }
        }
        deserializer.deserialize_any(Either)
    }
}
