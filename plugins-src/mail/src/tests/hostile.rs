//! Mail that somebody made to hide, to imitate, or to be too much.

use super::*;

fn with_header(header: &str) -> Vec<u8> {
    format!("{header}\r\nDate: {MONDAY}\r\n\r\nthe budget\r\n").into_bytes()
}

#[test]
fn what_turns_text_round_is_not_in_names() {
    let read = read_only(
        "From: \u{202e}nA\u{202c} <a@b>\nSubject: invoice \u{2066}x\u{2069}\nContent-Type: multipart/mixed; boundary=x\n\n\
         --x\nContent-Disposition: attachment; filename=\"\u{202e}fdp.exe\"\n\nMZ\n--x--\n"
            .as_bytes(),
    );
    assert_eq!(read["from"]["name"], "nA");
    assert_eq!(read["subject"], "invoice x");
    assert_eq!(read["attachments"][0]["name"], "fdp.exe");
}

#[test]
fn a_long_address_never_ends_like_another() {
    let ours = "@brackwater.example";
    for length in 150..230 {
        let address = format!("{}{ours}.evil.example", "a".repeat(length));
        let read = read_only(&with_header(&format!("From: {address}")));
        let shown = read["from"]["address"].as_str().unwrap();
        assert!(!shown.ends_with(ours), "{shown}");
        assert!(shown.chars().count() <= 201, "{shown}");
    }
}

#[test]
fn long_headers_do_not_fill_the_result() {
    let people = (0..5000)
        .map(|n| format!("p{n}@example.org"))
        .collect::<Vec<_>>();
    let ids = (0..5000)
        .map(|n| format!("<{n}@example.org>"))
        .collect::<Vec<_>>();
    let folder = mail(&[(
        "a.eml",
        &with_header(&format!(
            "From: a@b\r\nTo: {}\r\nSubject: {}\r\nReferences: {}",
            people.join(",\r\n "),
            "budget ".repeat(2000),
            ids.join("\r\n ")
        )),
    )]);
    let found = call(&folder, "search", json!({ "query": "budget" }));
    let message = &found["messages"][0];
    assert_eq!(message["to"].as_array().unwrap().len(), 20);
    assert_eq!(message["subject"].as_str().unwrap().chars().count(), 1001);
    let read = call(&folder, "read", json!({ "id": message["id"] }));
    assert_eq!(read["to"].as_array().unwrap().len(), 200);
    assert!(read["references"].as_array().unwrap().len() <= 200);
}

#[test]
fn a_subject_of_nothing_but_marks_is_found_soon() {
    for mark in ["[a] ", "Re: ", "[a] Re: ", "\u{ff1a}"] {
        let subject = mark.repeat(60_000);
        read_only(&with_header(&format!("From: a@b\r\nSubject: {subject}")));
    }
}

/// A message of this many lines of base64, attached, between a text and another attachment.
fn with_attachment(lines: usize) -> Vec<u8> {
    let line = "QmFzZTY0IGxpbmVzIGFyZSBzZXZlbnR5LXNpeCBsZXR0ZXJzIGxvbmcsIGxpa2UgdGhpcyBvbmUh\r\n";
    let mut message = format!(
        "From: a@b\r\nSubject: large\r\nDate: {MONDAY}\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
         --x\r\nContent-Type: text/plain\r\n\r\nthe budget\r\n"
    )
    .into_bytes();
    for (name, lines) in [("large.bin", lines), ("small.bin", 3)] {
        message.extend(
            format!(
                "\r\n--x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
                 Content-Disposition: attachment; filename={name}\r\n\r\n"
            )
            .as_bytes(),
        );
        message.extend(line.repeat(lines).as_bytes());
    }
    message.extend(b"\r\n--x--\r\n");
    message
}

#[test]
fn what_is_left_out_of_a_large_attachment_is_in_its_size() {
    for lines in [10, 5_000, 100_000] {
        let read = read_only(&with_attachment(lines));
        assert_eq!(
            read["attachments"],
            json!([
                { "name": "large.bin", "type": "application/octet-stream", "size": lines * 57 },
                { "name": "small.bin", "type": "application/octet-stream", "size": 3 * 57 },
            ])
        );
        assert_eq!(read["truncated"], false);
    }
}

#[test]
fn a_message_too_large_to_be_read_whole_has_its_text_and_says_about_how_large_it_is() {
    let folder = mail(&[("a.eml", &with_attachment(500_000))]);
    let found = call(&folder, "search", json!({ "query": "budget" }));
    let read = call(&folder, "read", json!({ "id": found["messages"][0]["id"] }));
    let size = read["attachments"][0]["size"].as_f64().unwrap();
    let real = 500_000.0 * 57.0;
    assert!(
        (size - real).abs() < real / 100.0,
        "{size} is far from {real}"
    );
    assert_eq!(read["truncated"], false);
}

#[test]
fn a_text_too_large_to_be_read_whole_says_so() {
    let mut message = with_header("From: a@b\r\nSubject: large");
    message.extend(b"one more line of the log\r\n".repeat(400_000));
    let folder = mail(&[("a.eml", &message)]);
    let found = call(&folder, "search", json!({ "query": "budget" }));
    let read = call(
        &folder,
        "read",
        json!({ "id": found["messages"][0]["id"], "max_chars": 1_000_000 }),
    );
    assert_eq!(read["truncated"], true);
    assert!(read["text"].as_str().unwrap().starts_with("the budget"));
}

#[test]
fn messages_in_messages_without_end_are_one_message() {
    let level = "Subject: x\r\nContent-Type: message/rfc822\r\n\r\n";
    let message = format!("From: a@b\r\nSubject: deep\r\n{}", level.repeat(20_000));
    assert_eq!(read_only(message.as_bytes())["from"]["address"], "a@b");
}
