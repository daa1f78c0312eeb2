//! Which messages belong together.
//!
//! A message that says its References belongs to the first of them; one that says only what it answers belongs
//! where that message does; one that says nothing but looks like an answer (`Re: …`) belongs to the earliest
//! message of the same subject. The last two need the other messages: only then are these looked through.

use std::collections::HashMap;

use remit_plugin::Fault;

use crate::folders::Folder;
use crate::hash::{fnv, hex};
use crate::message;
use crate::source::{self, Go};

/// What a message says about its place in a thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    pub message_id: String,
    pub references: Vec<String>,
    pub in_reply_to: Option<String>,
    /// Without `Re:` and the like, folded.
    pub subject: String,
    /// Whether the subject began with one.
    pub is_answer: bool,
    /// Seconds since 1970.
    pub date: i64,
}

/// How far answers to answers are followed: loops end here too.
const MAX_STEPS: usize = 100;

impl Links {
    /// The thread, where the message alone says it.
    pub fn own_thread(&self) -> Option<String> {
        match self.references.first() {
            Some(root) => Some(name(root)),
            None if self.in_reply_to.is_none() && !self.is_answer => Some(self.root_name()),
            None => None,
        }
    }

    fn root_name(&self) -> String {
        match self.message_id.is_empty() {
            // Nothing to go by but what it says.
            true => name(&format!("{} {}", self.subject, self.date)),
            false => name(&self.message_id),
        }
    }
}

fn name(root: &str) -> String {
    hex(fnv(root.as_bytes()))
}

/// What all messages say, for those that do not say enough by themselves.
#[derive(Default)]
pub struct Index {
    by_id: HashMap<u64, Links>,
    /// The earliest message of a subject that is no answer, else the earliest.
    by_subject: HashMap<String, Links>,
}

impl Index {
    /// Looks through all folders, headers only.
    pub fn of(folders: &[Folder]) -> Result<Index, Fault> {
        let mut index = Index::default();
        for folder in folders {
            source::each(folder, &mut |raw| {
                index.add(message::links(&raw));
                Go::On
            })?;
        }
        Ok(index)
    }

    fn add(&mut self, links: Links) {
        let better = |old: &Links| (links.is_answer, links.date) < (old.is_answer, old.date);
        if !links.subject.is_empty() && self.by_subject.get(&links.subject).is_none_or(better) {
            self.by_subject.insert(links.subject.clone(), links.clone());
        }
        if !links.message_id.is_empty() {
            self.by_id.insert(fnv(links.message_id.as_bytes()), links);
        }
    }

    /// The thread that a message belongs to.
    pub fn thread(&self, links: &Links) -> String {
        let mut links = links;
        for _ in 0..MAX_STEPS {
            if let Some(thread) = links.own_thread() {
                return thread;
            }
            let next = match &links.in_reply_to {
                Some(parent) => match self.by_id.get(&fnv(parent.as_bytes())) {
                    Some(found) => found,
                    None => return name(parent),
                },
                None => match self.by_subject.get(&links.subject) {
                    Some(found) if found != links => found,
                    _ => return links.root_name(),
                },
            };
            links = next;
        }
        links.root_name()
    }
}

/// A subject without `Re:`, `Fwd:`, `AW:`, `[list]` … before it, and whether there was an answer's or a
/// forward's mark.
pub fn base_subject(subject: &str) -> (String, bool) {
    const MARKS: &[&str] = &[
        "re", "fw", "fwd", "aw", "wg", "sv", "vs", "vb", "tr", "rv", "res", "enc", "antw", "odp",
        "ref", "回复", "转发", "答复", "返信", "転送",
    ];
    let mut rest = subject.trim();
    let mut is_answer = false;
    loop {
        let before = rest;
        if let Some((mark, after)) = rest.split_once([':', '：']) {
            let bare = mark
                .trim()
                .split(['[', '('])
                .next()
                .unwrap_or_default()
                .to_lowercase();
            if MARKS.contains(&bare.as_str()) {
                is_answer = true;
                rest = after.trim_start();
            }
        }
        // A list's tag before the mark: `[team] Re: …`.
        if let Some(after) = rest
            .strip_prefix('[')
            .and_then(|it| it.split_once(']'))
            .map(|it| it.1.trim_start())
            && !after.is_empty()
        {
            rest = after;
        }
        if rest == before {
            break;
        }
    }
    (
        prose::fold(rest)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        is_answer,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(id: &str, subject: &str, parent: Option<&str>, references: &[&str]) -> Links {
        let (subject, is_answer) = base_subject(subject);
        Links {
            message_id: id.to_string(),
            references: references.iter().map(|it| it.to_string()).collect(),
            in_reply_to: parent.map(str::to_string),
            subject,
            is_answer,
            date: 0,
        }
    }

    #[test]
    fn marks_of_answers_are_taken_away() {
        for subject in [
            "Re: Budget",
            "AW: WG: budget",
            "[team] Re: [team] Budget",
            "Re[2]: Budget",
            "RE：  Budget",
        ] {
            assert_eq!(
                base_subject(subject),
                ("budget".to_string(), true),
                "{subject}"
            );
        }
        assert_eq!(
            base_subject("Budget: draft"),
            ("budget: draft".to_string(), false)
        );
        assert_eq!(base_subject("[all]"), ("[all]".to_string(), false));
    }

    #[test]
    fn answers_are_in_the_thread_of_what_they_answer() {
        let root = links("a", "Budget", None, &[]);
        let said = links("b", "Re: Budget", Some("a"), &["a"]);
        let unsaid = links("c", "Re: Budget", Some("b"), &[]);
        let silent = links("d", "Re: Budget", None, &[]);
        let mut index = Index::default();
        for it in [&root, &said, &unsaid, &silent] {
            index.add(it.clone());
        }
        let thread = index.thread(&root);
        for it in [&said, &unsaid, &silent] {
            assert_eq!(index.thread(it), thread, "{it:?}");
        }
        assert_ne!(index.thread(&links("e", "Other", None, &[])), thread);
    }

    #[test]
    fn a_circle_of_answers_ends() {
        let mut index = Index::default();
        index.add(links("a", "x", Some("b"), &[]));
        index.add(links("b", "x", Some("a"), &[]));
        index.thread(&links("a", "x", Some("b"), &[]));
        index.thread(&links("c", "Re: x", None, &[]));
    }
}
