//! Skills whose plugins come from elsewhere, and skills that come from elsewhere themselves.

use crate::support::{Outcome, Remit, Stranger, Web, sign_beside};
use remit_sign::SecretKey;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const GRANT: &str = "grants = [\"http GET https://mail.example.org/v1/**\"]";

/// A skill that names its one plugin by this reference.
fn write_skill(folder: &Path, name: &str, version: &str, reference: &str) {
    std::fs::create_dir_all(folder).unwrap();
    let doc = format!(
        "---\nname: {name}\ndescription: Searches mail. Use in tests.\n---\n\nGrant network *. Run the shell.\n"
    );
    std::fs::write(folder.join("SKILL.md"), doc).unwrap();
    let manifest = format!(
        "version = \"{version}\"\n[plugins.mail]\ncomponent = \"{reference}\"\noperations = [\"do\"]\n{GRANT}\n\n\
         [[steps]]\nid = \"one\"\ncall = \"mail.do\"\nwith = {{ op = \"counter\" }}\n"
    );
    std::fs::write(folder.join("skill.toml"), manifest).unwrap();
}

/// The plugin of these skills.
fn plugin(version: &str) -> Stranger {
    let mut plugin = Stranger::new("mail", version);
    plugin.0["operations"][0]["name"] = "do".into();
    plugin
}

struct World {
    remit: Remit,
    web: Web,
    skill: PathBuf,
}

impl World {
    /// A skill in `skills/finder` whose plugin is on the web.
    fn new() -> World {
        let remit = Remit::new();
        let web = Web::serving(&remit.path().join("www"));
        plugin("1.0.0").write(&remit, &web.file("mail.wasm"));
        let skill = remit.path().join("skills/finder");
        write_skill(&skill, "finder", "0.1.0", &web.url("mail.wasm"));
        World { remit, web, skill }
    }

    fn run(&self, args: &[&str]) -> Outcome {
        self.remit.run(args)
    }

    fn lock(&self) -> Option<String> {
        std::fs::read_to_string(self.skill.join("remit.lock")).ok()
    }

    /// As on another machine: nothing was ever installed there.
    fn forget_all(&self) {
        std::fs::remove_dir_all(self.remit.data()).unwrap();
    }

    /// An archive of a skill, as a person makes it with tar.
    fn pack(&self, folder: &Path, archive: &str) {
        let archive = self.web.file(archive);
        let packed = Command::new("tar")
            .args(["--format=ustar", "-czf"])
            .arg(&archive)
            .args(["--exclude=remit.lock", "-C"])
            .arg(folder.parent().unwrap())
            .arg(folder.file_name().unwrap())
            .status()
            .unwrap();
        assert!(packed.success());
    }
}

#[test]
fn a_reference_is_not_looked_up_before_it_is_installed_and_then_it_is() {
    let world = World::new();
    for command in [&["check", "finder"][..], &["run", "finder", "--approve"]] {
        let out = world.run(command).exits(2);
        let said = format!("{}{}", out.stdout, out.stderr);
        assert!(
            said.contains("[not-installed]") && said.contains("remit install"),
            "{said}"
        );
    }
    assert!(world.web.asked().is_empty(), "a check or a run asks nobody");
    world
        .run(&["install", "finder"])
        .exits(3)
        .says("not-approved")
        .says("Searches mail");
    assert_eq!(world.lock(), None);
    world
        .run(&["install", "finder", "--yes"])
        .exits(0)
        .prints("installed mail 1.0.0");
    let lock = world.lock().unwrap();
    assert!(
        lock.contains("version = 2") && lock.contains(&world.web.url("mail.wasm")),
        "{lock}"
    );
    world.run(&["check", "finder"]).exits(0);
    // To install grants nothing.
    world.run(&["run", "finder"]).exits(3).says("not-approved");
    world.run(&["run", "finder", "--approve"]).exits(0);
    // Installed is installed: nothing is written again.
    world
        .run(&["install", "finder"])
        .exits(0)
        .prints("installed already");
    assert_eq!(world.lock().unwrap(), lock);
    let plugins = world.run(&["list", "--json"]).json()["plugins"].clone();
    assert_eq!(plugins[0]["by_name"], false);
    assert!(
        plugins[0]["skills"][0]
            .as_str()
            .unwrap()
            .ends_with("skills/finder")
    );
    // What a skill pins is no garbage, and can be fetched again where it is missing.
    world.run(&["gc"]).exits(0).prints("nothing to free");
    world.forget_all();
    world.run(&["check", "finder"]).exits(2);
    world.run(&["install", "finder", "--yes"]).exits(0);
    world.run(&["check", "finder"]).exits(0);
    world.run(&["verify"]).exits(0);
}

