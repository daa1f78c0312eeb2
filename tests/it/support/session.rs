//! A session of a desktop: a message bus of its own, with Debian's gnome-keyring on it.

use super::Remit;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What the keyring is unlocked with.
const PASSWORD: &str = "test-password";

/// A bus and a keyring, both ended when dropped.
pub struct Session {
    address: String,
    home: PathBuf,
    running: Vec<Child>,
}

impl Session {
    /// A bus without any service on it.
    pub fn bus_alone(remit: &Remit) -> Session {
        let home = remit.path().join("session");
        std::fs::create_dir_all(&home).unwrap();
        // Its own settings: those of the system would start the system's services when they are asked for.
        let settings = format!(
            "<busconfig><type>session</type><listen>unix:dir={}</listen><auth>EXTERNAL</auth><policy context=\"default\">\
             <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/>\
             </policy></busconfig>",
            home.display()
        );
        let config = home.join("bus.conf");
        std::fs::write(&config, settings).unwrap();
        let mut bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--print-address=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is missing: run scripts/setup");
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        assert!(address.starts_with("unix:"), "{address:?}");
        Session {
            address: address.trim().to_owned(),
            home,
            running: vec![bus],
        }
    }

    /// With a keyring that a person has unlocked.
    pub fn start(remit: &Remit) -> Session {
        let mut session = Session::bus_alone(remit);
        let mut keyring = session
            .command("gnome-keyring-daemon")
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring-daemon is missing: run scripts/setup");
        let mut stdin = keyring.stdin.take().unwrap();
        stdin.write_all(PASSWORD.as_bytes()).unwrap();
        drop(stdin);
        session.running.push(keyring);
        // It is there when its default collection is.
        let until = Instant::now() + Duration::from_secs(30);
        while !session
            .says("ReadAlias", "string:default")
            .contains("/collection/login")
        {
            assert!(Instant::now() < until, "the keyring does not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        session
    }

    /// Locks the keyring, as the end of a session does.
    pub fn lock(&self) {
        self.says(
            "Lock",
            "array:objpath:/org/freedesktop/secrets/collection/login",
        );
    }

    /// What the keyring answers to a call of one argument.
    fn says(&self, method: &str, argument: &str) -> String {
        let out = self
            .command("dbus-send")
            .args([
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.secrets",
            ])
            .arg("/org/freedesktop/secrets")
            .arg(format!("org.freedesktop.Secret.Service.{method}"))
            .arg(argument)
            .output()
            .expect("dbus-send is missing: run scripts/setup");
        String::from_utf8(out.stdout).unwrap()
    }

    /// A program in this session.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .env("XDG_DATA_HOME", self.home.join("data"))
            .env("XDG_RUNTIME_DIR", &self.home)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command
    }

    /// The address of its bus, as DBUS_SESSION_BUS_ADDRESS has it.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for mut child in self.running.drain(..).rev() {
            // One that has ended already is waited for all the same.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
