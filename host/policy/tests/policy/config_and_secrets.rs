//! Configured values, and secrets that the host applies.

use std::net::IpAddr;

use remit_policy::*;

use super::support::*;

#[test]
fn a_value_is_there_only_if_it_is_configured() {
    let authority = authority(&["config folder=/mail"]);
    assert_eq!(authority.config("folder"), Some("/mail"));
    assert_eq!(authority.config("Folder"), None);
    assert_eq!(
        authority.config_all().collect::<Vec<_>>(),
        [("folder", "/mail")]
    );
    let (value, allowed) = authority.config_ask("folder").unwrap();
    assert_eq!(
        (value, &*allowed.rule.text),
        ("/mail", "config folder=/mail")
    );
    let denial = authority.config_ask("base-url").unwrap_err();
    assert_eq!(denial.code(), "config-not-granted");
    assert_eq!(
        denial.narrowest.unwrap().to_string(),
        "config base-url=VALUE"
    );
    assert_eq!(
        authority.config_ask("odd key\n").unwrap_err().narrowest,
        None
    );
}

#[test]
fn needs_and_policy_narrow_values() {
    let value = |needed: &[&str], allowed: &[&str]| {
        layered(&["config k=v"], Some(needed), Some(allowed))
            .config("k")
            .map(str::to_owned)
    };
    assert_eq!(
        value(&["config k=*"], &["config *=*"]).as_deref(),
        Some("v")
    );
    assert_eq!(
        value(&["config k=v"], &["config k=v"]).as_deref(),
        Some("v")
    );
    assert_eq!(value(&["config k=w"], &["config *=*"]), None);
    assert_eq!(value(&["config l=*"], &["config *=*"]), None);
    assert_eq!(value(&["config k=*"], &["config l=*"]), None);
    let authority = layered(&["config k=v"], Some(&["config l=*"]), None);
    let denial = authority.config_ask("k").unwrap_err();
    assert_eq!((denial.layer, denial.narrowest), (Some(Layer::Need), None));
}

#[test]
fn a_need_of_a_configured_service_covers_that_service_only() {
    let needed = ["http GET {config.base-url}/api/v1/**", "config base-url=*"];
    let grant = "http GET,POST http://127.0.0.1:9090/**";
    let with = |value: &str| {
        layered(
            &[grant, &format!("config base-url={value}")],
            Some(&needed),
            None,
        )
    };
    let authority = with("http://127.0.0.1:9090");
    assert_eq!(
        code(ask(&authority, "GET", "http://127.0.0.1:9090/api/v1/query")),
        "allowed"
    );
    assert_eq!(
        code(ask(&authority, "GET", "http://127.0.0.1:9090/admin")),
        "http-path-denied"
    );
    assert_eq!(
        code(ask(
            &authority,
            "POST",
            "http://127.0.0.1:9090/api/v1/query"
        )),
        "http-method-denied"
    );
    let below = with("http://127.0.0.1:9090/prom");
    assert_eq!(
        code(ask(
            &below,
            "GET",
            "http://127.0.0.1:9090/prom/api/v1/query"
        )),
        "allowed"
    );
    assert_eq!(
        code(ask(&below, "GET", "http://127.0.0.1:9090/api/v1/query")),
        "http-path-denied"
    );
    let slash = with("http://127.0.0.1:9090/");
    assert_eq!(
        code(ask(&slash, "GET", "http://127.0.0.1:9090/api/v1/query")),
        "allowed"
    );
    // Unset, or set to what is no origin: the need covers nothing.
    for authority in [
        layered(&[grant], Some(&needed), None),
        with("elsewhere"),
        with("http://127.1:9090"),
    ] {
        let denial = ask(&authority, "GET", "http://127.0.0.1:9090/api/v1/query").unwrap_err();
        assert_eq!(
            (denial.code(), denial.layer),
            ("http-host-denied", Some(Layer::Need))
        );
    }
    for value in [
        "https://*.example.org",
        "https://a.example/**",
        "https://a.example/../x",
        "*://*",
        "/x",
    ] {
        let config = [("base-url".to_owned(), value.to_owned())].into();
        assert!(needs(&needed).bind_config(&config).is_err(), "{value}");
    }
}

