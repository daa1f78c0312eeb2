//! Whether a skill may call an operation at all.

use crate::{Denial, DenialCode, Effect, Layer, display_safe};

/// Whether the skill lists the operation and grants its effect. `listed` is `None` where the skill lists none, which
/// means all that the plugin has.
///
/// # Errors
/// `operation-not-listed` or `effect-not-granted`.
pub fn operation_allowed(
    listed: Option<&[String]>,
    operation: &str,
    effect: Effect,
    granted: Effect,
) -> Result<(), Denial> {
    let asked = format!("operation {operation}");
    let denied = |code, reason: String| Denial {
        layer: Some(Layer::Grant),
        ..Denial::new(code, &asked, reason)
    };
    if listed.is_some_and(|listed| !listed.iter().any(|name| name == operation)) {
        let name = display_safe(operation, 64);
        return Err(denied(
            DenialCode::OperationNotListed,
            format!("the skill's `operations` do not list {name}"),
        ));
    }
    if effect > granted {
        return Err(denied(
            DenialCode::EffectNotGranted,
            format!("its effect is {effect}, and the skill grants {granted} at most"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed() -> Vec<String> {
        vec!["search".to_owned(), "read".to_owned()]
    }

    #[test]
    fn an_operation_that_is_not_listed_is_denied_and_a_listed_one_allowed() {
        let listed = listed();
        let judge = |name| operation_allowed(Some(&listed), name, Effect::Read, Effect::Read);
        assert_eq!(judge("search"), Ok(()));
        for name in ["send", "Search", "search ", "", "sear"] {
            assert_eq!(
                judge(name).unwrap_err().code,
                DenialCode::OperationNotListed
            );
        }
        assert_eq!(
            operation_allowed(None, "send", Effect::Read, Effect::Read),
            Ok(())
        );
        assert!(operation_allowed(Some(&[]), "search", Effect::Read, Effect::Read).is_err());
    }

    #[test]
    fn a_wider_effect_than_granted_is_denied() {
        use Effect::{Destructive, Read, Write};
        for (effect, granted, allowed) in [
            (Read, Read, true),
            (Write, Read, false),
            (Write, Write, true),
            (Destructive, Write, false),
            (Destructive, Destructive, true),
            (Read, Destructive, true),
        ] {
            let verdict = operation_allowed(None, "x", effect, granted);
            assert_eq!(verdict.is_ok(), allowed, "{effect} under {granted}");
        }
    }
}
