//! Addresses of resources, `skill://NAME/PATH` and `run://RUN/PATH`: written in one way, and read in that way only.

use std::fmt;

/// The longest address that is read. A path has at most 4,096 bytes, of which each may be three characters here.
const MAX_URI: usize = 16 << 10;

/// Which of the two kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scheme {
    /// A file of a skill.
    Skill,
    /// A file of a run.
    Run,
}

/// An address, read. `path` is empty for the folder itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uri {
    /// The kind.
    pub scheme: Scheme,
    /// The skill's or run's name.
    pub owner: String,
    /// The path below it: plain names joined by `/`.
    pub path: String,
}

impl Uri {
    /// The address of this file.
    pub(crate) fn new(scheme: Scheme, owner: &str, path: &str) -> Self {
        Self {
            scheme,
            owner: owner.to_owned(),
            path: path.to_owned(),
        }
    }

    /// Reads an address. One file has one spelling: what would not be written like that is no address of ours, so that no
    /// rule about paths has a second form to forget.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_URI {
            return None;
        }
        let (scheme, rest) = match text.strip_prefix("skill://") {
            Some(rest) => (Scheme::Skill, rest),
            None => (Scheme::Run, text.strip_prefix("run://")?),
        };
        let (owner, path) = rest.split_once('/').unwrap_or((rest, ""));
        let owner = decode(owner)?;
        let path = decode(path)?;
        if !is_name(&owner) || !(path.is_empty() || is_plain(&path)) {
            return None;
        }
        let uri = Self {
            scheme,
            owner,
            path,
        };
        (uri.to_string() == text).then_some(uri)
    }
}

/// Whether a path is plain names joined by `/`: what is listed and read.
pub(crate) fn is_plain(path: &str) -> bool {
    path.split('/').all(is_name)
}

/// Names that begin with a dot are hidden, and so are `.` and `..`.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name.contains(['/', '\\'])
        && !name.chars().any(char::is_control)
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scheme {
            Scheme::Skill => "skill://",
            Scheme::Run => "run://",
        })?;
        encode(&self.owner, f)?;
        if self.path.is_empty() {
            return Ok(());
        }
        f.write_str("/")?;
        encode(&self.path, f)
    }
}

/// Letters, digits, `-._~` and the slashes between names stay; each other byte is `%` and two upper-case digits.
fn encode(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            write!(f, "{}", char::from(byte))?;
        } else {
            write!(f, "%{byte:02X}")?;
        }
    }
    Ok(())
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        for (scheme, owner, path, text) in [
            (
                Scheme::Skill,
                "weekly-report",
                "SKILL.md",
                "skill://weekly-report/SKILL.md",
            ),
            (Scheme::Skill, "weekly-report", "", "skill://weekly-report"),
            (Scheme::Skill, "a", "sub/b c.md", "skill://a/sub/b%20c.md"),
            (
                Scheme::Skill,
                "bericht-für",
                "ü%?#.md",
                "skill://bericht-f%C3%BCr/%C3%BC%25%3F%23.md",
            ),
            (Scheme::Skill, "a", "b..c/...d", "skill://a/b..c/...d"),
            (
                Scheme::Run,
                "a-2026",
                "calls/7.json",
                "run://a-2026/calls/7.json",
            ),
        ] {
            let uri = Uri::new(scheme, owner, path);
            assert_eq!(uri.to_string(), text);
            if path.split('/').all(|name| !name.starts_with('.')) {
                assert_eq!(Uri::parse(text), Some(uri), "{text}");
            }
        }
    }

    #[test]
    fn every_other_spelling_is_no_address() {
        let long = format!("skill://a/{}", "b".repeat(MAX_URI));
        for text in [
            "",
            "skill:",
            "skill://",
            "skill:///SKILL.md",
            "skill://a/",
            "skill://a//SKILL.md",
            "skill://a/SKILL.md/",
            "skill://a/./SKILL.md",
            "skill://a/../a/SKILL.md",
            "skill://a/sub/../SKILL.md",
            "skill://a/..",
            "skill://../a/SKILL.md",
            "skill://./SKILL.md",
            "skill://a/%2e%2e/SKILL.md",
            "skill://a/%2E%2E/SKILL.md",
            "skill://a/.%2E/SKILL.md",
            "skill://a/sub%2FSKILL.md",
            "skill://a/sub%2fSKILL.md",
            "skill://a%2FSKILL.md",
            "skill://a/%53KILL.md",
            "skill://a/b%c3%bc.md",
            "skill://a/bü.md",
            "skill://a/b c.md",
            "skill://a/b%00.md",
            "skill://a/b%0A.md",
            "skill://a/b%5C..%5Cc",
            "skill://a/b\\c",
            "skill://a/b%",
            "skill://a/b%2",
            "skill://a/b%GG",
            "skill://a/b%+2",
            "skill://a/b%FF",
            "skill://a/.hidden",
            "skill://a/.git/config",
            "skill://a/%2Ehidden",
            "skill://a/SKILL.md?x",
            "skill://a/SKILL.md#x",
            "skill://user@a/SKILL.md",
            "skill://a:80/SKILL.md",
            "Skill://a/SKILL.md",
            "SKILL://a/SKILL.md",
            " skill://a/SKILL.md",
            "file:///etc/passwd",
            "run:/a/run.json",
            "run://a/../b/run.json",
            "/etc/passwd",
            &long,
        ] {
            assert_eq!(Uri::parse(text), None, "{text}");
        }
        // What is encoded twice is a name with percent signs in it, and no way to another.
        let uri = Uri::parse("skill://a/b%252e%252e").unwrap();
        assert_eq!(uri.path, "b%2e%2e");
    }
}
