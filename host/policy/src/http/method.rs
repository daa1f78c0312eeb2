//! Request methods.

use std::fmt;

use crate::words::Word;
use crate::{GrantError, Layer};

/// A method that can be granted, from IANA's registry. CONNECT and TRACE cannot; nor can COPY and MOVE, whose target
/// is in a header that no path rule sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Head,
    Options,
    Query,
    Search,
    Propfind,
    Report,
    Post,
    Put,
    Patch,
    Delete,
    Proppatch,
    Mkcol,
}

/// In the canonical order: what reads comes first.
const METHODS: [(Method, &str); 13] = [
    (Method::Get, "GET"),
    (Method::Head, "HEAD"),
    (Method::Options, "OPTIONS"),
    (Method::Query, "QUERY"),
    (Method::Search, "SEARCH"),
    (Method::Propfind, "PROPFIND"),
    (Method::Report, "REPORT"),
    (Method::Post, "POST"),
    (Method::Put, "PUT"),
    (Method::Patch, "PATCH"),
    (Method::Delete, "DELETE"),
    (Method::Proppatch, "PROPPATCH"),
    (Method::Mkcol, "MKCOL"),
];

impl Method {
    /// The method of that very name: `get` is none, and neither is one that is never granted.
    pub fn from_name(name: &str) -> Option<Self> {
        METHODS
            .iter()
            .find(|(_, text)| *text == name)
            .map(|(method, _)| *method)
    }

    /// As it is sent: in capitals.
    pub fn as_str(self) -> &'static str {
        METHODS
            .iter()
            .find(|(method, _)| *method == self)
            .map_or("", |(_, text)| text)
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of methods, never empty. Its text lists them with commas, in a fixed order; `*` is all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Methods(u32);

impl Methods {
    /// `*`, in needs and policy only.
    pub const ANY: Self = Self(u32::MAX);
    /// GET and HEAD: what a skill means that names no methods.
    pub const DEFAULT: Self = Self(Method::Get.bit() | Method::Head.bit());

    /// Just this one.
    pub fn only(method: Method) -> Self {
        Self(method.bit())
    }

    pub(crate) fn parse(layer: Layer, word: &Word) -> Result<Self, GrantError> {
        if word.is_star() {
            return match layer {
                Layer::Grant => Err(GrantError::wildcard("*", "a grant names its methods")),
                Layer::Need | Layer::Policy => Ok(Self::ANY),
            };
        }
        Self::from_names(word.text.split(','))
    }

    /// The set of these methods.
    ///
    /// # Errors
    /// For a name that is no method's or never granted, for one named twice, and for none at all.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, GrantError> {
        let mut set = Self(0);
        for name in names {
            let method = Method::from_name(name).ok_or_else(|| {
                GrantError::syntax(
                    name,
                    "methods are written in capitals with commas, as in `GET,HEAD`; CONNECT, TRACE, COPY and MOVE are never granted",
                )
            })?;
            if set.contains(method) {
                return Err(GrantError::syntax(name, "the method is named twice"));
            }
            set.0 |= method.bit();
        }
        if set.0 == 0 {
            return Err(GrantError::syntax("", "no method is named"));
        }
        Ok(set)
    }

    /// Whether the method is in the set.
    pub fn contains(self, method: Method) -> bool {
        self.0 & method.bit() != 0
    }

    /// The methods, in their fixed order.
    pub fn iter(self) -> impl Iterator<Item = Method> {
        METHODS
            .into_iter()
            .map(|(method, _)| method)
            .filter(move |method| self.contains(*method))
    }

    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ANY {
            return f.write_str("*");
        }
        for (index, method) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            f.write_str(method.as_str())?;
        }
        Ok(())
    }
}
