//! `remit.lock`: which bytes each plugin of a skill was, and what it said about itself.

use std::collections::BTreeMap;
use std::path::Path;

use remit_policy::display_safe;
use serde::{Deserialize, Serialize};

use crate::codes::Code;
use crate::description::Description;
use crate::digest::Digest;
use crate::error::PackageError;
use crate::file::write_whole;
use crate::folder::SkillDir;
use crate::place::Place;

/// The lockfile's name, beside skill.toml.
pub const LOCK_FILE: &str = "remit.lock";

/// The form that this Remit writes and reads.
const VERSION: u32 = 1;
/// Bytes: as many plugins as a skill may have, with large descriptions.
const MAX_LOCK_BYTES: u64 = 32 << 20;

/// The lockfile of a skill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// By the name that the skill gives the plugin.
    pub plugins: BTreeMap<String, LockedPlugin>,
}

/// One plugin, pinned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPlugin {
    /// The `component` of skill.toml at the time.
    pub source: String,
    /// The bytes.
    pub digest: Digest,
    /// What it said about itself.
    pub description: Description,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: u32,
    #[serde(default)]
    plugins: BTreeMap<String, LockedPlugin>,
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

    /// Reads the text form. Each description is checked.
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
        let form: Form = toml::from_str(text).map_err(wrong)?;
        if form.version != VERSION {
            let message = format!("it has the form {}, which there never was", form.version);
            return Err(PackageError::new(Code::LockSyntax, message).at(Place::file(LOCK_FILE)));
        }
        for locked in form.plugins.values() {
            locked
                .description
                .check()
                .map_err(|error| error.about(LOCK_FILE))?;
        }
        Ok(Lock {
            plugins: form.plugins,
        })
    }

    /// The text form: sorted, versioned, TOML.
    pub fn to_text(&self) -> Result<String, PackageError> {
        let form = Form {
            version: VERSION,
            plugins: self.plugins.clone(),
        };
        let body = toml::to_string(&form).map_err(|error| {
            PackageError::new(Code::LockSyntax, error.to_string()).at(Place::file(LOCK_FILE))
        })?;
        Ok(format!(
            "# Written by Remit. It pins what the skill's plugins are: keep it with the skill.\n{body}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::tests::mail;

    fn lock() -> Lock {
        let locked = LockedPlugin {
            source: "../../plugins/mail.wasm".into(),
            digest: Digest::of(b"mail"),
            description: mail(),
        };
        Lock {
            plugins: [("mail".to_owned(), locked)].into(),
        }
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
            ("version = 1", "version = 2", "lock-version"),
            ("version = 1", "version = \"1\"", "lock-syntax"),
            ("version = 1", "version = 0", "lock-syntax"),
            ("version = 1", "version = -1", "lock-syntax"),
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
