//! Mail and documents that a stranger made to end the search of a whole mailbox or drive: within the limits that
//! every call has, the others are found all the same.

use crate::support::{Remit, plugin};
use serde_json::Value;

const MAIL: &str =
    "From: Eve <eve@example.org>\r\nSubject: hostile\r\nDate: Mon, 16 Nov 2026 09:00:00 +0100\r\n";
const HONEST: &str = "From: ok@example.org\nSubject: fine\nDate: Mon, 16 Nov 2026 10:00:00 +0100\n\nthe treasury is fine\n";

fn search(remit: &Remit, component: &str, mount: &str) -> Value {
    let component = plugin(component);
    let grant = format!("files read ./theirs {mount}");
    let call = [
        "call",
        component.to_str().unwrap(),
        "search",
        "--input",
        r#"{"query":"treasury"}"#,
        "--allow",
        &grant,
    ];
    remit.run(&call).exits(0).json()
}

#[test]
fn no_message_ends_the_search_of_a_mailbox() {
    let html = |text: String| format!("{MAIL}Content-Type: text/html\r\n\r\n{text}");
    let level = "Subject: x\r\nContent-Type: message/rfc822\r\n\r\n";
    let remit = Remit::new();
    for (name, message) in [
        ("style", html("<style>".repeat(300_000))),
        ("svg", html("<svg></b>".repeat(300_000))),
        ("entities", html("&".repeat(4_000_000))),
        (
            "marks",
            format!("From: a@b\r\nSubject: {}\r\n\r\nx", "[a] ".repeat(500_000)),
        ),
        ("header", format!("{}\r\n", "A: b\r\n".repeat(1_000_000))),
        (
            "people",
            format!("{MAIL}To: {}\r\n\r\nx", "a@b, ".repeat(1_000_000)),
        ),
        (
            "messages",
            format!(
                "{MAIL}Content-Type: message/rfc822\r\n\r\n{}",
                level.repeat(50_000)
            ),
        ),
        (
            "parts",
            format!(
                "{MAIL}Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
                "--b\r\n\r\n".repeat(500_000)
            ),
        ),
        ("lines", format!("{MAIL}\r\n{}", "\n".repeat(12_000_000))),
        ("page", html("<div><p>gauge".repeat(1_500_000))),
    ] {
        remit.write(&format!("theirs/{name}.eml"), message);
    }
    remit.write("theirs/honest.eml", HONEST);
    let found = search(&remit, "mail", "/mail");
    assert_eq!(found["total"], 1, "{found}");
    assert_eq!(found["messages"][0]["subject"], "fine");
}

#[test]
fn a_mailbox_of_fifty_megabytes_is_searched() {
    let from = "From a@b Mon Nov 16 09:00:00 2026\n";
    let line = "QmFzZTY0IGxpbmVzIGFyZSBzZXZlbnR5LXNpeCBsZXR0ZXJzIGxvbmcsIGxpa2UgdGhpcyBvbmUh\n";
    let mut mbox = format!(
        "{from}{MAIL}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee the treasury\n--b\n\
         Content-Disposition: attachment; filename=film.mp4\nContent-Transfer-Encoding: base64\n\n{}\n--b--\n\n",
        line.repeat(400_000)
    );
    let mut number = 0;
    while mbox.len() < 50 << 20 {
        number += 1;
        mbox.push_str(&format!(
            "{from}Subject: {number}\n\n{}\n\n",
            "gauge harbour pier level tide ".repeat(number % 200)
        ));
    }
    mbox.push_str(&format!("{from}{HONEST}"));
    let remit = Remit::new();
    remit.write("theirs/all.mbox", mbox);
    let found = search(&remit, "mail", "/mail");
    assert_eq!(found["total"], 2, "{found}");
    assert_eq!(found["messages"][1]["has_attachment"], true);
}

#[test]
fn no_document_ends_the_search_of_a_drive() {
    let remit = Remit::new();
    for (name, text) in [
        ("style.html", "<style>".repeat(500_000)),
        ("svg.htm", "<svg></g>".repeat(400_000)),
        ("entities.html", "&amp".repeat(1_000_000)),
        ("deep.json", "[".repeat(4_000_000)),
        ("rule.md", "---\n".repeat(1_000_000)),
        ("huge.csv", "a,b,c\n".repeat(10_000_000)),
        ("line.csv", "a,".repeat(20_000_000)),
        ("zip.docx", "PK\u{5}\u{6}".repeat(500_000)),
    ] {
        remit.write(&format!("theirs/{name}"), text);
    }
    remit.write("theirs/honest.md", "# Fine\n\nthe treasury is fine\n");
    let found = search(&remit, "drive", "/drive");
    assert_eq!(found["total"], 1, "{found}");
    assert_eq!(found["documents"][0]["title"], "Fine");
}
