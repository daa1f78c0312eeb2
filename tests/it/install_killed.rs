//! Killed, or out of disk, at every step of an installation and an update: the old state or the new one, never half.

use crate::support::{Outcome, Remit, Stranger, Web, copy_folder};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The calls that change what is on the disk.
const STEPS: &str = "renameat,renameat2,rename,linkat,fsync,syncfs,mkdir,unlink,unlinkat,rmdir";
/// Those that a full disk refuses.
const FILLS: &str = "write,fsync,linkat,mkdir,renameat,renameat2,rename";

/// What lies in the folders that an installation writes.
struct World {
    remit: Remit,
    web: Web,
    saved: PathBuf,
}

impl World {
    fn new() -> World {
        let remit = Remit::new();
        let web = Web::serving(&remit.path().join("www"));
        let saved = remit.path().join("saved");
        World { remit, web, saved }
    }

    /// Remembers the state that each try begins with.
    fn save(&self) {
        copy_folder(&self.remit.data(), &self.saved.join("data"));
        std::fs::create_dir_all(self.remit.path().join("skills")).unwrap();
        copy_folder(
            &self.remit.path().join("skills"),
            &self.saved.join("skills"),
        );
    }

    fn restore(&self) {
        for (from, to) in [
            (self.saved.join("data"), self.remit.data()),
            (self.saved.join("skills"), self.remit.path().join("skills")),
        ] {
            std::fs::remove_dir_all(&to).unwrap();
            copy_folder(&from, &to);
        }
    }

    /// Runs a command with a fault at the `n`th of the calls; none if there are not so many.
    fn with_fault(&self, args: &[&str], calls: &str, fault: &str, n: usize) -> Option<Outcome> {
        let prepared = self.remit.command(args);
        let log = self.remit.path().join("strace.log");
        let mut command = Command::new("strace");
        command
            // Writes are struck on the main thread alone, which makes what was decided: others download, with many
            // writes of their own, and would be struck instead.
            .args(if calls == "write" {
                &["-qq"][..]
            } else {
                &["-f", "-qq"]
            })
            .arg("-o")
            .arg(&log)
            .arg(format!("--trace={calls}"))
            .arg(format!("--inject={calls}:{fault}:when={n}"))
            .arg(prepared.get_program())
            .args(prepared.get_args())
            .current_dir(prepared.get_current_dir().unwrap())
            .env_clear()
            .envs(
                prepared
                    .get_envs()
                    .filter_map(|(key, value)| Some((key, value?))),
            )
            .stdin(std::process::Stdio::null());
        let outcome = Outcome::of(command);
        let log = std::fs::read_to_string(&log).expect("strace is missing: run scripts/setup");
        let struck = log.contains("(INJECTED)") || log.contains("killed by SIGKILL");
        struck.then_some(outcome)
    }

    /// Whatever lies in the folders that is no part of an installation.
    fn leftovers(&self) -> Vec<PathBuf> {
        let data = self.remit.data();
        let mut found: Vec<PathBuf> = names(&data.join("incoming"));
        for folder in [
            "",
            "store/components",
            "store/known",
            "store/signatures",
            "publishers",
        ] {
            found.extend(names(&data.join(folder)).into_iter().filter(|path| {
                path.file_name()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .matches('-')
                    .count()
                    == 4
            }));
        }
        found.extend(
            names(&self.remit.path().join("skills"))
                .into_iter()
                .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with('.')),
        );
        found
    }

    /// Strikes each step of a command. `state` tells what is installed: before, after, and nothing else.
    fn strike_each(&self, args: &[&str], calls: &str, fault: &str, state: impl Fn() -> String) {
        self.save();
        let before = state();
        self.remit.run(args).exits(0);
        let after = state();
        assert_ne!(before, after);
        let (mut olds, mut news) = (0, 0);
        // One kind of call at a time: strace counts each by itself.
        for call in calls.split(',') {
            for n in 1.. {
                self.restore();
                let Some(outcome) = self.with_fault(args, call, fault, n) else {
                    break;
                };
                let now = state();
                let at = format!("{call} {n}");
                assert!(
                    now == before || now == after,
                    "half at {at}: {now}\n{}",
                    outcome.stderr
                );
                if now == before {
                    olds += 1;
                } else {
                    news += 1;
                    self.remit.run(&["verify"]).exits(0);
                }
                if outcome.status == 0 {
                    assert_eq!(now, after, "said to be done at {at}");
                }
                // The next one goes through, and cleans up.
                self.remit.run(args).exits(0);
                assert_eq!(state(), after, "after {at}");
                assert_eq!(self.leftovers(), <[PathBuf; 0]>::default(), "after {at}");
            }
        }
        assert!(olds > 20, "only {olds} steps were struck before the end");
        assert!(news > 0, "no step was struck after the end");
    }

    fn locked(&self, path: &Path) -> String {
        std::fs::read_to_string(path).unwrap_or_default()
    }
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// The faults, each with the calls that it strikes.
const KILL: (&str, &str) = (STEPS, "signal=SIGKILL");
const FULL: (&str, &str) = (FILLS, "error=ENOSPC");

