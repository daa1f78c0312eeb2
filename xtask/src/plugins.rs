//! `xtask plugins`: from the sources in plugins-src/ to the committed components.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use remit_author::{Language, Line, Project, Toolchain, Tools};
use remit_package::Dirs;

use crate::record::{self, Record};
use crate::samples::{self, Sample};

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
    let toolchain = Toolchain::find(&root.join("plugins-src")).map_err(shown)?;
    let samples = chosen(samples::all(&root)?, &names)?;

    let record_path = root.join("plugins/toolchain.txt");
    let recorded = Record::read(&record_path)?;
    let identity = toolchain.identity();
    // The other languages' tools are pinned in Remit's own source, so theirs is always the recorded one.
    let comparable =
        |sample: &Sample| sample.language != Language::Rust || recorded.toolchain == identity;
    let mixed =
        recorded.toolchain != identity && samples.iter().any(|it| it.language == Language::Rust);
    if mixed && !names.is_empty() && !check && !recorded.components.is_empty() {
        bail!(
            "plugins/toolchain.txt was written with another toolchain, so one component alone cannot be \
             replaced\nhint: leave out the names, to build all of them with this one"
        );
    }

    let tools = Tools::new(&Dirs::from_env()?, false, |line| match line {
        Line::Doing(what) => eprintln!("{what}"),
        Line::Tool(text) => eprintln!("    {text}"),
    });
    let mut differing = Vec::new();
    let builds_rust = samples.iter().any(|it| it.language == Language::Rust);
    let mut now = Record {
        // What was not built now is still what the recorded toolchain made of it.
        toolchain: if builds_rust {
            identity.clone()
        } else {
            recorded.toolchain.clone()
        },
        components: recorded.components.clone(),
    };
    for sample in &samples {
        let project = Project::open(&sample.folder).map_err(shown)?;
        let built = remit_author::build(&project, &tools)
            .map_err(shown)
            .with_context(|| format!("in {}", sample.name))?;
        let bytes = &built.component.bytes;
        let digest = record::digest(bytes);
        let output = sample.output.as_deref();
        println!(
            "{:>9}  {digest}  {}",
            bytes.len(),
            output.unwrap_or("(not committed)")
        );
        let Some(output) = output else { continue };
        if !check {
            write(&root.join(output), bytes)?;
        } else if comparable(sample) && digest != committed(&root.join(output))? {
            differing.push(output.to_owned());
        }
        now.components.insert(output.to_owned(), digest);
    }

    if !check {
        return write(&record_path, now.to_string().as_bytes());
    }
    if mixed {
        println!(
            "the plugins in Rust were built with another toolchain than the recorded one, so their digests say \
             nothing: the tests judge the committed components by what they do\nrecorded: {}\nhere:     {}",
            recorded.toolchain.join("; "),
            identity.join("; "),
        );
    }
    if !differing.is_empty() {
        bail!(
            "not what its source gives: {}\nhint: run `just plugins` and commit the result",
            differing.join(", ")
        );
    }
    println!("each component that can be compared is what its source gives");
    Ok(())
}

/// With the hint, which a chain of causes would leave out.
pub fn shown(error: remit_author::AuthorError) -> anyhow::Error {
    match error.hint() {
        Some(hint) => anyhow::anyhow!("{error}\nhint: {hint}"),
        None => error.into(),
    }
}

pub fn root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().context("xtask lies in no repository")?;
    Ok(root.to_path_buf())
}

fn chosen(all: Vec<Sample>, names: &[&String]) -> Result<Vec<Sample>> {
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
