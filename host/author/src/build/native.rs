//! C, C++ and Zig: one compiler for all three, zig, which brings its own C library and linker for WebAssembly.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Compiled;
use crate::error::AuthorError;
use crate::language::Language;
use crate::project::Project;
use crate::tool::{Tools, on_path};

/// The compiler as a Python package, pinned: the same one makes the same bytes on every machine.
const PACKAGE: &str = "ziglang==0.17.1";
/// What it calls itself. Another version may read another language: Zig's is not at rest yet.
const VERSION: &str = "0.17.1";

/// A megabyte, in front of everything else, so that one that overflows is a trap. The default is 16.
const STACK: &str = "-Wl,-z,stack-size=1048576";

/// What a module imports that wants the older WASI.
const PREVIEW1: &str = "wasi_snapshot_preview1";

/// Where a project reaches its helper library: a copy of its own, or, for the sample plugins, the one beside them.
const SDK_FOLDERS: [&str; 2] = ["remit-sdk", "../sdk/c"];

/// For the C library of WASI, of which only what the plugin calls is linked; each function in a section of its own,
/// so that the rest falls away. A reactor has no `main`.
const FLAGS: [&str; 11] = [
    "-target",
    "wasm32-wasi",
    "-mexec-model=reactor",
    "-Os",
    "-s",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-exceptions",
    "-Wall",
    // What the helper library does not use of yyjson.
    "-DYYJSON_DISABLE_UTILS=1",
    "-DYYJSON_DISABLE_NON_STANDARD=1",
];

/// Compiles the project, and gives its core module.
pub(crate) fn compile(project: &Project, tools: &Tools) -> Result<Compiled, AuthorError> {
    let zig = Zig::find(tools)?;
    let bytes = match project.language {
        Language::Zig => by_build_file(project, tools, &zig)?,
        _ => by_sources(project, tools, &zig)?,
    };
    Ok(Compiled::Module {
        preview1: imports_preview1(&bytes),
        bytes,
        world_embedded: false,
    })
}

/// How zig is called: by itself, or through the Python that it was installed into.
struct Zig {
    program: PathBuf,
    arguments: Vec<&'static str>,
}

impl Zig {
    /// The one on the PATH if it is the pinned one, else the one that is installed into Remit's cache.
    fn find(tools: &Tools) -> Result<Zig, AuthorError> {
        if let Some(program) = on_path("zig") {
            let said = Command::new(&program).arg("version").output();
            if said.is_ok_and(|it| String::from_utf8_lossy(&it.stdout).trim() == VERSION) {
                return Ok(Zig {
                    program,
                    arguments: Vec::new(),
                });
            }
        }
        let venv = tools.python_tool(&format!("zig-{VERSION}"), &[PACKAGE])?;
        Ok(Zig {
            program: venv.join("bin/python"),
            arguments: vec!["-m", "ziglang"],
        })
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(folder);
        command
    }
}

/// `zig build`, as its author would: build.zig says how.
fn by_build_file(project: &Project, tools: &Tools, zig: &Zig) -> Result<Vec<u8>, AuthorError> {
    let out = project.root.join("build/zig");
    // What an earlier build left there would be taken for this one's.
    if out.exists() {
        std::fs::remove_dir_all(&out).map_err(|error| AuthorError::io(&out, error))?;
    }
    let mut build = zig.command(&project.root);
    build.arg("build").arg("--prefix").arg(&out);
    build.args(["--color", "off"]);
    tools.run(&mut build, "zig build")?;
    let made = Path::new("build/zig/bin");
    let modules = if project.root.join(made).is_dir() {
        within(&project.root, made)?
    } else {
        Vec::new()
    };
    let [module] = modules.as_slice() else {
        return Err(AuthorError::World {
            why: format!("zig build made {} modules instead of one", modules.len()),
            hint: "in build.zig, call `remit.addPlugin` once".to_owned(),
        });
    };
    let module = project.root.join(module);
    std::fs::read(&module).map_err(|error| AuthorError::io(&module, error))
}

