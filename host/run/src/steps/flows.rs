//! What came to whom by way of files: what one call leaves in a folder, a later one may find there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::ready::Ready;
use crate::callee::Callee;
use crate::report::Provenance;

/// For each folder that a plugin of the run is given: what it may hold by now that this run put there.
#[derive(Debug)]
pub(crate) struct Flows(Mutex<BTreeMap<PathBuf, Provenance>>);

impl Flows {
    /// Nothing has been left yet.
    pub(crate) fn of(ready: &Ready) -> Self {
        let folders = ready.callees().flat_map(|callee| callee.folders());
        Self::new(folders.map(|(folder, _)| folder.to_owned()))
    }

    fn new(folders: impl Iterator<Item = PathBuf>) -> Self {
        let nothing = |folder| (folder, Provenance::default());
        Self(Mutex::new(folders.map(nothing).collect()))
    }

    /// Notes that something made from this may be at `place`, or below it where it is a folder.
    pub(crate) fn leave(&self, place: &Path, provenance: &Provenance) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (folder, known) in left.iter_mut() {
            if meet(folder, place) {
                known.join(provenance);
            }
        }
    }

    /// Notes that a call with this knowledge may write into all folders that its plugin may write into.
    pub(crate) fn leave_by(&self, callee: &Callee, provenance: &Provenance) {
        for (folder, _) in callee.folders().filter(|(_, writes)| *writes) {
            self.leave(folder, provenance);
        }
    }

    /// What may be found at `place`.
    pub(crate) fn find(&self, place: &Path) -> Provenance {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = Provenance::default();
        for (_, provenance) in left.iter().filter(|(folder, _)| meet(folder, place)) {
            found.join(provenance);
        }
        found
    }

    /// What a plugin may find in the folders that it is given.
    pub(crate) fn find_by(&self, callee: &Callee) -> Provenance {
        let mut found = Provenance::default();
        for (folder, _) in callee.folders() {
            found.join(&self.find(folder));
        }
        found
    }
}

/// Whether one holds the other. Both are resolved: no link is in them.
fn meet(a: &Path, b: &Path) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(plugin: &str) -> Provenance {
        let mut provenance = Provenance::default();
        provenance.plugins.insert(plugin.to_owned());
        provenance
    }

    #[test]
    fn what_is_left_is_found_above_and_below_and_not_beside() {
        let folders = ["/r/drafts", "/r/drafts2", "/skill/data"];
        let flows = Flows::new(folders.iter().map(PathBuf::from));
        flows.leave(Path::new("/r/drafts/a.md"), &from("mail"));
        flows.leave(Path::new("/r/drafts"), &from("drive"));
        let both = flows.find(Path::new("/r/drafts/a/b"));
        assert_eq!(both.plugins.len(), 2);
        assert_eq!(flows.find(Path::new("/r/drafts")), both);
        assert_eq!(flows.find(Path::new("/r")), both);
        for beside in ["/r/drafts2", "/r/drafts2/a.md", "/skill/data"] {
            assert!(flows.find(Path::new(beside)).is_empty(), "{beside}");
        }
        flows.leave(Path::new("/r"), &from("tracker"));
        assert!(!flows.find(Path::new("/r/drafts2")).is_empty());
    }
}
