//! Fetches and publishes plugins and skills: files, https, OCI registries.
//!
//! Everything here comes from strangers, or goes to them. What is fetched is counted and digested while it streams,
//! into a folder of the caller's, and is nobody's plugin until the caller has verified it. Credentials go to the
//! registry that they are for, and nowhere else.
//!
//! ```no_run
//! # async fn example(folder: &std::path::Path) -> Result<(), remit_registry::RegistryError> {
//! use remit_registry::{Fetcher, Options, Source};
//!
//! let source: Source = "oci://ghcr.io/acme/mail:1.2.0".parse()?;
//! let fetched = Fetcher::new(Options::default()).fetch(&source, folder, None).await?;
//! println!("{} is {}", fetched.resolved, fetched.digest);
//! # Ok(())
//! # }
//! ```

mod archive;
mod credentials;
mod error;
mod fetch;
mod http;
mod json;
mod limits;
mod network;
mod oci;
mod publish;
mod source;

pub use archive::{Packed, Unpacked, pack, unpack};
pub use credentials::{Credential, Credentials, Secret};
pub use error::RegistryError;
pub use fetch::{Fetched, Fetcher, Kind, Offered, Options, Resolved};
pub use limits::{Deadlines, MAX_CONTENT_BYTES, MAX_SIGNATURE_BYTES, MAX_SIGNATURES};
pub use network::{Network, SystemNetwork, tls_config};
pub use publish::Published;
pub use source::{Pin, Reference, Source, WebUrl};
