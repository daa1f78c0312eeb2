//! `remit serve --http`, on a free port of the loopback, stopped when dropped.

use std::io::{BufRead, BufReader};
use std::net::{IpAddr, SocketAddr};
use std::process::{Child, ChildStderr, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::Remit;

/// Another address of the loopback than [`Proxy`](super::Proxy)'s, so that both can have one port: the server wants its
/// own in `Host`.
const ADDRESS: &str = "127.0.0.2";

pub struct Serving {
    child: Child,
    port: u16,
    token: String,
    log: Arc<Mutex<String>>,
}

impl Serving {
    /// Serves these skills, and waits until it says where.
    pub fn start(remit: &Remit, arguments: &[&str]) -> Serving {
        let file = remit.path().join("token");
        let mut command =
            remit.command(&["serve", "--http", &format!("{ADDRESS}:0"), "--token-file"]);
        let mut child = command
            .arg(&file)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::<Mutex<String>>::default();
        follow(child.stderr.take().unwrap(), log.clone());
        let mut serving = Serving {
            child,
            port: 0,
            token: String::new(),
            log,
        };
        serving.port = serving.listens();
        let token = std::fs::read_to_string(file).unwrap();
        token.trim().clone_into(&mut serving.token);
        serving
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        let ip: IpAddr = ADDRESS.parse().unwrap();
        (ip, self.port).into()
    }

    /// `http://ADDRESS:PORT/mcp`
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address())
    }

    /// The bearer token, which it made for itself.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What it has said on stderr so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    fn listens(&mut self) -> u16 {
        let until = Instant::now() + Duration::from_secs(30);
        while Instant::now() < until {
            let log = self.log();
            let before = format!("http://{ADDRESS}:");
            let port = log.split(&before).nth(1);
            let digits: String = port
                .into_iter()
                .flat_map(|it| it.chars().take_while(char::is_ascii_digit))
                .collect();
            if let Ok(port) = digits.parse() {
                return port;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended with {ended:?}:\n{log}");
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it did not say where it listens:\n{}", self.log());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(stderr: ChildStderr, log: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
}
