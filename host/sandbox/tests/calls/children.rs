//! Children that are not what they should be: whatever they answer, and however they end, the parent says so and goes
//! on. The children that compile are tested with the program, tests/it/compile.rs.

use crate::builder::*;
use remit_sandbox::{CompilerProcess, Sandbox, SandboxConfig, SandboxError};
use std::time::{Duration, Instant};

/// A shell in a compiler's place, told what to do.
fn shell(script: &str) -> CompilerProcess {
    CompilerProcess::new("/bin/sh", ["-c", script, "sh"])
}

fn sandbox(compiler: CompilerProcess, seconds: u64) -> Sandbox {
    let config = SandboxConfig::default()
        .with_compiler(compiler)
        .with_compile_time(Duration::from_secs(seconds));
    Sandbox::new(config).unwrap()
}

async fn refused(sandbox: &Sandbox) -> SandboxError {
    let component = binary(&plugin(ECHO));
    sandbox
        .prepare(&component, &digest(&component))
        .await
        .unwrap_err()
}

#[track_caller]
fn is(error: &SandboxError, code: &str, says: &str) {
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn how_a_child_ended_is_told() {
    for (script, code, says) in [
        ("kill -KILL $$", "component-compile-crashed", "signal 9"),
        ("kill -SEGV $$", "component-compile-crashed", "signal 11"),
        ("kill -XCPU $$", "component-compile-time", "within"),
        ("exit 0", "component-compile-crashed", "exit status: 0"),
        ("exit 3", "component-compile-crashed", "exit status: 3"),
        (
            "echo thread main panicked >&2; exit 101",
            "component-compile-crashed",
            "thread main panicked",
        ),
        (
            "echo memory allocation of 99 bytes failed >&2; kill -ABRT $$",
            "component-compile-memory",
            "3GiB",
        ),
        (
            "echo it cannot be closed off >&2; exit 71",
            "compiler-unusable",
            "closed off",
        ),
    ] {
        let error = refused(&sandbox(shell(script), 60)).await;
        is(&error, code, says);
    }
}

#[tokio::test]
async fn what_a_child_says_is_shown_safely_and_not_at_length() {
    let loud = "printf '\\033[31mred\\n'; yes loud | head -c 1000000 >&2; printf x";
    let error = refused(&sandbox(shell(&format!("({loud}) >&2; exit 1")), 60)).await;
    is(&error, "component-compile-crashed", "red");
    let text = error.to_string();
    assert!(text.len() < 1000 && !text.contains('\u{1b}'), "{text:?}");
}

#[tokio::test]
async fn an_answer_that_is_none_is_never_taken_for_code() {
    let length = |bytes: &str| format!("c{bytes}\\000\\000\\000\\000\\000\\000");
    for (answer, says) in [
        ("hello, this is no answer".to_owned(), "does not begin"),
        (
            "\\177ELF\\002\\001\\001\\000\\000\\000".to_owned(),
            "does not begin",
        ),
        // 2^63 bytes of code, or of a message.
        (
            "c\\000\\000\\000\\000\\000\\000\\000\\200".to_owned(),
            "longer",
        ),
        (
            "e\\000\\000\\000\\000\\000\\000\\000\\200".to_owned(),
            "longer",
        ),
        (length("\\002\\000") + "abc", "after its end"),
    ] {
        let script = format!("printf '{answer}'");
        let error = refused(&sandbox(shell(&script), 60)).await;
        is(&error, "compiler-unusable", says);
    }
    // Cut off, at each place.
    for answer in [
        "c".to_owned(),
        "c\\001".to_owned(),
        length("\\005\\000") + "abc",
    ] {
        let error = refused(&sandbox(shell(&format!("printf '{answer}'")), 60)).await;
        is(&error, "component-compile-crashed", "");
    }
    // Whole, from a child that then fails.
    let script = format!("printf '{}abc'; exit 1", length("\\003\\000"));
    let error = refused(&sandbox(shell(&script), 60)).await;
    is(&error, "component-compile-crashed", "exit status: 1");
}

#[tokio::test]
async fn a_child_that_sends_for_ever_is_cut_off() {
    let script = "printf 'c\\001\\000\\000\\000\\000\\000\\000\\000'; cat /dev/zero";
    let error = refused(&sandbox(shell(script), 60)).await;
    is(&error, "compiler-unusable", "after its end");
}

#[tokio::test]
async fn what_the_compiler_says_is_the_components_fault() {
    for (said, code) in [
        ("invalid: a name twice", "component-invalid"),
        ("x exceeds limit of 5", "component-too-large"),
        ("Compilation error: too hard", "component-compile"),
        (
            "Cannot allocate memory (os error 12)",
            "component-compile-memory",
        ),
    ] {
        let script = format!(
            "printf 'e\\{:03o}\\000\\000\\000\\000\\000\\000\\000%s' '{said}'",
            said.len()
        );
        let error = refused(&sandbox(shell(&script), 60)).await;
        assert_eq!(error.code(), code, "{error}");
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let missing = CompilerProcess::new("/nowhere/compiler", [""; 0]);
    let error = refused(&sandbox(missing, 60)).await;
    is(&error, "compiler-unusable", "/nowhere/compiler");
}

/// The children and grandchildren that a script notes, one number a line, until they are gone.
async fn all_end(noted: &std::path::Path) {
    let text = std::fs::read_to_string(noted).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    let until = Instant::now() + Duration::from_secs(20);
    for number in text.lines() {
        while is_alive(number) {
            assert!(Instant::now() < until, "{number} goes on");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn is_alive(number: &str) -> bool {
    match std::fs::read_to_string(format!("/proc/{number}/stat")) {
        // A zombie has ended; who should wait for it may be slow.
        Ok(stat) => !stat.rsplit(')').next().unwrap().trim().starts_with('Z'),
        Err(_) => false,
    }
}

#[tokio::test]
async fn a_child_that_takes_too_long_ends_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let noted = folder.path().join("noted");
    let script = format!(
        "sleep 600 & echo $! >> {0}; echo $$ >> {0}; sleep 600",
        noted.display()
    );
    let sandbox = sandbox(shell(&script), 1);
    let error = refused(&sandbox).await;
    is(&error, "component-compile-time", "within 1s");
    all_end(&noted).await;
    // And is not begun again.
    assert_eq!(refused(&sandbox).await.code(), "component-compile-time");
    let text = std::fs::read_to_string(&noted).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[tokio::test]
async fn a_child_ends_when_nobody_waits_for_it_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let noted = folder.path().join("noted");
    let script = format!(
        "sleep 600 & echo $! >> {0}.n; echo $$ >> {0}.n; mv {0}.n {0}; sleep 600",
        noted.display()
    );
    let sandbox = sandbox(shell(&script), 600);
    tokio::select! {
        error = refused(&sandbox) => panic!("{error}"),
        () = async {
            while !noted.exists() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        } => {}
    }
    all_end(&noted).await;
    // Others are not held up by it.
    assert_eq!(
        refused(&self::sandbox(shell("exit 3"), 60)).await.code(),
        "component-compile-crashed"
    );
}

/// A child gets what it is told on the command line, and nothing of ours but that.
#[tokio::test]
async fn a_child_is_started_with_nothing_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let noted = folder.path().join("noted");
    let script = format!(
        "tr '\\0' '\\n' < /proc/$$/environ > {0}; pwd >> {0}; readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2 | grep -c pipe: >> {0}; \
         echo \"$@\" >> {0}",
        noted.display()
    );
    let component = binary(&plugin(ECHO));
    refused(&sandbox(shell(&script), 60)).await;
    let text = std::fs::read_to_string(&noted).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let [threads, folder, pipes, told] = lines[..] else {
        panic!("{text}");
    };
    assert!(threads.starts_with("RAYON_NUM_THREADS="), "{text}");
    assert_eq!(folder, "/");
    assert_eq!(pipes, "3");
    assert_eq!(told, format!("3221225472 120 {}", component.len()));
}
