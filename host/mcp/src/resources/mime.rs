//! What a file is, by the ending of its name.

use std::path::Path;

/// Endings of what skills and runs hold. What is not among them is text if it is UTF-8, and bytes otherwise.
const TYPES: &[(&str, &str)] = &[
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("eml", "message/rfc822"),
    ("gif", "image/gif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ics", "text/calendar"),
    ("j2", "text/plain"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("jsonl", "application/jsonl"),
    ("md", "text/markdown"),
    ("mp3", "audio/mpeg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("py", "text/x-python"),
    ("sh", "text/x-shellscript"),
    ("svg", "image/svg+xml"),
    ("toml", "application/toml"),
    ("txt", "text/plain"),
    ("wasm", "application/wasm"),
    ("wav", "audio/wav"),
    ("webp", "image/webp"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("zip", "application/zip"),
];

/// By the ending alone; none where it says nothing.
pub(crate) fn of_name(path: &str) -> Option<&'static str> {
    let ending = Path::new(path).extension()?.to_str()?.to_ascii_lowercase();
    let at = TYPES.binary_search_by(|(known, _)| (*known).cmp(ending.as_str()));
    TYPES.get(at.ok()?).map(|(_, mime)| *mime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_endings_are_found() {
        assert!(TYPES.is_sorted());
        for (name, mime) in [
            ("a/b.md", Some("text/markdown")),
            ("A.JSON", Some("application/json")),
            ("report.md.j2", Some("text/plain")),
            ("noending", None),
            ("a.unknown", None),
            (".md", None),
        ] {
            assert_eq!(of_name(name), mime, "{name}");
        }
    }
}
