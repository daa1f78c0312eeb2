//! `remit sign`

use crate::args::SignArgs;
use crate::exit::Mistake;
use crate::{output, password};
use anyhow::Result;
use remit_package::{Digest, MAX_COMPONENT_BYTES, inspect, read_file, write_file};
use remit_run::RunError;
use remit_sign::{SecretKey, SecretKeyFile, Signer, Subject};
use serde_json::json;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a WebAssembly file begins with.
const WASM: &[u8] = b"\0asm";

/// Signs a file as the name and version that it says, or that it is given.
pub async fn sign(args: SignArgs) -> Result<ExitCode> {
    let content = read_file(&args.file, MAX_COMPONENT_BYTES).map_err(RunError::from)?;
    let subject = subject(&args, &content).await?;
    let key = secret_key(&args)?;
    let signature = beside(&args.file, ".minisig");
    let public = beside(&args.file, ".pub");
    let text = remit_sign::sign(&key, &content, &subject);
    write_file(&public, key.public().file_text().as_bytes()).map_err(RunError::from)?;
    write_file(&signature, text.as_bytes()).map_err(RunError::from)?;
    let signer = Signer::Minisign(key.public());
    if args.json {
        output::json(&json!({
            "signature": signature,
            "public": public,
            "name": subject.name(),
            "version": subject.version(),
            "digest": subject.digest(),
            "signer": signer,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    output::print(&format!(
        "{} {} {} is signed by {signer}\nwrote {} and {}\n",
        output::stdout_paint().good("ok:"),
        subject.name(),
        subject.version(),
        signature.display(),
        public.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// The file's whole name, and more.
fn beside(file: &Path, more: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(more);
    name.into()
}

fn secret_key(args: &SignArgs) -> Result<SecretKey> {
    let file = match &args.key {
        Some(file) => file.clone(),
        None => super::key::default_key()?,
    };
    if args.key.is_none() && file.symlink_metadata().is_err() {
        return Err(Mistake::report(
            "there is no key to sign with",
            "make one with `remit key new`, or name one with --key",
        ));
    }
    let key = SecretKeyFile::read(&file)?;
    let password = match key.is_encrypted() {
        true => {
            let what = remit_policy::display_safe(&file.to_string_lossy(), 200);
            password::existing(args.password_file.as_deref(), &what)?
        }
        false => None,
    };
    Ok(key.open(password.as_ref())?)
}

/// What is signed. A component that says its own name and version is not signed under others.
async fn subject(args: &SignArgs, content: &[u8]) -> Result<Subject> {
    let digest = Digest::of(content);
    if !content.starts_with(WASM) {
        return match (&args.name, &args.release) {
            (Some(name), Some(version)) => Ok(Subject::new(name, version, digest)?),
            _ => Err(Mistake::report(
                format!(
                    "{} is no component, so it is not known what it is",
                    args.file.display()
                ),
                "give the skill's name and version with --name and --version",
            )),
        };
    }
    let card = super::host()?.component_card(&args.file).await?;
    if card.digest != digest.to_string() {
        return Err(Mistake::report(
            format!("{} was changed while it was read", args.file.display()),
            "give the command again",
        ));
    }
    let said = card.version.unwrap_or_default();
    // A plain component has whatever its producers wrote, or nothing.
    let says_itself = inspect(content).map_err(RunError::from)?.is_connector;
    for (given, said) in [(&args.name, &card.name), (&args.release, &said)] {
        if let Some(given) = given
            && says_itself
            && given != said
        {
            return Err(Mistake::report(
                format!("the component says that it is `{said}`, not `{given}`"),
                "leave --name and --version out, or build it with the right ones",
            ));
        }
    }
    let name = args.name.as_ref().unwrap_or(&card.name);
    Ok(Subject::new(
        name,
        args.release.as_ref().unwrap_or(&said),
        digest,
    )?)
}
