//! Detached signatures: minisign's text, over the content, with the subject as its trusted comment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest as _};
use remit_package::Digest;
use remit_policy::display_safe;

use crate::ed25519::holds;
use crate::error::SignError;
use crate::public_key::{PublicKey, id_text};
use crate::secret_key::SecretKey;
use crate::signer::Signer;
use crate::subject::Subject;

/// Over BLAKE2b-512 of the content.
const HASHED: &[u8; 2] = b"ED";
/// Over the content itself.
const LEGACY: &[u8; 2] = b"Ed";
const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";
/// minisign's own ceilings are 1 KiB and 8 KiB for the two comments.
const MAX_TEXT: usize = 10 * 1024;

/// A signature, read but not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    key_id: [u8; 8],
    signature: [u8; 64],
    comment: String,
    /// Over the signature and the comment.
    global: [u8; 64],
}

impl Signature {
    /// Reads the text of one signature, and nothing beside it.
    ///
    /// # Errors
    /// `signature-malformed`; `signature-legacy` for minisign's old form, `signature-sigstore` for a Sigstore bundle.
    pub fn parse(bytes: &[u8]) -> Result<Signature, SignError> {
        let refuse = |reason: &str| SignError::Malformed(reason.to_owned());
        if bytes.trim_ascii_start().starts_with(b"{") {
            return Err(SignError::Sigstore);
        }
        if bytes.len() > MAX_TEXT {
            return Err(refuse("it is too long"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| refuse("it is not text"))?;
        let mut lines = text.lines();
        let mut line = || {
            lines
                .next()
                .ok_or_else(|| refuse("it has fewer than four lines"))
        };
        if !line()?.starts_with(UNTRUSTED) {
            return Err(refuse("it does not begin with `untrusted comment: `"));
        }
        let first = decode(line()?)?;
        let comment = line()?
            .strip_prefix(TRUSTED)
            .ok_or_else(|| refuse("its third line is not a trusted comment"))?;
        let global = decode(line()?)?;
        if lines.next().is_some() {
            return Err(refuse("something follows the signature"));
        }
        let length = || refuse("it does not have the length of a signature");
        let (algorithm, rest) = first.split_first_chunk::<2>().ok_or_else(length)?;
        let (key_id, signature) = rest.split_first_chunk::<8>().ok_or_else(length)?;
        let signature = signature.try_into().map_err(|_| length())?;
        let global = global.as_slice().try_into().map_err(|_| length())?;
        match algorithm {
            HASHED => Ok(Signature {
                key_id: *key_id,
                signature,
                comment: comment.to_owned(),
                global,
            }),
            LEGACY => Err(SignError::Legacy),
            _ => Err(refuse("its algorithm is not one of minisign's")),
        }
    }

    /// The number of the key that made it, as it says itself.
    pub fn key_id(&self) -> String {
        id_text(self.key_id)
    }

    /// What it says that it is about, if it says that. Believe it only once [`verify`] has.
    pub fn claims(&self) -> Option<Subject> {
        Subject::of_comment(&self.comment)
    }
}

fn decode(line: &str) -> Result<Vec<u8>, SignError> {
    STANDARD
        .decode(line)
        .map_err(|_| SignError::Malformed("it is not base64".to_owned()))
}

/// Signs the content as what the subject says; gives the text of a `.minisig` file. The subject's digest is that of
/// the content.
pub fn sign(key: &SecretKey, content: &[u8], subject: &Subject) -> String {
    let public = key.public();
    let signature = key.seed.sign(&Blake2b512::digest(content));
    let comment = subject.to_string();
    let global = key
        .seed
        .sign(&signed_by_global(signature.as_ref(), &comment));
    let mut line = HASHED.to_vec();
    line.extend_from_slice(&public.id);
    line.extend_from_slice(signature.as_ref());
    format!(
        "{UNTRUSTED}signature by remit, key {}\n{}\n{TRUSTED}{comment}\n{}\n",
        public.id(),
        STANDARD.encode(line),
        STANDARD.encode(global)
    )
}

fn signed_by_global(signature: &[u8], comment: &str) -> Vec<u8> {
    [signature, comment.as_bytes()].concat()
}

/// Who signed this content as this name and version.
///
/// # Errors
/// Whatever keeps the signature from saying exactly that: see [`SignError`].
pub fn verify(
    signature: &Signature,
    content: &[u8],
    subject: &Subject,
    key: Option<&PublicKey>,
) -> Result<Signer, SignError> {
    let key = key.ok_or(SignError::KeyMissing)?;
    if signature.key_id != key.id {
        return Err(SignError::Key {
            found: signature.key_id(),
            expected: key.id(),
        });
    }
    let hash = Blake2b512::digest(content);
    if !holds(&key.key, &hash, &signature.signature) {
        return Err(SignError::Wrong("the content is not what was signed"));
    }
    let comment = signed_by_global(&signature.signature, &signature.comment);
    if !holds(&key.key, &comment, &signature.global) {
        return Err(SignError::Wrong("its comment is not what was signed"));
    }
    let claims = signature.claims().ok_or(SignError::Partial)?;
    let differs = |what, found: &str, expected: &str| SignError::OtherSubject {
        what,
        found: display_safe(found, 80),
        expected: display_safe(expected, 80),
    };
    if claims.name() != subject.name() {
        return Err(differs("name", claims.name(), subject.name()));
    }
    if claims.version() != subject.version() {
        return Err(differs("version", claims.version(), subject.version()));
    }
    // Both: what the comment says, and what the caller took for the digest.
    let found = Digest::of(content);
    for digest in [claims.digest(), subject.digest()] {
        if *digest != found {
            return Err(differs("digest", &digest.to_string(), &found.to_string()));
        }
    }
    Ok(Signer::Minisign(*key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENT: &[u8] = b"the bytes of a component";

    fn subject() -> Subject {
        Subject::new("mail", "1.2.0", Digest::of(CONTENT)).unwrap()
    }

    fn key() -> SecretKey {
        SecretKey::generate().unwrap()
    }

    fn check(text: &str, key: &SecretKey) -> Result<Signer, SignError> {
        verify(
            &Signature::parse(text.as_bytes())?,
            CONTENT,
            &subject(),
            Some(&key.public()),
        )
    }

    /// A stock signature with any comment.
    fn with_comment(key: &SecretKey, comment: &str) -> String {
        let lines = sign(key, CONTENT, &subject());
        let mut lines: Vec<String> = lines.lines().map(str::to_owned).collect();
        let signature = STANDARD.decode(&lines[1]).unwrap();
        let global = key.seed.sign(&signed_by_global(&signature[10..], comment));
        lines[2] = format!("{TRUSTED}{comment}");
        lines[3] = STANDARD.encode(global);
        lines.join("\n") + "\n"
    }

    #[test]
    fn what_was_signed_verifies_and_names_the_signer() {
        let key = key();
        let text = sign(&key, CONTENT, &subject());
        let signer = check(&text, &key).unwrap();
        assert_eq!(signer, Signer::Minisign(key.public()));
        assert_eq!(
            check(&with_comment(&key, &subject().to_string()), &key).unwrap(),
            signer
        );
        // As an editor on another system leaves it.
        assert_eq!(check(&text.replace('\n', "\r\n"), &key).unwrap(), signer);
        let signature = Signature::parse(text.as_bytes()).unwrap();
        assert_eq!(signature.claims(), Some(subject()));
        assert_eq!(signature.key_id(), key.public().id());
    }

    #[test]
    fn a_signature_of_other_bytes_or_of_another_subject_is_refused() {
        let key = key();
        let text = sign(&key, CONTENT, &subject());
        let signature = Signature::parse(text.as_bytes()).unwrap();
        let public = key.public();
        let code = |content: &[u8], subject: &Subject| {
            verify(&signature, content, subject, Some(&public))
                .map_err(|e| e.code())
                .unwrap_err()
        };
        let of = |name, version, content| Subject::new(name, version, Digest::of(content)).unwrap();
        let other = b"other bytes".as_slice();
        assert_eq!(code(other, &subject()), "signature-wrong");
        assert_eq!(code(other, &of("mail", "1.2.0", other)), "signature-wrong");
        assert_eq!(
            code(CONTENT, &of("drive", "1.2.0", CONTENT)),
            "signature-subject"
        );
        assert_eq!(
            code(CONTENT, &of("mail", "1.2.1", CONTENT)),
            "signature-subject"
        );
        assert_eq!(
            code(CONTENT, &of("mail", "1.2.0", other)),
            "signature-subject"
        );
        // The key signed a comment with the digest of something else.
        let lies = with_comment(&key, &of("mail", "1.2.0", other).to_string());
        assert_eq!(check(&lies, &key).unwrap_err().code(), "signature-subject");
    }

    #[test]
    fn another_key_is_refused_whatever_its_number() {
        let (key, other) = (key(), key());
        let text = sign(&key, CONTENT, &subject());
        assert_eq!(check(&text, &other).unwrap_err().code(), "signature-key");
        let signature = Signature::parse(text.as_bytes()).unwrap();
        // The number can be had by anyone.
        let mut same_number = other.public();
        same_number.id = key.public().id;
        let verified = |key| verify(&signature, CONTENT, &subject(), key);
        assert_eq!(
            verified(Some(&same_number)).unwrap_err().code(),
            "signature-wrong"
        );
        assert_eq!(verified(None).unwrap_err().code(), "signature-key-missing");
        assert!(verified(Some(&key.public())).is_ok());
    }

    #[test]
    fn a_signature_that_covers_the_bytes_only_is_refused() {
        let key = key();
        for comment in [
            "",
            "timestamp:1700000000\tfile:mail.wasm\thashed",
            "remit name=mail",
            "remit name=mail version=1.2.0",
            &format!("{} ", subject()),
        ] {
            let error = check(&with_comment(&key, comment), &key).unwrap_err();
            assert_eq!(error.code(), "signature-partial", "{comment:?}");
        }
    }

    #[test]
    fn every_bit_of_what_is_signed_counts() {
        let key = key();
        let text = sign(&key, CONTENT, &subject());
        let lines: Vec<&str> = text.lines().collect();
        for number in [1, 3] {
            let bytes = STANDARD.decode(lines[number]).unwrap();
            for at in 0..bytes.len() {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1;
                let line = STANDARD.encode(bytes);
                let mut lines = lines.clone();
                lines[number] = &line;
                assert!(
                    check(&lines.join("\n"), &key).is_err(),
                    "line {number}, byte {at}"
                );
            }
        }
        let comment = lines[2].len();
        for at in TRUSTED.len()..comment {
            let mut changed = lines[2].as_bytes().to_vec();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            let text = text.replace(lines[2], &changed);
            assert_eq!(check(&text, &key).unwrap_err().code(), "signature-wrong");
        }
        // The comment of another signature of the same key, with the signature that belongs to it.
        let other = Subject::new("mail", "9.0.0", Digest::of(b"x")).unwrap();
        let other = sign(&key, b"x", &other);
        let other: Vec<&str> = other.lines().collect();
        let mixed = [lines[0], lines[1], other[2], other[3]].join("\n");
        assert_eq!(check(&mixed, &key).unwrap_err().code(), "signature-wrong");
    }

    #[test]
    fn what_is_not_the_text_of_one_signature_is_refused() {
        let key = key();
        let text = sign(&key, CONTENT, &subject());
        let lines: Vec<&str> = text.lines().collect();
        let legacy = {
            let mut bytes = STANDARD.decode(lines[1]).unwrap();
            bytes[1] = b'd';
            text.replace(lines[1], &STANDARD.encode(bytes))
        };
        let unknown = {
            let mut bytes = STANDARD.decode(lines[1]).unwrap();
            bytes[1] = b'x';
            text.replace(lines[1], &STANDARD.encode(bytes))
        };
        for (bad, code) in [
            (String::new(), "signature-malformed"),
            (lines[..3].join("\n"), "signature-malformed"),
            (format!("{text}\n"), "signature-malformed"),
            (format!("{text}more\n"), "signature-malformed"),
            (format!("{text}{text}"), "signature-malformed"),
            (format!("\n{text}"), "signature-malformed"),
            (
                text.replace("untrusted", "Untrusted"),
                "signature-malformed",
            ),
            (
                text.replace("\ntrusted comment: ", "\ncomment: "),
                "signature-malformed",
            ),
            (
                text.replace(lines[1], &lines[1][..40]),
                "signature-malformed",
            ),
            (
                text.replace(lines[1], &format!("{}AAAA", lines[1])),
                "signature-malformed",
            ),
            (
                text.replace(lines[1], &format!(" {}", lines[1])),
                "signature-malformed",
            ),
            (text.replace(lines[3], lines[1]), "signature-malformed"),
            (
                text.replace(UNTRUSTED, &format!("{UNTRUSTED}{}", "x".repeat(MAX_TEXT))),
                "signature-malformed",
            ),
            (unknown, "signature-malformed"),
            (legacy, "signature-legacy"),
            (
                "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\"}".to_owned(),
                "signature-sigstore",
            ),
            (" \n{}".to_owned(), "signature-sigstore"),
        ] {
            let error = Signature::parse(bad.as_bytes()).unwrap_err();
            assert_eq!(error.code(), code, "{bad:?}");
            assert!(error.hint().is_some());
        }
        assert_eq!(
            Signature::parse(b"\xff\xfe").unwrap_err().code(),
            "signature-malformed"
        );
    }
}
