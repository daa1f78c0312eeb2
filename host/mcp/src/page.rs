//! Long lists, a page at a time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rmcp::ErrorData;

/// Entries of a page.
pub(crate) const PAGE: usize = 100;

/// The longest cursor that is read: it holds a name or an address.
const MAX_CURSOR: usize = 8 << 10;

/// The page that follows the cursor, and the cursor of the next. A cursor names the last entry of the page before by
/// its key, so that it outlives a restart and does not skip anything when the list becomes longer.
///
/// # Errors
/// If the cursor is not one of this list, or what it names is not there any more.
pub(crate) fn page<T>(
    all: Vec<T>,
    key: impl Fn(&T) -> &str,
    cursor: Option<&str>,
) -> Result<(Vec<T>, Option<String>), ErrorData> {
    let start = match cursor {
        None => 0,
        Some(cursor) => {
            let last = decoded(cursor).ok_or_else(unknown)?;
            let at = all.iter().position(|entry| key(entry) == last);
            at.ok_or_else(unknown)? + 1
        }
    };
    let more = all.len() > start + PAGE;
    let page: Vec<T> = all.into_iter().skip(start).take(PAGE).collect();
    let next = page
        .last()
        .filter(|_| more)
        .map(|last| URL_SAFE_NO_PAD.encode(key(last)));
    Ok((page, next))
}

fn decoded(cursor: &str) -> Option<String> {
    if cursor.len() > MAX_CURSOR {
        return None;
    }
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}

fn unknown() -> ErrorData {
    ErrorData::invalid_params(
        "the cursor is not of this list; ask for its first page",
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_and_end() {
        let all: Vec<String> = (0..250).map(|n| format!("n{n}")).collect();
        let mut seen = Vec::new();
        let mut cursor = None;
        for _ in 0..3 {
            let (page, next) = page(all.clone(), String::as_str, cursor.as_deref()).unwrap();
            assert!(page.len() <= PAGE);
            seen.extend(page);
            cursor = next;
        }
        assert_eq!(seen, all);
        assert!(cursor.is_none());
        let few = page(vec!["a"], |a| a, None).unwrap();
        assert_eq!(few, (vec!["a"], None));
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let long = "A".repeat(MAX_CURSOR + 1);
        for bad in ["", "!!!", "bm8", &long, "_w"] {
            let error = page(vec!["a", "b"], |a| a, Some(bad)).unwrap_err();
            assert_eq!(error.code, rmcp::model::ErrorCode::INVALID_PARAMS, "{bad}");
        }
    }
}
