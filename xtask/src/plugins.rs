//! `xtask plugins`: from the sources in plugins-src/ to the committed components.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::build::{self, Crate};
use crate::component;
use crate::record::{self, Record};
use crate::toolchain::Toolchain;

pub fn run(args: &[String]) -> Result<()> {
    let check = args.iter().any(|arg| arg == "--check");
    let names: Vec<&String> = args.iter().filter(|arg| !arg.starts_with("--")).collect();
    if let Some(unknown) = args
        .iter()
        .find(|arg| arg.starts_with("--") && *arg != "--check")
    {
        bail!("unknown option `{unknown}`");
    }
    let root = root()?;
    let toolchain = Toolchain::find(&root.join("plugins-src"))?;
    let crates = chosen(build::crates(&root)?, &names)?;

    let record_path = root.join("plugins/toolchain.txt");
    let recorded = Record::read(&record_path)?;
    let identity = toolchain.identity(&root);
    let comparable = recorded.toolchain == identity;
    if !comparable && !names.is_empty() && !check && !recorded.components.is_empty() {
        bail!(
            "plugins/toolchain.txt was written with another toolchain, so one component alone cannot be \
             replaced\nhint: leave out the names, to build all of them with this one"
        );
    }

    let modules = build::build(&root, &toolchain, &crates)?;
    let mut differing = Vec::new();
    let mut now = Record {
        toolchain: identity,
        components: recorded.components.clone(),
    };
    for (it, module) in crates.iter().zip(&modules) {
        let bytes = component::from_module(module).with_context(|| format!("in {}", it.name))?;
        component::holds_no_path(&bytes, &toolchain.private_paths(&root))
            .with_context(|| format!("in {}", it.name))?;
        let digest = record::digest(&bytes);
        println!("{:>9}  {digest}  {}", bytes.len(), it.output);
        if !check {
            write(&root.join(&it.output), &bytes)?;
        } else if digest != committed(&root.join(&it.output))? {
            differing.push(it.output.clone());
        }
        now.components.insert(it.output.clone(), digest);
    }

    if !check {
        return write(&record_path, now.to_string().as_bytes());
    }
    if !comparable {
        println!(
            "built with another toolchain than the recorded one, so digests say nothing: the tests judge the \
             committed components by what they do\nrecorded: {}\nhere:     {}",
            recorded.toolchain.join("; "),
            now.toolchain.join("; "),
        );
        return Ok(());
    }
    if !differing.is_empty() {
        bail!(
            "not what its source gives: {}\nhint: run `just plugins` and commit the result",
            differing.join(", ")
        );
    }
    println!("each component is what its source gives");
    Ok(())
}

pub fn root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().context("xtask lies in no repository")?;
    Ok(root.to_path_buf())
}

fn chosen(all: Vec<Crate>, names: &[&String]) -> Result<Vec<Crate>> {
    if let Some(unknown) = names
        .iter()
        .find(|name| all.iter().all(|it| &it.name != **name))
    {
        let known: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
        bail!(
            "no plugin `{unknown}` in plugins-src\nhint: there are {}",
            known.join(", ")
        );
    }
    Ok(all
        .into_iter()
        .filter(|it| names.is_empty() || names.contains(&&it.name))
        .collect())
}

fn committed(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(record::digest(&bytes))
}

/// Writes beside and renames, so that nobody ever runs half a component.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a path without a folder")?;
    std::fs::create_dir_all(folder)?;
    let new = path.with_extension("new");
    std::fs::write(&new, bytes).with_context(|| format!("cannot write {}", new.display()))?;
    std::fs::rename(&new, path).with_context(|| format!("cannot write {}", path.display()))
}
