//! The sample plugins: which folders of plugins-src/ are one, and where their components go.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use remit_author::Language;
use serde_json::Value;

/// A folder of plugins-src/ that becomes a component.
pub struct Sample {
    /// The folder's name.
    pub name: String,
    pub folder: PathBuf,
    pub language: Language,
    /// Where the component is committed, from the repository's root; `None` for one that is too large for that, and
    /// stays in the folder's `build/`.
    pub output: Option<String>,
}

/// Components that are not committed: with an interpreter inside, they are many megabytes.
const NOT_COMMITTED: &[&str] = &["summary"];

/// All of them, by name.
pub fn all(root: &Path) -> Result<Vec<Sample>> {
    let source = root.join("plugins-src");
    let rust = rust_outputs(&source)?;
    let mut samples = Vec::new();
    let entries = std::fs::read_dir(&source).context("cannot read plugins-src")?;
    for entry in entries {
        let folder = entry?.path();
        let Some(name) = folder.file_name().and_then(|it| it.to_str()) else {
            continue;
        };
        let Ok(language) = Language::detect(&folder) else {
            continue;
        };
        let output = match language {
            Language::Rust => match rust.get(name) {
                Some(output) => Some(output.clone()),
                // A library that plugins share.
                None => continue,
            },
            _ if NOT_COMMITTED.contains(&name) => None,
            _ => Some(format!("plugins/{name}.wasm")),
        };
        samples.push(Sample {
            name: name.to_owned(),
            language,
            output,
            folder,
        });
    }
    samples.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(samples)
}

/// The packages of the Rust workspace that are a `cdylib`, with their output: `[package.metadata.remit] output`
/// changes the default, `plugins/NAME.wasm`.
fn rust_outputs(source: &Path) -> Result<BTreeMap<String, String>> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(source)
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!(
            "cargo metadata failed in plugins-src:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut outputs = BTreeMap::new();
    for package in list(metadata.get("packages")) {
        let is_plugin = list(package.get("targets"))
            .any(|target| list(target.get("crate_types")).any(|kind| kind == "cdylib"));
        let name = package.get("name").and_then(Value::as_str);
        if let (true, Some(name)) = (is_plugin, name) {
            let output = package
                .pointer("/metadata/remit/output")
                .and_then(Value::as_str);
            let output = output.map_or_else(|| format!("plugins/{name}.wasm"), str::to_string);
            outputs.insert(name.to_string(), output);
        }
    }
    Ok(outputs)
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}
