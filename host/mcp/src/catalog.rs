//! The skills that are served: read without running anything, opened when an agent asks for one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use remit_package::{PackageError, SKILL_FILE, SkillDir, SkillDoc};
use remit_policy::display_safe;

use crate::error::{McpError, Told};
use crate::names::{self, folded};
use crate::tools::Ready;

/// The folder that is looked in if no skill is named.
const SKILLS: &str = "skills";

/// The largest SKILL.md that is read, which is remit-package's own bound.
const MAX_DOC: u64 = 1 << 20;

/// Characters of the sentence that stands for a skill which is not open.
const MAX_SENTENCE: usize = 100;

/// All that is served, in the order given.
pub(crate) struct Catalog(Vec<Arc<Served>>);

/// One skill, read as far as its name and description.
pub(crate) struct Served {
    /// Its place in the catalog.
    pub(crate) place: usize,
    /// Its name; the folder's where SKILL.md cannot be read.
    pub(crate) name: String,
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// The first sentence of its description, or why it cannot be read.
    pub(crate) about: Result<String, Told>,
    /// What the names of its tools begin with.
    pub(crate) prefix: String,
    /// As it was opened last, for as long as some client has it open.
    pub(crate) ready: Mutex<Weak<Ready>>,
}

impl Served {
    /// As it was opened last, if some client still has it open so.
    pub(crate) fn ready(&self) -> Option<Arc<Ready>> {
        self.ready
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .upgrade()
    }

    /// Keeps what was opened for the next client.
    pub(crate) fn keep(&self, ready: &Arc<Ready>) {
        *self.ready.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(ready);
    }
}

impl Catalog {
    /// Reads SKILL.md of each.
    ///
    /// # Errors
    /// If there is none, none of them can be read, or two have the same name.
    pub(crate) fn read(skills: &[PathBuf]) -> Result<Catalog, McpError> {
        let found;
        let skills = if skills.is_empty() {
            found = folders_in(Path::new(SKILLS))?;
            &found
        } else {
            skills
        };
        let only = skills.len() == 1;
        let mut served: Vec<Arc<Served>> = Vec::new();
        let mut names: HashMap<String, PathBuf> = HashMap::new();
        for (place, path) in skills.iter().enumerate() {
            let (name, about) = match read_doc(path) {
                Ok(doc) => (doc.name, Ok(sentence(&doc.description))),
                Err(error) => (folder_name(path), Err(Told::from(&error))),
            };
            if let Some(first) = names.insert(folded(&name), path.clone()) {
                return Err(McpError::SkillTwice {
                    first: shown(&first),
                    second: shown(path),
                });
            }
            served.push(Arc::new(Served {
                place,
                prefix: names::prefix(&name, only),
                name,
                path: path.clone(),
                about,
                ready: Mutex::default(),
            }));
        }
        let readable = served.iter().any(|it| it.about.is_ok());
        match served.first().map(AsRef::as_ref) {
            Some(Served {
                name,
                about: Err(why),
                ..
            }) if !readable => Err(McpError::NoneReadable {
                first: name.clone(),
                why: why.clone(),
            }),
            _ => Ok(Catalog(served)),
        }
    }

    /// All of them.
    pub(crate) fn skills(&self) -> &[Arc<Served>] {
        &self.0
    }

    /// Their names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|it| it.name.as_str())
    }

    /// Whether there is one alone, whose tools then have no prefix.
    pub(crate) fn is_one(&self) -> bool {
        self.0.len() == 1
    }

    /// The one of that name.
    ///
    /// # Errors
    /// If none is served under it.
    pub(crate) fn find(&self, name: &str) -> Result<&Arc<Served>, McpError> {
        let found = self.0.iter().find(|it| it.name == name);
        found.ok_or_else(|| McpError::SkillUnknown {
            name: display_safe(name, 80),
            known: self.names().map(str::to_owned).collect(),
        })
    }

    /// The skill whose tools' names begin as this one does.
    pub(crate) fn of_tool(&self, tool: &str) -> Option<&Arc<Served>> {
        let served = self.0.iter().filter(|it| tool.starts_with(&it.prefix));
        served.max_by_key(|it| it.prefix.len())
    }
}

/// The skills in a folder, by their names.
fn folders_in(folder: &Path) -> Result<Vec<PathBuf>, McpError> {
    let none = || McpError::NoSkill {
        place: format!("{}/", shown(folder)),
    };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(none()),
        Err(error) => return Err(McpError::io(shown(folder), error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|error| McpError::io(shown(folder), error))?
            .path();
        if path.join(SKILL_FILE).is_file() {
            found.push(path);
        }
    }
    if found.is_empty() {
        return Err(none());
    }
    found.sort();
    Ok(found)
}

