//! Filling the disk, and racing whoever swaps files.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::bindings::wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use crate::{Failure, Outcome, text};

pub fn act(name: &str, base: &Rc<Descriptor>, input: &Value) -> Option<Outcome> {
    Some(match name {
        "many_files" => Ok(many_files(base, input)),
        "deep" => Ok(deep(base, input)),
        "fill" => fill(base, input),
        "race" => Ok(race(base, input)),
        _ => return None,
    })
}

/// Creates `count` files named `prefix0`, `prefix1`, … with `bytes` in each, until one fails.
fn many_files(base: &Descriptor, input: &Value) -> Value {
    let (prefix, bytes) = (text::string(input, "prefix"), text::bytes(&input["bytes"]));
    let mut created = 0_u64;
    for i in 0..text::number(input, "count", 1_000_000) {
        let result = base
            .open_at(
                PathFlags::empty(),
                &format!("{prefix}{i}"),
                OpenFlags::CREATE | OpenFlags::EXCLUSIVE,
                DescriptorFlags::WRITE,
            )
            .and_then(|file| {
                if bytes.is_empty() {
                    Ok(0)
                } else {
                    file.write(&bytes, 0)
                }
            });
        match result {
            Ok(_) => created += 1,
            Err(code) => return json!({ "created": created, "stopped": Failure::from(code).code }),
        }
    }
    json!({ "created": created })
}

/// Makes a folder in a folder in a folder, `depth` deep, each below the descriptor of the last, so that no path
/// is ever long.
fn deep(base: &Rc<Descriptor>, input: &Value) -> Value {
    let name = input["name"].as_str().unwrap_or("d");
    let mut here = base.clone();
    let depth = text::number(input, "depth", 10_000);
    for reached in 0..depth {
        let flags = DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY;
        let next = here
            .create_directory_at(name)
            .and_then(|()| here.open_at(PathFlags::empty(), name, OpenFlags::DIRECTORY, flags));
        match next {
            Ok(next) => here = Rc::new(next),
            Err(code) => return json!({ "depth": reached, "stopped": Failure::from(code).code }),
        }
    }
    json!({ "depth": depth })
}

/// Writes `chunk` bytes at a time into `path` until `max` bytes are there or the host says no.
fn fill(base: &Descriptor, input: &Value) -> Outcome {
    let chunk = vec![b'f'; text::number(input, "chunk", 65_536) as usize];
    let max = text::number(input, "max", u64::MAX);
    let path = text::string(input, "path");
    let file = base.open_at(
        PathFlags::empty(),
        &path,
        OpenFlags::CREATE,
        DescriptorFlags::WRITE,
    )?;
    let mut written = 0;
    while written < max {
        match file.write(&chunk, written) {
            Ok(0) => return Ok(json!({ "written": written, "stopped": "nothing written" })),
            Ok(step) => written += step,
            Err(code) => {
                return Ok(json!({ "written": written, "stopped": Failure::from(code).code }));
            }
        }
    }
    Ok(json!({ "written": written }))
}

/// Opens and reads `path` `count` times while somebody outside swaps it for a link: what came of it, counted by
/// the error's name or by the first 64 bytes that were read.
fn race(base: &Descriptor, input: &Value) -> Value {
    let path = text::string(input, "path");
    let mut outcomes = BTreeMap::<String, u64>::new();
    for _ in 0..text::number(input, "count", 100_000) {
        let result = base
            .open_at(
                PathFlags::SYMLINK_FOLLOW,
                &path,
                OpenFlags::empty(),
                DescriptorFlags::READ,
            )
            .and_then(|file| file.read(64, 0));
        let outcome = match result {
            Ok((bytes, _)) => format!("read: {}", String::from_utf8_lossy(&bytes)),
            Err(code) => Failure::from(code).code,
        };
        *outcomes.entry(outcome).or_default() += 1;
    }
    json!({ "outcomes": outcomes })
}
