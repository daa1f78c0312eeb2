//! The TOML form means what the compact form means.

use remit_policy::*;

fn http(text: &str) -> Result<Vec<String>, String> {
    let table: HttpTable = toml::from_str(text).map_err(|error| error.to_string())?;
    let grants = table.grants().map_err(|error| error.to_string())?;
    for grant in &grants {
        let again = Grant::parse(Layer::Grant, &grant.to_string());
        assert_eq!(again.as_ref(), Ok(grant), "both forms are one grammar");
    }
    Ok(grants.iter().map(Grant::to_string).collect())
}

fn files(text: &str) -> Result<String, String> {
    let table: FilesTable = toml::from_str(text).map_err(|error| error.to_string())?;
    let grant = table.grant().map_err(|error| error.to_string())?;
    Ok(grant.to_string())
}

#[test]
fn tables_are_read_as_grants() {
    assert_eq!(
        http("origin = \"https://api.github.com\"").unwrap(),
        ["http GET,HEAD https://api.github.com/**"]
    );
    let full = r#"
        origin = "https://api.github.com"
        methods = ["POST", "GET"]
        paths = ["/repos/{inputs.repo}/issues", "/user"]
        auth = { secret = "github-token", header = "authorization", format = "Bearer {secret}" }
        addresses = ["127.0.0.1/32"]
        max_requests = 20
        max_response = "2MiB"
    "#;
    assert_eq!(
        http(full).unwrap(),
        [
            "http GET,POST https://api.github.com/repos/{inputs.repo}/issues /user addresses=127.0.0.1/32 max-requests=20 max-response=2MiB",
            "secret github-token header authorization \"Bearer {secret}\" for https://api.github.com",
        ]
    );
    assert_eq!(
        files("path = \"data/mail\"\nmount = \"/mail\"").unwrap(),
        "files read ./data/mail /mail"
    );
    assert_eq!(
        files("path = \"{run}/out\"\nmount = \"/out\"\naccess = \"write\"\nmax_bytes = \"16MiB\"\nmax_entries = 5").unwrap(),
        "files write {run}/out /out max-bytes=16MiB max-entries=5"
    );
}

#[test]
fn what_is_not_in_the_grammar_is_refused_where_it_stands() {
    for text in [
        "methods = [\"GET\"]",
        "origin = \"https://a.example\"\nmethod = \"GET\"",
        "origin = \"https://a.example/\"",
        "origin = \"https://*\"",
        "origin = \"a.example\"",
        "origin = \"https://a.example\"\nmethods = []",
        "origin = \"https://a.example\"\nmethods = [\"*\"]",
        "origin = \"https://a.example\"\npaths = []",
        "origin = \"https://a.example\"\npaths = [\"v1\"]",
        "origin = \"https://a.example\"\npaths = [\"/a\\u0000b\"]",
        "origin = \"https://a.example\"\npaths = [\"/a b\"]",
        "origin = \"https://a.example\"\npaths = [\"/a\\u202eb\"]",
        "origin = \"https://a.example\\u0000\"",
        "origin = \"https://a.example\"\nmethods = [\"GET,HEAD\"]",
        "origin = \"https://a.example\"\naddresses = [\"10.0.0.1/8\"]",
        "origin = \"https://a.example\"\nmax_requests = 0",
        "origin = \"https://a.example\"\nauth = { secret = \"t\", header = \"host\", format = \"{secret}\" }",
        "origin = \"https://a.example\"\nauth = { secret = \"t\", header = \"x-a\", format = \"x\" }",
        "origin = \"https://a.example\"\nauth = { secret = \"t\", header = \"x-a\", format = \"{secret}\", scheme = \"x\" }",
    ] {
        assert!(http(text).is_err(), "{text}");
    }
    for text in [
        "path = \"x\"",
        "path = \"../x\"\nmount = \"/x\"",
        "path = \"*\"\nmount = \"/x\"",
        "path = \"x\"\nmount = \"x\"",
        "path = \"x\"\nmount = \"/x\"\naccess = \"rw\"",
        "path = \"x\"\nmount = \"/x\"\nmax_bytes = \"1MiB\"",
        "path = \"x\"\nmount = \"/x\"\nreadonly = true",
    ] {
        assert!(files(text).is_err(), "{text}");
    }
    let error = http("origin = \"https://a.example\"\npaths = [\"/ok\", \"/a/../b\"]").unwrap_err();
    assert!(error.contains("line 2"), "{error}");
}
