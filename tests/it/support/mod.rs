//! What the tests share: a workspace of one's own, and the program run in it.

pub mod agents;
mod browser;
pub mod docker_registry;
pub mod mcp;
pub mod mcp_clients;
mod prism;
mod prometheus;
pub mod radicale;
mod remit;
mod sample_tracker;
mod server;
mod session;
mod stranger;
mod terminal;
mod web;

pub use browser::{Browser, keys};
pub use prism::{Prism, documented_query};
pub use prometheus::Prometheus;
pub use radicale::Radicale;
pub use remit::{Outcome, Remit};
pub use sample_tracker::{SampleTracker, TRACKER, World, edit};
pub use server::Server;
pub use session::Session;
pub use stranger::{Stranger, sign_beside};
pub use terminal::Terminal;
pub use web::Web;

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A built component, or an error that says how to make it.
pub fn plugin(name: &str) -> PathBuf {
    let path = root().join("plugins").join(format!("{name}.wasm"));
    assert!(
        path.is_file(),
        "{} is missing: build it with `just plugins`",
        path.display()
    );
    path
}

/// A component that is built and not committed, for its size, or an error that says how to make it.
pub fn built(path: &str) -> PathBuf {
    let file = root().join(path);
    assert!(
        file.is_file(),
        "{path} is missing: build it with `remit build {}`",
        path.split("/build/").next().unwrap_or_default()
    );
    file
}

/// The hostile guest, driven by an opcode (plugins-src/evil/README.md).
pub fn evil() -> PathBuf {
    let path = root().join("tests/guests/evil.wasm");
    assert!(
        path.is_file(),
        "{} is missing: build it with `just plugins`",
        path.display()
    );
    path
}

/// The guest that knows nothing of Remit (plugins-src/plain).
pub fn plain() -> PathBuf {
    let path = root().join("tests/guests/plain.wasm");
    assert!(
        path.is_file(),
        "{} is missing: build it with `just plugins`",
        path.display()
    );
    path
}

/// The hostile guest with another description: see plugins-src/evil/README.md.
pub fn describing(remit: &Remit, description: &serde_json::Value) -> String {
    const MARK: &[u8] = b"REMIT-EVIL-DESCRIPTION-FOLLOWS>>";
    let mut bytes = std::fs::read(evil()).unwrap();
    let at = bytes
        .windows(MARK.len())
        .position(|window| window == MARK)
        .unwrap()
        + MARK.len();
    let text = description.to_string();
    bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
    remit.write("lying.wasm", bytes).display().to_string()
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())) {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
