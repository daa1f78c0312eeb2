//! `remit.lock`: which bytes each plugin was, where they came from, who signed them, and what it said about itself. One
//! lies beside each skill.toml that pins its plugins; one, of the same form, in Remit's data folder names the plugins
//! that a person installed.

use std::collections::BTreeMap;
use std::path::Path;

use remit_policy::{display_safe, is_display_safe};
use serde::{Deserialize, Serialize};

use crate::codes::Code;
use crate::description::Description;
use crate::digest::Digest;
use crate::error::PackageError;
use crate::file::{read_file, remove_leftovers, write_file, write_whole};
use crate::folder::SkillDir;
use crate::manifest::names::plain_name;
use crate::place::Place;

/// The lockfile's name, beside skill.toml.
pub const LOCK_FILE: &str = "remit.lock";

/// The form that this Remit writes. It reads form 1 too, which knew neither versions, signers nor sources.
const VERSION: u32 = 2;
/// Bytes: as many plugins as a skill may have, with large descriptions.
const MAX_LOCK_BYTES: u64 = 32 << 20;

/// How each lockfile begins.
const HEAD: &str = "# Written by Remit.";
/// Characters of a source, resolved or not: an address with a digest.
const MAX_SOURCE: usize = 4096;
/// Characters of a signer: a Sigstore identity is an issuer's and a workflow's address.
const MAX_SIGNER: usize = 2048;

/// A lockfile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// By the name that the skill gives the plugin; in a person's own lockfile by the plugin's own name.
    pub plugins: BTreeMap<String, LockedPlugin>,
    /// Where the skill itself came from, if it was installed.
    pub skill: Option<LockedSkill>,
}

/// One plugin, pinned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPlugin {
    /// The `component` of skill.toml at the time, or what a person named when installing.
    pub source: String,
    /// Where these very bytes can be had again: the source with the digest that it led to. None for a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// The version that it says it has.
    pub version: String,
    /// The bytes.
    pub digest: Digest,
    /// Who signed them, in remit-sign's canonical text; none if nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// What it said about itself.
    pub description: Description,
}

/// Where an installed skill came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedSkill {
    /// What the person named.
    pub source: String,
    /// Where this very archive can be had again. None for a file or folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// The version that its skill.toml says.
    pub version: String,
    /// The archive's bytes, which are what is signed.
    pub digest: Digest,
    /// The skill's own digest when it was unpacked: of the files that decide what it does.
    pub files: Digest,
    /// Who signed it; none if nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
}

impl LockedPlugin {
    fn check(&self) -> Result<(), PackageError> {
        self.description.check()?;
        if self.version != self.description.version {
            let version = display_safe(&self.version, 80);
            return Err(damaged(format!(
                "the version `{version}` is not the one in the description"
            )));
        }
        check_origin(
            &self.source,
            self.resolved.as_deref(),
            self.signer.as_deref(),
        )
    }
}

impl LockedSkill {
    fn check(&self) -> Result<(), PackageError> {
        if semver::Version::parse(&self.version).is_err() {
            let version = display_safe(&self.version, 80);
            return Err(damaged(format!(
                "the version `{version}` is not one as semver.org has it"
            )));
        }
        check_origin(
            &self.source,
            self.resolved.as_deref(),
            self.signer.as_deref(),
        )
    }
}

/// A lockfile may come with a stranger's skill: what it holds is shown and asked for.
fn check_origin(
    source: &str,
    resolved: Option<&str>,
    signer: Option<&str>,
) -> Result<(), PackageError> {
    let texts = [
        ("source", Some(source), MAX_SOURCE),
        ("resolved", resolved, MAX_SOURCE),
        ("signer", signer, MAX_SIGNER),
    ];
    for (key, text, most) in texts {
        let Some(text) = text else { continue };
        if text.is_empty() || text.len() > most || !is_display_safe(text) {
            let shown = display_safe(text, 80);
            return Err(damaged(format!(
                "`{key}` is empty, too long, or has characters that cannot be seen: `{shown}`"
            )));
        }
    }
    Ok(())
}

