//! `SKILL.md`: the Agent Skills format, to the letter.
//!
//! The rules are those of the format's specification and of its reference validator: a front matter between two
//! lines `---`, only six keys, a name that is the folder's.

use indexmap::IndexMap;
use remit_policy::display_safe;
use serde::Deserialize;
use serde_saphyr::{Error as YamlError, Options};
use unicode_normalization::UnicodeNormalization;

use crate::codes::Code;
use crate::error::PackageError;
use crate::place::{Place, line_and_column};
use crate::text::{closest, first_hidden, hidden, name_of, name_trick};

/// The file that makes a folder a skill.
pub const SKILL_FILE: &str = "SKILL.md";

/// The largest SKILL.md, in bytes. The format recommends less than 500 lines.
pub(crate) const MAX_SKILL_DOC_BYTES: u64 = 1 << 20;

/// The only keys of the format.
const KEYS: &[&str] = &[
    "name",
    "description",
    "license",
    "compatibility",
    "metadata",
    "allowed-tools",
];
const MAX_NAME: usize = 64;
const MAX_DESCRIPTION: usize = 1024;
const MAX_COMPATIBILITY: usize = 500;
/// A page of warnings says no more than a few lines of them.
const MAX_WARNINGS: usize = 20;

/// A SKILL.md that keeps the format's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkillDoc {
    /// Equals the folder's name.
    pub name: String,
    /// At most 1,024 characters.
    pub description: String,
    /// A licence's name or file.
    pub license: Option<String>,
    /// At most 500 characters.
    pub compatibility: Option<String>,
    /// Any texts.
    pub metadata: IndexMap<String, String>,
    /// Tools that an agent may use unasked. Of no effect in Remit: a skill's text grants nothing.
    pub allowed_tools: Option<String>,
    /// What follows the front matter.
    pub body: String,
    /// What a reader should know about the prose.
    pub warnings: Vec<TextWarning>,
}

/// Characters in prose that a person does not see, and an agent does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextWarning {
    /// Where the first one of a line stands.
    pub place: Place,
    /// `U+202E (changes the direction of text)`.
    pub what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    name: Option<String>,
    description: Option<String>,
    license: Option<String>,
    compatibility: Option<String>,
    #[serde(default)]
    metadata: IndexMap<String, String>,
    #[serde(rename = "allowed-tools")]
    allowed_tools: Option<String>,
}

impl SkillDoc {
    /// The name that a SKILL.md gives the skill, checked: for one whose folder is not named yet.
    pub fn name_in(text: &str) -> Result<String, PackageError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (front, _) = split(text)?;
        let read = serde_saphyr::from_str_with_options::<FrontMatter>(front, options())
            .map_err(|error| yaml_error(&error))?;
        let name = read.name.ok_or_else(|| lacks("name"))?;
        check_name(&name, &name)?;
        Ok(name)
    }

    /// Reads the text of a SKILL.md in a folder of this name.
    pub fn parse(text: &str, folder_name: &str) -> Result<SkillDoc, PackageError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (front, body) = split(text)?;
        let read = serde_saphyr::from_str_with_options::<FrontMatter>(front, options())
            .map_err(|error| yaml_error(&error))?;
        let name = read.name.ok_or_else(|| lacks("name"))?;
        check_name(&name, folder_name)?;
        let description = read.description.ok_or_else(|| lacks("description"))?;
        check_length("description", &description, MAX_DESCRIPTION)?;
        if let Some(compatibility) = &read.compatibility {
            check_length("compatibility", compatibility, MAX_COMPATIBILITY)?;
        }
        for (key, _) in &read.metadata {
            if let Some((_, c)) = first_hidden(key) {
                return Err(PackageError::new(
                    Code::TextHidden,
                    format!("a key of `metadata` holds {}", name_of(c)),
                )
                .at(Place::file(SKILL_FILE)));
            }
        }
        Ok(SkillDoc {
            name,
            description,
            license: read.license,
            compatibility: read.compatibility,
            metadata: read.metadata,
            allowed_tools: read.allowed_tools,
            body: body.to_owned(),
            warnings: warnings(text),
        })
    }
}

/// Text within text has no use for anchors, aliases or merges: without them nothing can multiply.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_anchors: 0,
            max_aliases: 0,
            max_merge_keys: 0,
            max_depth: 8,
            max_documents: 1,
            max_nodes: 1_000,
        },
        with_snippet: false,
    }
}

