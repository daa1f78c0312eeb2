//! Patterns of paths: `/v1/*/issues`, `/repos/**`.

use std::collections::BTreeMap;
use std::fmt;

use super::url::check_path;
use crate::placeholder::{INPUT, input, whole_input};
use crate::{GrantError, Layer};

/// A pattern of paths: `*` is one name, `**` any number of names, `{inputs.NAME}` a value taken literally, `{*}` a
/// literal `*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPattern {
    segments: Vec<Segment>,
}

/// What stands between two `/` of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Segment {
    Literal(String),
    Input(String),
    One,
    Many,
}

/// No API is deeper; and needs are foreign text, whose matching must cost little.
const MAX_SEGMENTS: usize = 64;

/// The longest pattern that is offered, in bytes: with a host before it, it still fits a line of the grammar.
const MAX_WRITTEN: usize = 15 * 1024;

impl PathPattern {
    /// `/**`: every path.
    pub fn any() -> Self {
        Self {
            segments: vec![Segment::Many],
        }
    }

    /// Exactly this path, which must be canonical; none if no pattern can be so long.
    pub(crate) fn literal(path: &str) -> Option<Self> {
        let below = path.strip_prefix('/').unwrap_or(path);
        let names = below.matches('/').count() + 1;
        // A literal star is written `{*}`.
        let written = path.len() + 2 * path.matches('*').count();
        if names > MAX_SEGMENTS || written > MAX_WRITTEN {
            return None;
        }
        let names = below.split('/');
        Some(Self {
            segments: names
                .map(|name| Segment::Literal(name.to_owned()))
                .collect(),
        })
    }

    /// Reads a pattern, by the rules of the layer.
    ///
    /// # Errors
    /// If no canonical path could match it, or it holds a wildcard or placeholder that is not a whole name.
    pub fn parse(layer: Layer, text: &str) -> Result<Self, GrantError> {
        let below = text
            .strip_prefix('/')
            .ok_or_else(|| GrantError::syntax(text, "a path begins with `/`"))?;
        if !text.bytes().all(|b| matches!(b, b'!'..=b'~')) {
            return Err(GrantError::noncanonical(
                text,
                "a path holds printable ASCII only; all else is percent-encoded",
            ));
        }
        let mut segments = Vec::new();
        let mut example = String::new();
        for name in below.split('/') {
            let segment = Segment::parse(layer, text, name)?;
            example.push('/');
            example.push_str(match &segment {
                Segment::Literal(name) => name,
                Segment::Input(_) | Segment::One | Segment::Many => "x",
            });
            segments.push(segment);
        }
        if segments.len() > MAX_SEGMENTS {
            return Err(GrantError::syntax(
                text,
                format!("it has more than {MAX_SEGMENTS} names"),
            ));
        }
        // A pattern that matches no path which passes would teach a form that never works.
        check_path(&example).map_err(|reason| GrantError::noncanonical(text, reason))?;
        let unchanged = url::Url::parse("http://h.test")
            .and_then(|base| base.join(&example))
            .is_ok_and(|url| url.path() == example && url.query().is_none());
        if !unchanged {
            return Err(GrantError::noncanonical(
                text,
                "it holds a character that is percent-encoded in a path, or `?` or `#`",
            ));
        }
        Ok(Self { segments })
    }

    /// Whether the pattern covers the path. The path must be canonical, as in [`super::CanonicalUrl`].
    pub fn covers(&self, path: &str) -> bool {
        let Some(path) = path.strip_prefix('/') else {
            return false;
        };
        // What is left of the path; `None` after its last name.
        let mut text = Some(path);
        let mut pattern = self.segments.as_slice();
        // Where to go on if what follows the last `**` does not fit here. Earlier ones need no second try.
        let mut again: Option<(&[Segment], Option<&str>)> = None;
        loop {
            match (pattern.split_first(), text) {
                (None, None) => return true,
                (Some((Segment::Many, tail)), _) => {
                    again = Some((tail, text));
                    pattern = tail;
                    continue;
                }
                (Some((segment, tail)), Some(left)) => {
                    let (name, rest) = split_name(left);
                    if segment.covers(name) {
                        pattern = tail;
                        text = rest;
                        continue;
                    }
                }
                (None, Some(_)) | (Some(_), None) => {}
            }
            let Some((tail, Some(left))) = again else {
                return false;
            };
            text = split_name(left).1;
            again = Some((tail, text));
            pattern = tail;
        }
    }

    /// The literal names that it begins with, as `/a/b`: each path that it covers begins with them.
    pub(crate) fn literal_prefix(&self) -> String {
        let mut prefix = String::new();
        for segment in &self.segments {
            let Segment::Literal(name) = segment else {
                break;
            };
            prefix.push('/');
            prefix.push_str(name);
        }
        prefix
    }

    /// Puts inputs in the place of their placeholders: one or more whole names, each taken literally.
    pub(crate) fn bind(&self, inputs: &BTreeMap<String, String>) -> Result<Self, GrantError> {
        let mut segments = Vec::new();
        for segment in &self.segments {
            let Segment::Input(name) = segment else {
                segments.push(segment.clone());
                continue;
            };
            let value = input(inputs, name)?;
            for name in value.split('/') {
                check_value_name(name).map_err(|reason| GrantError::value(value, reason))?;
                segments.push(Segment::Literal(name.to_owned()));
            }
        }
        if segments.len() > MAX_SEGMENTS {
            return Err(GrantError::value(
                &Self { segments }.to_string(),
                format!("the path has more than {MAX_SEGMENTS} names"),
            ));
        }
        Ok(Self { segments })
    }