#[test]
fn a_need_of_a_configured_mount_falls_back_to_its_default() {
    let needed = ["files read * {config.folder|/mail}", "config folder=*"];
    let mounts = |granted: &[&str]| layered(granted, Some(&needed), None).mounts().len();
    assert_eq!(mounts(&["files read ./m /mail"]), 1);
    assert_eq!(mounts(&["files read ./m /post", "config folder=/post"]), 1);
    assert_eq!(mounts(&["files read ./m /mail", "config folder=/post"]), 0);
    assert_eq!(mounts(&["files read ./m /mail", "config folder=post"]), 0);
}

fn applied(authority: &Authority, url: &str, dialled: &str) -> Vec<String> {
    let dialled: IpAddr = dialled.parse().unwrap();
    let allowed = ask(authority, "GET", url).unwrap();
    authority
        .secrets_for(&allowed, dialled)
        .map(|secret| secret.name.clone())
        .collect()
}

#[test]
fn a_secret_goes_to_its_own_origin_only_and_never_in_the_clear() {
    let authority = authority(&[
        "secret t header authorization \"Bearer {secret}\" for https://a.example",
        "secret p header x-key {secret} for http://a.example",
        "http GET https://a.example/**",
        "http GET https://a.example:8443/**",
        "http GET https://b.example/**",
        "http GET https://sub.a.example/**",
        "http GET http://a.example/**",
    ]);
    let public = "93.184.216.34";
    assert_eq!(applied(&authority, "https://a.example/x", public), ["t"]);
    assert!(applied(&authority, "https://a.example:8443/x", public).is_empty());
    assert!(applied(&authority, "https://b.example/x", public).is_empty());
    assert!(applied(&authority, "https://sub.a.example/x", public).is_empty());
    assert!(applied(&authority, "http://a.example/x", public).is_empty());
    assert!(applied(&authority, "http://a.example/x", "10.0.0.1").is_empty());
    assert_eq!(
        applied(&authority, "http://a.example/x", "127.0.0.1"),
        ["p"]
    );
    assert_eq!(
        applied(&authority, "http://a.example/x", "::ffff:127.0.0.1"),
        ["p"]
    );
    assert_eq!(authority.secrets().count(), 2);
}

#[test]
fn needs_bind_secrets_if_they_speak_of_any_and_policy_always() {
    let granted = [
        "secret t header authorization {secret} for https://a.example",
        "http GET https://a.example/**",
    ];
    let count = |needed: Option<&[&str]>, allowed: Option<&[&str]>| {
        let authority = layered(&granted, needed, allowed);
        applied(&authority, "https://a.example/x", "8.8.8.8").len()
    };
    let http = "http GET https://a.example/**";
    assert_eq!(count(Some(&[http]), None), 1);
    assert_eq!(
        count(
            Some(&[
                http,
                "secret * header authorization * for https://a.example"
            ]),
            None
        ),
        1
    );
    assert_eq!(
        count(
            Some(&[http, "secret * header x-key * for https://a.example"]),
            None
        ),
        0
    );
    assert_eq!(count(None, Some(&[http])), 0);
    assert_eq!(
        count(None, Some(&[http, "secret * header * * for https://*"])),
        1
    );
    assert_eq!(
        count(None, Some(&[http, "secret other header * * for https://*"])),
        0
    );
}

#[test]
fn a_secret_of_hosts_below_a_name_goes_to_whole_labels_below_it() {
    let authority = authority(&[
        "secret t header authorization {secret} for https://*.a.example",
        "http GET https://x.a.example/**",
        "http GET https://y.x.a.example/**",
        "http GET https://a.example/**",
        "http GET https://evila.example/**",
    ]);
    let count = |url: &str| applied(&authority, url, "8.8.8.8").len();
    assert_eq!(count("https://x.a.example/"), 1);
    assert_eq!(count("https://y.x.a.example/"), 1);
    assert_eq!(count("https://a.example/"), 0);
    assert_eq!(count("https://evila.example/"), 0);
}
