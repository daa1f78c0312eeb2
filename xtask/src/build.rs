//! Cargo in plugins-src/: which crates are plugins, and their core modules.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::toolchain::{TARGET, Toolchain};

/// A crate of plugins-src/ that becomes a component.
pub struct Crate {
    pub name: String,
    /// Where the component goes, from the repository's root. `[package.metadata.remit] output` changes the
    /// default, `plugins/NAME.wasm`.
    pub output: String,
}

/// The crates of plugins-src/ that are a `cdylib`, by name.
pub fn crates(root: &Path) -> Result<Vec<Crate>> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root.join("plugins-src"))
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!(
            "cargo metadata failed in plugins-src:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut crates = Vec::new();
    for package in list(metadata.get("packages")) {
        let is_plugin = list(package.get("targets"))
            .any(|target| list(target.get("crate_types")).any(|kind| kind == "cdylib"));
        let Some(name) = package.get("name").and_then(Value::as_str) else {
            continue;
        };
        if is_plugin {
            let output = package
                .pointer("/metadata/remit/output")
                .and_then(Value::as_str);
            let output = output.map_or_else(|| format!("plugins/{name}.wasm"), str::to_string);
            crates.push(Crate {
                name: name.to_string(),
                output,
            });
        }
    }
    crates.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(crates)
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// Compiles the crates and returns their core modules, in the same order.
pub fn build(root: &Path, toolchain: &Toolchain, crates: &[Crate]) -> Result<Vec<Vec<u8>>> {
    let source = root.join("plugins-src");
    // Its own folder wherever the caller's target folder is: the committed lock and the remapped paths make
    // the result independent of it.
    let target =
        std::env::var_os("REMIT_PLUGINS_TARGET").map_or(source.join("target"), PathBuf::from);
    let mut cargo = toolchain.cargo(root);
    cargo.current_dir(&source).env("CARGO_TARGET_DIR", &target);
    cargo.args(["build", "--release", "--locked", "--target", TARGET]);
    for it in crates {
        cargo.args(["--package", &it.name]);
    }
    let status = cargo.status().context("cannot run cargo")?;
    if !status.success() {
        bail!("the plugins do not build");
    }
    let folder = target.join(TARGET).join("release");
    crates
        .iter()
        .map(|it| {
            let module = folder.join(format!("{}.wasm", it.name.replace('-', "_")));
            std::fs::read(&module).with_context(|| format!("cannot read {}", module.display()))
        })
        .collect()
}
