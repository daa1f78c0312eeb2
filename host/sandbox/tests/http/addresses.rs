//! Names are resolved once, all answers are judged, and only a judged address is dialled.

use remit_sandbox::MemoryRecorder;
use std::sync::Arc;
use wasmtime_wasi_http::Error;

use crate::server::{Server, ok};
use crate::world::{PUBLIC, TestNetwork, granted};

const GRANT: &str = "http GET http://api.example.org/**";
const URL: &str = "http://api.example.org/";

/// A server behind all of these addresses, port 80.
async fn behind(addresses: &[&str]) -> (Server, Arc<TestNetwork>) {
    let server = Server::answering(ok("hello")).await;
    let network = TestNetwork::default();
    network.name("api.example.org", addresses);
    for address in addresses {
        let address: std::net::IpAddr = address.parse().unwrap();
        network.route(&std::net::SocketAddr::new(address, 80).to_string(), &server);
    }
    (server, Arc::new(network))
}

#[tokio::test]
async fn a_name_of_an_address_that_is_not_public_is_denied() {
    for address in [
        "127.0.0.1",
        "127.8.8.8",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:db8::1",
    ] {
        let (server, network) = behind(&[address]).await;
        let mut call = granted(&[GRANT]).over(&network);
        assert!(
            matches!(call.get(URL).await, Err(Error::HttpRequestDenied)),
            "{address}"
        );
        assert_eq!(call.denials(), ["http-address-denied"], "{address}");
        assert!(network.dialled().is_empty(), "{address}");
        assert_eq!(
            (network.lookups(), server.bytes().await),
            (1, 0),
            "{address}"
        );
    }
    for address in [
        PUBLIC,
        "1.1.1.1",
        "2606:4700:4700::1111",
        "::ffff:93.184.216.34",
    ] {
        let (_server, network) = behind(&[address]).await;
        let mut call = granted(&[GRANT]).over(&network);
        assert_eq!(call.get(URL).await.unwrap().status, 200, "{address}");
        assert_eq!(network.dialled().len(), 1);
    }
}

#[tokio::test]
async fn an_address_grant_allows_just_its_addresses() {
    let grant = format!("{GRANT} addresses=10.1.0.0/16");
    for (address, allowed) in [
        ("10.1.2.3", true),
        ("10.2.2.3", false),
        ("127.0.0.1", false),
    ] {
        let (_server, network) = behind(&[address]).await;
        let mut call = granted(&[&grant]).over(&network);
        assert_eq!(call.get(URL).await.is_ok(), allowed, "{address}");
        assert_eq!(network.dialled().len(), usize::from(allowed), "{address}");
    }
}

#[tokio::test]
async fn one_private_answer_among_public_ones_denies_all() {
    for answers in [
        [PUBLIC, "127.0.0.1"],
        ["127.0.0.1", PUBLIC],
        ["1.1.1.1", "::ffff:10.0.0.1"],
    ] {
        let (server, network) = behind(&answers).await;
        let mut call = granted(&[GRANT]).over(&network);
        assert!(
            matches!(call.get(URL).await, Err(Error::HttpRequestDenied)),
            "{answers:?}"
        );
        assert!(network.dialled().is_empty(), "{answers:?}");
        assert_eq!(server.connections(), 0);
    }
    let (_server, network) = behind(&[PUBLIC, "1.1.1.1"]).await;
    let mut call = granted(&[GRANT]).over(&network);
    assert_eq!(call.get(URL).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_looked_up_once_for_each_request() {
    let (server, _) = behind(&[]).await;
    let network = TestNetwork::default();
    network.names("api.example.org", &[&[PUBLIC], &["127.0.0.1"]]);
    network.route(&format!("{PUBLIC}:80"), &server);
    let network = Arc::new(network);
    let mut call = granted(&[GRANT]).over(&network);

    assert_eq!(call.get(URL).await.unwrap().status, 200);
    assert_eq!(
        (network.lookups(), network.dialled()),
        (1, vec![format!("{PUBLIC}:80")])
    );

    assert!(matches!(call.get(URL).await, Err(Error::HttpRequestDenied)));
    assert_eq!((network.lookups(), network.dialled().len()), (2, 1));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_address_in_the_url_is_never_looked_up() {
    let server = Server::answering(ok("hello")).await;
    let network = Arc::new(TestNetwork::default());
    let url = format!("http://{}/", server.addr);
    let grant = format!("http GET {url}**");
    assert_eq!(
        granted(&[&grant])
            .over(&network)
            .get(&url)
            .await
            .unwrap()
            .text(),
        "hello"
    );
    assert_eq!(network.lookups(), 0);

    let other = format!("http GET http://127.0.0.2:{}/**", server.addr.port());
    let mut call = granted(&[&other]).over(&network);
    assert!(matches!(
        call.get(&url).await,
        Err(Error::HttpRequestDenied)
    ));
    assert_eq!((network.lookups(), server.connections()), (0, 1));
}

#[tokio::test]
async fn the_next_address_is_tried_where_one_refuses() {
    let (_server, network) = behind(&["1.1.1.1"]).await;
    network.name("api.example.org", &[PUBLIC, "1.1.1.1"]);
    let mut call = granted(&[GRANT]).over(&network);
    assert_eq!(call.get(URL).await.unwrap().status, 200);
    assert_eq!(network.dialled(), ["93.184.216.34:80", "1.1.1.1:80"]);
}

#[tokio::test]
async fn a_name_without_an_address_is_an_error_and_not_a_denial() {
    let (_server, network) = behind(&[]).await;
    let mut call = granted(&[GRANT, "http GET http://no.example.org/**"]).over(&network);
    assert!(matches!(call.get(URL).await, Err(Error::DnsError { .. })));
    assert!(matches!(
        call.get("http://no.example.org/").await,
        Err(Error::DnsError { .. })
    ));
    assert!(call.denials().is_empty());
    assert!(network.dialled().is_empty());
}

#[tokio::test]
async fn a_silent_resolver_ends_with_the_guests_time() {
    let (_server, network) = behind(&[PUBLIC]).await;
    *network.silent.lock().unwrap() = true;
    let mut call = granted(&[GRANT]).over(&network);
    let options = wasmtime_wasi_http::RequestOptions {
        connect_timeout: Some(std::time::Duration::from_millis(50)),
        ..Default::default()
    };
    let start = std::time::Instant::now();
    let sent = call
        .send(crate::world::request("GET", URL, &[], b""), options)
        .await;
    assert!(matches!(sent, Err(Error::DnsTimeout)), "{sent:?}");
    // And not with the host's own, which is 10 s.
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    let _: Arc<MemoryRecorder> = call.recorder;
}
