//! `remit call`

use crate::args::{CallArgs, OneCall};
use crate::output;
use anyhow::{Context, Result};
use remit_policy::{Grant, Layer};
use remit_run::{CallOptions, RunError};
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

/// The largest input that is read from a file or stdin, in bytes. An operation's input is capped lower.
const MAX_INPUT: u64 = 64 << 20;

/// Calls one operation of a component.
pub async fn call(args: CallArgs) -> Result<ExitCode> {
    call_and_show(&args.component, &args.call).await?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the call, and shows what the plugin logged and returned.
pub async fn call_and_show(component: &Path, call: &OneCall) -> Result<()> {
    let input = input(&call.input)?;
    let mut options = CallOptions::new();
    for text in &call.allow {
        options = options.allow(Grant::parse(Layer::Grant, text).map_err(RunError::from)?);
    }
    let host = super::host()?;
    let prepared = match super::component(&host, component).await? {
        Some((component, what)) => host.prepare_component(&what, component, options).await?,
        // What is wrong with it is said by whoever tries to open it.
        None => host.prepare(component, options).await?,
    };
    let result = prepared.call(&call.operation, &input).await?;
    if call.json {
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
    Ok(())
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
