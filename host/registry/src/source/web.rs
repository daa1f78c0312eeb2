//! A URL that is fetched with one GET.

use std::fmt;

use url::Url;

use super::{ONLY_LOOPBACK, authority, is_loopback, refused};
use crate::error::RegistryError;

/// An https URL in its one spelling; http for loopback hosts only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebUrl(Url);

impl WebUrl {
    pub(super) fn parse(text: &str) -> Result<WebUrl, RegistryError> {
        let url =
            Url::parse(text).map_err(|error| refused(text, format!("it is no URL: {error}")))?;
        if url.fragment().is_some() {
            return Err(refused(text, "it has a fragment (#)"));
        }
        let after = text.split_once("://").map_or("", |(_, rest)| rest);
        let end = after.find(['/', '?', '\\']).unwrap_or(after.len());
        let (host, path) = after.split_at(end);
        // The usual port of http is dropped by the parser below as that of https is not.
        authority(text, host)?;
        if !path.starts_with('/') || path == "/" {
            return Err(refused(text, "it names no file on that host"));
        }
        let plain = path.split('?').next().unwrap_or_default();
        let lower = plain.to_ascii_lowercase();
        if lower.contains("%2e") || lower.contains("%2f") || lower.contains("%5c") {
            return Err(refused(text, "its path hides a dot or a slash"));
        }
        // Whatever the parser changed has a second spelling: `..`, backslashes, numbers as hosts, the usual port.
        if url.as_str() != text {
            let right = remit_policy::display_safe(url.as_str(), 200);
            return Err(refused(text, format!("it is written {right}")));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(refused(text, ONLY_LOOPBACK));
        }
        Ok(WebUrl(url))
    }

    /// The URL.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The URL of a file beside it: the same with an ending.
    pub(crate) fn beside(&self, ending: &str) -> Url {
        let mut url = self.0.clone();
        let path = format!("{}{ending}", url.path());
        url.set_path(&path);
        url
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}
