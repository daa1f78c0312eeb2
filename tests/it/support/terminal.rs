//! The program at a terminal: what is shown is read, what is typed goes in.

use super::Remit;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A terminal in which the program runs.
pub struct Terminal {
    child: Child,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    /// Starts the program at a terminal of its own, which util-linux's `script` makes.
    pub fn start(remit: &Remit, args: &[&str]) -> Terminal {
        let prepared = remit.command(args);
        let line = std::iter::once(prepared.get_program())
            .chain(prepared.get_args())
            .map(|word| format!("'{}'", word.to_str().unwrap()))
            .collect::<Vec<_>>()
            .join(" ");
        // In the shell's place: it would end by Ctrl-C too, and its exit status would be the one that is seen.
        let line = format!("exec {line}");
        let mut command = Command::new("script");
        command
            .args([
                "--quiet",
                "--flush",
                "--return",
                "--command",
                &line,
                "/dev/null",
            ])
            .current_dir(prepared.get_current_dir().unwrap())
            .env_clear()
            .envs(
                prepared
                    .get_envs()
                    .filter_map(|(key, value)| Some((key, value?))),
            )
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command
            .spawn()
            .expect("`script` is missing: install util-linux (Debian's bsdutils)");
        let shown = Arc::new(Mutex::new(String::new()));
        let mut output = child.stdout.take().unwrap();
        let seen = shown.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]);
                seen.lock().unwrap().push_str(&text);
            }
        });
        Terminal { child, shown }
    }

    /// Waits until a text is shown.
    #[track_caller]
    pub fn shows(&self, text: &str) -> &Terminal {
        let until = Instant::now() + Duration::from_secs(60);
        while !self.shown.lock().unwrap().contains(text) {
            assert!(
                Instant::now() < until,
                "{text:?} is not shown:\n{}",
                self.shown.lock().unwrap()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        self
    }

    /// Whether a text was shown until now.
    pub fn has_shown(&self, text: &str) -> bool {
        self.shown.lock().unwrap().contains(text)
    }

    /// Types; `\u{3}` is Ctrl-C.
    pub fn types(&mut self, text: &str) {
        let keyboard = self.child.stdin.as_mut().unwrap();
        keyboard.write_all(text.as_bytes()).unwrap();
        keyboard.flush().unwrap();
    }

    /// Waits for the end of the program, and gives its exit status.
    #[track_caller]
    pub fn ends(&mut self) -> i32 {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            if Instant::now() >= until {
                self.child.kill().unwrap();
                panic!("it goes on:\n{}", self.shown.lock().unwrap());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
