//! A password from whoever has one: typed at the terminal without being shown, or read from a file or a pipe.

use crate::exit::Mistake;
use crate::{output, prompt};
use anyhow::Result;
use remit_run::RunError;
use remit_sign::Password;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes of a password, and of a file with one.
const MAX: u64 = 4096;

/// The password for a key that there is: from the file if one is named, else from the terminal.
pub fn existing(file: Option<&Path>, what: &str) -> Result<Option<Password>> {
    match file {
        Some(file) => from_file(file).map(Some),
        None if prompt::is_possible() => typed(&format!("Password of {what}: ")).map(Some),
        None => Ok(None),
    }
}

/// The password for a new key: typed twice, and never empty.
pub fn chosen(file: Option<&Path>) -> Result<Password> {
    let password = match file {
        Some(file) => from_file(file)?,
        None if prompt::is_possible() => {
            let first = typed("Password for the new key: ")?;
            if first != typed("The same again: ")? {
                return Err(Mistake::report(
                    "the two passwords differ",
                    "give the command again",
                ));
            }
            first
        }
        None => {
            return Err(Mistake::report(
                "there is no terminal to ask for a password at",
                "give one with --password-file, or leave the key unencrypted with --no-password",
            ));
        }
    };
    if password.is_empty() {
        return Err(Mistake::report(
            "the password is empty",
            "--no-password leaves the key unencrypted",
        ));
    }
    Ok(password)
}

/// The first line of a file, or of stdin for `-`.
fn from_file(file: &Path) -> Result<Password> {
    let bytes = if file == Path::new("-") {
        let mut bytes = Zeroizing::new(Vec::new());
        std::io::stdin()
            .lock()
            .take(MAX + 1)
            .read_to_end(&mut bytes)?;
        bytes
    } else {
        Zeroizing::new(remit_package::read_file(file, MAX).map_err(RunError::from)?)
    };
    if bytes.len() as u64 > MAX {
        return Err(Mistake::report(
            format!("the password is longer than {MAX} bytes"),
            "name the file that holds the password and nothing else",
        ));
    }
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    Ok(Password::new(line.strip_suffix(b"\r").unwrap_or(line)))
}

/// The terminal as it was, once this is dropped.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Quiet {
    /// Shows nothing that is typed and gives it byte by byte. The keys that end a program come as bytes too, so that
    /// none of them leaves a terminal behind that shows nothing.
    fn new() -> std::io::Result<Quiet> {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let before = tcgetattr(&terminal)?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&terminal, OptionalActions::Flush, &quiet)?;
        Ok(Quiet { terminal, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        output::eprint("\n");
    }
}

fn typed(question: &str) -> Result<Password> {
    // First, since whoever sees the question may type at once.
    let mut terminal = Quiet::new()?;
    output::eprint(question);
    let mut line = Zeroizing::new(Vec::with_capacity(256));
    let mut byte = [0];
    loop {
        let read = terminal.terminal.read(&mut byte)?;
        let [byte] = byte;
        match byte {
            b'\r' | b'\n' => break,
            // Ctrl-C, Ctrl-D, Ctrl-\, and the end of the terminal.
            _ if read == 0 || matches!(byte, 3 | 4 | 28) => {
                return Err(Mistake::report(
                    "no password was given",
                    "give the command again",
                ));
            }
            // Backspace takes a whole character.
            8 | 127 => while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            // Ctrl-U.
            21 => line.clear(),
            _ if line.len() as u64 >= MAX => {}
            byte => line.push(byte),
        }
    }
    Ok(Password::new(line.as_slice()))
}
