//! The skills that are asked about, as they are on disk now. Nothing of them is run: what a plugin says of itself is
//! what it said before, kept in the store or in remit.lock.

use std::path::{Path, PathBuf};

use remit_package::{
    Description, Digest, LOCK_FILE, Lock, MANIFEST_FILE, PackageError, PluginUse, SKILL_FILE,
    Skill, Store,
};
use remit_policy::{Effect, display_safe};

use crate::error::ReviewError;

/// More skills than an auditor asks about at once.
const MAX_SKILLS: usize = 1_000;
/// As remit-package reads them.
const MAX_MANIFEST: u64 = 256 << 10;
const MAX_LOCK: u64 = 32 << 20;

/// A skill and its plugins.
pub(crate) struct Read {
    pub(crate) skill: Skill,
    /// Its folder, as it is shown.
    pub(crate) folder: String,
    /// The lines of skill.toml.
    pub(crate) lines: Vec<String>,
    pub(crate) plugins: Vec<ReadPlugin>,
    /// Whether there is a remit.lock that can be read; or why not.
    pub(crate) lock: Result<bool, String>,
}

/// A plugin of a skill.
pub(crate) struct ReadPlugin {
    pub(crate) alias: String,
    pub(crate) used: PluginUse,
    /// The bytes' digest; or why they cannot be read.
    pub(crate) digest: Result<Digest, String>,
    /// What it says about itself, with what the skill says of effects; none where it was never asked.
    pub(crate) description: Option<Description>,
    pub(crate) pin: Option<Pin>,
}

/// What remit.lock says of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pin {
    pub(crate) digest: String,
    pub(crate) signer: Option<String>,
    pub(crate) version: Option<String>,
}

impl ReadPlugin {
    /// The effect of an operation, where anybody says it.
    pub(crate) fn effect(&self, operation: &str) -> Option<Effect> {
        let operation = self.description.as_ref()?.operation(operation)?;
        Some(operation.effect)
    }
}

impl Read {
    /// `skills/mail/skill.toml:12`.
    pub(crate) fn place(&self, line: Option<usize>) -> String {
        let file = format!("{}/{MANIFEST_FILE}", self.folder.trim_end_matches('/'));
        match line {
            Some(line) => format!("{file}:{line}"),
            None => file,
        }
    }

    pub(crate) fn plugin(&self, alias: &str) -> Option<&ReadPlugin> {
        self.plugins.iter().find(|plugin| plugin.alias == alias)
    }
}

/// A skill that cannot be read: it stands in the report, and the others are reported all the same.
pub(crate) struct Unread {
    pub(crate) folder: String,
    pub(crate) error: PackageError,
}

/// Reads the skill in `folder`, or all that are right below it, sorted by name.
pub(crate) fn read_all(
    folder: &Path,
    store: &Store,
) -> Result<(Vec<Read>, Vec<Unread>), ReviewError> {
    let mut folders = Vec::new();
    if folder.join(SKILL_FILE).exists() {
        folders.push(folder.to_owned());
    } else {
        let entries =
            std::fs::read_dir(folder).map_err(|error| ReviewError::io(shown(folder), error))?;
        for entry in entries {
            let entry = entry.map_err(|error| ReviewError::io(shown(folder), error))?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if !hidden && entry.path().join(SKILL_FILE).exists() {
                folders.push(entry.path());
            }
            if folders.len() > MAX_SKILLS {
                return Err(ReviewError::io(
                    shown(folder),
                    std::io::Error::other(format!("it holds more than {MAX_SKILLS} skills")),
                ));
            }
        }
    }
    folders.sort();
    if folders.is_empty() {
        return Err(ReviewError::NoSkills {
            folder: shown(folder),
        });
    }
    let (mut read, mut unread) = (Vec::new(), Vec::new());
    for folder in folders {
        match read_one(&folder, store) {
            Ok(skill) => read.push(skill),
            Err(error) => unread.push(Unread {
                folder: shown(&folder),
                error,
            }),
        }
    }
    Ok((read, unread))
}

/// Reads one skill.
pub(crate) fn read_one(folder: &Path, store: &Store) -> Result<Read, PackageError> {
    let skill = Skill::open(folder)?;
    let text = match skill.folder.read_text(MANIFEST_FILE, MAX_MANIFEST) {
        Ok(text) => text,
        Err(error) if error.code() == "file-missing" => String::new(),
        Err(error) => return Err(error),
    };
    let lock = Lock::read(&skill.folder);
    let pins = pins(&skill);
    let plugins = skill.manifest.plugins.iter().map(|(alias, used)| {
        let component = skill.component(alias, store);
        let said = component.as_ref().ok().and_then(|component| {
            let known = store.known(&component.digest);
            known.and_then(|known| known.description).or_else(|| {
                let locked = lock.as_ref().ok()?.as_ref()?.plugins.get(alias)?;
                (locked.digest == component.digest).then(|| locked.description.clone())
            })
        });
        let effects = used.effects.iter();
        let effects = effects.map(|(name, (effect, _))| (name.as_str(), *effect));
        ReadPlugin {
            alias: alias.clone(),
            used: used.clone(),
            digest: component
                .map(|component| component.digest)
                .map_err(|error| display_safe(&error.to_string(), 400)),
            description: said.map(|said| said.with_effects(effects)),
            pin: pins
                .iter()
                .find(|(name, _)| name == alias)
                .map(|(_, pin)| pin.clone()),
        }
    });
    let plugins = plugins.collect();
    Ok(Read {
        folder: shown(folder),
        lines: text.lines().map(str::to_owned).collect(),
        plugins,
        lock: lock
            .map(|lock| lock.is_some())
            .map_err(|error| display_safe(&error.to_string(), 400)),
        skill,
    })
}

/// What remit.lock says, as far as it is here of use: a later form may say more.
fn pins(skill: &Skill) -> Vec<(String, Pin)> {
    let Ok(text) = skill.folder.read_text(LOCK_FILE, MAX_LOCK) else {
        return Vec::new();
    };
    let Ok(table) = text.parse::<toml::Table>() else {
        return Vec::new();
    };
    let plugins = table.get("plugins").and_then(toml::Value::as_table);
    let of = |(alias, value): (&String, &toml::Value)| {
        let text = |key: &str| {
            let text = value.get(key).and_then(toml::Value::as_str)?;
            Some(display_safe(text, 300))
        };
        let described = || {
            let version = value.get("description")?.get("version")?.as_str()?;
            Some(display_safe(version, 64))
        };
        let pin = Pin {
            digest: text("digest")?,
            signer: text("signer"),
            version: text("version").or_else(described),
        };
        Some((alias.clone(), pin))
    };
    plugins.into_iter().flatten().filter_map(of).collect()
}

/// A path, safe to show.
pub(crate) fn shown(path: &Path) -> String {
    display_safe(&path.display().to_string(), 400)
}

/// The skill that a person named.
pub(crate) fn named(folder: &Path, store: &Store) -> Result<(Read, PathBuf), ReviewError> {
    Ok((read_one(folder, store)?, folder.join(MANIFEST_FILE)))
}
