//! The body of a response: read into memory or into a file, counted and digested on the way.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use bytes::Bytes;
use http::header;
use http_body_util::BodyExt;
use remit_package::Digest;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, timeout_at};

use super::{Response, Scope};
use crate::error::RegistryError;
use crate::limits::MAX_ANSWER_BYTES;

/// What a body must be, as far as that is known before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    /// The most bytes that are taken.
    pub(crate) max: u64,
    /// Exactly this many.
    pub(crate) size: Option<u64>,
    /// With this digest.
    pub(crate) digest: Option<Digest>,
}

/// What was written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Saved {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
}

impl Response {
    /// Whether the first host that was asked is a public one.
    pub(crate) fn is_public(&self) -> bool {
        self.scope == Scope::Public
    }

    /// The whole body, if it has at most `max` bytes. `what` names it in messages.
    pub(crate) async fn bytes(mut self, max: u64, what: &str) -> Result<Vec<u8>, RegistryError> {
        self.check_announced(max, None, what)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk(what).await? {
            if (bytes.len() + chunk.len()) as u64 > max {
                return Err(too_large(what, max));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Writes the body into a new file (0600) that nobody else had, and gives its digest and size. Nothing is taken
    /// beyond what is expected, and what is not as expected is an error; the file is then removed.
    pub(crate) async fn save(
        self,
        path: &Path,
        expected: Expected,
        what: &str,
    ) -> Result<Saved, RegistryError> {
        let file = create(path).map_err(|error| RegistryError::io(path, error))?;
        let saved = self.stream_into(file, path, expected, what).await;
        if saved.is_err() {
            let _ = std::fs::remove_file(path);
        }
        saved
    }

    async fn stream_into(
        mut self,
        mut file: std::fs::File,
        path: &Path,
        expected: Expected,
        what: &str,
    ) -> Result<Saved, RegistryError> {
        self.check_announced(expected.max, expected.size, what)?;
        let mut hasher = Sha256::new();
        let mut size = 0_u64;
        while let Some(chunk) = self.chunk(what).await? {
            size += chunk.len() as u64;
            if let Some(due) = expected.size
                && size > due
            {
                return Err(wrong_size(what, size, due));
            }
            if size > expected.max {
                return Err(too_large(what, expected.max));
            }
            hasher.update(&chunk);
            // To a local file, in pieces of some KiB: not worth a thread of its own.
            file.write_all(&chunk)
                .map_err(|error| RegistryError::io(path, error))?;
        }
        if let Some(due) = expected.size
            && size != due
        {
            return Err(wrong_size(what, size, due));
        }
        let found = Digest::from(<[u8; 32]>::from(hasher.finalize()));
        check_digest(found, expected.digest, what)?;
        Ok(Saved {
            digest: found,
            size,
        })
    }

    /// What a server said with a failure, as far as it can be shown: an OCI error's message, or nothing.
    pub(crate) async fn said(self) -> String {
        #[derive(serde::Deserialize)]
        struct Errors {
            errors: Vec<Entry>,
        }
        #[derive(serde::Deserialize)]
        struct Entry {
            #[serde(default)]
            code: String,
            #[serde(default)]
            message: String,
        }
        let Ok(bytes) = self.bytes(MAX_ANSWER_BYTES, "an error").await else {
            return String::new();
        };
        let Ok(Errors { errors }) = crate::json::parse(&bytes) else {
            return String::new();
        };
        let first = errors.first().map(|error| match error.message.as_str() {
            "" => error.code.clone(),
            message => message.to_owned(),
        });
        remit_policy::display_safe(&first.unwrap_or_default(), 200)
    }

    /// The size is refused before the first byte, where it is announced.
    fn check_announced(
        &self,
        max: u64,
        size: Option<u64>,
        what: &str,
    ) -> Result<(), RegistryError> {
        let announced = self.headers.get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let Some(announced) = announced else {
            return Ok(());
        };
        match size {
            Some(due) if announced != due => Err(wrong_size(what, announced, due)),
            _ if announced > max => Err(too_large(what, max)),
            _ => Ok(()),
        }
    }

    async fn chunk(&mut self, what: &str) -> Result<Option<Bytes>, RegistryError> {
        loop {
            let by = self.by.min(Instant::now() + self.idle);
            let frame = match timeout_at(by, self.body.frame()).await {
                Err(_) => {
                    return Err(RegistryError::Timeout {
                        host: self.host.clone(),
                        what: format!("{what} did not come to its end"),
                    });
                }
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => {
                    return Err(RegistryError::Incomplete {
                        what: what.to_owned(),
                        why: remit_policy::display_safe(&super::with_cause(&error), 200),
                    });
                }
                Ok(Some(Ok(frame))) => frame,
            };
            // Trailers say nothing that is used.
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
    }
}

/// A new file that only its owner reads. One that is there, or a link, is not written to.
pub(crate) fn create(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

pub(crate) fn check_digest(
    found: Digest,
    expected: Option<Digest>,
    what: &str,
) -> Result<(), RegistryError> {
    match expected {
        Some(expected) if expected != found => Err(RegistryError::DigestMismatch {
            what: what.to_owned(),
            found,
            expected,
        }),
        _ => Ok(()),
    }
}

fn too_large(what: &str, max: u64) -> RegistryError {
    RegistryError::TooLarge {
        what: what.to_owned(),
        max,
    }
}

fn wrong_size(what: &str, found: u64, expected: u64) -> RegistryError {
    RegistryError::SizeMismatch {
        what: what.to_owned(),
        found,
        expected,
    }
}
