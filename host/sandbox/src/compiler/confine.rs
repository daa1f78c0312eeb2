//! What a child may have and do, taken on by itself before it reads a byte. Nothing of it can be undone.

use rustix::process::{Resource, Rlimit, setrlimit};
use std::io;

/// Address space beyond the memory that may be used, in bytes: the program itself, and what allocators and threads
/// reserve without using it, a heap of 64 MiB for each of up to 64 threads.
const RESERVED: u64 = 16 << 30;

/// Stdin, stdout, stderr, and what the language's runtime may open to start.
const FILES: u64 = 8;

/// Sets the limits of memory (bytes), of processor time (seconds) and of all that a compiler does not need.
pub(super) fn limit(memory: u64, seconds: u64) -> io::Result<()> {
    let limits = [
        // Private memory that can be written: heaps and stacks. What is only reserved does not count here.
        (Resource::Data, memory),
        (Resource::As, memory.saturating_add(RESERVED)),
        (Resource::Cpu, seconds),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, FILES),
    ];
    for (resource, most) in limits {
        // The system may have set a lower one before.
        let most = match rustix::process::getrlimit(resource).maximum {
            Some(set) => set.min(most),
            None => most,
        };
        let hard = match resource {
            // At the first the process is told, which names the reason to the parent; at the second it is killed.
            Resource::Cpu => most.saturating_add(1),
            _ => most,
        };
        let both = Rlimit {
            current: Some(most),
            maximum: Some(hard),
        };
        match setrlimit(resource, both) {
            Ok(()) => {}
            // macOS takes no limit of memory.
            Err(_) if cfg!(target_vendor = "apple") && resource == Resource::As => {}
            Err(_) if cfg!(target_vendor = "apple") && resource == Resource::Data => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Closes the system's door: from here on this process computes, reads its stdin, writes its stdout and stderr, and
/// starts threads. It can open no file and no connection, start no program and no process, look at no other one,
/// and make no memory executable. What it asks for beyond that fails as not permitted.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub(super) fn close_off() -> io::Result<()> {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
    use std::collections::BTreeMap;

    let arch = std::env::consts::ARCH
        .try_into()
        .map_err(io::Error::other)?;
    // The C library tries clone3 first, whose flags a filter cannot see, and where it is missing clone.
    let no_clone3 = SeccompFilter::new(
        BTreeMap::from([(libc::SYS_clone3, Vec::new())]),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS.cast_unsigned()),
        arch,
    );
    let only_computing = SeccompFilter::new(
        allowed().map_err(io::Error::other)?,
        SeccompAction::Errno(libc::EPERM.cast_unsigned()),
        SeccompAction::Allow,
        arch,
    );
    let compiled = |filter: Result<SeccompFilter, seccompiler::BackendError>| {
        filter
            .and_then(BpfProgram::try_from)
            .map_err(io::Error::other)
    };
    let (no_clone3, only_computing) = (compiled(no_clone3)?, compiled(only_computing)?);
    // Of two filters the stricter answer holds; the second could not be set after a stricter first.
    for filter in [no_clone3, only_computing] {
        apply_filter(&filter).map_err(io::Error::other)?;
    }
    Ok(())
}

/// The calls that computing takes, with what their arguments must be.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
fn allowed()
-> Result<std::collections::BTreeMap<i64, Vec<seccompiler::SeccompRule>>, seccompiler::BackendError>
{
    use seccompiler::SeccompCmpArgLen::Dword;
    use seccompiler::SeccompCmpOp::{Eq, MaskedEq};
    use seccompiler::{SeccompCondition as Condition, SeccompRule as Rule};

    let any = [
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_futex,
        libc::SYS_set_robust_list,
        libc::SYS_rseq,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_restart_syscall,
        libc::SYS_sigaltstack,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_exit,
        libc::SYS_exit_group,
        // Refused as missing by the other filter.
        libc::SYS_clone3,
    ];
    let executable = libc::PROT_EXEC.cast_unsigned().into();
    let thread = libc::CLONE_THREAD.cast_unsigned().into();
    let me = rustix::process::getpid().as_raw_nonzero().get();
    let descriptor = |number: u64| Condition::new(0, Dword, Eq, number);
    let not_executable = || Condition::new(2, Dword, MaskedEq(executable), 0);
    // -1: the memory of no file.
    let no_file = || Condition::new(4, Dword, Eq, u32::MAX.into());
    let judged = [
        (libc::SYS_read, vec![Rule::new(vec![descriptor(0)?])?]),
        (
            libc::SYS_write,
            vec![
                Rule::new(vec![descriptor(1)?])?,
                Rule::new(vec![descriptor(2)?])?,
            ],
        ),
        (
            libc::SYS_writev,
            vec![
                Rule::new(vec![descriptor(1)?])?,
                Rule::new(vec![descriptor(2)?])?,
            ],
        ),
        (
            libc::SYS_mmap,
            vec![Rule::new(vec![not_executable()?, no_file()?])?],
        ),
        (
            libc::SYS_mprotect,
            vec![Rule::new(vec![not_executable()?])?],
        ),
        (
            libc::SYS_clone,
            vec![Rule::new(vec![Condition::new(
                0,
                Dword,
                MaskedEq(thread),
                thread,
            )?])?],
        ),
        (
            libc::SYS_prctl,
            vec![Rule::new(vec![Condition::new(
                0,
                Dword,
                Eq,
                libc::PR_SET_NAME.cast_unsigned().into(),
            )?])?],
        ),
        (
            // Only itself, as when it aborts.
            libc::SYS_tgkill,
            vec![Rule::new(vec![Condition::new(
                0,
                Dword,
                Eq,
                me.cast_unsigned().into(),
            )?])?],
        ),
    ];
    Ok(any
        .into_iter()
        .map(|number| (number, Vec::new()))
        .chain(judged)
        .collect())
}

/// Nothing of the kind is here.
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
pub(super) fn close_off() -> io::Result<()> {
    Ok(())
}

#[cfg(all(
    test,
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod tests {
    use super::close_off;
    use std::fs::File;
    use std::io;
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::UnixStream;
    use std::process::Command;

    /// What a compiler has no business with.
    fn tries(at: std::net::SocketAddr) -> [io::Result<()>; 6] {
        [
            File::open("/proc/self/status").map(drop),
            File::create(std::env::temp_dir().join("remit-closed-off")).map(drop),
            std::fs::read_dir("/").map(drop),
            TcpStream::connect(at).map(drop),
            UnixStream::pair().map(drop),
            Command::new("true").status().map(drop),
        ]
    }

    /// A filter is of the thread that sets it, and of those that it starts.
    #[test]
    fn who_is_closed_off_computes_and_does_nothing_else() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let closed = std::thread::spawn(move || {
            close_off().unwrap();
            let sum = std::thread::spawn(|| vec![1_u64; 1 << 20].iter().sum::<u64>());
            (tries(at), sum.join().unwrap())
        });
        let (tried, sum) = closed.join().unwrap();
        for one in tried {
            assert_eq!(one.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        }
        assert_eq!(sum, 1 << 20);
        // The twin, in a thread that is not.
        for one in tries(at) {
            one.unwrap();
        }
    }
}
