//! Log, output streams, environment, input, configuration, clocks, random.

use serde_json::{Value, json};

use crate::bindings::remit::connector::log::{self, Level};
use crate::bindings::wasi::cli::{environment, stderr, stdin, stdout};
use crate::bindings::wasi::clocks::{monotonic_clock, wall_clock};
use crate::bindings::wasi::config::store;
use crate::bindings::wasi::io::streams::{OutputStream, StreamError};
use crate::bindings::wasi::random::{insecure, insecure_seed, random};
use crate::{Failure, Outcome, text};

pub fn run(op: &str, input: &Value) -> Option<Outcome> {
    Some(match op {
        "log" => {
            let level = match text::string(input, "level").as_str() {
                "debug" => Level::Debug,
                "warn" => Level::Warn,
                "error" => Level::Error,
                _ => Level::Info,
            };
            // SAFETY: deliberately none: the host must not believe that a guest's string is UTF-8.
            let message = unsafe { String::from_utf8_unchecked(text::bytes(&input["message"])) };
            let times = text::number(input, "times", 1);
            (0..times).for_each(|_| log::log(level, &message));
            Ok(json!({ "times": times }))
        }
        "stdout" => flood(stdout::get_stdout(), input),
        "stderr" => flood(stderr::get_stderr(), input),
        "stdin" => match stdin::get_stdin().blocking_read(text::number(input, "len", 1024)) {
            Ok(bytes) => {
                Ok(json!({ "bytes": bytes.len(), "text": String::from_utf8_lossy(&bytes) }))
            }
            Err(error) => Err(stream_failure(error)),
        },
        "env" => Ok(json!({ "environment": environment::get_environment() })),
        "args" => Ok(json!({
            "arguments": environment::get_arguments(),
            "cwd": environment::initial_cwd(),
        })),
        "config" => match store::get(&text::string(input, "key")) {
            Ok(value) => Ok(json!({ "value": value })),
            Err(error) => Err(Failure::new("config", format!("{error:?}"))),
        },
        "config_all" => match store::get_all() {
            Ok(all) => Ok(json!({ "values": all })),
            Err(error) => Err(Failure::new("config", format!("{error:?}"))),
        },
        "random" => {
            let len = text::number(input, "len", 16);
            let bytes = random::get_random_bytes(len);
            Ok(json!({ "bytes": bytes.len(), "hex": text::hex(&bytes[..bytes.len().min(64)]) }))
        }
        "insecure_random" => {
            let bytes = insecure::get_insecure_random_bytes(text::number(input, "len", 16));
            let seed = insecure_seed::insecure_seed();
            Ok(json!({
                "bytes": bytes.len(),
                "hex": text::hex(&bytes[..bytes.len().min(64)]),
                "seed": [seed.0.to_string(), seed.1.to_string()],
            }))
        }
        "clocks" => {
            let now = wall_clock::now();
            Ok(json!({
                "seconds": now.seconds,
                "nanoseconds": now.nanoseconds,
                "wall_resolution_ns": wall_clock::resolution().nanoseconds,
                "monotonic": monotonic_clock::now(),
                "monotonic_resolution_ns": monotonic_clock::resolution(),
            }))
        }
        _ => return None,
    })
}

/// Writes `bytes` (see `text::bytes`) `times` times, 4096 bytes at a time as the stream demands.
fn flood(stream: OutputStream, input: &Value) -> Outcome {
    let bytes = text::bytes(&input["bytes"]);
    let mut written = 0_u64;
    for _ in 0..text::number(input, "times", 1) {
        for chunk in bytes.chunks(4096) {
            if let Err(error) = stream.blocking_write_and_flush(chunk) {
                let failure = stream_failure(error);
                return Err(Failure::new(
                    failure.code,
                    format!("{written} bytes, then {}", failure.detail),
                ));
            }
            written += chunk.len() as u64;
        }
    }
    Ok(json!({ "bytes": written }))
}

pub fn stream_failure(error: StreamError) -> Failure {
    match error {
        StreamError::Closed => Failure::new("closed", ""),
        StreamError::LastOperationFailed(error) => {
            // Files and http say their own code; the rest has only words.
            if let Some(code) =
                crate::bindings::wasi::filesystem::types::filesystem_error_code(&error)
            {
                return Failure::new(text::kebab(&format!("{code:?}")), error.to_debug_string());
            }
            if let Some(code) = crate::bindings::wasi::http::types::http_error_code(&error) {
                return crate::http::code_failure(&code);
            }
            Failure::new("last-operation-failed", error.to_debug_string())
        }
    }
}
