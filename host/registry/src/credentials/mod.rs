//! Credentials for registries, from docker's configuration, found when a registry asks for them and never kept.

mod config;
mod helper;
mod secret;

use std::path::PathBuf;
use std::sync::Arc;

pub use secret::Secret;

use crate::error::RegistryError;

/// What proves to a registry who asks. Its secret cannot be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A name and password.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A token that is exchanged for others at the registry's token service.
    Identity(Secret),
}

/// Where credentials are found.
#[derive(Clone, Debug)]
pub struct Credentials(Arc<Place>);

#[derive(Debug)]
enum Place {
    Nowhere,
    /// The folder with docker's `config.json`.
    Docker(PathBuf),
}

impl Credentials {
    /// Docker's: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`; with `auths`, `credHelpers`, `credsStore`.
    pub fn from_env() -> Credentials {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let folder = set("DOCKER_CONFIG")
            .map(PathBuf::from)
            .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".docker")));
        Credentials(Arc::new(folder.map_or(Place::Nowhere, Place::Docker)))
    }

    /// Docker's, from another folder.
    pub fn docker(folder: impl Into<PathBuf>) -> Credentials {
        Credentials(Arc::new(Place::Docker(folder.into())))
    }

    /// None: everything is asked for as anybody.
    pub fn none() -> Credentials {
        Credentials(Arc::new(Place::Nowhere))
    }

    /// The credential of one registry (`HOST[:PORT]`), if there is one. May run a helper: for a thread that may wait.
    pub(crate) fn find(&self, registry: &str) -> Result<Option<Credential>, RegistryError> {
        match self.0.as_ref() {
            Place::Nowhere => Ok(None),
            Place::Docker(folder) => config::find(folder, registry),
        }
    }
}
