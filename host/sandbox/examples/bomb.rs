//! Scratch.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used
)]
use remit_sandbox::{Sandbox, SandboxConfig};
use std::time::Instant;
#[tokio::main]
async fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).unwrap();
        let sandbox = Sandbox::new(SandboxConfig::default()).unwrap();
        let start = Instant::now();
        let result = sandbox.prepare(&bytes, &[0; 32]).await;
        let took = start.elapsed();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let hwm = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
        println!(
            "{path}: {} bytes, {took:?}, {hwm}, {}",
            bytes.len(),
            match result {
                Ok(_) => "ok".to_owned(),
                Err(e) => e.to_string(),
            }
        );
    }
}
