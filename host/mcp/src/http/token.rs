//! The bearer token: what a client shows, so that no other program or page on this machine can use the skills.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use remit_policy::display_safe;
use sha2::{Digest as _, Sha256};

use crate::error::McpError;

/// Characters that a token has at least: what 24 random bytes give.
const MIN_LENGTH: usize = 32;

/// And at most: it is sent with each request.
const MAX_LENGTH: usize = 1024;

/// What a client must show. Nothing prints it by accident: there is no way to its text but [`Token::reveal`].
#[derive(Clone)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// 32 random bytes.
    ///
    /// # Errors
    /// If the system has none.
    pub fn random() -> Result<Token, McpError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| McpError::io("a random token", std::io::Error::other(error)))?;
        Ok(Token(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A token that a person chose.
    ///
    /// # Errors
    /// If it is too short, too long, or holds what cannot stand in a header.
    pub fn parse(text: &str) -> Result<Token, McpError> {
        let unusable = |why: &str| McpError::Token {
            why: why.to_owned(),
        };
        if text.len() < MIN_LENGTH {
            return Err(unusable("it has fewer than 32 characters"));
        }
        if text.len() > MAX_LENGTH {
            return Err(unusable("it has more than 1024 characters"));
        }
        // `b64token` of RFC 6750.
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
        if !text.chars().all(fits) {
            return Err(unusable(
                "it may have only letters, digits and -._~+/= in it",
            ));
        }
        Ok(Token(text.to_owned()))
    }

    /// The token in a file that only its owner can read. Where there is no such file, it is made with a new token in it.
    ///
    /// # Errors
    /// If it is no file of that kind, cannot be read or made, or holds no token.
    pub fn from_file(path: &Path) -> Result<Token, McpError> {
        let shown = display_safe(&path.display().to_string(), 300);
        let failed = |error| McpError::io(format!("the token file {shown}"), error);
        let unusable = |why: &str| McpError::Token {
            why: format!("{shown} {why}"),
        };
        match new_file(path) {
            Ok(mut file) => {
                let token = Token::random()?;
                let write = |file: &mut File| {
                    file.write_all(format!("{}\n", token.reveal()).as_bytes())?;
                    file.sync_all()
                };
                write(&mut file).map_err(failed)?;
                return Ok(token);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        // Without waiting, should it be a pipe. A link is followed: what it leads to is looked at.
        let mut file = OpenOptions::new()
            .read(true)
            .custom_flags(O_NONBLOCK)
            .open(path)
            .map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        if !found.is_file() {
            return Err(unusable("is no regular file"));
        }
        if found.permissions().mode() & 0o077 != 0 {
            return Err(unusable(
                "can be read by others; `chmod 600` keeps it to its owner",
            ));
        }
        let mut text = String::new();
        let read = (&mut file)
            .take(MAX_LENGTH as u64 + 64)
            .read_to_string(&mut text);
        match read {
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return Err(unusable("holds no text"));
            }
            read => read.map_err(failed)?,
        };
        Token::parse(text.trim_end_matches(['\n', '\r'])).map_err(|error| match error {
            McpError::Token { why } => unusable(&format!("holds no token: {why}")),
            other => other,
        })
    }

    /// The token itself, for the one line in which a person is told it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether this is the token. How long it takes does not depend on how much of it is right.
    pub fn is(&self, shown: &[u8]) -> bool {
        let ours = Sha256::digest(self.0.as_bytes());
        let theirs = Sha256::digest(shown);
        let differs = ours
            .iter()
            .zip(theirs.iter())
            .fold(0, |differs, (a, b)| differs | (a ^ b));
        std::hint::black_box(differs) == 0
    }
}

/// Of Linux, on every architecture that is supported here.
const O_NONBLOCK: i32 = 0o4000;

fn new_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_random_token_is_long_new_and_not_printed() {
        let (one, other) = (Token::random().unwrap(), Token::random().unwrap());
        assert_eq!(one.reveal().len(), 43);
        assert_ne!(one.reveal(), other.reveal());
        assert!(Token::parse(one.reveal()).is_ok());
        assert!(!format!("{one:?}").contains(one.reveal()));
    }

    #[test]
    fn only_the_token_itself_is_taken() {
        let token = Token::parse(GOOD).unwrap();
        assert!(token.is(GOOD.as_bytes()));
        for other in ["", &GOOD[1..], &GOOD.to_uppercase(), &format!("{GOOD} ")] {
            assert!(!token.is(other.as_bytes()), "{other:?}");
        }
    }

    #[test]
    fn what_is_short_long_or_no_header_is_no_token() {
        for text in [
            "",
            "short",
            &GOOD[1..],
            &"x".repeat(1025),
            &format!("{GOOD}\r\nx: y"),
            &format!("{GOOD}é"),
        ] {
            assert!(Token::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_token_file_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let made = Token::from_file(&path).unwrap();
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Token::from_file(&path).unwrap().reveal(), made.reveal());

        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Token::from_file(&path).unwrap_err();
        assert!(
            refused.to_string().contains("can be read by others"),
            "{refused}"
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
        assert!(Token::from_file(&path).is_ok());

        assert!(Token::from_file(folder.path()).is_err());
        for text in [&b"short\n"[..], b"\xff\xfe", b""] {
            let path = folder.path().join("other");
            let _ = std::fs::remove_file(&path);
            new_file(&path).unwrap().write_all(text).unwrap();
            let refused = Token::from_file(&path).unwrap_err();
            assert_eq!(refused.code(), "token-unusable", "{refused}");
        }
    }
}
