//! The skills extension, `io.modelcontextprotocol/skills` (SEP-2640): each skill with its files' digests.

use std::collections::BTreeMap;

use remit_policy::display_safe;
use rmcp::ErrorData;
use rmcp::model::{
    DIRECTORY_MIME_TYPE, GetSkillRequestParams, GetSkillResult, ListSkillsResult,
    PaginatedRequestParams, ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult,
    Resource, SKILL_MD, Skill, SkillFrontmatter, SkillResource, SkillResources,
};
use serde_json::json;

use crate::client::Client;
use crate::page::page;
use crate::resources::{Scheme, Uri, fault, skill};

/// `skills/list`.
pub(crate) async fn list(
    client: &Client,
    params: Option<PaginatedRequestParams>,
) -> Result<ListSkillsResult, ErrorData> {
    let _in = client.admit()?;
    let mut all = Vec::new();
    for served in client.server().catalog().skills() {
        if let Ok(known) = skill::known(client, served).await {
            let entry = entry(&known);
            // rmcp would refuse the whole list for one that the extension does not take.
            if entry.validate().is_ok() {
                all.push(entry);
            }
        }
    }
    let cursor = params.and_then(|params| params.cursor);
    let (skills, next_cursor) = page(all, |it| &it.uri, cursor.as_deref())?;
    let mut result = ListSkillsResult::with_all_items(skills);
    result.next_cursor = next_cursor;
    Ok(result)
}

/// `skills/get`.
pub(crate) async fn get(
    client: &Client,
    params: GetSkillRequestParams,
) -> Result<GetSkillResult, ErrorData> {
    let _in = client.admit()?;
    let unknown = || {
        refused(
            &params.uri,
            "is not the address of a skill's SKILL.md that is served",
        )
    };
    let uri = Uri::parse(&params.uri);
    let uri = uri.filter(|it| it.scheme == Scheme::Skill && it.path == SKILL_MD);
    let uri = uri.ok_or_else(unknown)?;
    let served = client.server().catalog().find(&uri.owner);
    let served = served.map_err(|_| unknown())?;
    let known = skill::known(client, served).await;
    let known = known.map_err(|error| fault(&error, &params.uri))?;
    Ok(GetSkillResult::new(entry(&known)))
}

/// `resources/directory/read`: what lies directly in a folder of a skill.
pub(crate) async fn read_directory(
    client: &Client,
    params: ReadResourceDirectoryRequestParams,
) -> Result<ReadResourceDirectoryResult, ErrorData> {
    let _in = client.admit()?;
    let no_folder = || {
        refused(
            &params.uri,
            "is not the address of a folder of a skill that is served",
        )
    };
    let uri = Uri::parse(&params.uri).filter(|it| it.scheme == Scheme::Skill);
    let uri = uri.ok_or_else(no_folder)?;
    let served = client.server().catalog().find(&uri.owner);
    let served = served.map_err(|_| no_folder())?;
    let known = skill::known(client, served).await;
    let known = known.map_err(|error| fault(&error, &params.uri))?;
    let children = children(&known, &uri.path).ok_or_else(no_folder)?;
    let (resources, next_cursor) = page(children, |it| &it.uri, params.cursor.as_deref())?;
    let mut result = ReadResourceDirectoryResult::with_all_items(resources);
    result.next_cursor = next_cursor;
    Ok(result)
}

/// The direct children of a folder; none if it is no folder. There are folders only where there are files.
fn children(known: &remit_package::Skill, folder: &str) -> Option<Vec<Resource>> {
    let mut children = BTreeMap::new();
    for (path, file) in skill::files(known) {
        let below = match folder {
            "" => Some(path),
            folder => path
                .strip_prefix(folder)
                .and_then(|rest| rest.strip_prefix('/')),
        };
        let Some(below) = below else { continue };
        match below.split_once('/') {
            None => {
                let mut resource = skill::resource(known, path, file);
                resource.name = display_safe(below, 300);
                children.insert(below.to_owned(), resource);
            }
            Some((name, _)) => {
                let path = match folder {
                    "" => name.to_owned(),
                    folder => format!("{folder}/{name}"),
                };
                children.entry(name.to_owned()).or_insert_with(|| {
                    Resource::new(skill::uri(&known.name, &path), display_safe(name, 300))
                        .with_mime_type(DIRECTORY_MIME_TYPE)
                });
            }
        }
    }
    (!children.is_empty()).then(|| children.into_values().collect())
}

/// A skill with what its author wrote at its head, exactly: a host compares it with SKILL.md.
fn entry(known: &remit_package::Skill) -> Skill {
    let doc = &known.doc;
    let mut front = SkillFrontmatter::new(&doc.name, &doc.description);
    for (name, value) in [
        ("license", &doc.license),
        ("compatibility", &doc.compatibility),
        ("allowed-tools", &doc.allowed_tools),
    ] {
        if let Some(value) = value {
            front = front.with_field(name, value.as_str());
        }
    }
    if !doc.metadata.is_empty() {
        front = front.with_field("metadata", json!(doc.metadata));
    }
    let files = skill::files(known).map(|(path, file)| {
        SkillResource::new(
            skill::uri(&known.name, path),
            file.digest.to_string(),
            file.size,
        )
    });
    let uri = skill::uri(&known.name, SKILL_MD);
    Skill::new(uri, front, SkillResources::Files(files.collect()))
}

fn refused(uri: &str, why: &str) -> ErrorData {
    let data = json!({ "uri": uri });
    ErrorData::invalid_params(format!("{} {why}", display_safe(uri, 300)), Some(data))
}
