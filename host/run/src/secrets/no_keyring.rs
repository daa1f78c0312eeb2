//! Where no keyring is known: secrets are kept in the encrypted file.

use super::error::SecretStoreError;

/// There is none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyring;

impl Keyring {
    pub(super) fn get(self, _: &str) -> Result<Option<Vec<u8>>, SecretStoreError> {
        Ok(None)
    }

    pub(super) fn has(self, _: &str) -> Result<bool, SecretStoreError> {
        Ok(false)
    }

    pub(super) fn set(self, _: &str, _: &[u8]) -> Result<bool, SecretStoreError> {
        Ok(false)
    }

    pub(super) fn remove(self, _: &str) -> Result<bool, SecretStoreError> {
        Ok(false)
    }

    pub(super) fn names(
        self,
        _: &mut Vec<SecretStoreError>,
    ) -> Result<Vec<String>, SecretStoreError> {
        Ok(Vec::new())
    }
}
