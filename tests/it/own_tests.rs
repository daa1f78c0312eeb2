//! The tests that the helper libraries and the sample plugins carry in their own languages pass, in these languages' own
//! tools.

use crate::support::root;
use std::path::Path;
use std::process::{Command, Stdio};

fn passes(program: &Path, folder: &str, args: &[&str]) {
    let output = Command::new(program)
        .args(args)
        .current_dir(root().join(folder))
        .env("REMIT_HOME", root().join(".tools/workshop/home"))
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| {
            panic!(
                "{} cannot be run ({e}): run scripts/setup",
                program.display()
            )
        });
    assert!(
        output.status.success(),
        "{folder}: {} {args:?}: where something is not found, run scripts/setup\n{}{}",
        program.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A compiler that `remit build` installs: building a plugin does it where it is not there yet.
fn installed_by(plugin: &str, compiler: &str) -> std::path::PathBuf {
    passes(Path::new(env!("CARGO_BIN_EXE_remit")), plugin, &["build"]);
    root()
        .join(".tools/workshop/home/cache/tools/python")
        .join(compiler)
}

#[test]
fn of_c_and_cpp() {
    passes(Path::new("make"), "plugins-src/sdk/c", &["test"]);
}

#[test]
fn of_zig() {
    let python = installed_by("plugins-src/table", "zig-0.17.1/bin/python");
    for folder in ["plugins-src/sdk/zig", "plugins-src/table"] {
        passes(&python, folder, &["-m", "ziglang", "build", "test"]);
    }
}

#[test]
fn of_javascript_and_typescript() {
    for folder in ["plugins-src/sdk/ts", "plugins-src/tracker"] {
        passes(Path::new("npm"), folder, &["test", "--silent"]);
    }
}

#[test]
fn of_python() {
    for folder in ["plugins-src/sdk/python", "plugins-src/summary"] {
        passes(Path::new("python3"), folder, &["-m", "unittest"]);
    }
}

#[test]
fn of_go() {
    let go = installed_by("plugins-src/calendar", "go-1.27.3/bin/go");
    for folder in ["plugins-src/sdk/go", "plugins-src/calendar"] {
        passes(&go, folder, &["test", "./..."]);
    }
}
