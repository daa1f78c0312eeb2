//! Web servers that lie about what they send, send too much, too slowly, or for ever.

use std::time::Duration;

use remit_package::Digest;
use remit_registry::{Kind, MAX_CONTENT_BYTES, MAX_SIGNATURE_BYTES};

use crate::server::{Asked, Reply};
use crate::world::{COMPONENT, World};

const URL: &str = "https://registry.example/mail.wasm";

/// Answers for the file itself; nothing else is there.
fn only_file(
    reply: impl Fn() -> Reply + Send + Sync + 'static,
) -> impl Fn(&Asked) -> Reply + Send + Sync {
    move |asked: &Asked| match asked.path.as_str() {
        "/mail.wasm" => reply(),
        _ => Reply::status(404),
    }
}

#[track_caller]
fn fails_with(code: &str, reply: impl Fn() -> Reply + Send + Sync + 'static) {
    let mut world = World::new();
    world.deadlines.idle = Duration::from_secs(1);
    world.deadlines.whole = Duration::from_secs(3);
    let _server = world.serve("registry.example", "93.184.216.34", only_file(reply));
    assert_eq!(world.go().fails(URL), code);
}

#[test]
fn a_file_is_fetched_and_digested() {
    let mut world = World::new();
    let server = world.serve(
        "registry.example",
        "93.184.216.34",
        only_file(|| Reply::ok(COMPONENT)),
    );
    let world = world.go();
    let fetched = world.fetch(URL).unwrap();
    assert_eq!(fetched.digest, Digest::of(COMPONENT));
    assert_eq!(fetched.kind, Kind::Component);
    assert_eq!(fetched.resolved.to_string(), URL);
    assert!(fetched.signatures.is_empty());
    let first = &server.asked()[0];
    assert_eq!(first.header("accept-encoding"), Some("identity"));
    assert_eq!(first.header("host"), Some("registry.example"));
    assert_eq!(first.header("authorization"), None);
}

#[test]
fn other_bytes_than_expected_are_refused_and_the_same_are_not() {
    let mut world = World::new();
    let _server = world.serve(
        "registry.example",
        "93.184.216.34",
        only_file(|| Reply::ok(COMPONENT)),
    );
    let world = world.go();
    let error = world
        .fetch_expecting(URL, Some(Digest::of(b"other")))
        .unwrap_err();
    assert_eq!(error.code(), "digest-mismatch");
    assert_eq!(error.class(), remit_policy::ErrorClass::Integrity);
    assert!(
        world
            .fetch_expecting(URL, Some(Digest::of(COMPONENT)))
            .is_ok()
    );
}

#[test]
fn what_is_announced_as_too_large_is_not_read() {
    let over = MAX_CONTENT_BYTES + 1;
    fails_with("download-too-large", move || {
        Reply::Raw(format!("HTTP/1.1 200 OK\r\ncontent-length: {over}\r\n\r\n").into_bytes())
    });
}

#[test]
fn what_never_ends_is_cut_off_at_the_cap() {
    let mut world = World::new();
    world.deadlines.whole = Duration::from_secs(60);
    let _server = world.serve(
        "registry.example",
        "93.184.216.34",
        only_file(|| {
            // Chunks of 1 MiB, without end.
            let mut piece = b"100000\r\n".to_vec();
            piece.resize(piece.len() + (1 << 20), b'x');
            piece.extend(b"\r\n");
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            Reply::Drip(head.to_vec(), piece, None, Duration::ZERO)
        }),
    );
    assert_eq!(world.go().fails(URL), "download-too-large");
}

#[test]
fn what_ends_early_is_incomplete() {
    fails_with("download-incomplete", || {
        Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc".to_vec())
    });
    fails_with("download-incomplete", || {
        Reply::Raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc".to_vec())
    });
}

#[test]
fn what_drips_or_stalls_ends_at_its_deadline() {
    // Never a whole second without a byte: only the deadline of the whole ends it.
    fails_with("registry-timeout", || {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n".to_vec();
        Reply::Drip(head, b"x".to_vec(), None, Duration::from_millis(50))
    });
    fails_with("registry-timeout", || {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n".to_vec();
        Reply::Drip(head, Vec::new(), Some(1), Duration::from_secs(8))
    });
    fails_with("registry-timeout", || {
        Reply::Drip(Vec::new(), Vec::new(), Some(1), Duration::from_secs(8))
    });
}

