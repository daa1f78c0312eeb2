//! Which messages are asked for, and how well each matches.

use prose::{Word, fold};
use remit_plugin::Fault;

use super::Search;
use crate::folders::Folder;
use crate::message::{Attachment, Head, Person};

/// A day: year, month, day.
type Day = (u16, u8, u8);

/// What is asked for, ready to be compared.
#[derive(Debug, Default)]
pub struct Filter {
    anywhere: Vec<Word>,
    text: Vec<Word>,
    subject: Vec<Word>,
    from: Vec<String>,
    to: Vec<String>,
    after: Option<Day>,
    before: Option<Day>,
    unread: Option<bool>,
    folders: Vec<String>,
    pub has_attachment: Option<bool>,
}

/// How much a word counts by where it is found: subjects say what a message is about.
const IN_SUBJECT: f64 = 5.0;
const IN_PEOPLE: f64 = 3.0;
const IN_ATTACHMENTS: f64 = 2.0;
const IN_TEXT: f64 = 1.0;

const KEYS: &[&str] = &[
    "from", "to", "subject", "in", "after", "before", "has", "is",
];

impl Filter {
    /// # Errors
    /// `invalid-input` for a date or a `has:` or `is:` that is none.
    pub fn new(input: &Search) -> Result<Filter, Fault> {
        let mut filter = Filter {
            has_attachment: input.has_attachment,
            unread: input.unread,
            ..Filter::default()
        };
        let words = |text: &Option<String>| match text {
            Some(text) => prose::parse(text, &[]).words,
            None => Vec::new(),
        };
        filter.text = words(&input.text);
        filter.subject = words(&input.subject);
        filter.from.extend(input.from.as_deref().map(fold));
        filter.to.extend(input.to.as_deref().map(fold));
        filter.folders.extend(input.folder.clone());
        filter.after = input.after.as_deref().map(day).transpose()?;
        filter.before = input.before.as_deref().map(day).transpose()?;

        let query = prose::parse(input.query.as_deref().unwrap_or_default(), KEYS);
        filter.anywhere = query.words;
        for (key, value) in query.fields {
            match (key.as_str(), value.to_lowercase().as_str()) {
                ("from", _) => filter.from.push(fold(&value)),
                ("to", _) => filter.to.push(fold(&value)),
                ("subject", _) => filter.subject.extend(prose::parse(&value, &[]).words),
                ("in", _) => filter.folders.push(value),
                ("after", _) => filter.after = filter.after.max(Some(day(&value)?)),
                ("before", _) => {
                    let other = day(&value)?;
                    filter.before = Some(filter.before.map_or(other, |it| it.min(other)));
                }
                ("has", "attachment" | "attachments") => filter.has_attachment = Some(true),
                ("is", "unread") => filter.unread = Some(true),
                ("is", "read") => filter.unread = Some(false),
                _ => {
                    return Err(Fault::invalid_input(format!(
                        "`{key}:{value}` in the query: there are has:attachment, is:unread and is:read"
                    )));
                }
            }
        }
        filter.from.retain(|it| !it.trim().is_empty());
        filter.to.retain(|it| !it.trim().is_empty());
        Ok(filter)
    }

