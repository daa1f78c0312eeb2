//! Packs the templates, the helper libraries and the WIT package into one archive, which becomes part of the program:
//! as they lie there they would be two megabytes of it.

use std::error::Error;
use std::fs::File;
use std::path::Path;

use flate2::{Compression, GzBuilder};

/// The folders, by the names that they have in the archive.
const FOLDERS: [(&str, &str); 3] = [
    ("templates", "templates"),
    ("sdk", "../../plugins-src/sdk"),
    ("wit", "../../wit"),
];

/// What tools leave in a folder.
const LEFTOVERS: [&str; 7] = [
    "target",
    "node_modules",
    "build",
    "__pycache__",
    ".venv",
    ".zig-cache",
    "zig-out",
];

fn main() -> Result<(), Box<dyn Error>> {
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let file = File::create(Path::new(&out).join("embedded.tar.gz"))?;
    // No time and no file's owner in it: the same files give the same bytes.
    let packed = GzBuilder::new().mtime(0).write(file, Compression::best());
    let mut archive = tar::Builder::new(packed);
    archive.mode(tar::HeaderMode::Deterministic);
    for (name, folder) in FOLDERS {
        println!("cargo::rerun-if-changed={folder}");
        add(&mut archive, name, Path::new(folder))?;
    }
    archive.into_inner()?.finish()?;
    Ok(())
}

fn add<W: std::io::Write>(
    archive: &mut tar::Builder<W>,
    name: &str,
    folder: &Path,
) -> Result<(), Box<dyn Error>> {
    let mut entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        let file_name = entry.file_name();
        let file_name = file_name.to_str().ok_or("a name that is not UTF-8")?;
        let name = format!("{name}/{file_name}");
        let is_test = name.starts_with("sdk/")
            && (matches!(file_name, "test" | "tests" | "Makefile")
                || file_name.ends_with("_test.go"));
        if is_test || LEFTOVERS.contains(&file_name) || file_name.ends_with(".pyc") {
            continue;
        }
        let kind = entry.file_type()?;
        // The Rust library's link to the WIT package, which a project has in its own place.
        if kind.is_symlink() {
            continue;
        }
        if kind.is_dir() {
            add(archive, &name, &entry.path())?;
        } else {
            archive.append_path_with_name(entry.path(), &name)?;
        }
    }
    Ok(())
}
