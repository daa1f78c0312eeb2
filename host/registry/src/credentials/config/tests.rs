use super::*;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

fn found(config: &Value, registry: &str) -> Result<Option<Credential>, RegistryError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    find(folder.path(), registry)
}

fn basic(user: &str, password: &str) -> Option<Credential> {
    Some(Credential::Basic {
        user: user.to_owned(),
        password: Secret::from(password.to_owned()),
    })
}

fn auth(text: &str) -> Value {
    json!({"auth": STANDARD.encode(text)})
}

#[test]
fn a_password_is_found_in_each_form_that_docker_writes() {
    for (entry, expected) in [
        (auth("ann:pw"), basic("ann", "pw")),
        (auth("ann:p:w"), basic("ann", "p:w")),
        (auth("ann:pw\0\0"), basic("ann", "pw")),
        (json!({"auth": "YW5uOnB3eA"}), basic("ann", "pwx")),
        (
            json!({"username": "ann", "password": "pw"}),
            basic("ann", "pw"),
        ),
        (json!({"auth": "", "email": "a@b"}), None),
        (json!({}), None),
        (
            json!({"auth": "", "identitytoken": "tok"}),
            Some(Credential::Identity(Secret::from("tok".to_owned()))),
        ),
    ] {
        let config =
            json!({"auths": {"r.example": entry}, "HttpHeaders": {"x": "y"}, "proxies": {}});
        assert_eq!(found(&config, "r.example").unwrap(), expected);
        assert_eq!(found(&config, "other.example").unwrap(), None);
    }
    assert_eq!(found(&json!({}), "r.example").unwrap(), None);
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(find(empty.path(), "r.example").unwrap(), None);
}

#[test]
fn an_entry_is_for_exactly_its_host_and_port() {
    let config = json!({"auths": {
        "r.example": auth("a:1"),
        "r.example:5000": auth("b:2"),
        "https://s.example/v1/": auth("c:3"),
        "t.example/team": auth("d:4"),
        "https://index.docker.io/v1/": auth("e:5"),
    }});
    for (registry, expected) in [
        ("r.example", basic("a", "1")),
        ("r.example:443", basic("a", "1")),
        ("r.example:5000", basic("b", "2")),
        ("r.example:5001", None),
        ("x.r.example", None),
        ("example", None),
        ("s.example", basic("c", "3")),
        ("t.example", None),
        ("docker.io", basic("e", "5")),
        ("registry-1.docker.io", basic("e", "5")),
        ("index.docker.io.evil", None),
    ] {
        assert_eq!(found(&config, registry).unwrap(), expected, "{registry}");
    }
}

#[test]
fn a_file_that_cannot_be_read_says_so_and_quotes_no_secret() {
    for text in [
        "nonsense canary-77",
        r#"{"auths": "canary-77"}"#,
        r#"{"auths": {"r.example": {"auth": "canary-77!"}}}"#,
        r#"{"auths": {"r.example": {"auth": 77, "x": "canary-77"}}}"#,
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), text).unwrap();
        let error = find(folder.path(), "r.example").unwrap_err();
        assert_eq!(error.code(), "credentials-invalid");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("config.json")).unwrap();
    let error = find(folder.path(), "r.example").unwrap_err();
    assert_eq!(error.code(), "credentials-invalid");
}

#[test]
fn no_credential_can_be_printed() {
    let all = [
        basic("ann", "canary"),
        Some(Credential::Identity(Secret::from("canary".to_owned()))),
    ];
    assert!(!format!("{all:?}").contains("canary"));
}

/// A helper on a PATH of its own; tests of one process run in processes of their own (nextest) or share it.
fn with_helper<T>(script: &str, work: impl FnOnce(&str) -> T) -> T {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let folder = tempfile::tempdir().unwrap();
    let name = format!(
        "{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    let path = folder.path().join(format!("docker-credential-{name}"));
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    helper::on_path(folder.path(), || work(&name))
}

#[test]
fn a_helper_is_asked_for_its_own_registry_and_before_the_file() {
    let script = r#"[ "$1" = get ] || exit 9
read -r server
[ "$server" = r.example ] || { echo "credentials not found in native keychain"; exit 1; }
echo '{"ServerURL":"r.example","Username":"ann","Secret":"from-helper"}'"#;
    with_helper(script, |name| {
        let config = json!({
            "auths": {"r.example": auth("ann:from-file"), "s.example": auth("ann:from-file")},
            "credHelpers": {"r.example": name},
        });
        assert_eq!(
            found(&config, "r.example").unwrap(),
            basic("ann", "from-helper")
        );
        assert_eq!(
            found(&config, "s.example").unwrap(),
            basic("ann", "from-file")
        );
        let store = json!({"auths": {"s.example": auth("ann:from-file")}, "credsStore": name});
        assert_eq!(
            found(&store, "r.example").unwrap(),
            basic("ann", "from-helper")
        );
        assert_eq!(
            found(&store, "s.example").unwrap(),
            basic("ann", "from-file")
        );
        assert_eq!(found(&store, "t.example").unwrap(), None);
    });
    with_helper(r#"echo '{"Username":"<token>","Secret":"tok"}'"#, |name| {
        let config = json!({"credsStore": name});
        let token = Credential::Identity(Secret::from("tok".to_owned()));
        assert_eq!(found(&config, "r.example").unwrap(), Some(token));
    });
}

#[test]
fn a_helper_that_fails_hangs_or_floods_is_ended_and_named() {
    for script in [
        "exit 1",
        "echo nonsense canary-77",
        "echo '{\"Username\":\"ann\"}'",
        "cat /dev/zero",
        "kill -9 $$",
    ] {
        with_helper(script, |name| {
            let error = found(&json!({"credsStore": name}), "r.example").unwrap_err();
            assert_eq!(error.code(), "credential-helper", "{script}");
            assert!(!error.to_string().contains("canary"));
        });
    }
    for script in ["sleep 60", "sleep 60 & exit 0", "exec >&-; sleep 60"] {
        with_helper(script, |name| {
            let wait = std::time::Duration::from_millis(300);
            let error = helper::get_within(name, "r.example", "r.example", wait).unwrap_err();
            assert_eq!(error.code(), "credential-helper", "{script}");
        });
    }
    let error = found(&json!({"credsStore": "no-such-helper-4711"}), "r.example").unwrap_err();
    assert_eq!(error.code(), "credential-helper");
    for name in ["../evil", "/bin/sh", "a b", "", "x;y", &"x".repeat(65)] {
        let config = json!({"credHelpers": {"r.example": name}});
        assert_eq!(
            found(&config, "r.example").unwrap_err().code(),
            "credentials-invalid",
            "{name}"
        );
    }
}
