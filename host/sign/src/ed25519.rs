//! Ed25519, as minisign and signed notes have it.

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, Signature, UnparsedPublicKey};
use zeroize::Zeroizing;

use crate::error::SignError;

/// A signing key: 32 random bytes, and what follows from them.
pub(crate) struct Seed {
    bytes: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
    public: [u8; 32],
}

impl Seed {
    pub(crate) fn generate() -> Result<Seed, SignError> {
        let mut seed = Zeroizing::new([0; 32]);
        random(seed.as_mut())?;
        Seed::of(seed.as_ref()).ok_or_else(|| SignError::Random("no key comes of them".to_owned()))
    }

    /// None if there are not 32 bytes.
    pub(crate) fn of(bytes: &[u8]) -> Option<Seed> {
        let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(bytes.try_into().ok()?);
        let pair = Ed25519KeyPair::from_seed_unchecked(bytes.as_ref()).ok()?;
        let public = pair.public_key().as_ref().try_into().ok()?;
        Some(Seed {
            bytes,
            pair,
            public,
        })
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    pub(crate) fn public(&self) -> [u8; 32] {
        self.public
    }

    /// 64 bytes.
    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        self.pair.sign(message)
    }
}

pub(crate) fn holds(key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, key)
        .verify(message, signature)
        .is_ok()
}

pub(crate) fn random(bytes: &mut [u8]) -> Result<(), SignError> {
    getrandom::fill(bytes).map_err(|e| SignError::Random(e.to_string()))
}

/// Whether a key is a point of small order: a signature that holds under it can be made by anybody. The y of each of
/// the eight such points, and their spellings past the prime, as libsodium refuses them; the sign bit is of no account.
pub(crate) fn is_weak(key: &[u8; 32]) -> bool {
    /// Of order 8, each with its negative.
    const EIGHT: [[u8; 32]; 2] = [
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
    ];
    let mut y = *key;
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    // 0, 1, p-1, p, p+1 with p = 2^255 - 19.
    let near = |first: u8| {
        let mut y = [0xff; 32];
        let [low, .., high] = &mut y;
        (*low, *high) = (first, 0x7f);
        y
    };
    let small = |first: u8| {
        let mut y = [0; 32];
        let [low, ..] = &mut y;
        *low = first;
        y
    };
    EIGHT.contains(&y) || [small(0), small(1), near(0xec), near(0xed), near(0xee)].contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anybody_signs_under_a_weak_key_and_so_it_is_known() {
        // Under the neutral element, R = B·s holds for s of any kind: with s = 0, R is the neutral element as well.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut forged = [0; 64];
        forged[0] = 1;
        assert!(holds(&neutral, b"whatever", &forged));
        assert!(is_weak(&neutral));
        assert!(!is_weak(&Seed::generate().unwrap().public()));
    }

    #[test]
    fn what_was_signed_holds_and_all_else_does_not() {
        let seed = Seed::generate().unwrap();
        let signature = seed.sign(b"yes");
        assert!(holds(&seed.public(), b"yes", signature.as_ref()));
        assert!(!holds(&seed.public(), b"no", signature.as_ref()));
        assert!(!holds(
            &Seed::generate().unwrap().public(),
            b"yes",
            signature.as_ref()
        ));
        assert!(!holds(&seed.public(), b"yes", &signature.as_ref()[..63]));
    }
}
