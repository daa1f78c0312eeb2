use super::*;
use proptest::prelude::*;

fn source(text: &str) -> Result<Source, RegistryError> {
    text.parse()
}

const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
fn sources_read_back_as_written() {
    let pinned = format!("oci://ghcr.io/acme/mail@{DIGEST}");
    for text in [
        "./mail.wasm",
        "../plugins/mail.wasm",
        "mail.wasm",
        "skills/weekly-report",
        "https://example.org/mail.wasm",
        "https://example.org:8443/a/mail.wasm?download=1",
        "https://xn--bcher-kva.example/mail.wasm",
        "https://192.0.2.7/mail.wasm",
        "https://[2001:db8::1]/mail.wasm",
        "http://127.0.0.1:8080/mail.wasm",
        "http://[::1]:8080/mail.wasm",
        "http://localhost:8080/mail.wasm",
        "oci://ghcr.io/acme/mail",
        "oci://ghcr.io/acme/mail:1.2.0",
        "oci://localhost:5000/a__b/c-d.e:v1",
        "oci://registry.example:443/mail:1",
        "oci+http://127.0.0.1:5000/mail:1",
        "oci+http://[::1]:5000/mail:1",
        &pinned,
    ] {
        let read = source(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read.to_string(), text);
    }
}

#[test]
fn what_has_a_second_spelling_or_hides_something_is_refused() {
    for text in [
        "",
        "https://",
        "https:///mail.wasm",
        "https://example.org",
        "https://example.org/",
        "https://EXAMPLE.org/mail.wasm",
        "https://example.org:443/mail.wasm",
        "https://example.org:/mail.wasm",
        "https://example.org:0/mail.wasm",
        "https://example.org./mail.wasm",
        "https://user@example.org/mail.wasm",
        "https://user:pw@example.org/mail.wasm",
        "https://@example.org/mail.wasm",
        "https://example.org/mail.wasm#x",
        "https://example.org/mail.wasm#",
        "https://example.org/a/../mail.wasm",
        "https://example.org/./mail.wasm",
        "https://example.org/%2e%2e/mail.wasm",
        "https://example.org/a%2Fmail.wasm",
        "https://example.org/a%5cmail.wasm",
        "https://example.org\\mail.wasm",
        "https://example.org/a\\mail.wasm",
        "https://example.org/a\tb",
        "https://example.org/a b",
        "https://2130706433/mail.wasm",
        "https://0x7f.1/mail.wasm",
        "https://0177.0.0.1/mail.wasm",
        "https://127.1/mail.wasm",
        "https://１２７.0.0.1/mail.wasm",
        "https://bücher.example/mail.wasm",
        "https://exa%6dple.org/mail.wasm",
        "https://[::ffff:127.0.0.1]/mail.wasm",
        "HTTPS://example.org/mail.wasm",
        "http://example.org/mail.wasm",
        "http://127.0.0.1.example.org/mail.wasm",
        "http://10.0.0.1/mail.wasm",
        "http://127.0.0.1:80/mail.wasm",
        "ftp://example.org/mail.wasm",
        "file:///etc/passwd",
        "file:mail.wasm",
        "oci:ghcr.io/acme/mail",
        "oci://ghcr.io",
        "oci://ghcr.io/",
        "oci:///mail",
        "oci://ghcr.io/Acme/mail",
        "oci://ghcr.io/acme//mail",
        "oci://ghcr.io/acme/mail/",
        "oci://ghcr.io/../mail",
        "oci://ghcr.io/acme/..",
        "oci://ghcr.io/a..b",
        "oci://ghcr.io/a___b",
        "oci://ghcr.io/-a",
        "oci://ghcr.io/acme/mail:",
        "oci://ghcr.io/acme/mail:.x",
        "oci://ghcr.io/acme/mail:a/b",
        "oci://ghcr.io/acme/mail:1:2",
        "oci://ghcr.io/acme/mail@sha256:abc",
        "oci://ghcr.io/acme/mail@md5:abc",
        "oci://ghcr.io/acme/mail?x=1",
        "oci://ghcr.io/acme/mail#x",
        "oci://user:pw@ghcr.io/acme/mail",
        "oci://ghcr.io:99999/mail",
        "oci://GHCR.io/mail",
        "oci://2130706433/mail",
        "oci+http://ghcr.io/acme/mail",
        "oci+http://192.168.0.1/mail",
        "mail\u{202e}.wasm",
        "mail\n.wasm",
    ] {
        let error = source(text).expect_err(text);
        assert_eq!(error.code(), "source-invalid", "{text}");
        assert!(remit_policy::is_display_safe(&error.to_string()), "{text}");
    }
    let long = format!("oci://ghcr.io/{}", "a".repeat(MAX_SOURCE));
    assert!(source(&long).is_err());
    let (just, over) = ("a".repeat(255), "a".repeat(256));
    assert!(source(&format!("oci://ghcr.io/{just}")).is_ok());
    assert!(source(&format!("oci://ghcr.io/{over}")).is_err());
}