#[test]
fn a_coded_body_is_refused_since_it_was_not_asked_for() {
    for coding in ["gzip", "br", "deflate", "zstd", "identity, gzip"] {
        fails_with("registry-response", move || {
            Reply::ok(COMPONENT).with("content-encoding", coding)
        });
    }
    fails_with("registry-response", || {
        let first = Reply::ok(COMPONENT).with("content-encoding", "identity");
        first.with("content-encoding", "gzip")
    });
    let mut world = World::new();
    let plain = || Reply::ok(COMPONENT).with("content-encoding", "identity");
    let _server = world.serve("registry.example", "93.184.216.34", only_file(plain));
    assert!(world.go().fetch(URL).is_ok());
}

#[test]
fn answers_that_are_no_file_are_told_apart() {
    for (status, code) in [
        (404, "source-missing"),
        (410, "source-missing"),
        (401, "registry-denied"),
        (403, "registry-denied"),
        (204, "registry-failed"),
        (206, "registry-failed"),
        (500, "registry-failed"),
    ] {
        fails_with(code, move || Reply::status(status));
    }
    fails_with("registry-unreachable", || {
        Reply::Raw(b"SSH-2.0-x\r\n".to_vec())
    });
    fails_with("registry-unreachable", || {
        let mut head = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
        head.resize(1 << 20, b'x');
        Reply::Raw(head)
    });
    fails_with("registry-unreachable", || {
        let mut head = String::from("HTTP/1.1 200 OK\r\n");
        for n in 0..5000 {
            head.push_str(&format!("x{n}: y\r\n"));
        }
        Reply::Raw(head.into_bytes())
    });
}

#[test]
fn a_zip_is_named_as_what_it_is_and_a_tar_gz_is_taken() {
    fails_with("archive-invalid", || {
        Reply::ok(b"PK\x03\x04rest".as_slice())
    });
    let mut world = World::new();
    let gzip = || Reply::ok(b"\x1f\x8b\x08rest".as_slice());
    let _server = world.serve("registry.example", "93.184.216.34", only_file(gzip));
    assert_eq!(world.go().fetch(URL).unwrap().kind, Kind::SkillArchive);
}

#[test]
fn a_server_must_prove_its_name() {
    let mut world = World::new();
    // The authority does not vouch for this one.
    let _server = world.serve("unproven.example", "93.184.216.34", |_| {
        Reply::ok(COMPONENT)
    });
    let world = world.go();
    assert_eq!(
        world.fails("https://unproven.example/mail.wasm"),
        "registry-certificate"
    );
    assert_eq!(
        world.fails("https://nowhere.example/mail.wasm"),
        "registry-unreachable"
    );
}

#[test]
fn signatures_beside_a_file_come_with_it() {
    let mut world = World::new();
    let _server = world.serve("registry.example", "93.184.216.34", |asked| {
        match asked.path.as_str() {
            "/a/mail.wasm?v=1" => Reply::ok(COMPONENT),
            "/a/mail.wasm.minisig?v=1" => Reply::ok("sig"),
            "/a/mail.wasm.pub?v=1" => Reply::ok("key"),
            "/a/mail.wasm.sigstore.json?v=1" => Reply::ok("{}"),
            _ => Reply::status(404),
        }
    });
    let fetched = world
        .go()
        .fetch("https://registry.example/a/mail.wasm?v=1")
        .unwrap();
    let [minisign, sigstore] = fetched.signatures.as_slice() else {
        panic!("{:?}", fetched.signatures)
    };
    assert_eq!(minisign.signature, b"sig");
    assert_eq!(minisign.key.as_deref(), Some("key"));
    assert_eq!(sigstore.signature, b"{}");
    assert_eq!(sigstore.key, None);
}

#[test]
fn a_signature_that_is_too_large_or_fails_is_not_taken_for_none() {
    for (reply, code) in [(500, "registry-failed"), (200, "download-too-large")] {
        let mut world = World::new();
        let _server = world.serve(
            "registry.example",
            "93.184.216.34",
            move |asked| match asked.path.as_str() {
                "/mail.wasm" => Reply::ok(COMPONENT),
                "/mail.wasm.minisig" if reply == 500 => Reply::status(500),
                "/mail.wasm.minisig" => Reply::ok(vec![b'x'; MAX_SIGNATURE_BYTES as usize + 1]),
                _ => Reply::status(404),
            },
        );
        assert_eq!(world.go().fails(URL), code);
    }
}
