//! Who published what before: trust on first use, and a change of it that a person must approve.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use remit_package::{Code, Dirs, FileLock, PackageError, read_file, write_file};
use remit_policy::display_safe;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::error::SignError;
use crate::signer::Signer;

const FILE: &str = "known.json";
/// Bytes: ten thousand names and more.
const MAX_FILE: u64 = 16 << 20;
/// The form that this Remit writes and reads.
const FORM: u32 = 1;
/// Characters of a source: the longest URL that Remit takes, and more.
const MAX_SOURCE: usize = 8192;

/// What was accepted of a plugin or skill when it was last installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Where it came from, without its version: a registry's repository, a folder, a URL.
    pub source: String,
    /// The version that was installed.
    #[serde(with = "version_text")]
    pub version: Version,
    /// Who had signed it; none if nobody.
    pub signer: Option<Signer>,
}

/// A version as its text. semver has the same as a feature, which would have half of the tree compiled anew.
mod version_text {
    use semver::Version;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(version: &Version, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(version)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Version, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// What is to be thought of something that is about to be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing of this name was ever accepted here.
    FirstUse,
    /// It is by whom it was before.
    Known,
    /// A person must approve it: why, all of it.
    Change(Vec<Reason>),
}

/// Why a successor is not taken without asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// Another key signed it.
    KeyChanged {
        /// Who signed what is installed.
        from: Signer,
        /// Who signed this.
        to: Signer,
    },
    /// Nobody signed it.
    Unsigned {
        /// Who signed what is installed.
        from: Signer,
    },
    /// It is older than what is installed, which may have mended what it lacks.
    Older {
        /// The version that is installed.
        #[serde(serialize_with = "version_text::serialize")]
        from: Version,
        /// This one.
        #[serde(serialize_with = "version_text::serialize")]
        to: Version,
    },
    /// It comes from elsewhere.
    OtherSource {
        /// Where what is installed came from.
        from: String,
        /// Where this comes from.
        to: String,
    },
}

impl Reason {
    /// The codes, with their meaning.
    pub const CODES: &[(&str, &str)] = &[
        (
            "publisher-key-changed",
            "another key signed it than what is installed",
        ),
        (
            "publisher-unsigned",
            "nobody signed it, and what is installed was signed",
        ),
        ("publisher-older", "it is older than what is installed"),
        (
            "publisher-other-source",
            "it comes from elsewhere than what is installed",
        ),
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::KeyChanged { .. } => "publisher-key-changed",
            Self::Unsigned { .. } => "publisher-unsigned",
            Self::Older { .. } => "publisher-older",
            Self::OtherSource { .. } => "publisher-other-source",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyChanged { from, to } => {
                write!(f, "it is signed by {to}, and what is installed by {from}")
            }
            Self::Unsigned { from } => {
                write!(f, "it is not signed, and what is installed is, by {from}")
            }
            Self::Older { from, to } => {
                write!(
                    f,
                    "its version is {to}, older than {from} which is installed"
                )
            }
            Self::OtherSource { from, to } => {
                let (from, to) = (display_safe(from, 300), display_safe(to, 300));
                write!(f, "it comes from {to}, and what is installed from {from}")
            }
        }
    }
}

/// What is known of publishers, in Remit's data folder.
#[derive(Clone, Debug)]
pub struct Publishers {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    form: u32,
    publishers: BTreeMap<String, Known>,
}

impl Publishers {
    /// Opens the record under `dirs.data`, making its folder if it is missing.
    pub fn open(dirs: &Dirs) -> Result<Publishers, SignError> {
        let folder = dirs.data.join("publishers");
        remit_package::private_folder(&folder)?;
        Ok(Publishers { folder })
    }

    /// What was accepted under this name.
    ///
    /// # Errors
    /// `publishers-unreadable` if the record is damaged: it is never taken for empty.
    pub fn known(&self, name: &str) -> Result<Option<Known>, SignError> {
        Ok(self.read()?.remove(name))
    }

    /// Everything that was accepted, by name.
    pub fn list(&self) -> Result<BTreeMap<String, Known>, SignError> {
        self.read()
    }

