//! Secrets: `secret NAME header HEADER "FORMAT" for ORIGIN`.

use std::collections::BTreeMap;
use std::fmt;

use crate::http::{header_is_token, host_owns_header};
use crate::placeholder::{INPUT, is_key};
use crate::words::{Word, quote};
use crate::{GrantError, Layer, OriginPattern};

/// A secret that the host puts in a header of requests to one origin. The plugin never sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretGrant {
    /// The secret's name, by which the host looks it up; `*` (any) in needs and policy only.
    pub name: String,
    /// The header that the host sets, in lower case; `*` (any) in needs and policy only.
    pub header: String,
    /// The header's value, with `{secret}` once; `*` (any) in needs and policy only.
    pub format: String,
    /// Where it is sent, and nowhere else.
    pub origin: OriginPattern,
}

/// Where the secret stands in a format.
const SECRET: &str = "{secret}";

impl SecretGrant {
    /// A secret of a skill, for the TOML form.
    pub(crate) fn new(
        name: &str,
        header: &str,
        format: &str,
        origin: OriginPattern,
    ) -> Result<Self, GrantError> {
        check_name(name)?;
        check_header(header)?;
        check_format(format)?;
        Ok(Self {
            name: name.to_owned(),
            header: header.to_owned(),
            format: format.to_owned(),
            origin,
        })
    }

    pub(crate) fn parse(layer: Layer, words: &[Word]) -> Result<Self, GrantError> {
        let [name, keyword, header, format, preposition, origin] = words else {
            return Err(wrong(words));
        };
        if keyword.text != "header" || preposition.text != "for" {
            return Err(wrong(words));
        }
        let origin = OriginPattern::parse(layer, &origin.text)?;
        // A default that fits nowhere is found now, not in the run that needs it.
        origin.bind_config(&BTreeMap::new())?;
        let any = |word: &Word| word.is_star() && layer != Layer::Grant;
        if !any(name) {
            check_name(&name.text)?;
        }
        if !any(header) {
            check_header(&header.text)?;
        }
        if !any(format) {
            check_format(&format.text)?;
        }
        Ok(Self {
            name: name.text.clone(),
            header: header.text.clone(),
            format: format.text.clone(),
            origin,
        })
    }

    pub(crate) fn bind_config(
        &self,
        config: &BTreeMap<String, String>,
    ) -> Result<Self, GrantError> {
        Ok(Self {
            origin: self.origin.bind_config(config)?,
            ..self.clone()
        })
    }

    pub(crate) fn is_bound(&self) -> bool {
        matches!(self.origin, OriginPattern::Fixed { .. })
    }

    /// Whether this rule of a need or policy lets the grant through, apart from the origin.
    pub(crate) fn covers(&self, grant: &Self) -> bool {
        let one = |rule: &str, asked: &str| rule == "*" || rule == asked;
        one(&self.name, &grant.name)
            && one(&self.header, &grant.header)
            && one(&self.format, &grant.format)
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        (self.covers(other) || other.covers(self)) && self.origin.meets(&other.origin)
    }
}

fn wrong(words: &[Word]) -> GrantError {
    let text: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    GrantError::syntax(
        &format!("secret {}", text.join(" ")),
        "it is written `secret NAME header HEADER \"Bearer {secret}\" for ORIGIN`",
    )
}

fn check_name(name: &str) -> Result<(), GrantError> {
    if is_key(name) {
        return Ok(());
    }
    Err(GrantError::syntax(
        name,
        "a secret's name is up to 64 letters, digits, `-`, `_` and `.`, and begins with a letter or digit",
    ))
}

fn check_header(header: &str) -> Result<(), GrantError> {
    // `*` is a header's character, and would be read as the wildcard.
    if !header_is_token(header) || header.bytes().any(|b| b.is_ascii_uppercase() || b == b'*') {
        return Err(GrantError::syntax(
            header,
            "a header's name is written in lower case, and holds none but a header's characters",
        ));
    }
    // The host asks for no coding, so that it can read what comes back.
    if host_owns_header(header) || header == "accept-encoding" {
        return Err(GrantError::syntax(
            header,
            "that header belongs to the host, and cannot carry a secret",
        ));
    }
    Ok(())
}

fn check_format(format: &str) -> Result<(), GrantError> {
    if format.matches(SECRET).count() != 1 {
        return Err(GrantError::syntax(
            format,
            "the header's value holds `{secret}` once",
        ));
    }
    if format.contains(INPUT) {
        return Err(GrantError::placeholder(
            format,
            "the header's value holds no other placeholder than `{secret}`",
        ));
    }
    let plain = format.bytes().all(|b| matches!(b, b' '..=b'~'));
    if !plain || format.len() > 256 || format.trim() != format {
        return Err(GrantError::syntax(
            format,
            "the header's value is up to 256 printable ASCII characters, with no space at either end",
        ));
    }
    Ok(())
}

impl fmt::Display for SecretGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // None of the three can be a literal `*`: the checks refuse it.
        let format = if self.format == "*" {
            "*".to_owned()
        } else {
            quote(&self.format)
        };
        write!(
            f,
            "secret {} header {} {format} for {}",
            self.name, self.header, self.origin
        )
    }
}
