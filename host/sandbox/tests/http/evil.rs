//! The evil guest, asked to use wasi:http.

use std::sync::Arc;
use std::time::Duration;

use remit_policy::{Authority, Grant, Grants, Layer, Limits, OperatorPolicy};
use remit_sandbox::{Call, CallReport, Decision, MemoryRecorder, Sandbox, SandboxConfig};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{Known, TestNetwork};

pub const GRANT: &str = "http GET,POST http://api.example.org/v1/**";
pub const CANARY: &str = "ghp_Canary+4711/Zz?~x";

/// What one call left behind.
pub struct Done {
    pub report: CallReport<String>,
    pub decisions: Vec<Decision>,
}

impl Done {
    pub fn value(&self) -> Value {
        let output = self
            .report
            .outcome
            .as_ref()
            .unwrap_or_else(|error| panic!("{error}"));
        serde_json::from_str(output).unwrap()
    }

    /// The codes of the denials on record.
    pub fn denials(&self) -> Vec<&'static str> {
        let denials = self
            .decisions
            .iter()
            .filter_map(|d| d.result.as_ref().err());
        denials.map(|denial| denial.code()).collect()
    }
}

fn authority(grants: &[&str], time: Duration) -> Arc<Authority> {
    let grants = grants
        .iter()
        .map(|text| Grant::parse(Layer::Grant, text).unwrap());
    let grants = Grants::new(grants.collect()).unwrap();
    let limits = Limits {
        time,
        ..Limits::default()
    };
    Arc::new(Authority::new(
        grants,
        None,
        &OperatorPolicy::default(),
        limits,
    ))
}

/// The evil guest, asked to do this with these grants.
pub async fn evil(network: &Arc<TestNetwork>, grants: &[&str], input: Value) -> Done {
    within(network, grants, input, Duration::from_secs(10)).await
}

pub async fn within(
    network: &Arc<TestNetwork>,
    grants: &[&str],
    input: Value,
    time: Duration,
) -> Done {
    let recorder = Arc::new(MemoryRecorder::default());
    let report = run(network, grants, input, time, recorder.clone()).await;
    let decisions = recorder.take();
    Done { report, decisions }
}

pub async fn run(
    network: &Arc<TestNetwork>,
    grants: &[&str],
    input: Value,
    time: Duration,
    recorder: Arc<dyn remit_sandbox::Recorder>,
) -> CallReport<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/guests/evil.wasm");
    let bytes = std::fs::read(path).unwrap();
    let cache = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-http");
    let network = Arc::clone(network) as Arc<dyn remit_sandbox::Network>;
    let config = SandboxConfig::default()
        .with_cache(cache)
        .with_network(network);
    let sandbox = Sandbox::new(config).unwrap();
    let plugin = sandbox
        .prepare(&bytes, &Sha256::digest(&bytes).into())
        .await
        .unwrap();
    let call = Call {
        operation: "do".into(),
        input: input.to_string(),
        authority: authority(grants, time),
        mounts: Vec::new(),
        secrets: Arc::new(Known(vec![("token", CANARY.to_owned())])),
        recorder,
        cancel: None,
    };
    sandbox.call(&plugin, call).await
}

pub fn get(path: &str) -> Value {
    json!({"op": "http", "method": "GET", "scheme": "http", "authority": "api.example.org", "path": path})
}

/// `base` with more fields, or others.
pub fn with(mut base: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}
