//! What can go wrong for an author, each with a stable code and a hint.

use std::path::{Path, PathBuf};

use remit_package::PackageError;
use remit_policy::ErrorClass;
use remit_run::RunError;

/// Why a project could not be made, built or tested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorError {
    /// A language that there is no template for.
    #[error("`{text}` is no language that Remit has a template for")]
    UnknownLanguage {
        /// What was given.
        text: String,
    },
    /// A folder that holds no plugin's project.
    #[error("{} holds no plugin's project", .root.display())]
    NoProject {
        /// The folder.
        root: PathBuf,
    },
    /// A folder with package files of two languages.
    #[error("{} could be two projects: it holds {first} and {second}", .root.display())]
    TwoProjects {
        /// The folder.
        root: PathBuf,
        /// A package file, and its language.
        first: String,
        /// Another one.
        second: String,
    },
    /// A name that a plugin cannot have.
    #[error("`{name}` cannot be a plugin's name: {why}")]
    Name {
        /// The name.
        name: String,
        /// Which rule it breaks.
        why: &'static str,
    },
    /// A folder that is there already.
    #[error("{} is there already", .path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A package file that cannot be read as what it should be.
    #[error("{file} cannot be used: {why}")]
    PackageFile {
        /// The file, from the project's folder.
        file: &'static str,
        /// Why.
        why: String,
    },
    /// A component to be tested that promises nothing.
    #[error(
        "a plain component cannot be tested: what is tried is what plugins promise, and it has only its functions' types"
    )]
    PlainComponent,
    /// A tool of the language that is not on this machine.
    #[error("{tool} is missing: {what_for}")]
    ToolMissing {
        /// The tool.
        tool: String,
        /// What it is needed for, and what was found instead.
        what_for: String,
        /// The command that installs it.
        install: String,
    },
    /// A tool that ended with an error; what it said has been shown.
    #[error("{what} failed{}", last_words(.said))]
    Failed {
        /// What was being done.
        what: String,
        /// The last lines that it said.
        said: String,
    },
    /// A module that is not what the world `remit:connector/plugin` says.
    #[error("what was built is no plugin: {why}")]
    World {
        /// What is missing or has another type.
        why: String,
        /// How to mend it.
        hint: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The component is not one that Remit takes.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The component could not be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

fn last_words(said: &str) -> String {
    if said.is_empty() {
        String::new()
    } else {
        format!(":\n{said}")
    }
}

impl AuthorError {
    /// The codes of this type alone, each with its meaning.
    pub const CODES: &'static [(&'static str, &'static str)] = &[
        (
            "build-failed",
            "a tool that builds a plugin ended with an error",
        ),
        (
            "language-unknown",
            "a language that `remit new` has no template for",
        ),
        (
            "package-file-invalid",
            "a project's package file cannot be read",
        ),
        (
            "project-ambiguous",
            "a folder holds package files of two languages",
        ),
        (
            "project-exists",
            "the folder for a new project is there already",
        ),
        (
            "plain-component",
            "`remit test` was given a component that exports functions of its own, and not a plugin's interface",
        ),
        ("project-name", "a name that a plugin cannot have"),
        ("project-unknown", "a folder holds no plugin's project"),
        (
            "tool-missing",
            "a tool that is needed to build a plugin is not installed",
        ),
        (
            "world-mismatch",
            "what was built does not fit the world remit:connector/plugin",
        ),
        ("author-io", "a project's file cannot be read or written"),
    ];

    pub(crate) fn io(path: &Path, source: std::io::Error) -> AuthorError {
        AuthorError::Io {
            path: path.to_path_buf(),
            source,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownLanguage { .. } => "language-unknown",
            Self::NoProject { .. } => "project-unknown",
            Self::TwoProjects { .. } => "project-ambiguous",
            Self::Name { .. } => "project-name",
            Self::Exists { .. } => "project-exists",
            Self::PackageFile { .. } => "package-file-invalid",
            Self::PlainComponent => "plain-component",
            Self::ToolMissing { .. } => "tool-missing",
            Self::Failed { .. } => "build-failed",
            Self::World { .. } => "world-mismatch",
            Self::Io { .. } => "author-io",
            Self::Package(error) => error.code(),
            Self::Run(error) => error.code(),
        }
    }

    /// Whose fault it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Failed { .. } => ErrorClass::Failed,
            Self::Package(error) => error.class(),
            Self::Run(error) => error.class(),
            _ => ErrorClass::Usage,
        }
    }

    /// The one thing to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownLanguage { .. } => {
                let known = crate::Language::ALL.map(crate::Language::id).join(", ");
                format!("choose one of {known}")
            }
            Self::NoProject { .. } => {
                "go to the project's folder; it is known by its Cargo.toml, go.mod, pyproject.toml, build.zig, \
                 package.json, or C or C++ sources in src/. `remit new NAME --lang LANGUAGE` makes one"
                    .to_owned()
            }
            Self::TwoProjects { .. } => {
                "keep one plugin in one folder: move one of them elsewhere".to_owned()
            }
            Self::Name { .. } => "for example word-count".to_owned(),
            Self::Exists { .. } => "choose another name, or remove it first".to_owned(),
            Self::PackageFile { .. } => "mend it, or compare it with one that `remit new` makes".to_owned(),
            Self::PlainComponent => {
                "call its functions with `remit call COMPONENT FUNCTION`, or export the interface remit:connector/connector"
                    .to_owned()
            }
            Self::ToolMissing { install, .. } => install.clone(),
            Self::Failed { .. } => "mend what it says, and build again".to_owned(),
            Self::World { hint, .. } => hint.clone(),
            Self::Io { .. } => return None,
            Self::Package(error) => return error.hint(),
            Self::Run(error) => return error.hint(),
        })
    }
}
