//! Credentials: whom they are sent to, and whom never.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::server::{Asked, Reply, Server};
use crate::world::{COMPONENT, MANIFEST, World, answer, wasm_manifest};

const SOURCE: &str = "oci://registry.example/acme/mail:1";
const PUBLIC: &str = "93.184.216.34";
const PASSWORD: &str = "canary-9d1f";

fn basic() -> String {
    format!("Basic {}", STANDARD.encode(format!("ann:{PASSWORD}")))
}

fn config(registry: &str) -> Value {
    json!({"auths": {registry: {"auth": STANDARD.encode(format!("ann:{PASSWORD}"))}}})
}

fn artifact(asked: &Asked) -> Reply {
    let manifest = wasm_manifest(COMPONENT).to_string();
    answer(asked, manifest.as_bytes(), MANIFEST, COMPONENT)
}

/// Answers those who send this `Authorization`, and challenges all others.
fn guarded(challenge: &str, wanted: &str) -> impl Fn(&Asked) -> Reply + Send + Sync + 'static {
    let (challenge, wanted) = (challenge.to_owned(), wanted.to_owned());
    move |asked: &Asked| match asked.header("authorization") {
        Some(given) if given == wanted => artifact(asked),
        _ => Reply::status(401).with("www-authenticate", &challenge),
    }
}

/// Gives a token to those who send this `Authorization`.
fn tokens(wanted: Option<String>) -> impl Fn(&Asked) -> Reply + Send + Sync + 'static {
    move |asked: &Asked| {
        if asked.header("authorization") != wanted.as_deref() {
            return Reply::status(401);
        }
        Reply::ok(json!({"token": "t0ken-4711"}).to_string())
    }
}

fn canary_was_seen(server: &Server) -> bool {
    let encoded = STANDARD.encode(format!("ann:{PASSWORD}"));
    server.asked().iter().any(|asked| {
        let text = format!("{asked:?}{}", String::from_utf8_lossy(&asked.body));
        text.contains(PASSWORD) || text.contains(&encoded)
    })
}

#[test]
fn a_password_goes_to_its_own_registry_when_it_asks() {
    let mut world = World::new();
    world.docker_config(&config("registry.example"));
    let server = world.serve(
        "registry.example",
        PUBLIC,
        guarded("Basic realm=x", &basic()),
    );
    let world = world.go();
    world.fetch(SOURCE).unwrap();
    assert_eq!(server.asked()[0].header("authorization"), None);
    assert!(server.saw_header("authorization").len() > 2);
}

#[test]
fn a_registry_of_another_name_or_port_gets_no_password() {
    for registry in [
        "other.example",
        "registry.example:5000",
        "registry.example.evil",
        "example",
        "registry.example/acme",
        "https://registry.example/acme/",
    ] {
        let mut world = World::new();
        world.docker_config(&config(registry));
        let server = world.serve(
            "registry.example",
            PUBLIC,
            guarded("Basic realm=x", &basic()),
        );
        assert_eq!(world.go().fails(SOURCE), "registry-denied", "{registry}");
        assert!(!canary_was_seen(&server));
    }
    for registry in [
        "https://registry.example",
        "https://registry.example/v1/",
        "https://registry.example/v2/",
        "registry.example:443",
    ] {
        let mut world = World::new();
        world.docker_config(&config(registry));
        let _server = world.serve(
            "registry.example",
            PUBLIC,
            guarded("Basic realm=x", &basic()),
        );
        world
            .go()
            .fetch(SOURCE)
            .unwrap_or_else(|error| panic!("{registry}: {error}"));
    }
}

#[test]
fn a_token_is_asked_for_at_the_registrys_own_host() {
    let mut world = World::new();
    world.docker_config(&config("registry.example"));
    let challenge = r#"Bearer realm="https://registry.example/token",service="s&x",scope="repository:victim/secret:pull,push""#;
    let inner = guarded(challenge, "Bearer t0ken-4711");
    let token = tokens(Some(basic()));
    let server = world.serve("registry.example", PUBLIC, move |asked| {
        match asked.path.starts_with("/token") {
            true => token(asked),
            false => inner(asked),
        }
    });
    world.go().fetch(SOURCE).unwrap();
    let asked = server.asked();
    let token = asked
        .iter()
        .find(|it| it.path.starts_with("/token"))
        .unwrap();
    // What is asked for is ours to say, not the registry's.
    assert!(
        token.path.contains("scope=repository%3Aacme%2Fmail%3Apull"),
        "{}",
        token.path
    );
    assert!(token.path.contains("service=s%26x"), "{}", token.path);
    assert!(!token.path.contains("victim"));
    // The password goes to the token service alone.
    let with_password = asked
        .iter()
        .filter(|it| it.header("authorization") == Some(&basic()));
    assert_eq!(with_password.count(), 1);
}