/// The front matter and what follows it.
fn split(text: &str) -> Result<(&str, &str), PackageError> {
    let invalid = |message: &str| {
        Err(PackageError::new(Code::SkillDocInvalid, message)
            .at(Place::span(SKILL_FILE, text, &(0..0)))
            .hinted("begin with a line `---`, the keys `name` and `description`, and a line `---`"))
    };
    let mut lines = text.split_inclusive('\n');
    // Blanks of ASCII only: what other readers take for text must not be a fence here.
    let is_fence = |line: &str| line.trim_end_matches([' ', '\t', '\r', '\n']) == "---";
    let Some(first) = lines.next().filter(|line| is_fence(line)) else {
        return invalid("it does not begin with a front matter");
    };
    let start = first.len();
    let mut end = start;
    for line in lines {
        let next = end + line.len();
        if is_fence(line) {
            let front = text.get(start..end).unwrap_or_default();
            return Ok((front, text.get(next..).unwrap_or_default()));
        }
        end = next;
    }
    invalid("its front matter does not end")
}

fn lacks(key: &str) -> PackageError {
    PackageError::new(
        Code::SkillDocInvalid,
        format!("the front matter lacks `{key}`"),
    )
    .at(Place::file(SKILL_FILE))
    .key(key)
}

fn check_length(key: &str, value: &str, most: usize) -> Result<(), PackageError> {
    let length = value.trim().chars().count();
    if (1..=most).contains(&length) {
        return Ok(());
    }
    let message = match length {
        0 => format!("`{key}` is empty"),
        _ => format!("`{key}` has {length} characters, and {most} is the most"),
    };
    Err(PackageError::new(Code::SkillDocInvalid, message)
        .at(Place::file(SKILL_FILE))
        .key(key))
}

/// 1 to 64 lower-case letters and digits with single hyphens between, and the folder's name. The format allows
/// letters of any script; a name that could be taken for another is refused all the same.
fn check_name(name: &str, folder_name: &str) -> Result<(), PackageError> {
    let shown = display_safe(name, 80);
    let place = || Place::file(SKILL_FILE);
    if let Some(trick) = name_trick(name) {
        let message = format!("the name `{shown}` is not what it looks like: {trick}");
        return Err(PackageError::new(Code::TextHidden, message)
            .at(place())
            .key("name"));
    }
    let invalid = |message: String, hint: &str| {
        Err(PackageError::new(Code::SkillDocInvalid, message)
            .at(place())
            .key("name")
            .hinted(hint))
    };
    let letters = name
        .chars()
        .all(|c| c == '-' || (c.is_alphanumeric() && c.to_lowercase().eq([c])));
    let hyphens = name.starts_with('-') || name.ends_with('-') || name.contains("--");
    if name.is_empty() || name.chars().count() > MAX_NAME || !letters || hyphens {
        return invalid(
            format!("`{shown}` cannot be the name of a skill"),
            "a name has 1 to 64 lower-case letters and digits, with single hyphens between",
        );
    }
    if !name.nfkc().eq(folder_name.nfkc()) {
        let folder = display_safe(folder_name, 80);
        return invalid(
            format!("the name is `{shown}`, and the folder's is `{folder}`"),
            "rename one of them: the format wants them equal",
        );
    }
    Ok(())
}

/// YAML's own words, with the line in the file: the front matter begins at line 2.
fn yaml_error(error: &YamlError) -> PackageError {
    let mut place = Place::file(SKILL_FILE);
    if let Some(location) = error.location() {
        place.line = usize::try_from(location.line())
            .ok()
            .filter(|line| *line > 0)
            .map(|line| line + 1);
        place.column = usize::try_from(location.column())
            .ok()
            .filter(|column| *column > 0);
    }
    if let YamlError::SerdeUnknownField { field, .. } = error {
        let hint = match closest(field, KEYS) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!(
                "the format has only {}; others go under `metadata`",
                KEYS.join(", ")
            ),
        };
        let field = display_safe(field, 60);
        let message = format!("the front matter has no key `{field}`");
        return PackageError::new(Code::SkillDocInvalid, message)
            .at(place)
            .key(field)
            .hinted(hint);
    }
    let message = display_safe(error.without_snippet().to_string().trim(), 300);
    PackageError::new(
        Code::SkillDocInvalid,
        format!("the front matter cannot be read: {message}"),
    )
    .at(place)
}

