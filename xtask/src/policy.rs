//! `xtask policy-wasm`: remit-policy is pure, so it builds where there is no system at all.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::plugins::root;
use crate::toolchain::{TARGET, Toolchain};

pub fn run() -> Result<()> {
    let root = root()?;
    let toolchain = Toolchain::find(&root)?;
    // The plugins' folder: where std is built from source, that is done once for both.
    let target = std::env::var_os("REMIT_PLUGINS_TARGET")
        .map_or_else(|| root.join("plugins-src/target"), PathBuf::from);
    let status = toolchain
        .cargo(&root)
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            "remit-policy",
            "--target",
            TARGET,
        ])
        .current_dir(&root)
        .env("CARGO_TARGET_DIR", target)
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("remit-policy does not build for {TARGET}: it must do no I/O");
    }
    println!("remit-policy builds for {TARGET}");
    Ok(())
}