#[test]
fn another_realm_gets_no_password_and_may_still_give_a_token_to_anybody() {
    for (anybody, code) in [(true, None), (false, Some("realm-refused"))] {
        let mut world = World::new();
        world.docker_config(&config("registry.example"));
        let challenge = r#"Bearer realm="https://auth.example/token",service="s""#;
        let registry = world.serve(
            "registry.example",
            PUBLIC,
            guarded(challenge, "Bearer t0ken-4711"),
        );
        let wanted = (!anybody).then(basic);
        let auth = world.serve("auth.example", "93.184.216.36", tokens(wanted));
        let fetched = world.go().fetch(SOURCE);
        assert_eq!(fetched.as_ref().err().map(|error| error.code()), code);
        assert!(!canary_was_seen(&auth) && !canary_was_seen(&registry));
        assert!(!auth.asked().is_empty());
        if let Err(error) = fetched {
            assert!(
                error.to_string().contains("https://auth.example"),
                "{error}"
            );
            assert!(!error.to_string().contains(PASSWORD));
        }
    }
}

#[test]
fn credentials_that_a_person_has_for_the_other_realm_stay_at_home_too() {
    // A registry could else have a token made for whatever it likes, and keep it.
    let mut world = World::new();
    world.docker_config(&config("auth.example"));
    let challenge = r#"Bearer realm="https://auth.example/token",service="s""#;
    let _registry = world.serve("registry.example", PUBLIC, guarded(challenge, "Bearer x"));
    let auth = world.serve("auth.example", "93.184.216.36", tokens(Some(basic())));
    assert_eq!(world.go().fails(SOURCE), "registry-denied");
    assert!(!canary_was_seen(&auth));
}

#[test]
fn realms_that_are_no_place_to_send_anything_to_are_refused() {
    let sink = Server::start(None, |_| Reply::ok(json!({"token": "x"}).to_string()));
    for realm in [
        format!("http://{}/token", sink.address()),
        "http://registry.example/token".to_owned(),
        "http://auth.example/token".to_owned(),
        "https://ann:pw@registry.example/token".to_owned(),
        "file:///etc/passwd".to_owned(),
        "token".to_owned(),
        "".to_owned(),
    ] {
        let mut world = World::new();
        world.docker_config(&config("registry.example"));
        let challenge = format!("Bearer realm=\"{realm}\",service=\"s\"");
        let server = world.serve("registry.example", PUBLIC, guarded(&challenge, "Bearer x"));
        assert_eq!(world.go().fails(SOURCE), "realm-refused", "{realm}");
        assert!(!canary_was_seen(&server));
    }
    assert!(sink.asked().is_empty());
}

#[test]
fn a_realm_on_this_machine_or_network_is_not_dialled_for_a_public_registry() {
    for address in ["127.0.0.1", "10.0.0.1", "169.254.169.254"] {
        let mut world = World::new();
        let challenge = r#"Bearer realm="https://auth.example/token""#;
        let _registry = world.serve("registry.example", PUBLIC, guarded(challenge, "Bearer x"));
        let auth = world.serve("auth.example", address, tokens(None));
        assert_eq!(world.go().fails(SOURCE), "address-refused", "{address}");
        assert!(auth.asked().is_empty());
    }
}

#[test]
fn docker_hub_has_its_token_service_and_no_other_registry_has() {
    let challenge = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io""#;
    let mut world = World::new();
    world.docker_config(&config("https://index.docker.io/v1/"));
    let _registry = world.serve(
        "registry-1.docker.io",
        PUBLIC,
        guarded(challenge, "Bearer t0ken-4711"),
    );
    let auth = world.serve("auth.docker.io", "93.184.216.36", tokens(Some(basic())));
    world.go().fetch("oci://docker.io/acme/mail:1").unwrap();
    assert!(canary_was_seen(&auth));

    let mut world = World::new();
    world.docker_config(&config("registry.example"));
    let _registry = world.serve("registry.example", PUBLIC, guarded(challenge, "Bearer x"));
    let auth = world.serve("auth.docker.io", "93.184.216.36", tokens(Some(basic())));
    assert_eq!(world.go().fails(SOURCE), "realm-refused");
    assert!(!canary_was_seen(&auth));
}

#[test]
fn where_a_redirect_leaves_the_registry_nothing_goes_along() {
    let mut world = World::new();
    world.docker_config(&config("registry.example"));
    let inner = guarded("Basic realm=x", &basic());
    let registry = world.serve("registry.example", PUBLIC, move |asked| {
        let reply = inner(asked);
        match (&reply, asked.path.contains("/blobs/")) {
            (Reply::Whole(200, ..), true) => Reply::redirect("https://cdn.example/blob"),
            _ => reply,
        }
    });
    let cdn = world.serve("cdn.example", "93.184.216.35", |_| Reply::ok(COMPONENT));
    world.go().fetch(SOURCE).unwrap();
    assert_eq!(cdn.asked().len(), 1);
    assert!(cdn.saw_header("authorization").is_empty());
    assert!(canary_was_seen(&registry));
}

