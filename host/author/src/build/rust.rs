//! Rust: cargo, and whichever compiler builds for wasm32-unknown-unknown on this machine.
//!
//! Two kinds of machine must both work, without a variable set by hand: one where rustup has added the target,
//! and one that cannot download toolchains, where Debian's compiler builds the standard library from source.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::Compiled;
use crate::error::AuthorError;
use crate::project::Project;
use crate::tool::{Tools, on_path};

/// The target: a plugin's imports are then exactly what its code uses.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The part of `cargo metadata` that is read.
#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

/// Compiles the project's package, and gives its core module, which carries its world.
pub(crate) fn compile(project: &Project, tools: &Tools) -> Result<Compiled, AuthorError> {
    let toolchain = Toolchain::find(&project.root)?;
    let metadata: Metadata = {
        let mut cargo = Command::new("cargo");
        cargo
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(&project.root);
        let said = tools.ask(&mut cargo, "cargo metadata")?;
        serde_json::from_str(&said).map_err(|error| AuthorError::PackageFile {
            file: "Cargo.toml",
            why: format!("cargo's description of it cannot be read: {error}"),
        })?
    };
    let mut cargo = toolchain.cargo(&metadata.workspace_root);
    cargo
        .current_dir(&project.root)
        .args(["build", "--release", "--target", TARGET])
        .args(["--package", &project.name]);
    if tools.offline() {
        cargo.arg("--offline");
    }
    tools.run(&mut cargo, "cargo build")?;
    let module = metadata
        .target_directory
        .join(TARGET)
        .join("release")
        .join(format!("{}.wasm", project.name.replace('-', "_")));
    let bytes = std::fs::read(&module).map_err(|_| AuthorError::World {
        why: format!("cargo built no {}", module.display()),
        hint: "in Cargo.toml, set `crate-type = [\"cdylib\"]` under [lib]".to_owned(),
    })?;
    toolchain.hides_its_paths(&bytes, &metadata.workspace_root)?;
    Ok(Compiled::Module {
        bytes,
        world_embedded: true,
        preview1: false,
    })
}

/// Debian's packages for the second kind of machine: compiler, its library's source, linker.
const DEBIAN_PACKAGES: &str = "rustc-web rust-web-src lld-19";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_RUSTDOC: &str = "/usr/bin/rustdoc";
const DEBIAN_LINKER: &str = "wasm-ld-19";

/// A compiler, its library for wasm32, and its linker.
#[derive(Debug)]
pub struct Toolchain {
    std: Std,
    sysroot: PathBuf,
    rustc: String,
    cargo: String,
    linker: Option<String>,
}

#[derive(Debug)]
enum Std {
    /// The ordinary compiler has the target's library.
    Installed,
    /// Debian's compiler, which builds it.
    FromSource,
}

impl Toolchain {
    /// `folder` is where cargo will run, which decides what rustup makes of `rustc`.
    ///
    /// # Errors
    /// `tool-missing`, with the commands that install one.
    pub fn find(folder: &Path) -> Result<Toolchain, AuthorError> {
        let missing = |tool: &str, what_for: String, install: String| AuthorError::ToolMissing {
            tool: tool.to_owned(),
            what_for,
            install,
        };
        if on_path("cargo").is_none() {
            return Err(missing(
                "cargo",
                "it builds plugins in Rust".to_owned(),
                "install rustup's stable toolchain: rustup.rs".to_owned(),
            ));
        }
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
        Err(missing(
            "a Rust compiler for WebAssembly",
            format!("none here builds for {TARGET}"),
            format!(
                "with rustup, `rustup target add {TARGET}`; on a Debian machine that cannot, `apt-get install \
                 {DEBIAN_PACKAGES}`"
            ),
        ))
    }

    /// What must be equal for two builds to give equal bytes.
    pub fn identity(&self) -> Vec<String> {
        let mut lines = vec![self.rustc.clone(), self.cargo.clone()];
        match (&self.std, &self.linker) {
            (Std::FromSource, Some(linker)) => {
                lines.push("std built from source".to_string());
                lines.push(format!("linker {linker}"));
            }
            _ => lines.push("std as installed by rustup".to_string()),
        }
        lines
    }

    /// Cargo, set up to compile the workspace in `root` with this toolchain reproducibly.
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

    /// Fails if a path of the building machine is in the module: it would tell where it was built, and differ
    /// elsewhere.
    fn hides_its_paths(&self, module: &[u8], root: &Path) -> Result<(), AuthorError> {
        let mut paths = vec![root.to_path_buf(), cargo_home()];
        paths.push(self.sysroot.join("lib/rustlib"));
        paths.extend(std::env::var_os("HOME").map(PathBuf::from));
        paths.retain(|path| path.components().count() > 1);
        match paths.iter().find(|path| holds(module, path)) {
            None => Ok(()),
            Some(path) => Err(AuthorError::World {
                why: format!("it holds a path of this machine, {}", path.display()),
                hint: "find what writes it (a build script, `env!`, `file!` of generated code), so that the \
                       component does not tell where it was built"
                    .to_owned(),
            }),
        }
    }
}

fn holds(bytes: &[u8], path: &Path) -> bool {
    let wanted = path.as_os_str().as_encoded_bytes();
    bytes.windows(wanted.len()).any(|window| window == wanted)
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

fn sysroot(rustc: &str, folder: &Path) -> Result<PathBuf, AuthorError> {
    let path = said(
        Command::new(rustc)
            .args(["--print", "sysroot"])
            .current_dir(folder),
    )?;
    Ok(PathBuf::from(path))
}

/// What a program says about itself.
fn said(command: &mut Command) -> Result<String, AuthorError> {
    let what = format!("{command:?}");
    let fail = |said: String| AuthorError::Failed {
        what: what.clone(),
        said,
    };
    let output = command.output().map_err(|error| fail(error.to_string()))?;
    if !output.status.success() {
        return Err(fail(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_the_bytes_is_found() {
        let home = Path::new("/home/someone");
        assert!(holds(b"\0asm /home/someone/src/lib.rs", home));
        assert!(!holds(b"\0asm /crates/serde/src/lib.rs", home));
    }
}
