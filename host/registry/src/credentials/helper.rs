//! Programs that keep credentials: `docker-credential-NAME`, as docker calls them.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Credential, Secret};
use crate::error::RegistryError;

/// How long a helper may take: it may ask a person for the password of a keyring.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of its answer: tokens have some KiB.
const MAX_ANSWER: u64 = 64 << 10;
/// The name that says that the secret is an identity token.
const TOKEN_NAME: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: Secret,
}

/// Asks a helper for the credential of a server; `None` if it has none.
pub(super) fn get(
    name: &str,
    server: &str,
    registry: &str,
) -> Result<Option<Credential>, RegistryError> {
    get_within(name, server, registry, TIMEOUT)
}

pub(super) fn get_within(
    name: &str,
    server: &str,
    registry: &str,
    timeout: Duration,
) -> Result<Option<Credential>, RegistryError> {
    // It becomes the name of a program, which must not be a path.
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        return Err(RegistryError::Credentials {
            host: registry.to_owned(),
            why: format!(
                "`{}` is no name of a credential helper",
                remit_policy::display_safe(name, 80)
            ),
        });
    }
    let helper = format!("docker-credential-{name}");
    let fail = |why: &str| RegistryError::Helper {
        helper: helper.clone(),
        why: remit_policy::display_safe(why, 200),
    };
    let mut child = command(&helper)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| fail(&error.to_string()))?;
    let done = talk(&mut child, server, timeout);
    // Whatever went wrong, it is not left running; one that has ended is only reaped.
    let _ = child.kill();
    let _ = child.wait();
    let (ended_well, answer) = done.map_err(|why| fail(&why))?;
    if !ended_well {
        let text = String::from_utf8_lossy(&answer);
        // The protocol's own words for "there is none".
        if text.contains("credentials not found") {
            return Ok(None);
        }
        return Err(fail("it ended with an error"));
    }
    // What serde_json quotes of a wrong value may be a password.
    let answer: Answer = crate::json::parse(&answer)
        .map_err(|_| fail("its answer is not JSON with Username and Secret"))?;
    if answer.secret.expose().is_empty() {
        return Ok(None);
    }
    Ok(Some(if answer.username == TOKEN_NAME {
        Credential::Identity(answer.secret)
    } else {
        Credential::Basic {
            user: answer.username,
            password: answer.secret,
        }
    }))
}

#[cfg(not(test))]
fn command(helper: &str) -> Command {
    Command::new(helper)
}

/// Tests have helpers of their own, and cannot set a variable of the whole process.
#[cfg(test)]
fn command(helper: &str) -> Command {
    let own = PATH.with_borrow(|path| path.as_ref().map(|path| path.join(helper)));
    Command::new(own.filter(|own| own.exists()).unwrap_or(helper.into()))
}

#[cfg(test)]
thread_local! {
    static PATH: std::cell::RefCell<Option<std::path::PathBuf>> = const { std::cell::RefCell::new(None) };
}

/// Runs something while helpers are looked for in a folder, on this thread.
#[cfg(test)]
pub(super) fn on_path<T>(folder: &std::path::Path, work: impl FnOnce() -> T) -> T {
    PATH.set(Some(folder.to_path_buf()));
    let done = work();
    PATH.set(None);
    done
}

/// Whether it ended well, and its answer.
fn talk(
    child: &mut Child,
    server: &str,
    timeout: Duration,
) -> Result<(bool, Zeroizing<Vec<u8>>), String> {
    let by = Instant::now() + timeout;
    let late = || format!("it did not answer within {} s", timeout.as_secs());
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (Some(mut stdin), Some(stdout)) = (stdin, stdout) else {
        return Err("it has no pipes".to_owned());
    };
    // A server's name fits into any pipe; a helper that does not read it is no failure yet.
    let _ = stdin.write_all(server.as_bytes());
    drop(stdin);
    let (sent, answered) = mpsc::channel();
    // Its own thread: what the helper left running may hold the pipe open for ever.
    std::thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::new());
        let read = stdout.take(MAX_ANSWER + 1).read_to_end(&mut bytes);
        let _ = sent.send(read.map(|_| bytes));
    });
    let left = by.saturating_duration_since(Instant::now());
    let bytes = answered
        .recv_timeout(left)
        .map_err(|_| late())?
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_ANSWER {
        return Err(format!("its answer has more than {MAX_ANSWER} bytes"));
    }
    loop {
        match child.try_wait() {
            Err(error) => return Err(error.to_string()),
            Ok(Some(status)) => return Ok((status.success(), bytes)),
            Ok(None) if Instant::now() >= by => return Err(late()),
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}
