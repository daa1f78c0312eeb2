//! Files through raw descriptors: any path, any flags, any order.
//!
//! A path is resolved against `dir`, the guest path of a preopened folder (default: the first one), or against
//! `fd`, a descriptor that an earlier `fs_open` of the same call kept under `as`.

mod bulk;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::bindings::wasi::clocks::wall_clock::Datetime;
use crate::bindings::wasi::filesystem::preopens;
use crate::bindings::wasi::filesystem::types::{
    Advice, Descriptor, DescriptorFlags, DescriptorStat, ErrorCode, NewTimestamp, OpenFlags,
    PathFlags,
};
use crate::bindings::wasi::io::streams::StreamError;
use crate::world::stream_failure;
use crate::{Failure, Outcome, text};

thread_local! {
    static KEPT: RefCell<HashMap<String, Rc<Descriptor>>> = RefCell::new(HashMap::new());
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Failure {
        Failure::new(text::kebab(&format!("{code:?}")), "")
    }
}

pub fn run(op: &str, input: &Value) -> Option<Outcome> {
    let name = op.strip_prefix("fs_")?;
    if name == "preopens" {
        let all = preopens::get_directories();
        let paths: Vec<&String> = all.iter().map(|(_, path)| path).collect();
        return Some(Ok(json!({ "preopens": paths })));
    }
    Some(base(input, "dir", "fd").and_then(|base| {
        act(name, &base, input).unwrap_or_else(|| Err(Failure::new("unknown-op", op)))
    }))
}

fn base(input: &Value, dir: &str, fd: &str) -> Result<Rc<Descriptor>, Failure> {
    if let Some(name) = input[fd].as_str() {
        let kept = KEPT.with_borrow(|kept| kept.get(name).cloned());
        return kept.ok_or_else(|| Failure::new("no-such-fd", name));
    }
    let wanted = input[dir].as_str();
    let mut all = preopens::get_directories().into_iter();
    let found = all.find(|(_, path)| wanted.is_none_or(|wanted| wanted == path));
    match found {
        Some((descriptor, _)) => Ok(Rc::new(descriptor)),
        None => Err(Failure::new("no-preopen", wanted.unwrap_or("none at all"))),
    }
}

fn act(name: &str, base: &Rc<Descriptor>, input: &Value) -> Option<Outcome> {
    let path = path_text(&input["path"]);
    let path = path.as_str();
    let at = path_flags(input);
    let done = |result: Result<(), ErrorCode>| result.map(|()| Value::Null).map_err(Failure::from);
    Some(match name {
        "open" => open(base, input).map(|descriptor| {
            let flags = descriptor
                .get_flags()
                .map(|f| format!("{f:?}"))
                .unwrap_or_default();
            let descriptor = Rc::new(descriptor);
            if let Some(name) = input["as"].as_str() {
                KEPT.with_borrow_mut(|kept| kept.insert(name.to_string(), descriptor));
            } else if text::flag(input, "leak", false) {
                std::mem::forget(descriptor);
            }
            json!({ "flags": flags })
        }),
        "close" => {
            let name = text::string(input, "fd");
            KEPT.with_borrow_mut(|kept| kept.remove(&name));
            Ok(Value::Null)
        }
        "read" => target(base, input, &["read"], &[]).and_then(|file| read(&file, input)),
        "write" => {
            target(base, input, &["write"], &["create"]).and_then(|file| write(&file, input))
        }
        "stat" => base
            .stat_at(at, path)
            .map(|s| stat(&s))
            .map_err(Failure::from),
        "stat_fd" => base.stat().map(|s| stat(&s)).map_err(Failure::from),
        "readdir" => {
            target(base, input, &["read"], &["directory"]).and_then(|dir| readdir(&dir, input))
        }
        "mkdir" => done(base.create_directory_at(path)),
        "rmdir" => done(base.remove_directory_at(path)),
        "unlink" => done(base.unlink_file_at(path)),
        "rename" | "link" => return Some(two_paths(name, base, input)),
        "symlink" => done(base.symlink_at(&path_text(&input["target"]), path)),
        "readlink" => base
            .readlink_at(path)
            .map(|target| json!({ "target": target }))
            .map_err(Failure::from),
        "set_times" => done(base.set_times_at(at, path, timestamp(input), timestamp(input))),
        "set_times_fd" => done(base.set_times(timestamp(input), timestamp(input))),
        "set_size" => target(base, input, &["write"], &[])
            .and_then(|file| done(file.set_size(text::number(input, "size", 0)))),
        "sync" => done(base.sync()),
        "sync_data" => done(base.sync_data()),
        "advise" => done(base.advise(0, text::number(input, "size", u64::MAX), Advice::WillNeed)),
        "flags" => base
            .get_flags()
            .map(|flags| json!({ "flags": format!("{flags:?}") }))
            .map_err(Failure::from),
        "type" => base
            .get_type()
            .map(|kind| json!({ "type": text::kebab(&format!("{kind:?}")) }))
            .map_err(Failure::from),
        "hash" => base
            .metadata_hash_at(at, path)
            .map(|hash| json!({ "hash": format!("{:x}{:x}", hash.upper, hash.lower) }))
            .map_err(Failure::from),
        _ => return bulk::act(name, base, input),
    })
}

