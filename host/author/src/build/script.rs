//! JavaScript and TypeScript: npm installs what the project names, and the helper library's compiler, which runs in
//! Node.js, makes a component of it and QuickJS.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use remit_package::FileLock;

use super::Compiled;
use crate::embedded::write_wit;
use crate::error::AuthorError;
use crate::project::Project;
use crate::tool::Tools;

/// The oldest Node.js that the compiler runs in: major and minor version.
const NODE: (u32, u32) = (20, 10);

const INSTALL_NODE: &str =
    "install Node.js 20.10 or later with npm: `apt-get install nodejs npm`, or nodejs.org";

pub(crate) fn compile(project: &Project, tools: &Tools) -> Result<Compiled, AuthorError> {
    let node = node(tools)?;
    let compiler = match installed(&project.root) {
        Some(compiler) => compiler,
        None => install(project, tools)?,
    };
    let folder = tempfile::tempdir().map_err(|error| AuthorError::io(&project.root, error))?;
    let (wit, component) = (folder.path().join("wit"), folder.path().join("plugin.wasm"));
    write_wit(&wit)?;
    tools.run(
        Command::new(node)
            .arg(compiler)
            .args(["build", "--out"])
            .arg(&component)
            .arg("--wit")
            .arg(&wit)
            .current_dir(&project.root),
        "the plugin's compiler",
    )?;
    let bytes = std::fs::read(&component).map_err(|error| AuthorError::io(&component, error))?;
    Ok(Compiled::Component(bytes))
}

/// Node.js of a version that the compiler runs in.
fn node(tools: &Tools) -> Result<PathBuf, AuthorError> {
    let node = tools.find("node", "the plugin's compiler runs in it", INSTALL_NODE)?;
    let said = tools.ask(Command::new(&node).arg("--version"), "node --version")?;
    if version(&said).is_some_and(|found| found >= NODE) {
        return Ok(node);
    }
    Err(AuthorError::ToolMissing {
        tool: "Node.js 20.10 or later".to_owned(),
        what_for: format!(
            "the plugin's compiler runs in it, and {} is {}",
            node.display(),
            said.trim()
        ),
        install: INSTALL_NODE.to_owned(),
    })
}

/// `v20.20.2` as 20 and 20.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut parts = said.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The compiler, if all that the project names is installed: in the project's folder, or above it where the project is
/// one of a workspace.
fn installed(root: &Path) -> Option<PathBuf> {
    let place = root
        .ancestors()
        .find(|folder| folder.join("node_modules/remit-plugin").exists())?;
    // npm writes the one after all else, and the other is what it went by.
    let done = changed(&place.join("node_modules/.package-lock.json"))?;
    let wanted = changed(&place.join("package-lock.json"))
        .or_else(|| changed(&place.join("package.json")))?;
    let compiler = place.join("node_modules/remit-plugin/compiler/main.js");
    (done >= wanted && compiler.is_file()).then_some(compiler)
}

fn changed(file: &Path) -> Option<std::time::SystemTime> {
    file.metadata().ok()?.modified().ok()
}

/// Installs what the project names, as `cargo build` does.
fn install(project: &Project, tools: &Tools) -> Result<PathBuf, AuthorError> {
    if tools.offline() {
        return Err(AuthorError::ToolMissing {
            tool: "node_modules".to_owned(),
            what_for: "what package.json names is not installed, and --offline installs nothing"
                .to_owned(),
            install: "build once without --offline, or run `npm ci`".to_owned(),
        });
    }
    let npm = tools.find("npm", "it installs what package.json names", INSTALL_NODE)?;
    // Two builds at once would each take away what the other just put there.
    let mut hasher = DefaultHasher::new();
    project.root.hash(&mut hasher);
    let lock = tools
        .folder("npm")?
        .join(format!("{:016x}.lock", hasher.finish()));
    let _lock = FileLock::wait(&lock)?;
    if let Some(compiler) = installed(&project.root) {
        return Ok(compiler);
    }
    let locked = project
        .root
        .ancestors()
        .take_while(|folder| folder.join("package.json").is_file() || *folder == project.root)
        .any(|folder| folder.join("package-lock.json").is_file());
    let how = if locked { "ci" } else { "install" };
    tools.say(&format!(
        "installing what package.json names (npm {how}, into node_modules/)"
    ));
    tools.run(
        Command::new(npm)
            .args([how, "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&project.root),
        &format!("npm {how}"),
    )?;
    installed(&project.root).ok_or_else(|| AuthorError::PackageFile {
        file: "package.json",
        why: "it does not depend on remit-plugin: \"dependencies\": { \"remit-plugin\": \"file:./remit-sdk\" }"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_compared_by_its_numbers() {
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert!(version("v20.9.0").unwrap() < NODE);
        assert!(version("v22.0.0").unwrap() > NODE);
        assert_eq!(version("20.1.0"), None);
        assert_eq!(version(""), None);
    }

    #[test]
    fn what_was_installed_before_the_lockfile_changed_does_not_count() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            path
        };
        let plugin = root.path().join("plugin");
        std::fs::create_dir(&plugin).unwrap();
        assert_eq!(installed(&plugin), None);
        let lock = write("package-lock.json");
        let compiler = write("node_modules/remit-plugin/compiler/main.js");
        assert_eq!(installed(&plugin), None, "npm has not come to its end");
        write("node_modules/.package-lock.json");
        assert_eq!(installed(&plugin), Some(compiler));
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
        std::fs::File::options()
            .write(true)
            .open(lock)
            .and_then(|file| file.set_modified(later))
            .unwrap();
        assert_eq!(installed(&plugin), None);
    }
}
