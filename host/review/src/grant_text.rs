//! A grant as a person would write it in skill.toml.

use remit_policy::{ConfigValue, Grant, HostPath, HttpGrant, Methods, SecretGrant};

/// The lines that give a plugin this grant, or these two of an http table: `[[plugins.mail.http]]` and so on.
pub(crate) fn toml(plugin: &str, grant: &Grant) -> String {
    match grant {
        Grant::Http(http) => http_table(plugin, http, None),
        Grant::Files(files) => {
            let mut text = format!(
                "[[plugins.{plugin}.files]]\npath = {}\nmount = {}\naccess = {}\n",
                quoted(&path(&files.path)),
                quoted(files.mount.as_str()),
                quoted(files.access.as_str()),
            );
            if let Some(bytes) = files.max_bytes {
                text.push_str(&format!("max_bytes = {}\n", quoted(&bytes.to_string())));
            }
            if let Some(entries) = files.max_entries {
                text.push_str(&format!("max_entries = {entries}\n"));
            }
            text
        }
        Grant::Config(config) => {
            let value = match &config.value {
                ConfigValue::Exact(value) => value.as_str(),
                ConfigValue::Any => "*",
            };
            format!(
                "[plugins.{plugin}.config]\n{} = {}\n",
                key(&config.key),
                quoted(value)
            )
        }
        Grant::Secret(secret) => format!(
            "[plugins.{plugin}]\ngrants = [{}]\n",
            quoted(&secret.to_string())
        ),
    }
}

fn http_table(plugin: &str, http: &HttpGrant, auth: Option<&SecretGrant>) -> String {
    let mut text = format!(
        "[[plugins.{plugin}.http]]\norigin = {}\n",
        quoted(&http.origin.to_string())
    );
    if http.methods != Methods::DEFAULT {
        let methods: Vec<String> = http.methods.iter().map(|m| quoted(m.as_str())).collect();
        text.push_str(&format!("methods = [{}]\n", methods.join(", ")));
    }
    let paths: Vec<String> = http
        .paths
        .iter()
        .map(|path| quoted(&path.to_string()))
        .collect();
    if !(http.paths.len() == 1 && http.paths.iter().all(|path| path.to_string() == "/**")) {
        text.push_str(&format!("paths = [{}]\n", paths.join(", ")));
    }
    if let Some(auth) = auth {
        text.push_str(&format!(
            "auth = {{ secret = {}, header = {}, format = {} }}\n",
            quoted(&auth.name),
            quoted(&auth.header),
            quoted(&auth.format)
        ));
    }
    if !http.addresses.is_empty() {
        let nets: Vec<String> = http
            .addresses
            .iter()
            .map(|net| quoted(&net.to_string()))
            .collect();
        text.push_str(&format!("addresses = [{}]\n", nets.join(", ")));
    }
    if let Some(most) = http.max_requests {
        text.push_str(&format!("max_requests = {most}\n"));
    }
    if let Some(most) = http.max_response {
        text.push_str(&format!("max_response = {}\n", quoted(&most.to_string())));
    }
    text
}

/// As the TOML form has it: without the quotes that the compact form may need.
fn path(path: &HostPath) -> String {
    match path {
        HostPath::Skill(rel) if rel.is_empty() => ".".to_owned(),
        HostPath::Skill(rel) => rel.clone(),
        HostPath::Run(rel) if rel.is_empty() => "{run}".to_owned(),
        HostPath::Run(rel) => format!("{{run}}/{rel}"),
        HostPath::Home(rel) => format!("~/{rel}"),
        HostPath::Absolute(path) => path.clone(),
        HostPath::Any => "*".to_owned(),
    }
}

fn key(text: &str) -> String {
    let bare = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    match bare && !text.is_empty() {
        true => text.to_owned(),
        false => quoted(text),
    }
}

/// As TOML quotes it.
pub(crate) fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use remit_package::Manifest;
    use remit_policy::Layer;

    use super::*;

    #[test]
    fn what_is_written_is_read_as_the_same_grant() {
        for text in [
            "http GET,HEAD https://api.example.org/**",
            "http POST https://api.example.org/a /b/* addresses=10.0.0.0/8 max-requests=3 max-response=2MiB",
            "http GET http://[::1]:8080/a/{*}/b",
            "files read ./data /data",
            "files read . /data",
            "files write {run}/x /x max-bytes=1MiB max-entries=7",
            "files read ~/mail /mail",
            "files read \"/srv/with space\" /mail",
            "config base-url=https://x.example",
            "config a.b=\"with \\\"quotes\\\" and spaces\"",
            "secret token header authorization \"Bearer {secret}\" for https://api.example.org",
        ] {
            let grant = Grant::parse(Layer::Grant, text).unwrap();
            let lines = toml("p", &grant);
            // The plugin's own table comes first, where a key of it is written.
            let text = match lines.strip_prefix("[plugins.p]\n") {
                Some(rest) => format!("[plugins.p]\ncomponent = \"c\"\n{rest}"),
                None => format!("[plugins.p]\ncomponent = \"c\"\n{lines}"),
            };
            let manifest =
                Manifest::parse("skill.toml", &text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(manifest.plugins["p"].grants.as_slice(), [grant], "{text}");
        }
    }
}
