//! Burning time and stack, and dying in each way that there is.

use std::hint::black_box;

use serde_json::{Value, json};

use crate::bindings::wasi::cli::exit;
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::io::poll;
use crate::{Outcome, text};

/// Survives a call if the sandbox does: each call must see 1.
static mut COUNTER: u64 = 0;

pub fn run(op: &str, input: &Value) -> Option<Outcome> {
    Some(Ok(match op {
        "loop" => loop {
            black_box(0);
        },
        "spin" => {
            let end = monotonic_clock::now() + text::number(input, "ms", 10) * 1_000_000;
            let mut turns = 0_u64;
            while monotonic_clock::now() < end {
                turns += 1;
            }
            json!({ "turns": turns })
        }
        "sleep" => {
            let started = monotonic_clock::now();
            monotonic_clock::subscribe_duration(nanoseconds(input)).block();
            json!({ "slept_ns": monotonic_clock::now() - started })
        }
        "sleep_until" => {
            monotonic_clock::subscribe_instant(text::number(input, "instant", u64::MAX)).block();
            Value::Null
        }
        "poll_many" => {
            let count = text::number(input, "count", 1000);
            let pollables: Vec<_> = (0..count)
                .map(|_| monotonic_clock::subscribe_duration(nanoseconds(input)))
                .collect();
            let ready = poll::poll(&pollables.iter().collect::<Vec<_>>());
            json!({ "ready": ready.len() })
        }
        "poll_none" => json!({ "ready": poll::poll(&[]).len() }),
        "recurse" => {
            let depth = text::number(input, "depth", u64::MAX);
            match text::string(input, "stack").as_str() {
                "memory" => json!({ "depth": recurse(depth) }),
                _ => json!({ "depth": depth, "sum": recurse_bare(depth) }),
            }
        }
        "trap" => match text::string(input, "kind").as_str() {
            "call" => {
                // SAFETY: deliberately none: no function stands there.
                let nothing: fn() = unsafe { std::mem::transmute(black_box(0xffff_usize)) };
                nothing();
                Value::Null
            }
            "memory" => {
                // SAFETY: deliberately none: beyond the end of memory.
                json!(unsafe { std::ptr::read_volatile(black_box(0xffff_fff0_usize) as *const u8) })
            }
            _ => trap(),
        },
        "panic" => panic!("{}", text::string(input, "message")),
        "exit" => {
            exit::exit(if text::flag(input, "success", true) {
                Ok(())
            } else {
                Err(())
            });
            json!({ "returned": true })
        }
        "exit_code" => {
            exit::exit_with_code(text::number(input, "code", 0) as u8);
            json!({ "returned": true })
        }
        "counter" => {
            // SAFETY: one thread.
            let count = unsafe {
                COUNTER += 1;
                COUNTER
            };
            json!({ "count": count })
        }
        _ => return None,
    }))
}

fn nanoseconds(input: &Value) -> u64 {
    let years = text::number(input, "years", 0).saturating_mul(31_557_600_000_000_000);
    let ms = text::number(input, "ms", 0).saturating_mul(1_000_000);
    years
        .saturating_add(ms)
        .saturating_add(text::number(input, "ns", 0))
}

/// Uses up the machine's stack and nothing of the guest's memory: all is in locals, and what is done with the
/// result keeps the compiler from making a loop of it.
#[inline(never)]
fn recurse_bare(depth: u64) -> u64 {
    // SAFETY: one thread.
    if depth == 0 || unsafe { COUNTER } == u64::MAX {
        return depth;
    }
    recurse_bare(depth - 1).rotate_left(7) ^ depth
}

/// Uses up the stack that Rust keeps in the guest's own memory: it runs out below address 0.
#[inline(never)]
fn recurse(depth: u64) -> u64 {
    if depth == 0 {
        return 0;
    }
    let room = black_box([depth; 16]);
    1 + recurse(black_box(room)[0] - 1)
}

#[cfg(target_arch = "wasm32")]
fn trap() -> Value {
    core::arch::wasm32::unreachable()
}

#[cfg(not(target_arch = "wasm32"))]
fn trap() -> Value {
    std::process::abort()
}
