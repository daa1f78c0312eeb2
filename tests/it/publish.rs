//! `remit publish`, against a real registry: over TLS with an authority of its own, with docker's credentials.

use crate::support::docker_registry::{DockerRegistry, PASSWORD};
use crate::support::{Outcome, Remit, copy_folder, plugin, root};
use std::process::Command;

fn publish(remit: &Remit, registry: &DockerRegistry, args: &[&str]) -> Outcome {
    let mut all = vec!["publish"];
    all.extend(args);
    Outcome::of(trusting(remit.command(&all), registry))
}

/// A command that knows the registry's authority and has its password.
fn trusting(mut command: Command, registry: &DockerRegistry) -> Command {
    command
        .env("SSL_CERT_FILE", registry.certificate())
        .env("DOCKER_CONFIG", registry.docker_config());
    command
}

#[test]
fn a_component_is_published_and_its_pinned_reference_printed() {
    let registry = DockerRegistry::with_password();
    let remit = Remit::new();
    let to = registry.reference("acme/metrics:1.0.0");
    let path = plugin("metrics").display().to_string();
    let out = publish(&remit, &registry, &[&path, &to])
        .exits(0)
        .says("unsigned");
    let pinned = out.stdout.trim();
    let start = registry.reference("acme/metrics@sha256:");
    assert!(pinned.starts_with(&start), "{pinned}");
    // The same bytes are the same artifact.
    let again = publish(&remit, &registry, &[&path, &to, "--json"])
        .exits(0)
        .json();
    assert_eq!(again["reference"], pinned);
    assert_eq!(again["kind"], "component");
    assert_eq!(again["signatures"], 0);
    let component = std::fs::read(plugin("metrics")).unwrap();
    assert!(registry.pull_with_oras("acme/metrics:1.0.0") == component);
}

#[test]
fn a_registry_of_this_machine_needs_no_certificate_and_an_open_one_no_password() {
    for registry in [DockerRegistry::plain(), DockerRegistry::over_tls()] {
        let remit = Remit::new();
        let path = plugin("metrics").display().to_string();
        let to = registry.reference("metrics");
        let mut open = remit.command(&["publish", &path, &to]);
        open.env("SSL_CERT_FILE", registry.certificate());
        Outcome::of(open)
            .exits(0)
            .prints(&registry.reference("metrics@sha256:"));
    }
}

#[test]
fn a_tag_that_another_client_pushed_is_moved() {
    let registry = DockerRegistry::with_password();
    let remit = Remit::new();
    registry.push_with_oras("acme/metrics:1", &plugin("mail"));
    let to = registry.reference("acme/metrics:1");
    let path = plugin("metrics").display().to_string();
    publish(&remit, &registry, &[&path, &to]).exits(0);
    let component = std::fs::read(plugin("metrics")).unwrap();
    assert!(registry.pull_with_oras("acme/metrics:1") == component);
}

#[test]
fn signatures_beside_the_component_or_named_go_with_it() {
    let registry = DockerRegistry::with_password();
    let remit = Remit::new();
    let to = registry.reference("acme/metrics:1.0.0");
    let path = remit.write("metrics.wasm", std::fs::read(plugin("metrics")).unwrap());
    remit.write("metrics.wasm.minisig", "untrusted comment: x\n");
    remit.write("metrics.wasm.pub", "untrusted comment: y\n");
    let path = path.display().to_string();
    publish(&remit, &registry, &[&path, &to])
        .exits(0)
        .says("1 signature");
    remit.write("other.minisig", "untrusted comment: z\n");
    publish(
        &remit,
        &registry,
        &[
            &path,
            &to,
            "--signature",
            "other.minisig",
            "--signature",
            "metrics.wasm.minisig",
        ],
    )
    .exits(0)
    .says("2 signatures");
    publish(
        &remit,
        &registry,
        &[&path, &to, "--signature", "none.minisig"],
    )
    .exits(2)
    .says("error[file-missing]");
}

#[test]
fn a_skill_is_published_if_it_is_whole() {
    let registry = DockerRegistry::with_password();
    let remit = Remit::new();
    let to = registry.reference("acme/service-review:1");
    let skill = remit.path().join("service-review");
    copy_folder(&root().join("skills/service-review"), &skill);
    // Its plugin lies beside the skills, so it would be missing elsewhere.
    publish(&remit, &registry, &["service-review", &to])
        .exits(2)
        .says("error[unpublishable]")
        .says("hint:");
    let toml = std::fs::read_to_string(skill.join("skill.toml")).unwrap();
    let whole = toml.replace("../../plugins/", "plugins/");
    assert_ne!(toml, whole);
    std::fs::write(skill.join("skill.toml"), whole).unwrap();
    std::fs::create_dir(skill.join("plugins")).unwrap();
    std::fs::copy(plugin("metrics"), skill.join("plugins/metrics.wasm")).unwrap();
    let out = publish(&remit, &registry, &["service-review", &to]).exits(0);
    let again = publish(&remit, &registry, &["./service-review/", &to]).exits(0);
    assert_eq!(out.stdout, again.stdout);
}

#[test]
fn without_credentials_or_trust_nothing_is_published_and_no_password_is_said() {
    let registry = DockerRegistry::with_password();
    let remit = Remit::new();
    let to = registry.reference("acme/metrics:1");
    let path = plugin("metrics").display().to_string();
    let mut no_password = trusting(remit.command(&["publish", &path, &to]), &registry);
    no_password.env_remove("DOCKER_CONFIG");
    Outcome::of(no_password)
        .exits(1)
        .says("error[registry-denied]")
        .says("docker login");
    let mut no_trust = trusting(remit.command(&["publish", &path, &to]), &registry);
    no_trust.env_remove("SSL_CERT_FILE");
    let out = Outcome::of(no_trust)
        .exits(1)
        .says("error[registry-certificate]");
    assert!(!out.stderr.contains(PASSWORD));
    let mut logged = trusting(remit.command(&["publish", &path, &to]), &registry);
    logged.env("REMIT_LOG", "trace");
    let out = Outcome::of(logged).exits(0);
    let encoded = "YW5uOm5vLW9uZS1rbm93cw==";
    assert!(
        !out.stderr.contains(PASSWORD) && !out.stderr.contains(encoded),
        "{}",
        out.stderr
    );
}

#[test]
fn what_is_no_place_to_publish_to_is_refused() {
    let remit = Remit::new();
    let path = plugin("metrics").display().to_string();
    for to in [
        "https://example.org/x.wasm",
        "ghcr.io/acme/mail:1",
        "oci://ghcr.io/Acme/mail",
        "oci+http://ghcr.io/acme/mail:1",
        "oci://ann:pw@ghcr.io/acme/mail:1",
    ] {
        remit.run(&["publish", &path, to]).exits(2).says("hint:");
    }
    let to = "oci+http://127.0.0.1:1/acme/mail:1";
    remit
        .run(&["publish", &path, to])
        .exits(1)
        .says("error[registry-unreachable]");
}
