//! A line that is typed without being shown.

use crate::output;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use std::io::{self, Read, Stdin};
use zeroize::Zeroizing;

/// The keys that mean something, as a terminal sends them.
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const CTRL_U: u8 = 21;
const BACKSPACES: [u8; 2] = [8, 127];
const ENTERS: [u8; 2] = [b'\r', b'\n'];

/// Asks at the terminal, and gives what is typed up to Enter, at most `most` bytes. None if the person ends it.
///
/// # Errors
/// If the terminal cannot be set up or read.
pub fn ask(question: &str, most: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let stdin = io::stdin();
    output::eprint(question);
    let quiet = Quiet::begin(&stdin)?;
    let line = read(stdin.lock(), most);
    drop(quiet);
    output::eprint("\n");
    line
}

/// A terminal that shows nothing and hands on each key, Ctrl-C too: ended by that, it would stay so.
struct Quiet<'a> {
    stdin: &'a Stdin,
    before: Termios,
}

impl Quiet<'_> {
    fn begin(stdin: &Stdin) -> io::Result<Quiet<'_>> {
        let before = tcgetattr(stdin)?;
        let mut quiet = before.clone();
        quiet.local_modes -=
            LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        // A read waits for a key, however long.
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(stdin, OptionalActions::Flush, &quiet)?;
        Ok(Quiet { stdin, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // The terminal may be gone.
        let _ = tcsetattr(self.stdin, OptionalActions::Now, &self.before);
    }
}

fn read(mut keys: impl Read, most: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    // Room for all of it, so that no copy is left behind when it grows.
    let mut line = Zeroizing::new(Vec::with_capacity(most));
    let mut key = [0];
    loop {
        if keys.read(&mut key)? == 0 {
            return Ok(None);
        }
        match key {
            [CTRL_C | CTRL_D] => return Ok(None),
            [CTRL_U] => line.clear(),
            [key] if BACKSPACES.contains(&key) => drop(line.pop()),
            [key] if ENTERS.contains(&key) => return Ok(Some(line)),
            [key] if line.len() < most => line.push(key),
            // Too long: the caller says so.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_unseen() {
        let typed = |keys: &[u8]| read(keys, 10).unwrap().map(|line| line.to_vec());
        assert_eq!(typed(b"value\r").unwrap(), b"value");
        assert_eq!(typed(b"valuf\x7fe\nrest").unwrap(), b"value");
        assert_eq!(typed(b"\x08\x08wrong\x15right\n").unwrap(), b"right");
        assert_eq!(typed(b"more than ten\n").unwrap(), b"more than ");
        for ended in [b"val\x03ue\n".as_slice(), b"\x04", b"cut off"] {
            assert_eq!(typed(ended), None);
        }
    }
}
