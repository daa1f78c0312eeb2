//! What holds of every policy and every grant: what `covers` says before is what the authority says when it is asked.

use std::collections::BTreeMap;

use proptest::prelude::*;
use remit_policy::*;

use super::support::*;

fn grant(text: &str) -> Grant {
    Grant::parse(Layer::Grant, text).unwrap_or_else(|e| panic!("{e}"))
}

/// Any grant of a skill; its inputs are `r` and `s`.
fn granted() -> impl Strategy<Value = String> {
    let origin = (
        prop::sample::select(&["http", "https"][..]),
        prop::sample::select(
            &[
                "a.example",
                "b.a.example",
                "*.a.example",
                "127.0.0.1",
                "8.8.8.8",
            ][..],
        ),
        prop::sample::select(&["", ":81"][..]),
    )
        .prop_map(|(scheme, host, port)| (format!("{scheme}://{host}{port}"), host));
    let name = prop::sample::select(&["a", "b", "*", "**", "{inputs.r}", "{inputs.s}"][..]);
    let path = prop::collection::vec(name, 1..4).prop_map(|names| {
        names
            .iter()
            .map(|name| format!("/{name}"))
            .collect::<String>()
    });
    let http = (
        prop::sample::select(&["GET", "POST", "GET,POST"][..]),
        origin,
        prop::collection::vec(path, 1..3),
        prop::sample::select(
            &[
                "",
                " addresses=10.0.0.0/8",
                " addresses=10.1.0.0/16,127.0.0.0/8",
            ][..],
        ),
        prop::sample::select(&["", " max-requests=5", " max-requests=50"][..]),
    )
        .prop_map(|(methods, (origin, host), paths, addresses, budget)| {
            let literal = host.starts_with(|c: char| c.is_ascii_digit());
            let addresses = if literal { "" } else { addresses };
            format!(
                "http {methods} {origin}{}{addresses}{budget}",
                paths.join(" ")
            )
        });
    let files = (
        prop::sample::select(&["read", "write"][..]),
        prop::sample::select(
            &[
                "./a",
                "./a/b",
                "./{inputs.r}",
                "~/a",
                "~/a/{inputs.s}",
                "/a",
                "{run}/a",
            ][..],
        ),
        prop::sample::select(&["/m", "/m/n", "/o"][..]),
    )
        .prop_map(|(access, path, mount)| format!("files {access} {path} {mount}"));
    let config = prop::sample::select(&["config k=v", "config k={inputs.r}", "config j=w"][..])
        .prop_map(str::to_owned);
    let secret = (
        prop::sample::select(&["s", "t"][..]),
        prop::sample::select(
            &[
                "https://a.example",
                "https://*.a.example",
                "http://b.a.example:81",
            ][..],
        ),
    )
        .prop_map(|(name, origin)| format!("secret {name} header x-a {{secret}} for {origin}"));
    prop_oneof![6 => http, 2 => files, 1 => config, 2 => secret]
}

/// Any rule of a policy.
fn ruled() -> impl Strategy<Value = String> {
    let origin = (
        prop::sample::select(&["http", "https", "*"][..]),
        prop::sample::select(
            &[
                "a.example",
                "b.a.example",
                "*.a.example",
                "*.example",
                "*",
                "127.0.0.1",
            ][..],
        ),
        prop::sample::select(&["", ":81", ":*"][..]),
    )
        .prop_map(|(scheme, host, port)| (format!("{scheme}://{host}{port}"), host));
    let name = prop::sample::select(&["a", "b", "*", "**", "**"][..]);
    let path = prop::collection::vec(name, 1..4).prop_map(|names| {
        names
            .iter()
            .map(|name| format!("/{name}"))
            .collect::<String>()
    });
    let http = (
        prop::sample::select(&["GET", "POST", "*"][..]),
        origin.clone(),
        prop::collection::vec(path, 0..3),
        prop::sample::select(
            &[
                "",
                " addresses=10.0.0.0/9,127.0.0.0/8",
                " addresses=10.0.0.0/8",
            ][..],
        ),
    )
        .prop_map(|(methods, (origin, host), paths, addresses)| {
            let addresses = if host == "127.0.0.1" { "" } else { addresses };
            format!("http {methods} {origin}{}{addresses}", paths.join(" "))
        });
    let files = (
        prop::sample::select(&["read", "write"][..]),
        prop::sample::select(&["*", ".", "./a", "./a/b", "~", "~/a", "/", "{run}"][..]),
        prop::sample::select(&["*", "/m", "/"][..]),
    )
        .prop_map(|(access, path, mount)| format!("files {access} {path} {mount}"));
    let config = prop::sample::select(&["config k=v", "config k=*", "config *=*"][..])
        .prop_map(str::to_owned);
    let secret = (prop::sample::select(&["s", "*"][..]), origin)
        .prop_map(|(name, (origin, _))| format!("secret {name} header * * for {origin}"));
    prop_oneof![6 => http, 2 => files, 1 => config, 2 => secret]
}

