//! From a core module to a component.

use anyhow::{Context, Result, bail};
use wit_component::ComponentEncoder;

/// Wraps a core module that carries its WIT world, as `wasm-tools component new` does, and validates the result.
pub fn from_module(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)
        .context("the module says no WIT world")?
        .encode()
        .context("the module is not what its WIT world says")
}

/// Fails if one of these paths of the building machine is in the component: it would tell where it was built,
/// and differ elsewhere.
pub fn holds_no_path(component: &[u8], paths: &[String]) -> Result<()> {
    for path in paths {
        if let Some(at) = find(component, path.as_bytes()) {
            let around = component
                .get(at..(at + 120).min(component.len()))
                .unwrap_or_default();
            bail!(
                "holds a path of this machine: {}",
                String::from_utf8_lossy(around)
            );
        }
    }
    Ok(())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_the_bytes_is_found() {
        let paths = vec!["/home/someone".to_string()];
        assert!(holds_no_path(b"\0asm /home/someone/src/lib.rs", &paths).is_err());
        assert!(holds_no_path(b"\0asm /crates/serde/src/lib.rs", &paths).is_ok());
    }
}
