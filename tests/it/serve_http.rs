//! `remit serve --http`: who may ask, in which way, and what one client's behaviour costs the others.

use crate::support::mcp::{HttpAnswer, McpHttp, evil_skill, initialize, meta};
use crate::support::{Outcome, Remit};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

fn probe() -> Remit {
    let remit = Remit::new();
    evil_skill(&remit, "probe");
    remit.run(&["check", "probe"]).exits(0);
    remit
}

fn ping(id: i64) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "ping"})
}

fn call(arguments: &Value) -> Value {
    json!({"name": "evil_do", "arguments": arguments})
}

#[test]
fn both_eras_are_spoken() {
    let remit = probe();
    let server = McpHttp::start(&remit, &["probe"]);
    let session = server.session();
    let echo = session.request(2, "tools/call", call(&json!({"op": "echo", "value": 7})));
    assert_eq!(
        echo["result"]["structuredContent"]["result"]["value"], 7,
        "{echo}"
    );

    let found = server.request_new(3, "server/discover", json!({}));
    assert_eq!(found.status, 200, "{found:?}");
    let echo = server.request_new(4, "tools/call", call(&json!({"op": "echo", "value": 8})));
    assert_eq!(
        echo.answer(4)["result"]["structuredContent"]["result"]["value"],
        8,
        "{echo:?}"
    );

    let gone = server.send("DELETE", "/mcp", &session.headers(), b"");
    assert_eq!(gone.status, 202, "{gone:?}");
    assert_eq!(session.post(&ping(5)).status, 404);
    let ended = server.stop();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    remit.run(&["audit", "verify"]).exits(0);
}

/// Cases 103 and 104 of the hostile table, their cousins, and the twins that pass.
#[test]
fn host_origin_and_token_decide_in_this_order_before_anything_is_read() {
    let remit = probe();
    let server = McpHttp::start(&remit, &["probe"]);
    let port = server.address.split(':').nth(1).unwrap();
    let hello = initialize(1, &json!({})).to_string();
    let ask = |headers: &[(&str, &str)]| server.send("POST", "/mcp", headers, hello.as_bytes());
    let localhost = format!("localhost:{port}");
    let other_port = "localhost:1";
    let suffix = format!("localhost.evil.test:{port}");
    let wrong = format!("Bearer {}", "x".repeat(43));
    let basic = format!("Basic {}", server.token);
    for (headers, status) in [
        (vec![], 200),
        (vec![("host", localhost.as_str())], 200),
        (vec![("origin", "http://localhost:6274")], 200),
        (vec![("origin", "https://127.0.0.1")], 200),
        (vec![("origin", "http://[::1]:1")], 200),
        (vec![("host", "evil.test")], 403),
        (vec![("host", other_port)], 403),
        (vec![("host", &suffix)], 403),
        (vec![("host", "")], 403),
        (vec![("origin", "https://evil.test")], 403),
        (vec![("origin", "null")], 403),
        (vec![("origin", "http://localhost.evil.test")], 403),
        // Whoever may not ask is not told that the token is right.
        (vec![("host", "evil.test"), ("authorization", &wrong)], 403),
        (vec![("origin", "null"), ("authorization", "")], 403),
        (vec![("authorization", "")], 401),
        (vec![("authorization", &wrong)], 401),
        (vec![("authorization", &basic)], 401),
        // Without the token nothing else is looked at.
        (
            vec![("authorization", ""), ("content-type", "text/plain")],
            401,
        ),
        (vec![("content-type", "text/plain")], 415),
        (vec![("accept", "text/html")], 406),
    ] {
        let answer = ask(&headers);
        assert_eq!(answer.status, status, "{headers:?}: {answer:?}");
        if status == 401 {
            let challenge = &answer.headers["www-authenticate"];
            let metadata = format!(
                "resource_metadata=\"http://{}/.well-known/oauth-protected-resource\"",
                server.address
            );
            assert!(
                challenge.starts_with("Bearer ") && challenge.contains(&metadata),
                "{challenge}"
            );
        }
    }
    for (method, path, status) in [
        ("PUT", "/mcp", 405),
        ("OPTIONS", "/mcp", 405),
        ("GET", "/", 404),
        ("POST", "/mcp/", 404),
        ("GET", "/mcp", 400),
    ] {
        assert_eq!(
            server.send(method, path, &[], b"").status,
            status,
            "{method} {path}"
        );
    }
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        let told = server.send("GET", path, &[("authorization", "")], b"");
        assert_eq!(told.status, 200, "{told:?}");
        let told: Value = serde_json::from_str(&told.body).unwrap();
        assert_eq!(told["resource"], format!("http://{}/mcp", server.address));
        assert_eq!(told["bearer_methods_supported"], json!(["header"]));
        assert_eq!(
            server
                .send("GET", path, &[("host", "evil.test")], b"")
                .status,
            403
        );
    }
    server.stop();
}

