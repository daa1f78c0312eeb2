//! The TOML form of grants, as in `skill.toml`. Each field is read by the same grammar as the compact form, and where
//! it is wrong, the TOML reader's error points at it.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::http::read_net;
use crate::{
    Access, ByteSize, FilesGrant, Grant, GrantError, GuestPath, HostPath, HttpGrant, IpNet, Layer,
    Methods, OriginPattern, PathPattern, SecretGrant,
};

/// `[[plugins.NAME.http]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTable {
    /// Scheme, host and port.
    #[serde(deserialize_with = "origin")]
    pub origin: OriginPattern,
    /// GET and HEAD unless said otherwise.
    #[serde(default = "default_methods", deserialize_with = "methods")]
    pub methods: Methods,
    /// `/**` unless said otherwise.
    #[serde(default, deserialize_with = "paths")]
    pub paths: Option<Vec<PathPattern>>,
    /// A secret that the host adds.
    pub auth: Option<AuthTable>,
    /// Addresses that are not public, and may be dialled all the same.
    #[serde(default, deserialize_with = "addresses")]
    pub addresses: Vec<IpNet>,
    /// How many requests one call may make.
    pub max_requests: Option<u32>,
    /// How large one response may be, after decompression.
    pub max_response: Option<ByteSize>,
}

/// `auth = { … }` of an [`HttpTable`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthTable {
    /// The secret's name.
    pub secret: String,
    /// The header that carries it, in lower case.
    pub header: String,
    /// The header's value, with `{secret}` once.
    pub format: String,
}

/// `[[plugins.NAME.files]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesTable {
    /// Relative to the skill, or `{run}/…`, `~/…`, `/…`.
    #[serde(deserialize_with = "host_path")]
    pub path: HostPath,
    /// Where the plugin sees it.
    #[serde(deserialize_with = "mount")]
    pub mount: GuestPath,
    /// Read unless said otherwise.
    #[serde(default)]
    pub access: Access,
    /// With write: how many bytes one call may add.
    pub max_bytes: Option<ByteSize>,
    /// With write: how many files and folders one call may add.
    pub max_entries: Option<u32>,
}

impl HttpTable {
    /// The http grant, and the secret's grant if there is an `auth`.
    ///
    /// # Errors
    /// If the fields do not go together, or `auth` is not in the grammar.
    pub fn grants(&self) -> Result<Vec<Grant>, GrantError> {
        if self.paths.as_ref().is_some_and(Vec::is_empty) {
            return Err(GrantError::unenforced(
                "paths = []",
                "leave it out to mean every path",
            ));
        }
        let mut http = HttpGrant {
            methods: self.methods,
            origin: self.origin.clone(),
            paths: self.paths.clone().unwrap_or_default(),
            addresses: self.addresses.clone(),
            max_requests: self.max_requests,
            max_response: self.max_response,
        };
        http.settle(Layer::Grant)?;
        let mut grants = vec![Grant::Http(http)];
        if let Some(AuthTable {
            secret,
            header,
            format,
        }) = &self.auth
        {
            let origin = self.origin.clone();
            grants.push(Grant::Secret(SecretGrant::new(
                secret, header, format, origin,
            )?));
        }
        Ok(grants)
    }
}

impl FilesTable {
    /// The files grant.
    ///
    /// # Errors
    /// If the fields do not go together.
    pub fn grant(&self) -> Result<Grant, GrantError> {
        let grant = FilesGrant {
            access: self.access,
            path: self.path.clone(),
            mount: self.mount.clone(),
            max_bytes: self.max_bytes,
            max_entries: self.max_entries,
        };
        grant.check_options(Layer::Grant)?;
        Ok(Grant::Files(grant))
    }
}

fn default_methods() -> Methods {
    Methods::DEFAULT
}

fn origin<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OriginPattern, D::Error> {
    let text = String::deserialize(deserializer)?;
    OriginPattern::parse(Layer::Grant, &text).map_err(D::Error::custom)
}

fn methods<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Methods, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    Methods::from_names(names.iter().map(String::as_str)).map_err(D::Error::custom)
}

fn paths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<PathPattern>>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let patterns: Result<Vec<_>, _> = texts
        .iter()
        .map(|text| PathPattern::parse(Layer::Grant, text))
        .collect();
    patterns.map(Some).map_err(D::Error::custom)
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let nets: Result<Vec<_>, _> = texts.iter().map(|text| read_net(text)).collect();
    nets.map_err(D::Error::custom)
}

fn host_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HostPath, D::Error> {
    let text = String::deserialize(deserializer)?;
    HostPath::parse_text(Layer::Grant, &text).map_err(D::Error::custom)
}

fn mount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<GuestPath, D::Error> {
    let text = String::deserialize(deserializer)?;
    GuestPath::new(&text).map_err(D::Error::custom)
}
