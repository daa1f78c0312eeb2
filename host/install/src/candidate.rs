//! A plugin that was fetched, and that nothing has been made of yet.

use std::path::Path;

use remit_package::{Component, Description, Digest, Evidence, LockedPlugin};
use remit_policy::display_safe;
use remit_registry::{Fetched, Fetcher, Kind, Offered, Source};
use remit_run::{Card, RunError};
use remit_sign::{PublicKey, SignError, Signature, Signer, Subject, verify};

use crate::doubts::Origin;
use crate::error::InstallError;
use crate::installer::Installer;

/// A component that was inspected, described and whose signatures hold. It lies in memory; its file is gone.
pub(crate) struct Candidate {
    pub(crate) component: Component,
    pub(crate) description: Description,
    pub(crate) source: String,
    pub(crate) resolved: Option<String>,
    pub(crate) signed: Signed,
    pub(crate) card: Card,
}

/// Who signed something, with what shows it.
#[derive(Default)]
pub(crate) struct Signed {
    pub(crate) signer: Option<Signer>,
    pub(crate) evidence: Vec<Evidence>,
}

impl Candidate {
    /// Where it is from, and who says so.
    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin {
            name: &self.description.name,
            source: &self.source,
            version: &self.description.version,
            signer: self.signed.signer.as_ref(),
        }
    }

    pub(crate) fn locked(&self) -> LockedPlugin {
        LockedPlugin {
            source: self.source.clone(),
            resolved: self.resolved.clone(),
            version: self.description.version.clone(),
            digest: self.component.digest,
            signer: self.signed.signer.map(|signer| signer.to_string()),
            description: self.description.clone(),
        }
    }
}

impl Installer<'_> {
    /// Fetches a plugin and finds out all that can be known of it. `as_named` is what the lockfile will call its source,
    /// `before` the signer that is looked for first. Other bytes than those that are expected are not even looked at.
    pub(crate) async fn candidate(
        &self,
        fetcher: &Fetcher,
        source: &Source,
        as_named: &str,
        before: Option<&str>,
        expect: Option<Digest>,
    ) -> Result<Candidate, InstallError> {
        let folder = self.incoming()?;
        let fetched = fetcher.fetch(source, folder.path(), expect).await?;
        self.inspected(fetched, as_named, before).await
    }

    pub(crate) async fn inspected(
        &self,
        fetched: Fetched,
        as_named: &str,
        before: Option<&str>,
    ) -> Result<Candidate, InstallError> {
        if fetched.kind != Kind::Component {
            return Err(InstallError::Mistake {
                what: format!(
                    "{} is a skill, where a plugin is expected",
                    display_safe(as_named, 200)
                ),
                hint: "a plugin is a WebAssembly component".to_owned(),
            });
        }
        let component = self.open(&fetched.file, &fetched.digest)?;
        let what = display_safe(as_named, 200);
        let claims = check_claims(&what, &fetched.signatures, &component.bytes)?;
        // Before any of its code runs: the operator may forbid that.
        self.check_policy(&what, &claims)?;
        let description = self.host.describe(&component).await?;
        let named = (description.name.as_str(), description.version.as_str());
        let signed = check_signatures(&what, &claims, &component.bytes, named, before)?;
        let card = self.host.card_of(&component, as_named).await?;
        Ok(Candidate {
            component,
            description,
            source: as_named.to_owned(),
            resolved: resolved(&fetched.resolved),
            signed,
            card,
        })
    }

    /// Whether the operator's policy lets something be installed that was signed so.
    pub(crate) fn check_policy(&self, what: &str, claims: &[Claim]) -> Result<(), InstallError> {
        let signers: Vec<String> = claims.iter().map(|it| it.signer.to_string()).collect();
        let allowed = self.host.policy().signers_allowed(&signers);
        allowed.map_err(|denial| {
            let what = what.to_owned();
            let wrong = None;
            RunError::Signer {
                what,
                denial,
                signers,
                wrong,
            }
            .into()
        })
    }

    /// The file is read once, and what was read is what is judged, described and kept.
    fn open(&self, file: &Path, digest: &Digest) -> Result<Component, InstallError> {
        let component = self.host.store().open_component(file)?;
        digest.verify(&component.bytes, "what was fetched")?;
        Ok(component)
    }
}

/// The text of a source that names its bytes by digest; none for one that does not.
pub(crate) fn resolved(source: &Source) -> Option<String> {
    source.is_remote().then(|| source.to_string())
}

/// A signature that holds for what it says that it is about.
pub(crate) struct Claim {
    signature: Signature,
    key: Option<PublicKey>,
    offered: Offered,
    pub(crate) signer: Signer,
}

/// Verifies each signature that was offered, for what it says itself. One that does not hold is refused, also beside one
/// that does: whoever could add it could do more.
pub(crate) fn check_claims(
    what: &str,
    offered: &[Offered],
    content: &[u8],
) -> Result<Vec<Claim>, InstallError> {
    let refused = |error| InstallError::signature(display_safe(what, 200), error);
    let claim = |offered: &Offered| -> Result<Claim, SignError> {
        let signature = Signature::parse(&offered.signature)?;
        let claimed = signature.claims().ok_or(SignError::Partial)?;
        let key: Option<PublicKey> = match &offered.key {
            Some(key) => Some(key.parse()?),
            None => None,
        };
        let signer = verify(&signature, content, &claimed, key.as_ref())?;
        Ok(Claim {
            signature,
            key,
            offered: offered.clone(),
            signer,
        })
    };
    offered
        .iter()
        .map(|it| claim(it).map_err(refused))
        .collect()
}

/// The same for what it turned out to be: its own name and version.
pub(crate) fn check_signatures(
    what: &str,
    claims: &[Claim],
    content: &[u8],
    (name, version): (&str, &str),
    before: Option<&str>,
) -> Result<Signed, InstallError> {
    let refused = |error| InstallError::signature(display_safe(what, 200), error);
    let mut signed = Signed::default();
    for claim in claims {
        let subject = Subject::new(name, version, Digest::of(content)).map_err(refused)?;
        verify(&claim.signature, content, &subject, claim.key.as_ref()).map_err(refused)?;
        signed.evidence.push(Evidence {
            name: name.to_owned(),
            version: version.to_owned(),
            signature: String::from_utf8_lossy(&claim.offered.signature).into_owned(),
            key: claim.offered.key.clone(),
        });
    }
    // Of several, the one that is known.
    let signers = || claims.iter().map(|claim| claim.signer);
    let known = signers().find(|signer| before == Some(signer.to_string().as_str()));
    signed.signer = known.or(signers().next());
    Ok(signed)
}
