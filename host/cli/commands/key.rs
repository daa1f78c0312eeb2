//! `remit key`

use crate::args::{KeyCommand, KeyNewArgs};
use crate::exit::Mistake;
use crate::{output, password};
use anyhow::Result;
use remit_package::{Dirs, private_folder};
use remit_run::RunError;
use remit_sign::{SecretKey, Signer};
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Makes keys.
pub fn key(command: KeyCommand) -> Result<ExitCode> {
    match command {
        KeyCommand::New(args) => new(args),
    }
}

/// Where `remit key new` keeps a key if no place is named.
pub fn default_key() -> Result<PathBuf> {
    let dirs = Dirs::from_env().map_err(RunError::from)?;
    Ok(dirs.config.join("signing.key"))
}

fn new(args: KeyNewArgs) -> Result<ExitCode> {
    let secret = match args.out {
        Some(file) => file,
        None => {
            let file = default_key()?;
            if let Some(folder) = file.parent() {
                private_folder(folder).map_err(RunError::from)?;
            }
            file
        }
    };
    let public = secret.with_extension("pub");
    if secret == public {
        return Err(Mistake::report(
            format!("{} is the name of a public key", secret.display()),
            "name the file of the secret one, as my.key",
        ));
    }
    for file in [&secret, &public] {
        // A key that is overwritten is a publisher who cannot publish any more.
        if file.symlink_metadata().is_ok() {
            return Err(Mistake::report(
                format!(
                    "{} is there already, and a key is never replaced",
                    file.display()
                ),
                "name another file with --out",
            ));
        }
    }
    let password = match args.no_password {
        true => None,
        false => Some(password::chosen(args.password_file.as_deref())?),
    };
    let key = SecretKey::generate()?;
    let text = key.file_text(password.as_ref())?;
    write_new(&secret, text.as_bytes())?;
    if let Err(error) = output::public_file(&public, &key.public().file_text()) {
        // Half of a pair would only be in the way of the next.
        let _ = std::fs::remove_file(&secret);
        return Err(error);
    }
    let signer = Signer::Minisign(key.public());
    if args.json {
        output::json(&json!({
            "secret": secret,
            "public": public,
            "id": key.public().id(),
            "signer": signer,
            "encrypted": password.is_some(),
        }));
        return Ok(ExitCode::SUCCESS);
    }
    let paint = output::stderr_paint();
    output::print(&format!("{signer}\n"));
    output::eprint(&format!(
        "{} the secret key is in {}, the public one in {}\n",
        paint.good("ok:"),
        secret.display(),
        public.display()
    ));
    if password.is_none() {
        output::eprint(&format!(
            "{} the secret key is not encrypted: whoever reads it can sign as you\n",
            paint.warn("careful:")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a file that is not there yet, for its owner only: two who make a key at once do not make one of two halves.
fn write_new(file: &Path, bytes: &[u8]) -> Result<()> {
    let io = |source| RunError::Io {
        what: format!("{} cannot be written", file.display()),
        source,
    };
    let mut open = OpenOptions::new();
    let made = open.write(true).create_new(true).mode(0o600).open(file);
    let mut made = made.map_err(io)?;
    let written = made.write_all(bytes).and_then(|()| made.sync_all());
    if written.is_err() {
        let _ = std::fs::remove_file(file);
    }
    Ok(written.map_err(io)?)
}
