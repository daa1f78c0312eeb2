//! `remit serve` over stdin and stdout: both eras, what no client should send, and how it ends.

use crate::support::mcp::{McpStdio, OLD_ERA, evil_skill, initialize, meta};
use crate::support::{Outcome, Remit};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A workspace with one skill of the hostile guest, already compiled and described.
fn probe() -> Remit {
    let remit = Remit::new();
    evil_skill(&remit, "probe");
    remit.run(&["check", "probe"]).exits(0);
    remit
}

fn ping(id: i64) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "ping"})
}

#[test]
fn both_eras_are_spoken() {
    let remit = probe();
    let mut old = McpStdio::start(&remit, &["probe"]);
    let hello = old.initialize();
    assert_eq!(hello["protocolVersion"], OLD_ERA);
    assert_eq!(hello["serverInfo"]["name"], "remit");
    let echo = old.call("evil_do", &json!({"op": "echo", "value": 7}));
    assert_eq!(echo["structuredContent"]["result"]["value"], 7, "{echo}");
    let ended = old.close();
    assert_eq!((ended.status, ended.rest), (0, vec![]), "{}", ended.stderr);

    let mut new = McpStdio::start(&remit, &["probe"]);
    let found = new.request_new("server/discover", json!({}));
    assert!(found["result"]["supportedVersions"].is_array(), "{found}");
    let tools = new.request_new("tools/list", json!({}));
    assert_eq!(tools["result"]["resultType"], "complete", "{tools}");
    let call = json!({"name": "evil_do", "arguments": {"op": "echo", "value": 8}});
    let echo = new.request_new("tools/call", call);
    assert_eq!(
        echo["result"]["structuredContent"]["result"]["value"], 8,
        "{echo}"
    );
    assert_eq!(new.close().status, 0);
    remit.run(&["audit", "verify"]).exits(0);
}

#[test]
fn what_comes_before_initialize_is_borne_a_hundred_times() {
    let remit = probe();
    let mut client = McpStdio::start(&remit, &["probe"]);
    let early = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    for _ in 0..90 {
        client.send(&early);
    }
    client.send(&json!({"jsonrpc": "2.0", "id": 5, "result": {}}));
    let refused = client.request("tools/list", json!({}));
    assert!(refused["error"]["code"].is_number(), "{refused}");
    client.send(&ping(6));
    client.answer(6);
    assert_eq!(client.initialize()["protocolVersion"], OLD_ERA);
    assert!(client.request("tools/list", json!({}))["result"].is_object());
    assert_eq!(client.close().status, 0);

    let mut endless = McpStdio::start(&remit, &["probe"]);
    for _ in 0..100 {
        endless.send(&early);
    }
    let ended = endless.end();
    assert_eq!(ended.status, 0);
    assert!(
        ended.stderr.contains("before `initialize`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn nonsense_is_answered_and_the_connection_goes_on() {
    let remit = probe();
    let mut client = McpStdio::start(&remit, &["probe"]);
    client.initialize();
    // One level more than may be, and as many.
    let deep = |id: i64, lists: usize| {
        let (open, close) = ("[".repeat(lists), "]".repeat(lists));
        format!(
            "{{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"params\":{{\"a\":{open}{close}}},\"id\":{id}}}"
        )
    };
    client.send_raw(format!("{}\n", deep(40, 62)).as_bytes());
    assert_eq!(client.answer(40)["result"], json!({}));
    let deep = deep(42, 63);
    let long_id = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":\"{}\",\"method\":\"ping\"}}",
        "x".repeat(300)
    );
    for (line, code, id) in [
        ("garbage", -32700, None),
        ("{\"jsonrpc\":\"2.0\",\"id\":3", -32700, Some(3)),
        ("[]", -32600, None),
        (
            "[{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"ping\"}]",
            -32600,
            None,
        ),
        (
            "{\"jsonrpc\":\"1.0\",\"id\":4,\"method\":\"ping\"}",
            -32600,
            Some(4),
        ),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}",
            -32600,
            None,
        ),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}",
            -32600,
            None,
        ),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":41,\"method\":\"tools/call\",\"params\":{\"name\":1}}",
            -32602,
            Some(41),
        ),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":43,\"method\":\"no/such\"}",
            -32601,
            Some(43),
        ),
        (&deep, -32600, Some(42)),
        (&long_id, -32600, None),
    ] {
        client.send_raw(format!("{line}\n").as_bytes());
        let wanted = id.map_or(Value::Null, Value::from);
        let refused = client.wait_for(line, |message| {
            message["id"] == wanted && message["error"].is_object()
        });
        assert_eq!(refused["error"]["code"], code, "{line}: {refused}");
        // A second has room for ten answers to what has no id.
        std::thread::sleep(Duration::from_millis(if id.is_none() { 110 } else { 0 }));
    }
    for line in [
        &b"\xff\xfe\n"[..],
        b"\0\0\0\n",
        b"{\"a\":\"\0\"}\n",
        b"\n\r\n  \n",
    ] {
        client.send_raw(line);
    }
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/unheard_of", "params": {}}));
    client.send(&json!({"jsonrpc": "2.0", "id": 77, "result": {}}));
    // With a mark of the byte order, and the ends of lines of another system.
    client.send_raw(b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":50,\"method\":\"ping\"}\r\n");
    assert_eq!(client.answer(50)["result"], json!({}));
    client.says("this is no JSON");
    assert_eq!(client.close().status, 0);
}

