//! Which addresses a granted host may have.

use std::net::IpAddr;

use remit_policy::*;

use super::support::*;

fn judge(authority: &Authority, url: &str, answers: &[&str]) -> Result<(), Denial> {
    let answers: Vec<IpAddr> = answers.iter().map(|text| text.parse().unwrap()).collect();
    authority.address(&ask(authority, "GET", url).unwrap(), &answers)
}

#[test]
fn a_name_with_public_addresses_passes_and_any_other_address_refuses_it() {
    let authority = authority(&["http GET https://a.example/**"]);
    let judge = |answers: &[&str]| judge(&authority, "https://a.example/x", answers);
    assert_eq!(judge(&["93.184.216.34"]), Ok(()));
    assert_eq!(judge(&["93.184.216.34", "2606:2800:220:1::1"]), Ok(()));
    for answers in [
        &["127.0.0.1"][..],
        &["::1"],
        &["169.254.169.254"],
        &["10.0.0.1"],
        &["100.64.0.1"],
        &["0.0.0.0"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["2002:7f00:1::"],
        &["2001:4860::5efe:7f00:1"],
        &["fe80::1"],
        &["fd00::1"],
        &["93.184.216.34", "127.0.0.1"],
        &["127.0.0.1", "93.184.216.34"],
        &[],
    ] {
        assert_eq!(
            judge(answers).unwrap_err().code(),
            "http-address-denied",
            "{answers:?}"
        );
    }
}

#[test]
fn addresses_of_a_grant_allow_what_they_cover_and_no_more() {
    let authority =
        authority(&["http GET http://svc.test/** addresses=127.0.0.1/32,10.0.0.0/8,fd00::/8"]);
    let judge = |answers: &[&str]| judge(&authority, "http://svc.test/x", answers);
    for answers in [
        &["127.0.0.1"][..],
        &["::ffff:127.0.0.1"],
        &["10.255.0.1", "fd00::1"],
        &["10.0.0.1", "8.8.8.8"],
    ] {
        assert_eq!(judge(answers), Ok(()), "{answers:?}");
    }
    for answers in [
        &["127.0.0.2"][..],
        &["::1"],
        &["11.0.0.1", "127.0.0.2"],
        &["10.0.0.1", "192.168.0.1"],
    ] {
        assert!(judge(answers).is_err(), "{answers:?}");
    }
}

#[test]
fn addresses_count_only_where_their_grant_covers_the_request() {
    let authority = authority(&[
        "http GET http://svc.test/open",
        "http GET http://svc.test/inner addresses=127.0.0.1/32",
        "http POST http://svc.test/open addresses=127.0.0.1/32",
    ]);
    assert_eq!(
        judge(&authority, "http://svc.test/inner", &["127.0.0.1"]),
        Ok(())
    );
    let denial = judge(&authority, "http://svc.test/open", &["127.0.0.1"]).unwrap_err();
    assert_eq!(
        denial.narrowest.unwrap().to_string(),
        "http GET http://svc.test/open addresses=127.0.0.1/32"
    );
}

#[test]
fn the_narrowest_grant_of_an_address_allows_it() {
    let url = "http://svc.test/x";
    let answers = ["10.0.0.1", "::ffff:127.0.0.1", "8.8.8.8"];
    let first = authority(&["http GET http://svc.test/**"]);
    let text = judge(&first, url, &answers)
        .unwrap_err()
        .narrowest
        .unwrap()
        .to_string();
    assert_eq!(
        text,
        "http GET http://svc.test/x addresses=10.0.0.1/32,127.0.0.1/32"
    );
    let second = authority(&["http GET http://svc.test/**", &text]);
    assert_eq!(judge(&second, url, &answers), Ok(()));
    assert!(judge(&second, url, &["10.0.0.2"]).is_err());
    assert!(judge(&second, "http://svc.test/y", &["10.0.0.1"]).is_err());
}

#[test]
fn a_grant_of_more_addresses_than_one_may_name_is_not_offered() {
    let first = authority(&["http GET http://svc.test/**"]);
    let answers: Vec<String> = (0..101).map(|n| format!("10.0.0.{n}")).collect();
    let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
    let narrowest = |answers| {
        judge(&first, "http://svc.test/x", answers)
            .unwrap_err()
            .narrowest
    };
    assert_eq!(narrowest(&answers), None);
    let text = narrowest(&answers[1..]).unwrap().to_string();
    let second = authority(&[&text]);
    assert_eq!(judge(&second, "http://svc.test/x", &answers[1..]), Ok(()));
}

#[test]
fn a_literal_is_granted_literally_and_is_its_own_only_address() {
    let authority = authority(&["http GET http://127.0.0.1:9090/**"]);
    let judge = |answers: &[&str]| judge(&authority, "http://127.0.0.1:9090/x", answers);
    assert_eq!(judge(&["127.0.0.1"]), Ok(()));
    assert!(judge(&["127.0.0.2"]).is_err());
    assert!(judge(&["8.8.8.8"]).is_err());
    assert!(judge(&["127.0.0.1", "8.8.8.8"]).is_err());
}

#[test]
fn a_policy_that_is_a_star_covers_public_addresses_only() {
    let granted = [
        "http GET http://127.0.0.1/**",
        "http GET http://8.8.8.8/**",
        "http GET http://svc.test/** addresses=127.0.0.1/32",
    ];
    let closed = layered(&granted, None, Some(&["http * *://*:*"]));
    assert_eq!(code(ask(&closed, "GET", "http://8.8.8.8/")), "allowed");
    assert_eq!(
        code(ask(&closed, "GET", "http://127.0.0.1/")),
        "http-host-denied"
    );
    let denial = judge(&closed, "http://svc.test/", &["127.0.0.1"]).unwrap_err();
    assert_eq!(
        (denial.layer, denial.narrowest),
        (Some(Layer::Policy), None)
    );
    assert_eq!(judge(&closed, "http://svc.test/", &["8.8.8.8"]), Ok(()));

    let open = layered(
        &granted,
        None,
        Some(&["http * *://*:* addresses=127.0.0.0/8"]),
    );
    assert_eq!(code(ask(&open, "GET", "http://127.0.0.1/")), "allowed");
    assert_eq!(judge(&open, "http://svc.test/", &["127.0.0.1"]), Ok(()));
}
