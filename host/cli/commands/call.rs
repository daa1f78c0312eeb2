//! `remit call`

use crate::args::CallArgs;
use crate::output;
use anyhow::{Context, Result};
use remit_policy::{Grant, Layer};
use remit_run::{CallOptions, RunError};
use serde_json::{Value, json};
use std::io::Read;
use std::process::ExitCode;

/// The largest input that is read from a file or stdin, in bytes. An operation's input is capped lower.
const MAX_INPUT: u64 = 64 << 20;

/// Calls one operation of a component.
pub async fn call(args: CallArgs) -> Result<ExitCode> {
    let input = input(&args.input)?;
    let mut options = CallOptions::new();
    for text in &args.allow {
        options = options.allow(Grant::parse(Layer::Grant, text).map_err(RunError::from)?);
    }
    let result = super::host()?
        .call(&args.component, &args.operation, input, options)
        .await?;
    if args.json {
        let mut document = serde_json::to_value(&result)?;
        if let Some(map) = document.as_object_mut() {
            map.insert(
                "milliseconds".to_owned(),
                json!(result.time.as_secs_f64() * 1000.0),
            );
        }
        output::json(&document);
    } else {
        for entry in &result.log {
            output::eprint(&format!(
                "{}\n",
                output::stderr_paint().dim(&format!("[{}] {}", entry.level, entry.line))
            ));
        }
        output::json(&result.output);
    }
    Ok(ExitCode::SUCCESS)
}

/// JSON as given, of a file (`@FILE`), or of stdin (`-`).
fn input(text: &str) -> Result<Value> {
    let (bytes, whence) = match (text, text.strip_prefix('@')) {
        ("-", _) => (read_all(std::io::stdin(), "stdin")?, "stdin".to_owned()),
        (_, Some(path)) => {
            let file = std::fs::File::open(path)
                .with_context(|| format!("the input file {path} cannot be opened"))?;
            (read_all(file, path)?, path.to_owned())
        }
        _ => (text.as_bytes().to_vec(), "--input".to_owned()),
    };
    serde_json::from_slice(&bytes).with_context(|| format!("the input ({whence}) is not JSON"))
}

fn read_all(from: impl Read, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_INPUT + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("{name} cannot be read"))?;
    anyhow::ensure!(
        bytes.len() as u64 <= MAX_INPUT,
        "the input ({name}) is larger than 64 MiB"
    );
    Ok(bytes)
}
