//! What can go wrong in serving, each with a stable code.

use remit_policy::{ErrorClass, display_safe};
use remit_run::RunError;

/// Why skills cannot be served, or an agent cannot do what it asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum McpError {
    /// A skill, the host or a session.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Nothing was named, and there is nothing to be found.
    #[error("there is no skill to serve in {place}")]
    NoSkill {
        /// Where it was looked.
        place: String,
    },
    /// None of the skills can be read.
    #[error("none of the skills can be read; the first, {first}: {why}")]
    NoneReadable {
        /// The first skill.
        first: String,
        /// Why not.
        why: Told,
    },
    /// Two of the skills have the same name, or names that look alike.
    #[error("the skills {first} and {second} have the same name, or names that look alike")]
    SkillTwice {
        /// Where the first lies.
        first: String,
        /// Where the second lies.
        second: String,
    },
    /// No skill of that name is served.
    #[error("no skill named `{name}` is served")]
    SkillUnknown {
        /// The name that was asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Two tools would have the same name, or names that look alike.
    #[error(
        "{first} and {second} would be tools of the same name, or of names that look alike: {name}"
    )]
    ToolCollision {
        /// The name.
        name: String,
        /// `mail.search of the skill a`.
        first: String,
        /// The other.
        second: String,
    },
    /// A name or value in a schema holds what nobody sees.
    #[error("{what} names something with hidden characters in its schema: {text}")]
    HiddenText {
        /// `mail.search of the skill a`.
        what: String,
        /// The text, made visible.
        text: String,
    },
    /// A tool that there is not, or not for this client.
    #[error("there is no tool `{name}`")]
    ToolUnknown {
        /// The name, made safe to show.
        name: String,
    },
    /// The tool's skill is not open for this client.
    #[error("the skill {skill} is not open")]
    NotOpen {
        /// The skill.
        skill: String,
    },
    /// What a tool of Remit's own was given does not fit.
    #[error("`{tool}` was called with arguments that do not fit: {message}")]
    Arguments {
        /// The tool.
        tool: String,
        /// What does not fit.
        message: String,
    },
    /// What a client may ask for at once is used up.
    #[error("too much is asked for at once: {what}")]
    Busy {
        /// What there is too much of.
        what: &'static str,
    },
    /// A whole procedure asks a person on its way, and cannot stop for that here.
    #[error(
        "the procedure of the skill {skill} asks a person on its way, and a run cannot stop to ask here"
    )]
    RunAsks {
        /// The skill.
        skill: String,
    },
    /// A person should be asked, and this client cannot.
    #[error("{about} needs a person's yes, and this client cannot ask for it")]
    ConsentImpossible {
        /// `mail.send of the skill x`.
        about: String,
    },
    /// A person was asked, and did not say yes.
    #[error("{about} was not allowed: {why}")]
    ConsentDeclined {
        /// What was asked.
        about: String,
        /// `the person declined`.
        why: String,
    },
    /// What would be asked is longer than a person could read.
    #[error("{about} has arguments of {chars} characters, too long to be shown in a question")]
    ConsentTooLong {
        /// What would be asked.
        about: String,
        /// How long.
        chars: usize,
    },
    /// An answer that is to another question, is used already or has expired.
    #[error("the answer to {about} cannot be used: {why}")]
    ConsentStale {
        /// What was asked.
        about: String,
        /// Why not.
        why: &'static str,
    },
    /// No resource has this address, or not for this client.
    #[error("there is no resource {uri}")]
    ResourceUnknown {
        /// The address.
        uri: String,
    },
    /// A file is not what it was when the skill was opened, or when the run made it.
    #[error("{uri} was changed since it was listed")]
    ResourceChanged {
        /// The address.
        uri: String,
    },
    /// A file is larger than what is handed on.
    #[error("{uri} has {bytes} bytes, and {most} are the most that is handed on")]
    ResourceTooLarge {
        /// The address.
        uri: String,
        /// Its size.
        bytes: u64,
        /// The bound.
        most: u64,
    },
    /// An address that is not of this machine alone.
    #[error("{address} is no address of this machine alone")]
    NotLoopback {
        /// The address.
        address: String,
    },
    /// Another program listens there.
    #[error("another program listens on {address} already")]
    AddressTaken {
        /// The address.
        address: String,
    },
    /// A token that cannot be used.
    #[error("the token cannot be used: {why}")]
    Token {
        /// Why.
        why: String,
    },
    /// A connection, a file or a stream failed.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// An error of which only the words are left, such as that of a host that could not be opened.
    #[error("{0}")]
    Told(Told),
}

