//! The combination that makes a skill dangerous: it reads private data, it reads what a stranger may have written, and
//! it can send something out. What a stranger wrote may then tell it to send the private data. docs/audit.md has these
//! rules in words.

use std::net::IpAddr;

use remit_policy::{
    Access, Effect, FilesGrant, Grant, HostPath, HostPattern, HttpGrant, Method, OriginPattern,
    SecretGrant, is_public, unwrap_address,
};

use super::model::{Danger, Flow, GrantReport, Leg, PluginReport};

/// Channels by which strangers write to people. A folder counts as one if such a word is in its name, in the place where
/// the plugin sees it, or in the plugin's name.
const CHANNELS: &[&str] = &[
    "attachment",
    "calendar",
    "chat",
    "comment",
    "crawl",
    "download",
    "email",
    "feed",
    "form",
    "inbox",
    "invite",
    "issue",
    "mail",
    "message",
    "news",
    "review",
    "rss",
    "scrape",
    "ticket",
    "upload",
    "web",
];

/// A grant with what is reported of it.
pub(super) struct Granted<'a> {
    pub(super) plugin: &'a PluginReport,
    pub(super) grant: &'a Grant,
    pub(super) report: &'a GrantReport,
}

/// The combination, if the skill holds all of it.
pub(super) fn of(granted: &[Granted<'_>], flows: Vec<Flow>) -> Option<Danger> {
    let legs = |why: &dyn Fn(&Granted<'_>) -> Option<String>| -> Vec<Leg> {
        granted
            .iter()
            .filter_map(|one| Some(one.leg(why(one)?)))
            .collect()
    };
    let private = legs(&|one| private(one, granted));
    let untrusted = legs(&untrusted);
    let out = legs(&out);
    if private.is_empty() || untrusted.is_empty() || out.is_empty() {
        return None;
    }
    let read = |alias: &str| {
        private
            .iter()
            .chain(&untrusted)
            .any(|leg| leg.plugin == alias)
    };
    let sends = |alias: &str| out.iter().any(|leg| leg.plugin == alias);
    let flows = flows
        .into_iter()
        .filter(|flow| read(&flow.from) && sends(&flow.to))
        .collect();
    Some(Danger {
        private,
        untrusted,
        out,
        flows,
    })
}

impl Granted<'_> {
    fn leg(&self, why: String) -> Leg {
        Leg {
            plugin: self.plugin.alias.clone(),
            grant: self.report.grant.clone(),
            place: self.report.place.clone(),
            line: self.report.line,
            why,
            state: self.report.state,
        }
    }
}

/// Files that are not the run's own, whatever a secret opens, and servers that only this network reaches.
fn private(one: &Granted<'_>, all: &[Granted<'_>]) -> Option<String> {
    match one.grant {
        Grant::Files(files) => (!is_of_run(files)).then(|| "reads files".to_owned()),
        Grant::Http(http) => {
            let secret = all.iter().find_map(|other| match other.grant {
                Grant::Secret(secret) if other.plugin.alias == one.plugin.alias => {
                    opens(secret, http).then_some(secret)
                }
                _ => None,
            });
            if let Some(secret) = secret {
                return Some(format!("reads what the secret {} opens", secret.name));
            }
            is_inner(http).then(|| "asks a server that is not public".to_owned())
        }
        Grant::Config(_) | Grant::Secret(_) => None,
    }
}

/// Answers from outside, and folders that strangers' words come into.
fn untrusted(one: &Granted<'_>) -> Option<String> {
    match one.grant {
        Grant::Http(http) => {
            (!is_inner(http)).then(|| "reads answers of a server outside".to_owned())
        }
        Grant::Files(files) if !is_of_run(files) => {
            let names = [
                files.path.to_string(),
                files.mount.to_string(),
                one.plugin.alias.clone(),
                one.plugin.name.clone().unwrap_or_default(),
            ];
            let names = names.map(|name| name.to_lowercase());
            let word = CHANNELS
                .iter()
                .find(|word| names.iter().any(|name| name.contains(*word)))?;
            Some(format!("reads {word}, which anybody may write"))
        }
        _ => None,
    }
}

/// Requests that leave this computer, and files where others pick them up.
fn out(one: &Granted<'_>) -> Option<String> {
    match one.grant {
        Grant::Http(http) if !is_loopback(http) => {
            let mut why = carries(http);
            let changing = (one.plugin.operations.iter())
                .find(|operation| operation.effect.is_some_and(|effect| effect > Effect::Read));
            if let Some(operation) = changing {
                why.push_str(&format!(", and may call {}", operation.name));
            }
            Some(why)
        }
        Grant::Files(files) if files.access == Access::Write => match files.path {
            HostPath::Home(_) | HostPath::Absolute(_) => {
                Some("writes files outside of the skill".to_owned())
            }
            HostPath::Skill(_) | HostPath::Run(_) | HostPath::Any => None,
        },
        _ => None,
    }
}

/// The widest way in which a request that the grant allows can carry data.
fn carries(http: &HttpGrant) -> String {
    let bodies: Vec<&str> = (http.methods.iter())
        .filter(|method| !matches!(method, Method::Get | Method::Head | Method::Options))
        .map(Method::as_str)
        .collect();
    if !bodies.is_empty() {
        return format!("sends data in the body of {}", bodies.join(" and "));
    }
    if http
        .paths
        .iter()
        .any(|path| path.to_string().contains("/*"))
    {
        return "sends data in the path, which holds a wildcard, and in the query".to_owned();
    }
    // No grant says anything of a query.
    "sends data in the query".to_owned()
}

fn is_of_run(files: &FilesGrant) -> bool {
    matches!(files.path, HostPath::Run(_))
}

fn literal(http: &HttpGrant) -> Option<IpAddr> {
    match &http.origin {
        OriginPattern::Fixed {
            host: HostPattern::Address(address),
            ..
        } => Some(unwrap_address(*address)),
        _ => None,
    }
}

fn is_loopback(http: &HttpGrant) -> bool {
    literal(http).is_some_and(|address| address.is_loopback())
}

/// Whether only this computer or its network reaches it.
fn is_inner(http: &HttpGrant) -> bool {
    match literal(http) {
        Some(address) => !is_public(address),
        None => !http.addresses.is_empty(),
    }
}

/// Whether a secret may go with a request of the grant.
fn opens(secret: &SecretGrant, http: &HttpGrant) -> bool {
    if secret.origin == http.origin {
        return true;
    }
    let (
        OriginPattern::Fixed { scheme, host, port },
        OriginPattern::Fixed {
            scheme: scheme2,
            host: host2,
            port: port2,
        },
    ) = (&secret.origin, &http.origin)
    else {
        return false;
    };
    let below = |base: &str, name: &str| {
        name.strip_suffix(base)
            .is_some_and(|labels| labels.ends_with('.'))
    };
    let hosts = match (host, host2) {
        (HostPattern::Below(base), HostPattern::Name(name))
        | (HostPattern::Name(name), HostPattern::Below(base)) => below(base, name),
        (HostPattern::Below(a), HostPattern::Below(b)) => a == b || below(a, b) || below(b, a),
        _ => false,
    };
    scheme == scheme2 && port == port2 && hosts
}
