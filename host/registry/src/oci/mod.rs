//! One repository of an OCI registry (distribution specification 1.1), asked on behalf of one fetch or publication.

mod auth;
mod challenge;
pub(crate) mod manifest;
mod pull;
mod push;
mod referrers;

use std::sync::Mutex;

use http::{HeaderValue, Method, StatusCode, header};
use remit_package::Digest;
use remit_policy::display_safe;
use url::Url;

use crate::credentials::Credentials;
use crate::error::RegistryError;
use crate::http::{Client, Reach, Request, Response, check_digest, shown_host};
use crate::limits::MAX_MANIFEST_BYTES;
use crate::source::{Pin, Reference};

use manifest::{Descriptor, Document};

/// A repository, and what was agreed with its registry so far.
pub(crate) struct Registry {
    client: Client,
    reach: Reach,
    credentials: Credentials,
    reference: Reference,
    /// `https://HOST/v2/`
    api: Url,
    host: String,
    repository: String,
    /// What tokens are asked for.
    actions: &'static str,
    /// The `Authorization` that the registry took; lives as long as this, and is marked as sensitive.
    authorization: Mutex<Agreed>,
}

#[derive(Default)]
struct Agreed {
    header: Option<HeaderValue>,
    /// The place for tokens, if it is not the registry's own.
    foreign_realm: Option<String>,
}

/// A manifest or an index, with the digest of its bytes.
struct Got {
    document: Document,
    digest: Digest,
    size: u64,
}

impl Registry {
    pub(crate) fn new(
        client: Client,
        reach: Reach,
        credentials: &Credentials,
        reference: &Reference,
    ) -> Result<Registry, RegistryError> {
        let api = reference.api()?;
        Ok(Registry {
            client,
            reach,
            credentials: credentials.clone(),
            reference: reference.clone(),
            host: shown_host(&api),
            repository: reference.api_repository(),
            actions: "pull",
            authorization: Mutex::default(),
            api,
        })
    }

    /// The same with tokens that allow to push.
    pub(crate) fn for_pushing(mut self) -> Registry {
        self.actions = "pull,push";
        self
    }

    /// `https://HOST/v2/REPOSITORY/KIND/NAME`: each part was checked to be plain.
    fn url(&self, kind: &str, name: &str) -> Result<Url, RegistryError> {
        let path = format!("{}/{kind}/{name}", self.repository);
        self.api
            .join(&path)
            .map_err(|error| RegistryError::response(&self.host, error.to_string()))
    }

    fn get(&self, kind: &str, name: &str) -> Result<Request, RegistryError> {
        Ok(Request::get(self.url(kind, name)?, self.reach))
    }

    /// Sends a request; where the registry wants to know who asks, says so and sends it once more.
    async fn ask(&self, mut request: Request) -> Result<Response, RegistryError> {
        request.authorization = self.agreed().header.clone();
        let response = self.once(&request).await?;
        // Only the registry itself may ask for credentials, not whom it leads to.
        let own = response.origin == self.api.origin();
        if response.status != StatusCode::UNAUTHORIZED || !own || request.authorization.is_some() {
            return Ok(response);
        }
        let header = self.authorize(&response).await?;
        self.agreed().header = Some(header.clone());
        request.authorization = Some(header);
        self.once(&request).await
    }

    async fn once(&self, request: &Request) -> Result<Response, RegistryError> {
        if request.method == Method::GET || request.method == Method::HEAD {
            self.client.follow(request.clone()).await
        } else {
            self.client.send(request).await
        }
    }

    fn agreed(&self) -> std::sync::MutexGuard<'_, Agreed> {
        // Nothing that holds it can panic.
        self.authorization
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// An answer that is no success, as an error. `what` says what was asked for.
    async fn failure(&self, response: Response, what: String) -> RegistryError {
        let status = response.status;
        let host = response.host.clone();
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let said = response.said().await;
                self.denied(what, said).await
            }
            _ => RegistryError::ServerFailed {
                host,
                status: status.as_u16(),
                said: response.said().await,
            },
        }
    }

    /// The manifest by a tag or digest, verified against the digest that is asked for and the one that is announced.
    async fn document(&self, pin: &Pin) -> Result<Got, RegistryError> {
        let (name, due) = match pin {
            Pin::Latest => ("latest".to_owned(), None),
            Pin::Tag(tag) => (tag.clone(), None),
            Pin::Digest(digest) => (digest.to_string(), Some(*digest)),
        };
        let accept = HeaderValue::from_static(
            "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json",
        );
        let mut request = self.get("manifests", &name)?;
        request.headers.push((header::ACCEPT, accept));
        let response = self.ask(request).await?;
        match response.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(self.missing(&name, due)),
            _ => {
                let what = format!("reading {}:{name}", self.repository);
                return Err(self.failure(response, what).await);
            }
        }
        let what = match due {
            Some(digest) => format!("{}/{}@{digest}", self.host, self.repository),
            None => format!("{}/{}:{name}", self.host, self.repository),
        };
        let media_type = media_type(&response);
        let announced = self.announced_digest(&response)?;
        let bytes = response.bytes(MAX_MANIFEST_BYTES, &what).await?;
        let digest = Digest::of(&bytes);
        check_digest(digest, due, &what)?;
        check_digest(digest, announced, &what)?;
        Ok(Got {
            document: manifest::read(&bytes, &media_type, &what)?,
            digest,
            size: bytes.len() as u64,
        })
    }

    fn missing(&self, name: &str, due: Option<Digest>) -> RegistryError {
        let (host, repository) = (self.host.clone(), self.repository.clone());
        match due {
            Some(digest) => RegistryError::DigestMissing {
                host,
                repository,
                digest,
            },
            None => RegistryError::TagMissing {
                host,
                repository,
                tag: name.to_owned(),
            },
        }
    }

    /// `Docker-Content-Digest`, which a registry may leave out, but not get wrong.
    fn announced_digest(&self, response: &Response) -> Result<Option<Digest>, RegistryError> {
        let Some(value) = response.headers.get("docker-content-digest") else {
            return Ok(None);
        };
        let digest = value.to_str().ok().and_then(|text| text.parse().ok());
        digest.map(Some).ok_or_else(|| {
            RegistryError::response(&self.host, "its Docker-Content-Digest is no sha256 digest")
        })
    }

    /// A blob, asked for by its descriptor.
    async fn blob(&self, layer: &Descriptor) -> Result<Response, RegistryError> {
        let request = self.get("blobs", &layer.digest.to_string())?;
        let response = self.ask(request).await?;
        match response.status {
            StatusCode::OK => Ok(response),
            StatusCode::NOT_FOUND => Err(RegistryError::DigestMissing {
                host: self.host.clone(),
                repository: self.repository.clone(),
                digest: layer.digest,
            }),
            _ => {
                let what = format!("reading from {}", self.repository);
                Err(self.failure(response, what).await)
            }
        }
    }
}

/// The media type that a response says it has, without parameters.
fn media_type(response: &Response) -> String {
    let value = response.headers.get(header::CONTENT_TYPE);
    let text = value.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let plain = text.split(';').next().unwrap_or_default().trim();
    display_safe(plain, 100)
}
