//! The compact form: what is read, what it means canonically, what is refused.

use remit_policy::*;

const EVERYWHERE: [Layer; 3] = [Layer::Grant, Layer::Need, Layer::Policy];

fn read(layer: Layer, text: &str) -> Result<String, &'static str> {
    match Grant::parse(layer, text) {
        Ok(grant) => Ok(grant.to_string()),
        Err(error) => Err(error.code()),
    }
}

#[test]
fn canonical_forms_are_read_and_written_unchanged() {
    for text in [
        "http GET https://api.github.com/",
        "http GET,HEAD https://api.github.com/repos/**",
        "http GET https://api.github.com/a /b/* /c/**/d",
        "http DELETE http://127.0.0.1:9090/api/v1/**",
        "http GET http://[::1]:8080/**",
        "http GET https://*.example.org/v1/",
        "http POST https://xn--bcher-kva.example/a%20b/{*}/logs-{*}",
        "http GET https://svc.test/** addresses=10.0.0.0/8,127.0.0.1/32,fd00::/8 max-requests=20 max-response=2MiB",
        "files read . /skill",
        "files read ./data /data",
        "files read \"./my data\" \"/my data\"",
        "files write {run} /out",
        "files write {run}/drafts /drafts max-bytes=16MiB max-entries=100",
        "files read ~/Documents/work /work",
        "files read /srv/mail /",
        "config base-url=http://127.0.0.1:9090",
        "config greeting=\"hello you\"",
        "config empty=\"\"",
        "config star=\"*\"",
        "config a.b_c=x=y",
        r#"config quoted="say \"hi\" \\ bye""#,
        r"config path=C:\dir",
        "secret github-token header authorization \"Bearer {secret}\" for https://api.github.com",
        "secret key header x-api-key {secret} for https://*.example.org",
    ] {
        assert_eq!(read(Layer::Grant, text).as_deref(), Ok(text));
    }
}

#[test]
fn other_spellings_come_out_canonical() {
    for (text, canonical) in [
        (
            "http HEAD,GET https://a.example",
            "http GET,HEAD https://a.example/**",
        ),
        (
            "  http  GET   https://a.example/x ",
            "http GET https://a.example/x",
        ),
        (
            "http GET https://a.example/z /a /z",
            "http GET https://a.example/a /z",
        ),
        (
            "http GET https://a.example/ max-response=2048KiB max-requests=007 addresses=::1/128,10.0.0.1/32,::1/128",
            "http GET https://a.example/ addresses=10.0.0.1/32,::1/128 max-requests=7 max-response=2MiB",
        ),
        (
            "http GET \"https://a.example/x\"",
            "http GET https://a.example/x",
        ),
        ("files read data/mail /mail", "files read ./data/mail /mail"),
        ("files read \"./data\" /data", "files read ./data /data"),
        ("config k=\"v\"", "config k=v"),
        ("config \"k=a b\"", "config k=\"a b\""),
        ("config k=", "config k=\"\""),
    ] {
        assert_eq!(read(Layer::Grant, text).as_deref(), Ok(canonical), "{text}");
        assert_eq!(read(Layer::Grant, canonical).as_deref(), Ok(canonical));
    }
}

#[test]
fn wildcards_of_origins_methods_and_values_stand_in_needs_and_policy_only() {
    for text in [
        "http * https://a.example/**",
        "http GET https://*/**",
        "http GET *://a.example/**",
        "http GET https://a.example:*/**",
        "http GET *://*:*/**",
        "http GET https://*.org/**",
        "files read * /data",
        "config k=*",
    ] {
        assert_eq!(read(Layer::Grant, text), Err("grant-wildcard"), "{text}");
        for layer in [Layer::Need, Layer::Policy] {
            assert_eq!(read(layer, text).as_deref(), Ok(text), "{layer}");
        }
    }
    for text in ["files read ./data *", "secret * header * * for https://*"] {
        assert!(read(Layer::Grant, text).is_err(), "{text}");
        for layer in [Layer::Need, Layer::Policy] {
            assert_eq!(read(layer, text).as_deref(), Ok(text), "{layer}");
        }
    }
    assert_eq!(
        read(Layer::Policy, "config *=*").as_deref(),
        Ok("config *=*")
    );
    assert!(read(Layer::Need, "config *=*").is_err());
}

#[test]
fn placeholders_stand_in_their_own_layer_only() {
    for text in [
        "http GET https://api.github.com/repos/{inputs.repo}/issues",
        "files write {run}/{inputs.week} /out",
        "config query=\"from:{inputs.who} {inputs.what}\"",
    ] {
        assert_eq!(read(Layer::Grant, text).as_deref(), Ok(text));
        for layer in [Layer::Need, Layer::Policy] {
            assert_eq!(
                read(layer, text),
                Err("grant-placeholder"),
                "{layer} {text}"
            );
        }
    }
    for text in [
        "http GET,POST {config.base-url}/api/v1/**",
        "http GET {config.base-url|https://a.example/base}/**",
        "files read * {config.folder|/mail}",
        "secret * header * * for {config.base-url}",
    ] {
        assert_eq!(read(Layer::Need, text).as_deref(), Ok(text));
        for layer in [Layer::Grant, Layer::Policy] {
            assert!(read(layer, text).is_err(), "{layer} {text}");
        }
    }
}