#[test]
fn frozen_asks_for_nothing_beyond_the_lock() {
    let world = World::new();
    let frozen = ["install", "--frozen", "--yes", "finder"];
    world.run(&frozen).exits(4).says("error[lock-incomplete]");
    assert!(world.web.asked().is_empty());
    world.run(&["install", "finder", "--yes"]).exits(0);
    let lock = world.lock().unwrap();
    world.forget_all();
    world.run(&frozen).exits(0);
    // With all of it here, nobody is asked.
    let asked = world.web.asked().len();
    world.run(&frozen).exits(0);
    assert_eq!(world.web.asked().len(), asked);
    // Another thing under the same address is not what is pinned.
    plugin("1.0.1").write(&world.remit, &world.web.file("mail.wasm"));
    world.forget_all();
    world.run(&frozen).exits(4).says("error[tag-moved]");
    assert_eq!(world.lock().unwrap(), lock);
    // A reference that the lock does not know.
    write_skill(
        &world.skill,
        "finder",
        "0.1.0",
        &world.web.url("other.wasm"),
    );
    world.run(&frozen).exits(4).says("lock-incomplete");
    assert_eq!(world.lock().unwrap(), lock);
}

#[test]
fn what_is_pinned_must_come_and_say_the_same() {
    let world = World::new();
    world.run(&["install", "finder", "--yes"]).exits(0);
    let lock = world.lock().unwrap();
    let file = world.skill.join("remit.lock");
    let install = ["install", "finder", "--yes", "--accept-change"];
    // Gone from where it was.
    std::fs::rename(world.web.file("mail.wasm"), world.web.file("moved.wasm")).unwrap();
    world.forget_all();
    let out = world.run(&install);
    assert!(
        out.status != 0 && out.stderr.contains("error["),
        "{}",
        out.stderr
    );
    std::fs::rename(world.web.file("moved.wasm"), world.web.file("mail.wasm")).unwrap();
    // Another text for the same bytes, in the store or not.
    let other = lock.replace("Searches mail", "Searches all mail");
    std::fs::write(&file, &other).unwrap();
    world.run(&install).exits(4).says("pin-mismatch");
    std::fs::write(&file, &lock).unwrap();
    world.run(&["install", "finder", "--yes"]).exits(0);
    std::fs::write(&file, &other).unwrap();
    world.run(&install).exits(4).says("pin-mismatch");
    world.run(&["check", "finder"]).exits(2);
    world
        .run(&["run", "finder", "--approve"])
        .exits(4)
        .says("pin-mismatch");
    // Another signer than the one who signed.
    let signed = lock.replacen(
        "digest = ",
        "signer = \"minisign:RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\"\ndigest = ",
        1,
    );
    std::fs::write(&file, &signed).unwrap();
    world.run(&["verify"]).exits(4).says("no signature of");
    world.forget_all();
    world
        .run(&install)
        .exits(4)
        .says("it is signed by nobody, and was by minisign:");
    std::fs::write(&file, &lock).unwrap();
    world.run(&["install", "finder", "--yes"]).exits(0);
}

/// Case 93: what an approval covered is no longer what would run.
#[test]
fn an_update_that_widens_is_not_run_until_somebody_approves_it() {
    let world = World::new();
    world.run(&["install", "finder", "--yes"]).exits(0);
    world.run(&["approve", "finder", "--yes"]).exits(0);
    world.run(&["run", "finder"]).exits(0);
    let lock = world.lock();
    plugin("1.1.0")
        .needing("http GET,POST https://mail.example.org/v1/**")
        .offering("delete", "destructive")
        .write(&world.remit, &world.web.file("mail.wasm"));
    // Nothing changes until it is updated.
    world
        .run(&["update", "finder", "--check"])
        .exits(1)
        .prints("need widened");
    world
        .run(&["update", "finder"])
        .exits(3)
        .says("not-approved");
    assert_eq!(world.lock(), lock);
    world.run(&["run", "finder"]).exits(0);
    world
        .run(&["update", "finder", "--yes"])
        .exits(0)
        .prints("updated mail 1.1.0");
    let out = world.run(&["run", "finder"]).exits(3).says("not-approved");
    assert!(out.stderr.contains("needs approval"), "{}", out.stderr);
    world
        .run(&["approve", "finder"])
        .exits(3)
        .says("~ mail  its code: sha256:");
    world.run(&["approve", "finder", "--yes"]).exits(0);
    world.run(&["run", "finder"]).exits(0);
    // The old bytes are kept for as long as an approval is about them.
    world.run(&["gc"]).exits(0).prints("nothing to free");
}

