//! Folders of the host that a plugin may use: `files read ./data /data`.

mod guest_path;
mod host_path;
mod name;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::guest_path::GuestPath;
pub use self::host_path::HostPath;
pub(crate) use self::name::{NameFault, check_guest_path};
use crate::limits::HARD_CEILING;
use crate::words::Word;
use crate::{ByteSize, GrantError, Layer};

/// What may be done with files. Write includes read.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// List and read.
    #[default]
    Read,
    /// Read, and create, change, rename and remove.
    Write,
}

impl Access {
    /// `read` or `write`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A folder of the host, mounted for the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesGrant {
    /// What may be done below it.
    pub access: Access,
    /// Which folder of the host.
    pub path: HostPath,
    /// Where the plugin sees it.
    pub mount: GuestPath,
    /// With write: how many bytes one call may add.
    pub max_bytes: Option<ByteSize>,
    /// With write: how many files and folders one call may add.
    pub max_entries: Option<u32>,
}

impl FilesGrant {
    pub(crate) fn parse(layer: Layer, words: &[Word]) -> Result<Self, GrantError> {
        let [access, path, mount, options @ ..] = words else {
            let text: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
            return Err(GrantError::syntax(
                &format!("files {}", text.join(" ")),
                "it is written `files read PATH MOUNT` or `files write PATH MOUNT`",
            ));
        };
        let access = match access.text.as_str() {
            "read" => Access::Read,
            "write" => Access::Write,
            other => {
                return Err(GrantError::syntax(
                    other,
                    "access to files is `read` or `write`",
                ));
            }
        };
        let mut grant = Self {
            access,
            path: HostPath::parse(layer, path)?,
            mount: GuestPath::parse(layer, mount)?,
            max_bytes: None,
            max_entries: None,
        };
        for option in options {
            let once = |taken: bool| match taken {
                true => Err(GrantError::syntax(&option.text, "it is said twice")),
                false => Ok(()),
            };
            if let Some(value) = option.option("max-bytes") {
                once(grant.max_bytes.is_some())?;
                grant.max_bytes = Some(value.parse()?);
            } else if let Some(value) = option.option("max-entries") {
                once(grant.max_entries.is_some())?;
                grant.max_entries = Some(value.parse().map_err(|_| {
                    GrantError::syntax(&option.text, "it is a whole number of files and folders")
                })?);
            } else {
                return Err(GrantError::syntax(
                    &option.text,
                    "files have the options max-bytes and max-entries",
                ));
            }
        }
        grant.check_options(layer)?;
        Ok(grant)
    }

    pub(crate) fn check_options(&self, layer: Layer) -> Result<(), GrantError> {
        if self.max_bytes.is_none() && self.max_entries.is_none() {
            return Ok(());
        }
        if layer != Layer::Grant {
            return Err(GrantError::unenforced(
                &self.to_string(),
                "quotas stand in grants only; the operator's are under `limits`",
            ));
        }
        if self.access == Access::Read {
            return Err(GrantError::unenforced(
                &self.to_string(),
                "nothing is added where files are only read",
            ));
        }
        if let Some(bytes) = self.max_bytes.filter(|max| *max > HARD_CEILING.file_bytes) {
            return Err(GrantError::AboveCeiling {
                name: "max-bytes",
                asked: bytes.to_string(),
                ceiling: HARD_CEILING.file_bytes.to_string(),
            });
        }
        if let Some(entries) = self
            .max_entries
            .filter(|max| *max > HARD_CEILING.file_entries)
        {
            return Err(GrantError::AboveCeiling {
                name: "max-entries",
                asked: entries.to_string(),
                ceiling: HARD_CEILING.file_entries.to_string(),
            });
        }
        Ok(())
    }

    pub(crate) fn bind(&self, inputs: &BTreeMap<String, String>) -> Result<Self, GrantError> {
        Ok(Self {
            path: self.path.bind(inputs)?,
            ..self.clone()
        })
    }

    pub(crate) fn bind_config(
        &self,
        config: &BTreeMap<String, String>,
    ) -> Result<Self, GrantError> {
        Ok(Self {
            mount: self.mount.bind_config(config)?,
            ..self.clone()
        })
    }

    /// Whether this rule of a need or policy lets a granted mount through. The whole of it, or nothing: a link within
    /// the mount leads past any narrower line.
    pub(crate) fn covers(&self, grant: &Self, access: Access) -> bool {
        self.access >= access
            && self.path.covers(&grant.path)
            && self.mount.contains(grant.mount.as_str())
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        (self.path.covers(&other.path) || other.path.covers(&self.path))
            && (self.mount.contains(other.mount.as_str())
                || other.mount.contains(self.mount.as_str()))
    }
}

impl fmt::Display for FilesGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "files {} {} {}",
            self.access,
            self.path.word(),
            self.mount.word()
        )?;
        if let Some(bytes) = self.max_bytes {
            write!(f, " max-bytes={bytes}")?;
        }
        if let Some(entries) = self.max_entries {
            write!(f, " max-entries={entries}")?;
        }
        Ok(())
    }
}
