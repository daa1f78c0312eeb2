//! `remit audit export`

use crate::args::{AuditExportArgs, ExportForm};
use crate::output;
use anyhow::Result;
use remit_run::RunError;
use remit_run::audit::{self, ExportFormat};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

/// Writes the records in another form.
pub fn export(args: AuditExportArgs) -> Result<ExitCode> {
    let folder = super::named_folder(args.log)?;
    let format = match args.format {
        ExportForm::Otel => ExportFormat::Otel,
        ExportForm::Csv => ExportFormat::Csv,
    };
    let Some(out) = args.out else {
        let mut stdout = BufWriter::new(std::io::stdout().lock());
        return match audit::export(&folder, format, &mut stdout) {
            // A reader that went away (`| head`) has what it wanted.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
            Err(error) => Err(failed(Path::new("stdout"), error)),
            Ok(written) => {
                written.map_err(RunError::from)?;
                Ok(ExitCode::SUCCESS)
            }
        };
    };
    let count = to_file(&folder, format, &out)?;
    output::print(&format!(
        "{} {count} records are in {}\n",
        output::stdout_paint().good("ok:"),
        out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Whole or not at all, for its owner only: the records say what others need not know.
fn to_file(folder: &Path, format: ExportFormat, out: &Path) -> Result<u64> {
    let mut part = OsString::from(out);
    part.push(".part");
    let part = Path::new(&part);
    let _ = std::fs::remove_file(part);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(part)
        .map_err(|error| failed(out, error))?;
    let written = write(folder, format, &file).and_then(|count| {
        std::fs::rename(part, out).map_err(|error| failed(out, error))?;
        Ok(count)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(part);
    }
    written
}

fn write(folder: &Path, format: ExportFormat, file: &File) -> Result<u64> {
    let mut writer = BufWriter::new(file);
    let count = audit::export(folder, format, &mut writer)
        .and_then(|count| {
            writer.flush()?;
            file.sync_all()?;
            Ok(count)
        })
        .map_err(|error| failed(Path::new("the export"), error))?;
    Ok(count.map_err(RunError::from)?)
}

fn failed(what: &Path, source: std::io::Error) -> anyhow::Error {
    let what = format!("{} cannot be written", what.display());
    RunError::Io { what, source }.into()
}
