//! Looks at a component without running it.

mod features;
mod format;
mod imports;
mod metadata;
mod scan;

use remit_policy::display_safe;
use serde::{Deserialize, Serialize};

use crate::codes::Code;
use crate::error::PackageError;

pub(crate) use features::validate;
pub use metadata::{Metadata, Producer};

/// The interface that a plugin exports.
pub const CONNECTOR: &str = "remit:connector/connector@0.1.0";

/// The largest component that is read: an interpreter with its library is some 40 MiB.
pub const MAX_COMPONENT_BYTES: u64 = 64 << 20;

/// What a component says about itself in its bytes. All text in it is the author's: escape before showing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inspection {
    /// Names of the imported interfaces, sorted, with versions.
    pub imports: Vec<String>,
    /// Names of the exports, sorted, with versions.
    pub exports: Vec<String>,
    /// The `producers` sections: what tools made it.
    pub producers: Vec<Producer>,
    /// What the author wrote into the metadata sections.
    pub metadata: Metadata,
    /// Bytes.
    pub size: u64,
    /// Core modules inside, at any depth.
    pub modules: usize,
    /// Components inside, at any depth, itself not counted.
    pub components: usize,
    /// Whether it exports [`CONNECTOR`], and so is a plugin.
    pub is_connector: bool,
}

impl Inspection {
    /// The classes of authority that the imports could use if they were granted, sorted.
    pub fn capabilities(&self) -> Vec<Capability> {
        let mut found: Vec<_> = self
            .imports
            .iter()
            .filter_map(|import| Capability::of(import))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether it exports the connector, of any version.
    pub fn exports_a_connector(&self) -> bool {
        self.some_connector().is_some()
    }

    fn some_connector(&self) -> Option<&String> {
        let near = CONNECTOR.split('@').next().unwrap_or(CONNECTOR);
        self.exports
            .iter()
            .find(|name| name.split('@').next() == Some(near))
    }

    /// Fails with `component-not-a-connector` if it is not a plugin.
    pub fn require_connector(&self) -> Result<(), PackageError> {
        if self.is_connector {
            return Ok(());
        }
        let other = self.some_connector();
        let message = match other {
            Some(other) => format!(
                "the component exports `{}`, and this Remit uses `{CONNECTOR}`",
                display_safe(other, 120)
            ),
            None => format!("the component does not export `{CONNECTOR}`"),
        };
        Err(
            PackageError::new(Code::ComponentNotConnector, message).hinted(
                "a plugin is built against the world `remit:connector/plugin`; see wit/world.wit",
            ),
        )
    }
}

/// A class of authority, as the permission card groups imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// `wasi:http`
    Http,
    /// `wasi:filesystem`
    Files,
    /// `wasi:config`
    Config,
    /// `wasi:sockets`: linked, denies always.
    Sockets,
    /// `wasi:clocks`: granted to every call.
    Clocks,
    /// `wasi:random`: granted to every call.
    Random,
    /// `wasi:cli` and `wasi:io`: an empty environment, output becomes log lines.
    Streams,
    /// `remit:connector/log`
    Log,
}

impl Capability {
    /// The class that an interface belongs to; `None` for one that holds only types.
    pub fn of(interface: &str) -> Option<Capability> {
        Some(match interface.split('/').next()? {
            "wasi:http" => Capability::Http,
            "wasi:filesystem" => Capability::Files,
            "wasi:config" => Capability::Config,
            "wasi:sockets" => Capability::Sockets,
            "wasi:clocks" => Capability::Clocks,
            "wasi:random" => Capability::Random,
            "wasi:cli" | "wasi:io" => Capability::Streams,
            "remit:connector" if interface.starts_with("remit:connector/log") => Capability::Log,
            _ => return None,
        })
    }
}

/// Inspects a component's bytes; never runs anything.
///
/// Refuses, each with a code of its own: nothing at all, a core module, compiled code, WebAssembly text, other
/// bytes, a damaged component, one that needs a feature or an import that Remit does not have (named in the
/// message), and one that is too large.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, PackageError> {
    if bytes.len() as u64 > MAX_COMPONENT_BYTES {
        let message = format!(
            "the component is larger than {} MiB",
            MAX_COMPONENT_BYTES >> 20
        );
        return Err(PackageError::new(Code::ComponentTooLarge, message));
    }
    format::check(bytes)?;
    let scan = scan::scan(bytes)?;
    let types = features::validate(bytes)?;
    imports::check(&scan.imports, &types)?;
    Ok(Inspection {
        is_connector: scan.exports.iter().any(|name| name == CONNECTOR),
        imports: scan.imports,
        exports: scan.exports,
        producers: scan.producers,
        metadata: scan.metadata,
        size: bytes.len() as u64,
        modules: scan.modules,
        components: scan.components,
    })
}

/// What wasmparser says about bytes that it cannot read.
fn malformed(error: &wasmparser::Error) -> PackageError {
    let why = display_safe(error.message(), 200);
    PackageError::new(
        Code::ComponentMalformed,
        format!(
            "the component is not valid at byte {}: {why}",
            error.offset()
        ),
    )
    .hinted("it may be damaged or cut short: fetch or build it again")
}
