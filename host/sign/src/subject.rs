//! What a signature is about.

use std::fmt;

use remit_package::Digest;
use remit_policy::display_safe;
use semver::Version;

use crate::error::SignError;

/// The longest name, and the longest version: those of remit-package.
const MAX_LENGTH: usize = 64;

/// A component or a skill of one version: what a signature vouches for. Its text is the signature's trusted comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    name: String,
    version: String,
    digest: Digest,
}

impl Subject {
    /// Letters, digits, `-`, `_` and `.` in the name, a version as semver.org has it; so no name can be read as
    /// the rest of a comment.
    ///
    /// # Errors
    /// `subject-invalid` for any other name or version.
    pub fn new(name: &str, version: &str, digest: Digest) -> Result<Subject, SignError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let named = name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.len() <= MAX_LENGTH
            && name.chars().all(plain);
        if !named {
            let name = display_safe(name, 80);
            return Err(SignError::Subject(format!("`{name}` is not a name")));
        }
        if version.len() > MAX_LENGTH || Version::parse(version).is_err() {
            let version = display_safe(version, 80);
            return Err(SignError::Subject(format!("`{version}` is not a version")));
        }
        Ok(Subject {
            name: name.to_owned(),
            version: version.to_owned(),
            digest,
        })
    }

    /// The name of the plugin or skill.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The digest of the component, or of the skill's archive.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Reads a trusted comment. Only the very text that [`Display`](fmt::Display) writes is one.
    pub(crate) fn of_comment(comment: &str) -> Option<Subject> {
        let (name, rest) = comment.strip_prefix("remit name=")?.split_once(' ')?;
        let (version, digest) = rest.strip_prefix("version=")?.split_once(" digest=")?;
        Subject::new(name, version, digest.parse().ok()?).ok()
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Subject {
            name,
            version,
            digest,
        } = self;
        write!(f, "remit name={name} version={version} digest={digest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_read_back_as_it_was_written_and_in_no_other_spelling() {
        let subject = Subject::new("mail", "1.2.0-rc.1+b7", Digest::of(b"x")).unwrap();
        let comment = subject.to_string();
        assert_eq!(Subject::of_comment(&comment), Some(subject));
        for other in [
            comment.replace("remit ", "Remit "),
            comment.replace("remit ", "remit  "),
            comment.replace(" version", "  version"),
            comment.replace(" digest", "\tdigest"),
            comment.replace("version=1.2.0", "version=1.2"),
            comment.replace("sha256:", "sha256:00"),
            format!("{comment} "),
            format!(" {comment}"),
            format!("{comment} more=1"),
            comment.replace("name=mail", "name="),
            "timestamp:1700000000\tfile:mail.wasm\thashed".to_owned(),
            String::new(),
        ] {
            assert_eq!(Subject::of_comment(&other), None, "{other:?}");
        }
    }

    #[test]
    fn a_name_that_could_be_read_as_more_is_refused() {
        let long = "a".repeat(65);
        for name in [
            "",
            "-a",
            "a b",
            "a=b",
            "a\nb",
            "a/b",
            "ä",
            "a\u{202e}",
            long.as_str(),
        ] {
            let error = Subject::new(name, "1.0.0", Digest::of(b"x")).unwrap_err();
            assert_eq!(error.code(), "subject-invalid", "{name:?}");
        }
        for version in ["", "1", "1.0", "v1.0.0", "1.0.0 ", "1.0.0\n", "01.0.0"] {
            let error = Subject::new("mail", version, Digest::of(b"x")).unwrap_err();
            assert_eq!(error.code(), "subject-invalid", "{version:?}");
        }
    }
}
