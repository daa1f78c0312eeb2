//! What holds for every grant and every request.

use proptest::prelude::*;
use remit_policy::*;

use super::support::*;

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a.example".to_owned()),
        Just("b.a.example".to_owned()),
        Just("c.b.a.example".to_owned()),
        Just("127.0.0.1".to_owned()),
        Just("8.8.8.8".to_owned()),
        Just("[::1]".to_owned()),
    ]
}

fn scheme() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("http"), Just("https")]
}

fn port() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just(""), 1 => Just(":81"), 1 => Just(":8080")]
}

fn method() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("GET"), Just("POST"), Just("DELETE")]
}

fn names(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(of), 1..5)
        .prop_map(|names| names.iter().map(|name| format!("/{name}")).collect())
}

fn path() -> impl Strategy<Value = String> {
    names(&["a", "b", "v1", "*", "a%20b", "x-*"])
}

fn pattern() -> impl Strategy<Value = String> {
    names(&["a", "b", "v1", "*", "**", "{*}", "a%20b", "x-{*}"])
}

fn grant_host() -> impl Strategy<Value = String> {
    prop_oneof![3 => host(), 1 => Just("*.a.example".to_owned())]
}

fn wide_host() -> impl Strategy<Value = String> {
    prop_oneof![2 => grant_host(), 2 => Just("*".to_owned()), 1 => Just("*.example".to_owned())]
}

fn http_grant() -> impl Strategy<Value = String> {
    (
        prop::collection::btree_set(method(), 1..3),
        scheme(),
        grant_host(),
        port(),
        prop::collection::vec(pattern(), 1..3),
    )
        .prop_map(|(methods, scheme, host, port, paths)| {
            let methods: Vec<_> = methods.into_iter().collect();
            format!(
                "http {} {scheme}://{host}{port}{}",
                methods.join(","),
                paths.join(" ")
            )
        })
}

fn http_rule() -> impl Strategy<Value = String> {
    let methods = prop_oneof![Just("*"), Just("GET"), Just("GET,POST")];
    let schemes = prop_oneof![Just("*"), Just("http"), Just("https")];
    let ports = prop_oneof![Just(":*"), Just(""), Just(":81")];
    (methods, schemes, wide_host(), ports, pattern()).prop_map(
        |(methods, scheme, host, port, path)| {
            format!("http {methods} {scheme}://{host}{port}{path}")
        },
    )
}

fn request() -> impl Strategy<Value = (&'static str, String)> {
    (method(), scheme(), host(), port(), path()).prop_map(|(method, scheme, host, port, path)| {
        (method, format!("{scheme}://{host}{port}{path}"))
    })
}

fn files_rule() -> impl Strategy<Value = String> {
    let folder = prop_oneof![Just("*"), Just("./a"), Just("./a/b"), Just(".")];
    let mount = prop_oneof![Just("*"), Just("/a"), Just("/a/b"), Just("/")];
    ("read|write", folder, mount)
        .prop_map(|(access, folder, mount)| format!("files {access} {folder} {mount}"))
}

fn secret_grant() -> impl Strategy<Value = String> {
    ("[st]", "x-(a|b)", scheme(), grant_host(), port()).prop_map(
        |(name, header, scheme, host, port)| {
            format!("secret {name} header {header} {{secret}} for {scheme}://{host}{port}")
        },
    )
}

fn secret_rule() -> impl Strategy<Value = String> {
    let format = prop_oneof![2 => Just("*"), 1 => Just("{secret}"), 1 => Just("x{secret}")];
    let schemes = prop_oneof![Just("*"), Just("http"), Just("https")];
    (
        "[st]|\\*",
        "x-(a|b)|\\*",
        format,
        schemes,
        wide_host(),
        prop_oneof![Just(""), Just(":*")],
    )
        .prop_map(|(name, header, format, scheme, host, port)| {
            format!("secret {name} header {header} {format} for {scheme}://{host}{port}")
        })
}

fn some(rules: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(rules, 0..6)
}