fn asked() -> impl Strategy<Value = (&'static str, String)> {
    let name = prop::sample::select(&["a", "b", "x", "y"][..]);
    (
        prop::sample::select(&["GET", "POST", "PUT"][..]),
        prop::sample::select(&["http", "https"][..]),
        prop::sample::select(
            &[
                "a.example",
                "b.a.example",
                "c.b.a.example",
                "x.example",
                "127.0.0.1",
                "8.8.8.8",
            ][..],
        ),
        prop::sample::select(&["", ":81", ":82"][..]),
        prop::collection::vec(name, 0..4),
        any::<bool>(),
    )
        .prop_map(|(method, scheme, host, port, names, slash)| {
            let path: String = names.iter().map(|name| format!("/{name}")).collect();
            let end = if slash || path.is_empty() { "/" } else { "" };
            (method, format!("{scheme}://{host}{port}{path}{end}"))
        })
}

const ADDRESSES: [&str; 6] = [
    "8.8.8.8",
    "10.0.0.1",
    "10.1.2.3",
    "10.200.0.1",
    "127.0.0.1",
    "192.168.0.1",
];

/// What both authorities say of one sampled thing: whether the grant alone allows it and, under the policy, too.
fn judged(
    alone: &Authority,
    under: &Authority,
    (method, url): &(&str, String),
) -> Vec<(bool, bool, String)> {
    let mut said = Vec::new();
    let (free, held) = (ask(alone, method, url), ask(under, method, url));
    said.push((free.is_ok(), held.is_ok(), format!("{method} {url}")));
    if let (Ok(free), Ok(held)) = (free, held) {
        for text in ADDRESSES {
            let address = text.parse().unwrap();
            let allowed = |authority: &Authority, it| authority.address(it, &[address]).is_ok();
            said.push((
                allowed(alone, &free),
                allowed(under, &held),
                format!("{url} at {text}"),
            ));
            let secrets = |authority: &Authority, it| authority.secrets_for(it, address).count();
            let (free, held) = (secrets(alone, &free), secrets(under, &held));
            said.push((free > 0, held == free, format!("the secrets of {url}")));
        }
    }
    for key in ["k", "j"] {
        said.push((
            alone.config(key).is_some(),
            under.config(key).is_some(),
            format!("config {key}"),
        ));
    }
    for access in [Access::Read, Access::Write] {
        for mount in ["/m", "/m/n", "/o"] {
            let may = |authority: &Authority| {
                let (id, _) = authority.mount(mount)?;
                authority.file_access(id, "f", access).ok()
            };
            said.push((
                may(alone).is_some(),
                may(under).is_some(),
                format!("{access} {mount}"),
            ));
        }
    }
    said
}