#[test]
fn what_nothing_would_enforce_is_refused() {
    for (layer, text) in [
        (Layer::Grant, "files read ./data /data max-bytes=1MiB"),
        (Layer::Grant, "files read ./data /data max-entries=1"),
        (Layer::Need, "files write * /data max-bytes=1MiB"),
        (Layer::Policy, "files write * * max-entries=1"),
        (Layer::Need, "http GET https://a.example/ max-requests=1"),
        (
            Layer::Policy,
            "http GET https://a.example/ max-response=1MiB",
        ),
        (
            Layer::Need,
            "http GET https://a.example/ addresses=10.0.0.0/8",
        ),
        (
            Layer::Grant,
            "http GET http://127.0.0.1/ addresses=127.0.0.1/32",
        ),
        (Layer::Grant, "http GET https://a.example/ max-requests=0"),
        (Layer::Grant, "http GET https://a.example/ max-response=0B"),
    ] {
        assert_eq!(read(layer, text), Err("grant-unenforced"), "{text}");
    }
    assert!(
        read(
            Layer::Policy,
            "http GET https://a.example/ addresses=10.0.0.0/8"
        )
        .is_ok()
    );
}

#[test]
fn what_is_not_in_the_grammar_is_refused_in_each_layer() {
    for text in [
        "",
        " ",
        "network *",
        "HTTP GET https://a.example/",
        "http",
        "http GET",
        "http https://a.example/",
        "http get https://a.example/",
        "http GET, https://a.example/",
        "http GET,GET https://a.example/",
        "http CONNECT https://a.example/",
        "http TRACE https://a.example/",
        "http FOO https://a.example/",
        "http GET a.example/",
        "http GET ftp://a.example/",
        "http GET HTTPS://a.example/",
        "http GET https://a.example/ v1",
        "http GET https://a.example/ retries=3",
        "http GET https://a.example/ max-requests=2 max-requests=3",
        "http GET https://a.example/ max-requests=-1",
        "http GET https://a.example/ max-response=2MB",
        "http GET https://a.example/ addresses=",
        "http GET https://a.example/ addresses=10.0.0.0",
        "http GET https://a.example/ addresses=10.0.0.1/8",
        "http GET https://a.example/ addresses=10.0.0.0/33",
        "http GET https://a.example/ addresses=::ffff:127.0.0.1/128",
        "http GET https://a.example/ addresses=::ffff:0:0/96",
        "files",
        "files read",
        "files read ./data",
        "files append ./data /data",
        "files read ./data data",
        "files read ./data /data extra",
        "files read ./data /data max-bytes=1",
        "files read ./data/ /data",
        "files read ./ /data",
        "files read ../data /data",
        "files read ./a/../b /data",
        "files read ./a//b /data",
        "files read ./a/*/b /data",
        "files read data\\mail /data",
        "files read ~root/x /data",
        "files read {skill}/x /data",
        "files read ./data /data/",
        "files read ./data /data/../etc",
        "files read ./data //data",
        "files read \"\" /data",
        "config",
        "config k",
        "config =v",
        "config k=a b",
        "config k/l=v",
        "config *=v",
        "secret t header authorization {secret}",
        "secret t header Authorization {secret} for https://a.example",
        "secret t header host {secret} for https://a.example",
        "secret t header x-forwarded-for {secret} for https://a.example",
        "secret t header content-length {secret} for https://a.example",
        "secret t header x_forwarded_for {secret} for https://a.example",
        "secret t header accept-encoding {secret} for https://a.example",
        "secret t header authorization \"{inputs.kind} {secret}\" for https://a.example",
        "secret t header authorization Bearer for https://a.example",
        "secret t header authorization \"{secret}{secret}\" for https://a.example",
        "secret t header authorization \"{secret} é\" for https://a.example",
        "secret t header authorization \" {secret}\" for https://a.example",
        "secret t header authorization {secret} for https://a.example/path",
        "secret a/b header authorization {secret} for https://a.example",
        "http GET https://a.example/\u{202e}x",
        "config k=a\tb",
        "config k=a\nb",
        "config k=\u{1b}[31m",
        "config \"k=v",
    ] {
        for layer in EVERYWHERE {
            assert!(read(layer, text).is_err(), "{layer}: {text:?}");
        }
    }
}

#[test]
fn roots_that_hold_the_whole_machine_are_never_granted() {
    for path in ["/", "~", "/proc", "/proc/self", "/sys", "/dev/shm", "/dev"] {
        assert_eq!(
            read(Layer::Grant, &format!("files read {path} /x")),
            Err("grant-syntax")
        );
    }
    for path in ["/process", "/srv", "~/proc", "./proc", "/developers"] {
        assert!(
            read(Layer::Grant, &format!("files read {path} /x")).is_ok(),
            "{path}"
        );
    }
}