#[test]
fn a_message_that_is_too_long_is_refused_by_its_id() {
    let remit = probe();
    let mut client = McpStdio::start(&remit, &["probe"]);
    client.initialize();
    let of = |id: i64, bytes: usize| {
        let text = "x".repeat(bytes);
        format!(
            "{{\"method\":\"ping\",\"params\":{{\"x\":\"{text}\"}},\"jsonrpc\":\"2.0\",\"id\":{id}}}\n"
        )
    };
    client.send_raw(of(7, 4 << 20).as_bytes());
    let refused = client.answer(7);
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .contains("too long"),
        "{refused}"
    );
    client.says("too long");
    client.send_raw(of(8, (4 << 20) - 200).as_bytes());
    assert_eq!(client.answer(8)["result"], json!({}));
    assert_eq!(client.close().status, 0);
}

#[test]
fn an_id_is_used_once_at_a_time() {
    let remit = probe();
    let mut client = McpStdio::start(&remit, &["probe"]);
    client.initialize();
    let spin = |id: i64, ms: u32| {
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
            "name": "evil_do", "arguments": {"op": "seq", "steps": [{"op": "spin", "ms": ms}, {"op": "echo", "value": ms}]},
        }})
    };
    client.send(&spin(9, 400));
    client.send(&spin(9, 1));
    client.send(&ping(9));
    let answers: Vec<Value> = (0..3).map(|_| client.answer(9)).collect();
    let (refused, done): (Vec<&Value>, Vec<&Value>) =
        answers.iter().partition(|a| a["error"].is_object());
    assert_eq!((refused.len(), done.len()), (2, 1), "{answers:?}");
    assert!(
        refused.iter().all(|r| r["error"]["code"] == -32600),
        "{refused:?}"
    );
    assert_eq!(
        done[0]["result"]["structuredContent"]["result"]["results"][1]["value"], 400,
        "{done:?}"
    );
    // Answered, it is free again.
    client.send(&ping(9));
    assert_eq!(client.answer(9)["result"], json!({}));
    assert_eq!(client.close().status, 0);
}

#[test]
fn a_cancelled_call_stops_and_is_not_answered() {
    let remit = probe();
    let mut client = McpStdio::start(&remit, &["probe"]);
    client.initialize();
    client.call("evil_do", &json!({"op": "echo", "value": 1}));
    let id = client.begin(
        "tools/call",
        json!({"name": "evil_do", "arguments": {"op": "loop"}}),
    );
    std::thread::sleep(Duration::from_millis(300));
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}));
    client.call("evil_do", &json!({"op": "echo", "value": 2}));
    let late = client.next_message(Duration::from_millis(300));
    assert!(late.as_ref().is_none_or(|m| m["id"] != id), "{late:?}");
    // Its id stays used, since nothing tells when it would be free.
    client.send(&ping(id));
    assert_eq!(client.answer(id)["error"]["code"], -32600);
    let begin = Instant::now();
    assert_eq!(client.close().status, 0);
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "the guest went on"
    );
    let log = remit.audit();
    assert!(
        log.iter()
            .any(|r| r["kind"] == "call" && r["outcome"] == "cancelled"),
        "{log:?}"
    );
}

