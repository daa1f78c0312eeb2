//! Compiling in a process of its own, with the program itself as that process: hostile case 17. What a parent makes of
//! children that are not what they should be is tested in host/sandbox/tests/calls/children.rs.

use crate::support::{Remit, evil, plugin};
use remit_policy::ByteSize;
use remit_sandbox::{CompilerProcess, Sandbox, SandboxConfig, SandboxError};
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const REMIT: &str = env!("CARGO_BIN_EXE_remit");
const ARGUMENT: &str = "compile-for-parent";

fn compiler() -> CompilerProcess {
    CompilerProcess::new(REMIT, [ARGUMENT])
}

/// The same, with a note of its number in a file for each that is started.
fn noting(file: &Path) -> CompilerProcess {
    let script = format!(
        "echo $$ >> '{}'; exec '{REMIT}' {ARGUMENT} \"$@\"",
        file.display()
    );
    CompilerProcess::new("/bin/sh", ["-c", &script, "sh"])
}

fn noted(file: &Path) -> Vec<i32> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    remit_package::Digest::of(bytes).as_bytes().to_owned()
}

async fn prepare(sandbox: &Sandbox, component: &[u8]) -> Result<(), SandboxError> {
    sandbox
        .prepare(component, &digest(component))
        .await
        .map(drop)
}

/// A plain component whose core module has these functions.
fn functions(text: &str) -> Vec<u8> {
    let component = format!(
        r#"(component (core module $m {text} (func (export "f"))) (core instance $i (instantiate $m))
            (func (export "f") (canon lift (core func $i "f"))))"#
    );
    wat::parse_str(component).unwrap()
}

/// Takes some seconds of processor time, and is nothing that is counted out.
fn slow(functions_of: usize) -> Vec<u8> {
    let line = "(local.set 0 (i32.add (i32.mul (local.get 0) (local.get 1)) (i32.xor (local.get 2) (i32.const 77))))\
                (if (local.get 0) (then (local.set 1 (i32.rotl (local.get 2) (local.get 0)))))";
    let function = format!(
        "(func (param i32 i32 i32) (result i32) {} (local.get 0))",
        line.repeat(100)
    );
    functions(&function.repeat(functions_of))
}

/// Loops in loops of many values: minutes of processor time, and counted out by every host.
fn bomb() -> Vec<u8> {
    let changes: String = (1..=100)
        .map(|i| format!("(local.set {i} (i32.add (local.get {i}) (i32.const 1)))"))
        .collect();
    functions(&format!(
        "(func (param i32) (local {}) {} {changes} {})",
        "i32 ".repeat(100),
        "(loop ".repeat(1000),
        "(br_if 0 (local.get 0)))".repeat(1000)
    ))
}

/// Branches of many values, which the compiler keeps a table of: gigabytes.
fn branches() -> Vec<u8> {
    let branch = "(block (br_if 0 (local.get 0)))";
    let changes: String = (1..=2000)
        .map(|i| format!("(local.set {i} (i32.const 1))"))
        .collect();
    let uses: String = (1..=2000)
        .map(|i| format!("(local.set 0 (i32.add (local.get 0) (local.get {i})))"))
        .collect();
    functions(&format!(
        "(func (param i32) (local {}) {} {changes} {} {uses})",
        "i32 ".repeat(2000),
        branch.repeat(2000),
        branch.repeat(18_000)
    ))
}

/// A child of the program, told its limits by hand.
fn child(memory: u64, seconds: u64, length: usize) -> Child {
    Command::new(REMIT)
        .args([
            ARGUMENT,
            &memory.to_string(),
            &seconds.to_string(),
            &length.to_string(),
        ])
        .env_clear()
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a child answers to a component, and how it ends.
fn answer(mut child: Child, component: &[u8]) -> (Vec<u8>, String, std::process::ExitStatus) {
    let mut stdin = child.stdin.take().unwrap();
    // One that has ended does not read it all.
    let _ = stdin.write_all(component);
    let (mut answer, mut said) = (Vec::new(), String::new());
    child
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut answer)
        .unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    (answer, said, child.wait().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_component_has_one_child_and_none_when_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    let config = SandboxConfig::default()
        .with_cache(folder.path().join("compiled"))
        .with_compiler(noting(&notes));
    let [mail, evil] = [plugin("mail"), evil()].map(|path| std::fs::read(path).unwrap());
    let sandbox = Sandbox::new(config.clone()).unwrap();
    let (first, second, other) = tokio::join!(
        prepare(&sandbox, &mail),
        prepare(&sandbox, &mail),
        prepare(&sandbox, &evil)
    );
    for prepared in [first, second, other] {
        prepared.unwrap_or_else(|error| panic!("{error}"));
    }
    assert_eq!(noted(&notes).len(), 2, "one each, at once too");
    let another = Sandbox::new(config).unwrap();
    prepare(&another, &mail).await.unwrap();
    assert_eq!(noted(&notes).len(), 2, "none where the code is kept");
}

/// Its code is what this process would make, byte for byte: nothing depends on where it was compiled.
#[tokio::test]
async fn a_child_makes_the_same_code_as_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let component = std::fs::read(plugin("mail")).unwrap();
    let mut kept = Vec::new();
    for (name, compiler) in [("here", None), ("there", Some(compiler()))] {
        let cache = folder.path().join(name);
        let mut config = SandboxConfig::default().with_cache(&cache);
        config.compiler = compiler;
        prepare(&Sandbox::new(config).unwrap(), &component)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let code = std::fs::read_dir(&cache)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|e| e == "cwasm"))
            .unwrap();
        let bytes = std::fs::read(&code).unwrap();
        // Each ends with a MAC, of another key.
        kept.push((
            code.file_name().unwrap().to_owned(),
            bytes[..bytes.len() - 32].to_vec(),
        ));
    }
    assert!(kept[0] == kept[1]);
}

