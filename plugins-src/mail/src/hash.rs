//! Short names for long ones.

/// FNV-1a, 64 bits: the same everywhere and always, which ids need. It is no defence against somebody who makes
/// two messages of one id: they would only find their own.
pub fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A hash as 16 hex digits.
pub fn hex(hash: u64) -> String {
    format!("{hash:016x}")
}