fn damaged(message: String) -> PackageError {
    PackageError::new(Code::LockSyntax, message)
        .at(Place::file(LOCK_FILE))
        .hinted("the file is written by Remit: restore it, or delete it to have it made again")
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    skill: Option<LockedSkill>,
    #[serde(default)]
    plugins: BTreeMap<String, LockedPlugin>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstForm {
    #[serde(rename = "version")]
    _version: u32,
    #[serde(default)]
    plugins: BTreeMap<String, FirstPlugin>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstPlugin {
    source: String,
    digest: Digest,
    description: Description,
}

impl From<FirstPlugin> for LockedPlugin {
    fn from(first: FirstPlugin) -> LockedPlugin {
        LockedPlugin {
            source: first.source,
            resolved: None,
            version: first.description.version.clone(),
            digest: first.digest,
            signer: None,
            description: first.description,
        }
    }
}

impl Lock {
    /// Reads the lockfile of a skill; `None` if there is none.
    pub fn read(folder: &SkillDir) -> Result<Option<Lock>, PackageError> {
        match folder.read_text(LOCK_FILE, MAX_LOCK_BYTES) {
            Ok(text) => Lock::parse(&text).map(Some),
            Err(error) if error.kind() == Code::FileMissing => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes it whole or not at all. The same lock gives the same bytes.
    pub fn write(&self, folder: &SkillDir) -> Result<(), PackageError> {
        let text = self.to_text()?;
        // A link would be replaced, not followed: the name is renamed over.
        write_whole(folder.dir(), Path::new(LOCK_FILE), text.as_bytes(), None)
            .map_err(|error| PackageError::io(LOCK_FILE, error))
    }

    /// Removes what killed processes left of a lockfile in a skill's folder. Only while nobody else writes there.
    pub fn remove_leftovers(folder: &SkillDir) -> Result<usize, PackageError> {
        remove_leftovers(folder.path(), HEAD.as_bytes())
    }

    /// Reads a lockfile that lies outside of a skill; `None` if there is none.
    pub fn read_file(path: &Path) -> Result<Option<Lock>, PackageError> {
        let bytes = match read_file(path, MAX_LOCK_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == Code::FileMissing => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = String::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8 text".into()))?;
        Lock::parse(&text).map(Some)
    }

    /// Writes one that lies outside of a skill, whole or not at all.
    pub fn write_file(&self, path: &Path) -> Result<(), PackageError> {
        write_file(path, self.to_text()?.as_bytes())
    }

    /// Reads the text form. All that is in it is checked.
    pub fn parse(text: &str) -> Result<Lock, PackageError> {
        let wrong = |error: toml::de::Error| {
            let place = Place::span(LOCK_FILE, text, &error.span().unwrap_or(0..0));
            let message = display_safe(error.message(), 300);
            PackageError::new(Code::LockSyntax, message)
                .at(place)
                .hinted(
                    "the file is written by Remit: restore it, or delete it to have it made again",
                )
        };
        // The version first: a later form may have keys that this one lacks.
        let table: toml::Table = toml::from_str(text).map_err(wrong)?;
        if let Some(version) = table.get("version").and_then(toml::Value::as_integer)
            && version > i64::from(VERSION)
        {
            let message =
                format!("it has the form {version}, and this Remit reads up to {VERSION}");
            return Err(PackageError::new(Code::LockVersion, message)
                .at(Place::file(LOCK_FILE))
                .hinted("update Remit"));
        }
        let first = table.get("version").and_then(toml::Value::as_integer) == Some(1);
        let lock = if first {
            let form: FirstForm = toml::from_str(text).map_err(wrong)?;
            let plugins = form.plugins.into_iter();
            Lock {
                plugins: plugins.map(|(name, first)| (name, first.into())).collect(),
                skill: None,
            }
        } else {
            let form: Form = toml::from_str(text).map_err(wrong)?;
            if form.version != VERSION {
                return Err(damaged(format!(
                    "it has the form {}, which there never was",
                    form.version
                )));
            }
            Lock {
                plugins: form.plugins,
                skill: form.skill,
            }
        };
        for (name, locked) in &lock.plugins {
            if !plain_name(name) {
                let name = display_safe(name, 80);
                return Err(damaged(format!("`{name}` cannot be the name of a plugin")));
            }
            locked.check().map_err(|error| error.about(LOCK_FILE))?;
        }
        if let Some(skill) = &lock.skill {
            skill.check()?;
        }
        Ok(lock)
    }

    /// The text form: sorted, versioned, TOML.
    pub fn to_text(&self) -> Result<String, PackageError> {
        let form = Form {
            version: VERSION,
            skill: self.skill.clone(),
            plugins: self.plugins.clone(),
        };
        let body = toml::to_string(&form).map_err(|error| {
            PackageError::new(Code::LockSyntax, error.to_string()).at(Place::file(LOCK_FILE))
        })?;
        Ok(format!(
            "{HEAD} It pins what plugins are, byte for byte: keep it with the skill that it belongs to.\n{body}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::tests::mail;

    fn lock() -> Lock {
        let locked = LockedPlugin {
            source: "oci://registry.test/mail:1".into(),
            resolved: Some(format!("oci://registry.test/mail@{}", Digest::of(b"m"))),
            version: "0.1.0".into(),
            digest: Digest::of(b"mail"),
            signer: Some("minisign:RWQf6".into()),
            description: mail(),
        };
        Lock {
            plugins: [("mail".to_owned(), locked)].into(),
            skill: Some(LockedSkill {
                source: "https://example.test/demo.tar.gz".into(),
                resolved: None,
                version: "1.0.0".into(),
                digest: Digest::of(b"archive"),
                files: Digest::of(b"files"),
                signer: None,
            }),
        }
    }

    #[test]
    fn the_first_form_is_read_and_written_again_as_the_second() {
        let mut second = lock();
        second.skill = None;
        let plugin = second.plugins.get_mut("mail").unwrap();
        plugin.resolved = None;
        plugin.signer = None;
        let text = second.to_text().unwrap();
        let first =
            text.replacen("version = 2", "version = 1", 1)
                .replacen("version = \"0.1.0\"\n", "", 1);
        assert_eq!(Lock::parse(&first).unwrap(), second);
        // What the first form did not have is not read in it.
        let mixed = text.replacen("version = 2", "version = 1", 1);
        assert_eq!(Lock::parse(&mixed).unwrap_err().code(), "lock-syntax");
    }

    #[test]
    fn a_lock_outside_of_a_skill_is_read_and_written() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(LOCK_FILE);
        assert_eq!(Lock::read_file(&path).unwrap(), None);
        lock().write_file(&path).unwrap();
        assert_eq!(Lock::read_file(&path).unwrap(), Some(lock()));
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(Lock::read_file(&path).unwrap_err().code(), "lock-syntax");
    }

    #[test]
    fn a_lock_round_trips_and_the_same_lock_gives_the_same_bytes() {
        let text = lock().to_text().unwrap();
        let read = Lock::parse(&text).unwrap();
        assert_eq!(read, lock());
        assert_eq!(read.to_text().unwrap(), text);
    }

    #[test]
    fn a_lock_is_written_into_its_folder_and_read_back() {
        let root = tempfile::tempdir().unwrap();
        let folder = SkillDir::open(root.path()).unwrap();
        assert_eq!(Lock::read(&folder).unwrap(), None);
        lock().write(&folder).unwrap();
        assert_eq!(Lock::read(&folder).unwrap(), Some(lock()));
    }

    #[test]
    fn a_link_in_place_of_the_lock_is_replaced_and_not_written_through() {
        let root = tempfile::tempdir().unwrap();
        let outside = root.path().join("outside");
        std::fs::write(&outside, "untouched").unwrap();
        let skill = root.path().join("skill");
        std::fs::create_dir(&skill).unwrap();
        std::os::unix::fs::symlink(&outside, skill.join(LOCK_FILE)).unwrap();
        let folder = SkillDir::open(&skill).unwrap();
        assert_eq!(
            Lock::read(&folder).unwrap_err().code(),
            "path-outside-skill"
        );
        lock().write(&folder).unwrap();
        assert_eq!(std::fs::read_to_string(outside).unwrap(), "untouched");
        assert_eq!(Lock::read(&folder).unwrap(), Some(lock()));
    }

    #[test]
    fn a_damaged_or_later_lock_says_so() {
        let text = lock().to_text().unwrap();
        for (from, to, code) in [
            ("version = 2", "version = 3", "lock-version"),
            ("version = 2", "version = \"2\"", "lock-syntax"),
            ("version = 2", "version = 0", "lock-syntax"),
            ("version = 2", "version = -1", "lock-syntax"),
            ("version = \"1.0.0\"", "version = \"1\"", "lock-syntax"),
            ("version = \"0.1.0\"", "version = \"0.2.0\"", "lock-syntax"),
            ("minisign:", "\u{202e}", "lock-syntax"),
            ("oci://registry.test/mail:1", "", "lock-syntax"),
            ("https://example", "https\u{200b}://example", "lock-syntax"),
            ("[plugins.mail]", "[plugins.\"../mail\"]", "lock-syntax"),
            ("files =", "flies =", "lock-syntax"),
            ("sha256:", "md5:", "lock-syntax"),
            ("source =", "sorce =", "lock-syntax"),
            ("name = \"mail\"", "name = \"Mail\"", "description-invalid"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text);
            assert_eq!(Lock::parse(&changed).unwrap_err().code(), code, "{from}");
        }
    }
}
