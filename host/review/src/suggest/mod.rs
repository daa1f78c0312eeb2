//! The least grants that the recorded runs of a skill needed, as a patch to skill.toml.

mod edit;
mod observe;
mod paths;
mod plan;
mod round;
#[cfg(test)]
mod tests;

use std::path::{Component, Path, PathBuf};

use remit_package::{MANIFEST_FILE, Manifest};
use remit_policy::{Grant, HttpGrant};
use serde::Serialize;

use self::observe::Observed;
use crate::error::ReviewError;
use crate::log::{self, Since};
use crate::skills::{self, Read};
use crate::{Extent, Sources};

/// With fewer runs, a narrowing that other inputs may not fit says so.
const FEW: u64 = 3;
const FORMAT: u32 = 1;

/// What could be narrower in a skill, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// The form of this document; 1.
    pub format: u32,
    /// The skill.
    pub skill: String,
    /// Its skill.toml, as it is shown.
    pub file: String,
    /// What it is based on.
    pub based_on: BasedOn,
    /// What changes, in the order of the lines.
    pub changes: Vec<Change>,
    /// What stays although it was not used, or could not be narrowed, and why.
    pub kept: Vec<Kept>,
    /// All of it as a unified diff; empty if nothing changes.
    pub patch: String,
    /// The file as it is.
    #[serde(skip)]
    pub before: String,
    /// The file as it would be.
    #[serde(skip)]
    pub after: String,
    /// Where the file lies.
    #[serde(skip)]
    pub path: PathBuf,
}

/// The runs that a suggestion is based on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BasedOn {
    /// Recorded runs of a skill of that name.
    pub runs: u64,
    /// Those that ended well.
    pub done: u64,
    /// Those of them that were of the skill as it is now.
    pub done_as_now: u64,
    /// How many different inputs they had.
    pub inputs: usize,
    /// Only runs that began then or later count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The log.
    pub log: Extent,
    /// Whether that is little, so that other inputs may need more.
    pub few: bool,
}

/// One thing that would be narrower.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its line in skill.toml as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The plugin.
    pub plugin: String,
    /// What is narrowed: `operations`, `paths`, `grant` …
    pub what: String,
    /// How it stands.
    pub from: String,
    /// How it would stand; nothing where it would go away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Why, with figures.
    pub because: String,
    /// Records that show it.
    pub records: Vec<u64>,
}

/// Something that stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Its line in skill.toml.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The plugin.
    pub plugin: String,
    /// What it is.
    pub what: String,
    /// Why it stays.
    pub because: String,
}

/// What to suggest.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only runs that began then or later count.
    pub since: Option<Since>,
    /// Limits too where skill.toml sets none, and the defaults hold.
    pub limits: bool,
}

/// Finds the least grants that the recorded runs of the skill in `folder` needed.
///
/// # Errors
/// If the skill or the log cannot be read, or no run that ended well is recorded.
pub fn suggest(
    sources: &Sources,
    folder: &Path,
    options: &Options,
) -> Result<Suggestion, ReviewError> {
    let (read, path) = skills::named(folder, &sources.store()?)?;
    let before = text_of(&read)?;
    let mut observed = Observed::of(&read.skill.name, &read.skill.digest.to_string());
    let log = log::read(&sources.log(), options.since.as_ref(), &mut observed)?;
    let since = options.since.as_ref().map(ToString::to_string);
    if observed.done == 0 {
        return Err(ReviewError::NoRuns {
            skill: read.skill.name.clone(),
            since,
        });
    }
    let based_on = BasedOn {
        runs: observed.total,
        done: observed.done,
        done_as_now: observed.done_as_now,
        inputs: observed.inputs.len(),
        since,
        log,
        few: observed.done < FEW || observed.inputs.len() < 2,
    };
    let planned = plan::plan(&read, &observed, options.limits);
    let after = edit::apply(&before, &planned.edits)?;
    check(&read, &after, &planned)?;
    let mut changes = planned.changes;
    changes.sort_by_key(|change| change.line);
    let mut kept = planned.kept;
    kept.sort_by_key(|kept| kept.line);
    Ok(Suggestion {
        format: FORMAT,
        skill: read.skill.name.clone(),
        file: read.place(None),
        based_on,
        changes,
        kept,
        patch: patch(&before, &after, &path),
        before,
        after,
        path,
    })
}

