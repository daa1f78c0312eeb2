//! From a password to the bytes that hide a secret key: scrypt, with libsodium's two limits for its parameters.

use scrypt::Params;
use zeroize::Zeroizing;

/// What a key file says about how much work opening it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) operations: u64,
    /// Bytes.
    pub(crate) memory: u64,
}

/// N = 2^17, r = 8, p = 1: 128 MiB, what OWASP's cheat sheet on password storage asks for. minisign takes eight times
/// as much, which small machines do not have; it opens ours, and we open its.
pub(crate) const DEFAULT: Work = Work {
    operations: 1 << 22,
    memory: 1 << 27,
};

/// As much as minisign takes, and no more: a key file that a stranger wrote is not to fill the machine's memory.
const MOST: Work = Work {
    operations: 1 << 25,
    memory: 1 << 30,
};

/// Fills `out`; none if the file asks for more work than any of minisign's does.
pub(crate) fn derive(
    password: &[u8],
    salt: &[u8],
    work: Work,
    length: usize,
) -> Option<Zeroizing<Vec<u8>>> {
    if work.operations > MOST.operations || work.memory > MOST.memory {
        return None;
    }
    let mut out = Zeroizing::new(vec![0; length]);
    scrypt::scrypt(password, salt, &params(work)?, &mut out).ok()?;
    Some(out)
}

/// libsodium's `pickparams` (crypto_pwhash_scryptsalsa208sha256).
fn params(work: Work) -> Option<Params> {
    const R: u64 = 8;
    let operations = work.operations.max(32_768);
    let log2 = |most: u64| (1..63).find(|n| 1u64 << n > most / 2).unwrap_or(63);
    let (n, p) = if operations < work.memory / 32 {
        (log2(operations / (R * 4)), 1)
    } else {
        let n = log2(work.memory / (R * 128));
        let rp = ((operations / 4) >> n).min(0x3fff_ffff);
        (n, rp / R)
    };
    Params::new(
        u8::try_from(n).ok()?,
        u32::try_from(R).ok()?,
        u32::try_from(p).ok()?,
        32,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_are_those_of_libsodium() {
        // minisign's own: "sensitive".
        let sensitive = params(MOST).unwrap();
        assert_eq!(
            (sensitive.log_n(), sensitive.r(), sensitive.p()),
            (20, 8, 1)
        );
        let ours = params(DEFAULT).unwrap();
        assert_eq!((ours.log_n(), ours.r(), ours.p()), (17, 8, 1));
        // libsodium's "interactive".
        let interactive = Work {
            operations: 524_288,
            memory: 16_777_216,
        };
        let interactive = params(interactive).unwrap();
        assert_eq!((interactive.log_n(), interactive.p()), (14, 1));
    }

    #[test]
    fn more_work_than_minisign_asks_for_is_not_done() {
        let work = |operations, memory| Work { operations, memory };
        assert!(derive(b"p", &[0; 32], work(32_768, 1 << 20), 32).is_some());
        for bomb in [
            work(1 << 26, 1 << 30),
            work(1 << 25, (1 << 30) + 1),
            work(u64::MAX, u64::MAX),
        ] {
            assert!(derive(b"p", &[0; 32], bomb, 32).is_none());
        }
    }

    #[test]
    fn nothing_that_a_file_may_say_makes_it_panic() {
        for memory in [0, 1, 1023, 1024, 4096, 1 << 20] {
            for operations in [0, 1, 32_768, 1 << 20] {
                let _ = derive(b"p", &[0; 32], Work { operations, memory }, 8);
            }
        }
    }
}