#[test]
fn the_token_is_printed_once_and_is_in_no_log() {
    let remit = probe();
    let mut command = remit.command(&["serve", "--http", "127.0.0.1:0", "probe"]);
    command.env("REMIT_LOG", "trace");
    let server = McpHttp::of(command);
    let session = server.session();
    session.request(2, "tools/call", call(&json!({"op": "env"})));
    let token = server.token.clone();
    assert_eq!(token.len(), 43);
    let other = McpHttp::start(&remit, &["probe"]);
    assert_ne!(other.token, token);
    other.stop();
    let line = std::fs::read(format!("/proc/{}/cmdline", server.pid())).unwrap();
    assert!(!String::from_utf8_lossy(&line).contains(&token));
    let ended = server.stop();
    assert_eq!(ended.stderr.matches(&token).count(), 1, "{}", ended.stderr);
    let log = remit.run(&["audit", "log", "--json", "-n", "0"]).stdout;
    assert!(log.contains("session-started") && !log.contains(&token));
}

#[test]
fn a_token_is_kept_in_a_file_or_given_and_then_not_printed() {
    let remit = probe();
    let kept = McpHttp::start(&remit, &["probe", "--token-file", "token"]);
    let token = std::fs::read_to_string(remit.path().join("token")).unwrap();
    assert!(!kept.stderr().contains(token.trim()), "{}", kept.stderr());
    let kept = kept.with_token(token.trim());
    kept.session();
    kept.stop();
    let again =
        McpHttp::start(&remit, &["probe", "--token-file", "token"]).with_token(token.trim());
    again.session();

    let given = "given-0123456789-0123456789-0123456789";
    let mut command = remit.command(&["serve", "--http", "127.0.0.1:0", "probe"]);
    command.env("REMIT_SERVE_TOKEN", given);
    let server = McpHttp::of(command);
    assert!(!server.stderr().contains(given));
    server.with_token(given).session();

    let mut short = remit.command(&["serve", "--http", "127.0.0.1:0", "probe"]);
    short.env("REMIT_SERVE_TOKEN", "short");
    Outcome::of(short)
        .exits(2)
        .says("error[token-unusable]")
        .says("hint: ");
    remit.write("open", token);
    remit
        .run(&["serve", "--http", ":0", "--token-file", "open", "probe"])
        .exits(2)
        .says("can be read by others");
    for address in ["0.0.0.0:0", "192.168.0.1", "example.com", "[::]:80"] {
        remit
            .run(&["serve", "--http", address, "probe"])
            .exits(2)
            .says("error[not-loopback]")
            .says("hint: ");
    }
    let taken = again.address.clone();
    remit
        .run(&["serve", "--http", &taken, "probe"])
        .exits(2)
        .says("error[address-taken]");
    again.stop();
}