/// One warning for each line that holds a hidden character.
fn warnings(text: &str) -> Vec<TextWarning> {
    let mut warnings: Vec<TextWarning> = Vec::new();
    for (offset, c) in hidden(text) {
        let (line, column) = line_and_column(text, offset);
        if warnings
            .last()
            .is_some_and(|last| last.place.line == Some(line))
        {
            continue;
        }
        if warnings.len() == MAX_WARNINGS {
            break;
        }
        warnings.push(TextWarning {
            place: Place {
                file: SKILL_FILE.to_owned(),
                line: Some(line),
                column: Some(column),
                key: None,
            },
            what: name_of(c),
        });
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(front: &str) -> Result<SkillDoc, PackageError> {
        SkillDoc::parse(&format!("---\n{front}\n---\nBody.\n"), "weekly-report")
    }

    #[test]
    fn all_six_keys_are_read() {
        let doc = read(
            "name: weekly-report\ndescription: >\n  Writes a report.\n  Use it on Fridays.\nlicense: Apache-2.0\n\
             compatibility: Needs remit\nmetadata:\n  version: 1.0\n  author: \"A: B\"\nallowed-tools: Bash(git:*) Read",
        )
        .unwrap();
        assert_eq!(doc.name, "weekly-report");
        assert_eq!(doc.description, "Writes a report. Use it on Fridays.\n");
        assert_eq!(doc.license.as_deref(), Some("Apache-2.0"));
        assert_eq!(doc.metadata["version"], "1.0");
        assert_eq!(doc.metadata["author"], "A: B");
        assert_eq!(doc.allowed_tools.as_deref(), Some("Bash(git:*) Read"));
        assert_eq!(doc.body, "Body.\n");
        assert!(doc.warnings.is_empty());
    }

    #[test]
    fn line_ends_of_windows_and_a_byte_order_mark_are_no_fault() {
        let text = "\u{feff}---\r\nname: weekly-report\r\ndescription: d\r\n---\r\nBody.\r\n";
        let doc = SkillDoc::parse(text, "weekly-report").unwrap();
        assert_eq!(doc.body, "Body.\r\n");
        assert!(doc.warnings.is_empty());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_what_was_meant() {
        let error = read("name: weekly-report\ndescripton: d").unwrap_err();
        assert_eq!(error.code(), "skill-md-invalid");
        assert_eq!(error.line(), Some(3));
        assert_eq!(error.hint().unwrap(), "did you mean `description`?");
        let error = read("name: weekly-report\ndescription: d\ngrants: all").unwrap_err();
        assert_eq!(error.message(), "the front matter has no key `grants`");
    }

    #[test]
    fn names_keep_the_rules_of_the_format() {
        let long = "a".repeat(64);
        for good in ["a", "a-b2", "отчёт", long.as_str()] {
            let text = format!("---\nname: {good}\ndescription: d\n---\n");
            SkillDoc::parse(&text, good).unwrap();
        }
        let longer = "a".repeat(65);
        for bad in [
            "A",
            "-a",
            "a-",
            "a--b",
            "a b",
            "a_b",
            "a/b",
            "a.b",
            "\"\"",
            longer.as_str(),
        ] {
            let text = format!("---\nname: {bad}\ndescription: d\n---\n");
            assert!(SkillDoc::parse(&text, bad).is_err(), "{bad}");
        }
        let error = read("name: weekly\ndescription: d").unwrap_err();
        assert!(error.message().contains("the folder's is"), "{error}");
    }

    #[test]
    fn names_that_hide_or_imitate_are_refused_and_prose_that_hides_is_reported() {
        for bad in ["weekly-rep\u{043e}rt", "weekly\u{200b}-report"] {
            let text = format!("---\nname: {bad}\ndescription: d\n---\n");
            assert_eq!(
                SkillDoc::parse(&text, bad).unwrap_err().code(),
                "text-hidden"
            );
        }
        let doc = SkillDoc::parse(
            "---\nname: a\ndescription: d\n---\nfine\nbad \u{e0041}\u{e0042} line\n",
            "a",
        )
        .unwrap();
        assert_eq!(doc.warnings.len(), 1);
        assert_eq!(doc.warnings[0].place.line, Some(6));
        assert!(doc.warnings[0].what.contains("tag character"));
    }

    #[test]
    fn missing_parts_lengths_and_types_are_errors() {
        let long = format!("name: weekly-report\ndescription: {}", "x".repeat(1025));
        for bad in [
            "description: d",
            "name: weekly-report",
            "name: weekly-report\ndescription: \"\"",
            "name: weekly-report\ndescription: [a]",
            "name: weekly-report\nname: weekly-report\ndescription: d",
            "name: weekly-report\ndescription: d\nmetadata: [a]",
            "name: weekly-report\ndescription: d\nmetadata: {a: {b: c}}",
            "- a",
            "",
            long.as_str(),
        ] {
            assert_eq!(read(bad).unwrap_err().code(), "skill-md-invalid", "{bad}");
        }
        for bad in ["", "no front matter", "---\nname: a\n", "--- \nname"] {
            assert!(SkillDoc::parse(bad, "a").is_err(), "{bad}");
        }
    }

    #[test]
    fn anchors_and_aliases_are_refused_so_that_nothing_multiplies() {
        let bomb = "name: weekly-report\ndescription: &a d\nmetadata: {x: *a, y: *a}";
        assert_eq!(read(bomb).unwrap_err().code(), "skill-md-invalid");
        assert!(read("name: weekly-report\ndescription: d\nmetadata: {x: d, y: d}").is_ok());
    }
}
