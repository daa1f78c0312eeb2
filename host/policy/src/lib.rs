//! Decides what a plugin may do.
//!
//! Pure: text and numbers in, a decision out. No I/O, no clock, no async, no wasmtime; it builds for wasm32.
//! It knows none of Remit's other crates, and each of them asks it.
//!
//! The grammar of a permission ([`Grant`]), its three layers (what a skill grants, what a plugin needs, what
//! the operator's policy lets through), and [`Authority`], which holds all three and judges each request. What
//! is judged is what must be used: [`HttpAllowed`] carries the exact bytes to send.
//!
//! ```
//! use remit_policy::{Authority, Grant, Grants, HttpAsk, Layer, Limits, OperatorPolicy};
//!
//! let grant = Grant::parse(Layer::Grant, "http GET https://api.example.org/v1/**")?;
//! let grants = Grants::new(vec![grant])?;
//! let authority = Authority::new(grants, None, &OperatorPolicy::default(), Limits::default());
//!
//! let mut asked = HttpAsk {
//!     method: "GET",
//!     scheme: "https",
//!     authority: "api.example.org",
//!     path_and_query: "/v1/items?page=2",
//! };
//! assert!(authority.http(&asked).is_ok());
//!
//! asked.path_and_query = "/admin";
//! let denial = authority.http(&asked).unwrap_err();
//! assert_eq!(denial.code(), "http-path-denied");
//! let narrowest = denial.narrowest.map(|grant| grant.to_string());
//! assert_eq!(narrowest.as_deref(), Some("http GET https://api.example.org/admin"));
//! # Ok::<(), remit_policy::GrantError>(())
//! ```

mod address;
mod authority;
mod class;
mod config;
mod coverage;
mod denial;
mod effect;
mod error;
mod fault;
mod files;
mod grant;
mod grants;
mod http;
mod limits;
mod needs;
mod operation;
mod placeholder;
mod policy;
mod secret;
mod signers;
mod size;
mod text;
mod toml_form;
mod words;

pub use address::{is_public, unwrap_address};
pub use authority::{Allowed, Authority, FileQuota, MountId};
pub use class::ErrorClass;
pub use config::{ConfigGrant, ConfigValue};
pub use coverage::{Excess, ExcessKind};
pub use denial::{Denial, DenialCode, RuleId};
pub use effect::Effect;
pub use error::GrantError;
pub use fault::{Fault, FaultKind};
pub use files::{Access, FilesGrant, GuestPath, HostPath};
pub use grant::{Grant, Layer};
pub use grants::Grants;
pub use http::{
    CanonicalUrl, HostPattern, HttpAllowed, HttpAsk, HttpGrant, Method, Methods, OriginPattern,
    PathPattern, PortPattern, Scheme, SchemePattern, host_owns_header,
};
pub use ipnet::IpNet;
pub use limits::{Limits, LimitsCeiling, LimitsTable};
pub use needs::{Need, Needs};
pub use operation::operation_allowed;
pub use placeholder::ConfigRef;
pub use policy::{Capability, OperatorPolicy, PolicyKey};
pub use secret::SecretGrant;
pub use signers::{SignerDenial, SignerName};
pub use size::ByteSize;
pub use text::{display_safe, is_display_safe};
pub use toml_form::{AuthTable, FilesTable, HttpTable};
