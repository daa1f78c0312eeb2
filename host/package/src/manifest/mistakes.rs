//! Common mistakes in a skill.toml, told in one voice whoever found them.

use remit_policy::display_safe;

use crate::codes::Code;
use crate::error::PackageError;
use crate::text::closest;

/// serde's words for the common mistakes, in ours.
pub(super) fn serde_error(table: &str, message: &str, refused: Code) -> PackageError {
    let message = display_safe(message, 300);
    // What serde quotes, it quotes like `this`.
    let quoted: Vec<_> = message.split('`').skip(1).step_by(2).collect();
    let (first, others) = match quoted.as_slice() {
        [first, others @ ..] => (*first, others),
        [] => ("", quoted.as_slice()),
    };
    if message.starts_with("missing field") {
        let message = format!("{table} lacks the key `{first}`");
        return PackageError::new(Code::ManifestMissingKey, message);
    }
    if message.starts_with("unknown field") {
        let error = PackageError::new(
            Code::ManifestUnknownKey,
            format!("{table} has no key `{first}` there"),
        );
        return error.hinted(meant(first, others));
    }
    let code = if message.starts_with("invalid type") {
        Code::ManifestWrongType
    } else {
        refused
    };
    let message = message.replace("expected u32", "expected a whole number");
    PackageError::new(code, format!("{table}: {message}"))
}

/// What the person may have meant, or what there is.
pub(super) fn meant(wrong: &str, known: &[&str]) -> String {
    /// A longer list is no help.
    const MAX_LISTED: usize = 16;
    match closest(wrong, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.len() > MAX_LISTED => {
            "an input takes the keywords of JSON Schema, without those that refer to other schemas"
                .to_owned()
        }
        None => format!("it takes {}", known.join(", ")),
    }
}