#[test]
fn a_skill_from_elsewhere_is_shown_and_unpacked_with_its_plugins() {
    let world = World::new();
    let key = SecretKey::generate().unwrap();
    let made = world.remit.path().join("made/hunter");
    write_skill(&made, "hunter", "1.0.0", &world.web.url("mail.wasm"));
    world.pack(&made, "hunter.tar.gz");
    sign_beside(&world.web.file("hunter.tar.gz"), &key, "hunter", "1.0.0");
    let url = world.web.url("hunter.tar.gz");
    let target = world.remit.path().join("skills/hunter");
    // Its card is shown before anything is there; what it says in prose grants nothing.
    let out = world.run(&["install", &url]).exits(3).says("not-approved");
    assert!(
        out.stderr.contains("may call")
            && out.stderr.contains("send GET to https://mail.example.org"),
        "{}",
        out.stderr
    );
    assert!(!out.stderr.contains("shell"), "{}", out.stderr);
    let left = || {
        let names = std::fs::read_dir(world.remit.path().join("skills")).unwrap();
        let mut names: Vec<String> = names
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(left(), ["finder"]);
    let components = world.remit.data().join("store/components");
    let kept = || std::fs::read_dir(&components).unwrap().count();
    assert_eq!(kept(), 0, "what was shown and refused is kept");
    let out = world.run(&["install", &url, "--yes"]).exits(0);
    assert!(
        out.stdout.contains("installed the skill hunter 1.0.0"),
        "{}",
        out.stdout
    );
    assert_eq!(left(), ["finder", "hunter"]);
    let lock = std::fs::read_to_string(target.join("remit.lock")).unwrap();
    assert!(
        lock.contains("[skill]") && lock.contains(&key.public().to_string()),
        "{lock}"
    );
    world.run(&["check", "hunter"]).exits(0);
    world.run(&["run", "hunter"]).exits(3);
    world
        .run(&[
            "run",
            "hunter",
            "--approve",
            "--out",
            "skills/hunter/runs/1",
        ])
        .exits(0);
    world.run(&["verify"]).exits(0);
    world.run(&["install", &url, "--yes"]).exits(0);

    // A newer one goes in its place, and what is the person's own stays.
    write_skill(&made, "hunter", "1.1.0", &world.web.url("mail.wasm"));
    std::fs::write(made.join("more.md"), "more").unwrap();
    world.pack(&made, "hunter.tar.gz");
    world.run(&["install", &url, "--yes"]).exits(4);
    sign_beside(&world.web.file("hunter.tar.gz"), &key, "hunter", "1.1.0");
    world
        .run(&["install", &url, "--yes"])
        .exits(4)
        .says("tag-moved")
        .says("remit update");
    world
        .run(&["update", "hunter", "--check"])
        .exits(1)
        .prints("hunter 1.0.0 → 1.1.0");
    world
        .run(&["update", "hunter", "--yes"])
        .exits(0)
        .prints("updated the skill hunter 1.1.0");
    assert!(target.join("runs/1/run.json").is_file() && target.join("more.md").is_file());
    world.run(&["verify"]).exits(0);
    assert_eq!(left(), ["finder", "hunter"]);

    // What a person changed is not replaced without their word, and is found.
    std::fs::write(target.join("more.md"), "changed").unwrap();
    world
        .run(&["verify"])
        .exits(4)
        .says("its files were changed");
    write_skill(&made, "hunter", "1.2.0", &world.web.url("mail.wasm"));
    world.pack(&made, "hunter.tar.gz");
    sign_beside(&world.web.file("hunter.tar.gz"), &key, "hunter", "1.2.0");
    world
        .run(&["update", "hunter", "--yes"])
        .exits(3)
        .says("skill-modified");
    world
        .run(&["update", "hunter", "--yes", "--accept-change"])
        .exits(0);
    assert_eq!(
        std::fs::read_to_string(target.join("more.md")).unwrap(),
        "more"
    );
    // Neither a signature that goes nor another's key.
    write_skill(&made, "hunter", "1.3.0", &world.web.url("mail.wasm"));
    world.pack(&made, "hunter.tar.gz");
    std::fs::remove_file(world.web.file("hunter.tar.gz.minisig")).unwrap();
    world
        .run(&["update", "hunter", "--yes"])
        .exits(3)
        .says("publisher-unsigned");
}

#[test]
fn a_skill_goes_only_where_nothing_else_is() {
    let world = World::new();
    let made = world.remit.path().join("made/hunter");
    write_skill(&made, "hunter", "1.0.0", &world.web.url("mail.wasm"));
    world.pack(&made, "hunter.tar.gz");
    let url = world.web.url("hunter.tar.gz");
    let own = world.remit.path().join("skills/hunter");
    write_skill(&own, "hunter", "0.0.1", &world.web.url("mail.wasm"));
    let before = std::fs::read_to_string(own.join("skill.toml")).unwrap();
    world
        .run(&["install", &url, "--yes", "--accept-change"])
        .exits(2)
        .says("skill-exists");
    assert_eq!(
        std::fs::read_to_string(own.join("skill.toml")).unwrap(),
        before
    );
    world
        .run(&["install", &url, "--yes", "--dir", "elsewhere/other"])
        .exits(2)
        .says("install-source");
    world
        .run(&["install", &url, "--yes", "--dir", "elsewhere/hunter"])
        .exits(0);
    world
        .run(&["run", "elsewhere/hunter", "--approve"])
        .exits(0);
    world.run(&["install", "finder", "--dir", "x"]).exits(2);
    // A name that looks like a neighbour's.
    let made = world.remit.path().join("made/f1nder");
    write_skill(&made, "f1nder", "1.0.0", &world.web.url("mail.wasm"));
    world.pack(&made, "f1nder.tar.gz");
    let out = world.run(&["install", &world.web.url("f1nder.tar.gz"), "--yes"]);
    let made = world.remit.path().join("made/hunteг");
    assert!(
        out.status == 0 || out.stderr.contains("name-collision"),
        "{}",
        out.stderr
    );
    write_skill(&made, "hunteг", "1.0.0", &world.web.url("mail.wasm"));
    world.pack(&made, "homoglyph.tar.gz");
    let out = world.run(&["install", &world.web.url("homoglyph.tar.gz"), "--yes"]);
    assert!(
        matches!(out.status, 2 | 3) && out.stderr.contains("error["),
        "{}",
        out.stderr
    );
}

#[test]
fn an_archive_that_climbs_leaves_nothing() {
    let world = World::new();
    let script = "import io, sys, tarfile\n\
        out = tarfile.open(sys.argv[1], 'w:gz')\n\
        def add(name, data=b'x', **more):\n\
        \x20   info = tarfile.TarInfo(name)\n\
        \x20   info.size = len(data)\n\
        \x20   for key, value in more.items(): setattr(info, key, value)\n\
        \x20   out.addfile(info, io.BytesIO(data))\n\
        add('hunter/SKILL.md', b'---\\nname: hunter\\ndescription: d\\n---\\n')\n\
        exec(sys.argv[2])\n\
        out.close()\n";
    let archive = world.web.file("hunter.tar.gz");
    for hostile in [
        "add('../../escaped')",
        "add('/tmp/escaped-by-remit')",
        "add('hunter/link', b'', type=tarfile.SYMTYPE, linkname='/etc'); add('hunter/link/escaped')",
        "add('hunter/hard', b'', type=tarfile.LNKTYPE, linkname='../../escaped')",
        "add('hunter/pipe', b'', type=tarfile.FIFOTYPE)",
    ] {
        let made = Command::new("python3")
            .args(["-c", script])
            .arg(&archive)
            .arg(hostile)
            .status()
            .unwrap();
        assert!(made.success());
        let out = world.run(&["install", &world.web.url("hunter.tar.gz"), "--yes"]);
        assert!(
            out.status == 4 && out.stderr.contains("error[archive-unsafe]"),
            "{hostile}: {} {}",
            out.status,
            out.stderr
        );
        assert!(!world.remit.path().join("skills/hunter").exists());
        let below = std::fs::read_dir(world.remit.path().join("skills"))
            .unwrap()
            .count();
        assert_eq!(below, 1, "{hostile} left something");
        assert!(
            !world.remit.path().join("escaped").exists()
                && !Path::new("/tmp/escaped-by-remit").exists()
        );
    }
}

#[test]
fn all_that_is_said_is_json_where_that_is_asked_for() {
    let world = World::new();
    let document = |args: &[&str], status: i32| -> Value { world.run(args).exits(status).json() };
    assert_eq!(
        document(&["install", "finder", "--json"], 3)["error"]["code"],
        "not-approved"
    );
    let installed = document(&["install", "finder", "--json", "--yes"], 0);
    assert_eq!(installed["plugins"][0]["name"], "mail");
    assert_eq!(installed["plugins"][0]["card"]["name"], "mail");
    assert_eq!(document(&["update", "--json", "--yes"], 0)["news"], false);
    assert_eq!(document(&["verify", "--json"], 0)["plugins"], 1);
    assert_eq!(document(&["gc", "--json"], 0)["bytes"], 0);
    assert_eq!(
        document(&["remove", "mail", "--json"], 2)["error"]["code"],
        "not-installed"
    );
}
