//! Python: componentize-py, which puts CPython, the plugin and what it imports into a component.
//!
//! The plugin's modules are imported while the component is built, and the memory that this leaves is what every call
//! begins with. So a call imports nothing, and a file that is read while a module is imported is part of the component.

mod sources;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use self::sources::{any_source, copy, imports};
use super::Compiled;
use crate::embedded::write_wit;
use crate::error::AuthorError;
use crate::project::Project;
use crate::tool::Tools;

/// The compiler, pinned: it decides which CPython the component holds.
const TOOL: &str = "componentize-py-0.25.0";
const PACKAGES: &[&str] = &["componentize-py==0.25.0"];

/// The world that is made for each plugin, and the module that exports it.
const WORLD: &str = "python-plugin";
const MODULE: &str = "remit_component";

/// Interfaces that only plugins that import the module get, so that a component's imports say what it can do.
const BY_MODULE: &[(&str, &[&str])] = &[
    (
        "http",
        &[
            "wasi:http/types@0.2.12",
            "wasi:http/outgoing-handler@0.2.12",
        ],
    ),
    ("config", &["wasi:config/store@0.2.0-rc.1"]),
];

/// The part of pyproject.toml that is read.
#[derive(Deserialize)]
struct Package {
    project: Metadata,
    #[serde(default)]
    tool: Tool,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    version: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

#[derive(Deserialize, Default)]
struct Tool {
    #[serde(default)]
    remit: Settings,
}

/// `[tool.remit]`.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// The module, and the name in it, of the plugin.
    plugin: String,
    /// The folder with the sources.
    source: PathBuf,
    /// The folder with the package `remit_plugin`.
    sdk: PathBuf,
    /// Whether the component may ask for the time, random numbers, files and output. Without, it imports nothing but
    /// the log, and Python's own functions for these trap.
    wasi: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            plugin: "plugin:plugin".to_owned(),
            source: "src".into(),
            sdk: "remit-sdk".into(),
            wasi: true,
        }
    }
}

const FILE: &str = "pyproject.toml";

fn unusable(why: impl Into<String>) -> AuthorError {
    AuthorError::PackageFile {
        file: FILE,
        why: why.into(),
    }
}

/// Makes the project's component.
pub(crate) fn compile(project: &Project, tools: &Tools) -> Result<Compiled, AuthorError> {
    let package = read(&project.root)?;
    let settings = &package.tool.remit;
    let (module, name) = named(&settings.plugin)?;
    let venv = tools.python_tool(TOOL, PACKAGES)?;
    let work = tempfile::tempdir().map_err(|error| AuthorError::io(&project.root, error))?;
    let at = |folder: &str| work.path().join(folder);

    // The compiler writes bytecode beside each source, so it gets copies.
    copy(&project.root.join(&settings.source), &at("src"))?;
    copy(
        &project.root.join(&settings.sdk).join("remit_plugin"),
        &at("sdk/remit_plugin"),
    )
    .map_err(|_| {
        unusable(format!(
            "there is no package remit_plugin in `{}`: set `sdk` under [tool.remit] to the folder that holds it",
            settings.sdk.display()
        ))
    })?;
    let packages = packages(project, &package.project.dependencies, &venv, tools)?;

    write_wit(&at("wit"))?;
    let mut searched = vec![at("src")];
    searched.extend(packages.clone());
    let world = world(&searched)?;
    append(&at("wit/world.wit"), &world.text)?;
    if !settings.wasi && !world.asks_for.is_empty() {
        return Err(unusable(format!(
            "`wasi = false` leaves the plugin nothing but the log, and it imports remit_plugin.{}",
            world.asks_for.join(" and remit_plugin.")
        )));
    }
    let app = app(module, name, &package.project);
    std::fs::create_dir(at("app")).map_err(|error| AuthorError::io(&at("app"), error))?;
    append(&at("app").join(format!("{MODULE}.py")), &app)?;

    let output = at("component.wasm");
    let mut command = Command::new(venv.join("bin/componentize-py"));
    command
        // It looks there for packages that nobody asked it to take.
        .env_remove("VIRTUAL_ENV")
        .env_remove("PYTHONPATH")
        .current_dir(work.path())
        .arg("--quiet")
        .args(["--wit-path", "wit", "--world", WORLD, "--full-names"])
        .args(["componentize", MODULE, "--output"])
        .arg(&output)
        .args(["-p", "app", "-p", "src", "-p", "sdk"]);
    if let Some(packages) = &packages {
        command.arg("-p").arg(packages);
    }
    if !settings.wasi {
        command.arg("--stub-wasi");
    }
    tools.run(&mut command, "componentize-py")?;
    std::fs::read(&output)
        .map(Compiled::Component)
        .map_err(|error| AuthorError::io(&output, error))
}

fn read(root: &Path) -> Result<Package, AuthorError> {
    let path = root.join(FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| AuthorError::io(&path, error))?;
    toml::from_str(&text).map_err(|error| unusable(error.to_string().trim_end()))
}