#[test]
fn bodies_that_are_no_message_are_refused() {
    let remit = probe();
    let server = McpHttp::start(&remit, &["probe"]);
    let deep = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"ping\",\"params\":{{\"a\":{}{}}}}}",
        "[".repeat(63),
        "]".repeat(63)
    );
    for (body, status, code, id) in [
        (&b"garbage"[..], 400, -32700, Value::Null),
        (b"", 400, -32700, Value::Null),
        (b"\xff\xff", 400, -32700, Value::Null),
        (b"[]", 400, -32600, Value::Null),
        (
            b"{\"jsonrpc\":\"1.0\",\"id\":3,\"method\":\"ping\"}",
            400,
            -32600,
            json!(3),
        ),
        (deep.as_bytes(), 400, -32600, json!(4)),
    ] {
        let answer = server.send("POST", "/mcp", &[], body);
        assert_eq!(answer.status, status, "{answer:?}");
        let message = &answer.messages()[0];
        assert_eq!(
            (&message["error"]["code"], &message["id"]),
            (&json!(code), &id),
            "{answer:?}"
        );
    }
    // Announced as too long, and grown too long.
    let long = server.send("POST", "/mcp", &[("content-length", "4194305")], b"");
    assert_eq!(long.status, 413, "{long:?}");
    let mut stream = server.connect();
    let head = server.head(
        "POST",
        "/mcp",
        &[("content-length", ""), ("transfer-encoding", "chunked")],
        0,
    );
    stream.write_all(&head).unwrap();
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(1 << 20));
    for _ in 0..5 {
        // It may be refused before all is sent.
        let _ = stream.write_all(chunk.as_bytes());
    }
    let mut bytes = vec![0; 4096];
    let n = stream.read(&mut bytes).unwrap_or(0);
    assert!(
        n == 0 || bytes.starts_with(b"HTTP/1.1 413"),
        "{}",
        String::from_utf8_lossy(&bytes[..n])
    );
    server.session();
    server.stop();
}

#[test]
fn an_id_is_used_once_at_a_time_in_a_session_and_sessions_do_not_share_ids() {
    let remit = probe();
    let server = McpHttp::start(&remit, &["probe"]);
    let (one, other) = (server.session(), server.session());
    one.request(2, "tools/call", call(&json!({"op": "echo", "value": 1})));
    let spin = call(&json!({"op": "spin", "ms": 800}));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| one.request(9, "tools/call", spin.clone()));
        std::thread::sleep(Duration::from_millis(300));
        let again = one.post(&ping(9));
        assert_eq!(again.status, 400, "{again:?}");
        assert_eq!(again.answer(9)["error"]["code"], -32600);
        assert_eq!(other.request(9, "ping", json!({}))["result"], json!({}));
        let first = first.join().unwrap();
        assert_eq!(
            first["result"]["structuredContent"]["result"]["ok"], true,
            "{first}"
        );
    });
    assert_eq!(one.request(9, "ping", json!({}))["result"], json!({}));
    server.stop();
}

/// The oldest of them is ended where there would be more than 128; the others go on.
#[test]
fn sessions_are_bounded() {
    let remit = probe();
    let server = McpHttp::start(&remit, &["probe"]);
    let (first, second) = (server.session(), server.session());
    let more: Vec<_> = (0..127).map(|_| server.session()).collect();
    assert_eq!(first.post(&ping(3)).status, 404);
    assert_eq!(second.request(3, "ping", json!({}))["result"], json!({}));
    assert_eq!(more[126].request(3, "ping", json!({}))["result"], json!({}));
    server.stop();
}

