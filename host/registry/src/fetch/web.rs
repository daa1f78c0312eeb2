//! One file of a web server, and the signatures beside it.

use std::path::Path;

use http::StatusCode;
use remit_package::Digest;
use remit_policy::display_safe;
use url::Url;

use super::{Fetched, Offered, kind_of, target};
use crate::error::RegistryError;
use crate::http::{Client, Expected, Reach, Request, Response, shown_host};
use crate::limits::{MAX_CONTENT_BYTES, MAX_SIGNATURE_BYTES};
use crate::source::{Source, WebUrl};

pub(super) async fn fetch(
    client: &Client,
    reach: Reach,
    url: &WebUrl,
    folder: &Path,
    expect: Option<Digest>,
) -> Result<Fetched, RegistryError> {
    let what = shown(url.as_url());
    let request = Request::get(url.as_url().clone(), reach);
    let response = found(client.follow(request).await?, &what).await?;
    let is_public = response.is_public();
    let file = target(folder);
    let expected = Expected {
        max: MAX_CONTENT_BYTES,
        size: None,
        digest: expect,
    };
    let saved = response.save(&file, expected, &what).await?;
    let rest = async {
        let kind = kind_of(&start_of(&file)?, &what)?;
        Ok((kind, beside(client, reach, url).await?))
    };
    match rest.await {
        Ok((kind, signatures)) => Ok(Fetched {
            kind,
            digest: saved.digest,
            size: saved.size,
            resolved: Source::Web(url.clone()),
            signatures,
            is_public,
            file,
        }),
        Err(error) => {
            let _ = std::fs::remove_file(&file);
            Err(error)
        }
    }
}

/// The URL without its query, which may hold what nobody else should see.
fn shown(url: &Url) -> String {
    display_safe(&url[..url::Position::AfterPath], 300)
}

/// 200 is the only answer that is a whole file.
async fn found(response: Response, what: &str) -> Result<Response, RegistryError> {
    match response.status {
        StatusCode::OK => Ok(response),
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(RegistryError::Missing {
            what: what.to_owned(),
        }),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(RegistryError::Denied {
            host: response.host,
            what: what.to_owned(),
            said: String::new(),
            hint: "no credentials are sent to plain web servers: fetch it yourself and install the file, or use an \
                   OCI registry"
                .to_owned(),
        }),
        status => Err(RegistryError::ServerFailed {
            host: response.host.clone(),
            status: status.as_u16(),
            said: response.said().await,
        }),
    }
}

/// `X.minisig` with `X.pub`, and `X.sigstore.json`, where the server has them.
async fn beside(
    client: &Client,
    reach: Reach,
    url: &WebUrl,
) -> Result<Vec<Offered>, RegistryError> {
    let mut offered = Vec::new();
    if let Some(signature) = optional(client, reach, url.beside(".minisig")).await? {
        let key = optional(client, reach, url.beside(".pub")).await?;
        offered.push(Offered {
            signature,
            key: key.map(|key| String::from_utf8_lossy(&key).into_owned()),
        });
    }
    if let Some(signature) = optional(client, reach, url.beside(".sigstore.json")).await? {
        offered.push(Offered {
            signature,
            key: None,
        });
    }
    Ok(offered)
}

/// What is not there is no signature; a server that fails is not taken for one that has none.
async fn optional(
    client: &Client,
    reach: Reach,
    url: Url,
) -> Result<Option<Vec<u8>>, RegistryError> {
    let what = shown(&url);
    let host = shown_host(&url);
    let response = client.follow(Request::get(url, reach)).await?;
    match response.status {
        StatusCode::OK => {
            let bytes = response.bytes(MAX_SIGNATURE_BYTES, &what).await?;
            Ok(Some(bytes))
        }
        // Some servers of files say 403 of what is not there.
        StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::FORBIDDEN => Ok(None),
        status => Err(RegistryError::ServerFailed {
            host,
            status: status.as_u16(),
            said: response.said().await,
        }),
    }
}

fn start_of(file: &Path) -> Result<Vec<u8>, RegistryError> {
    use std::io::Read as _;
    let fail = |error| RegistryError::io(file, error);
    let mut start = Vec::new();
    let file = std::fs::File::open(file).map_err(fail)?;
    file.take(4).read_to_end(&mut start).map_err(fail)?;
    Ok(start)
}