#[test]
fn origins_and_paths_of_grants_are_refused_in_any_other_spelling() {
    for target in [
        "https://API.example/",
        "https://a.example./",
        "https://a.example:443/",
        "http://a.example:80/",
        "https://a.example:0/",
        "https://a.example:/",
        "https://a.example:08/",
        "https://a.example:65536/",
        "https://user@a.example/",
        "https://user:pw@a.example/",
        "https://127.1/",
        "https://0x7f.0.0.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://[::0001]/",
        "https://[::1%25lo]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://[::1/",
        "https://::1/",
        "https://bücher.example/",
        "https://xn--a/",
        "https://ａ.example/",
        "https://a。example/",
        "https://a..example/",
        "https://.example/",
        "https://-a.example/",
        "https://a_.example/../x",
        "https://*.127.0.0.1/",
        "https://*.*.example/",
        "https://a.*.example/",
        "https://*a.example/",
        "https:///",
        "https://",
        "https://a b/",
        "https://a.example/a//b",
        "https://a.example/a/../b",
        "https://a.example/./a",
        "https://a.example/%2e%2e/a",
        "https://a.example/a%2fb",
        "https://a.example/a;b",
        "https://a.example/a%zz",
        "https://a.example/a?b",
        "https://a.example/a#b",
        "https://a.example/v*",
        "https://a.example/***",
        "https://a.example/{x}",
        "https://a.example/é",
        "https://a.example/a`b",
        "https://a.example/a|b\\c",
        "https://a.example/\"a b\"",
    ] {
        let text = format!("http GET {target}");
        assert!(read(Layer::Grant, &text).is_err(), "{text}");
    }
}

#[test]
fn two_grants_that_contradict_each_other_are_refused() {
    let new = |texts: &[&str]| {
        let parse = |text: &&str| Grant::parse(Layer::Grant, text).unwrap();
        Grants::new(texts.iter().map(parse).collect()).map(|_| ())
    };
    for pair in [
        ["files read ./a /data", "files read ./b /data"],
        ["config k=1", "config k=2"],
        [
            "secret a header authorization {secret} for https://a.example",
            "secret b header authorization x{secret} for https://a.example",
        ],
        [
            "secret a header x-api-key {secret} for https://a.example",
            "secret b header x_api_key {secret} for https://a.example",
        ],
        [
            "secret a header x-api-key {secret} for https://a.b.example",
            "secret a header x_api_key {secret} for https://*.b.example",
        ],
    ] {
        assert_eq!(new(&pair).unwrap_err().code(), "grant-conflict");
    }
    for pair in [
        ["files read ./a /data", "files write ./a /data"],
        ["files read ./a /data", "files read ./a /more"],
        ["config k=1", "config k=1"],
        [
            "secret a header authorization {secret} for https://a.example",
            "secret b header authorization {secret} for https://b.example",
        ],
        [
            "secret a header authorization {secret} for https://a.example",
            "secret b header x-key {secret} for https://a.example",
        ],
    ] {
        assert_eq!(new(&pair), Ok(()));
    }
}

#[test]
fn a_rule_of_another_layer_cannot_pose_as_a_grant() {
    for text in ["http * *://*:*/**", "files write * /data", "config k=*"] {
        let wide = Grant::parse(Layer::Policy, text).unwrap();
        assert!(Grants::new(vec![wide]).is_err(), "{text}");
    }
}

#[test]
fn the_canonical_lines_of_grants_do_not_depend_on_their_order() {
    let a = super::support::grants(&["config k=v", "http HEAD,GET https://a.example"]);
    let b = super::support::grants(&[
        "http GET,HEAD https://a.example/**",
        "config k=v",
        "config k=v",
    ]);
    assert_eq!(a.canonical(), b.canonical());
    assert_eq!(
        a.canonical(),
        "config k=v\nhttp GET,HEAD https://a.example/**\n"
    );
}

#[test]
fn codes_are_unique_and_kebab_case() {
    let mut codes: Vec<&str> = GrantError::CODES
        .iter()
        .chain(Denial::CODES)
        .map(|(code, _)| *code)
        .collect();
    assert!(
        codes
            .iter()
            .all(|code| { code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') })
    );
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all);
    assert_eq!(Denial::CODES.len(), DenialCode::ALL.len());
}

#[test]
fn a_message_is_one_line_and_shows_foreign_text_safely() {
    let error = Grant::parse(Layer::Grant, "http GET https://evil\u{202e}\u{1b}[2J/").unwrap_err();
    let text = error.to_string();
    assert!(is_display_safe(&text), "{text:?}");
    assert_eq!(error.class(), ErrorClass::Usage);
    assert!(error.hint().is_some());
}