fn read_doc(path: &Path) -> Result<SkillDoc, PackageError> {
    let folder = SkillDir::open(path)?;
    let name = folder.path().file_name().unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    SkillDoc::parse(&folder.read_text(SKILL_FILE, MAX_DOC)?, &name)
}

/// What a skill that cannot be read is called.
fn folder_name(path: &Path) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = full.file_name().unwrap_or(full.as_os_str());
    display_safe(&name.to_string_lossy(), 64)
}

/// The first sentence of a text, on one line.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = text.match_indices(['.', '!', '?']).find_map(|(at, mark)| {
        let next = at + mark.len();
        let ends = text
            .get(next..)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        // `e.g. this` is no end.
        let short = text.get(..at).is_some_and(|before| {
            before
                .rsplit(' ')
                .next()
                .is_some_and(|word| word.contains('.') || word.chars().count() < 2)
        });
        (ends && !short).then_some(next)
    });
    display_safe(
        text.get(..end.unwrap_or(text.len())).unwrap_or(&text),
        MAX_SENTENCE,
    )
}

fn shown(path: &Path) -> String {
    display_safe(&path.to_string_lossy(), 300)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skill(root: &Path, name: &str, front: &str) -> PathBuf {
        let path = root.join(name);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("SKILL.md"), front).unwrap();
        path
    }

    fn good(root: &Path, name: &str) -> PathBuf {
        skill(
            root,
            name,
            &format!("---\nname: {name}\ndescription: Does {name}. And more.\n---\n"),
        )
    }

    #[test]
    fn skills_are_read_in_the_order_given() {
        let root = tempfile::tempdir().unwrap();
        let paths = [good(root.path(), "zeta"), good(root.path(), "alpha")];
        let catalog = Catalog::read(&paths).unwrap();
        assert_eq!(catalog.names().collect::<Vec<_>>(), ["zeta", "alpha"]);
        let zeta = catalog.find("zeta").unwrap();
        assert_eq!(zeta.about.as_deref(), Ok("Does zeta."));
        assert_eq!(zeta.prefix, "zeta_");
        assert_eq!(catalog.of_tool("alpha_x_y").unwrap().name, "alpha");
        assert!(catalog.of_tool("beta_x").is_none());
        assert_eq!(
            catalog.find("beta").err().unwrap().code(),
            "skill-not-served"
        );
        let one = Catalog::read(&paths[..1]).unwrap();
        assert_eq!(one.skills()[0].prefix, "");
    }

    #[test]
    fn one_that_cannot_be_read_takes_no_other_down() {
        let root = tempfile::tempdir().unwrap();
        let paths = [
            skill(root.path(), "broken", "no front matter"),
            good(root.path(), "fine"),
        ];
        let catalog = Catalog::read(&paths).unwrap();
        assert_eq!(catalog.names().collect::<Vec<_>>(), ["broken", "fine"]);
        let why = catalog.skills()[0].about.as_ref().unwrap_err();
        assert_eq!(why.code, "skill-md-invalid");
        let error = Catalog::read(&paths[..1]).err().unwrap();
        assert_eq!(error.code(), "skill-md-invalid");
        let missing = Catalog::read(&[root.path().join("nothing")]).err().unwrap();
        assert_eq!(missing.code(), "file-missing");
    }

    #[test]
    fn names_that_are_or_look_the_same_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let other = root.path().join("other");
        for (first, second) in [
            (good(root.path(), "mail"), good(&other, "mail")),
            (good(root.path(), "mail"), good(root.path(), "mai1")),
            (good(root.path(), "a-bc"), good(root.path(), "ab-c")),
        ] {
            let error = Catalog::read(&[first, second]).err().unwrap();
            assert_eq!(error.code(), "skill-name-twice");
        }
        Catalog::read(&[good(root.path(), "mail"), good(root.path(), "mails")]).unwrap();
    }

    #[test]
    fn a_first_sentence_is_short_and_has_nothing_hidden() {
        assert_eq!(sentence("Writes a report. Then more."), "Writes a report.");
        assert_eq!(
            sentence("Reads mail, e.g. yours.\nMore."),
            "Reads mail, e.g. yours."
        );
        assert_eq!(sentence("No\n  end"), "No end");
        assert!(sentence(&"long ".repeat(99)).chars().count() <= 100);
        assert_eq!(sentence("a\u{202e}b"), "a\\u{202e}b");
    }
}
