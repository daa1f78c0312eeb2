//! `skill://NAME/PATH`: the files that a skill's digest covers, as they were when it was opened.

use std::ops::Deref;
use std::sync::Arc;

use remit_package::{CoveredFile, SKILL_FILE, Skill};
use remit_policy::display_safe;
use remit_run::OpenSkill;
use rmcp::model::{Resource, ResourceContents};

use super::uri::{Scheme, Uri, is_plain};
use super::{contents, meta, mime};
use crate::catalog::Served;
use crate::client::Client;
use crate::error::{McpError, Told};

/// The largest file of a skill that is served. A text for a model is a hundredth of that.
pub(crate) const MAX_FILE: u64 = 4 << 20;

/// Characters of a description.
const MAX_DESCRIPTION: usize = 1_024;

/// The address of a file of a skill.
pub(crate) fn uri(skill: &str, path: &str) -> String {
    Uri::new(Scheme::Skill, skill, path).to_string()
}

/// A skill's files: as this client has it open, or as they are now.
pub(crate) enum Known {
    /// Open. What was changed since is not served.
    Open(Arc<OpenSkill>),
    /// Served, and not open.
    Read(Box<Skill>),
}

impl Deref for Known {
    type Target = Skill;

    fn deref(&self) -> &Skill {
        match self {
            Self::Open(open) => open.skill(),
            Self::Read(skill) => skill,
        }
    }
}

/// The skill as this client has it open; otherwise read anew, away from the threads that answer.
pub(crate) async fn known(client: &Client, served: &Served) -> Result<Known, McpError> {
    if let Some(opened) = client.opened(&served.name) {
        return Ok(Known::Open(Arc::clone(opened.skill())));
    }
    let path = served.path.clone();
    let read = super::blocking(move || Skill::open(&path)).await?;
    let skill = read.map_err(|error| McpError::Told(Told::from(&error)))?;
    Ok(Known::Read(Box::new(skill)))
}

/// What a file's digest is called: under the prefix that the skills extension asks for.
const SHA256: &str = "io.modelcontextprotocol.skills/sha256";

/// The files that are served, by path. A link is none: it is another file's second name.
pub(crate) fn files(skill: &Skill) -> impl Iterator<Item = (&str, &CoveredFile)> {
    skill
        .files()
        .filter(|(path, file)| !file.link && file.size <= MAX_FILE && is_plain(path))
}

/// The resources of a skill, SKILL.md first.
pub(crate) fn list(skill: &Skill) -> Vec<Resource> {
    let mut all: Vec<Resource> = files(skill)
        .map(|(path, file)| resource(skill, path, file))
        .collect();
    all.sort_by_key(|resource| resource.name != SKILL_FILE);
    // The extension has SKILL.md stand for the skill, by its name.
    if let Some(first) = all.first_mut().filter(|it| it.name == SKILL_FILE) {
        first.name = display_safe(&skill.name, 80);
    }
    all
}

/// One file as it is listed. Its name is the path below the skill.
pub(crate) fn resource(skill: &Skill, path: &str, file: &CoveredFile) -> Resource {
    let mut resource = Resource::new(uri(&skill.name, path), display_safe(path, 300))
        .with_size(file.size)
        .with_meta(meta([(SHA256, file.digest.hex().into())]));
    if path == SKILL_FILE {
        resource = resource
            .with_title(display_safe(&skill.name, 80))
            .with_description(display_safe(&skill.doc.description, MAX_DESCRIPTION));
    }
    resource.mime_type = mime::of_name(path).map(Into::into);
    resource
}

/// Reads one, if it is still what it was.
pub(crate) async fn read(client: &Client, uri: Uri) -> Result<ResourceContents, McpError> {
    let unknown = || McpError::ResourceUnknown {
        uri: display_safe(&uri.to_string(), 300),
    };
    let served = client.server().catalog().find(&uri.owner);
    let served = served.map_err(|_| unknown())?;
    let known = known(client, served).await?;
    let file = known.file(&uri.path).filter(|file| !file.link);
    let file = *file.ok_or_else(unknown)?;
    if file.size > MAX_FILE {
        return Err(McpError::ResourceTooLarge {
            uri: uri.to_string(),
            bytes: file.size,
            most: MAX_FILE,
        });
    }
    let path = uri.path.clone();
    let bytes = super::blocking(move || known.read_file(&path, MAX_FILE)).await?;
    let bytes = bytes.map_err(|_| McpError::ResourceChanged {
        uri: uri.to_string(),
    })?;
    let meta = meta([(SHA256, file.digest.hex().into())]);
    Ok(contents(&uri, bytes, meta))
}
