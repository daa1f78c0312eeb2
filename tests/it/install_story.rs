//! The whole way: signed and published by one person, installed by another, and an update that wants more.

use crate::support::docker_registry::DockerRegistry;
use crate::support::{Outcome, Remit, Stranger};

/// A person with a workspace, and the registry that they know.
struct Person<'a> {
    remit: Remit,
    registry: &'a DockerRegistry,
}

impl Person<'_> {
    fn run(&self, args: &[&str]) -> Outcome {
        let mut command = self.remit.command(args);
        command
            .env("SSL_CERT_FILE", self.registry.certificate())
            .env("DOCKER_CONFIG", self.registry.docker_config());
        Outcome::of(command)
    }

    /// Builds, signs and publishes a version, as docs/install.md says.
    fn publish(&self, plugin: &Stranger, to: &str) -> String {
        plugin.write(&self.remit, &self.remit.path().join("build/mail.wasm"));
        self.run(&["sign", "build/mail.wasm", "--key", "my.key"])
            .exits(0);
        let out = self.run(&["publish", "build/mail.wasm", to]).exits(0);
        out.stdout.trim().to_owned()
    }
}

#[test]
fn published_by_one_installed_by_another_and_an_update_that_wants_more_waits_for_approval() {
    let registry = DockerRegistry::with_password();
    let person = || Person {
        remit: Remit::new(),
        registry: &registry,
    };
    let (ada, bob) = (person(), person());
    ada.run(&["key", "new", "--out", "my.key", "--no-password"])
        .exits(0);
    let tag = registry.reference("acme/mail:1");
    let mut plugin = Stranger::new("mail", "1.0.0");
    plugin.0["operations"][0]["name"] = "do".into();
    let first = ada.publish(&plugin, &tag);

    // Elsewhere: a skill names it.
    bob.remit.write(
        "skills/finder/SKILL.md",
        "---\nname: finder\ndescription: Searches mail.\n---\n",
    );
    bob.remit.write(
        "skills/finder/skill.toml",
        format!(
            "version = \"0.1.0\"\n[plugins.mail]\ncomponent = \"{tag}\"\noperations = [\"do\"]\n\
             grants = [\"http GET https://mail.example.org/v1/**\"]\n\n\
             [[steps]]\nid = \"one\"\ncall = \"mail.do\"\nwith = {{ op = \"counter\" }}\n"
        ),
    );
    bob.run(&["install", "finder"])
        .exits(3)
        .says("signed by     minisign:");
    bob.run(&["install", "finder", "--yes"]).exits(0);
    let lock =
        || std::fs::read_to_string(bob.remit.path().join("skills/finder/remit.lock")).unwrap();
    assert!(lock().contains(&first), "{}", lock());
    bob.run(&["list"]).exits(0).prints("signed by minisign:");
    bob.run(&["approve", "finder", "--yes"]).exits(0);
    bob.run(&["run", "finder"]).exits(0);

    // The tag is moved to what wants more. What is pinned stays what runs.
    let mut plugin = plugin
        .needing("http GET,POST https://*/**")
        .offering("send", "destructive");
    plugin.0["version"] = "1.1.0".into();
    let second = ada.publish(&plugin, &tag);
    assert_ne!(first, second);
    let before = lock();
    bob.run(&["install", "finder", "--yes"])
        .exits(4)
        .says("error[tag-moved]");
    bob.run(&["install", "finder", "--frozen"]).exits(0);
    bob.run(&["run", "finder"]).exits(0);
    let out = bob.run(&["update", "--check"]).exits(1);
    let out = out.prints("mail 1.0.0 → 1.1.0");
    let out = out.prints("+ operation send [destructive]");
    out.prints("+ need widened: http GET,POST https://*/**");
    bob.run(&["update"]).exits(3).says("not-approved");
    assert_eq!(lock(), before);
    bob.run(&["update", "--yes"]).exits(0);
    assert!(lock().contains(&second));
    bob.run(&["verify"]).exits(0);
    // The skill's approval was for other code: it waits for a person.
    bob.run(&["run", "finder"]).exits(3).says("not-approved");
    bob.run(&["approve", "finder", "--yes"]).exits(0);
    bob.run(&["run", "finder"]).exits(0);

    // Somebody else's signature under the same tag is not hers.
    ada.run(&["key", "new", "--out", "other.key", "--no-password"])
        .exits(0);
    std::fs::rename(
        ada.remit.path().join("other.key"),
        ada.remit.path().join("my.key"),
    )
    .unwrap();
    plugin.0["version"] = "1.2.0".into();
    ada.publish(&plugin, &tag);
    bob.run(&["update", "--yes"])
        .exits(3)
        .says("error[publisher-key-changed]");

    // By the digest of its manifest it is what it was, whatever the tag leads to.
    let own = bob.run(&["install", &second, "--yes"]).exits(0);
    own.prints("installed mail 1.1.0");
    bob.run(&["show", "mail"]).exits(0).prints("send");
}

#[test]
fn a_skill_is_published_installed_elsewhere_and_run() {
    let registry = DockerRegistry::over_tls();
    let person = || Person {
        remit: Remit::new(),
        registry: &registry,
    };
    let (ada, bob) = (person(), person());
    ada.run(&["key", "new", "--out", "my.key", "--no-password"])
        .exits(0);
    let tag = registry.reference("mail:1");
    let mut plugin = Stranger::new("mail", "1.0.0");
    plugin.0["operations"][0]["name"] = "do".into();
    ada.publish(&plugin, &tag);
    ada.remit.write(
        "finder/SKILL.md",
        "---\nname: finder\ndescription: Searches mail.\n---\n",
    );
    ada.remit.write(
        "finder/skill.toml",
        format!(
            "version = \"0.1.0\"\n[plugins.mail]\ncomponent = \"{tag}\"\noperations = [\"do\"]\n\n\
             [[steps]]\nid = \"one\"\ncall = \"mail.do\"\nwith = {{ op = \"counter\" }}\n"
        ),
    );
    let skill = registry.reference("finder:1");
    ada.run(&["publish", "finder", &skill]).exits(0);
    bob.run(&["install", &skill]).exits(3).says("not-approved");
    bob.run(&["install", &skill, "--yes"])
        .exits(0)
        .prints("installed the skill finder 0.1.0");
    bob.run(&["run", "finder"]).exits(0);
    bob.run(&["verify"]).exits(0);
    bob.run(&["update", "--check"]).exits(0);
}
