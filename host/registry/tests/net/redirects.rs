//! Servers that lead elsewhere: to plain http, to this machine, to metadata services, in circles.

use crate::server::{Asked, Reply};
use crate::world::{COMPONENT, World};

const URL: &str = "https://registry.example/mail.wasm";
const PUBLIC: &str = "93.184.216.34";

fn file(asked: &Asked) -> Reply {
    match asked.path.as_str() {
        "/mail.wasm" | "/there.wasm" => Reply::ok(COMPONENT),
        _ => Reply::status(404),
    }
}

/// A world where the file leads to `target`.
fn leading_to(target: &str) -> (World, crate::server::Server) {
    let mut world = World::new();
    let target = target.to_owned();
    let server = world.serve("registry.example", PUBLIC, move |asked: &Asked| match asked
        .path
        .as_str()
    {
        "/mail.wasm" => Reply::redirect(&target),
        "/there.wasm" => Reply::ok(COMPONENT),
        _ => Reply::status(404),
    });
    (world, server)
}

#[test]
fn a_redirect_to_another_public_https_place_is_followed() {
    for target in ["https://cdn.example/there.wasm", "/there.wasm"] {
        let (mut world, _server) = leading_to(target);
        let _cdn = world.serve("cdn.example", "93.184.216.35", file);
        assert!(world.go().fetch(URL).is_ok(), "{target}");
    }
}

#[test]
fn a_redirect_to_plain_http_or_another_scheme_is_refused() {
    let sink = crate::server::Server::start(None, file);
    for target in [
        format!("http://{}/there.wasm", sink.address()),
        "http://cdn.example/there.wasm".to_owned(),
        "file:///etc/passwd".to_owned(),
        "ftp://cdn.example/there.wasm".to_owned(),
        "https://user:pw@cdn.example/there.wasm".to_owned(),
    ] {
        let (mut world, _server) = leading_to(&target);
        let cdn = world.serve("cdn.example", "93.184.216.35", file);
        let code = world.go().fails(URL);
        assert!(
            ["redirect-refused", "registry-response"].contains(&code),
            "{target}: {code}"
        );
        assert!(cdn.asked().is_empty());
    }
    assert!(sink.asked().is_empty());
}

#[test]
fn a_redirect_from_a_public_place_to_this_machine_or_network_is_refused() {
    for address in ["127.0.0.1", "10.0.0.5", "169.254.169.254", "fd00::1", "::1"] {
        let (mut world, _server) = leading_to("https://cdn.example/there.wasm");
        let cdn = world.serve("cdn.example", address, file);
        let world = world.go();
        assert_eq!(world.fails(URL), "address-refused", "{address}");
        assert!(cdn.asked().is_empty());
        assert_eq!(world.dialled(), [PUBLIC], "{address}");
    }
    // The address itself instead of a name.
    let sink = crate::server::Server::start(None, file);
    let (world, _server) = leading_to(&format!("https://{}/there.wasm", sink.address()));
    assert_eq!(world.go().fails(URL), "address-refused");
    assert!(sink.asked().is_empty());
}

#[test]
fn one_bad_address_among_good_ones_is_enough() {
    let (mut world, _server) = leading_to("https://cdn.example/there.wasm");
    let cdn = world.serve("cdn.example", "93.184.216.35", file);
    world.also("cdn.example", "127.0.0.1");
    assert_eq!(world.go().fails(URL), "address-refused");
    assert!(cdn.asked().is_empty());
}

#[test]
fn what_a_person_names_may_be_on_this_machine_and_lead_within_it() {
    let mut world = World::new();
    let _server = world.serve("registry.example", "127.0.0.1", |asked: &Asked| match asked
        .path
        .as_str()
    {
        "/mail.wasm" => Reply::redirect("https://registry.example/there.wasm"),
        _ => file(asked),
    });
    assert!(world.go().fetch(URL).is_ok());
}

