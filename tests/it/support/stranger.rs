//! Plugins that a stranger wrote: the hostile guest under any description, signed by anybody.

use super::{Remit, describing};
use remit_package::Digest;
use remit_sign::{SecretKey, Subject, sign};
use serde_json::{Value, json};
use std::path::Path;

/// A plugin's description, to be changed.
#[derive(Clone)]
pub struct Stranger(pub Value);

impl Stranger {
    /// One operation, `search`, which reads; one need.
    pub fn new(name: &str, version: &str) -> Stranger {
        Stranger(json!({
            "name": name, "version": version, "summary": "Searches mail",
            "operations": [operation("search", "read")],
            "needs": [{"grant": "http GET https://mail.example.org/v1/**", "reason": "to search"}],
        }))
    }

    /// With another operation.
    pub fn offering(mut self, name: &str, effect: &str) -> Stranger {
        self.0["operations"]
            .as_array_mut()
            .unwrap()
            .push(operation(name, effect));
        self
    }

    /// With this need alone.
    pub fn needing(mut self, grant: &str) -> Stranger {
        self.0["needs"] = json!([{"grant": grant, "reason": "to search"}]);
        self
    }

    /// With another text for a key.
    pub fn saying(mut self, key: &str, text: &str) -> Stranger {
        self.0[key] = text.into();
        self
    }

    /// Writes the component, unsigned: a signature that lay beside it goes.
    pub fn write(&self, remit: &Remit, path: &Path) {
        let made = describing(remit, &self.0);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::rename(made, path).unwrap();
        for ending in ["minisig", "pub"] {
            let beside = format!("{}.{ending}", path.display());
            let _ = std::fs::remove_file(beside);
        }
    }

    /// Writes it with a signature beside it.
    pub fn write_signed(&self, remit: &Remit, path: &Path, key: &SecretKey) {
        self.write(remit, path);
        let name = self.0["name"].as_str().unwrap();
        sign_beside(path, key, name, self.0["version"].as_str().unwrap());
    }
}

/// Signs a file as this name and version, with the signature and the key beside it.
pub fn sign_beside(path: &Path, key: &SecretKey, name: &str, version: &str) {
    let content = std::fs::read(path).unwrap();
    let subject = Subject::new(name, version, Digest::of(&content)).unwrap();
    let shown = path.display();
    std::fs::write(format!("{shown}.minisig"), sign(key, &content, &subject)).unwrap();
    std::fs::write(format!("{shown}.pub"), key.public().file_text()).unwrap();
}

fn operation(name: &str, effect: &str) -> Value {
    json!({
        "name": name, "summary": "Does it", "input_schema": {"type": "object"},
        "output_schema": {}, "effect": effect, "idempotent": true,
    })
}