#[test]
fn dockers_own_registry_is_known_by_its_name() {
    let Source::Oci(reference) = source("oci://docker.io/mail:1").unwrap() else {
        panic!("it is a reference")
    };
    assert_eq!(
        reference.api().unwrap().as_str(),
        "https://registry-1.docker.io/v2/"
    );
    assert_eq!(reference.api_repository(), "library/mail");
    let Source::Oci(reference) = source("oci://ghcr.io/mail").unwrap() else {
        panic!("it is a reference")
    };
    assert_eq!(reference.api().unwrap().as_str(), "https://ghcr.io/v2/");
    assert_eq!(reference.api_repository(), "mail");
    assert_eq!(reference.tag(), Some("latest"));
}

#[test]
fn what_is_pinned_has_no_tag() {
    let Source::Oci(reference) = source("oci://ghcr.io/acme/mail:1").unwrap() else {
        panic!("it is a reference")
    };
    assert_eq!(reference.tag(), Some("1"));
    let pinned = reference.pinned(DIGEST.parse().unwrap());
    assert_eq!(pinned.tag(), None);
    assert_eq!(
        pinned.to_string(),
        format!("oci://ghcr.io/acme/mail@{DIGEST}")
    );
    assert!(Source::Oci(pinned).is_pinned());
    assert!(!Source::Oci(reference).is_pinned());
}

proptest! {
    /// Whatever is taken reads back as itself, leads where it says, and can be printed.
    #[test]
    fn any_text_is_refused_or_round_trips(text in "\\PC{0,60}") {
        if let Ok(read) = source(&text) {
            prop_assert_eq!(read.to_string(), text.clone());
            prop_assert_eq!(source(&read.to_string()).unwrap(), read);
            prop_assert!(remit_policy::is_display_safe(&text));
        }
    }

    #[test]
    fn any_text_like_a_url_is_refused_or_round_trips(
        scheme in "(https|http|oci|oci\\+http)",
        rest in "[a-z0-9A-Z.:@/#?%\\[\\]_\\\\-]{0,40}",
    ) {
        let text = format!("{scheme}://{rest}");
        if let Ok(read) = source(&text) {
            prop_assert_eq!(read.to_string(), text.clone());
            prop_assert!(!text.contains("/../") && !text.contains('#') && !text.contains('\\'));
            let host = rest.split('/').next().unwrap();
            prop_assert!(!host.contains('@'));
            let url = match &read {
                Source::Web(url) => url.as_url().clone(),
                Source::Oci(reference) => reference.api().unwrap(),
                Source::Path(_) => panic!("a path"),
            };
            prop_assert!(url.scheme() == "https" || is_loopback(&url));
        }
    }

    #[test]
    fn any_reference_of_good_parts_is_taken(
        host in "[a-z]{1,8}(\\.[a-z]{2,5}){0,2}(:[1-9][0-9]{0,3})?",
        repository in "[a-z0-9]{1,5}([._-][a-z0-9]{1,5}){0,2}(/[a-z0-9]{1,5}){0,3}",
        tag in "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}",
    ) {
        let text = format!("oci://{host}/{repository}:{tag}");
        prop_assert_eq!(source(&text).unwrap().to_string(), text);
    }
}
