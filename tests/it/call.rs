//! `remit call`: one call, granted nothing but what `--allow` says.

use crate::support::{Prometheus, Remit, plugin};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const QUERY: &str = r#"{"query":"up"}"#;

fn query(remit: &Remit, grants: &[String]) -> crate::support::Outcome {
    let component = plugin("metrics");
    let mut args = vec![
        "call".to_owned(),
        component.display().to_string(),
        "query".into(),
        "--input".into(),
        QUERY.into(),
    ];
    for grant in grants {
        args.extend(["--allow".to_owned(), grant.clone()]);
    }
    remit.run(&args)
}

#[test]
fn nothing_granted_is_denied_with_the_narrowest_grant() {
    let remit = Remit::new();
    let server = "127.0.0.1:9090";
    query(&remit, &[])
        .exits(3)
        .says("hint:")
        .says("--allow 'config base-url=");
    query(&remit, &[format!("config base-url=http://{server}")])
        .exits(3)
        .says("http-host-denied")
        .says(&format!("http://{server}/api/v1/query"));
}

#[test]
fn the_hinted_grant_is_enough() {
    let server = Prometheus::start();
    let remit = Remit::new();
    let config = format!("config base-url=http://{}", server.authority());
    let denied = query(&remit, std::slice::from_ref(&config)).exits(3);
    let hinted = denied
        .stderr
        .split("--allow '")
        .nth(1)
        .and_then(|t| t.split('\'').next())
        .expect("a grant in the hint");
    let out = query(&remit, &[config, hinted.to_owned()]).exits(0);
    assert_eq!(out.json()["type"], "vector");
}

#[test]
fn granted_it_answers() {
    let server = Prometheus::start();
    let remit = Remit::new();
    let grants = [
        format!("http GET,POST http://{}/api/v1/**", server.authority()),
        format!("config base-url=http://{}", server.authority()),
    ];
    let out = query(&remit, &grants).exits(0);
    assert_eq!(out.json()["series"][0]["value"], 1.0);
}

/// A server that only counts the connections it gets.
fn sink() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (authority, seen)
}

#[test]
fn another_path_port_method_or_scheme_reaches_no_server() {
    let remit = Remit::new();
    let (server, seen) = sink();
    let port: u16 = server.rsplit(':').next().unwrap().parse().unwrap();
    let other = if port == 65535 { port - 1 } else { port + 1 };
    for (grant, code) in [
        (
            format!("http GET,POST http://{server}/api/v2/**"),
            "http-path-denied",
        ),
        (
            format!("http GET,POST http://127.0.0.1:{other}/api/v1/**"),
            "http-port-denied",
        ),
        (
            format!("http DELETE http://{server}/api/v1/**"),
            "http-method-denied",
        ),
        (
            format!("http GET,POST https://{server}/api/v1/**"),
            "http-scheme-denied",
        ),
    ] {
        query(&remit, &[grant, format!("config base-url=http://{server}")])
            .exits(3)
            .says(code);
    }
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(
        seen.load(Ordering::SeqCst),
        0,
        "a denied request reached the server"
    );
    // The twin: what is granted does reach it, so the sink can see.
    let grants = [
        format!("http GET,POST http://{server}/api/v1/**"),
        format!("config base-url=http://{server}"),
    ];
    query(&remit, &grants).exits(1);
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[test]
fn input_comes_from_a_file_or_stdin() {
    let remit = Remit::new();
    let evil = crate::support::evil();
    let evil = evil.to_str().unwrap();
    let file = remit.write("in.json", r#"{"op":"echo","value":7}"#);
    let out = remit
        .run(&[
            "call",
            evil,
            "do",
            "--input",
            &format!("@{}", file.display()),
        ])
        .exits(0);
    assert_eq!(out.json()["value"], 7);
    let mut command = remit.command(&["call", evil, "do", "--input", "-"]);
    command.stdin(std::fs::File::open(&file).unwrap());
    assert_eq!(
        crate::support::Outcome::of(command).exits(0).json()["value"],
        7
    );
}

#[test]
fn an_input_that_is_no_json_or_does_not_fit_never_reaches_the_plugin() {
    let remit = Remit::new();
    let metrics = plugin("metrics");
    let metrics = metrics.to_str().unwrap();
    remit
        .run(&["call", metrics, "query", "--input", "{"])
        .exits(2)
        .says("is not JSON");
    remit
        .run(&["call", metrics, "query", "--input", "{}"])
        .exits(2)
        .says("call-input-invalid")
        .says("query");
    remit
        .run(&["call", metrics, "quarry"])
        .exits(2)
        .says("operation-unknown")
        .says("query");
}

#[test]
fn a_grant_that_is_none_is_refused_with_its_form() {
    let remit = Remit::new();
    for grant in [
        "",
        "http",
        "http GET",
        "http GET ftp://x/",
        "files read ../x",
        "http GET https://*/",
        "network *",
    ] {
        let evil = crate::support::evil();
        remit
            .run(&["call", evil.to_str().unwrap(), "do", "--allow", grant])
            .exits(2)
            .says("error[grant-");
    }
}
