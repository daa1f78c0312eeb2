//! A real Radicale (a CalDAV server) with one person's calendars, on a free port of the loopback, stopped when dropped.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What the server asks of a request: alice's name and password.
pub const CREDENTIALS: &str = "Basic YWxpY2U6bm8tb25lLWtub3dz";
/// The password in it.
pub const PASSWORD: &str = "no-one-knows";

pub struct Radicale {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Radicale {
    /// Starts it with calendars of alice's: each has a name, and files with their text.
    pub fn start(calendars: &[(&str, &[(&str, &str)])]) -> Radicale {
        let folder = tempfile::tempdir().unwrap();
        let path = |rel: &str| folder.path().join(rel);
        for (name, files) in calendars {
            let calendar = path(&format!("data/collection-root/alice/{name}"));
            std::fs::create_dir_all(&calendar).unwrap();
            let props = format!(r#"{{"tag": "VCALENDAR", "D:displayname": "Alice's {name}"}}"#);
            std::fs::write(calendar.join(".Radicale.props"), props).unwrap();
            for (file, text) in *files {
                std::fs::write(calendar.join(file), text.replace('\n', "\r\n")).unwrap();
            }
        }
        std::fs::write(path("users"), format!("alice:{PASSWORD}\n")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let config = format!(
            "[server]\nhosts = 127.0.0.1:{port}\n\
             [auth]\ntype = htpasswd\nhtpasswd_filename = {users}\nhtpasswd_encryption = plain\ndelay = 0\n\
             [storage]\nfilesystem_folder = {data}\n\
             [logging]\nlevel = info\n",
            users = path("users").display(),
            data = path("data").display(),
        );
        std::fs::write(path("config"), config).unwrap();
        let log = std::fs::File::create(path("log")).unwrap();
        let child = Command::new(binary())
            .arg("--config")
            .arg(path("config"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Radicale {
            child,
            port,
            folder,
        };
        assert!(
            server.answers(),
            "Radicale did not come up within 30 s:\n{}",
            server.log()
        );
        server
    }

    /// `http://127.0.0.1:PORT`
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its log: a line for each request that reached it.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// How many requests with this method reached it.
    pub fn requests(&self, method: &str) -> usize {
        let text = format!("{method} request for");
        self.log()
            .lines()
            .filter(|line| line.contains(&text))
            .count()
    }

    /// The text of all files that a calendar of alice's has.
    pub fn files(&self, calendar: &str) -> Vec<String> {
        let folder = self
            .folder
            .path()
            .join(format!("data/collection-root/alice/{calendar}"));
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|it| it == "ics"))
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect()
    }

    fn answers(&mut self) -> bool {
        let until = Instant::now() + Duration::from_secs(30);
        while Instant::now() < until {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if self.get().is_some_and(|head| head.starts_with("HTTP/1")) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        false
    }

    fn get(&self) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        stream
            .write_all(b"GET /.well-known/ HTTP/1.0\r\n\r\n")
            .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

impl Drop for Radicale {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where scripts/setup put it, or the one on PATH.
fn binary() -> PathBuf {
    let installed = super::root().join(".tools/venv/bin/radicale");
    if installed.is_file() {
        return installed;
    }
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join("radicale"))
        .find(|path| path.is_file())
        .expect("Radicale is missing: run scripts/setup (PyPI's package `radicale`)")
}