fn text_of(read: &Read) -> Result<String, ReviewError> {
    const MAX: u64 = 256 << 10;
    match read.skill.read_covered(MANIFEST_FILE, MAX) {
        Ok(text) => Ok(text),
        // A skill without one grants nothing.
        Err(_) if read.plugins.is_empty() => Ok(String::new()),
        Err(error) => Err(error.into()),
    }
}

/// Whether the new text says what was planned, and nothing that is wider than what was there: whatever the edits did.
fn check(read: &Read, after: &str, planned: &plan::Planned) -> Result<(), ReviewError> {
    let wrong = |what: String| {
        Err(ReviewError::Internal(format!(
            "the suggestion came out wrong: {what}"
        )))
    };
    let manifest = match Manifest::parse(MANIFEST_FILE, after) {
        Ok(manifest) => manifest,
        Err(error) => return wrong(error.to_string()),
    };
    if manifest.plugins.len() != read.plugins.len() {
        return wrong("a plugin is missing".to_owned());
    }
    for plugin in &read.plugins {
        let alias = &plugin.alias;
        let (Some(new), Some(planned)) = (manifest.plugins.get(alias), planned.grants.get(alias))
        else {
            return wrong(format!("the plugin {alias} is missing"));
        };
        if new.grants.as_slice() != planned.as_slice() {
            return wrong(format!("the grants of {alias} are others than planned"));
        }
        let old = &plugin.used;
        if let Some(wider) =
            (new.grants.iter()).find(|new| !old.grants.iter().any(|old| is_within(new, old)))
        {
            return wrong(format!("{wider} is more than {alias} had"));
        }
        if !new
            .operations
            .iter()
            .all(|name| old.operations.contains(name))
            || new.effect > old.effect
        {
            return wrong(format!("{alias} may call more than before"));
        }
    }
    Ok(())
}

/// Whether the first allows nothing that the second does not.
fn is_within(new: &Grant, old: &Grant) -> bool {
    match (new, old) {
        (Grant::Http(new), Grant::Http(old)) => is_http_within(new, old),
        (Grant::Files(new), Grant::Files(old)) => {
            let most = |new: Option<u64>, old: Option<u64>| {
                old.is_none_or(|old| new.is_some_and(|new| new <= old))
            };
            let reads = new.access == remit_policy::Access::Read;
            new.access <= old.access
                && new.path == old.path
                && new.mount == old.mount
                && (reads
                    || most(
                        new.max_bytes.map(|b| b.as_u64()),
                        old.max_bytes.map(|b| b.as_u64()),
                    ))
                && (reads
                    || most(
                        new.max_entries.map(u64::from),
                        old.max_entries.map(u64::from),
                    ))
        }
        (new, old) => new == old,
    }
}

fn is_http_within(new: &HttpGrant, old: &HttpGrant) -> bool {
    let within = |path: &remit_policy::PathPattern| {
        let path = path.to_string();
        old.paths
            .iter()
            .any(|old| paths::within(&path, &old.to_string()))
    };
    new.origin == old.origin
        && new
            .methods
            .iter()
            .all(|method| old.methods.contains(method))
        && new.paths.iter().all(within)
        && new.addresses.iter().all(|net| old.addresses.contains(net))
        && old
            .max_requests
            .is_none_or(|old| new.max_requests.is_some_and(|new| new <= old))
        && old
            .max_response
            .is_none_or(|old| new.max_response.is_some_and(|new| new <= old))
}

/// A unified diff, which `git apply` and `patch -p1` take where the path was given from, or in the skill's folder if it
/// is not below that.
fn patch(before: &str, after: &str, path: &Path) -> String {
    if before == after {
        return String::new();
    }
    let parts: Option<Vec<&str>> = path
        .components()
        .filter(|part| !matches!(part, Component::CurDir))
        .map(|part| match part {
            Component::Normal(name) => name.to_str().filter(|name| {
                name.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
            }),
            _ => None,
        })
        .collect();
    let name = parts.map_or_else(|| MANIFEST_FILE.to_owned(), |parts| parts.join("/"));
    let diff = similar::TextDiff::from_lines(before, after);
    let mut unified = diff.unified_diff();
    unified
        .context_radius(3)
        .header(&format!("a/{name}"), &format!("b/{name}"));
    unified.to_string()
}