#[test]
fn streams_are_bounded_and_calls_still_find_a_connection() {
    let remit = probe();
    let server = McpHttp::start(&remit, &["probe"]);
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "subscriptions/listen"),
    ];
    // One client may have sixteen.
    let open = |n: i32| {
        let mut meta = meta();
        meta["io.modelcontextprotocol/clientInfo"]["name"] = json!(format!("client {}", n / 10));
        let params = json!({"_meta": meta, "notifications": {"toolsListChanged": true}});
        let body =
            json!({"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params});
        let body = body.to_string();
        let mut stream = server.connect();
        let head = server.head("POST", "/mcp", &headers, body.len());
        stream.write_all(&head).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        (String::from_utf8_lossy(&first).into_owned(), stream)
    };
    let streams: Vec<_> = (0..140).map(open).collect();
    let count = |status: &str| {
        streams
            .iter()
            .filter(|(first, _)| first.ends_with(status))
            .count()
    };
    assert_eq!((count(" 200"), count(" 503")), (128, 12));
    let ping = server.request_new(3, "tools/list", json!({}));
    assert_eq!(ping.status, 200, "{ping:?}");
    drop(streams);
    // Their places are free again as soon as it is noticed.
    let until = Instant::now() + Duration::from_secs(30);
    while open(0).0 != "HTTP/1.1 200" {
        assert!(Instant::now() < until, "no place is given back");
        std::thread::sleep(Duration::from_millis(100));
    }
    server.stop();
}

/// Connections that send nothing, or a byte now and then, hold no place that another needs.
#[test]
fn a_slow_client_does_not_keep_others_out() {
    let remit = probe();
    let server = McpHttp::start(&remit, &["probe"]);
    let session = server.session();
    let mut slow: Vec<_> = (0..400).map(|_| server.connect()).collect();
    for stream in &mut slow {
        stream.write_all(b"POST /mcp HTTP/1.1\r\nhost: ").unwrap();
    }
    let begin = Instant::now();
    assert_eq!(session.request(3, "ping", json!({}))["result"], json!({}));
    assert!(
        begin.elapsed() < Duration::from_secs(30),
        "{:?}",
        begin.elapsed()
    );
    // A head has ten seconds, however its bytes trickle.
    let mut trickle = server.connect();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(20) && trickle.write_all(b"a").is_ok() {
        std::thread::sleep(Duration::from_millis(250));
    }
    assert!(
        begin.elapsed() < Duration::from_secs(15),
        "{:?}",
        begin.elapsed()
    );
    server.stop();
}

#[test]
fn a_thousand_calls_at_once_are_all_answered() {
    let remit = probe();
    let server = McpHttp::start(&remit, &["probe"]);
    server.request_new(1, "tools/call", call(&json!({"op": "echo", "value": 0})));
    let answers: Vec<(i64, HttpAnswer)> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..1000)
            .map(|n| {
                let server = &server;
                let ask = move || {
                    (
                        n,
                        server.request_new(
                            n,
                            "tools/call",
                            call(&json!({"op": "echo", "value": n})),
                        ),
                    )
                };
                std::thread::Builder::new()
                    .stack_size(256 << 10)
                    .spawn_scoped(scope, ask)
                    .unwrap()
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    for (n, answer) in answers {
        assert_eq!(answer.status, 200, "{n}: {answer:?}");
        let said = answer.answer(n);
        assert_eq!(
            said["result"]["structuredContent"]["result"]["value"], n,
            "{said}"
        );
    }
    server.stop();
    remit.run(&["audit", "verify"]).exits(0);
}

#[test]
fn a_client_of_the_new_era_that_vanishes_mid_call_ends_the_call() {
    let remit = probe();
    let server = McpHttp::start(&remit, &["probe"]);
    server.request_new(1, "tools/call", call(&json!({"op": "echo", "value": 0})));
    let mut params = call(&json!({"op": "loop"}));
    params["_meta"] = meta();
    let body =
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}).to_string();
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "evil_do"),
    ];
    let mut stream = server.connect();
    stream
        .write_all(&server.head("POST", "/mcp", &headers, body.len()))
        .unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    drop(stream);
    let cancelled = |r: &Value| r["kind"] == "call" && r["outcome"] == "cancelled";
    let until = Instant::now() + Duration::from_secs(5);
    while !remit.audit().iter().any(cancelled) {
        assert!(Instant::now() < until, "{:?}", remit.audit());
        std::thread::sleep(Duration::from_millis(50));
    }
    server.stop();
}

#[test]
fn a_signal_ends_calls_and_streams_with_the_log_whole() {
    let remit = probe();
    let server = McpHttp::start(&remit, &["probe"]);
    let session = server.session();
    session.request(2, "tools/call", call(&json!({"op": "echo", "value": 0})));
    let mut stream = server.connect();
    stream
        .write_all(&server.head("GET", "/mcp", &session.headers(), 0))
        .unwrap();
    let body = json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": call(&json!({"op": "loop"}))}).to_string();
    let mut endless = server.connect();
    endless
        .write_all(&server.head("POST", "/mcp", &session.headers(), body.len()))
        .unwrap();
    endless.write_all(body.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let ended = server.stop();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert!(ended.after < Duration::from_secs(8), "{:?}", ended.after);
    remit.run(&["audit", "verify"]).exits(0);
    let log = remit.audit();
    assert!(
        log.iter()
            .any(|r| r["kind"] == "call" && r["outcome"] == "cancelled"),
        "{log:?}"
    );
    assert!(
        log.iter().any(|r| r["kind"] == "session-finished"),
        "{log:?}"
    );
}
