//! The languages that a plugin can be written in, and how a project shows which one it is.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::error::AuthorError;

/// A language that `remit new` has a template for and `remit build` can compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Rust, by cargo.
    Rust,
    /// C, by zig's clang.
    C,
    /// C++, by zig's clang.
    Cpp,
    /// Zig.
    Zig,
    /// JavaScript, in an engine that is part of the component.
    JavaScript,
    /// TypeScript, compiled to JavaScript.
    TypeScript,
    /// Python, with CPython as part of the component.
    Python,
    /// Go.
    Go,
}

impl Language {
    /// All of them, in the order in which help lists them.
    pub const ALL: [Language; 8] = [
        Language::Rust,
        Language::C,
        Language::Cpp,
        Language::Zig,
        Language::JavaScript,
        Language::TypeScript,
        Language::Python,
        Language::Go,
    ];

    /// The name on the command line, and of the template's folder.
    pub const fn id(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::C => "c",
            Language::Cpp => "cpp",
            Language::Zig => "zig",
            Language::JavaScript => "js",
            Language::TypeScript => "ts",
            Language::Python => "python",
            Language::Go => "go",
        }
    }

    /// The name that people write.
    pub const fn title(self) -> &'static str {
        match self {
            Language::Rust => "Rust",
            Language::C => "C",
            Language::Cpp => "C++",
            Language::Zig => "Zig",
            Language::JavaScript => "JavaScript",
            Language::TypeScript => "TypeScript",
            Language::Python => "Python",
            Language::Go => "Go",
        }
    }

    /// Which language the project in `root` is written in, by its package file; for C and C++, which have none, by
    /// the endings of its sources.
    ///
    /// # Errors
    /// If there is no such file, or files of two languages.
    pub fn detect(root: &Path) -> Result<Language, AuthorError> {
        let mut found: Vec<(Language, &'static str)> = Vec::new();
        for (language, file) in [
            (Language::Rust, "Cargo.toml"),
            (Language::Go, "go.mod"),
            (Language::Python, "pyproject.toml"),
            (Language::Zig, "build.zig"),
            (Language::JavaScript, "package.json"),
        ] {
            if root.join(file).is_file() {
                let typed =
                    language == Language::JavaScript && root.join("tsconfig.json").is_file();
                let language = if typed {
                    Language::TypeScript
                } else {
                    language
                };
                found.push((language, file));
            }
        }
        if found.is_empty() {
            found.extend(by_source(&root.join("src")));
        }
        match found.as_slice() {
            [(language, _)] => Ok(*language),
            [] => Err(AuthorError::NoProject {
                root: root.to_path_buf(),
            }),
            [(one, first), (other, second), ..] => Err(AuthorError::TwoProjects {
                root: root.to_path_buf(),
                first: format!("{first} ({})", one.title()),
                second: format!("{second} ({})", other.title()),
            }),
        }
    }
}

/// C++ where there is any C++ source: such a project may hold C as well.
fn by_source(folder: &Path) -> Option<(Language, &'static str)> {
    let entries = std::fs::read_dir(folder).ok()?;
    let endings: Vec<_> = entries
        .flatten()
        .filter_map(|entry| entry.path().extension().map(ToOwned::to_owned))
        .collect();
    let any = |wanted: &[&str]| {
        endings
            .iter()
            .any(|ending| wanted.iter().any(|it| ending == it))
    };
    if any(&["cpp", "cc", "cxx"]) {
        Some((Language::Cpp, "src/*.cpp"))
    } else if any(&["c"]) {
        Some((Language::C, "src/*.c"))
    } else {
        None
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Language {
    type Err = AuthorError;

    fn from_str(text: &str) -> Result<Language, AuthorError> {
        let known = Language::ALL.into_iter().find(|it| it.id() == text);
        known.ok_or_else(|| AuthorError::UnknownLanguage {
            text: remit_policy::display_safe(text, 40),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        root
    }

    #[test]
    fn each_name_reads_back() {
        for language in Language::ALL {
            assert_eq!(language.id().parse::<Language>().unwrap(), language);
        }
        let error = "cobol".parse::<Language>().unwrap_err();
        assert_eq!(error.code(), "language-unknown");
        assert!(error.hint().unwrap().contains("python"));
    }

    #[test]
    fn the_package_file_says_the_language() {
        for (files, language) in [
            (&["Cargo.toml", "src/lib.rs"][..], Language::Rust),
            (&["go.mod", "main.go"], Language::Go),
            (&["pyproject.toml"], Language::Python),
            (&["build.zig"], Language::Zig),
            (&["package.json"], Language::JavaScript),
            (&["package.json", "tsconfig.json"], Language::TypeScript),
            (&["src/plugin.c"], Language::C),
            (&["src/plugin.cpp", "src/more.c"], Language::Cpp),
        ] {
            let root = project(files);
            assert_eq!(
                Language::detect(root.path()).unwrap(),
                language,
                "{files:?}"
            );
        }
    }

    #[test]
    fn no_project_and_two_projects_are_errors_that_say_what_was_looked_for() {
        let none = Language::detect(project(&["notes.txt"]).path()).unwrap_err();
        assert_eq!(none.code(), "project-unknown");
        assert!(none.hint().unwrap().contains("Cargo.toml"));
        let two = Language::detect(project(&["Cargo.toml", "go.mod"]).path()).unwrap_err();
        assert_eq!(two.code(), "project-ambiguous");
        assert!(two.to_string().contains("go.mod"));
    }
}
