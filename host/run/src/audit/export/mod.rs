//! The records in the forms of other programs. Written as they are read: a log may be larger than the memory.

mod csv;
mod otel;

use std::io::Write;
use std::path::Path;

use super::error::AuditError;
use super::verify::read;

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// OpenTelemetry's logs as JSON (OTLP), one request a line, as its collector's file exporter writes and its
    /// `otlpjsonfile` receiver reads them.
    Otel,
    /// Comma-separated values (RFC 4180), with a head line.
    Csv,
}

/// Records that go into one line of OTLP: some 200 KiB.
const BATCH: usize = 256;

/// Writes the records of the log in `folder`; gives how many. The chain is not checked: what the records say is read, not
/// whether they are as they were written.
///
/// # Errors
/// The outer one is of writing to `to`, the inner one of the log.
pub fn export(
    folder: impl AsRef<Path>,
    format: ExportFormat,
    to: &mut impl Write,
) -> std::io::Result<Result<u64, AuditError>> {
    let mut records = match read(folder) {
        Ok(records) => records,
        Err(error) => return Ok(Err(error)),
    };
    if format == ExportFormat::Csv {
        to.write_all(csv::head().as_bytes())?;
    }
    let mut count = 0;
    loop {
        let batch: Vec<_> = match records.by_ref().take(BATCH).collect() {
            Ok(batch) => batch,
            Err(error) => return Ok(Err(error)),
        };
        if batch.is_empty() {
            to.flush()?;
            return Ok(Ok(count));
        }
        count += batch.len() as u64;
        match format {
            ExportFormat::Otel => {
                serde_json::to_writer(&mut *to, &otel::request(&batch))?;
                to.write_all(b"\n")?;
            }
            ExportFormat::Csv => {
                for record in &batch {
                    to.write_all(csv::line(record).as_bytes())?;
                }
            }
        }
    }
}
