//! The parent: starts a child, gives it a component, takes its answer, and ends it whatever happens.

use super::{COMPILED, CompilerProcess, MAX_MESSAGE, REFUSED, UNCONFINED};
use crate::SandboxError;
use crate::cache::MAX_CODE;
use remit_policy::display_safe;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::num::NonZero;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};

/// Compiled code has three to five times the bytes of its component, and some kilobytes for the smallest. A child that
/// sends more than these is not ours any more.
const CODE_FOR_BYTE: u64 = 20;
const CODE_AT_LEAST: u64 = 16 << 20;

/// Processor time for each second that a component may take: two cores' worth, however many there are.
const CORES: u64 = 2;

/// What is to be compiled, within what.
pub(crate) struct Order<'a> {
    pub(crate) process: &'a CompilerProcess,
    pub(crate) component: &'a [u8],
    /// How long it may take.
    pub(crate) time: Duration,
}

/// The code of a component, as `Engine::precompile_component` of a child of ours gives it.
///
/// Dropping the future ends the child.
///
/// # Errors
/// Whatever the child says about the component, or how it ended; all else that can go wrong is `Compiler`.
pub(crate) async fn compile(order: Order<'_>) -> Result<Vec<u8>, SandboxError> {
    let mut child = Running::start(&order)?;
    match tokio::time::timeout(order.time, child.converse(order.component)).await {
        Ok((answer, ended)) => judge(answer, ended, &order),
        Err(_) => Err(SandboxError::CompileTime { limit: order.time }),
    }
}

/// A child, killed when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Without a number it has ended and was waited for; the number may be another's by now.
        let group = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = group.and_then(Pid::from_raw) {
            // Whatever it has started against all rules too. The child alone is killed, and waited for, by tokio.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// How a child ended, and what it said on stderr.
struct Ended {
    status: io::Result<ExitStatus>,
    said: String,
}

enum Answer {
    Code(Vec<u8>),
    Message(String),
    /// What came makes no sense.
    Nonsense(&'static str),
    /// It ended before it was done.
    Nothing,
}

impl Running {
    fn start(order: &Order<'_>) -> Result<Running, SandboxError> {
        let CompilerProcess {
            program,
            args,
            memory,
            ..
        } = order.process;
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let seconds = order.time.as_secs().max(1).saturating_mul(CORES);
        let told = [memory.as_u64(), seconds, order.component.len() as u64];
        let child = Command::new(program)
            .args(args)
            .args(told.map(|number| number.to_string()))
            .env_clear()
            // It cannot look for itself.
            .env("RAYON_NUM_THREADS", cores.to_string())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the parent, which then ends the child.
            .process_group(0)
            .kill_on_drop(true)
            .spawn();
        child.map(Running).map_err(|error| {
            let program = display_safe(&program.to_string_lossy(), 200);
            SandboxError::Compiler(format!("{program} cannot be started: {error}"))
        })
    }

    async fn converse(&mut self, component: &[u8]) -> (Answer, Ended) {
        let (stdin, stdout, stderr) = (
            self.0.stdin.take(),
            self.0.stdout.take(),
            self.0.stderr.take(),
        );
        let most = (component.len() as u64)
            .saturating_mul(CODE_FOR_BYTE)
            .clamp(CODE_AT_LEAST, MAX_CODE);
        let talk = async { tokio::join!(send(stdin, component), read_answer(stdout, most)) };
        // Its stdin stays open until it has answered: when it closes, the child ends.
        let ((_open, answer), said) = tokio::join!(talk, read_capped(stderr));
        let status = self.0.wait().await;
        (answer, Ended { status, said })
    }
}

/// Sends all, and keeps the pipe open.
async fn send(stdin: Option<ChildStdin>, component: &[u8]) -> Option<ChildStdin> {
    let mut stdin = stdin?;
    // A child that does not want it all has ended, which its status says better.
    let _ = stdin.write_all(component).await;
    Some(stdin)
}

async fn read_answer(stdout: Option<impl AsyncRead + Unpin>, most: u64) -> Answer {
    let Some(mut stdout) = stdout else {
        return Answer::Nothing;
    };
    let mut head = [0; 9];
    if stdout.read_exact(&mut head).await.is_err() {
        return Answer::Nothing;
    }
    let [kind, length @ ..] = head;
    let length = u64::from_le_bytes(length);
    let most = match kind {
        COMPILED => most,
        REFUSED => MAX_MESSAGE as u64,
        _ => return Answer::Nonsense("its answer does not begin as one"),
    };
    if length > most {
        return Answer::Nonsense("its answer is longer than any can be");
    }
    let mut bytes = Vec::new();
    // Whole, and nothing after it.
    match stdout.take(length + 1).read_to_end(&mut bytes).await {
        Ok(_) if (bytes.len() as u64) < length => Answer::Nothing,
        Ok(_) if (bytes.len() as u64) > length => {
            Answer::Nonsense("its answer goes on after its end")
        }
        Ok(_) if kind == COMPILED => Answer::Code(bytes),
        Ok(_) => Answer::Message(String::from_utf8_lossy(&bytes).into_owned()),
        Err(_) => Answer::Nothing,
    }
}

/// The beginning of what it says; the rest is read and dropped, so that it is not held up.
async fn read_capped(from: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut from) = from else {
        return String::new();
    };
    let mut kept = Vec::new();
    let mut part = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut part).await {
        let room = MAX_MESSAGE.saturating_sub(kept.len()).min(count);
        kept.extend(part.iter().take(room));
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// What a child's answer and its end mean together.
fn judge(answer: Answer, ended: Ended, order: &Order<'_>) -> Result<Vec<u8>, SandboxError> {
    let said = ended.said.trim();
    let crashed = |how: String| SandboxError::CompileCrashed {
        how: match said.is_empty() {
            true => how,
            false => format!("{how}: {}", display_safe(said, 400)),
        },
    };
    let memory = || SandboxError::CompileMemory {
        limit: order.process.memory,
    };
    let status = match ended.status {
        Ok(status) => status,
        Err(error) => {
            return Err(SandboxError::Compiler(format!(
                "its end is unknown: {error}"
            )));
        }
    };
    match answer {
        Answer::Code(code) if status.success() => Ok(code),
        // A reservation that fails is an error of the compiler; an allocation that fails ends the process.
        Answer::Message(text) if status.success() && text.contains(NO_MEMORY) => Err(memory()),
        Answer::Message(text) if status.success() => Err(SandboxError::Compile(text)),
        Answer::Nonsense(why) => Err(SandboxError::Compiler(why.to_owned())),
        _ if status.code() == Some(UNCONFINED.into()) => {
            Err(SandboxError::Compiler(display_safe(said, 400)))
        }
        _ if said.contains(ALLOCATION) => Err(memory()),
        _ => match status.signal() {
            Some(signal) if signal == Signal::XCPU.as_raw() => {
                Err(SandboxError::CompileTime { limit: order.time })
            }
            Some(signal) => Err(crashed(format!("it was ended by signal {signal}"))),
            None => Err(crashed(format!("it ended with {status}"))),
        },
    }
}

/// What the standard library says before it aborts for want of memory.
const ALLOCATION: &str = "memory allocation of";

/// What the system says (ENOMEM).
const NO_MEMORY: &str = "Cannot allocate memory";