#[tokio::test]
async fn without_a_cache_the_code_is_taken_from_the_child() {
    let config = SandboxConfig::default().with_compiler(compiler());
    let component = std::fs::read(plugin("table")).unwrap();
    prepare(&Sandbox::new(config).unwrap(), &component)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn what_takes_too_much_memory_ends_in_the_child_and_the_next_works() {
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    let config = |memory| {
        SandboxConfig::default().with_compiler(noting(&notes).with_memory(ByteSize::mib(memory)))
    };
    let large = std::fs::read(plugin("calendar")).unwrap();
    let sandbox = Sandbox::new(config(48)).unwrap();
    for _ in 0..2 {
        let error = prepare(&sandbox, &large).await.unwrap_err();
        assert_eq!(error.code(), "component-compile-memory", "{error}");
        assert!(error.to_string().contains("48MiB"), "{error}");
    }
    assert_eq!(noted(&notes).len(), 1, "it is not begun again");
    let small = functions("");
    prepare(&sandbox, &small)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    prepare(&Sandbox::new(config(3072)).unwrap(), &large)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
}

/// With the counting left out that refuses these before: the child's own limits hold them.
#[test]
fn bombs_end_by_the_limits_of_the_child() {
    let bomb = bomb();
    let (answer, _, status) = self::answer(child(1 << 30, 2, bomb.len()), &bomb);
    assert!(answer.is_empty());
    assert_eq!(status.signal(), Some(24), "SIGXCPU: {status}");

    let branches = branches();
    let (answer, said, status) = self::answer(child(256 << 20, 60, branches.len()), &branches);
    assert!(answer.is_empty());
    assert_eq!(status.signal(), Some(6), "SIGABRT: {status}");
    assert!(said.contains("memory allocation of"), "{said}");

    // What both of them are caricatures of is compiled within the same.
    let small = functions("(func (loop (loop)))");
    let (answer, said, status) = self::answer(child(256 << 20, 60, small.len()), &small);
    assert!(status.success(), "{status} {said}");
    assert_eq!(answer[0], b'c', "{:?}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn a_host_refuses_the_bombs_without_a_child() {
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    let sandbox = Sandbox::new(SandboxConfig::default().with_compiler(noting(&notes))).unwrap();
    for bomb in [bomb(), branches()] {
        let error = prepare(&sandbox, &bomb).await.unwrap_err();
        assert_eq!(error.code(), "component-too-large", "{error}");
    }
    assert!(noted(&notes).is_empty());
    prepare(&sandbox, &functions("")).await.unwrap();
    assert_eq!(noted(&notes).len(), 1);
}

/// Bytes that are no component, given to a child all the same: compiled code and text are never taken for one.
#[test]
fn a_child_compiles_only_components() {
    for bytes in [
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".as_slice(),
        b"(component)",
        b"\0asm\x01\0\0\0",
        b"",
    ] {
        let (answer, said, status) = self::answer(child(1 << 30, 10, bytes.len()), bytes);
        assert!(status.success(), "{status} {said}");
        assert_eq!(answer[0], b'e', "{:?}", String::from_utf8_lossy(&answer));
    }
}

#[test]
fn a_child_that_is_told_nonsense_does_nothing() {
    for args in [
        &[] as &[&str],
        &["1"],
        &["1", "2", "x"],
        &["-1", "2", "3"],
        &["1", "2"],
    ] {
        let out = Command::new(REMIT)
            .arg(ARGUMENT)
            .args(args)
            .output()
            .unwrap();
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(String::from_utf8_lossy(&out.stderr).contains("Remit's own use"));
    }
}

fn field(text: &str, name: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(name));
    line.unwrap_or_else(|| panic!("{name} is not in {text}"))[name.len()..]
        .trim()
        .to_owned()
}

/// What the kernel says of a child that waits for its component.
#[test]
#[cfg(target_os = "linux")]
fn a_child_is_closed_off_before_it_reads_a_byte() {
    let mut child = child(512 << 20, 7, 1000);
    let of = |what: &str| std::fs::read(format!("/proc/{}/{what}", child.id())).unwrap();
    let text = |what: &str| String::from_utf8_lossy(&of(what)).into_owned();
    let until = Instant::now() + Duration::from_secs(20);
    // Two filters, of which the second is the last thing that it does before it reads.
    while field(&text("status"), "Seccomp_filters:") != "2" {
        assert!(Instant::now() < until, "{}", text("status"));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(field(&text("status"), "Seccomp:"), "2");
    assert_eq!(field(&text("status"), "NoNewPrivs:"), "1");
    let limits = text("limits");
    for (name, most) in [
        ("Max cpu time", "7 8"),
        ("Max data size", "536870912 536870912"),
        ("Max address space", "17716740096 17716740096"),
        ("Max core file size", "0 0"),
        ("Max file size", "0 0"),
        ("Max open files", "8 8"),
    ] {
        let found: Vec<_> = field(&limits, name)
            .split_whitespace()
            .take(2)
            .map(str::to_owned)
            .collect();
        assert_eq!(found.join(" "), most, "{name}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Waits for a child of a process, and gives its number.
fn child_of(parent: u32) -> i32 {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let after_name: Vec<_> = stat
                .rsplit(')')
                .next()
                .unwrap()
                .split_whitespace()
                .collect();
            let Some(number) = stat.split(' ').next().and_then(|it| it.parse().ok()) else {
                continue;
            };
            if after_name.get(1) == Some(&parent.to_string().as_str()) {
                return number;
            }
        }
        assert!(Instant::now() < until, "{parent} has no child");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn ends(number: i32) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        match std::fs::read_to_string(format!("/proc/{number}/stat")) {
            Err(_) => return,
            Ok(stat) if stat.rsplit(')').next().unwrap().trim().starts_with('Z') => return,
            Ok(stat) => assert!(Instant::now() < until, "it goes on: {stat}"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// `remit call` of a component that takes long to compile.
fn calling(remit: &Remit) -> Child {
    let path = remit.write("slow.wasm", slow(1500));
    remit
        .command(&["call", path.to_str().unwrap(), "f"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A parent's end of the pipe closes with it, however it ends; the bomb would keep the child busy for minutes.
#[test]
fn a_child_ends_when_its_parent_is_gone() {
    let bomb = bomb();
    let mut child = child(1 << 30, 600, bomb.len());
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&bomb).unwrap();
    drop(stdin);
    let until = Instant::now() + Duration::from_secs(20);
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() > until => {
                child.kill().unwrap();
                break child.wait().unwrap();
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    assert_eq!(status.code(), Some(1), "{status}");
}

#[test]
fn a_killed_parent_leaves_no_child() {
    let remit = Remit::with_own_cache();
    let mut parent = calling(&remit);
    let child = child_of(parent.id());
    let name = std::fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap();
    assert!(name.contains(ARGUMENT), "{name}");
    parent.kill().unwrap();
    parent.wait().unwrap();
    ends(child);
}

#[test]
fn a_child_that_is_killed_is_an_error_that_says_so() {
    let remit = Remit::with_own_cache();
    let parent = calling(&remit);
    let child = child_of(parent.id());
    let killed = Command::new("kill")
        .args(["-KILL", &child.to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    let out = parent.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(
        said.contains("component-compile-crashed") && said.contains("signal 9"),
        "{said}"
    );
    assert!(said.contains("hint: try again"), "{said}");
    // Nothing is spoilt by it.
    remit.run(&["show", "plugins/table.wasm"]).exits(0);
}

/// The program goes on compiling with what it is, when its file is another one meanwhile.
#[test]
#[cfg(target_os = "linux")]
fn a_program_that_was_replaced_still_finds_itself() {
    let remit = Remit::with_own_cache();
    let own = remit.path().join("remit-copy");
    std::fs::copy(REMIT, &own).unwrap();
    let mut command = Command::new("sh");
    // The shell replaces the file between the start of the program and its first component, which it waits for.
    std::fs::write(remit.path().join("input"), "").unwrap();
    let fifo = remit.path().join("fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let prepared = remit.command(&["-"; 1]);
    command
        .args(["-c", "./remit-copy call plugins/table.wasm read --input @fifo & sleep 1; rm remit-copy; \
                      echo '#!/bin/sh' > remit-copy; chmod +x remit-copy; echo '{}' > fifo; wait $!"])
        .current_dir(remit.path())
        .env_clear()
        .envs(prepared.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let out = command.output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    // It got as far as the operation, so it was compiled.
    assert!(!said.contains("compil"), "{said}");
    assert!(said.contains("read") || out.status.success(), "{said}");
}