    /// Judges what is about to be installed as `name`. `source` is where it comes from, without its version. A signer
    /// where there was none is no change: it can only be believed more than before.
    pub fn judge(
        &self,
        name: &str,
        source: &str,
        version: &Version,
        signer: Option<&Signer>,
    ) -> Result<Verdict, SignError> {
        let Some(known) = self.known(name)? else {
            return Ok(Verdict::FirstUse);
        };
        let mut reasons = Vec::new();
        match (known.signer, signer) {
            (Some(from), None) => reasons.push(Reason::Unsigned { from }),
            (Some(from), Some(to)) if from != *to => {
                reasons.push(Reason::KeyChanged { from, to: *to });
            }
            _ => {}
        }
        // What follows a `+` says nothing of what is newer.
        if version.cmp_precedence(&known.version).is_lt() {
            reasons.push(Reason::Older {
                from: known.version,
                to: version.clone(),
            });
        }
        if known.source != source {
            reasons.push(Reason::OtherSource {
                from: known.source,
                to: source.to_owned(),
            });
        }
        Ok(if reasons.is_empty() {
            Verdict::Known
        } else {
            Verdict::Change(reasons)
        })
    }

    /// Records what was installed as `name`; whatever was known of that name before is forgotten. Call it once a
    /// person has approved, or where [`judge`](Self::judge) found nothing to approve.
    pub fn accept(
        &self,
        name: &str,
        source: &str,
        version: &Version,
        signer: Option<&Signer>,
    ) -> Result<(), SignError> {
        if source.len() > MAX_SOURCE {
            return Err(SignError::Publishers(format!(
                "a source of {} characters is too long",
                source.len()
            )));
        }
        let _lock = FileLock::wait(&self.folder.join("lock"))?;
        let mut publishers = self.read()?;
        let known = Known {
            source: source.to_owned(),
            version: version.clone(),
            signer: signer.copied(),
        };
        if publishers.get(name) == Some(&known) {
            return Ok(());
        }
        publishers.insert(name.to_owned(), known);
        let form = Form {
            form: FORM,
            publishers,
        };
        let mut bytes = serde_json::to_vec_pretty(&form)
            .map_err(|error| SignError::Publishers(error.to_string()))?;
        bytes.push(b'\n');
        Ok(write_file(&self.file(), &bytes)?)
    }

    fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    fn read(&self) -> Result<BTreeMap<String, Known>, SignError> {
        let bytes = match read_file(&self.file(), MAX_FILE) {
            Ok(bytes) => bytes,
            // A link that leads nowhere is a record that cannot be read.
            Err(error) if is_absent(&error) && self.file().symlink_metadata().is_err() => {
                return Ok(BTreeMap::new());
            }
            Err(error) => return Err(error.into()),
        };
        let form: Form = serde_json::from_slice(&bytes)
            .map_err(|error| SignError::Publishers(display_safe(&error.to_string(), 300)))?;
        if form.form != FORM {
            let message = format!("it has the form {}, and this Remit reads {FORM}", form.form);
            return Err(SignError::Publishers(message));
        }
        Ok(form.publishers)
    }
}