#[test]
fn what_is_piped_in_is_answered() {
    let remit = probe();
    let file = remit.write(
        "requests",
        format!("{}\n{}\n{}", initialize(1, &json!({})), ping(2), ping(3)),
    );
    let mut command = remit.command(&["serve", "probe"]);
    // A file, and not a pipe.
    command.stdin(std::fs::File::open(file).unwrap());
    let out = Outcome::of(command).exits(0);
    let mut ids: Vec<Option<i64>> = out
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_i64())
        .collect();
    // Requests are done at once, in no order.
    ids.sort_unstable();
    assert_eq!(ids, [Some(1), Some(2), Some(3)], "{}", out.stdout);
    // Nothing at all is no fault either.
    let nothing = remit.run(&["serve", "probe"]).exits(0);
    assert_eq!(nothing.stdout, "");
}

/// Begins an endless call, and waits until the guest runs.
fn endless(remit: &Remit, unread: bool) -> McpStdio {
    let mut client = McpStdio::start_unread(remit, &["probe"]);
    if !unread {
        client.read();
        client.initialize();
    } else {
        client.send(&initialize(1, &json!({})));
    }
    client.begin(
        "tools/call",
        json!({"name": "evil_do", "arguments": {"op": "loop"}}),
    );
    std::thread::sleep(Duration::from_millis(1500));
    client
}

fn is_whole(remit: &Remit) {
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

#[test]
fn a_client_that_leaves_or_vanishes_mid_call_ends_the_call_and_the_process() {
    for vanish in [false, true] {
        let remit = probe();
        let client = endless(&remit, vanish);
        let ended = if vanish {
            client.vanish()
        } else {
            client.close()
        };
        assert_eq!(ended.status, 0, "{}", ended.stderr);
        assert!(
            ended.after < Duration::from_secs(2),
            "{vanish}: {:?}",
            ended.after
        );
        is_whole(&remit);
    }
}

#[test]
fn a_signal_mid_call_ends_it_with_the_log_whole_and_a_second_one_at_once() {
    let remit = probe();
    let client = endless(&remit, false);
    client.signal("TERM");
    let ended = client.end();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    // What runs has two seconds.
    assert!(
        ended.after > Duration::from_millis(1500),
        "{:?}",
        ended.after
    );
    assert!(ended.after < Duration::from_secs(6), "{:?}", ended.after);
    is_whole(&remit);

    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let remit = probe();
        let client = endless(&remit, false);
        client.signal("TERM");
        std::thread::sleep(Duration::from_millis(200));
        client.signal(signal);
        let ended = client.end();
        assert_eq!(ended.status, status, "{}", ended.stderr);
        assert!(ended.after < Duration::from_secs(1), "{:?}", ended.after);
        remit.run(&["audit", "verify"]).exits(0);
    }
}

#[test]
fn a_signal_lets_what_is_quick_be_done() {
    let remit = probe();
    let mut client = McpStdio::start(&remit, &["probe"]);
    client.initialize();
    client.call("evil_do", &json!({"op": "echo", "value": 1}));
    let id = client.begin(
        "tools/call",
        json!({"name": "evil_do", "arguments": {"op": "spin", "ms": 600}}),
    );
    std::thread::sleep(Duration::from_millis(200));
    client.signal("TERM");
    let done = client.answer(id);
    assert_eq!(
        done["result"]["structuredContent"]["result"]["ok"], true,
        "{done}"
    );
    assert_eq!(client.end().status, 0);
}

#[test]
fn errors_of_the_command_line_have_codes_and_hints() {
    let remit = probe();
    remit.run(&["serve", "absent"]).exits(2).says("hint: ");
    remit
        .run(&["serve", "--max-result", "1"])
        .exits(2)
        .says("from 1KiB to 4MiB");
    remit
        .run(&["serve", "--token-file", "x"])
        .exits(2)
        .says("--http");
    let empty = Remit::new();
    empty
        .run(&["serve"])
        .exits(2)
        .says("error[no-skill]")
        .says("hint: ");
    let out = remit.run(&["serve", "--help"]).exits(0);
    for told in [
        "claude mcp add",
        "codex mcp add",
        "REMIT_SERVE_TOKEN",
        "--max-result",
    ] {
        assert!(out.stdout.contains(told), "{told}: {}", out.stdout);
    }
}

#[test]
fn the_meta_of_the_new_era_opens_a_connection_and_nothing_else_does() {
    let remit = probe();
    let mut client = McpStdio::start(&remit, &["probe"]);
    let mut strange = meta();
    strange["io.modelcontextprotocol/protocolVersion"] = json!("2031-01-01");
    let refused = client.request("tools/list", json!({"_meta": strange}));
    assert!(refused["error"].is_object(), "{refused}");
    // It was not opened by that, and this does not end it.
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    assert!(client.request_new("tools/list", json!({}))["result"].is_object());
    assert_eq!(client.close().status, 0);
}
