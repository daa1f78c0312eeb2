//! A web server on the loopback that serves the files of a folder, as they are at the moment.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub struct Web {
    authority: String,
    folder: PathBuf,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// Serves a folder, which is made.
    pub fn serving(folder: &Path) -> Web {
        std::fs::create_dir_all(folder).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, root) = (asked.clone(), folder.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(path) = path(&stream) {
                    answer(&stream, std::fs::read(root.join(&path)).ok());
                    seen.lock().unwrap().push(path);
                }
            }
        });
        Web {
            authority,
            folder: folder.to_owned(),
            asked,
        }
    }

    /// The address of a file.
    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.authority)
    }

    /// Where a file lies.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What was asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Whoever does not wait for an answer does not get it.
fn answer(mut stream: &TcpStream, body: Option<Vec<u8>>) {
    let (status, body) = match body {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", Vec::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body);
}

/// The path of a request, without its `/`.
fn path(mut stream: &TcpStream) -> Option<String> {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.split(' ').nth(1)?;
    Some(target.trim_start_matches('/').to_owned())
}
