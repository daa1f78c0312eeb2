//! Who signed a plugin, where the operator's policy asks.

use remit_package::Component;
use remit_policy::OperatorPolicy;
use remit_sign::{SignError, Signer, verify_evidence};

use crate::error::RunError;
use crate::host::Host;

/// Those whose signatures of the component hold: verified anew against its bytes, since the files of the store that
/// hold them can be changed. The first that does not hold is told too.
pub(crate) fn signers_of(
    host: &Host,
    component: &Component,
) -> Result<(Vec<Signer>, Option<SignError>), RunError> {
    let mut signers = Vec::new();
    let mut wrong = None;
    for evidence in host.store.signatures(&component.digest)? {
        match verify_evidence(&evidence, &component.bytes) {
            Ok(signer) if signers.contains(&signer) => {}
            Ok(signer) => signers.push(signer),
            Err(error) => {
                wrong.get_or_insert(error);
            }
        }
    }
    Ok((signers, wrong))
}

/// Fails unless the operator's policy lets a plugin be opened that was signed as this one is. To be asked before any of
/// the plugin's code runs, its `describe` too.
pub(crate) fn check_signers(
    host: &Host,
    what: &str,
    component: &Component,
) -> Result<(), RunError> {
    if !host.policy.asks_for_signers() {
        return Ok(());
    }
    let (signers, wrong) = signers_of(host, component)?;
    let signers: Vec<String> = signers.iter().map(ToString::to_string).collect();
    host.policy
        .signers_allowed(&signers)
        .map_err(|denial| RunError::Signer {
            what: what.to_owned(),
            denial,
            signers,
            wrong,
        })
}

/// A policy that lists what only looks like a key would forbid, or revoke, nobody.
///
/// # Errors
/// The first signer that is none.
pub fn check_policy(policy: &OperatorPolicy) -> Result<(), RunError> {
    let listed = policy.signers.iter().flatten();
    for name in listed.chain(&policy.revoked_signers) {
        name.as_str()
            .parse::<Signer>()
            .map_err(RunError::PolicySigner)?;
    }
    Ok(())
}
