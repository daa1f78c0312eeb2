//! Who signed: a name that can be written into a policy and a lockfile.

use std::fmt;
use std::str::FromStr;

use remit_package::{Digest, Evidence};
use remit_policy::display_safe;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::SignError;
use crate::public_key::PublicKey;
use crate::signature::{Signature, verify};
use crate::subject::Subject;

const MINISIGN: &str = "minisign:";

/// Who signed something. One signer has one text, so texts may be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signer {
    /// The holder of a key: `minisign:` and the key's line.
    Minisign(PublicKey),
}

impl Signer {
    /// The key to verify with.
    pub fn key(&self) -> &PublicKey {
        match self {
            Signer::Minisign(key) => key,
        }
    }
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Signer::Minisign(key) => write!(f, "{MINISIGN}{key}"),
        }
    }
}

impl FromStr for Signer {
    type Err = SignError;

    fn from_str(text: &str) -> Result<Signer, SignError> {
        let refuse = || SignError::Signer(display_safe(text, 120));
        let key: PublicKey = text
            .strip_prefix(MINISIGN)
            .ok_or_else(refuse)?
            .parse()
            .map_err(|error| match error {
                weak @ SignError::KeyWeak => weak,
                _ => refuse(),
            })?;
        // A file's text is a key too, but not a second way to write a signer.
        let signer = Signer::Minisign(key);
        if signer.to_string() == text {
            Ok(signer)
        } else {
            Err(refuse())
        }
    }
}

impl Serialize for Signer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Signer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Signer, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Who signed a content, by a signature that was kept with it: verified anew, since the store's files can be changed.
///
/// # Errors
/// As [`verify`](crate::verify), and for a key that is none.
pub fn verify_evidence(evidence: &Evidence, content: &[u8]) -> Result<Signer, SignError> {
    let subject = Subject::new(&evidence.name, &evidence.version, Digest::of(content))?;
    let key: Option<PublicKey> = evidence.key.as_deref().map(str::parse).transpose()?;
    let signature = Signature::parse(evidence.signature.as_bytes())?;
    verify(&signature, content, &subject, key.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SecretKey, sign};

    #[test]
    fn a_signer_has_one_text() {
        let key = SecretKey::generate().unwrap().public();
        let signer = Signer::Minisign(key);
        let text = signer.to_string();
        assert_eq!(text.parse::<Signer>().unwrap(), signer);
        let json = serde_json::to_string(&signer).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<Signer>(&json).unwrap(), signer);
        for other in [
            key.to_string(),
            format!("Minisign:{key}"),
            format!("minisign: {key}"),
            format!("{text}\n"),
            format!("minisign:{}", key.file_text()),
            "sigstore:https://accounts.example me@example.org".to_owned(),
            "minisign:".to_owned(),
            String::new(),
        ] {
            let error = other.parse::<Signer>().unwrap_err();
            assert_eq!(error.code(), "signer-invalid", "{other:?}");
        }
    }

    #[test]
    fn evidence_is_worth_what_its_signature_is() {
        let key = SecretKey::generate().unwrap();
        let content = b"bytes";
        let subject = Subject::new("mail", "1.0.0", Digest::of(content)).unwrap();
        let good = Evidence {
            name: "mail".into(),
            version: "1.0.0".into(),
            signature: sign(&key, content, &subject),
            key: Some(key.public().to_string()),
        };
        let signer = verify_evidence(&good, content).unwrap();
        assert_eq!(signer, Signer::Minisign(key.public()));
        let code = |evidence: &Evidence, content: &[u8]| {
            verify_evidence(evidence, content).unwrap_err().code()
        };
        assert_eq!(code(&good, b"other"), "signature-wrong");
        let changed = |change: fn(&mut Evidence)| {
            let mut evidence = good.clone();
            change(&mut evidence);
            code(&evidence, content)
        };
        assert_eq!(changed(|e| e.name = "drive".into()), "signature-subject");
        assert_eq!(changed(|e| e.version = "1.0.1".into()), "signature-subject");
        assert_eq!(changed(|e| e.name = "a b".into()), "subject-invalid");
        assert_eq!(changed(|e| e.key = None), "signature-key-missing");
        assert_eq!(changed(|e| e.key = Some("x".into())), "key-malformed");
        assert_eq!(changed(|e| e.signature.clear()), "signature-malformed");
        let other = SecretKey::generate().unwrap().public();
        let mut evidence = good;
        evidence.key = Some(other.to_string());
        assert_eq!(code(&evidence, content), "signature-key");
    }
}
