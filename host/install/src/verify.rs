//! Whether what is installed is as it was installed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use remit_package::{Digest, LOCK_FILE, Lock, LockedPlugin};
use remit_policy::display_safe;
use remit_run::Host;
use remit_sign::verify_evidence;
use serde::Serialize;

use crate::error::InstallError;
use crate::installer::{own_lock_file, shown};
use crate::listing::is_reference;
use crate::skill_archive::is_as_installed;
use crate::skills::{Skills, lock_of};

/// What was verified.
#[derive(Debug, Default, Serialize)]
pub struct Verified {
    /// Plugins in lockfiles.
    pub plugins: usize,
    /// Components in the store.
    pub components: usize,
    /// Signatures.
    pub signatures: usize,
    /// Skills whose lockfiles were read.
    pub skills: usize,
    /// Files of compiled code.
    pub compiled: usize,
}

/// Verifies lockfiles, components, what is known of them, signatures, installed skills' files, and compiled code. `here`
/// are folders of skills that may not be known yet.
///
/// # Errors
/// The first thing that is not as it was installed.
pub async fn verify(host: &Host, here: &[PathBuf]) -> Result<Verified, InstallError> {
    let mut verified = Verified::default();
    let own = Lock::read_file(&own_lock_file(host))?.unwrap_or_default();
    for (name, locked) in &own.plugins {
        let hint = format!(
            "`remit install {}` fetches it again",
            display_safe(&locked.source, 200)
        );
        plugin(host, name, locked, hint, &mut verified).await?;
    }
    let known = Skills::open(&host.dirs().data).folders()?;
    let folders: BTreeSet<PathBuf> = known.into_iter().chain(here.iter().cloned()).collect();
    for folder in folders {
        let Some(lock) = lock_of(&folder)? else {
            continue;
        };
        verified.skills += 1;
        let folder_shown = shown(&folder);
        for (name, locked) in lock.plugins.iter().filter(|(_, it)| is_reference(it)) {
            let what = format!("{folder_shown}: {name}");
            let hint = format!("`remit install {folder_shown}` fetches it again");
            plugin(host, &what, locked, hint, &mut verified).await?;
        }
        if let Some(skill) = &lock.skill
            && !is_as_installed(&folder, &skill.files)?
        {
            return Err(InstallError::Damaged {
                what: folder_shown.clone(),
                reason: "its files were changed since it was installed".to_owned(),
                hint: format!(
                    "keep them elsewhere; `remit update --accept-change {folder_shown}` puts its own back"
                ),
            });
        }
    }
    for digest in host.store().list()? {
        component(host, &digest, &mut verified)?;
    }
    verified.compiled = compiled(host)?;
    Ok(verified)
}

/// A plugin of a lockfile.
async fn plugin(
    host: &Host,
    what: &str,
    locked: &LockedPlugin,
    hint: String,
    verified: &mut Verified,
) -> Result<(), InstallError> {
    let damaged = |reason: String| InstallError::Damaged {
        what: what.to_owned(),
        reason,
        hint: hint.clone(),
    };
    let component = host.store().component(&locked.digest);
    let component = component.map_err(|error| damaged(error.to_string()))?;
    if host.describe(&component).await? != locked.description {
        return Err(damaged(format!(
            "it describes itself otherwise than {LOCK_FILE} says"
        )));
    }
    if let Some(signer) = &locked.signer {
        let signers = signers(host, &locked.digest).map_err(|error| damaged(error.to_string()))?;
        if !signers.contains(signer) {
            let signer = display_safe(signer, 200);
            return Err(damaged(format!("no signature of {signer} is kept with it")));
        }
    }
    verified.plugins += 1;
    Ok(())
}

/// A component in the store, with its signatures.
fn component(host: &Host, digest: &Digest, verified: &mut Verified) -> Result<(), InstallError> {
    let damaged = |reason: String| InstallError::Damaged {
        what: format!("the store's {digest}"),
        reason,
        hint: "install it again, or let `remit gc` remove it if nothing uses it".to_owned(),
    };
    host.store()
        .get(digest)
        .map_err(|error| damaged(error.to_string()))?;
    let signers = signers(host, digest).map_err(|error| damaged(error.to_string()))?;
    verified.components += 1;
    verified.signatures += signers.len();
    Ok(())
}

/// The signers of a component, each verified anew.
fn signers(host: &Host, digest: &Digest) -> Result<Vec<String>, InstallError> {
    let content = host.store().get(digest)?;
    let mut signers = Vec::new();
    for evidence in host.store().signatures(digest)? {
        let signer = verify_evidence(&evidence, &content);
        let signer = signer.map_err(|error| InstallError::signature("a signature of it", error))?;
        signers.push(signer.to_string());
    }
    Ok(signers)
}

fn compiled(host: &Host) -> Result<usize, InstallError> {
    let verified = host.verify_compiled()?;
    match verified.bad.first() {
        None => Ok(verified.good),
        Some((file, reason)) => Err(InstallError::Damaged {
            what: format!("the compiled code {}", display_safe(file, 200)),
            reason: display_safe(reason, 200),
            hint: "remove that file: it is compiled again when it is needed".to_owned(),
        }),
    }
}