/// `plugin:plugin` as module and name; both become code, so both are only names.
fn named(plugin: &str) -> Result<(&str, &str), AuthorError> {
    let is_name = |text: &str| {
        !text.starts_with(|c: char| c.is_ascii_digit())
            && !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    match plugin.split_once(':') {
        Some((module, name)) if module.split('.').all(is_name) && is_name(name) => {
            Ok((module, name))
        }
        _ => Err(unusable(format!(
            "`plugin` under [tool.remit] is `{plugin}`, and should be MODULE:NAME, for example plugin:plugin"
        ))),
    }
}

/// The module that exports the plugin. That it calls itself what pyproject.toml calls it is checked while it is built.
fn app(module: &str, name: &str, project: &Metadata) -> String {
    let version = project
        .version
        .as_ref()
        .map_or("None".to_owned(), |it| format!("{it:?}"));
    format!(
        r#"from {module} import {name}
from remit_plugin.component import checked, export

RemitConnectorConnector010 = export(checked({name}, {:?}, {version}))
"#,
        project.name
    )
}

/// A world as text, and the modules that it has something for.
struct World {
    text: String,
    asks_for: Vec<&'static str>,
}

fn world(sources: &[PathBuf]) -> Result<World, AuthorError> {
    let mut asks_for = Vec::new();
    for (module, _) in BY_MODULE {
        let mut found = false;
        for folder in sources {
            found |= any_source(folder, &|text| imports(text, module))?;
        }
        if found {
            asks_for.push(*module);
        }
    }
    let interfaces: String = BY_MODULE
        .iter()
        .filter(|(module, _)| asks_for.contains(module))
        .flat_map(|(_, interfaces)| interfaces.iter())
        .map(|interface| format!("  import {interface};\n"))
        .collect();
    Ok(World {
        text: format!("\nworld {WORLD} {{\n  import log;\n{interfaces}  export connector;\n}}\n"),
        asks_for,
    })
}

fn append(path: &Path, text: &str) -> Result<(), AuthorError> {
    use std::io::Write;
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| AuthorError::io(path, error))
}

/// Installs the packages that the project depends on into build/packages, once for each list of them. Only ones in
/// pure Python: others hold machine code, which no component runs.
fn packages(
    project: &Project,
    dependencies: &[String],
    venv: &Path,
    tools: &Tools,
) -> Result<Option<PathBuf>, AuthorError> {
    if dependencies.is_empty() {
        return Ok(None);
    }
    let folder = project.root.join("build/packages");
    let mark = project.root.join("build/packages.txt");
    let wanted = dependencies.join("\n");
    if folder.is_dir() && std::fs::read_to_string(&mark).is_ok_and(|it| it == wanted) {
        return Ok(Some(folder));
    }
    if tools.offline() {
        return Err(AuthorError::ToolMissing {
            tool: dependencies.join(", "),
            what_for: format!("{FILE} depends on it, and --offline installs nothing"),
            install: "build once without --offline".to_owned(),
        });
    }
    tools.say(&format!(
        "installing {} into build/packages",
        dependencies.join(", ")
    ));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|error| AuthorError::io(&folder, error))?;
    }
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args(["-m", "pip", "install", "--disable-pip-version-check"])
        .args(["--quiet", "--no-compile", "--only-binary", ":all:"])
        .args(["--implementation", "py", "--abi", "none"])
        .args(["--platform", "any", "--python-version", "3.14", "--target"])
        .arg(&folder)
        .arg("--")
        .args(dependencies)
        .current_dir(&project.root);
    tools.run(
        &mut pip,
        "pip install (of packages in pure Python, since no component runs machine code)",
    )?;
    std::fs::write(&mark, &wanted).map_err(|error| AuthorError::io(&mark, error))?;
    Ok(Some(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_has_only_what_is_imported() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("package/deep.py");
        std::fs::create_dir(folder.path().join("package")).unwrap();
        std::fs::write(&file, "from remit_plugin import Plugin, config\n").unwrap();
        let made = world(&[folder.path().to_owned()]).unwrap();
        assert_eq!(made.asks_for, ["config"]);
        assert!(made.text.contains("wasi:config/store"), "{}", made.text);
        assert!(!made.text.contains("wasi:http"), "{}", made.text);
    }

    #[test]
    fn what_becomes_code_is_only_names() {
        assert_eq!(named("a.b:c").unwrap(), ("a.b", "c"));
        for plugin in [
            "",
            "plugin",
            "a:b:c",
            "a; import os:x",
            "a:1x",
            "a.:b",
            ":x",
        ] {
            assert_eq!(
                named(plugin).unwrap_err().code(),
                "package-file-invalid",
                "{plugin}"
            );
        }
    }

    #[test]
    fn a_setting_that_there_is_not_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let package = "[project]\nname = \"x\"\n[tool.remit]\nplugins = \"a:b\"\n";
        std::fs::write(root.path().join(FILE), package).unwrap();
        let error = read(root.path()).err().unwrap();
        assert!(error.to_string().contains("plugins"), "{error}");
    }
}