fn two_paths(name: &str, from: &Descriptor, input: &Value) -> Outcome {
    let to = if input["to_dir"].is_null() && input["to_fd"].is_null() {
        base(input, "dir", "fd")?
    } else {
        base(input, "to_dir", "to_fd")?
    };
    let (path, new_path) = (path_text(&input["path"]), path_text(&input["to"]));
    match name {
        "rename" => from.rename_at(&path, &to, &new_path)?,
        _ => from.link_at(path_flags(input), &path, &to, &new_path)?,
    }
    Ok(Value::Null)
}

/// A path, which may hold any bytes: `{"hex": "2f00"}`, or `{"repeat": "a/", "times": 5000}`.
fn path_text(value: &Value) -> String {
    // SAFETY: deliberately none, as for every string that evil hands to the host.
    unsafe { String::from_utf8_unchecked(text::bytes(value)) }
}

fn path_flags(input: &Value) -> PathFlags {
    match text::flag(input, "follow", true) {
        true => PathFlags::SYMLINK_FOLLOW,
        false => PathFlags::empty(),
    }
}

fn open(base: &Descriptor, input: &Value) -> Result<Descriptor, Failure> {
    open_with(
        base,
        input,
        &text::words(input, "open"),
        &text::words(input, "flags"),
    )
}

fn open_with(
    base: &Descriptor,
    input: &Value,
    open: &[String],
    flags: &[String],
) -> Result<Descriptor, Failure> {
    let open = open.iter().fold(OpenFlags::empty(), |all, word| {
        all | match word.as_str() {
            "create" => OpenFlags::CREATE,
            "truncate" => OpenFlags::TRUNCATE,
            "exclusive" => OpenFlags::EXCLUSIVE,
            "directory" => OpenFlags::DIRECTORY,
            _ => OpenFlags::empty(),
        }
    });
    let flags = flags.iter().fold(DescriptorFlags::empty(), |all, word| {
        all | match word.as_str() {
            "read" => DescriptorFlags::READ,
            "write" => DescriptorFlags::WRITE,
            "mutate-directory" => DescriptorFlags::MUTATE_DIRECTORY,
            "file-integrity-sync" => DescriptorFlags::FILE_INTEGRITY_SYNC,
            "data-integrity-sync" => DescriptorFlags::DATA_INTEGRITY_SYNC,
            "requested-write-sync" => DescriptorFlags::REQUESTED_WRITE_SYNC,
            _ => DescriptorFlags::empty(),
        }
    });
    Ok(base.open_at(path_flags(input), &path_text(&input["path"]), open, flags)?)
}

