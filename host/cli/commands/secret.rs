//! `remit secret set`, `list` and `remove`. A value goes in, and never comes out.

use crate::args::{SecretCommand, SecretListArgs, SecretRemoveArgs, SecretSetArgs};
use crate::exit::Mistake;
use crate::{hidden, output};
use anyhow::{Context, Result};
use remit_package::Dirs;
use remit_run::audit::{self, SecretUse};
use remit_run::{KeptSecret, RunError, SecretPlace, SecretRemoval, SecretStore, SecretStoreError};
use serde_json::json;
use std::collections::HashMap;
use std::io::{IsTerminal, Read};
use std::process::ExitCode;
use zeroize::Zeroizing;

/// A line feed of two bytes after the longest value, and one byte that is too much.
const MOST: usize = 8 * 1024 + 3;

/// Does what was asked.
pub fn secret(command: SecretCommand) -> Result<ExitCode> {
    let dirs = Dirs::from_env().map_err(RunError::from)?;
    dirs.create().map_err(RunError::from)?;
    let store = SecretStore::open(&dirs);
    match command {
        SecretCommand::Set(args) => set(&store, args),
        SecretCommand::List(args) => list(&store, &dirs, &args),
        SecretCommand::Remove(args) => remove(&store, &args),
    }
}

fn set(store: &SecretStore, args: SecretSetArgs) -> Result<ExitCode> {
    if !args.mistaken.is_empty() {
        return Err(Mistake::report(
            "a secret's value is never taken from the command line, where others can see it",
            "leave it out, and type it when asked; take it for known, and change it",
        ));
    }
    // Before it is typed: what cannot be kept should not be asked for.
    SecretStore::check_name(&args.name).map_err(RunError::from)?;
    let value = match std::io::stdin().is_terminal() {
        true => hidden::ask(&format!("value of {} (not shown): ", args.name), MOST)
            .context("the terminal cannot be read")?
            .ok_or_else(|| Mistake::report("nothing was kept", "type the value, then Enter"))?,
        false => from_stdin()?,
    };
    let place = store
        .set(&args.name, value, args.place.map(SecretPlace::from))
        .map_err(RunError::from)?;
    if args.json {
        output::json(&json!({ "name": args.name, "place": place }));
    } else {
        let paint = output::stdout_paint();
        output::print(&format!(
            "{} {} is kept in {}\n",
            paint.good("✓"),
            args.name,
            called(place)
        ));
    }
    let listed = store.list().secrets;
    if let Some(kept) = listed.iter().find(|kept| kept.name == args.name) {
        if kept.places.contains(&SecretPlace::Environment) {
            note(&format!(
                "{} in the environment goes first, as long as it is set",
                SecretStore::variable(&args.name)
            ));
        }
        if kept.places.contains(&SecretPlace::PlainFile) {
            note(&format!(
                "an older value is in the plain file secrets/{} too, which is not used any more: remove it",
                args.name
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// All of stdin, without an editor's last line feed.
fn from_stdin() -> Result<Zeroizing<Vec<u8>>> {
    let mut value = Zeroizing::new(Vec::with_capacity(MOST));
    std::io::stdin()
        .take(MOST as u64)
        .read_to_end(&mut value)
        .context("stdin cannot be read")?;
    if value.ends_with(b"\n") {
        value.pop();
        if value.ends_with(b"\r") {
            value.pop();
        }
    }
    Ok(value)
}

fn list(store: &SecretStore, dirs: &Dirs, args: &SecretListArgs) -> Result<ExitCode> {
    let found = store.list();
    let mut used: HashMap<String, SecretUse> = HashMap::new();
    for one in audit::secret_uses(&audit::folder(dirs)).map_err(RunError::from)? {
        let one = one.map_err(RunError::from)?;
        if one.allowed {
            used.insert(one.secret.clone(), one);
        }
    }
    if args.json {
        let secrets: Vec<_> = found
            .secrets
            .iter()
            .map(|kept| json!({ "name": kept.name, "places": kept.places, "last_used": used.get(&kept.name) }))
            .collect();
        let failed: Vec<_> = found
            .failed
            .iter()
            .map(|error| json!({ "code": error.code(), "message": error.to_string() }))
            .collect();
        output::json(&json!({ "secrets": secrets, "failed": failed }));
        return Ok(ExitCode::SUCCESS);
    }
    output::print(&table(&found.secrets, &used));
    if found.secrets.is_empty() && found.failed.is_empty() {
        output::eprint("there are no secrets yet: `remit secret set NAME` keeps one\n");
    }
    found.failed.iter().for_each(tell);
    Ok(ExitCode::SUCCESS)
}

fn table(secrets: &[KeptSecret], used: &HashMap<String, SecretUse>) -> String {
    let paint = output::stdout_paint();
    let wide = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
    let places: Vec<String> = secrets
        .iter()
        .map(|kept| {
            let all: Vec<&str> = kept.places.iter().map(|place| called(*place)).collect();
            all.join(", ")
        })
        .collect();
    let name_width = wide(&mut secrets.iter().map(|kept| kept.name.len()));
    let place_width = wide(&mut places.iter().map(String::len));
    let mut text = String::new();
    for (kept, place) in secrets.iter().zip(&places) {
        let last = match used.get(&kept.name) {
            Some(one) => format!("last used {} by {}", one.time, one.callee()),
            None => "no use is recorded".to_owned(),
        };
        let name = paint.bold(&format!("{:name_width$}", kept.name));
        let last = paint.dim(&last);
        text.push_str(&format!("{name}  {place:place_width$}  {last}\n"));
    }
    text
}

fn remove(store: &SecretStore, args: &SecretRemoveArgs) -> Result<ExitCode> {
    let SecretRemoval { places, failed, .. } = store.remove(&args.name).map_err(RunError::from)?;
    if args.json {
        output::json(&json!({ "name": args.name, "places": places }));
    } else {
        let paint = output::stdout_paint();
        let all: Vec<&str> = places.iter().map(|place| called(*place)).collect();
        output::print(&format!(
            "{} {} is removed from {}\n",
            paint.good("✓"),
            args.name,
            all.join(" and ")
        ));
    }
    if let Some(error) = &failed {
        tell(error);
    }
    if std::env::var_os(SecretStore::variable(&args.name)).is_some() {
        note(&format!(
            "{} in the environment still sets it",
            SecretStore::variable(&args.name)
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// As a person calls it.
fn called(place: SecretPlace) -> &'static str {
    match place {
        SecretPlace::Environment => "the environment",
        SecretPlace::Keyring => "the system keyring",
        SecretPlace::File => "the encrypted file",
        SecretPlace::PlainFile => "a plain file",
        _ => "another place",
    }
}

fn note(text: &str) {
    output::eprint(&format!(
        "{} {text}\n",
        output::stderr_paint().warn("note:")
    ));
}

/// A place that could not be looked at: the others are listed all the same.
fn tell(error: &SecretStoreError) {
    let paint = output::stderr_paint();
    let hint = error
        .hint()
        .map(|hint| format!("{} {hint}\n", paint.hint("hint:")))
        .unwrap_or_default();
    output::eprint(&format!(
        "{} {error}\n{hint}",
        paint.warn(&format!("note[{}]:", error.code()))
    ));
}
