//! Who must have signed a plugin, where the operator says so.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::{OperatorPolicy, display_safe};

/// The text that names a signer: `minisign:` and the key's line. One signer has one text, so texts are compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignerName(String);

/// The 42 bytes of a key in base64, which need no padding and so have one spelling.
const KEY_LENGTH: usize = 56;

impl SignerName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SignerName {
    type Err = String;

    fn from_str(text: &str) -> Result<SignerName, String> {
        let is_digit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
        let is_key = |key: &str| key.len() == KEY_LENGTH && key.bytes().all(is_digit);
        if text.strip_prefix("minisign:").is_some_and(is_key) {
            return Ok(SignerName(text.to_owned()));
        }
        Err(format!(
            "`{}` does not name a signer: `minisign:` and the public key, as `remit key new` prints it",
            display_safe(text, 120)
        ))
    }
}

impl fmt::Display for SignerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SignerName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SignerName, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// Why a plugin may not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerDenial {
    /// None of those that the policy lists signed it.
    Required,
    /// Nobody signed it but those whose signature counts no more.
    Revoked,
}

impl SignerDenial {
    /// The codes, with their meaning.
    pub const CODES: &[(&str, &str)] = &[
        (
            "signer-required",
            "none of the signers that the operator's policy lists signed the plugin",
        ),
        (
            "signer-revoked",
            "only a signer whom the operator's policy revokes signed the plugin",
        ),
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Required => "signer-required",
            Self::Revoked => "signer-revoked",
        }
    }
}

impl OperatorPolicy {
    /// Whether it matters who signed a plugin.
    pub fn asks_for_signers(&self) -> bool {
        self.signers.is_some() || !self.revoked_signers.is_empty()
    }

    /// Whether a plugin that these signed may be opened. A revoked signer counts as none; a plugin that another signed
    /// too is not refused for that, so that a publisher can sign the same bytes with a new key.
    ///
    /// # Errors
    /// Why it may not.
    pub fn signers_allowed(&self, signed_by: &[String]) -> Result<(), SignerDenial> {
        let names = |list: &[SignerName], signer: &String| list.iter().any(|n| n.0 == *signer);
        let mut counted = signed_by
            .iter()
            .filter(|signer| !names(&self.revoked_signers, signer))
            .peekable();
        let is_revoked = counted.peek().is_none() && !signed_by.is_empty();
        match &self.signers {
            _ if is_revoked => Err(SignerDenial::Revoked),
            None => Ok(()),
            Some(list) if counted.any(|signer| names(list, signer)) => Ok(()),
            Some(_) => Err(SignerDenial::Required),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(letter: char) -> String {
        format!("minisign:RW{}", letter.to_string().repeat(54))
    }

    fn policy(signers: Option<&[char]>, revoked: &[char]) -> OperatorPolicy {
        let names = |list: &[char]| list.iter().map(|c| name(*c).parse().unwrap()).collect();
        OperatorPolicy {
            signers: signers.map(names),
            revoked_signers: names(revoked),
            ..OperatorPolicy::default()
        }
    }

    #[test]
    fn one_of_those_listed_must_have_signed_and_no_revoked_one_counts() {
        use SignerDenial::{Required, Revoked};
        for (signers, revoked, signed_by, expected) in [
            (None, "", "", Ok(())),
            (None, "", "a", Ok(())),
            (None, "a", "", Ok(())),
            (None, "a", "b", Ok(())),
            (None, "a", "a", Err(Revoked)),
            (None, "a", "ab", Ok(())),
            (None, "ab", "ab", Err(Revoked)),
            (Some(""), "", "", Err(Required)),
            (Some(""), "", "a", Err(Required)),
            (Some("a"), "", "", Err(Required)),
            (Some("a"), "", "b", Err(Required)),
            (Some("a"), "", "a", Ok(())),
            (Some("ab"), "", "b", Ok(())),
            (Some("a"), "", "ba", Ok(())),
            (Some("a"), "a", "a", Err(Revoked)),
            (Some("a"), "a", "ab", Err(Required)),
            (Some("ab"), "a", "ab", Ok(())),
        ] {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            let listed = signers.map(letters);
            let policy = policy(listed.as_deref(), &letters(revoked));
            let signed_by: Vec<String> = signed_by.chars().map(name).collect();
            let found = policy.signers_allowed(&signed_by);
            assert_eq!(found, expected, "{signers:?} {revoked} {signed_by:?}");
            assert_eq!(
                policy.asks_for_signers(),
                signers.is_some() || !revoked.is_empty()
            );
        }
    }

    #[test]
    fn a_text_that_names_no_signer_is_refused() {
        let good = name('a');
        assert_eq!(good.parse::<SignerName>().unwrap().to_string(), good);
        for bad in [
            "",
            "minisign:",
            &good[9..],
            &good[..good.len() - 1],
            &format!("{good}="),
            &good.replace("RWa", "RW "),
            &good.replace("minisign", "Minisign"),
            "sigstore:https://accounts.example me@example.org",
        ] {
            assert!(bad.parse::<SignerName>().is_err(), "{bad:?}");
        }
    }
}
