//! Archives that chance has changed.

use super::*;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is changed in an archive: it is refused, or unpacks beneath its folder.
    #[test]
    fn damaged_archives_never_reach_outside(
        places in prop::collection::vec((0_usize..4096, any::<u8>()), 1..8),
    ) {
        let mut tar = Tar::skill()
            .folder("weekly/a")
            .file("weekly/a/b", b"content")
            .pax(&[("mtime", "1")])
            .file("weekly/c", b"more")
            .ended();
        for (at, byte) in places {
            let length = tar.len();
            tar[at % length] = byte;
        }
        // The checksums are made right again, so that what they guard is reached.
        for start in (0..tar.len()).step_by(512) {
            let Some(block) = tar.get_mut(start..start + 512) else { break };
            if block[257..262] == *b"ustar" {
                let header: &mut [u8; 512] = block.try_into().unwrap();
                let mut fixed = Header::from_byte_slice(header).clone();
                fixed.set_cksum();
                *header = *fixed.as_bytes();
            }
        }
        let _ = unpacked(&gzip(&tar));
    }

    #[test]
    fn any_name_is_refused_or_stays_inside(path in "[a./\\\\ \u{1b}é~-]{0,40}", kind in 0_u8..=255) {
        let archive = Tar::skill().entry(EntryType::new(kind), path.as_bytes(), b"../outside", b"x");
        let _ = unpacked(&archive.gzip());
    }

    #[test]
    fn any_damage_of_the_gzip_is_refused_or_harmless(at in 0_usize..400, bit in 0_u8..8) {
        let mut bytes = Tar::skill().file("weekly/x", b"content").gzip();
        let length = bytes.len();
        bytes[at % length] ^= 1 << bit;
        let (result, root) = unpacked(&bytes);
        if let Ok(found) = result {
            prop_assert!(found.root.starts_with(root.path()));
            prop_assert_eq!(std::fs::read(found.root.join("SKILL.md")).unwrap(), DOC);
        }
    }
}