#[test]
fn where_only_public_places_may_be_named_no_other_is_dialled() {
    for (address, allowed) in [
        ("127.0.0.1", false),
        ("10.0.0.1", false),
        ("169.254.169.254", false),
        (PUBLIC, true),
    ] {
        let mut world = World::new();
        world.only_public = true;
        let server = world.serve("registry.example", address, file);
        let fetched = world.go().fetch(URL);
        match fetched {
            Ok(_) => assert!(allowed, "{address}"),
            Err(error) => {
                assert!(!allowed, "{address}: {error}");
                assert_eq!(error.code(), "address-refused");
                assert!(server.asked().is_empty());
            }
        }
    }
}

#[test]
fn what_comes_from_a_public_place_says_so_and_can_lead_to_no_other() {
    for (address, is_public) in [(PUBLIC, true), ("127.0.0.1", false), ("10.0.0.1", false)] {
        let mut world = World::new();
        let _server = world.serve("registry.example", address, file);
        let world = world.go();
        assert_eq!(world.fetch(URL).unwrap().is_public, is_public, "{address}");
        let source = URL.parse().unwrap();
        let into = tempfile::tempdir().unwrap();
        let strict = world.fetcher.only_public();
        let fetched = crate::world::block_on(strict.fetch(&source, into.path(), None));
        assert_eq!(fetched.is_ok(), is_public, "{address}");
    }
    let local = World::new().go();
    let path = local.folder.path().join("mail.wasm");
    std::fs::write(&path, COMPONENT).unwrap();
    assert!(!local.fetch(path.to_str().unwrap()).unwrap().is_public);
}

#[test]
fn circles_and_long_ways_end() {
    let (world, server) = leading_to("https://registry.example/mail.wasm");
    assert_eq!(world.go().fails(URL), "redirect-refused");
    assert_eq!(server.asked().len(), 6);
    let mut world = World::new();
    let _server = world.serve("registry.example", PUBLIC, |asked: &Asked| {
        let step = asked.path.strip_prefix("/mail.wasm").unwrap_or("x");
        match step {
            "" => Reply::redirect("/mail.wasm1"),
            "5" => Reply::ok(COMPONENT),
            "1" | "2" | "3" | "4" => {
                let next = step.parse::<u8>().unwrap() + 1;
                Reply::redirect(&format!("/mail.wasm{next}"))
            }
            _ => Reply::status(404),
        }
    });
    assert!(world.go().fetch(URL).is_ok(), "five redirects are followed");
}

#[test]
fn a_redirect_without_a_place_or_with_two_is_no_answer() {
    for reply in [
        || Reply::status(302),
        || Reply::redirect("https://a.example/x").with("location", "https://b.example/x"),
        || Reply::redirect("https://"),
        || Reply::redirect("https://[::bad/x"),
    ] {
        let mut world = World::new();
        let _server = world.serve("registry.example", PUBLIC, move |_| reply());
        assert_eq!(world.go().fails(URL), "registry-response");
    }
}

#[test]
fn plain_http_on_this_machine_is_fetched_and_leads_nowhere() {
    let server = crate::server::Server::start(None, file);
    let world = World::new().go();
    let url = format!("http://{}/mail.wasm", server.address());
    assert!(world.fetch(&url).is_ok());
    for target in ["/there.wasm", "https://cdn.example/there.wasm"] {
        let leads = crate::server::Server::start(None, move |_| Reply::redirect(target));
        let mut world = World::new();
        let _cdn = world.serve("cdn.example", "93.184.216.35", file);
        let url = format!("http://{}/mail.wasm", leads.address());
        assert_eq!(world.go().fails(&url), "redirect-refused", "{target}");
    }
}

#[test]
fn localhost_must_be_this_machine() {
    let mut world = World::new();
    world.also("localhost", "93.184.216.34");
    let world = world.go();
    assert_eq!(
        world.fails("http://localhost:9/mail.wasm"),
        "address-refused"
    );
    assert!(world.dialled().is_empty());
}
