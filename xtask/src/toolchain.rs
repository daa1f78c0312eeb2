//! Which compiler builds for wasm32-unknown-unknown on this machine.
//!
//! Two kinds of machine must both work, without a variable set by hand: one where rustup has added the target,
//! and one that cannot download toolchains, where Debian's compiler builds the standard library from source.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::record;

pub const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's packages for the second kind of machine: compiler, its library's source, linker.
const DEBIAN_PACKAGES: &str = "rustc-web rust-web-src lld-19";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_RUSTDOC: &str = "/usr/bin/rustdoc";
const DEBIAN_LINKER: &str = "wasm-ld-19";

pub struct Toolchain {
    std: Std,
    sysroot: PathBuf,
    rustc: String,
    cargo: String,
    linker: Option<String>,
}

enum Std {
    /// The ordinary compiler has the target's library.
    Installed,
    /// Debian's compiler, which builds it.
    FromSource,
}

impl Toolchain {
    /// `folder` is where cargo will run, which decides what rustup makes of `rustc`.
    pub fn find(folder: &Path) -> Result<Toolchain> {
        let cargo = said(Command::new("cargo").arg("-V").current_dir(folder))?;
        let sysroot = sysroot("rustc", folder)?;
        if sysroot.join("lib/rustlib").join(TARGET).is_dir() {
            let rustc = said(Command::new("rustc").arg("-V").current_dir(folder))?;
            return Ok(Toolchain {
                std: Std::Installed,
                sysroot,
                rustc,
                cargo,
                linker: None,
            });
        }
        let debian = Path::new(DEBIAN_RUSTC);
        let source = Path::new("/usr/lib/rustlib/src/rust/library/Cargo.lock");
        let linker = said(Command::new(DEBIAN_LINKER).arg("--version"));
        if let (true, true, Ok(linker)) = (debian.exists(), source.exists(), linker) {
            return Ok(Toolchain {
                std: Std::FromSource,
                sysroot: self::sysroot(DEBIAN_RUSTC, folder)?,
                rustc: said(Command::new(DEBIAN_RUSTC).arg("-V"))?,
                cargo,
                linker: Some(linker),
            });
        }
        bail!(
            "no compiler here builds for {TARGET}\nhint: with rustup, run `rustup target add {TARGET}`; on a \
             Debian machine that cannot, run `apt-get install {DEBIAN_PACKAGES}`"
        )
    }

    /// What must be equal for two builds to give equal bytes. The checkout's folder is part of it, as a digest: two of
    /// the plugins come out with the same size and other bytes in another folder, although its path is remapped.
    pub fn identity(&self, root: &Path) -> Vec<String> {
        let mut lines = vec![self.rustc.clone(), self.cargo.clone()];
        let folder = record::digest(root.as_os_str().as_encoded_bytes());
        lines.push(format!("checkout in a folder whose path has {folder}"));
        match (&self.std, &self.linker) {
            (Std::FromSource, Some(linker)) => {
                lines.push("std built from source".to_string());
                lines.push(format!("linker {linker}"));
            }
            _ => lines.push("std as installed by rustup".to_string()),
        }
        lines
    }

    /// Cargo, set up to compile with this toolchain reproducibly.
    pub fn cargo(&self, root: &Path) -> Command {
        let mut cargo = Command::new("cargo");
        // Whatever the caller's cargo left in the environment is of the host's build, not of this one.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let foreign = [
                "CARGO_ENCODED_RUSTFLAGS",
                "RUSTFLAGS",
                "RUSTC",
                "RUSTC_WRAPPER",
                "CARGO_INCREMENTAL",
            ];
            if foreign.contains(&text.as_ref()) || text.starts_with("CARGO_PROFILE_") {
                cargo.env_remove(name);
            }
        }
        let flags: Vec<String> = self
            .remapped(root)
            .into_iter()
            .map(|(from, to)| format!("--remap-path-prefix={from}={to}"))
            .collect();
        // 0x1f separates flags here, so that a path may hold blanks.
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
        if let Std::FromSource = self.std {
            cargo
                .env("RUSTC", DEBIAN_RUSTC)
                .env("RUSTDOC", DEBIAN_RUSTDOC)
                // Debian's compiler is a stable one, and building std is not stable.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", DEBIAN_LINKER)
                .arg("-Zbuild-std=std,panic_abort");
        }
        cargo
    }

    /// Folders of this machine and what stands for them in the binaries: panics name source files.
    fn remapped(&self, root: &Path) -> Vec<(String, String)> {
        let mut all = vec![(
            self.sysroot.join("lib/rustlib/src/rust"),
            "/rust".to_string(),
        )];
        // A distribution's sources are reached by another path than the link in its sysroot.
        if let Ok(real) = self.sysroot.join("lib/rustlib/src/rust").canonicalize() {
            all.push((real, "/rust".to_string()));
        }
        for registry in registries() {
            all.push((registry, "/crates".to_string()));
        }
        all.push((root.to_path_buf(), "/remit".to_string()));
        all.into_iter()
            .map(|(from, to)| (from.to_string_lossy().into_owned(), to))
            .collect()
    }

    /// What must not be found in a built component.
    pub fn private_paths(&self, root: &Path) -> Vec<String> {
        let mut paths = vec![
            root.to_path_buf(),
            cargo_home(),
            self.sysroot.join("lib/rustlib"),
        ];
        paths.extend(std::env::var_os("HOME").map(PathBuf::from));
        paths.retain(|path| path.components().count() > 1);
        paths
            .into_iter()
            .map(|path| path.to_string_lossy().into_owned())
            .collect()
    }
}

fn cargo_home() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

/// The folders with the sources of crates, one for each registry that cargo uses.
fn registries() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(cargo_home().join("registry/src"));
    let mut found: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|it| it.path())
        .collect();
    found.sort();
    found
}

fn sysroot(rustc: &str, folder: &Path) -> Result<PathBuf> {
    let path = said(
        Command::new(rustc)
            .args(["--print", "sysroot"])
            .current_dir(folder),
    )?;
    Ok(PathBuf::from(path))
}

fn said(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!(
            "{command:?} failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
}
