//! Telling a registry who asks: with a password, or with a token from its token service.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use remit_policy::display_safe;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::Registry;
use super::challenge::{Challenge, challenge};
use crate::credentials::{Credential, Secret};
use crate::error::RegistryError;
use crate::fetch::blocking;
use crate::http::{Reach, Request, Response, origin_text, shown_host};
use crate::limits::MAX_ANSWER_BYTES;

/// Registries whose token service has another name, by their own documentation. Their credentials go there too; those
/// of any other registry go to its own host only, whatever it asks for.
const TOKEN_SERVICES: [(&str, &str); 2] = [
    ("registry-1.docker.io", "auth.docker.io"),
    ("registry.gitlab.com", "gitlab.com"),
];

/// Characters of a token: some hold a list of rights.
const MAX_TOKEN: usize = 16 << 10;

/// What a token service answers; the rest is not needed, since no token outlives one fetch.
#[derive(Deserialize)]
struct Answer {
    token: Option<Secret>,
    access_token: Option<Secret>,
}

impl Registry {
    /// The `Authorization` that answers a challenge.
    pub(super) async fn authorize(
        &self,
        response: &Response,
    ) -> Result<HeaderValue, RegistryError> {
        match challenge(&response.headers) {
            Some(Challenge::Basic) => match self.credential().await? {
                Some(Credential::Basic { user, password }) => {
                    basic(&user, password.expose()).ok_or_else(|| self.unusable_credential())
                }
                _ => Err(self.denied(self.wanted(), String::new()).await),
            },
            Some(Challenge::Bearer { realm, service }) => {
                let realm = self.realm(&realm)?;
                let reach = Reach::LedFrom(response.scope);
                self.token(realm, service.as_deref(), reach).await
            }
            None => Err(RegistryError::response(
                &self.host,
                "it wants to know who asks, in a way that is not known here",
            )),
        }
    }

    async fn credential(&self) -> Result<Option<Credential>, RegistryError> {
        let credentials = self.credentials.clone();
        let registry = self.reference.registry().to_owned();
        blocking(move || credentials.find(&registry)).await
    }

    /// A place for tokens that may be asked at all: https, or the registry itself where that is on this machine.
    fn realm(&self, text: &str) -> Result<Url, RegistryError> {
        let refused = |realm: String| RegistryError::Realm {
            host: self.host.clone(),
            realm,
        };
        let url = Url::parse(text).map_err(|_| refused(display_safe(text, 100)))?;
        let safe = url.scheme() == "https" || url.origin() == self.api.origin();
        if !safe || !url.username().is_empty() || url.password().is_some() {
            return Err(refused(origin_text(&url)));
        }
        Ok(url)
    }

    /// Whether credentials for this registry may go to that place: its own host, or the one that is known to be its.
    fn is_own_realm(&self, realm: &Url) -> bool {
        if realm.origin() == self.api.origin() {
            return true;
        }
        let (Some(own), Some(other)) = (self.api.host_str(), realm.host_str()) else {
            return false;
        };
        let known = TOKEN_SERVICES.contains(&(own, other)) && realm.port().is_none();
        // Another port of the same host is the same registry's only where TLS proves the host.
        realm.scheme() == "https" && self.api.scheme() == "https" && (own == other || known)
    }

    async fn token(
        &self,
        mut realm: Url,
        service: Option<&str>,
        reach: Reach,
    ) -> Result<HeaderValue, RegistryError> {
        let credential = if self.is_own_realm(&realm) {
            self.credential().await?
        } else {
            self.agreed().foreign_realm = Some(origin_text(&realm));
            None
        };
        // What is asked for is said here: a registry could name a scope of somebody else's.
        let scope = format!("repository:{}:{}", self.repository, self.actions);
        let mut request = if let Some(Credential::Identity(token)) = &credential {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.append_pair("grant_type", "refresh_token")
                .append_pair("client_id", "remit")
                .append_pair("scope", &scope)
                .append_pair("service", service.unwrap_or_default())
                .append_pair("refresh_token", token.expose());
            Request {
                method: Method::POST,
                body: Bytes::from(form.finish()),
                ..Request::get(realm, reach)
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            }
        } else {
            let mut query = realm.query_pairs_mut();
            if let Some(service) = service {
                query.append_pair("service", service);
            }
            query.append_pair("scope", &scope);
            drop(query);
            Request::get(realm, reach)
        };
        if let Some(Credential::Basic { user, password }) = &credential {
            let header =
                basic(user, password.expose()).ok_or_else(|| self.unusable_credential())?;
            request.authorization = Some(header);
        }
        // Not followed: whoever is named in the challenge answers, or nobody.
        let response = self.client.send(&request).await?;
        let host = shown_host(&request.url);
        match response.status {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let said = response.said().await;
                return Err(self.denied(self.wanted(), said).await);
            }
            status => {
                return Err(RegistryError::ServerFailed {
                    host,
                    status: status.as_u16(),
                    said: response.said().await,
                });
            }
        }
        let bytes = Zeroizing::new(response.bytes(MAX_ANSWER_BYTES, "a token").await?);
        let wrong = || RegistryError::response(&host, "it gives no token that can be used");
        let answer: Answer = crate::json::parse(&bytes).map_err(|_| wrong())?;
        let token = answer.token.or(answer.access_token).ok_or_else(wrong)?;
        let token = token.expose();
        let visible = token.bytes().all(|byte| byte.is_ascii_graphic());
        if token.is_empty() || token.len() > MAX_TOKEN || !visible {
            return Err(wrong());
        }
        sensitive(&format!("Bearer {token}")).ok_or_else(wrong)
    }

    fn wanted(&self) -> String {
        match self.actions {
            "pull" => format!("reading {}", self.repository),
            _ => format!("writing {}", self.repository),
        }
    }

    /// Why a registry does not allow something, as far as it can be told.
    pub(super) async fn denied(&self, what: String, said: String) -> RegistryError {
        let has_credential = match self.credential().await {
            Ok(found) => found.is_some(),
            Err(error) => return error,
        };
        let foreign = self.agreed().foreign_realm.clone();
        let host = self.host.clone();
        let registry = self.reference.registry();
        match foreign {
            Some(realm) if has_credential => RegistryError::Realm { host, realm },
            _ => RegistryError::Denied {
                host,
                what,
                said,
                hint: if has_credential {
                    format!(
                        "the credentials that docker keeps for {registry} are not enough: `docker login {registry}`"
                    )
                } else {
                    format!(
                        "`docker login {registry}` keeps credentials where Remit finds them; and check the spelling"
                    )
                },
            },
        }
    }

    fn unusable_credential(&self) -> RegistryError {
        RegistryError::Credentials {
            host: self.host.clone(),
            why: "a name with a colon, or control characters, cannot be sent".to_owned(),
        }
    }
}

fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    if user.contains(':') || user.chars().chain(password.chars()).any(char::is_control) {
        return None;
    }
    let plain = Zeroizing::new(format!("{user}:{password}"));
    sensitive(&format!("Basic {}", STANDARD.encode(plain.as_bytes())))
}

/// Marked so that no log shows it.
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
