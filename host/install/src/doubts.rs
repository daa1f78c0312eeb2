//! What may not be installed without a person's word: who made it or where it comes from is another than before.

use remit_sign::{Publishers, Reason, Signer, Verdict};
use semver::Version;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::error::InstallError;
use crate::origin::place;

/// A reason to refuse, until a person accepts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It is not by whom it was before, not from there, or older.
    Publisher(Reason),
    /// The skill's files are not what was installed, and would be replaced.
    SkillModified,
}

impl Doubt {
    /// The codes of this crate's own, with their meaning. Those of publishers are remit-sign's.
    pub const CODES: &[(&str, &str)] = &[(
        "skill-modified",
        "an installed skill's files were changed, and an update would replace them",
    )];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Publisher(reason) => reason.code(),
            Self::SkillModified => "skill-modified",
        }
    }

    pub(crate) fn is_older(&self) -> bool {
        matches!(self, Self::Publisher(Reason::Older { .. }))
    }

    /// The sentence, safe to print.
    pub fn says(&self) -> String {
        match self {
            Self::Publisher(reason) => reason.to_string(),
            Self::SkillModified => {
                "its files were changed since it was installed, and would be replaced".to_owned()
            }
        }
    }
}

impl Serialize for Doubt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Doubt", 2)?;
        fields.serialize_field("code", self.code())?;
        fields.serialize_field("says", &self.says())?;
        fields.end()
    }
}

/// Where something is from, and who says so.
pub(crate) struct Origin<'a> {
    /// The plugin's or skill's own name.
    pub(crate) name: &'a str,
    pub(crate) source: &'a str,
    pub(crate) version: &'a str,
    pub(crate) signer: Option<&'a Signer>,
}

impl Origin<'_> {
    fn version(&self) -> Result<Version, InstallError> {
        Version::parse(self.version).map_err(|_| InstallError::Mistake {
            what: format!("{} has no version as semver.org has it", self.name),
            hint: "ask its publisher".to_owned(),
        })
    }

    /// What stands against it by what is known of its name.
    pub(crate) fn doubts(&self, publishers: &Publishers) -> Result<Vec<Doubt>, InstallError> {
        let verdict = publishers
            .judge(self.name, place(self.source), &self.version()?, self.signer)
            .map_err(|error| InstallError::signature("publishers", error))?;
        Ok(match verdict {
            Verdict::FirstUse | Verdict::Known => Vec::new(),
            Verdict::Change(reasons) => reasons.into_iter().map(Doubt::Publisher).collect(),
        })
    }

    /// Whether a newer version was accepted here.
    pub(crate) fn is_older_than_known(
        &self,
        publishers: &Publishers,
    ) -> Result<bool, InstallError> {
        Ok(self.doubts(publishers)?.iter().any(Doubt::is_older))
    }

    /// Records that it was accepted.
    pub(crate) fn accept(&self, publishers: &Publishers) -> Result<(), InstallError> {
        publishers
            .accept(self.name, place(self.source), &self.version()?, self.signer)
            .map_err(|error| InstallError::signature("publishers", error))
    }
}

/// Whether a version comes before another, as semver.org orders them.
pub(crate) fn is_older(version: &str, than: &str) -> bool {
    match (Version::parse(version), Version::parse(than)) {
        (Ok(version), Ok(than)) => version.cmp_precedence(&than).is_lt(),
        _ => false,
    }
}
