//! Mounts: for reading only where nothing was changed, and how much a call may add.

use remit_policy::{Access, ByteSize, FilesGrant, Grant};

use super::super::edit::{At, Does};
use super::super::round;
use super::{OnePlugin, Slot, records, runs};

impl OnePlugin<'_> {
    pub(super) fn files(&mut self, slot: &Slot<'_>, files: &FilesGrant) -> Option<Grant> {
        let written = slot.grant.to_string();
        let Some(seen) = self.seen.grants.get(&written) else {
            return self.drop_unused(slot);
        };
        if files.access == Access::Read {
            return Some(slot.grant.clone());
        }
        let line = slot.place.line;
        if seen.writes.count == 0 {
            let new = FilesGrant {
                access: Access::Read,
                max_bytes: None,
                max_entries: None,
                ..files.clone()
            };
            let because = format!(
                "it was used {} times, and nothing was changed there in {}",
                seen.seen.count,
                runs(self.observed.done)
            );
            let records = records(&seen.seen);
            self.change(
                line,
                "access",
                &written,
                Some(new.to_string()),
                because,
                records,
            );
            self.write_files(slot, files, &new);
            return Some(Grant::Files(new));
        }
        self.quota(slot, files)
    }

    /// What all calls added is known by call, not by mount: enough where there is one.
    fn quota(&mut self, slot: &Slot<'_>, files: &FilesGrant) -> Option<Grant> {
        let kept = Some(slot.grant.clone());
        let writable =
            self.read.used.grants.iter().filter(
                |grant| matches!(grant, Grant::Files(files) if files.access == Access::Write),
            );
        let (Some(most), 1) = (files.max_bytes, writable.count()) else {
            return kept;
        };
        let seen = self.seen.file_bytes;
        let wanted = round::bytes(seen.value, 2, ByteSize::kib(64));
        if wanted >= most {
            return kept;
        }
        let new = FilesGrant {
            max_bytes: Some(wanted),
            ..files.clone()
        };
        let because = format!("no call added more than {} bytes", seen.value);
        let line = slot.place.line;
        self.change(
            line,
            "max_bytes",
            &most.to_string(),
            Some(wanted.to_string()),
            because,
            vec![seen.record],
        );
        self.write_files(slot, files, &new);
        Some(Grant::Files(new))
    }

    fn write_files(&mut self, slot: &Slot<'_>, old: &FilesGrant, new: &FilesGrant) {
        if let At::Compact(_) = slot.at {
            self.edit(
                slot.at.clone(),
                Does::Grant(Box::new(Grant::Files(new.clone()))),
            );
            return;
        }
        if old.access != new.access {
            self.edit(
                slot.at.clone(),
                Does::Text("access", new.access.to_string()),
            );
        }
        match (old.max_bytes, new.max_bytes) {
            (Some(_), None) => self.edit(slot.at.clone(), Does::Drop("max_bytes")),
            (Some(a), Some(b)) if a != b => {
                self.edit(slot.at.clone(), Does::Text("max_bytes", b.to_string()));
            }
            _ => {}
        }
        if old.max_entries.is_some() && new.max_entries.is_none() {
            self.edit(slot.at.clone(), Does::Drop("max_entries"));
        }
    }
}
