//! A real registry over TLS with an authority of its own, and a client that is not ours on the other side.

use std::path::Path;

use remit_package::Digest;
use remit_registry::{
    Credentials, Fetched, Fetcher, Kind, Network, Offered, Options, Reference, RegistryError,
    Source, SystemNetwork, tls_config,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::docker_registry::DockerRegistry;
use crate::world::{COMPONENT, block_on};

/// The system's network, with the registry's authority as the only one.
struct Trusting(SystemNetwork, std::sync::Arc<rustls::ClientConfig>);

#[async_trait::async_trait]
impl Network for Trusting {
    async fn resolve(&self, host: &str, port: u16) -> std::io::Result<Vec<std::net::IpAddr>> {
        self.0.resolve(host, port).await
    }

    async fn connect(&self, to: std::net::SocketAddr) -> std::io::Result<tokio::net::TcpStream> {
        self.0.connect(to).await
    }

    fn tls(&self) -> std::io::Result<std::sync::Arc<rustls::ClientConfig>> {
        Ok(self.1.clone())
    }
}

fn fetcher(registry: &DockerRegistry, credentials: Credentials) -> Fetcher {
    let mut roots = rustls::RootCertStore::empty();
    if let Ok(certificate) = CertificateDer::from_pem_file(registry.certificate()) {
        roots.add(certificate).unwrap();
    }
    Fetcher::new(Options {
        network: std::sync::Arc::new(Trusting(
            SystemNetwork::default(),
            tls_config(roots).unwrap(),
        )),
        credentials,
        ..Options::default()
    })
}

fn fetch(fetcher: &Fetcher, source: &str, into: &Path) -> Result<Fetched, RegistryError> {
    let into = tempfile::tempdir_in(into).unwrap().keep();
    block_on(fetcher.fetch(&source.parse().unwrap(), &into, None))
}

fn reference(text: &str) -> Reference {
    match text.parse().unwrap() {
        Source::Oci(reference) => reference,
        other => panic!("{other}"),
    }
}

fn component(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("mail.wasm");
    std::fs::write(&path, COMPONENT).unwrap();
    path
}

#[test]
fn what_we_publish_is_fetched_with_its_signature() {
    for registry in [DockerRegistry::over_tls(), DockerRegistry::plain()] {
        let folder = tempfile::tempdir().unwrap();
        let fetcher = fetcher(&registry, Credentials::none());
        let to = registry.reference("acme/mail:1");
        let signatures = [Offered {
            signature: b"a signature".to_vec(),
            key: Some("a key".to_owned()),
        }];
        let path = component(folder.path());
        let published = block_on(fetcher.publish(&path, &reference(&to), &signatures)).unwrap();
        for source in [to.clone(), published.source.to_string()] {
            let fetched = fetch(&fetcher, &source, folder.path()).unwrap();
            assert_eq!(fetched.digest, Digest::of(COMPONENT));
            assert_eq!(fetched.resolved, published.source);
            assert_eq!(fetched.signatures, signatures);
        }
        let missing = registry.reference("acme/mail:2");
        let error = fetch(&fetcher, &missing, folder.path()).unwrap_err();
        assert_eq!(error.code(), "tag-missing");
    }
}

#[test]
fn a_plugin_that_another_client_pushed_is_fetched() {
    let registry = DockerRegistry::with_password();
    let folder = tempfile::tempdir().unwrap();
    let path = component(folder.path());
    registry.push_with_oras("acme/mail:1", &path);

    let with = fetcher(&registry, Credentials::docker(registry.docker_config()));
    let fetched = fetch(&with, &registry.reference("acme/mail:1"), folder.path()).unwrap();
    assert_eq!(fetched.kind, Kind::Component);
    assert_eq!(fetched.digest, Digest::of(COMPONENT));
    assert!(fetched.signatures.is_empty());

    let without = fetcher(&registry, Credentials::none());
    let error = fetch(&without, &registry.reference("acme/mail:1"), folder.path()).unwrap_err();
    assert_eq!(error.code(), "registry-denied");
}

#[test]
fn what_we_publish_is_pulled_by_another_client() {
    let registry = DockerRegistry::with_password();
    let folder = tempfile::tempdir().unwrap();
    let fetcher = fetcher(&registry, Credentials::docker(registry.docker_config()));
    let to = registry.reference("acme/mail:1");
    let path = component(folder.path());
    block_on(fetcher.publish(&path, &reference(&to), &[])).unwrap();
    assert_eq!(registry.pull_with_oras("acme/mail:1"), COMPONENT);
}

#[test]
fn a_skill_goes_through_a_real_registry() {
    let registry = DockerRegistry::over_tls();
    let folder = tempfile::tempdir().unwrap();
    let skill = folder.path().join("weekly");
    std::fs::create_dir(&skill).unwrap();
    std::fs::write(
        skill.join("SKILL.md"),
        "---\nname: weekly\ndescription: It does.\n---\nDo it.\n",
    )
    .unwrap();
    let fetcher = fetcher(&registry, Credentials::none());
    let to = registry.reference("acme/weekly:1");
    let published = block_on(fetcher.publish(&skill, &reference(&to), &[])).unwrap();
    let fetched = fetch(&fetcher, &to, folder.path()).unwrap();
    assert_eq!(fetched.kind, Kind::SkillArchive);
    assert_eq!(fetched.digest, published.digest);
}

#[test]
fn a_tag_that_is_moved_is_seen_and_the_pin_still_leads_to_the_old() {
    let registry = DockerRegistry::over_tls();
    let folder = tempfile::tempdir().unwrap();
    let fetcher = fetcher(&registry, Credentials::none());
    let to = registry.reference("acme/mail:1");
    let path = component(folder.path());
    let old = block_on(fetcher.publish(&path, &reference(&to), &[])).unwrap();
    // The same with an empty custom section named `x`.
    std::fs::write(&path, [COMPONENT, b"\0\x02\x01x"].concat()).unwrap();
    let new = block_on(fetcher.publish(&path, &reference(&to), &[])).unwrap();
    let resolved = block_on(fetcher.resolve(&to.parse().unwrap())).unwrap();
    assert_eq!(resolved.source, new.source);
    assert_ne!(new.source, old.source);
    let fetched = fetch(&fetcher, &old.source.to_string(), folder.path()).unwrap();
    assert_eq!(fetched.digest, old.digest);
}

#[test]
fn an_authority_that_is_not_known_is_refused() {
    let registry = DockerRegistry::over_tls();
    let other = DockerRegistry::over_tls();
    let folder = tempfile::tempdir().unwrap();
    let fetcher = fetcher(&other, Credentials::none());
    let error = fetch(&fetcher, &registry.reference("acme/mail:1"), folder.path()).unwrap_err();
    assert_eq!(error.code(), "registry-certificate");
}