fn install_is_whole((calls, fault): (&str, &str)) {
    let world = World::new();
    let key = remit_sign::SecretKey::generate().unwrap();
    let path = world.remit.path().join("made/mail.wasm");
    Stranger::new("mail", "1.0.0").write_signed(&world.remit, &path, &key);
    world.remit.run(&["list"]).exits(0);
    let lock = world.remit.data().join("remit.lock");
    let args = ["install", "made/mail.wasm", "--yes"];
    world.strike_each(&args, calls, fault, || world.locked(&lock));
}

fn update_is_whole((calls, fault): (&str, &str)) {
    let world = World::new();
    let path = world.remit.path().join("made/mail.wasm");
    Stranger::new("mail", "1.0.0").write(&world.remit, &path);
    let args = ["install", "made/mail.wasm", "--yes"];
    world.remit.run(&args).exits(0);
    Stranger::new("mail", "2.0.0").write(&world.remit, &path);
    let lock = world.remit.data().join("remit.lock");
    world.strike_each(&["update", "--yes"], calls, fault, || world.locked(&lock));
}

/// An update of a skill that came as an archive: its folder is exchanged.
fn skill_is_whole((calls, fault): (&str, &str)) {
    let world = World::new();
    Stranger::new("mail", "1.0.0").write(&world.remit, &world.web.file("mail.wasm"));
    let pack = |version: &str| {
        let folder = world.remit.path().join("made/hunter");
        std::fs::create_dir_all(&folder).unwrap();
        let doc = "---\nname: hunter\ndescription: Hunts. Use in tests.\n---\n";
        std::fs::write(folder.join("SKILL.md"), doc).unwrap();
        let manifest = format!(
            "version = \"{version}\"\n[plugins.mail]\ncomponent = \"{}\"\noperations = [\"search\"]\n",
            world.web.url("mail.wasm")
        );
        std::fs::write(folder.join("skill.toml"), manifest).unwrap();
        let packed = Command::new("tar")
            .args(["--format=ustar", "-czf"])
            .arg(world.web.file("hunter.tar.gz"))
            .arg("-C")
            .arg(world.remit.path().join("made"))
            .arg("hunter")
            .status()
            .unwrap();
        assert!(packed.success());
    };
    pack("1.0.0");
    let url = world.web.url("hunter.tar.gz");
    world.remit.run(&["install", &url, "--yes"]).exits(0);
    world.remit.write("skills/hunter/runs/1/run.json", "{}");
    pack("2.0.0");
    let folder = world.remit.path().join("skills/hunter");
    let state = || {
        let read = |name: &str| world.locked(&folder.join(name));
        assert_eq!(read("runs/1/run.json"), "{}", "a person's own file is gone");
        read("skill.toml") + &read("remit.lock")
    };
    world.strike_each(&["update", "hunter", "--yes"], calls, fault, state);
}

#[test]
fn an_installation_that_is_killed_is_made_or_not_made() {
    install_is_whole(KILL);
}

#[test]
fn an_installation_without_room_is_made_or_not_made() {
    install_is_whole(FULL);
}

#[test]
fn an_update_that_is_killed_is_made_or_not_made() {
    update_is_whole(KILL);
}

#[test]
fn an_update_without_room_is_made_or_not_made() {
    update_is_whole(FULL);
}

#[test]
fn an_update_of_a_skill_that_is_killed_is_made_or_not_made() {
    skill_is_whole(KILL);
}

#[test]
fn an_update_of_a_skill_without_room_is_made_or_not_made() {
    skill_is_whole(FULL);
}
