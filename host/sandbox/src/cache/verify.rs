//! Whether all that is kept as compiled code could be loaded, said without loading it.

use super::Cache;
use std::io;

/// The files of compiled code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompiledCode {
    /// How many this user wrote with this cache's key.
    pub good: usize,
    /// The others, each with what is wrong with it. They are never loaded.
    pub bad: Vec<(String, String)>,
}

impl Cache {
    /// Looks at every file of compiled code, also of other versions of the engine. What is being written is passed over.
    pub(crate) fn verify(&self) -> io::Result<CompiledCode> {
        let mut found = CompiledCode::default();
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".cwasm") {
                names.push(name);
            }
        }
        names.sort_unstable();
        for name in names {
            match self.trusted(&name) {
                Ok(Some(_)) => found.good += 1,
                // Another process has just removed it.
                Ok(None) => {}
                Err(error) => found.bad.push((name, error.to_string())),
            }
        }
        Ok(found)
    }
}