    /// The folders that are asked for.
    ///
    /// # Errors
    /// `not-found` for a folder that there is not; the message says which there are.
    pub fn folders<'f>(&self, all: &'f [Folder]) -> Result<Vec<&'f Folder>, Fault> {
        let mut chosen: Vec<&Folder> = all.iter().collect();
        for wanted in &self.folders {
            let wanted = wanted.trim_matches('/').to_lowercase();
            let is_wanted = |folder: &Folder| {
                let name = folder.name.to_lowercase();
                name == wanted
                    || name
                        .strip_prefix(&wanted)
                        .is_some_and(|rest| rest.starts_with('/'))
            };
            if !all.iter().any(is_wanted) {
                let names: Vec<&str> = all.iter().take(30).map(|it| it.name.as_str()).collect();
                return Err(Fault::not_found(format!(
                    "there is no folder `{wanted}`; there are: {}",
                    names.join(", ")
                )));
            }
            chosen.retain(|folder| is_wanted(folder));
        }
        Ok(chosen)
    }

    /// Whether the headers are as asked for, words aside.
    pub fn head_passes(&self, head: &Head) -> bool {
        let day = (head.date.year, head.date.month, head.date.day);
        let is = |person: &Person, wanted: &str| {
            fold(&person.address).contains(wanted) || fold(&person.name).contains(wanted)
        };
        self.after.is_none_or(|after| day >= after)
            && self.before.is_none_or(|before| day < before)
            && self.unread.is_none_or(|unread| unread == head.unread)
            && self.from.iter().all(|wanted| is(&head.from, wanted))
            && self
                .to
                .iter()
                .all(|wanted| head.to.iter().chain(&head.cc).any(|it| is(it, wanted)))
    }

    /// How well the words match; none where one is missing, or one is there that must not be.
    pub fn score(&self, head: &Head, text: &str, attachments: &[Attachment]) -> Option<f64> {
        if self.anywhere.is_empty() && self.text.is_empty() && self.subject.is_empty() {
            return Some(0.0);
        }
        let subject = fold(&head.subject);
        let text = fold(text);
        let people = |it: &Person| format!("{} {}\n", fold(&it.name), fold(&it.address));
        let from = people(&head.from);
        let to: String = head.to.iter().chain(&head.cc).map(people).collect();
        let names: String = attachments.iter().map(|it| fold(&it.name) + "\n").collect();
        // Many of one word say little more than a few: the logarithm.
        let weigh = |text: &str, word: &str, weight: f64| match prose::count(text, word) {
            0 => 0.0,
            count => weight * (1.0 + (count as f64).ln()),
        };
        let everywhere = |word: &str| {
            weigh(&subject, word, IN_SUBJECT)
                + weigh(&from, word, IN_PEOPLE)
                + weigh(&to, word, IN_PEOPLE / 2.0)
                + weigh(&names, word, IN_ATTACHMENTS)
                + weigh(&text, word, IN_TEXT)
        };
        let mut score = 0.0;
        let mut all = |words: &[Word], weight: &dyn Fn(&str) -> f64| {
            words.iter().all(|word| {
                let found = weight(&word.text);
                score += if word.excluded { 0.0 } else { found };
                (found > 0.0) != word.excluded
            })
        };
        let matches = all(&self.anywhere, &everywhere)
            && all(&self.text, &|word| weigh(&text, word, IN_TEXT))
            && all(&self.subject, &|word| weigh(&subject, word, IN_SUBJECT));
        matches.then_some(score)
    }

    /// The words to show a message's text around.
    pub fn shown_words(&self) -> Vec<&str> {
        let words = self.anywhere.iter().chain(&self.text);
        words
            .filter(|it| !it.excluded)
            .map(|it| it.text.as_str())
            .collect()
    }
}

/// `YYYY-MM-DD` as it can be compared.
fn day(text: &str) -> Result<Day, Fault> {
    let parts: Vec<&str> = text.split('-').collect();
    if let [year, month, day] = parts.as_slice()
        && year.len() == 4
        && let (Ok(year), Ok(month), Ok(day)) = (year.parse(), month.parse(), day.parse())
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
    {
        return Ok((year, month, day));
    }
    Err(Fault::invalid_input(format!(
        "`{text}` is no date: write it as 2026-11-16"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_is_none_is_named() {
        assert_eq!(day("2026-11-16").unwrap(), (2026, 11, 16));
        for text in ["2026-13-01", "16.11.2026", "2026-11", "", "2026-11-1a"] {
            assert!(day(text).unwrap_err().message().contains(text), "{text}");
        }
    }
}