/// What to act on: `fd` itself where no `path` is given, else `path` opened with `flags` and `open`, or with
/// these defaults.
fn target(
    base: &Rc<Descriptor>,
    input: &Value,
    flags: &[&str],
    open: &[&str],
) -> Result<Rc<Descriptor>, Failure> {
    if input["path"].is_null() {
        return Ok(base.clone());
    }
    let words = |key: &str, default: &[&str]| match input[key].is_array() {
        true => text::words(input, key),
        false => default.iter().map(|w| w.to_string()).collect(),
    };
    open_with(base, input, &words("open", open), &words("flags", flags))
        .map(Rc::new)
        .map_err(|failure| failure.at("open"))
}

fn read(file: &Descriptor, input: &Value) -> Outcome {
    let max = text::number(input, "max", 64 * 1024);
    let offset = text::number(input, "offset", 0);
    let mut bytes = Vec::new();
    if text::string(input, "via") == "stream" {
        let stream = file.read_via_stream(offset)?;
        while (bytes.len() as u64) < max {
            match stream.blocking_read(max - bytes.len() as u64) {
                Ok(more) => bytes.extend(more),
                Err(StreamError::Closed) => break,
                Err(error) => return Err(stream_failure(error).at("read")),
            }
        }
    } else {
        let (some, _) = file
            .read(max, offset)
            .map_err(|e| Failure::from(e).at("read"))?;
        bytes = some;
    }
    Ok(json!({ "bytes": bytes.len(), "text": String::from_utf8_lossy(&bytes) }))
}

/// Writes `bytes` at `offset`: `via` `write` (default), `stream`, `append` or `zeroes`.
fn write(file: &Descriptor, input: &Value) -> Outcome {
    let bytes = text::bytes(&input["bytes"]);
    let offset = text::number(input, "offset", 0);
    let failed = |code: ErrorCode| Failure::from(code).at("write");
    let stream = match text::string(input, "via").as_str() {
        "stream" | "zeroes" => file.write_via_stream(offset).map_err(failed)?,
        "append" => file.append_via_stream().map_err(failed)?,
        _ => {
            let mut written = 0;
            while written < bytes.len() {
                let step = file
                    .write(&bytes[written..], offset + written as u64)
                    .map_err(failed)?;
                if step == 0 {
                    break;
                }
                written += step as usize;
            }
            return Ok(json!({ "bytes": written }));
        }
    };
    if text::string(input, "via") == "zeroes" {
        let count = text::number(input, "count", 4096);
        stream
            .blocking_write_zeroes_and_flush(count)
            .map_err(|e| stream_failure(e).at("write"))?;
        return Ok(json!({ "bytes": count }));
    }
    for chunk in bytes.chunks(4096) {
        stream
            .blocking_write_and_flush(chunk)
            .map_err(|e| stream_failure(e).at("write"))?;
    }
    Ok(json!({ "bytes": bytes.len() }))
}

fn readdir(dir: &Descriptor, input: &Value) -> Outcome {
    let stream = dir.read_directory()?;
    let max = text::number(input, "max", 1000) as usize;
    let (mut entries, mut count) = (Vec::new(), 0_u64);
    while let Some(entry) = stream.read_directory_entry()? {
        count += 1;
        if entries.len() < max {
            entries.push(json!([
                entry.name,
                text::kebab(&format!("{:?}", entry.type_))
            ]));
        }
    }
    entries.sort_by_key(|e| e.to_string());
    Ok(json!({ "count": count, "entries": entries }))
}

fn stat(stat: &DescriptorStat) -> Value {
    json!({
        "type": text::kebab(&format!("{:?}", stat.type_)),
        "size": stat.size,
        "links": stat.link_count,
        "modified": stat.data_modification_timestamp.map(|t| t.seconds),
    })
}

fn timestamp(input: &Value) -> NewTimestamp {
    match input["seconds"].as_u64() {
        Some(seconds) => NewTimestamp::Timestamp(Datetime {
            seconds,
            nanoseconds: 0,
        }),
        None => NewTimestamp::Now,
    }
}