#[test]
fn a_place_that_is_led_to_cannot_ask_for_the_registrys_password() {
    let mut world = World::new();
    world.docker_config(&config("registry.example"));
    let inner = guarded("Basic realm=x", &basic());
    let registry = world.serve("registry.example", PUBLIC, move |asked| {
        match asked.path.contains("/manifests/") {
            true => Reply::redirect("https://cdn.example/manifest"),
            false => inner(asked),
        }
    });
    let cdn = world.serve(
        "cdn.example",
        "93.184.216.35",
        guarded("Basic realm=x", &basic()),
    );
    assert_eq!(world.go().fails(SOURCE), "registry-denied");
    assert!(!canary_was_seen(&cdn) && !canary_was_seen(&registry));
}

#[test]
fn a_wrong_password_is_tried_once() {
    let mut world = World::new();
    world.docker_config(&config("registry.example"));
    let server = world.serve(
        "registry.example",
        PUBLIC,
        guarded("Basic realm=x", "Basic other"),
    );
    let error = world.go().fetch(SOURCE).unwrap_err();
    assert_eq!(error.code(), "registry-denied");
    assert!(
        error
            .hint()
            .unwrap()
            .contains("docker login registry.example")
    );
    assert_eq!(server.saw_header("authorization").len(), 1);
}

#[test]
fn tokens_that_would_break_a_header_are_refused() {
    for answer in [
        json!({"token": "a b"}),
        json!({"token": "a\r\nx: y"}),
        json!({"token": ""}),
        json!({"token": "é"}),
        json!({"token": 7}),
        json!({"token": "x".repeat(20_000)}),
        json!({}),
        json!([]),
    ] {
        let mut world = World::new();
        let challenge = r#"Bearer realm="https://registry.example/token""#;
        let inner = guarded(challenge, "Bearer x");
        let text = answer.to_string();
        let _server = world.serve("registry.example", PUBLIC, move |asked| {
            match asked.path.starts_with("/token") {
                true => Reply::ok(text.as_bytes()),
                false => inner(asked),
            }
        });
        assert_eq!(world.go().fails(SOURCE), "registry-response", "{answer}");
    }
}

#[test]
fn a_token_may_come_under_either_name_and_its_service_leads_nowhere() {
    let challenge = r#"Bearer realm="https://registry.example/token""#;
    for (leads, code) in [(false, None), (true, Some("registry-failed"))] {
        let mut world = World::new();
        world.docker_config(&config("registry.example"));
        let inner = guarded(challenge, "Bearer abc");
        let _server = world.serve("registry.example", PUBLIC, move |asked| {
            match (asked.path.starts_with("/token"), leads) {
                (true, false) => Reply::ok(json!({"access_token": "abc"}).to_string()),
                (true, true) => Reply::redirect("https://cdn.example/token"),
                _ => inner(asked),
            }
        });
        let cdn = world.serve("cdn.example", "93.184.216.35", tokens(None));
        let fetched = world.go().fetch(SOURCE);
        assert_eq!(fetched.err().map(|error| error.code()), code);
        assert!(cdn.asked().is_empty());
    }
}

#[test]
fn an_identity_token_is_exchanged_by_post() {
    let mut world = World::new();
    world.docker_config(&json!({"auths": {"registry.example": {"identitytoken": PASSWORD}}}));
    let challenge = r#"Bearer realm="https://registry.example/token",service="s""#;
    let inner = guarded(challenge, "Bearer t0ken-4711");
    let server = world.serve("registry.example", PUBLIC, move |asked| {
        match asked.path.as_str() {
            "/token" => Reply::ok(json!({"access_token": "t0ken-4711"}).to_string()),
            _ => inner(asked),
        }
    });
    world.go().fetch(SOURCE).unwrap();
    let asked = server.asked();
    let post = asked.iter().find(|it| it.method == "POST").unwrap();
    let form = String::from_utf8(post.body.clone()).unwrap();
    assert!(form.contains("grant_type=refresh_token"), "{form}");
    assert!(
        form.contains(&format!("refresh_token={PASSWORD}")),
        "{form}"
    );
    assert!(!post.path.contains(PASSWORD));
}

#[test]
fn a_helper_is_run_only_for_a_registry_that_asks() {
    for (asks, code) in [(false, None), (true, Some("credential-helper"))] {
        let mut world = World::new();
        world.docker_config(&json!({"credsStore": "there-is-none-4711"}));
        let inner = guarded("Basic realm=x", &basic());
        let _server = world.serve("registry.example", PUBLIC, move |asked| match asks {
            true => inner(asked),
            false => artifact(asked),
        });
        let fetched = world.go().fetch(SOURCE);
        assert_eq!(fetched.err().map(|error| error.code()), code);
    }
}

#[test]
fn challenges_that_are_not_known_are_named_so() {
    let mut world = World::new();
    world.docker_config(&config("registry.example"));
    let server = world.serve("registry.example", PUBLIC, guarded("Negotiate", "x"));
    assert_eq!(world.go().fails(SOURCE), "registry-response");
    assert!(!canary_was_seen(&server));
}
