//! `remit new`: a project that works from its first minute.
//!
//! The templates, the helper libraries and the WIT package are part of the program, so that a project can be made
//! anywhere and builds without fetching anything of Remit's.

use std::path::{Path, PathBuf};

use minijinja::{Environment, context};

use crate::embedded::{self, write, write_wit};
use crate::error::AuthorError;
use crate::language::Language;
use crate::project::check_name;

/// The ending of a template's file in which the project's name is filled in, and which `new` takes away.
const TEMPLATE: &str = ".tmpl";

/// The folder of a language's helper library in plugins-src/sdk.
const fn sdk(language: Language) -> &'static str {
    match language {
        Language::Rust => "rust",
        // C++ has its face in the one for C.
        Language::C | Language::Cpp => "c",
        Language::Zig => "zig",
        Language::JavaScript | Language::TypeScript => "ts",
        Language::Python => "python",
        Language::Go => "go",
    }
}

/// Makes the folder `path`, whose last part is the plugin's name, with a project in it.
///
/// # Errors
/// If the name is no plugin's name, or the folder is there already. Nothing is left half written under that name.
pub fn new_project(path: &Path, language: Language) -> Result<PathBuf, AuthorError> {
    let name = path.file_name().map(|it| it.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    check_name(&name)?;
    let exists = || AuthorError::Exists {
        path: path.to_path_buf(),
    };
    if path.symlink_metadata().is_ok() {
        return Err(exists());
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let io = |error| AuthorError::io(parent, error);
    std::fs::create_dir_all(parent).map_err(io)?;
    // Beside, then renamed: a project is there whole or not at all.
    let new = tempfile::Builder::new()
        .prefix(".remit-new-")
        .tempdir_in(parent)
        .map_err(io)?;
    fill(new.path(), &name, language)?;
    set_mode(new.path(), 0o755)?;
    // A rename would replace an empty folder that somebody made meanwhile, and nothing else.
    std::fs::rename(new.path(), path).map_err(|error| match path.exists() {
        true => exists(),
        false => AuthorError::io(path, error),
    })?;
    let _renamed = new.keep();
    Ok(path.to_path_buf())
}

fn fill(folder: &Path, name: &str, language: Language) -> Result<(), AuthorError> {
    for file in embedded::below(&format!("templates/{}", language.id()))? {
        match file.path.strip_suffix(TEMPLATE) {
            Some(target) => {
                let text = rendered(&file.path, &file.bytes, name)?;
                write(&folder.join(placed(target, name)), text.as_bytes())?;
            }
            None => write(&folder.join(placed(&file.path, name)), &file.bytes)?,
        }
    }
    let sdk = embedded::below(&format!("sdk/{}", sdk(language)))?;
    embedded::write_all(&sdk, &folder.join("remit-sdk"))?;
    write_wit(&folder.join("remit-sdk/wit"))
}

/// Where a template's file goes: `dot-gitignore` is `.gitignore`, and `NAME` in a path is the project's.
fn placed(path: &str, name: &str) -> String {
    let parts: Vec<String> = path
        .split('/')
        .map(|part| match part.strip_prefix("dot-") {
            Some(hidden) => format!(".{hidden}"),
            None => part.replace("NAME", name),
        })
        .collect();
    parts.join("/")
}

fn rendered(file: &str, template: &[u8], name: &str) -> Result<String, AuthorError> {
    let bug = |why: String| AuthorError::PackageFile {
        file: "a template of Remit's own",
        why: format!("{file}: {why}"),
    };
    let text = std::str::from_utf8(template).map_err(|error| bug(error.to_string()))?;
    let mut engine = Environment::new();
    let syntax = minijinja::syntax::SyntaxConfig::builder()
        .keep_trailing_newline(true)
        .build()
        .map_err(|error| bug(error.to_string()))?;
    engine.set_syntax(syntax);
    engine.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    let snake = name.replace('-', "_");
    engine
        .render_str(
            text,
            context! { name, snake, version => env!("CARGO_PKG_VERSION") },
        )
        .map_err(|error| bug(error.to_string()))
}

/// A temporary folder is its owner's alone; a project is as readable as any other folder.
fn set_mode(path: &Path, mode: u32) -> Result<(), AuthorError> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode))
        .map_err(|error| AuthorError::io(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_whole_and_names_itself() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("word-tool");
        new_project(&path, Language::Rust).unwrap();
        let package = std::fs::read_to_string(path.join("Cargo.toml")).unwrap();
        assert!(package.contains("name = \"word-tool\""), "{package}");
        assert!(path.join(".gitignore").is_file());
        assert!(path.join("remit-sdk/Cargo.toml").is_file());
        assert!(path.join("remit-sdk/wit/world.wit").is_file());
        assert_eq!(Language::detect(&path).unwrap(), Language::Rust);
        let left: Vec<_> = std::fs::read_dir(root.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_is_there_is_not_touched() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("mine");
        std::fs::write(&path, "mine").unwrap();
        let error = new_project(&path, Language::Rust).unwrap_err();
        assert_eq!(error.code(), "project-exists");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn a_name_that_no_plugin_can_have_is_refused() {
        let root = tempfile::tempdir().unwrap();
        for name in ["Upper", "9lives", "a b", "ünder", "x-", "a.b"] {
            let error = new_project(&root.path().join(name), Language::Rust).unwrap_err();
            assert_eq!(error.code(), "project-name", "{name}");
        }
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn every_language_has_a_template_and_a_helper_library() {
        for language in Language::ALL {
            let template = embedded::below(&format!("templates/{}", language.id())).unwrap();
            assert!(!template.is_empty(), "{language}");
            let sdk = embedded::below(&format!("sdk/{}", sdk(language))).unwrap();
            assert!(!sdk.is_empty(), "{language}");
            for file in template.iter().chain(&sdk) {
                let leftover = ["target/", "node_modules/", "__pycache__/", ".zig-cache/"];
                assert!(
                    leftover.iter().all(|it| !file.path.contains(it)),
                    "{}",
                    file.path
                );
            }
        }
    }
}
