//! The plugin as its host calls it, on mail as it really is.

mod hostile;

use std::fs;
use std::path::Path;

use remit_plugin::Fault;
use remit_plugin::testing::World;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A mail folder of these files.
fn mail(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn try_call(folder: &Path, operation: &str, input: Value) -> Result<Value, Fault> {
    let world = World::new().mount("/mail", folder);
    let output = world.run(|| crate::plugin().invoke(operation, &input.to_string()))?;
    Ok(serde_json::from_str(&output).unwrap())
}

fn call(folder: &TempDir, operation: &str, input: Value) -> Value {
    try_call(folder.path(), operation, input).unwrap()
}

fn subjects(found: &Value) -> Vec<&str> {
    found["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["subject"].as_str().unwrap())
        .collect()
}

/// Reads the only message of a folder with just these bytes.
fn read_only(bytes: &[u8]) -> Value {
    let folder = mail(&[("a.eml", bytes)]);
    let found = call(&folder, "search", json!({}));
    call(&folder, "read", json!({ "id": found["messages"][0]["id"] }))
}

fn simple(subject: &str, date: &str, body: &str) -> Vec<u8> {
    format!("From: Ana Böhm <ana@example.org>\r\nTo: team@example.org\r\nSubject: {subject}\r\nDate: {date}\r\n\r\n{body}\r\n")
        .into_bytes()
}

const MONDAY: &str = "Mon, 16 Nov 2026 09:00:00 +0100";
const TUESDAY: &str = "Tue, 17 Nov 2026 09:00:00 +0100";

#[test]
fn folders_of_each_form_are_listed_and_counted() {
    let mbox = b"From a@b Mon Nov 16 09:00:00 2026\nSubject: 1\nStatus: RO\n\nx\n\nFrom a@b Mon Nov 16 09:00:00 2026\nSubject: 2\nStatus: O\n\ny\n";
    let folder = mail(&[
        ("INBOX/cur/1.a:2,S", &simple("seen", MONDAY, "")),
        ("INBOX/cur/2.b:2,", &simple("not seen", MONDAY, "")),
        ("INBOX/new/3.c", &simple("new", MONDAY, "")),
        ("INBOX/tmp/4.d", b"half"),
        (
            "INBOX/.Archive.2025/cur/5.e:2,RS",
            &simple("old", MONDAY, ""),
        ),
        ("lists/rust.mbox", mbox),
        ("Thunderbird", mbox),
        ("notes.txt", b"no mail"),
        ("saved/a.EML", &simple("saved", MONDAY, "")),
    ]);
    let listed = call(&folder, "list_folders", json!({}));
    assert_eq!(
        listed["folders"],
        json!([
            { "name": "INBOX", "total": 3, "unread": 2 },
            { "name": "INBOX/Archive/2025", "total": 1, "unread": 0 },
            { "name": "Thunderbird", "total": 2, "unread": 1 },
            { "name": "lists/rust", "total": 2, "unread": 1 },
            { "name": "saved", "total": 1, "unread": 0 },
        ])
    );
}

#[test]
fn an_id_stays_when_flags_change_and_mail_before_it_goes() {
    let item = |n: u8| {
        format!(
            "From a@b Mon Nov 16 09:00:00 2026\nMessage-ID: <{n}@b>\nSubject: m{n}\n\nbody {n}\n\n"
        )
    };
    let folder = mail(&[
        ("cur/1.a:2,", &simple("maildir", MONDAY, "")),
        ("x.mbox", format!("{}{}", item(1), item(2)).as_bytes()),
    ]);
    let ids = |subject: &str| {
        let found = call(&folder, "search", json!({ "subject": subject }));
        found["messages"][0]["id"].as_str().unwrap().to_string()
    };
    let (in_maildir, in_mbox) = (ids("maildir"), ids("m2"));
    fs::rename(
        folder.path().join("cur/1.a:2,"),
        folder.path().join("cur/1.a:2,RS"),
    )
    .unwrap();
    fs::write(folder.path().join("x.mbox"), item(2)).unwrap();
    assert_eq!(ids("maildir"), in_maildir);
    assert_eq!(
        call(&folder, "read", json!({ "id": in_maildir }))["subject"],
        "maildir"
    );
    assert_eq!(
        call(&folder, "read", json!({ "id": in_mbox }))["text"],
        "body 2"
    );
    fs::remove_file(folder.path().join("cur/1.a:2,RS")).unwrap();
    let fault = try_call(folder.path(), "read", json!({ "id": in_maildir })).unwrap_err();
    assert_eq!(fault.kind(), "not-found");
    assert!(fault.message().contains(&in_maildir));
}

#[test]
fn a_search_filters_and_pages_the_newest_first() {
    let folder = mail(&[
        ("cur/1:2,S", &simple("one", MONDAY, "budget")),
        ("cur/2:2,S", &simple("two", TUESDAY, "budget budget")),
        (
            "new/3",
            &simple("three", "Wed, 18 Nov 2026 23:30:00 -0800", "other"),
        ),
    ]);
    let search = |input: Value| call(&folder, "search", input);
    let all = search(json!({}));
    assert_eq!(subjects(&all), ["three", "two", "one"]);
    assert_eq!(all["messages"][0]["date"], "2026-11-18T23:30:00-08:00");
    let page = search(json!({ "limit": 2 }));
    assert_eq!(
        (page["total"].as_u64(), page["next_offset"].as_u64()),
        (Some(3), Some(2))
    );
    assert_eq!(
        subjects(&search(json!({ "limit": 2, "offset": 2 }))),
        ["one"]
    );
    assert!(search(json!({ "offset": 2 })).get("next_offset").is_none());
    // The day as the sender wrote it: in UTC the third was sent on the 19th.
    assert_eq!(
        subjects(&search(
            json!({ "after": "2026-11-17", "before": "2026-11-18" })
        )),
        ["two"]
    );
    assert_eq!(
        subjects(&search(json!({ "query": "after:2026-11-18" }))),
        ["three"]
    );
    assert_eq!(subjects(&search(json!({ "unread": true }))), ["three"]);
    assert_eq!(
        subjects(&search(json!({ "query": "budget" }))),
        ["two", "one"]
    );
    assert_eq!(
        subjects(&search(json!({ "query": "budget -one is:read" }))),
        ["two"]
    );
    assert_eq!(
        subjects(&search(json!({ "from": "bohm", "to": "TEAM@" }))).len(),
        3
    );
    assert_eq!(
        subjects(&search(json!({ "query": "from:nobody" }))).len(),
        0
    );
}

#[test]
fn a_folder_filter_covers_the_folders_in_it_and_names_the_others() {
    let folder = mail(&[
        ("a/cur/1:2,", &simple("a", MONDAY, "")),
        ("a/b/cur/1:2,", &simple("ab", MONDAY, "")),
        ("ab/cur/1:2,", &simple("other", MONDAY, "")),
    ]);
    let mut found = subjects(&call(&folder, "search", json!({ "folder": "A" }))).join(" ");
    if found == "ab a" {
        found = "a ab".to_string();
    }
    assert_eq!(found, "a ab");
    let fault = try_call(folder.path(), "search", json!({ "folder": "none" })).unwrap_err();
    assert!(fault.message().contains("a, a/b, ab"), "{fault}");
}

#[test]
fn wrong_input_is_named() {
    let folder = mail(&[]);
    for (input, named) in [
        (json!({ "after": "16.11.2026" }), "16.11.2026"),
        (json!({ "query": "has:wings" }), "has:wings"),
        (json!({ "colour": "red" }), "colour"),
    ] {
        let fault = try_call(folder.path(), "search", input).unwrap_err();
        assert_eq!(fault.kind(), "invalid-input");
        assert!(fault.message().contains(named), "{fault}");
    }
    let fault = World::new()
        .run(|| crate::plugin().invoke("search", "{}"))
        .unwrap_err();
    assert_eq!(fault.kind(), "denied");
    assert!(fault.message().contains("/mail"), "{fault}");
}

#[test]
fn headers_are_decoded_whatever_wrote_them() {
    let message = b"From: =?iso-8859-1?Q?J=FCrgen_M=FCller?= <j@example.org>\n\
        To: =?UTF-8?B?5L2Q6Jek?= <s@example.jp>, undisclosed-recipients:;\n\
        Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n =?utf-8?Q?_aus?= =?gb2312?B?1tDOxA==?=\n\
        Date: 16 Nov 26 09:00 +0100\n\n\n";
    let read = read_only(message);
    assert_eq!(
        read["from"],
        json!({ "name": "Jürgen Müller", "address": "j@example.org" })
    );
    assert_eq!(read["to"][0]["name"], "佐藤");
    assert_eq!(read["subject"], "Grüße aus中文");
    assert_eq!(read["date"], "2026-11-16T09:00:00+01:00");
}

#[test]
fn raw_bytes_that_nobody_declared_are_taken_as_windows_1252() {
    let read = read_only(b"From: a@b\nSubject: caf\xe9 \x96 open\nDate: Mon, 16 Nov 2026 09:00:00 +0100\n\nPrix : 5 \x80, d\xe9j\xe0 vu\n");
    assert_eq!(read["subject"], "café – open");
    assert_eq!(read["text"], "Prix : 5 €, déjà vu");
    let quoted = read_only(b"From: a@b\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nd=E9j=E0 =\nvu\n");
    assert_eq!(quoted["text"], "déjà vu");
}

#[test]
fn bodies_in_old_charsets_are_text() {
    let body = |charset: &str, bytes: &[u8]| {
        let mut message = format!("From: a@b\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n").into_bytes();
        message.extend_from_slice(bytes);
        read_only(&message)["text"].as_str().unwrap().to_string()
    };
    assert_eq!(body("shift_jis", b"\x89\xef\x8bc"), "会議");
    assert_eq!(body("iso-2022-jp", b"\x1b$B2q5D\x1b(B"), "会議");
    assert_eq!(body("gb18030", b"\xbb\xe1\xd2\xe9"), "会议");
    assert_eq!(body("koi8-r", b"\xf0\xd2\xc9\xd7\xc5\xd4"), "Привет");
    assert_eq!(body("windows-1253", b"\xca\xe1\xeb\xe7"), "Καλη");
    assert_eq!(body("no-such-charset", b"plain"), "plain");
}

const NESTED: &str = "From: a@b\nSubject: nested\nDate: Mon, 16 Nov 2026 09:00:00 +0100\nMIME-Version: 1.0\n\
Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/related; boundary=r\n\n--r\n\
Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain\n\nplain text\n--a\n\
Content-Type: text/html\n\n<p>html text</p>\n--a--\n--r\nContent-Type: image/png\nContent-ID: <logo>\n\
Content-Disposition: inline; filename=logo.png\nContent-Transfer-Encoding: base64\n\naGk=\n--r--\n--m\n\
Content-Type: application/pdf; name=\"=?utf-8?Q?Angebot_f=C3=BCr_M=C3=A4rz.pdf?=\"\n\
Content-Disposition: attachment; filename=\"C:\\\\tmp\\\\offer.pdf\"\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--m\n\
Content-Type: message/rfc822\n\nFrom: Eve <eve@example.org>\nSubject: inner\n\ninner words\n--m--\n";

#[test]
fn nested_parts_are_one_text_and_their_attachments() {
    let folder = mail(&[("a.eml", NESTED.as_bytes())]);
    let found = call(
        &folder,
        "search",
        json!({ "query": "inner words has:attachment" }),
    );
    assert_eq!(subjects(&found), ["nested"]);
    let read = call(&folder, "read", json!({ "id": found["messages"][0]["id"] }));
    let text = read["text"].as_str().unwrap();
    assert!(text.starts_with("plain text\n"), "{text}");
    assert!(
        text.contains("Attached message from Eve: inner\n\ninner words"),
        "{text}"
    );
    assert_eq!(
        read["attachments"],
        json!([
            { "name": "offer.pdf", "type": "application/pdf", "size": 5 },
            { "name": "inner.eml", "type": "message/rfc822", "size": 55 },
        ])
    );
}

#[test]
fn html_alone_is_text() {
    let read = read_only(b"From: a@b\nContent-Type: text/html; charset=utf-8\n\n<style>p{}</style><p>Hello&nbsp;<b>you</b><br>there</p>");
    assert_eq!(read["text"], "Hello you\nthere");
}

#[test]
fn a_text_is_cut_where_asked() {
    let folder = mail(&[("a.eml", &simple("x", MONDAY, "äöü and more"))]);
    let found = call(&folder, "search", json!({}));
    let read = call(
        &folder,
        "read",
        json!({ "id": found["messages"][0]["id"], "max_chars": 3 }),
    );
    assert_eq!(
        (read["text"].as_str(), read["truncated"].as_bool()),
        (Some("äöü"), Some(true))
    );
}

#[test]
fn one_thread_is_one_by_references_answers_and_subject() {
    let message =
        |headers: &str| format!("From: a@b\nDate: {MONDAY}\n{headers}\n\nx\n").into_bytes();
    let folder = mail(&[
        ("a/1.eml", &message("Message-ID: <1@b>\nSubject: Budget")),
        (
            "a/2.eml",
            &message(
                "Message-ID: <2@b>\nSubject: Re: Budget\nIn-Reply-To: <1@b>\nReferences: <1@b>",
            ),
        ),
        (
            "b/3.eml",
            &message("Message-ID: <3@b>\nSubject: AW: Budget\nIn-Reply-To: <2@b>"),
        ),
        ("b/4.eml", &message("Subject: Re: [team] budget")),
        ("b/5.eml", &message("Message-ID: <5@b>\nSubject: Other")),
    ]);
    let threads = |found: &Value| {
        let mut all: Vec<_> = found["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["thread"].to_string())
            .collect();
        all.sort();
        all.dedup();
        all
    };
    let all = call(&folder, "search", json!({}));
    assert_eq!(threads(&all).len(), 2, "{all}");
    // The same thread is said where only a part of it is looked at, and by `read`.
    let part = call(
        &folder,
        "search",
        json!({ "folder": "b", "subject": "budget" }),
    );
    assert_eq!(threads(&part).len(), 1);
    assert!(threads(&all).contains(&threads(&part)[0]));
    for message in all["messages"].as_array().unwrap() {
        let read = call(&folder, "read", json!({ "id": message["id"] }));
        assert_eq!(read["thread"], message["thread"]);
    }
}

#[test]
fn a_message_without_a_date_has_the_one_of_its_folder() {
    let folder = mail(&[(
        "cur/1794819600.x:2,S",
        b"From: a@b\nSubject: x\nDate: yesterday\n\n",
    )]);
    let found = call(&folder, "search", json!({}));
    assert_eq!(found["messages"][0]["date"], "2026-11-16T09:00:00Z");
}

#[test]
fn broken_mail_is_still_mail() {
    for bytes in [
        &b""[..],
        b"\0\0\0",
        b"no header at all",
        b"From: a@b\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nnever closed",
        b"From: a@b\nContent-Type: multipart/mixed\n\nno boundary",
        b"Content-Transfer-Encoding: base64\n\n!!!not base64!!!",
        b"Subject: =?utf-8?B?broken\n\nx",
    ] {
        let folder = mail(&[("a.eml", bytes)]);
        call(&folder, "list_folders", json!({}));
        let found = call(&folder, "search", json!({}));
        for message in found["messages"].as_array().unwrap() {
            call(&folder, "read", json!({ "id": message["id"] }));
        }
    }
    let open = read_only(b"From: a@b\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nnever closed");
    assert_eq!(open["text"], "never closed");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_are_too_strange(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let folder = mail(&[("a.eml", &bytes), ("b.mbox", &bytes), ("cur/1", &bytes)]);
        call(&folder, "search", json!({ "query": "a" }));
    }

    /// Lines that mean something, in any order.
    #[test]
    fn no_mail_is_too_strange(lines in proptest::collection::vec(proptest::sample::select(LINES), 0..24), cut in 0..4000_usize) {
        let text = lines.join("\n");
        let bytes = &text.as_bytes()[..cut.min(text.len())];
        let folder = mail(&[("a.eml", bytes), ("b.mbox", bytes)]);
        let found = call(&folder, "search", json!({ "query": "x has:attachment" }));
        proptest::prop_assert!(found["total"].is_u64());
        for message in call(&folder, "search", json!({}))["messages"].as_array().unwrap() {
            call(&folder, "read", json!({ "id": message["id"] }));
        }
    }
}

const LINES: &[&str] = &[
    "",
    "",
    "",
    "--a",
    "--a--",
    "--b",
    "--b--",
    "x",
    ".",
    "From a@b Mon Nov 16 09:00:00 2026",
    ">From x",
    "From: =?iso-8859-1?Q?=FC?= <a@b>",
    "From: \"",
    "To: a:b,c;d",
    "Subject: =?utf-8?B?w7w=?= Re:",
    "Subject: =?x",
    "Date: Mon, 16 Nov 2026 09:00:00 +0100",
    "Date: 99 Foo 99999 99:99:99 +9999",
    "Message-ID: <a@b>",
    "References: <a@b> <",
    "In-Reply-To: <c@d>",
    "Content-Type: multipart/mixed; boundary=a",
    "Content-Type: multipart/alternative; boundary=\"b",
    "Content-Type: text/html; charset=utf-7",
    "Content-Type: message/rfc822",
    "Content-Type: ;;;=",
    "Content-Type: text/plain; charset=iso-2022-jp",
    "Content-Transfer-Encoding: base64",
    "Content-Transfer-Encoding: quoted-printable",
    "Content-Disposition: attachment; filename*0*=utf-8''%",
    "=E9=\t",
    "=",
    "aGVsbG8",
    "<p>&#xffffffff;<b",
    "\u{1b}$B2q5D",
    " folded",
    "\tfolded",
];
