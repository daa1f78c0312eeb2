//! Docker's `config.json`.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Credential, Secret, helper};
use crate::error::RegistryError;

/// Bytes of the file: with many registries and tokens it has some 20 KiB.
const MAX_CONFIG: u64 = 1 << 20;

/// The key under which docker keeps the credentials of its own registry.
const DOCKER_KEY: &str = "https://index.docker.io/v1/";
/// What that registry is called.
const DOCKER_NAMES: [&str; 4] = [
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
    "registry.docker.io",
];

/// The rest of the file is docker's own business.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    auths: BTreeMap<String, Auth>,
    creds_store: Option<String>,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    auth: Option<Secret>,
    username: Option<String>,
    password: Option<Secret>,
    identitytoken: Option<Secret>,
}

/// The credential of a registry: its own helper's, else the common store's, else what the file holds itself.
pub(super) fn find(folder: &Path, registry: &str) -> Result<Option<Credential>, RegistryError> {
    let path = folder.join("config.json");
    let fail = |why: String| RegistryError::Credentials {
        host: registry.to_owned(),
        why: format!("{}: {why}", crate::fetch::shown(&path)),
    };
    if !path.try_exists().unwrap_or(false) {
        return Ok(None);
    }
    let bytes = remit_package::read_file(&path, MAX_CONFIG)
        .map(Zeroizing::new)
        .map_err(|error| fail(error.message().to_owned()))?;
    // What serde_json quotes of a wrong value may be a password.
    let config: Config = crate::json::parse(&bytes)
        .map_err(|_| fail("it is not JSON of the form that docker writes".to_owned()))?;
    if let Some((key, name)) = entry(&config.cred_helpers, registry) {
        return helper::get(name, key, registry);
    }
    if let Some(name) = &config.creds_store
        && let Some(found) = helper::get(name, &server(registry), registry)?
    {
        return Ok(Some(found));
    }
    match entry(&config.auths, registry) {
        Some((_, auth)) => auth.credential().map_err(|why| fail(why.to_owned())),
        None => Ok(None),
    }
}

/// The entry of exactly this host and port. A key may be written as a URL; one with a path of its own, such as a
/// namespace of podman's, is for less than the registry, and is not taken for it.
fn entry<'a, T>(map: &'a BTreeMap<String, T>, registry: &str) -> Option<(&'a str, &'a T)> {
    let wanted = canonical(registry);
    map.iter()
        .find(|(key, _)| host_of(key).is_some_and(|host| canonical(host) == wanted))
        .map(|(key, value)| (key.as_str(), value))
}

fn host_of(key: &str) -> Option<&str> {
    let bare = key.strip_prefix("https://").unwrap_or(key);
    let bare = bare.strip_prefix("http://").unwrap_or(bare);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    matches!(path.trim_end_matches('/'), "" | "v1" | "v2").then_some(host)
}

fn canonical(host: &str) -> &str {
    if DOCKER_NAMES.contains(&host) {
        return "docker.io";
    }
    host.strip_suffix(":443").unwrap_or(host)
}

/// How a registry is called in a store of credentials.
fn server(registry: &str) -> String {
    if DOCKER_NAMES.contains(&registry) {
        return DOCKER_KEY.to_owned();
    }
    registry.to_owned()
}

impl Auth {
    fn credential(&self) -> Result<Option<Credential>, &'static str> {
        if let Some(token) = self
            .identitytoken
            .clone()
            .filter(|token| !token.expose().is_empty())
        {
            return Ok(Some(Credential::Identity(token)));
        }
        if let Some(auth) = self.auth.as_ref().filter(|auth| !auth.expose().is_empty()) {
            const ANY_PADDING: GeneralPurposeConfig = GeneralPurposeConfig::new()
                .with_decode_padding_mode(DecodePaddingMode::Indifferent);
            let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, ANY_PADDING);
            let wrong = "an `auth` is not the base64 of NAME:PASSWORD";
            let text = engine.decode(auth.expose()).map_err(|_| wrong)?;
            let text = Zeroizing::new(String::from_utf8(text).map_err(|_| wrong)?);
            let (user, password) = text.split_once(':').ok_or(wrong)?;
            return Ok(Some(Credential::Basic {
                user: user.to_owned(),
                // Docker once padded it with NUL.
                password: Secret::from(password.trim_end_matches('\0').to_owned()),
            }));
        }
        match (&self.username, &self.password) {
            (Some(user), Some(password)) if !user.is_empty() => Ok(Some(Credential::Basic {
                user: user.clone(),
                password: password.clone(),
            })),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
