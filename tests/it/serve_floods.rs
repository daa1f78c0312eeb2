//! Floods: what a client that sends too much, or takes too little, costs the host and other clients.

use crate::support::Remit;
use crate::support::mcp::{McpHttp, McpStdio, evil_skill, resident_kib};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Write;
use std::time::{Duration, Instant};

fn probe() -> Remit {
    let remit = Remit::new();
    evil_skill(&remit, "probe");
    remit.run(&["check", "probe"]).exits(0);
    remit
}

fn request(id: i64, method: &str) -> String {
    format!(
        "{}\n",
        json!({"jsonrpc": "2.0", "id": id, "method": method})
    )
}

/// Sends from another thread, so that neither side waits for the other.
fn send_all(
    client: &mut McpStdio,
    text: String,
) -> std::thread::JoinHandle<std::process::ChildStdin> {
    let mut stdin = client.take_stdin();
    std::thread::spawn(move || {
        stdin.write_all(text.as_bytes()).unwrap();
        stdin
    })
}

#[test]
fn each_of_ten_thousand_requests_is_answered_once() {
    let remit = probe();
    let mut client = McpStdio::start(&remit, &["probe"]);
    client.initialize();
    let methods = ["ping", "tools/list", "prompts/list", "no/such"];
    let text: String = (0..10_000)
        .map(|n| request(n, methods[n as usize % 4]))
        .collect();
    let sender = send_all(&mut client, text);
    let mut answers: HashMap<i64, u32> = HashMap::new();
    let mut done = 0;
    while answers.len() < 10_000 {
        let answer = client
            .next_message(Duration::from_secs(30))
            .expect("an answer is missing");
        let Some(id) = answer["id"].as_i64() else {
            continue;
        };
        *answers.entry(id).or_default() += 1;
        let refused = answer["error"]["code"].as_i64();
        assert!(matches!(refused, None | Some(-32000 | -32601)), "{answer}");
        done += u32::from(refused.is_none());
    }
    assert!(answers.values().all(|times| *times == 1));
    assert!(done > 200, "{done} were done, the others refused");
    drop(sender.join().unwrap());
    assert_eq!(client.end().status, 0);
}

#[test]
fn more_than_256_calls_at_once_are_refused_and_the_others_done() {
    let remit = probe();
    let mut client = McpStdio::start(&remit, &["probe"]);
    client.initialize();
    let text: String = (0..300)
        .map(|n| {
            let params = json!({"name": "evil_do", "arguments": {"op": "sleep", "ms": 20}});
            format!(
                "{}\n",
                json!({"jsonrpc": "2.0", "id": n, "method": "tools/call", "params": params})
            )
        })
        .collect();
    client.send_raw(text.as_bytes());
    let answers: Vec<Value> = (0..300).map(|n| client.answer(n)).collect();
    let busy = answers
        .iter()
        .filter(|a| a["error"]["code"] == -32000)
        .count();
    assert!((1..=44).contains(&busy), "{busy} were refused");
    let done = answers
        .iter()
        .filter(|a| a["result"]["structuredContent"]["result"]["ok"] == true)
        .count();
    assert!(done >= 200, "{done} were done");
    assert_eq!(client.close().status, 0);
    remit.run(&["audit", "verify"]).exits(0);
}

#[test]
fn a_client_that_takes_no_answers_costs_bounded_memory_and_loses_none() {
    let remit = probe();
    let mut client = McpStdio::start_unread(&remit, &["probe"]);
    client.send(&crate::support::mcp::initialize(1, &json!({})));
    std::thread::sleep(Duration::from_millis(500));
    let before = resident_kib(client.pid());
    let long = "x".repeat(2_000);
    let text: String = (100..5_100)
        .map(|n| {
            format!(
                "{}\n",
                json!({"jsonrpc": "2.0", "id": n, "method": "no/such", "params": {"text": long}})
            )
        })
        .collect();
    let sender = send_all(&mut client, text);
    std::thread::sleep(Duration::from_secs(2));
    let held = resident_kib(client.pid()).saturating_sub(before);
    assert!(held < 64 << 10, "{held} KiB are held");
    assert!(!sender.is_finished(), "it read on and on");
    client.read();
    for n in 100..5_100 {
        client.answer(n);
    }
    drop(sender.join().unwrap());
    assert_eq!(client.end().status, 0);
}

#[test]
fn a_flood_of_nonsense_costs_nothing() {
    let remit = probe();
    let mut client = McpStdio::start(&remit, &["probe"]);
    client.initialize();
    let mut text = "nonsense\n".repeat(100_000);
    text.push_str(&request(7, "ping"));
    let begin = Instant::now();
    let sender = send_all(&mut client, text);
    client.answer(7);
    let seconds = begin.elapsed().as_secs();
    assert!(seconds < 20, "{seconds} s");
    drop(sender.join().unwrap());
    let ended = client.end();
    let said = ended.stderr.lines().count();
    assert!(said as u64 <= seconds + 3, "{}", ended.stderr);
    assert!(
        ended.rest.len() as u64 <= 10 * (seconds + 2),
        "{}",
        ended.rest.len()
    );
    assert_eq!(ended.status, 0);
}

#[test]
fn one_client_that_floods_does_not_keep_another_from_its_answers() {
    let remit = probe();
    let server = McpHttp::start(&remit, &["probe"]);
    let (flooder, other) = (server.session(), server.session());
    let spin = json!({"name": "evil_do", "arguments": {"op": "spin", "ms": 50}});
    other.request(2, "tools/call", spin.clone());
    std::thread::scope(|scope| {
        for n in 0..100 {
            let (flooder, spin) = (&flooder, spin.clone());
            scope.spawn(move || flooder.request(100 + n, "tools/call", spin));
        }
        std::thread::sleep(Duration::from_millis(200));
        let begin = Instant::now();
        for n in 10..20 {
            assert_eq!(other.request(n, "ping", json!({}))["result"], json!({}));
        }
        assert!(
            begin.elapsed() < Duration::from_secs(5),
            "{:?}",
            begin.elapsed()
        );
        let done = other.request(30, "tools/call", spin.clone());
        assert_eq!(
            done["result"]["structuredContent"]["result"]["ok"], true,
            "{done}"
        );
    });
    server.stop();
}
