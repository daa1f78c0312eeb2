//! Reads skills and components: manifests, digests, the lockfile, the store. Bytes and files only.
//!
//! Everything that this crate reads was written by strangers, so each reader is strict (an unknown key is an
//! error, never ignored), bounded (each size and count has a ceiling that is named where it is enforced), and
//! precise (an error says which file, line and key, has a stable code, and a hint where one helps). Nothing
//! here runs a component: [`inspect()`] only looks at its bytes.
//!
//! ```no_run
//! # fn main() -> Result<(), remit_package::PackageError> {
//! let store = remit_package::Store::open(&remit_package::Dirs::from_env()?)?;
//! let skill = remit_package::Skill::open("skills/weekly-report".as_ref())?;
//! for (name, plugin) in &skill.manifest.plugins {
//!     let component = skill.component(name, &store)?;
//!     println!("{name} is {}, may call {:?}", component.digest, plugin.operations);
//! }
//! # Ok(())
//! # }
//! ```

mod codes;
mod component;
mod description;
mod digest;
mod dirs;
mod effect_source;
mod error;
mod evidence;
mod file;
mod folder;
pub mod hex;
mod inspect;
mod lock;
mod manifest;
mod place;
mod plain;
mod skill;
mod skill_digest;
mod skill_doc;
mod store;
mod text;

pub use codes::Code;
pub use component::Component;
pub use description::{Description, LeftOut, NeedText, Operation};
pub use digest::{Digest, DigestReader};
pub use dirs::{Dirs, private_folder};
pub use effect_source::EffectSource;
pub use error::PackageError;
pub use evidence::Evidence;
pub use file::{FileLock, read_file, remove_leftovers, write_file};
pub use folder::{RunDir, SkillDir, check_output_path};
pub use inspect::{
    CONNECTOR, Capability, Inspection, MAX_COMPONENT_BYTES, Metadata, Producer, inspect,
};
pub use lock::{LOCK_FILE, Lock, LockedPlugin, LockedSkill};
pub use manifest::{
    ComponentRef, Input, MANIFEST_FILE, Manifest, OutputSchema, POLICY_FILE, PluginUse, PolicyFile,
    Retry, Step, StepKind,
};
pub use place::Place;
pub use plain::describe_plain;
pub use skill::Skill;
pub use skill_digest::CoveredFile;
pub use skill_doc::{SKILL_FILE, SkillDoc, TextWarning};
pub use store::{Known, Store};
pub use text::{look, looks_like, mixed_word};
