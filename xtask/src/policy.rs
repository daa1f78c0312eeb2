//! `xtask policy-wasm`: remit-policy is pure, so it builds where there is no system at all.

use anyhow::{Context, Result, bail};
use remit_author::{RUST_TARGET as TARGET, Toolchain};

use crate::plugins::{root, shown};

pub fn run() -> Result<()> {
    let root = root()?;
    let toolchain = Toolchain::find(&root).map_err(shown)?;
    // The plugins' folder, and their flags: where std is built from source, that is done once for both.
    let plugins = root.join("plugins-src");
    let status = toolchain
        .cargo(&plugins)
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
        .env("CARGO_TARGET_DIR", plugins.join("target"))
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("remit-policy does not build for {TARGET}: it must do no I/O");
    }
    println!("remit-policy builds for {TARGET}");
    Ok(())
}
