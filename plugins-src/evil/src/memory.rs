//! Taking memory, and looking through it for what must not be there.

use serde_json::{Value, json};

use crate::{Outcome, text};

pub fn run(op: &str, input: &Value) -> Option<Outcome> {
    Some(Ok(match op {
        "grow" => grow(input),
        "alloc" => {
            let size = text::number(input, "mib", 1) as usize * (1 << 20);
            let mut block: Vec<u8> = Vec::new();
            match block.try_reserve_exact(size) {
                Ok(()) => {
                    block.resize(size, 1);
                    let sum: u64 = block.iter().step_by(4096).map(|b| u64::from(*b)).sum();
                    json!({ "allocated": size, "touched": sum })
                }
                Err(_) => json!({ "allocated": 0 }),
            }
        }
        "search_memory" => search(input),
        "memory_size" => json!({ "pages": size() }),
        _ => return None,
    }))
}

/// Grows by `step` pages until `pages` are added (default: for ever) or the host says no; `touch` writes to each
/// page. `stubborn` goes on asking `stubborn` times after the first no.
fn grow(input: &Value) -> Value {
    let wanted = text::number(input, "pages", u64::MAX);
    let step = text::number(input, "step", 16).max(1);
    let touch = text::flag(input, "touch", false);
    let mut stubborn = text::number(input, "stubborn", 0);
    let (mut added, mut refused) = (0, 0_u64);
    while added < wanted {
        match grow_by(step as usize) {
            Some(before) => {
                added += step;
                if touch {
                    touch_pages(before, step as usize);
                }
            }
            None => {
                refused += 1;
                if stubborn == 0 {
                    break;
                }
                stubborn -= 1;
            }
        }
    }
    json!({ "added_pages": added, "refused": refused, "pages": size() })
}

#[cfg(target_arch = "wasm32")]
fn grow_by(pages: usize) -> Option<usize> {
    let before = core::arch::wasm32::memory_grow(0, pages);
    (before != usize::MAX).then_some(before)
}

#[cfg(target_arch = "wasm32")]
fn size() -> usize {
    core::arch::wasm32::memory_size(0)
}

#[cfg(not(target_arch = "wasm32"))]
fn grow_by(_: usize) -> Option<usize> {
    None
}

#[cfg(not(target_arch = "wasm32"))]
fn size() -> usize {
    0
}

fn touch_pages(first: usize, pages: usize) {
    for page in first..first + pages {
        // SAFETY: these pages were just added to the memory, and nothing else uses them.
        unsafe { std::ptr::write_volatile((page << 16) as *mut u8, 1) };
    }
}

/// Looks through the whole memory for a text. It is given disguised, as hex of each byte XOR 0x5a under
/// `hex_xor_5a`, since otherwise the question itself would be found.
fn search(input: &Value) -> Value {
    const MASK: u8 = 0x5a;
    let disguised = text::unhex(&text::string(input, "hex_xor_5a"));
    let end = size() << 16;
    let mut found = Vec::new();
    if !disguised.is_empty() && end > disguised.len() {
        // Address 0 is memory like any other here, but Rust would rather not read it.
        for at in 1..=end - disguised.len() {
            // SAFETY: within the memory's size; volatile, since it is not memory that Rust knows of.
            let byte = |i: usize| unsafe { std::ptr::read_volatile((at + i) as *const u8) };
            if (0..disguised.len()).all(|i| byte(i) == disguised[i] ^ MASK) {
                found.push(at);
            }
        }
    }
    json!({ "found": found.len(), "at": found.iter().take(8).collect::<Vec<_>>(), "searched": end })
}
