//! Installs, updates, verifies and removes plugins and skills.
//!
//! What comes from outside lies in a private folder until it is known: its bytes have their digest, it was inspected,
//! it described itself with nothing granted, its signatures hold, and a person has seen what it may do. Then it goes
//! into the store, and at the very end a lockfile is renamed into place: that is the moment in which something is
//! installed. Whatever ends the process before leaves what was there.

mod candidate;
mod differences;
mod doubts;
mod error;
mod garbage;
mod installer;
mod listing;
mod origin;
mod plan;
mod plugins;
mod removal;
mod skill_archive;
mod skill_folder;
mod skills;
mod update;
mod verify;

pub use differences::{Difference, Mark, Weight};
pub use doubts::Doubt;
pub use error::{InstallError, error_codes};
pub use garbage::Garbage;
pub use installer::Installer;
pub use listing::{Installed, installed, list};
pub use plan::{Plan, PluginChange, SkillChange};
pub use skill_archive::Destination;
pub use verify::{Verified, verify};