fn bound(text: &str, r: &str, s: &str) -> Grants {
    let inputs = BTreeMap::from([
        ("r".to_owned(), r.to_owned()),
        ("s".to_owned(), s.to_owned()),
    ]);
    Grants::new(vec![grant(text)])
        .unwrap()
        .bind(&inputs)
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn nothing_that_a_covered_grant_allows_is_denied_by_the_policy(
        text in granted(),
        allow in prop::collection::vec(ruled(), 0..6),
        asked in prop::collection::vec(asked(), 12),
        r in prop::sample::select(&["a", "x", "a/b", "x/a/y"][..]),
        s in prop::sample::select(&["b", "y/b"][..]),
    ) {
        let allow: Vec<&str> = allow.iter().map(String::as_str).collect();
        let mut policy = policy(&allow);
        // A secret is seen only where the request that it goes with passes.
        if text.starts_with("secret") {
            policy.open.push(Capability::Http);
        }
        if policy.covers(&grant(&text)) {
            let made = |policy: &OperatorPolicy| {
                // A secret goes with a request, which another grant allows.
                let mut grants: Vec<Grant> = bound(&text, r, s).as_slice().to_vec();
                if text.starts_with("secret") {
                    grants.push(grant("http GET,POST https://*.a.example"));
                    grants.push(grant("http GET,POST https://a.example"));
                    grants.push(grant("http GET,POST http://b.a.example:81"));
                }
                Authority::new(Grants::new(grants).unwrap(), None, policy, Limits::default())
            };
            let (alone, under) = (made(&OperatorPolicy::default()), made(&policy));
            for asked in &asked {
                for (free, held, what) in judged(&alone, &under, asked) {
                    let of_secret = text.starts_with("secret") && !what.starts_with("the secrets");
                    prop_assert!(of_secret || !free || held, "{text} in {allow:?} allows {what}, and the policy does not");
                }
            }
        }
    }

    #[test]
    fn an_example_is_allowed_by_the_grant_and_denied_by_the_policy(
        text in granted(), allow in prop::collection::vec(ruled(), 0..6),
    ) {
        let allow: Vec<&str> = allow.iter().map(String::as_str).collect();
        let policy = policy(&allow);
        // What an input stands for in an example, nobody says; here it is a name like any other.
        let text = text.replace("{inputs.r}", "r").replace("{inputs.s}", "s");
        for excess in policy.excess(&grant(&text)) {
            let example = excess.example.unwrap_or_default();
            let Some((method, url)) = example.split_once(" http").map(|(m, rest)| (m, format!("http{rest}"))) else {
                continue;
            };
            let alone = authority(&[&text]);
            prop_assert!(ask(&alone, method, &url).is_ok(), "{text}: {example}");
            let under = Authority::new(grants(&[&text]), None, &policy, Limits::default());
            prop_assert!(ask(&under, method, &url).is_err(), "{text} in {allow:?}: {example}");
        }
    }

    #[test]
    fn a_grant_is_within_itself_and_within_what_is_obviously_wider(text in granted()) {
        // As a rule of a policy it has neither budgets nor inputs.
        let rule: Vec<&str> = text.split(' ').filter(|word| !word.starts_with("max-")).collect();
        let rule = rule.join(" ");
        if !rule.contains("inputs") {
            prop_assert!(policy(&[&rule]).covers(&grant(&text)), "{text}");
        }
        let wide = [
            "http * *://*:* addresses=10.0.0.0/8,127.0.0.0/8",
            "http * *://127.0.0.1:*",
            "files write * *",
            "config *=*",
            "secret * header * * for *://*:*",
        ];
        prop_assert!(policy(&wide).covers(&grant(&text)), "{text}");
        prop_assert!(!policy(&[]).covers(&grant(&text)), "{text}");
        prop_assert!(OperatorPolicy::default().covers(&grant(&text)), "{text}");
    }

    #[test]
    fn a_narrower_grant_is_within_what_a_wider_one_is(text in granted(), allow in prop::collection::vec(ruled(), 0..6)) {
        let allow: Vec<&str> = allow.iter().map(String::as_str).collect();
        let policy = policy(&allow);
        if policy.covers(&grant(&text)) && text.starts_with("http GET,POST") {
            for method in ["GET", "POST"] {
                let narrow = text.replacen("GET,POST", method, 1);
                prop_assert!(policy.covers(&grant(&narrow)), "{narrow}");
            }
        }
        if policy.covers(&grant(&text)) {
            let one = bound(&text, "a/b", "y");
            prop_assert!(one.iter().all(|it| policy.covers(it)), "{text} bound");
        }
    }
}
