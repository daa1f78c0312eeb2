//! Setting the times of files.

use super::place::Place;
use super::stop::Stop;
use remit_policy::Access;
use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, fstat, futimens};
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, NewTimestamp};

impl Place {
    /// Sets the times of what the guest holds open.
    pub(super) fn set_own_times(&self, times: &Timestamps) -> Result<(), Stop> {
        let action = "set-times";
        let rule = self.judge(action, Access::Write)?;
        self.fit(action, &fstat(&self.dir)?, true)?;
        self.shared.allow(action, &self.shown(), &rule)?;
        Ok(futimens(&self.dir, times)?)
    }
}

pub(super) fn timestamps(
    accessed: NewTimestamp,
    modified: NewTimestamp,
) -> Result<Timestamps, ErrorCode> {
    Ok(Timestamps {
        last_access: timespec(accessed)?,
        last_modification: timespec(modified)?,
    })
}

fn timespec(time: NewTimestamp) -> Result<Timespec, ErrorCode> {
    let special = |nanoseconds| Timespec {
        tv_sec: 0,
        tv_nsec: nanoseconds,
    };
    Ok(match time {
        NewTimestamp::NoChange => special(UTIME_OMIT),
        NewTimestamp::Now => special(UTIME_NOW),
        // A count of nanoseconds that is a second or more would mean something special to the kernel.
        NewTimestamp::Timestamp(time) if time.nanoseconds >= 1_000_000_000 => {
            return Err(ErrorCode::Invalid);
        }
        NewTimestamp::Timestamp(time) => Timespec {
            tv_sec: i64::try_from(time.seconds).map_err(|_| ErrorCode::Overflow)?,
            tv_nsec: time.nanoseconds.into(),
        },
    })
}