fn refs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_allowed_is_allowed_by_each_layer_alone(
        granted in some(http_grant()), needed in some(http_rule()), allowed in some(http_rule()),
        (method, url) in request(),
    ) {
        let (granted, needed, allowed) = (refs(&granted), refs(&needed), refs(&allowed));
        let all = ask(&layered(&granted, Some(&needed), Some(&allowed)), method, &url).is_ok();
        let grant = ask(&layered(&granted, None, None), method, &url).is_ok();
        let need = ask(&layered(&granted, Some(&needed), None), method, &url).is_ok();
        let policy = ask(&layered(&granted, None, Some(&allowed)), method, &url).is_ok();
        prop_assert_eq!(all, grant && need && policy);
        prop_assert!(!all || grant);
    }

    #[test]
    fn a_value_is_there_only_if_each_layer_alone_lets_it_through(
        granted in "[ab]=[vw]", needed in some("config [ab]=[vw*]"), allowed in some("config [ab*]=\\*|config [ab]=[vw]"),
        key in "[ab]",
    ) {
        let granted = [format!("config {granted}")];
        let (granted, needed, allowed) = (refs(&granted), refs(&needed), refs(&allowed));
        let value = |authority: Authority| authority.config(&key).map(str::to_owned);
        let grant = value(layered(&granted, None, None));
        let need = value(layered(&granted, Some(&needed), None));
        let policy = value(layered(&granted, None, Some(&allowed)));
        let all = value(layered(&granted, Some(&needed), Some(&allowed)));
        prop_assert_eq!(&all, &need.clone().and(policy));
        prop_assert!(all.is_none() || all == grant);
        prop_assert!(need.is_none() || need == grant);
        // By the letters alone, without the matcher.
        let spoken = |rules: &[&str]| rules.iter().any(|rule| {
            let (rule_key, rule_value) = rule.strip_prefix("config ").unwrap().split_once('=').unwrap();
            let (_, value) = granted[0].split_once('=').unwrap();
            (rule_key == "*" || rule_key == key) && (rule_value == "*" || rule_value == value)
        });
        let own = granted[0].starts_with(&format!("config {key}="));
        prop_assert_eq!(all.is_some(), own && spoken(&needed) && spoken(&allowed));
    }

    #[test]
    fn a_folder_is_there_only_as_far_as_each_layer_alone_lets_it(
        access in "read|write", folder in "\\./(a|a/b|ab)", mount in "/(a|a/b|ab)",
        needed in some(files_rule()), allowed in some(files_rule()),
    ) {
        let granted = [format!("files {access} {folder} {mount}")];
        let (granted, needed, allowed) = (refs(&granted), refs(&needed), refs(&allowed));
        let most = |authority: Authority| {
            let mount = authority.mount(&mount).map(|(id, _)| id)?;
            let read = authority.file_access(mount, "x", Access::Read).is_ok();
            let write = authority.file_access(mount, "x", Access::Write).is_ok();
            assert!(read || !write, "what may be changed may be read");
            assert_eq!(authority.mount_access(mount).is_some(), read);
            read.then_some(if write { Access::Write } else { Access::Read })
        };
        let grant = most(layered(&granted, None, None));
        let need = most(layered(&granted, Some(&needed), None));
        let policy = most(layered(&granted, None, Some(&allowed)));
        let all = most(layered(&granted, Some(&needed), Some(&allowed)));
        prop_assert_eq!(all, need.min(policy));
        prop_assert!(all <= grant);
    }

    #[test]
    fn a_secret_goes_only_where_each_layer_alone_lets_it(
        granted in some(secret_grant()), needed in some(secret_rule()), allowed in some(secret_rule()),
        (_, url) in request(), dialled in prop::sample::select(vec!["127.0.0.1", "::1", "8.8.8.8", "10.0.0.1"]),
    ) {
        let mut granted = granted;
        granted.truncate(1);
        let open = |url: &str| {
            let (scheme, rest) = url.split_once("://").unwrap();
            let host = rest.split('/').next().unwrap();
            format!("http GET {scheme}://{host}/**")
        };
        let http = open(&url);
        let all_granted: Vec<&str> = refs(&granted).into_iter().chain([http.as_str()]).collect();
        let dialled: std::net::IpAddr = dialled.parse().unwrap();
        let with = |needed: Option<&[&str]>, allowed: Option<&[&str]>| {
            let authority = layered(&all_granted, needed, allowed);
            let Ok(allowed) = ask(&authority, "GET", &url) else { return Vec::new() };
            authority.secrets_for(&allowed, dialled).map(|s| s.name.clone()).collect::<Vec<_>>()
        };
        let wide = "http * *://*:* addresses=0.0.0.0/0,::/0";
        let needed: Vec<&str> = refs(&needed).into_iter().chain(["http * *://*:*"]).collect();
        let allowed: Vec<&str> = refs(&allowed).into_iter().chain([wide]).collect();
        let grant = with(None, None);
        let need = with(Some(&needed), None);
        let policy = with(None, Some(&allowed));
        let all = with(Some(&needed), Some(&allowed));
        let both = !need.is_empty() && !policy.is_empty();
        prop_assert_eq!(all.is_empty(), !both);
        prop_assert!(all.is_empty() || all == grant);
        prop_assert!(grant.is_empty() || url.starts_with("https://") || dialled.is_loopback());
    }

    #[test]
    fn one_more_grant_never_takes_away_and_one_more_need_never_gives_without_a_grant(
        granted in some(http_grant()), more in http_grant(), (method, url) in request(),
    ) {
        let few = refs(&granted);
        let many: Vec<&str> = few.iter().copied().chain([more.as_str()]).collect();
        if ask(&authority(&few), method, &url).is_ok() {
            prop_assert!(ask(&authority(&many), method, &url).is_ok());
        }
        prop_assert!(ask(&layered(&[], Some(&["http * *://*:*"]), None), method, &url).is_err());
    }

    #[test]
    fn what_is_judged_is_what_is_sent((method, url) in request(), query in "(\\?[a-z0-9=&%]{0,10})?") {
        let target = format!("{url}{query}");
        // A grant of exactly this, as a denial would name it.
        let denial = ask(&Authority::none(), method, &target);
        if let Err(Denial { narrowest: Some(grant), .. }) = denial {
            let text = grant.to_string();
            let allowed = ask(&authority(&[&text]), method, &target).unwrap();
            prop_assert_eq!(allowed.url.as_str(), &target);
            prop_assert_eq!(allowed.method.as_str(), method);
            let sent = format!("{}://{}{}", allowed.url.scheme().as_str(), allowed.url.authority(), allowed.url.path_and_query());
            prop_assert_eq!(sent, target);
        }
    }

    #[test]
    fn the_narrowest_grant_allows_exactly_what_was_denied(
        granted in some(http_grant()), asked in request(), other in request(),
    ) {
        let before = refs(&granted);
        if let Err(denial) = ask(&authority(&before), asked.0, &asked.1) {
            let text = denial.narrowest.expect("a canonical request can be granted").to_string();
            let after: Vec<&str> = before.iter().copied().chain([text.as_str()]).collect();
            prop_assert!(ask(&authority(&after), asked.0, &asked.1).is_ok());
            if other != asked {
                prop_assert!(ask(&authority(&[&text]), other.0, &other.1).is_err());
            }
        }
    }

    #[test]
    fn the_canonical_form_is_a_fixed_point(text in prop_oneof![http_grant(), "(files|config|http|secret) [ -~]{0,40}"]) {
        for layer in [Layer::Grant, Layer::Need, Layer::Policy] {
            if let Ok(grant) = Grant::parse(layer, &text) {
                let canonical = grant.to_string();
                let again = Grant::parse(layer, &canonical);
                prop_assert_eq!(again.as_ref(), Ok(&grant), "{}", canonical);
                prop_assert_eq!(again.unwrap().to_string(), canonical);
            }
        }
    }

    #[test]
    fn a_grammar_like_text_is_a_fixed_point(
        access in "read|write",
        path in "(\\./|~/|/|\\{run\\}/|)[a-z\\. \"\\\\é{}]{1,8}(/[a-z ]{1,4})?",
        mount in "/[a-z \"]{0,6}",
        key in "[a-z]{1,4}",
        value in "[ -~é*]{0,12}",
    ) {
        let quote = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        for text in [
            format!("files {access} {} {}", quote(&path), quote(&mount)),
            format!("config {key}={}", quote(&value)),
        ] {
            if let Ok(grant) = Grant::parse(Layer::Grant, &text) {
                prop_assert_eq!(Grant::parse(Layer::Grant, &grant.to_string()), Ok(grant));
            }
        }
    }

    #[test]
    fn a_configured_value_comes_back_as_it_went_in(value in "\\PC{0,40}") {
        if let Ok(grant) = ConfigGrant::new("k", &value) {
            let text = Grant::Config(grant.clone()).to_string();
            prop_assert_eq!(Grant::parse(Layer::Grant, &text), Ok(Grant::Config(grant)));
            let authority = authority(&[&text]);
            if !value.contains("{inputs.") {
                prop_assert_eq!(authority.config("k"), Some(value.as_str()));
            }
        }
    }

    #[test]
    fn no_text_makes_the_judge_panic(
        method in "\\PC{0,8}|GET", scheme in "\\PC{0,6}|https?", host in "\\PC{0,30}|[a-z0-9:.%@\\[\\]\\\\-]{0,30}",
        target in "\\PC{0,40}|/[!-~]{0,40}", layer in 0..3usize, text in any::<String>(),
    ) {
        let authority = authority(&["http GET https://*.a.example/**", "files write ./d /d"]);
        let asked = HttpAsk { method: &method, scheme: &scheme, authority: &host, path_and_query: &target };
        if let Ok(allowed) = authority.http(&asked) {
            prop_assert_eq!(allowed.url.as_str(), format!("{scheme}://{host}{target}"));
        }
        let layer = [Layer::Grant, Layer::Need, Layer::Policy][layer];
        let _ = Grant::parse(layer, &text);
        let _ = Grant::parse(layer, &format!("http GET {scheme}://{host}{target}"));
        let (mount, _) = authority.mount("/d").unwrap();
        let _ = authority.file_access(mount, &text, Access::Write);
        let _ = authority.header(&text, text.as_bytes());
        let shown = display_safe(&text, 20);
        prop_assert!(is_display_safe(&shown) && shown.chars().count() <= 20);
    }

    #[test]
    fn what_passes_is_what_the_url_standard_writes(
        host in "[a-zA-Z0-9.%-]{1,20}|[0-9.x]{1,16}|\\[[0-9a-f:.]{1,20}\\]|[a-z0-9_]{1,9}(\\.[a-z0-9-]{1,9}){0,3}(:[1-9]{1,4})?",
        target in "/[!-~]{0,30}|(/[a-zA-Z0-9._~!$&()*+,:@=%-]{0,6}){1,4}(\\?[a-zA-Z0-9._~!$&()*+,:@=%/?-]{0,9})?",
    ) {
        let text = format!("http://{host}{target}");
        let every: OperatorPolicy = policy(&["http * *://*:*"]);
        // Whatever the host is, grant it if a grant can be written for it.
        let Ok(grant) = Grant::parse(Layer::Grant, &format!("http GET http://{host}/**")) else { return Ok(()) };
        let grants = Grants::new(vec![grant]).unwrap();
        let authority = Authority::new(grants, None, &OperatorPolicy { allow: None, ..every }, Limits::default());
        if let Ok(allowed) = ask(&authority, "GET", &text) {
            let url = url::Url::parse(&text).unwrap();
            prop_assert_eq!(url.as_str(), &text);
            prop_assert_eq!(url.host_str(), Some(allowed.url.host()));
            prop_assert_eq!(url.path(), allowed.url.path());
            prop_assert_eq!(url.port_or_known_default(), Some(allowed.url.port()));
            prop_assert!(!url.path().to_ascii_lowercase().contains("%2e"));
        }
    }
}
