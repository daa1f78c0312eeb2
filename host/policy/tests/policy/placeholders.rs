//! `{inputs.NAME}`: a value is taken literally, or refused.

use std::collections::BTreeMap;

use remit_policy::*;

use super::support::*;

fn bind(text: &str, value: &str) -> Result<String, &'static str> {
    let inputs: BTreeMap<_, _> = [("x".to_owned(), value.to_owned())].into();
    match grants(&[text]).bind(&inputs) {
        Ok(bound) => Ok(bound.canonical().trim_end().to_owned()),
        Err(error) => Err(error.code()),
    }
}

#[test]
fn a_value_stands_for_whole_names_of_a_path() {
    let bind = |value| bind("http GET https://a.example/repos/{inputs.x}/issues", value);
    let path = |text: &str| Ok(format!("http GET https://a.example/repos/{text}/issues"));
    assert_eq!(bind("one"), path("one"));
    assert_eq!(bind("owner/name"), path("owner/name"));
    assert_eq!(bind("a.b-c_d~e"), path("a.b-c_d~e"));
    // A star is a star.
    assert_eq!(bind("*"), path("{*}"));
    assert_eq!(bind("**"), path("{*}{*}"));
    for value in [
        "",
        ".",
        "..",
        "../admin",
        "a/../b",
        "a//b",
        "/a",
        "a/",
        "a?b",
        "a#b",
        "a%2fb",
        "%2e%2e",
        "a;b",
        "a b",
        "a\\b",
        "a\nb",
        "a\0",
        "é",
        "{inputs.x}",
        "{*}",
        "\u{202e}",
    ] {
        assert_eq!(bind(value), Err("grant-value"), "{value:?}");
    }
    assert_eq!(bind(&vec!["a"; 70].join("/")), Err("grant-value"));
}

#[test]
fn a_bound_star_covers_a_star_only() {
    let inputs = [("x".to_owned(), "*".to_owned())].into();
    let bound = grants(&["http GET https://a.example/repos/{inputs.x}"])
        .bind(&inputs)
        .unwrap();
    let authority = Authority::new(bound, None, &OperatorPolicy::default(), Limits::default());
    assert_eq!(
        code(ask(&authority, "GET", "https://a.example/repos/*")),
        "allowed"
    );
    assert_eq!(
        code(ask(&authority, "GET", "https://a.example/repos/x")),
        "http-path-denied"
    );
}

#[test]
fn a_value_stands_for_folders_below_their_root() {
    let bind = |value| bind("files write {run}/{inputs.x} /out", value);
    assert_eq!(
        bind("2026-W47").as_deref(),
        Ok("files write {run}/2026-W47 /out")
    );
    assert_eq!(
        bind("a b/c").as_deref(),
        Ok("files write \"{run}/a b/c\" /out")
    );
    for value in [
        "", "..", "a/../..", "/etc", "a//b", "a\\b", "a\nb", "*", "{run}", "\u{200b}", "a/",
    ] {
        assert_eq!(bind(value), Err("grant-value"), "{value:?}");
    }
    assert_eq!(bind(&"n".repeat(256)), Err("grant-value"));
}

#[test]
fn an_input_never_chooses_among_all_folders_of_a_person() {
    for (text, allowed) in [
        ("files read ~/{inputs.x} /x", false),
        ("files read /{inputs.x} /x", false),
        ("files read ~/work/{inputs.x} /x", true),
        ("files read /srv/{inputs.x} /x", true),
        ("files read ./{inputs.x} /x", true),
        ("files read ./week-{inputs.x} /x", false),
        ("files read ./data /{inputs.x}", false),
    ] {
        assert_eq!(Grant::parse(Layer::Grant, text).is_ok(), allowed, "{text}");
    }
}

#[test]
fn a_value_in_a_configuration_is_text() {
    let bind = |value| bind("config q=\"from:{inputs.x}!\"", value);
    assert_eq!(bind("ann").as_deref(), Ok("config q=from:ann!"));
    assert_eq!(
        bind("a \"b\" *").as_deref(),
        Ok(r#"config q="from:a \"b\" *!""#)
    );
    for value in ["a\nb", "{inputs.y}", "\u{202e}", &"x".repeat(5000)] {
        assert_eq!(bind(value), Err("grant-value"), "{value:?}");
    }
}

#[test]
fn two_values_side_by_side_make_no_placeholder() {
    let inputs = [
        ("a".to_owned(), "{inp".to_owned()),
        ("b".to_owned(), "uts.c}".to_owned()),
    ]
    .into();
    let bound = grants(&["config k={inputs.a}{inputs.b}"]).bind(&inputs);
    assert_eq!(bound.unwrap_err().code(), "grant-value");
}

#[test]
fn an_input_without_a_value_is_an_error_and_an_unbound_grant_allows_nothing() {
    let unbound = grants(&[
        "http GET https://a.example/{inputs.x}",
        "files read ./{inputs.x} /data",
        "config k={inputs.y}",
    ]);
    assert_eq!(unbound.inputs(), ["x", "y"]);
    assert_eq!(
        unbound.bind(&BTreeMap::new()).unwrap_err().code(),
        "grant-placeholder"
    );
    let authority = Authority::new(unbound, None, &OperatorPolicy::default(), Limits::default());
    assert_eq!(
        code(ask(&authority, "GET", "https://a.example/x")),
        "http-host-denied"
    );
    assert!(authority.mounts().is_empty());
    assert_eq!(authority.config("k"), None);
}
