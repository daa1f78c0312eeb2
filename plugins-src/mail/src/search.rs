//! `search`.

mod filter;

use std::collections::HashSet;

use remit_plugin::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::folders::{self, Folder};
use crate::message::{self, Person};
use crate::source::{self, Go, Raw};
use crate::threads::{Index, Links};
use filter::Filter;

const DEFAULT_LIMIT: u32 = 50;
const SNIPPET: usize = 200;
/// Five hundred messages to everybody would not fit into one result.
const MAX_TO: usize = 20;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Words that must all be in the message, anywhere: `budget "board meeting" -draft`. Also `from:ana`,
    /// `to:`, `subject:`, `in:FOLDER`, `after:2026-11-01`, `before:`, `has:attachment`, `is:unread`, `is:read`.
    query: Option<String>,
    /// Part of the sender's name or address.
    from: Option<String>,
    /// Part of a recipient's name or address, To or Cc.
    to: Option<String>,
    /// Words of the subject.
    subject: Option<String>,
    /// Words of the message's text.
    text: Option<String>,
    /// Sent on this day or later (YYYY-MM-DD; the day as the sender wrote it).
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    after: Option<String>,
    /// Sent before this day (YYYY-MM-DD), not on it.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    before: Option<String>,
    /// Only with attachments, or only without.
    has_attachment: Option<bool>,
    /// Only unread, or only read.
    unread: Option<bool>,
    /// Only in this folder and those in it.
    folder: Option<String>,
    /// How many to return; 50 unless said otherwise.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// How many to pass over: `next_offset` of the page before.
    offset: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Found {
    /// How many messages match.
    total: u64,
    /// This page of them.
    messages: Vec<Summary>,
    /// The next page's `offset`, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<u64>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Summary {
    /// What `read` takes; letters, digits and `-` only.
    id: String,
    /// The folder's name.
    folder: String,
    from: Person,
    /// The first twenty of them.
    to: Vec<Person>,
    subject: String,
    /// When it was sent, as in RFC 3339, in the sender's zone.
    date: String,
    unread: bool,
    has_attachment: bool,
    /// A few words of the text, around what was searched for.
    snippet: String,
    /// How well it matches the words; 0 where none were asked for.
    score: f64,
    /// What the messages of one conversation have in common.
    thread: String,
}

/// A match with what is needed to order it, and to say its thread.
struct Hit {
    summary: Summary,
    time: i64,
    links: Links,
}

pub fn search(input: Search) -> Result<Found, Fault> {
    let filter = Filter::new(&input)?;
    let all = folders::find(&crate::root()?)?;
    let chosen = filter.folders(&all)?;
    let offset = input.offset.unwrap_or_default() as usize;
    let limit = input.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, 500) as usize;

    let mut best = Best {
        hits: Vec::new(),
        keep: offset + limit,
    };
    let mut total = 0;
    for folder in chosen {
        source::each(folder, &mut |raw| {
            if let Some(hit) = judge(&filter, folder, &raw) {
                total += 1;
                best.add(hit);
            }
            Go::On
        })?;
    }

    let page: Vec<Hit> = best.sorted().into_iter().skip(offset).take(limit).collect();
    let messages = with_threads(page, &all)?;
    let next = offset + messages.len();
    let next_offset = (!messages.is_empty() && (next as u64) < total).then_some(next as u64);
    Ok(Found {
        total,
        messages,
        next_offset,
    })
}

/// The message as a hit, if the filter lets it through. Headers are judged first: a message out of the dates
/// asked for is never taken apart.
fn judge(filter: &Filter, folder: &Folder, raw: &Raw) -> Option<Hit> {
    let head = message::head(&message::parse_head(&raw.bytes)?, raw);
    if !filter.head_passes(&head) {
        return None;
    }
    let message = message::parse(&raw.bytes)?;
    let attachments = message::attachments(&message, raw);
    if filter
        .has_attachment
        .is_some_and(|wanted| wanted == attachments.is_empty())
    {
        return None;
    }
    let text = message::text(&message);
    let score = filter.score(&head, &text, &attachments)?;
    Some(Hit {
        time: head.date.to_timestamp(),
        summary: Summary {
            id: raw.id.to_string(),
            folder: folder.name.clone(),
            from: head.from,
            to: head.to.into_iter().take(MAX_TO).collect(),
            subject: head.subject,
            date: head.date.to_rfc3339(),
            unread: head.unread,
            has_attachment: !attachments.is_empty(),
            snippet: prose::snippet(&text, &filter.shown_words(), SNIPPET),
            score: (score * 1000.0).round() / 1000.0,
            thread: String::new(),
        },
        links: head.links,
    })
}

/// The best hits, and no more than are needed: a mailbox may hold a hundred thousand.
struct Best {
    hits: Vec<Hit>,
    keep: usize,
}

impl Best {
    fn add(&mut self, hit: Hit) {
        self.hits.push(hit);
        if self.hits.len() >= self.keep * 2 + 1000 {
            self.sort();
            self.hits.truncate(self.keep);
        }
    }

    fn sort(&mut self) {
        self.hits.sort_by(|a, b| {
            let by_score = b.summary.score.total_cmp(&a.summary.score);
            by_score
                .then(b.time.cmp(&a.time))
                .then_with(|| a.summary.id.cmp(&b.summary.id))
        });
    }

    fn sorted(mut self) -> Vec<Hit> {
        self.sort();
        self.hits
    }
}

/// Looks through the other messages only where one of the page needs it.
fn with_threads(page: Vec<Hit>, all: &[Folder]) -> Result<Vec<Summary>, Fault> {
    let unsure = page.iter().any(|hit| hit.links.own_thread().is_none());
    let index = if unsure {
        Index::of(all)?
    } else {
        Index::default()
    };
    let mut seen = HashSet::new();
    let summaries = page.into_iter().map(|hit| {
        let thread = index.thread(&hit.links);
        Summary {
            thread,
            ..hit.summary
        }
    });
    // A file that was moved from `new` to `cur` meanwhile would be there twice.
    Ok(summaries.filter(|it| seen.insert(it.id.clone())).collect())
}
