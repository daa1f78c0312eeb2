//! Compiling in a process of its own.
//!
//! A compiler that reads hostile bytes may be led to compute for hours, to fill the memory, or, by a bug of its own,
//! to do what those bytes say; the runtime's promise of security does not cover it. So the program that holds a
//! person's folders and secrets does not do it: a child does, which has limits on memory and time, an empty
//! environment, no way to open anything, and ends with its parent. It is given the component's bytes and gives back
//! compiled code.
//!
//! What the child gives back is executed, within a sandbox that trusts the compiler. So a child that was taken over by
//! a bug of the compiler could send back code that breaks out of the sandbox later, when the plugin is called. That
//! is not worse than compiling in this process, where the same bug would have everything at once, and it is what
//! remains: the child makes the attacker find two faults that fit together, and takes from him whatever can be had by
//! exhausting a machine. The bytes come over a pipe from a process that this one has started from its own program,
//! never from a file or from someone else.

mod child;
mod confine;
mod parent;

use remit_policy::ByteSize;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) use parent::{Order, compile};

/// The first argument of a program that is to compile for its parent.
const ARGUMENT: &str = "compile-for-parent";

/// The status of a child that could not take on its limits.
const UNCONFINED: u8 = 71;

/// Before the length of the compiled code, and before that of a message.
const COMPILED: u8 = b'c';
const REFUSED: u8 = b'e';

/// How much of a message is read, in bytes.
const MAX_MESSAGE: usize = 4096;

/// A program that compiles components for this one, each in a process of its own.
///
/// The program must call [`serve`](Self::serve) first of all. It is trusted as this process is: what it answers is
/// executed.
///
/// ```no_run
/// use remit_sandbox::{CompilerProcess, Sandbox, SandboxConfig};
///
/// fn main() -> std::process::ExitCode {
///     if let Some(status) = CompilerProcess::serve() {
///         return status;
///     }
///     let compiler = CompilerProcess::this_program().expect("the system says which program this is");
///     let sandbox = Sandbox::new(SandboxConfig::default().with_compiler(compiler));
///     // …
///     # std::process::ExitCode::SUCCESS
/// }
/// ```
///
/// On Linux the child is held by `setrlimit` and by seccomp; elsewhere by what `setrlimit` does there (macOS keeps no
/// limit of memory), and by its time, which the parent keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompilerProcess {
    /// The program.
    pub program: PathBuf,
    /// Its arguments, before those that tell the child what to do.
    pub args: Vec<OsString>,
    /// How much memory a child may have (default 3 GiB). Most plugins take some 30 MiB, CPython's 20 MB take 350 MiB
    /// on two cores; the largest component that is taken, 128 MiB, would take 2.4 GiB.
    pub memory: ByteSize,
}

impl CompilerProcess {
    /// A child of this program, with these arguments.
    pub fn new<A: Into<OsString>>(
        program: impl Into<PathBuf>,
        args: impl IntoIterator<Item = A>,
    ) -> CompilerProcess {
        CompilerProcess {
            program: program.into(),
            args: args.into_iter().map(Into::into).collect(),
            memory: ByteSize::mib(3072),
        }
    }

    /// This very program, which calls [`serve`](Self::serve) first of all. On Linux it is found as what runs, whatever
    /// has become of its file meanwhile.
    ///
    /// # Errors
    /// Where the system does not say which program this is.
    pub fn this_program() -> std::io::Result<CompilerProcess> {
        let program = match cfg!(target_os = "linux") {
            // Looked up by the child between its birth and its start, when it is this program still.
            true => PathBuf::from("/proc/self/exe"),
            false => std::env::current_exe()?,
        };
        Ok(CompilerProcess::new(program, [ARGUMENT]))
    }

    /// The same, where a child may have so much memory.
    pub fn with_memory(mut self, memory: ByteSize) -> CompilerProcess {
        self.memory = memory;
        self
    }

    /// Compiles for a parent, if that is what this process was started for; then the program ends with this status.
    ///
    /// To be called first of all: before anything is opened, read or started.
    pub fn serve() -> Option<ExitCode> {
        let mut args = std::env::args_os().skip(1);
        (args.next()? == ARGUMENT).then(|| child::run(args))
    }
}
