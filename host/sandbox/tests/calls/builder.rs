//! The builder that the tests read as sentences with.

use remit_policy::{Authority, Grant, Grants, Layer, Limits, OperatorPolicy};
use remit_sandbox::{
    Call, CallError, CallReport, Cancel, Decision, LimitKind, MemoryRecorder, NoSecrets, Plugin,
    RawDescription, Recorder, Sandbox, SandboxConfig,
};
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// The evil guest, built by the plugins' workspace.
pub static EVIL: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/guests/evil.wasm");
    std::fs::read(path).expect("tests/guests/evil.wasm is built by `just plugins`")
});

pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A sandbox with one plugin in it.
pub struct Bench {
    pub sandbox: Sandbox,
    pub plugin: Plugin,
    pub recorder: Arc<MemoryRecorder>,
}

/// Compiled code that all tests of this binary share, so that the evil guest is compiled once.
fn shared_cache() -> std::path::PathBuf {
    std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled")
}

pub fn config() -> SandboxConfig {
    SandboxConfig::default().with_cache(shared_cache())
}

pub async fn evil() -> Bench {
    with(&EVIL).await
}

pub async fn with(component: &[u8]) -> Bench {
    let sandbox = Sandbox::new(config()).unwrap();
    let plugin = sandbox
        .prepare(component, &digest(component))
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    Bench {
        sandbox,
        plugin,
        recorder: Arc::default(),
    }
}

/// A component in the text format.
pub async fn text(component: &str) -> Bench {
    with(&binary(component)).await
}

pub fn binary(component: &str) -> Vec<u8> {
    wat::parse_str(component).unwrap_or_else(|error| panic!("{error}"))
}

pub fn limits() -> Limits {
    Limits {
        time: Duration::from_secs(10),
        ..Limits::default()
    }
}

/// The evil guest, made to do this when it is asked what it is: see plugins-src/evil/README.md.
pub fn describing(input: &str) -> Vec<u8> {
    let mut component = EVIL.clone();
    let marker = b"REMIT-EVIL-DESCRIPTION-FOLLOWS>>";
    let at = component
        .windows(marker.len())
        .position(|window| window == marker)
        .unwrap()
        + marker.len();
    component[at..at + input.len()].copy_from_slice(input.as_bytes());
    component
}

/// The authority of a skill that grants these, in their compact form.
pub fn granted(grants: &[&str], limits: Limits) -> Arc<Authority> {
    let grants = grants
        .iter()
        .map(|grant| Grant::parse(Layer::Grant, grant).unwrap_or_else(|e| panic!("{grant}: {e}")))
        .collect();
    Arc::new(Authority::new(
        Grants::new(grants).unwrap(),
        None,
        &OperatorPolicy::default(),
        limits,
    ))
}

impl Bench {
    pub fn request(&self, input: impl Into<String>, limits: Limits) -> Call {
        Call {
            operation: "do".into(),
            input: input.into(),
            authority: granted(&[], limits),
            mounts: Vec::new(),
            secrets: Arc::new(NoSecrets),
            recorder: self.recorder.clone(),
            cancel: None,
        }
    }

    pub async fn run(&self, input: &str) -> CallReport<String> {
        self.within(input, limits()).await
    }

    pub async fn within(&self, input: &str, limits: Limits) -> CallReport<String> {
        let call = self.request(input, limits);
        self.sandbox.call(&self.plugin, call).await
    }

    pub async fn describe(&self) -> CallReport<RawDescription> {
        let recorder = self.recorder.clone();
        self.sandbox.describe(&self.plugin, recorder).await
    }

    pub async fn recorded_by(
        &self,
        input: &str,
        recorder: Arc<dyn Recorder>,
    ) -> CallReport<String> {
        let call = Call {
            recorder,
            ..self.request(input, limits())
        };
        self.sandbox.call(&self.plugin, call).await
    }

    pub async fn cancelled_by(&self, input: &str, cancel: Cancel) -> CallReport<String> {
        let call = Call {
            cancel: Some(cancel),
            ..self.request(input, limits())
        };
        self.sandbox.call(&self.plugin, call).await
    }

    /// The JSON that a call of the evil guest returns.
    pub async fn value(&self, input: &str) -> serde_json::Value {
        let report = self.run(input).await;
        let output = report
            .outcome
            .unwrap_or_else(|error| panic!("{input}: {error}"));
        serde_json::from_str(&output).unwrap()
    }

    /// Asserts that a benign call works, within a second.
    pub async fn still_works(&self) {
        let start = Instant::now();
        let report = self.run(r#"{"op":"echo","value":"still here"}"#).await;
        let output = report.outcome.unwrap();
        assert!(output.contains("still here"), "{output}");
        assert!(start.elapsed() < Duration::from_secs(1));
    }

    pub fn decisions(&self) -> Vec<Decision> {
        self.recorder.take()
    }
}

pub fn assert_limit<T: std::fmt::Debug>(report: &CallReport<T>, expected: LimitKind) {
    match &report.outcome {
        Err(CallError::Limit { which, .. }) if *which == expected => {}
        other => panic!("expected the limit of {expected}, got {other:?}"),
    }
}

/// A plugin in the text format, by its parts.
pub struct Text<'a> {
    /// Imports of the component, beside those of every plugin.
    pub imports: &'a str,
    /// The beginning of its core module: imports, and the memory.
    pub head: &'a str,
    /// The rest of its core module. It exports `invoke`, from the pointers and lengths of operation and input to a
    /// pointer to the result; `$answer` makes one from a pointer and a length.
    pub body: &'a str,
    /// How the core module `$m` becomes the instance `$i`.
    pub instance: &'a str,
}

impl Default for Text<'_> {
    fn default() -> Self {
        Text {
            imports: "",
            head: r#"(memory (export "memory") 1)"#,
            body: ECHO,
            instance: "(core instance $i (instantiate $m))",
        }
    }
}

impl Text<'_> {
    pub fn form(&self) -> String {
        include_str!("plugin.wat")
            .replace("IMPORTS", self.imports)
            .replace("HEAD", self.head)
            .replace("BODY", self.body)
            .replace("INSTANCE", self.instance)
    }
}

/// A plugin in the text format, by the body of its core module.
pub fn plugin(body: &str) -> String {
    Text {
        body,
        ..Text::default()
    }
    .form()
}

/// An echo that imports something more.
pub fn importing(imports: &str) -> String {
    Text {
        imports,
        ..Text::default()
    }
    .form()
}

/// An `invoke` that returns its input.
pub const ECHO: &str = r#"(func (export "invoke") (param i32 i32 i32 i32) (result i32)
    (call $answer (local.get 2) (local.get 3)))"#;

/// Threads and open files of this process.
pub fn threads_and_files() -> (usize, usize) {
    let count = |folder: &str| std::fs::read_dir(folder).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

/// Resident memory of this process, in KiB.
pub fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
