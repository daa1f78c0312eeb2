//! Puts secrets into requests, and knows what to take out of responses.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use http::{HeaderMap, HeaderName, HeaderValue};
use remit_policy::{
    Authority, Denial, DenialCode, Grant, HttpAllowed, RuleId, SecretGrant, host_owns_header,
};
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use super::scrub::Scrubber;
use super::{HttpCall, judge};
use crate::{Decision, SecretError, SecretValue, Secrets};

/// The secrets of one call: read at its first request, forgotten with the call.
#[derive(Default)]
pub(super) struct Credentials(OnceCell<Loaded>);

#[derive(Default)]
struct Loaded {
    values: BTreeMap<String, Result<SecretValue, SecretError>>,
    scrubber: Option<Scrubber>,
    /// The secrets cannot be searched for, so none may be used.
    unsearchable: bool,
}

impl Credentials {
    /// Reads the secrets of the call, unless that was done. To be called before anything is sent.
    pub(super) async fn read(&self, call: &HttpCall) {
        let read = async || {
            if call.authority.secrets().next().is_none() {
                return Loaded::default();
            }
            // A keyring is another process, and a file may lie on a slow disk: not for a thread that others wait for.
            let (authority, secrets) = (call.authority.clone(), call.secrets.clone());
            let reading = tokio::task::spawn_blocking(move || Loaded::of(&authority, &*secrets));
            // What cannot be known cannot be taken out of a response either, so nothing is sent.
            reading.await.unwrap_or_else(|_| Loaded {
                unsearchable: true,
                ..Loaded::default()
            })
        };
        self.0.get_or_init(read).await;
    }

    /// What takes every secret of the call out of a response. None if the call has no secret.
    ///
    /// Every one: a server that was given a secret earlier may have passed it on to the one that answers now.
    pub(super) fn scrubber(&self) -> Option<&Scrubber> {
        self.0.get()?.scrubber.as_ref()
    }

    /// Sets the headers of the secrets that are granted for this request to the address that is dialled.
    ///
    /// Each use is recorded. A request that should carry a secret is never sent without it.
    pub(super) fn apply(
        &self,
        call: &HttpCall,
        allowed: &HttpAllowed,
        dialled: IpAddr,
        headers: &mut HeaderMap,
    ) -> Result<(), wasmtime_wasi_http::Error> {
        let refuse = |denial: Denial| {
            // A failure to record is remembered by the journal and ends the call.
            let _ = call
                .journal
                .record(&Decision::denied("secret", "apply", denial));
            Err(wasmtime_wasi_http::Error::HttpRequestDenied)
        };
        // Nothing is sent before the secrets are known that its response is to be searched for.
        let Some(loaded) = self.0.get() else {
            return Err(wasmtime_wasi_http::Error::HttpRequestDenied);
        };
        let mut granted = call.authority.secrets_for(allowed, dialled).peekable();
        if granted.peek().is_none() {
            // Over http to another machine it would be readable on the way. To send the request without it would
            // only puzzle: the server says 401, and nobody why.
            let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
            return match call.authority.secrets_for(allowed, here).next() {
                None => Ok(()),
                Some(grant) => refuse(denial(
                    grant,
                    allowed,
                    "it would be sent in clear text".to_owned(),
                )),
            };
        }
        for grant in granted {
            let value = match loaded.values.get(&grant.name) {
                _ if loaded.unsearchable => {
                    return refuse(denial(grant, allowed, "it could not be masked".to_owned()));
                }
                Some(Ok(value)) => value,
                Some(Err(error)) => return refuse(denial(grant, allowed, reason(error))),
                None => return refuse(denial(grant, allowed, "it is not granted".to_owned())),
            };
            let Some((name, line)) = header(grant, value) else {
                return refuse(denial(
                    grant,
                    allowed,
                    "its header cannot be set".to_owned(),
                ));
            };
            let asked = format!("{} for {}", grant.name, judge::shown(allowed));
            let rule = Some(rule(&call.authority, grant));
            call.journal
                .record(&Decision::allowed("secret", "apply", asked, rule))
                .map_err(|_| wasmtime_wasi_http::Error::HttpRequestDenied)?;
            headers.insert(name, line);
        }
        Ok(())
    }
}

impl Loaded {
    fn of(authority: &Authority, secrets: &dyn Secrets) -> Loaded {
        let mut values = BTreeMap::new();
        for grant in authority.secrets() {
            values
                .entry(grant.name.clone())
                .or_insert_with(|| secrets.get(&grant.name));
        }
        let usable: Vec<&[u8]> = values.values().flatten().map(SecretValue::expose).collect();
        let (scrubber, unsearchable) = match usable.is_empty() {
            true => (None, false),
            false => match Scrubber::new(usable) {
                Ok(scrubber) => (Some(scrubber), false),
                Err(_) => (None, true),
            },
        };
        Loaded {
            values,
            scrubber,
            unsearchable,
        }
    }
}

fn header(grant: &SecretGrant, value: &SecretValue) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_bytes(grant.header.as_bytes()).ok()?;
    if host_owns_header(name.as_str()) {
        return None;
    }
    let (before, after) = grant.format.split_once("{secret}")?;
    let mut line = Zeroizing::new(Vec::new());
    line.extend_from_slice(before.as_bytes());
    line.extend_from_slice(value.expose());
    line.extend_from_slice(after.as_bytes());
    let mut line = HeaderValue::from_bytes(&line).ok()?;
    line.set_sensitive(true);
    Some((name, line))
}

fn denial(grant: &SecretGrant, allowed: &HttpAllowed, reason: String) -> Denial {
    let asked = format!("secret {} for {}", grant.name, allowed.url.as_str());
    Denial::new(DenialCode::SecretUnavailable, &asked, reason)
}

fn reason(error: &SecretError) -> String {
    match error.hint() {
        Some(hint) => format!("{error} ({hint})"),
        None => error.to_string(),
    }
}

/// The rule that a secret is used by, for the record.
fn rule(authority: &Authority, grant: &SecretGrant) -> RuleId {
    let all = authority.grants().as_slice();
    let index = all
        .iter()
        .position(|other| matches!(other, Grant::Secret(other) if other == grant));
    RuleId {
        layer: remit_policy::Layer::Grant,
        index: index.unwrap_or_default(),
        text: grant.to_string().into(),
    }
}
