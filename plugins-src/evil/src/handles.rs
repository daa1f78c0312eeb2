//! Using up the host's handles and its copying.

use std::mem::ManuallyDrop;

use serde_json::{Value, json};

use crate::bindings::wasi::cli::stdout;
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::filesystem::preopens;
use crate::bindings::wasi::http::types::{Fields, OutgoingRequest};
use crate::{Failure, Outcome, text};

pub fn run(op: &str, input: &Value) -> Option<Outcome> {
    let count = text::number(input, "count", 1_000_000);
    Some(match op {
        "leak_handles" => {
            for _ in 0..count {
                match text::string(input, "kind").as_str() {
                    "fields" => std::mem::forget(Fields::new()),
                    "request" => std::mem::forget(OutgoingRequest::new(Fields::new())),
                    "stream" => std::mem::forget(stdout::get_stdout()),
                    "preopens" => std::mem::forget(preopens::get_directories()),
                    _ => std::mem::forget(monotonic_clock::subscribe_duration(1)),
                }
            }
            Ok(json!({ "leaked": count }))
        }
        // Many strings that all lie in one buffer: little for the guest, very much for a host that copies.
        "alias_list" => {
            let size = text::number(input, "bytes", 1 << 20) as usize;
            let mut value = ManuallyDrop::new(vec![b'a'; size]);
            let pointer = value.as_mut_ptr();
            let name = "x-alias".to_string();
            let list: Vec<ManuallyDrop<(String, Vec<u8>)>> = (0..count)
                .map(|_| {
                    // SAFETY: the vectors share one buffer, are only read, and are never dropped.
                    ManuallyDrop::new((name.clone(), unsafe {
                        Vec::from_raw_parts(pointer, size, size)
                    }))
                })
                .collect();
            // SAFETY: ManuallyDrop<T> is laid out as T.
            let list: &[(String, Vec<u8>)] =
                unsafe { std::slice::from_raw_parts(list.as_ptr().cast(), list.len()) };
            match Fields::from_list(list) {
                Ok(fields) => Ok(json!({ "entries": fields.entries().len() })),
                Err(error) => Err(Failure::new(text::kebab(&format!("{error:?}")), "")),
            }
        }
        _ => return None,
    })
}
