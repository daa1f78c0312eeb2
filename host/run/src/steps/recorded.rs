//! What the record of a run's beginning says about its plugins.

use remit_policy::{Grant, display_safe};

use super::ready::Ready;
use crate::audit::{GrantEntry, PluginEntry};
use crate::callee::Callee;
use crate::skill::OpenSkill;

/// As many bytes of grants as fit one record with all else that is in it.
const MAX_BYTES: usize = 96 * 1024;

/// The plugins that are ready, each with its grants as far as they fit.
pub(super) fn plugins<'a>(open: &OpenSkill, ready: &'a Ready) -> Vec<PluginEntry<'a>> {
    let mut plugins: Vec<PluginEntry<'a>> = ready
        .callees()
        .map(|callee| PluginEntry {
            plugin: &callee.alias,
            digest: callee.plugin_digest.clone(),
            grants_digest: &callee.grants_digest,
            grants: Some(grants(open, callee)),
        })
        .collect();
    let bytes: usize = (plugins.iter())
        .flat_map(|plugin| plugin.grants.iter().flatten())
        .map(size)
        .sum();
    if bytes > MAX_BYTES {
        for plugin in &mut plugins {
            plugin.grants = None;
        }
    }
    plugins
}

fn grants(open: &OpenSkill, callee: &Callee) -> Vec<GrantEntry> {
    let used = open.plugin(&callee.alias).map(|plugin| &plugin.used);
    let text = |grant: &Grant| display_safe(&grant.to_string(), MAX_BYTES);
    (callee.authority.grants().iter().enumerate())
        .map(|(index, bound)| {
            let grant = text(bound);
            let written = used.and_then(|used| used.grants.as_slice().get(index));
            let place = used.and_then(|used| used.grant_places.get(index));
            GrantEntry {
                line: place.and_then(|place| place.line),
                written: written.map(text).filter(|written| *written != grant),
                grant,
            }
        })
        .collect()
}

/// Some bytes more than its JSON text has; a quote in a text takes two.
fn size(entry: &GrantEntry) -> usize {
    const KEYS: usize = 64;
    let written = entry.written.as_ref().map_or(0, String::len);
    KEYS + 2 * (entry.grant.len() + written)
}