/// What is told of an error: kept where the error itself cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The stable code.
    pub code: &'static str,
    /// Whose fault it is.
    pub class: ErrorClass,
    /// One sentence.
    pub message: String,
    /// The one thing to do next.
    pub hint: Option<String>,
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// Characters of a message. The longest of our own have some three hundred.
const MAX_MESSAGE: usize = 2_000;

impl From<&RunError> for Told {
    fn from(error: &RunError) -> Told {
        Told {
            code: error.code(),
            class: error.class(),
            message: display_safe(&error.to_string(), MAX_MESSAGE),
            hint: error.hint().map(|hint| display_safe(&hint, MAX_MESSAGE)),
        }
    }
}

impl From<&remit_package::PackageError> for Told {
    fn from(error: &remit_package::PackageError) -> Told {
        Told {
            code: error.code(),
            class: error.class(),
            message: display_safe(&error.to_string(), MAX_MESSAGE),
            hint: error.hint().map(|hint| display_safe(&hint, MAX_MESSAGE)),
        }
    }
}

impl From<&McpError> for Told {
    fn from(error: &McpError) -> Told {
        Told {
            code: error.code(),
            class: error.class(),
            message: display_safe(&error.to_string(), MAX_MESSAGE),
            hint: error.hint().map(|hint| display_safe(&hint, MAX_MESSAGE)),
        }
    }
}

const OWN_CODES: &[(&str, &str)] = &[
    ("no-skill", "there is no skill to serve"),
    (
        "skill-name-twice",
        "two of the skills that are to be served have the same name, or names that look alike",
    ),
    ("skill-not-served", "no skill of this name is served"),
    (
        "tool-name-collision",
        "two tools would have the same name, or names that look alike",
    ),
    (
        "tool-text-hidden",
        "a name or value in an operation's schema holds characters that nobody sees",
    ),
    (
        "tool-unknown",
        "an agent called a tool that it was not given",
    ),
    (
        "skill-not-open",
        "an agent used something of a skill that it has not opened",
    ),
    (
        "arguments-invalid",
        "a tool of Remit's own was called with arguments that do not fit",
    ),
    (
        "client-busy",
        "a client asks for more at once than is done for it",
    ),
    (
        "run-asks",
        "a whole procedure asks a person on its way, and cannot stop for that here",
    ),
    (
        "consent-impossible",
        "a person should be asked, and the client cannot",
    ),
    (
        "consent-declined",
        "a person was asked, and did not say yes",
    ),
    (
        "consent-too-long",
        "the arguments are too long to be shown to a person",
    ),
    (
        "consent-stale",
        "an answer is to another question, is used already or has expired",
    ),
    (
        "resource-unknown",
        "no resource has the address, or not for this client",
    ),
    (
        "resource-changed",
        "a file is not what it was when the skill was opened, or when the run made it",
    ),
    (
        "resource-too-large",
        "a file is larger than what is handed on",
    ),
    (
        "not-loopback",
        "an address to listen on is not of this machine alone",
    ),
    (
        "address-taken",
        "another program listens on an address already",
    ),
    ("token-unusable", "a bearer token cannot be used"),
    ("io-failed", "a file or folder could not be read or written"),
];