fn is_absent(error: &PackageError) -> bool {
    error.kind() == Code::FileMissing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretKey;

    const SOURCE: &str = "oci://registry.example/mail";

    fn publishers() -> (tempfile::TempDir, Publishers) {
        let root = tempfile::tempdir().unwrap();
        let publishers = Publishers::open(&Dirs::under(root.path())).unwrap();
        (root, publishers)
    }

    fn signer() -> Signer {
        Signer::Minisign(SecretKey::generate().unwrap().public())
    }

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_is_taken_and_what_follows_is_held_against_it() {
        let (_root, known) = publishers();
        let (ada, eve) = (signer(), signer());
        let judge = |source, at, signer| known.judge("mail", source, &version(at), signer).unwrap();
        assert_eq!(judge(SOURCE, "1.2.0", Some(&ada)), Verdict::FirstUse);
        known
            .accept("mail", SOURCE, &version("1.2.0"), Some(&ada))
            .unwrap();
        for newer in ["1.2.0", "1.2.1", "2.0.0-rc.1", "1.2.0+other"] {
            assert_eq!(judge(SOURCE, newer, Some(&ada)), Verdict::Known, "{newer}");
        }
        let older = Reason::Older {
            from: version("1.2.0"),
            to: version("1.2.0-rc.9"),
        };
        assert_eq!(
            judge(SOURCE, "1.2.0-rc.9", Some(&ada)),
            Verdict::Change(vec![older.clone()])
        );
        let unsigned = Reason::Unsigned { from: ada };
        assert_eq!(
            judge(SOURCE, "1.3.0", None),
            Verdict::Change(vec![unsigned])
        );
        let key = Reason::KeyChanged { from: ada, to: eve };
        assert_eq!(
            judge(SOURCE, "1.3.0", Some(&eve)),
            Verdict::Change(vec![key.clone()])
        );
        let elsewhere = "oci://evil.example/mail";
        let source = Reason::OtherSource {
            from: SOURCE.to_owned(),
            to: elsewhere.to_owned(),
        };
        assert_eq!(
            judge(elsewhere, "1.3.0", Some(&ada)),
            Verdict::Change(vec![source.clone()])
        );
        assert_eq!(
            judge(elsewhere, "1.2.0-rc.9", Some(&eve)),
            Verdict::Change(vec![key, older, source])
        );
        // Another name is another matter.
        let other = known.judge("drive", elsewhere, &version("0.1.0"), None);
        assert_eq!(other.unwrap(), Verdict::FirstUse);
    }

    #[test]
    fn what_was_approved_is_what_is_known_from_then_on() {
        let (_root, known) = publishers();
        let (ada, eve) = (signer(), signer());
        let accept = |at, signer| known.accept("mail", SOURCE, &version(at), signer).unwrap();
        let judge = |at, signer| known.judge("mail", SOURCE, &version(at), signer).unwrap();
        accept("1.0.0", None);
        assert_eq!(judge("1.0.0", None), Verdict::Known);
        assert_eq!(judge("1.0.0", Some(&ada)), Verdict::Known);
        accept("1.0.0", Some(&ada));
        assert!(matches!(judge("1.0.0", None), Verdict::Change(_)));
        // What follows a plus makes nothing older.
        accept("1.0.0+b", Some(&ada));
        assert_eq!(judge("1.0.0+a", Some(&ada)), Verdict::Known);
        accept("0.9.0", Some(&eve));
        assert_eq!(judge("0.9.0", Some(&eve)), Verdict::Known);
        assert!(matches!(judge("0.9.0", Some(&ada)), Verdict::Change(_)));
        assert_eq!(known.list().unwrap().len(), 1);
    }

    #[test]
    fn a_damaged_record_is_an_error_and_never_a_first_use() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_root, known) = publishers();
        known
            .accept("mail", SOURCE, &version("1.0.0"), Some(&signer()))
            .unwrap();
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(known.file()), mode(known.folder.clone())),
            (0o600, 0o700)
        );
        let text = std::fs::read_to_string(known.file()).unwrap();
        for damaged in [
            String::new(),
            text[..text.len() / 2].to_owned(),
            text.replace("\"form\": 1", "\"form\": 2"),
            text.replace("minisign:", "nobody:"),
            text.replace("1.0.0", "1.0"),
            text.replace("\"source\"", "\"sauce\""),
        ] {
            std::fs::write(known.file(), damaged).unwrap();
            let error = known
                .judge("mail", SOURCE, &version("1.0.0"), None)
                .unwrap_err();
            assert_eq!(error.code(), "publishers-unreadable");
            let accepted = known.accept("mail", SOURCE, &version("1.0.0"), None);
            assert_eq!(accepted.unwrap_err().code(), "publishers-unreadable");
        }
        std::fs::remove_file(known.file()).unwrap();
        std::os::unix::fs::symlink("nowhere", known.file()).unwrap();
        assert!(
            known
                .judge("mail", SOURCE, &version("1.0.0"), None)
                .is_err()
        );
    }

    #[test]
    fn many_at_once_lose_nothing() {
        let (_root, known) = publishers();
        std::thread::scope(|scope| {
            for n in 0..8 {
                let known = &known;
                scope.spawn(move || {
                    for m in 0..5 {
                        let name = format!("plugin-{n}-{m}");
                        known
                            .accept(&name, SOURCE, &version("1.0.0"), None)
                            .unwrap();
                    }
                });
            }
        });
        assert_eq!(known.list().unwrap().len(), 40);
    }
}