/// All sources below src/, with the helper library's, one by one: zig keeps what has not changed.
fn by_sources(project: &Project, tools: &Tools, zig: &Zig) -> Result<Vec<u8>, AuthorError> {
    let root = project.root.as_path();
    let sdk = SDK_FOLDERS
        .iter()
        .map(Path::new)
        .find(|it| root.join(it).is_dir())
        .ok_or_else(|| AuthorError::World {
            why: "the project has no folder remit-sdk/".to_owned(),
            hint: "take the one of a project that `remit new` makes".to_owned(),
        })?;
    let mut sources = below(root, Path::new("src"))?;
    for part in ["src", "src/sandbox", "bindings", "vendor"] {
        sources.extend(within(root, &sdk.join(part))?);
    }
    let is_cpp = project.language == Language::Cpp;
    let out = Path::new("build/objects");
    std::fs::create_dir_all(root.join(out))
        .map_err(|error| AuthorError::io(&root.join(out), error))?;

    let mut objects = Vec::new();
    for source in &sources {
        let (driver, standard) = match source.extension().and_then(OsStr::to_str) {
            Some("c") => ("cc", "-std=gnu11"),
            Some("cpp" | "cc" | "cxx") if is_cpp => ("c++", "-std=c++20"),
            _ => continue,
        };
        let object = out.join(format!("{}.o", objects.len()));
        let mut compile = zig.command(root);
        compile.arg(driver).args(FLAGS).arg(standard);
        if driver == "c++" {
            compile.arg("-fno-rtti");
        }
        // A path of this machine would be another elsewhere.
        compile.arg(format!("-ffile-prefix-map={}=.", root.display()));
        compile.arg("-I").arg(sdk.join("include"));
        compile.arg("-c").arg(source).arg("-o").arg(&object);
        tools.run(&mut compile, &format!("compiling {}", source.display()))?;
        objects.push(object);
    }

    let module = out.join("module.wasm");
    let mut link = zig.command(root);
    link.arg(if is_cpp { "c++" } else { "cc" })
        .args(FLAGS)
        .args(["-Wl,--gc-sections", STACK]);
    link.args(&objects).arg("-o").arg(&module);
    tools.run(&mut link, "linking")?;
    let module = root.join(module);
    std::fs::read(&module).map_err(|error| AuthorError::io(&module, error))
}

/// The files in a folder of the project, by name, with their paths from the project's root.
fn within(root: &Path, folder: &Path) -> Result<Vec<PathBuf>, AuthorError> {
    let io = |error| AuthorError::io(&root.join(folder), error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root.join(folder)).map_err(io)? {
        let entry = entry.map_err(io)?;
        if entry.file_type().map_err(io)?.is_file() {
            found.push(folder.join(entry.file_name()));
        }
    }
    found.sort();
    Ok(found)
}

/// The same, with those of all folders below it.
fn below(root: &Path, folder: &Path) -> Result<Vec<PathBuf>, AuthorError> {
    let mut found = within(root, folder)?;
    let io = |error| AuthorError::io(&root.join(folder), error);
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(root.join(folder)).map_err(io)? {
        let entry = entry.map_err(io)?;
        if entry.file_type().map_err(io)?.is_dir() {
            folders.push(folder.join(entry.file_name()));
        }
    }
    folders.sort();
    for inner in folders {
        found.extend(below(root, &inner)?);
    }
    Ok(found)
}

/// Whether a module wants the older WASI: what C's own files, environment and output come through.
fn imports_preview1(module: &[u8]) -> bool {
    wasmparser::Parser::new(0)
        .parse_all(module)
        .filter_map(Result::ok)
        .any(|payload| match payload {
            wasmparser::Payload::ImportSection(imports) => imports
                .into_imports()
                .filter_map(Result::ok)
                .any(|import| import.module == PREVIEW1),
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_wasi_is_seen() {
        let with = |module: &str| {
            wat::parse_str(format!("(module (import \"{module}\" \"x\" (func)))")).unwrap()
        };
        assert!(imports_preview1(&with(PREVIEW1)));
        assert!(!imports_preview1(&with("wasi:io/poll@0.2.12")));
        assert!(!imports_preview1(b"no module"));
    }

    #[test]
    fn sources_are_found_in_folders_in_an_order_that_is_always_the_same() {
        let root = tempfile::tempdir().unwrap();
        for file in ["src/b.c", "src/a.c", "src/z/y.c", "src/c/x.c"] {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = below(root.path(), Path::new("src")).unwrap();
        let found: Vec<_> = found.iter().map(|it| it.to_str().unwrap()).collect();
        assert_eq!(found, ["src/a.c", "src/b.c", "src/c/x.c", "src/z/y.c"]);
    }
}
