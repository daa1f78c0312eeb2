//! Places that things come from, compared by their text.

/// Whether two sources are one place in other versions: one repository under two tags, or two files of one folder.
pub(crate) fn same_place(a: &str, b: &str) -> bool {
    place(a) == place(b)
}

/// The repository of a reference, the folder of an address or path.
pub(crate) fn place(source: &str) -> &str {
    let oci = source.starts_with("oci://") || source.starts_with("oci+http://");
    let (before, last) = source.rsplit_once('/').unwrap_or(("", source));
    if !oci {
        return before;
    }
    let name = last.split(['@', ':']).next().unwrap_or_default();
    source
        .get(..before.len() + 1 + name.len())
        .unwrap_or(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_the_same_place_under_each_tag() {
        let digest = remit_package::Digest::of(b"x");
        let pinned = format!("oci://r.test/a/mail@{digest}");
        for same in [
            "oci://r.test/a/mail:1",
            "oci://r.test/a/mail:2",
            &pinned,
            "oci://r.test/a/mail",
        ] {
            assert!(same_place("oci://r.test/a/mail:1", same), "{same}");
        }
        for other in [
            "oci://r.test/a/mail2:1",
            "oci://r.test/b/mail:1",
            "oci://r.test:5000/a/mail:1",
            "oci+http://r.test/a/mail:1",
            "https://r.test/a/mail:1",
            "/a/mail",
        ] {
            assert!(!same_place("oci://r.test/a/mail:1", other), "{other}");
        }
    }

    #[test]
    fn files_of_one_folder_are_of_one_place() {
        assert!(same_place(
            "https://a.test/p/mail-1.wasm",
            "https://a.test/p/mail-2.wasm"
        ));
        assert!(!same_place(
            "https://a.test/p/mail.wasm",
            "https://a.test/q/mail.wasm"
        ));
        assert!(!same_place(
            "https://a.test/mail.wasm",
            "https://b.test/mail.wasm"
        ));
        assert!(same_place("/a/mail.wasm", "/a/mail2.wasm"));
        assert!(!same_place("/a/mail.wasm", "/b/mail.wasm"));
    }
}
