//! The names of tools: portable, short, and none that could be taken for another.

use std::collections::HashMap;

use remit_package::{Digest, look};

use crate::error::McpError;

/// Letters of a tool's name. Clients take 64; some put their own prefix (`mcp__remit__`) before it, within the same 64.
pub(crate) const MAX_TOOL_NAME: usize = 48;

/// Hexadecimal digits of the whole name's hash that end a name which is not the whole name.
const HASH_DIGITS: usize = 6;

/// The tool of Remit's own that opens a skill.
pub(crate) const OPEN_SKILL: &str = "open_skill";

/// What the names of a skill's tools begin with; nothing where it is the only one that is served.
pub(crate) fn prefix(skill: &str, only: bool) -> String {
    if only {
        String::new()
    } else {
        format!("{}_", portable(skill))
    }
}

/// A tool's name: `mail_search`, `weekly-report_mail_search`. One that is too long, or holds what clients do not take,
/// ends in a part of the hash of the whole.
pub(crate) fn tool(prefix: &str, rest: &str) -> String {
    portable_to(&format!("{prefix}{rest}"), MAX_TOOL_NAME)
}

/// A name of any script in the letters that clients take. Names of skills may have others.
fn portable(name: &str) -> String {
    portable_to(name, MAX_TOOL_NAME)
}

fn portable_to(name: &str, most: usize) -> String {
    let takes = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.len() <= most && name.chars().all(takes) {
        return name.to_owned();
    }
    let kept = most.saturating_sub(HASH_DIGITS + 1);
    let shown: String = name
        .chars()
        .map(|c| if takes(c) { c } else { '_' })
        .take(kept)
        .collect();
    let hash = Digest::of(name.as_bytes()).hex();
    let hash: String = hash.chars().take(HASH_DIGITS).collect();
    format!("{shown}_{hash}")
}

/// What two names that a model could take for each other have in common: the letters as they look, without the marks
/// between them.
pub(crate) fn folded(name: &str) -> String {
    look(name)
        .chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .collect()
}

/// The names that are taken, each with whose it is: as they are folded, and as they are folded by whoever reads a capital I
/// as the small l that it looks like.
#[derive(Default)]
pub(crate) struct Taken {
    folded: HashMap<String, String>,
    looking: HashMap<String, String>,
}

impl Taken {
    /// Takes a name for `whose`.
    ///
    /// # Errors
    /// If it, or one that looks like it, is taken.
    pub(crate) fn take(&mut self, name: &str, whose: &str) -> Result<(), McpError> {
        let before = self.folded.insert(folded(name), whose.to_owned());
        let looking = folded(&name.replace('I', "l"));
        let looking = self.looking.insert(looking, whose.to_owned());
        match before.or(looking) {
            None => Ok(()),
            Some(first) => Err(McpError::ToolCollision {
                name: name.to_owned(),
                first,
                second: whose.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_letters_that_every_client_takes() {
        assert_eq!(tool("", "mail_search"), "mail_search");
        assert_eq!(
            tool(&prefix("weekly-report", false), "mail_search"),
            "weekly-report_mail_search"
        );
        for (skill, rest) in [
            ("bericht-für-alle", "mail_search"),
            ("недельный-отчёт", "mail_search"),
            (&*"s".repeat(64), "mail_search"),
            ("a", &*"o".repeat(64)),
        ] {
            let name = tool(&prefix(skill, false), rest);
            assert!(name.len() <= MAX_TOOL_NAME, "{name}");
            assert!(
                name.chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)),
                "{name}"
            );
            assert_eq!(
                name,
                tool(&prefix(skill, false), rest),
                "it is the same each time"
            );
        }
    }

    #[test]
    fn names_that_are_cut_are_told_apart_by_their_hash() {
        let long = "o".repeat(60);
        let first = tool("", &format!("{long}a"));
        let second = tool("", &format!("{long}b"));
        assert_ne!(first, second);
        assert_eq!(first.get(..41), second.get(..41));
        assert_ne!(
            tool("", "für"),
            tool("", "f_r"),
            "what was replaced is in the hash"
        );
    }

    #[test]
    fn a_name_that_looks_like_a_taken_one_is_refused() {
        for (first, second) in [
            ("mail_search", "mail_search"),
            ("mail_search", "Mail_Search"),
            ("a_b-c_d", "a-b_c_d"),
            ("open_skill", "open-skill"),
            ("mail_search", "mai1_search"),
            ("mail_search", "maiI_search"),
        ] {
            let mut taken = Taken::default();
            taken.take(first, "one").unwrap();
            let error = taken.take(second, "two").unwrap_err();
            assert_eq!(error.code(), "tool-name-collision");
            assert!(error.to_string().contains("one and two"), "{error}");
        }
        let mut taken = Taken::default();
        taken.take("mail_search", "one").unwrap();
        taken.take("mail_searches", "two").unwrap();
    }
}
