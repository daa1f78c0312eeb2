//! A plugin's project: its folder, its language, its name.

use std::path::{Path, PathBuf};

use crate::error::AuthorError;
use crate::language::Language;

/// The largest package file that is read, in bytes.
const MAX_PACKAGE_FILE: u64 = 1 << 20;

/// A folder with the source of one plugin.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder, absolute and without links.
    pub root: PathBuf,
    /// What it is written in.
    pub language: Language,
    /// The plugin's name: as its package file says, else as the folder is called.
    pub name: String,
}

impl Project {
    /// Looks at the folder; compiles nothing.
    ///
    /// # Errors
    /// If it holds no project, two, or one whose name or package file cannot be used.
    pub fn open(root: &Path) -> Result<Project, AuthorError> {
        let root = root
            .canonicalize()
            .map_err(|error| AuthorError::io(root, error))?;
        let language = Language::detect(&root)?;
        let name = match language {
            Language::Rust => toml_name(&root, "Cargo.toml", "package")?,
            Language::Python => toml_name(&root, "pyproject.toml", "project")?,
            Language::JavaScript | Language::TypeScript => json_name(&root)?,
            Language::Go => module_name(&root)?,
            Language::C | Language::Cpp | Language::Zig => folder_name(&root),
        };
        check_name(&name)?;
        Ok(Project {
            root,
            language,
            name,
        })
    }

    /// Where its component is: `build/NAME.wasm`.
    pub fn component(&self) -> PathBuf {
        self.root.join("build").join(format!("{}.wasm", self.name))
    }
}

/// What a plugin can be called: the rule of `remit:connector`, so that a project's name is also its plugin's.
///
/// # Errors
/// If it breaks the rule.
pub(crate) fn check_name(name: &str) -> Result<(), AuthorError> {
    let refuse = |why| AuthorError::Name {
        name: remit_policy::display_safe(name, 80),
        why,
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(refuse("it must begin with a lower-case letter"));
    }
    if name.len() > 64 {
        return Err(refuse("it is longer than 64 characters"));
    }
    if !name.chars().all(plain) || name.ends_with(['-', '_']) {
        return Err(refuse(
            "it may hold lower-case letters, digits and `-`, and ends with a letter or digit",
        ));
    }
    Ok(())
}

fn read(root: &Path, file: &'static str) -> Result<String, AuthorError> {
    let bytes = remit_package::read_file(&root.join(file), MAX_PACKAGE_FILE)?;
    String::from_utf8(bytes).map_err(|_| AuthorError::PackageFile {
        file,
        why: "it is not UTF-8 text".to_owned(),
    })
}

fn nameless(file: &'static str, key: &str) -> AuthorError {
    AuthorError::PackageFile {
        file,
        why: format!("it has no {key}"),
    }
}

fn toml_name(root: &Path, file: &'static str, table: &str) -> Result<String, AuthorError> {
    let parsed: toml::Table = read(root, file)?
        .parse()
        .map_err(|error: toml::de::Error| AuthorError::PackageFile {
            file,
            why: error.to_string().trim_end().to_owned(),
        })?;
    parsed
        .get(table)
        .and_then(|it| it.get("name"))
        .and_then(toml::Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| nameless(file, &format!("`name` in [{table}]")))
}

/// Without its scope: `@team/hello` is the plugin `hello`.
fn json_name(root: &Path) -> Result<String, AuthorError> {
    const FILE: &str = "package.json";
    let parsed: serde_json::Value =
        serde_json::from_str(&read(root, FILE)?).map_err(|error| AuthorError::PackageFile {
            file: FILE,
            why: error.to_string(),
        })?;
    let name = parsed.get("name").and_then(serde_json::Value::as_str);
    let name = name.ok_or_else(|| nameless(FILE, "`name`"))?;
    Ok(last_part(name))
}

/// The last part of the module's path, a major version (`/v2`) left out.
fn module_name(root: &Path) -> Result<String, AuthorError> {
    let text = read(root, "go.mod")?;
    let path = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("module "))
        .ok_or_else(|| nameless("go.mod", "`module` line"))?;
    let path = path.split("//").next().unwrap_or(path);
    let path = path.trim().trim_matches('"');
    let version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let path = match path.rsplit_once('/') {
        Some((before, last)) if version(last) => before,
        _ => path,
    };
    Ok(last_part(path))
}

fn last_part(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

fn folder_name(root: &Path) -> String {
    root.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(file: &str, text: &str) -> Result<String, AuthorError> {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join(file), text).unwrap();
        Project::open(root.path()).map(|project| project.name)
    }

    #[test]
    fn the_name_is_the_package_files() {
        for (file, text, name) in [
            ("Cargo.toml", "[package]\nname = \"a-b\"\n", "a-b"),
            ("pyproject.toml", "[project]\nname = 'c'\n", "c"),
            ("package.json", "{\"name\": \"@team/d\"}", "d"),
            (
                "go.mod",
                "module example.org/tools/e/v2 // here\n\ngo 1.27\n",
                "e",
            ),
        ] {
            assert_eq!(name_of(file, text).unwrap(), name);
        }
    }

    #[test]
    fn a_package_file_without_a_usable_name_is_an_error() {
        for (file, text, code) in [
            ("Cargo.toml", "[workspace]\n", "package-file-invalid"),
            ("Cargo.toml", "[package", "package-file-invalid"),
            ("package.json", "{}", "package-file-invalid"),
            ("go.mod", "go 1.27\n", "package-file-invalid"),
            ("package.json", "{\"name\": \"Ünïcode\"}", "project-name"),
            (
                "pyproject.toml",
                "[project]\nname = '../x'\n",
                "project-name",
            ),
        ] {
            assert_eq!(
                name_of(file, text).unwrap_err().code(),
                code,
                "{file} {text}"
            );
        }
    }

    #[test]
    fn the_component_lies_in_the_build_folder() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("go.mod"), "module x/hello\n").unwrap();
        let project = Project::open(root.path()).unwrap();
        assert!(project.component().ends_with("build/hello.wasm"));
    }
}
