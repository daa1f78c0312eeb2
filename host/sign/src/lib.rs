//! Signs and verifies: keys, detached signatures over a package's name, version and digest, who published what
//! before, signed notes.
//!
//! A signature is a stock one of [minisign](https://jedisct1.github.io/minisign/) over the bytes of a component or
//! of a skill's archive, whose trusted comment says the name, the version and the digest. So `minisign -V` verifies
//! what Remit signs, and what it signs is more than bytes: a signature of one version cannot stand for another, nor
//! that of one plugin for another of the same publisher.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use remit_sign::{SecretKey, Signature, Subject, sign, verify};
//!
//! let key = SecretKey::generate()?;
//! let component = b"the bytes of mail.wasm";
//! let subject = Subject::new("mail", "1.2.0", remit_package::Digest::of(component))?;
//! let text = sign(&key, component, &subject);
//!
//! let signature = Signature::parse(text.as_bytes())?;
//! let signer = verify(&signature, component, &subject, Some(&key.public()))?;
//! assert_eq!(signer.to_string(), format!("minisign:{}", key.public()));
//! # Ok(())
//! # }
//! ```

mod ed25519;
mod error;
mod kdf;
mod note;
mod public_key;
mod publishers;
mod secret_key;
mod signature;
mod signer;
mod subject;

pub use error::SignError;
pub use note::{Note, NoteKey, NoteVerifier};
pub use public_key::PublicKey;
pub use publishers::{Known, Publishers, Reason, Verdict};
pub use secret_key::{Password, SecretKey, SecretKeyFile};
pub use signature::{Signature, sign, verify};
pub use signer::{Signer, verify_evidence};
pub use subject::Subject;