impl McpError {
    /// This crate's codes and their meanings.
    pub const CODES: &[(&str, &str)] = OWN_CODES;

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Run(error) => error.code(),
            Self::NoSkill { .. } => "no-skill",
            Self::NoneReadable { why, .. } => why.code,
            Self::SkillTwice { .. } => "skill-name-twice",
            Self::SkillUnknown { .. } => "skill-not-served",
            Self::ToolCollision { .. } => "tool-name-collision",
            Self::HiddenText { .. } => "tool-text-hidden",
            Self::ToolUnknown { .. } => "tool-unknown",
            Self::NotOpen { .. } => "skill-not-open",
            Self::Arguments { .. } => "arguments-invalid",
            Self::Busy { .. } => "client-busy",
            Self::RunAsks { .. } => "run-asks",
            Self::ConsentImpossible { .. } => "consent-impossible",
            Self::ConsentDeclined { .. } => "consent-declined",
            Self::ConsentTooLong { .. } => "consent-too-long",
            Self::ConsentStale { .. } => "consent-stale",
            Self::ResourceUnknown { .. } => "resource-unknown",
            Self::ResourceChanged { .. } => "resource-changed",
            Self::ResourceTooLarge { .. } => "resource-too-large",
            Self::NotLoopback { .. } => "not-loopback",
            Self::AddressTaken { .. } => "address-taken",
            Self::Token { .. } => "token-unusable",
            Self::Io { .. } => "io-failed",
            Self::Told(told) => told.code,
        }
    }

    /// Whose fault it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Run(error) => error.class(),
            Self::NoneReadable { why, .. } => why.class,
            Self::Told(told) => told.class,
            Self::NoSkill { .. }
            | Self::SkillTwice { .. }
            | Self::SkillUnknown { .. }
            | Self::ToolCollision { .. }
            | Self::HiddenText { .. }
            | Self::NotOpen { .. }
            | Self::Arguments { .. }
            | Self::ResourceUnknown { .. }
            | Self::ResourceTooLarge { .. }
            | Self::NotLoopback { .. }
            | Self::AddressTaken { .. }
            | Self::Token { .. } => ErrorClass::Usage,
            Self::ToolUnknown { .. }
            | Self::RunAsks { .. }
            | Self::ConsentImpossible { .. }
            | Self::ConsentDeclined { .. }
            | Self::ConsentTooLong { .. }
            | Self::ConsentStale { .. } => ErrorClass::Denied,
            Self::ResourceChanged { .. } => ErrorClass::Integrity,
            Self::Busy { .. } | Self::Io { .. } => ErrorClass::Failed,
        }
    }

    /// The one thing to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Run(error) => return error.hint(),
            Self::NoneReadable { why, .. } => return why.hint.clone(),
            Self::Told(told) => return told.hint.clone(),
            Self::NoSkill { .. } => "name the skills' folders: `remit serve SKILL…`".into(),
            Self::SkillTwice { .. } => "serve one of the two, or rename one".into(),
            Self::SkillUnknown { known, .. } => format!("served are: {}", known.join(", ")),
            Self::ToolCollision { .. } => {
                "rename the plugin in skill.toml: its name there is the tool's".into()
            }
            Self::HiddenText { .. } => "tell the plugin's author; it cannot be served so".into(),
            Self::ToolUnknown { .. } => "tools/list says which tools there are".into(),
            Self::NotOpen { skill } => format!("call open_skill with {{\"skill\": \"{skill}\"}} first"),
            Self::Arguments { .. } => "see the tool's input schema".into(),
            Self::Busy { .. } => "wait for earlier calls to end, and ask again".into(),
            Self::ResourceUnknown { .. } => "resources/list says what there is".into(),
            Self::ResourceChanged { .. } => "open the skill again: it is read anew then".into(),
            Self::ResourceTooLarge { .. } => "a person finds it in the skill's or the run's folder".into(),
            Self::RunAsks { .. } => {
                "walk it with procedure_next and procedure_step, or a person approves it beforehand: remit approve SKILL --agents".into()
            }
            Self::ConsentImpossible { .. } => {
                "a person can approve it beforehand: remit approve SKILL --agents".into()
            }
            Self::ConsentDeclined { .. } => "ask the person what they want instead".into(),
            Self::ConsentTooLong { .. } => {
                "call it with less, or a person approves it beforehand: remit approve SKILL --agents".into()
            }
            Self::ConsentStale { .. } => "call the tool again, without the old answer".into(),
            Self::AddressTaken { .. } => "give another port; with port 0 a free one is chosen".into(),
            Self::NotLoopback { .. } => "use 127.0.0.1:PORT or [::1]:PORT".into(),
            Self::Token { .. } => {
                "put at least 32 printable characters into the file, or leave --token-file out".into()
            }
            Self::Io { .. } => return None,
        })
    }

    pub(crate) fn io(what: impl Into<String>, source: std::io::Error) -> McpError {
        McpError::Io {
            what: what.into(),
            source,
        }
    }
}