    /// How many names it has: what a decision may cost at each name of a path.
    pub(crate) fn names(&self) -> usize {
        self.segments.len()
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The names of the inputs that stand in it.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Input(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The same pattern below a literal path, which is empty or begins with `/` and does not end with it.
    pub(crate) fn below(&self, prefix: &str) -> Self {
        let mut segments: Vec<_> = prefix
            .split('/')
            .skip(1)
            .map(|name| Segment::Literal(name.to_owned()))
            .collect();
        segments.extend(self.segments.iter().cloned());
        Self { segments }
    }

    /// Whether there is a path that both cover.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        // after[j]: whether the rest of this pattern meets the rest of the other from its j-th name on. Filled from
        // the end of this pattern to its beginning, so that each pair is looked at once.
        let ends = |names: &[Segment]| names.iter().all(|name| *name == Segment::Many);
        let (mine, theirs) = (self.unbound_as_any(), other.unbound_as_any());
        let width = theirs.len() + 1;
        let mut after: Vec<bool> = (0..width)
            .map(|j| ends(theirs.get(j..).unwrap_or_default()))
            .collect();
        for (i, name) in mine.iter().enumerate().rev() {
            let mut row = vec![false; width];
            let mut right = ends(mine.get(i..).unwrap_or_default());
            if let Some(last) = row.last_mut() {
                *last = right;
            }
            for (j, other) in theirs.iter().enumerate().rev() {
                let at = |j: usize| after.get(j).copied().unwrap_or(false);
                let (skip_mine, skip_theirs, both) = (at(j), right, at(j + 1));
                right = match (name, other) {
                    // A `**` on either side ends here, or takes the other side's next name.
                    (Segment::Many, _) | (_, Segment::Many) => skip_mine || skip_theirs,
                    _ => both && name.meets(other),
                };
                if let Some(cell) = row.get_mut(j) {
                    *cell = right;
                }
            }
            after = row;
        }
        after.first().copied().unwrap_or(false)
    }

    /// With one or more names of any kind in the place of each input that is not bound yet.
    fn unbound_as_any(&self) -> Vec<Segment> {
        let mut segments = Vec::with_capacity(self.segments.len());
        for segment in &self.segments {
            match segment {
                Segment::Input(_) => segments.extend([Segment::One, Segment::Many]),
                other => segments.push(other.clone()),
            }
        }
        segments
    }
}

impl Segment {
    fn parse(layer: Layer, text: &str, name: &str) -> Result<Self, GrantError> {
        match name {
            "*" => return Ok(Self::One),
            "**" => return Ok(Self::Many),
            _ => {}
        }
        if name.contains(INPUT) {
            let input = whole_input(name).ok_or_else(|| {
                GrantError::placeholder(
                    name,
                    "it is written `{inputs.NAME}` and stands for whole names of the path",
                )
            })?;
            if layer != Layer::Grant {
                return Err(GrantError::placeholder(name, "only a skill has inputs"));
            }
            return Ok(Self::Input(input.to_owned()));
        }
        // Braces are percent-encoded in every canonical path, so that `{*}` cannot be anything else.
        let literal = name.replace("{*}", "\0");
        if literal.contains('*') {
            return Err(GrantError::syntax(
                text,
                "`*` and `**` stand for whole names; a literal star is written `{*}`",
            ));
        }
        if literal.contains(['{', '}']) {
            return Err(GrantError::placeholder(
                name,
                "a path has the placeholder `{inputs.NAME}` and the literal `{*}`",
            ));
        }
        Ok(Self::Literal(literal.replace('\0', "*")))
    }

    /// Whether it covers one name of a path.
    pub(super) fn covers(&self, name: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == name,
            Self::One => !name.is_empty(),
            // Not bound: it covers nothing. `**` is the caller's.
            Self::Input(_) | Self::Many => false,
        }
    }

    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Literal(a), Self::Literal(b)) => a == b,
            (Self::Literal(name), _) | (_, Self::Literal(name)) => !name.is_empty(),
            _ => true,
        }
    }
}

/// The first name, and what follows it.
fn split_name(text: &str) -> (&str, Option<&str>) {
    match text.split_once('/') {
        Some((name, rest)) => (name, Some(rest)),
        None => (text, None),
    }
}

/// A value stands for itself only if it is written in a path as it is: RFC 3986 `pchar`, without `%` and `;`.
fn check_value_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("it is empty, begins or ends with `/`, or holds `//`");
    }
    if matches!(name, "." | "..") {
        return Err("it holds `.` or `..` as a name");
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&b);
    if !name.bytes().all(plain) {
        return Err("it holds a character that does not stand for itself in a path");
    }
    Ok(())
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(name) => write!(f, "/{}", name.replace('*', "{*}"))?,
                Segment::Input(name) => write!(f, "/{INPUT}{name}}}")?,
                Segment::One => f.write_str("/*")?,
                Segment::Many => f.write_str("/**")?,
            }
        }
        Ok(())
    }
}
