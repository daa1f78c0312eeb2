//! A real Prometheus that scrapes itself, on a free port of the loopback, stopped when dropped.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub struct Prometheus {
    child: Child,
    port: u16,
    _data: TempDir,
}

impl Prometheus {
    /// Starts it, and waits until it has scraped itself at least twice.
    pub fn start() -> Prometheus {
        let data = tempfile::tempdir().unwrap();
        let config = data.path().join("prometheus.yml");
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        std::fs::write(
            &config,
            format!(
                "global: {{scrape_interval: 1s}}\n\
                 scrape_configs:\n- job_name: prometheus\n  static_configs:\n  \
                 - targets: ['127.0.0.1:{port}']\n"
            ),
        )
        .unwrap();
        let child = Command::new(binary())
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                data.path().join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Prometheus {
            child,
            port,
            _data: data,
        };
        assert!(
            server.is_scraping(),
            "Prometheus did not come up within 30 s"
        );
        server
    }

    /// `127.0.0.1:PORT`
    pub fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn is_scraping(&mut self) -> bool {
        let until = Instant::now() + Duration::from_secs(30);
        while Instant::now() < until {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            let ready = self
                .get("/api/v1/query?query=count_over_time(up%5B1m%5D)%3E1")
                .is_some_and(|body| body.contains("\"value\""));
            if ready {
                return true;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        false
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        write!(
            stream,
            "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n",
            self.authority()
        )
        .ok()?;
        let mut body = String::new();
        stream.read_to_string(&mut body).ok()?;
        Some(body)
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where scripts/setup put it, or the one on PATH.
fn binary() -> PathBuf {
    let unpacked = super::root().join(".tools/prometheus/usr/bin/prometheus");
    if unpacked.is_file() {
        return unpacked;
    }
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join("prometheus"))
        .find(|path| path.is_file())
        .expect("Prometheus is missing: run scripts/setup (Debian's package `prometheus`)")
}
