//! What can go wrong in an export, each with a stable code and a hint.

use remit_package::PackageError;
use remit_policy::ErrorClass;

/// Why no package was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A name that a package cannot have.
    #[error("`{name}` cannot be the name of a package")]
    Name {
        /// The name, made safe to show.
        name: String,
    },
    /// Two skills of one name.
    #[error("two of the skills are called {name}")]
    Twice {
        /// The name.
        name: String,
    },
    /// What an agent would obey in a skill's text, with the agent's own rights.
    #[error("{file} of the skill {skill} {what}")]
    Obeyed {
        /// The skill.
        skill: String,
        /// The file in its folder.
        file: &'static str,
        /// What stands there, and what an agent would make of it.
        what: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// A path that no configuration file can hold.
    #[error("the path {path} is not UTF-8, and a package could not name it")]
    Path {
        /// The path, made safe to show.
        path: String,
    },
    /// The folder for the package holds something else.
    #[error("{path} holds something that is not an earlier export of {name} for {agent}")]
    OutNotEmpty {
        /// The folder.
        path: String,
        /// The package.
        name: String,
        /// `codex`, `claude`, `mcp-json`.
        agent: &'static str,
    },
    /// A file of the skill or of the package.
    #[error(transparent)]
    Package(#[from] PackageError),
}

impl ExportError {
    /// Each code of this crate's exports, with its meaning.
    pub const CODES: &'static [(&'static str, &'static str)] = &[
        ("export-name", "a package cannot have that name"),
        (
            "export-twice",
            "two skills of one name cannot be in one package",
        ),
        (
            "export-obeyed",
            "an agent would obey something in the skill's text with rights of its own, outside of Remit",
        ),
        (
            "export-path",
            "a path is not UTF-8, so no package can name it",
        ),
        (
            "out-not-empty",
            "the folder chosen with --out holds something",
        ),
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "export-name",
            Self::Twice { .. } => "export-twice",
            Self::Obeyed { .. } => "export-obeyed",
            Self::Path { .. } => "export-path",
            Self::OutNotEmpty { .. } => "out-not-empty",
            Self::Package(error) => error.code(),
        }
    }

    /// Whose fault it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Package(error) => error.class(),
            _ => ErrorClass::Usage,
        }
    }

    /// The one thing to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Name { .. } => {
                "a name has 1 to 64 lower-case letters of ASCII and digits, with single hyphens between"
                    .to_owned()
            }
            Self::Twice { .. } => "export them one by one, each into a folder of its own".to_owned(),
            Self::Obeyed { hint, .. } => (*hint).to_owned(),
            Self::Path { .. } => "move the skill to a folder whose name is text".to_owned(),
            Self::OutNotEmpty { .. } => {
                "choose a folder that is new or empty with --out".to_owned()
            }
            Self::Package(error) => return error.hint(),
        })
    }
}
