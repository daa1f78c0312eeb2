//! One pass over a component's sections: names, counts, metadata.

use wasmparser::{Parser, Payload};

use super::malformed;
use super::metadata::{Metadata, Producer, Producers};
use crate::codes::Code;
use crate::error::PackageError;

/// A Python component has some 60 core modules.
const MAX_MODULES: usize = 512;
/// Composed components nest a few.
const MAX_COMPONENTS: usize = 256;
/// All of WASI has some 40 interfaces.
const MAX_NAMES: usize = 512;
/// The longest name of an import or export: a package, an interface, a version.
const MAX_NAME: usize = 256;

#[derive(Default)]
pub(super) struct Scan {
    /// Sorted.
    pub imports: Vec<String>,
    /// Sorted.
    pub exports: Vec<String>,
    pub producers: Vec<Producer>,
    pub metadata: Metadata,
    pub modules: usize,
    pub components: usize,
}

pub(super) fn scan(bytes: &[u8]) -> Result<Scan, PackageError> {
    let mut scan = Scan::default();
    let mut producers = Producers::default();
    // The component itself is the first level.
    let mut depth = 0usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(|error| malformed(&error))? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ModuleSection { .. } => {
                scan.modules += 1;
                at_most(scan.modules, MAX_MODULES, "core modules")?;
            }
            Payload::ComponentSection { .. } => {
                scan.components += 1;
                at_most(scan.components, MAX_COMPONENTS, "components inside")?;
            }
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let import = import.map_err(|error| malformed(&error))?;
                    keep(&mut scan.imports, import.name.name)?;
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    let export = export.map_err(|error| malformed(&error))?;
                    keep(&mut scan.exports, export.name.name)?;
                }
            }
            Payload::CustomSection(section) => {
                producers.read(&section);
                if depth == 1 {
                    scan.metadata.read(&section);
                }
            }
            _ => {}
        }
    }
    scan.imports.sort_unstable();
    scan.exports.sort_unstable();
    scan.producers = producers.into_vec();
    Ok(scan)
}

fn keep(names: &mut Vec<String>, name: &str) -> Result<(), PackageError> {
    if name.len() > MAX_NAME {
        let message = format!("a name of an import or export has more than {MAX_NAME} bytes");
        return Err(PackageError::new(Code::ComponentTooLarge, message));
    }
    names.push(name.to_owned());
    at_most(names.len(), MAX_NAMES, "imports or exports")
}

fn at_most(count: usize, most: usize, what: &str) -> Result<(), PackageError> {
    if count <= most {
        return Ok(());
    }
    let message = format!("the component has more than {most} {what}");
    Err(PackageError::new(Code::ComponentTooLarge, message))
}
