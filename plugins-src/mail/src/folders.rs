//! Which folders there are: each Maildir, each mbox, each folder with .eml files.

use std::collections::HashSet;

use remit_plugin::files::{self, Entry, File, Kind};
use remit_plugin::{Fault, log};

use crate::hash::fnv;

/// A mail folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// As people call it: `INBOX`, `Archive/2026`.
    pub name: String,
    /// Guest path of its directory, or of its mbox.
    pub path: String,
    pub form: Form,
    /// For ids: made from the path below the root.
    pub mark: u32,
}

/// How a folder keeps its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Maildir,
    Mbox,
    Eml,
}

/// Folders in folders deeper than this are left out.
const MAX_DEPTH: usize = 16;

/// All folders below `root`, by name.
pub fn find(root: &str) -> Result<Vec<Folder>, Fault> {
    let mut found = Vec::new();
    visit(root, root, 0, &mut found)?;
    found.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.path.cmp(&b.path)));
    // `work/` and `work.mbox` may both be there: then the second is called by its whole path.
    let mut names = HashSet::new();
    for folder in &mut found {
        if !names.insert(folder.name.clone()) {
            folder.name = below(root, &folder.path).to_string();
            names.insert(folder.name.clone());
        }
    }
    Ok(found)
}

fn visit(root: &str, path: &str, depth: usize, found: &mut Vec<Folder>) -> Result<(), Fault> {
    let entries = files::read_dir(path)?;
    let is_folder = |name: &str| {
        entries
            .iter()
            .any(|it| it.kind == Kind::Folder && it.name == name)
    };
    // Not all three of a Maildir's: an archive may have lost an empty one.
    let is_maildir = is_folder("cur") || is_folder("new");
    let mut add = |path: &str, form| {
        let mark = fnv(below(root, path).as_bytes());
        let mark = u32::try_from((mark ^ mark >> 32) & 0xffff_ffff).unwrap_or_default();
        found.push(Folder {
            name: name(below(root, path), form),
            path: path.to_string(),
            form,
            mark,
        });
    };
    if is_maildir {
        add(path, Form::Maildir);
    }
    if entries.iter().any(is_eml) {
        add(path, Form::Eml);
    }
    for entry in &entries {
        let full = format!("{path}/{}", entry.name);
        if entry.kind == Kind::File && is_mbox(entry, &full, is_maildir) {
            add(&full, Form::Mbox);
        }
    }
    for entry in entries.iter().filter(|it| it.kind == Kind::Folder) {
        let full = format!("{path}/{}", entry.name);
        if is_maildir && matches!(entry.name.as_str(), "cur" | "new" | "tmp") {
            continue;
        }
        if depth >= MAX_DEPTH {
            log::warn(&format!("left out `{full}`: too deep"));
        } else if let Err(fault) = visit(root, &full, depth + 1, found) {
            log::warn(&format!("left out: {}", fault.message()));
        }
    }
    Ok(())
}

pub fn is_eml(entry: &Entry) -> bool {
    let name = entry.name.to_ascii_lowercase();
    entry.kind == Kind::File && (name.ends_with(".eml") || name.ends_with(".emlx"))
}

/// By its name, or where that has no extension (as Thunderbird's) by its first bytes.
fn is_mbox(entry: &Entry, path: &str, in_maildir: bool) -> bool {
    let name = entry.name.to_ascii_lowercase();
    if name.ends_with(".mbox") || name.ends_with(".mbx") {
        return true;
    }
    // Beside a Maildir's folders lie its server's own files.
    if in_maildir || name.contains('.') {
        return false;
    }
    File::open(path)
        .and_then(|file| file.read_at(0, 5))
        .is_ok_and(|start| start == b"From ")
}

fn below<'p>(root: &str, path: &'p str) -> &'p str {
    path.strip_prefix(root).unwrap_or(path).trim_matches('/')
}

/// What people call a folder whose path below the root is this.
fn name(path: &str, form: Form) -> String {
    let path = match form {
        Form::Mbox => {
            let lower = path.to_ascii_lowercase();
            // Apple Mail keeps `Name.mbox/mbox`.
            let ends = ["/mbox", ".mbox", ".mbx"];
            let mut end = path.len();
            for ending in ends {
                if lower.get(..end).is_some_and(|it| it.ends_with(ending)) && end > ending.len() {
                    end -= ending.len();
                }
            }
            path.get(..end).unwrap_or(path)
        }
        Form::Maildir | Form::Eml => path,
    };
    if path.is_empty() {
        // The root itself: a Maildir's is the inbox by custom.
        return if form == Form::Maildir { "INBOX" } else { "." }.to_string();
    }
    let parts: Vec<String> = path
        .split('/')
        .map(|part| match part.strip_prefix('.') {
            // Maildir++: `.Archive.2026` is the folder 2026 in the folder Archive.
            Some(rest) if !rest.is_empty() => rest.replace('.', "/"),
            // Thunderbird keeps the folders in `Inbox` under `Inbox.sbd`.
            _ => part.strip_suffix(".sbd").unwrap_or(part).to_string(),
        })
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_called_as_their_programs_call_them() {
        for (path, form, expected) in [
            ("", Form::Maildir, "INBOX"),
            ("", Form::Eml, "."),
            (".Archive.2026", Form::Maildir, "Archive/2026"),
            ("INBOX", Form::Maildir, "INBOX"),
            ("Inbox.sbd/Work", Form::Mbox, "Inbox/Work"),
            ("Lists.mbox/mbox", Form::Mbox, "Lists"),
            ("archive.MBOX", Form::Mbox, "archive"),
            ("mbox", Form::Mbox, "mbox"),
        ] {
            assert_eq!(name(path, form), expected, "{path}");
        }
    }
}
