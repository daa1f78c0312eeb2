//! The system's own network, as far as a machine without one has it: `localhost`, and certificates from a file.

use std::process::Command;
use std::sync::Arc;

use remit_sandbox::{Network, SystemNetwork};
use wasmtime_wasi_http::Error;

use crate::server::{Server, ok};
use crate::tls::Authority;
use crate::world::granted;

#[tokio::test]
async fn localhost_is_reached_by_an_address_grant_alone() {
    let server = Server::answering(ok("hello")).await;
    let url = format!("http://localhost:{}/", server.addr.port());
    let network = Arc::new(SystemNetwork);

    let mut call = granted(&[&format!("http GET {url}**")]).over(&network);
    assert!(matches!(
        call.get(&url).await,
        Err(Error::HttpRequestDenied)
    ));
    assert_eq!(call.denials(), ["http-address-denied"]);
    assert_eq!(server.bytes().await, 0);

    let grant = format!("http GET {url}** addresses=127.0.0.0/8,::1/128");
    let mut call = granted(&[&grant]).over(&network);
    assert_eq!(call.get(&url).await.unwrap().text(), "hello");
}

#[tokio::test]
async fn a_name_that_cannot_be_is_an_error() {
    let resolved = SystemNetwork.resolve("no-such-name.invalid", 80).await;
    assert!(resolved.is_err(), "{resolved:?}");
}

#[tokio::test]
async fn the_roots_in_ssl_cert_file_are_trusted() {
    const URL: &str = "REMIT_TEST_URL";
    if let Ok(url) = std::env::var(URL) {
        // In the process that was started below.
        let grant = format!("http GET {url}**");
        let mut call = granted(&[&grant]).over(&Arc::new(SystemNetwork));
        assert_eq!(call.get(&url).await.unwrap().text(), "hello");
        return;
    }
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", &["http/1.1"]).await;
    let folder = tempfile::tempdir().unwrap();
    for (trusted, pem) in [(true, authority.pem()), (false, Authority::new().pem())] {
        let file = folder.path().join(format!("{trusted}.pem"));
        std::fs::write(&file, pem).unwrap();
        let mut again = Command::new(std::env::current_exe().unwrap());
        again
            .args(["--exact", "system::the_roots_in_ssl_cert_file_are_trusted"])
            .env(URL, format!("https://{}/", server.addr))
            .env("SSL_CERT_FILE", &file)
            .env_remove("SSL_CERT_DIR");
        let output = tokio::task::spawn_blocking(move || again.output().unwrap())
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.success(), trusted, "{said}");
        assert!(said.contains("running 1 test"), "{said}");
    }
}
