//! What can go wrong with a component before it runs.

use remit_policy::{ByteSize, ErrorClass};
use std::path::PathBuf;
use thiserror::Error;

/// A component or the sandbox itself cannot be used.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The engine could not be built on this machine.
    #[error("the WebAssembly engine cannot start: {0}")]
    Engine(String),
    /// The bytes are not a component: a core module, compiled code, another file.
    #[error("this is not a WebAssembly component: {0}")]
    NotAComponent(String),
    /// It is a component, but it is not valid or uses a feature that the sandbox does not run.
    #[error("the component is not valid here: {0}")]
    Invalid(String),
    /// It imports something that the sandbox does not have.
    #[error("the component imports {name:?}, which this host does not provide")]
    UnknownImport {
        /// The import as the component names it, safe to show.
        name: String,
    },
    /// It imports another version of something that the sandbox has.
    #[error("the component imports {name:?}; this host provides version {provided}")]
    ImportVersion {
        /// The import as the component names it, safe to show.
        name: String,
        /// The version that is provided.
        provided: String,
    },
    /// Its imports or exports have the right names and the wrong types.
    #[error("the component does not fit the interface: {0}")]
    Interface(String),
    /// It exports neither `remit:connector/connector` nor any function.
    #[error(
        "the component is not a Remit plugin: it does not export remit:connector/connector@0.1.0"
    )]
    NotAPlugin,
    /// It is larger than what is compiled, in bytes, functions, memories, tables or instances.
    #[error("the component is too large: {0}")]
    TooLarge(String),
    /// The compiler gave up.
    #[error("the component could not be compiled: {0}")]
    Compile(String),
    /// The compiler was not done in time.
    #[error("the component could not be compiled within {limit:?}")]
    CompileTime {
        /// How long it may take.
        limit: std::time::Duration,
    },
    /// The compiler's own process needed more memory than it may have.
    #[error("the component could not be compiled in {limit} of memory")]
    CompileMemory {
        /// How much it may have.
        limit: ByteSize,
    },
    /// The compiler's own process ended before it was done.
    #[error("the component could not be compiled: the compiler's process did not end well, {how}")]
    CompileCrashed {
        /// How it ended, and the beginning of what it said, safe to show.
        how: String,
    },
    /// The compiler's own process cannot be started or used.
    #[error("the compiler's process cannot be used: {0}")]
    Compiler(String),
    /// The folder of compiled code cannot be used safely.
    #[error("the cache of compiled code at {path} cannot be used: {reason}", path = path.display())]
    Cache {
        /// The folder or file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A folder that a grant mounts cannot be mounted.
    #[error("the folder for {mount} cannot be mounted: {reason}")]
    Mount {
        /// The path in the guest.
        mount: String,
        /// Why not.
        reason: String,
        /// Whether a rule forbids it (else it is missing or unreadable).
        forbidden: bool,
    },
    /// A call is described in a way that cannot be carried out.
    #[error("the call cannot be made: {0}")]
    Call(String),
}

impl SandboxError {
    /// Every code, with its meaning in a line.
    pub const CODES: &[(&str, &str)] = &[
        (
            "engine-unavailable",
            "the WebAssembly engine cannot start on this machine",
        ),
        (
            "component-format",
            "the file is not a WebAssembly component",
        ),
        (
            "component-invalid",
            "the component is malformed or uses a WebAssembly feature that is not run here",
        ),
        (
            "import-unknown",
            "the component imports something that the host does not provide",
        ),
        (
            "import-version",
            "the component imports a version of an interface that the host does not provide",
        ),
        (
            "component-interface",
            "an import or export has the right name and the wrong type",
        ),
        (
            "not-a-plugin",
            "the component does not export remit:connector/connector",
        ),
        (
            "component-too-large",
            "The component is larger, or has more parts, than Remit takes.",
        ),
        ("component-compile", "the component could not be compiled"),
        (
            "component-compile-time",
            "the component takes longer to compile than any plugin should",
        ),
        (
            "component-compile-memory",
            "the component takes more memory to compile than any plugin should",
        ),
        (
            "component-compile-crashed",
            "the process that compiled the component ended before it was done",
        ),
        (
            "compiler-unusable",
            "the process that compiles components cannot be started or closed off",
        ),
        (
            "cache-unsafe",
            "the folder of compiled code is missing, or others may write it",
        ),
        (
            "mount-failed",
            "a folder that a grant mounts is missing or cannot be opened",
        ),
        (
            "mount-forbidden",
            "a folder that a grant mounts may never be mounted",
        ),
        (
            "call-invalid",
            "a call names something that cannot be carried out",
        ),
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            SandboxError::Engine(_) => "engine-unavailable",
            SandboxError::NotAComponent(_) => "component-format",
            SandboxError::Invalid(_) => "component-invalid",
            SandboxError::UnknownImport { .. } => "import-unknown",
            SandboxError::ImportVersion { .. } => "import-version",
            SandboxError::Interface(_) => "component-interface",
            SandboxError::NotAPlugin => "not-a-plugin",
            SandboxError::TooLarge(_) => "component-too-large",
            SandboxError::Compile(_) => "component-compile",
            SandboxError::CompileTime { .. } => "component-compile-time",
            SandboxError::CompileMemory { .. } => "component-compile-memory",
            SandboxError::CompileCrashed { .. } => "component-compile-crashed",
            SandboxError::Compiler(_) => "compiler-unusable",
            SandboxError::Cache { .. } => "cache-unsafe",
            SandboxError::Mount {
                forbidden: false, ..
            } => "mount-failed",
            SandboxError::Mount {
                forbidden: true, ..
            } => "mount-forbidden",
            SandboxError::Call(_) => "call-invalid",
        }
    }

    /// The one thing to do next, where there is one.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            SandboxError::NotAComponent(_) => {
                "build a component: a core module becomes one with `wasm-tools component new`"
            }
            SandboxError::Invalid(_) => {
                "build it for WASI 0.2, without threads, garbage collection, exceptions, async or 64-bit memory"
            }
            SandboxError::UnknownImport { .. } | SandboxError::ImportVersion { .. } => {
                "a plugin may import what wit/world.wit names, in those versions"
            }
            SandboxError::Interface(_) | SandboxError::NotAPlugin => {
                "build it against wit/world.wit, world remit:connector/plugin@0.1.0"
            }
            SandboxError::CompileTime { .. } | SandboxError::CompileMemory { .. } => {
                "no plugin that a language's own tools made takes so much; ask its author what it is"
            }
            SandboxError::CompileCrashed { .. } => {
                "try again; if it ends so each time, the component exploits or meets a bug of the compiler: do not use it"
            }
            SandboxError::Compiler(_) => {
                "components are compiled in a process that seccomp and resource limits hold; let this system allow that"
            }
            SandboxError::Cache { .. } => {
                "remove the folder, or take the right to write it from others"
            }
            SandboxError::Mount {
                forbidden: false, ..
            } => "create the folder, or correct its path in the grant",
            SandboxError::Mount {
                forbidden: true, ..
            } => "grant a folder below it that you own",
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// Whose fault it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            SandboxError::Engine(_)
            | SandboxError::Compile(_)
            | SandboxError::CompileTime { .. }
            | SandboxError::CompileMemory { .. }
            | SandboxError::CompileCrashed { .. }
            | SandboxError::Compiler(_) => ErrorClass::Failed,
            SandboxError::Mount {
                forbidden: true, ..
            } => ErrorClass::Denied,
            SandboxError::Cache { .. } => ErrorClass::Integrity,
            _ => ErrorClass::Usage,
        }
    }
}
