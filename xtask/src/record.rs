//! plugins/toolchain.txt: what built the committed components, and their digests.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

const HEAD: &str = "\
# Written by `cargo run -p xtask -- plugins`: the toolchain that built the components, and what it gave.
# With the same toolchain, `--check` builds the same bytes again.
";

/// Sorted, so that the same build writes the same bytes.
#[derive(Debug, Default, PartialEq)]
pub struct Record {
    pub toolchain: Vec<String>,
    /// From the component's path to its digest.
    pub components: BTreeMap<String, String>,
}

impl Record {
    /// An absent file is an empty record.
    pub fn read(path: &Path) -> Result<Record> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Record::parse(&text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Record::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    fn parse(text: &str) -> Record {
        let mut record = Record::default();
        for line in text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            match line.split_once("  ") {
                Some((digest, path)) if digest.starts_with("sha256:") => {
                    record
                        .components
                        .insert(path.to_string(), digest.to_string());
                }
                _ => record.toolchain.push(line.to_string()),
            }
        }
        record
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        for line in &self.toolchain {
            writeln!(f, "{line}")?;
        }
        for (path, digest) in &self.components {
            writeln!(f, "{digest}  {path}")?;
        }
        Ok(())
    }
}

/// `sha256:` and 64 hex digits.
pub fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_what_it_wrote() {
        let record = Record {
            toolchain: vec![
                "rustc 1.96.0 (ac68faa20 2026-05-25)".to_string(),
                "std from source".to_string(),
            ],
            components: BTreeMap::from([("plugins/mail.wasm".to_string(), digest(b"mail"))]),
        };
        assert_eq!(Record::parse(&record.to_string()), record);
    }
}
