//! Answers an auditor: who may do what, what of it was used, what the least grants would be, and which rule decided.
//!
//! It reads: skills as they are on disk, and the audit log, once. No plugin is run for it. Every text in what it returns
//! that somebody else wrote is capped and safe to print.
//!
//! - [`report`](report()) is over a folder of skills; [`html`] writes it as one page.
//! - [`suggest`](suggest()) finds the least grants that the recorded runs of a skill needed.
//! - [`why`](why()) says which rule decided what stands in a record.

mod error;
mod grant_text;
pub mod html;
mod log;
pub mod report;
mod skills;
pub mod suggest;
#[cfg(test)]
mod synthetic;
pub mod why;

pub use error::ReviewError;
pub use log::{Extent, Since};
pub use report::{Report, report};
pub use suggest::{Suggestion, suggest};
pub use why::{Why, why};

/// What the questions are asked of.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Remit's folders: the audit log, the store, the operator's policy.
    pub dirs: remit_package::Dirs,
}

impl Sources {
    fn log(&self) -> std::path::PathBuf {
        remit_run::audit::folder(&self.dirs)
    }

    fn store(&self) -> Result<remit_package::Store, ReviewError> {
        Ok(remit_package::Store::open(&self.dirs)?)
    }
}
