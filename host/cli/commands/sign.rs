//! `remit sign`

use crate::args::SignArgs;
use crate::exit::Mistake;
use crate::{output, password};
use anyhow::Result;
use remit_package::{Digest, MAX_COMPONENT_BYTES, Skill, inspect, read_file};
use remit_run::RunError;
use remit_sign::{SecretKey, SecretKeyFile, Signer, Subject};
use serde_json::json;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a WebAssembly file begins with.
const WASM: &[u8] = b"\0asm";

/// Signs a component or a skill as the name and version that it says, or that it is given.
pub async fn sign(args: SignArgs) -> Result<ExitCode> {
    // A folder is signed as the archive that `remit publish` makes of it.
    let content = match args.file.is_dir() {
        true => remit_registry::pack(&args.file)?.bytes,
        false => read_file(&args.file, MAX_COMPONENT_BYTES).map_err(RunError::from)?,
    };
    let subject = match content.starts_with(WASM) {
        true => of_component(&args, &content).await?,
        false => of_skill(&args, &content)?,
    };
    let key = secret_key(&args)?;
    let signature = beside(&args.file, ".minisig");
    let public = beside(&args.file, ".pub");
    let text = remit_sign::sign(&key, &content, &subject);
    output::public_file(&public, &key.public().file_text())?;
    output::public_file(&signature, &text)?;
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

/// The file's whole name, and more; a folder's own slash at the end is dropped.
fn beside(file: &Path, more: &str) -> PathBuf {
    let mut name = OsString::from(file.components().collect::<PathBuf>());
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

async fn of_component(args: &SignArgs, content: &[u8]) -> Result<Subject> {
    let digest = Digest::of(content);
    let card = super::host()?.component_card(&args.file).await?;
    if card.digest != digest.to_string() {
        return Err(Mistake::report(
            format!("{} was changed while it was read", args.file.display()),
            "give the command again",
        ));
    }
    // A plain component has whatever its producers wrote, or nothing.
    if inspect(content).map_err(RunError::from)?.is_connector {
        check_given(args, "component", &card.name, card.version.as_deref())?;
    }
    let name = args.name.as_ref().unwrap_or(&card.name);
    let version = args.release.as_ref().or(card.version.as_ref());
    Ok(Subject::new(
        name,
        version.map_or("", String::as_str),
        digest,
    )?)
}

fn of_skill(args: &SignArgs, content: &[u8]) -> Result<Subject> {
    let folder = tempfile::tempdir()?;
    let root = match args.file.is_dir() {
        true => args.file.clone(),
        false => remit_registry::unpack(&args.file, folder.path())?.root,
    };
    let skill = Skill::open(&root).map_err(RunError::from)?;
    let said = skill.manifest.version.as_deref();
    check_given(args, "skill", &skill.name, said)?;
    let Some(version) = said.or(args.release.as_deref()) else {
        return Err(Mistake::report(
            "the skill does not say its version",
            "write it into skill.toml, or give it with --version",
        ));
    };
    Ok(Subject::new(&skill.name, version, Digest::of(content))?)
}

/// What says its own name and version is not signed under others.
fn check_given(args: &SignArgs, what: &str, name: &str, version: Option<&str>) -> Result<()> {
    let name = (args.name.as_deref(), Some(name));
    for (given, said) in [name, (args.release.as_deref(), version)] {
        if let (Some(given), Some(said)) = (given, said)
            && given != said
        {
            return Err(Mistake::report(
                format!("the {what} says that it is `{said}`, not `{given}`"),
                "leave --name and --version out, or have it say the right ones itself",
            ));
        }
    }
    Ok(())
}
