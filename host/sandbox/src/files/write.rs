//! Writing to open files: what is added is counted first. Everything here may block.

use super::quota::growth;
use super::shared::{Shared, Written};
use super::stop::Stop;
use rustix::fs::{fstat, ftruncate};
use rustix::io::{Errno, ReadWriteFlags, pwrite, pwritev2};
use std::io::IoSlice;
use std::sync::PoisonError;

impl Shared {
    /// Writes what fits in one step, at `offset` or at the end. Returns how much that was.
    pub(super) fn write(
        &self,
        written: &Written,
        offset: Option<u64>,
        bytes: &[u8],
    ) -> Result<usize, Stop> {
        let adding = &written.mounted.adding;
        let _adding = adding.lock().unwrap_or_else(PoisonError::into_inner);
        self.standing("write")?;
        let size = size(written)?;
        let length = bytes.len() as u64;
        let added = growth(size, written.has_holes, offset.unwrap_or(size), length);
        self.take(&written.mounted, "write", &written.asked, added, 0)?;
        let done = match offset {
            Some(offset) => pwrite(&written.file, bytes, offset),
            // Whatever has been added by another program meanwhile.
            None => {
                let bytes = [IoSlice::new(bytes)];
                pwritev2(&written.file, &bytes, 0, ReadWriteFlags::APPEND)
            }
        };
        Ok(done?)
    }

    /// Writes all of it.
    pub(super) fn write_all(
        &self,
        written: &Written,
        offset: Option<u64>,
        mut bytes: &[u8],
    ) -> Result<(), Stop> {
        let mut offset = offset;
        while !bytes.is_empty() {
            let done = match self.write(written, offset, bytes) {
                Ok(0) => return Err(Errno::IO.into()),
                done => done?,
            };
            bytes = bytes.get(done..).unwrap_or(&[]);
            offset = offset.map(|offset| offset.saturating_add(done as u64));
        }
        Ok(())
    }

    /// Cuts a file, or makes it longer.
    pub(super) fn set_size(&self, written: &Written, new: u64) -> Result<(), Stop> {
        let adding = &written.mounted.adding;
        let _adding = adding.lock().unwrap_or_else(PoisonError::into_inner);
        self.standing("set-size")?;
        let added = new.saturating_sub(size(written)?);
        self.take(&written.mounted, "set-size", &written.asked, added, 0)?;
        Ok(ftruncate(&written.file, new)?)
    }
}

fn size(written: &Written) -> Result<u64, Errno> {
    Ok(u64::try_from(fstat(&written.file)?.st_size).unwrap_or(0))
}
