//! The keyring of a Linux desktop: the Secret Service, asked over the session's D-Bus.
//!
//! It is one for the person, whatever Remit's folders are. Nobody is asked to unlock it: a call must not wait for a
//! window that may never be seen. Where there is no session, or no service in it, that is known at once; where one does
//! not answer, after seconds.

use std::collections::HashMap;
use std::time::Duration;

use remit_sandbox::secrets::check_name;
use secret_service::{EncryptionType, Error, Item, SecretService};
use zeroize::Zeroizing;

use super::error::SecretStoreError;

/// How long the keyring may take to answer. Starting it is the longest of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What our items are known by, and nobody else's.
const SCHEMA: (&str, &str) = ("xdg:schema", "dev.remit.Secret");
const NAME: &str = "name";

/// What the library says, which has no types for it, where there is nobody to ask.
const NOBODY: [&str; 2] = [
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "Failed to connect to address",
];

/// The keyring, if there is one: that is found out each time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyring;

impl Keyring {
    pub(super) fn get(self, name: &str) -> Result<Option<Vec<u8>>, SecretStoreError> {
        let found = ask(async |service| {
            let items = service.search_items(of(name)).await?;
            let mut newest = None;
            for item in items.unlocked {
                let modified = item.get_modified().await?;
                if newest.as_ref().is_none_or(|(time, _)| modified >= *time) {
                    newest = Some((modified, item));
                }
            }
            match newest {
                Some((_, item)) => item.get_secret().await.map(Some),
                None if items.locked.is_empty() => Ok(None),
                None => Err(Error::Locked),
            }
        })?;
        Ok(found.flatten())
    }

    /// Whether it has the name, and can be told to forget it.
    pub(super) fn has(self, name: &str) -> Result<bool, SecretStoreError> {
        let found = ask(async |service| {
            let items = service.search_items(of(name)).await?;
            match items.locked.is_empty() {
                true => Ok(!items.unlocked.is_empty()),
                false => Err(Error::Locked),
            }
        })?;
        Ok(found.unwrap_or_default())
    }

    /// Whether there is a keyring, and so it is kept.
    pub(super) fn set(self, name: &str, value: &[u8]) -> Result<bool, SecretStoreError> {
        let label = format!("Remit: {name}");
        let value = Zeroizing::new(value.to_vec());
        let kept = ask(async |service| {
            let collection = service.get_default_collection().await?;
            // It would open a window and wait for a person.
            if collection.is_locked().await? {
                return Err(Error::Locked);
            }
            let item = collection.create_item(&label, of(name), &value, true, "text/plain");
            item.await.map(drop)
        })?;
        Ok(kept.is_some())
    }

    /// Whether it was there.
    pub(super) fn remove(self, name: &str) -> Result<bool, SecretStoreError> {
        let removed = ask(async |service| {
            let items = service.search_items(of(name)).await?;
            if !items.locked.is_empty() {
                return Err(Error::Locked);
            }
            for item in &items.unlocked {
                item.delete().await?;
            }
            Ok(!items.unlocked.is_empty())
        })?;
        Ok(removed.unwrap_or_default())
    }

    /// The names, as far as they can be seen; `failed` hears of what is locked.
    pub(super) fn names(
        self,
        failed: &mut Vec<SecretStoreError>,
    ) -> Result<Vec<String>, SecretStoreError> {
        let found = ask(async |service| {
            let items = service.search_items(HashMap::from([SCHEMA])).await?;
            let mut names = Vec::new();
            for item in items.unlocked.iter().chain(&items.locked) {
                names.extend(name_of(item).await?);
            }
            names.sort();
            names.dedup();
            Ok((names, !items.locked.is_empty()))
        })?;
        let (names, locked) = found.unwrap_or_default();
        if locked {
            failed.push(SecretStoreError::KeyringLocked);
        }
        Ok(names)
    }
}

fn of(name: &str) -> HashMap<&str, &str> {
    HashMap::from([SCHEMA, (NAME, name)])
}

/// Any program of the person can make an item like ours: what cannot name a secret is left out.
async fn name_of(item: &Item<'_>) -> Result<Option<String>, Error> {
    let name = item.get_attributes().await?.remove(NAME);
    Ok(name.filter(|name| check_name(name).is_ok()))
}

/// Asks the keyring; none if there is none.
fn ask<T>(
    work: impl AsyncFnOnce(&SecretService<'_>) -> Result<T, Error>,
) -> Result<Option<T>, SecretStoreError> {
    if !has_session() {
        return Ok(None);
    }
    let failed = |why: String| SecretStoreError::Keyring(remit_policy::display_safe(&why, 300));
    // Of its own: who asks waits, and may stand anywhere.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let asked = runtime.block_on(async {
        let work = async {
            let service = SecretService::connect(EncryptionType::Dh).await?;
            work(&service).await
        };
        tokio::time::timeout(PATIENCE, work).await
    });
    // Whatever the connection still waits for.
    runtime.shutdown_background();
    match asked {
        Ok(Ok(done)) => Ok(Some(done)),
        Ok(Err(Error::Unavailable)) => Ok(None),
        Ok(Err(Error::Locked)) => Err(SecretStoreError::KeyringLocked),
        Ok(Err(Error::NoResult)) => Err(failed("it has no default collection".to_owned())),
        Ok(Err(error)) => match error.to_string() {
            // A session without any such service, and one that has ended: its address is still in the environment.
            said if NOBODY.iter().any(|nobody| said.contains(nobody)) => Ok(None),
            said => Err(failed(said)),
        },
        Err(_) => Err(failed(format!("it does not answer within {PATIENCE:?}"))),
    }
}

/// Whether there is a session's bus to ask, without asking.
fn has_session() -> bool {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    set("DBUS_SESSION_BUS_ADDRESS").is_some()
        || set("XDG_RUNTIME_DIR").is_some_and(|dir| std::path::Path::new(&dir).join("bus").exists())
}
