//! What grants and imports are, in plain sentences.

use remit_package::{EffectSource, Inspection};
use remit_policy::{
    Access, Effect, FilesGrant, Grant, Grants, HostPath, HttpGrant, Limits, display_safe,
};

use super::{ClosedLine, OperationLine};

/// What a grant lets a plugin do, after "may": `read the folder data/mail of the skill`.
pub fn says(grant: &Grant) -> String {
    let text = match grant {
        Grant::Http(http) => says_http(http),
        Grant::Files(files) => says_files(files),
        Grant::Config(config) => format!(
            "be told {}",
            config.to_string().trim_start_matches("config ")
        ),
        Grant::Secret(secret) => {
            format!(
                "have the secret {} sent for it to {}, without seeing it",
                secret.name, secret.origin
            )
        }
    };
    display_safe(&text, 400)
}

fn says_http(http: &HttpGrant) -> String {
    let paths: Vec<_> = http.paths.iter().map(ToString::to_string).collect();
    let whole = paths.is_empty() || paths.iter().any(|path| path == "/**");
    let place = if whole {
        "any path".to_owned()
    } else {
        paths.join(" ")
    };
    let mut text = format!("send {} to {}, {place}", http.methods, http.origin);
    if !http.addresses.is_empty() {
        let addresses: Vec<_> = http.addresses.iter().map(ToString::to_string).collect();
        text.push_str(&format!(", also at {}", addresses.join(" ")));
    }
    if let Some(max) = http.max_requests {
        text.push_str(&format!(", at most {max} requests a call"));
    }
    text
}

fn folder(path: &HostPath) -> String {
    match path {
        HostPath::Skill(rel) if rel.is_empty() => "the skill's own folder".to_owned(),
        HostPath::Skill(rel) => format!("the folder {rel} of the skill"),
        HostPath::Run(rel) if rel.is_empty() => "the run's folder".to_owned(),
        HostPath::Run(rel) => format!("the folder {rel} of the run"),
        HostPath::Home(rel) => format!("your folder ~/{rel}"),
        HostPath::Absolute(path) => format!("the folder {path} of this computer"),
        HostPath::Any => "any folder".to_owned(),
    }
}

fn says_files(files: &FilesGrant) -> String {
    let what = match files.access {
        Access::Read => "read",
        Access::Write => "read, add, change and remove files in",
    };
    let mut text = format!("{what} {}", folder(&files.path));
    if let Some(bytes) = files.max_bytes {
        text.push_str(&format!(", adding at most {bytes} a call"));
    }
    text
}

/// What a plugin can change outside of its sandbox.
pub(super) fn changes(grants: &Grants, operations: &[OperationLine]) -> Vec<String> {
    let mut changes: Vec<String> = grants
        .iter()
        .filter_map(|grant| match grant {
            Grant::Files(files) if files.access == Access::Write => {
                Some(format!("files in {}", folder(&files.path)))
            }
            Grant::Http(http) if writes(http) => Some(format!(
                "whatever {} changes on {}",
                http.origin,
                writing(http)
            )),
            _ => None,
        })
        .collect();
    for operation in operations
        .iter()
        .filter(|op| op.allowed && op.effect > Effect::Read)
    {
        let how = match operation.effect {
            Effect::Destructive => "for good",
            _ => "so that it can be undone by hand",
        };
        let name = &operation.name;
        changes.push(match operation.effect_source {
            EffectSource::Plugin => format!("by `{name}`, as the plugin says {how}"),
            EffectSource::Skill => format!("by `{name}`, as the skill says {how}"),
            EffectSource::Nobody => format!("by `{name}`: nobody says what, so perhaps {how}"),
        });
    }
    changes
        .iter()
        .map(|change| display_safe(change, 400))
        .collect()
}

/// Whether a method is granted that may change something on a server.
fn writes(http: &HttpGrant) -> bool {
    !writing(http).is_empty()
}

/// The granted methods that may change something on a server.
fn writing(http: &HttpGrant) -> String {
    let methods = http.methods.to_string();
    let writing: Vec<_> = methods
        .split(',')
        .filter(|method| !matches!(*method, "GET" | "HEAD" | "OPTIONS"))
        .collect();
    writing.join(" and ")
}

/// The imports that nothing is granted for, with what they would have been.
pub(super) fn closed(inspection: &Inspection, grants: &Grants) -> Vec<ClosedLine> {
    let granted = |kind: &str| grants.iter().any(|grant| grant.capability() == kind);
    let says = |import: &str| {
        let (package, _) = import.split_once('/').unwrap_or((import, ""));
        match package {
            "wasi:http" if !granted("http") => Some("the network over http"),
            "wasi:filesystem" if !granted("files") => Some("files"),
            "wasi:config" if !granted("config") => Some("configured values"),
            "wasi:sockets" => Some("the network"),
            _ if import.starts_with("wasi:cli/environment") => Some("environment and arguments"),
            _ if import.starts_with("wasi:cli/stdin") => Some("standard input"),
            _ => None,
        }
    };
    inspection
        .imports
        .iter()
        .filter_map(|import| {
            Some(ClosedLine {
                import: display_safe(import, 120),
                says: says(import)?.to_owned(),
            })
        })
        .collect()
}

/// The limits of a call, a few words each.
pub(super) fn limits(limits: &Limits) -> Vec<String> {
    vec![
        format!("memory {}", limits.memory),
        format!("time {}s", limits.time.as_secs_f64()),
        format!("output {}", limits.output),
        format!("{} http requests", limits.requests),
    ]
}
