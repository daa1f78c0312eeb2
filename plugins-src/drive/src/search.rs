//! `search`: documents by the words in them, ranked by BM25.

use std::collections::HashSet;

use prose::Word;
use remit_plugin::files::{File, Kind, Metadata};
use remit_plugin::{Fault, log};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{list, place, text};

const DEFAULT_LIMIT: u32 = 20;
const SNIPPET: usize = 200;
const MAX_SNIPPETS: usize = 3;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Words, for example `budget "cold chamber" -draft`: a document must hold at least half of them,
    /// not counting words such as `the`.
    query: String,
    /// Only in this folder and those in it.
    path: Option<String>,
    /// Only documents of these types, by extension: `["md", "docx"]`.
    types: Option<Vec<String>>,
    /// How many to return; 20 unless said.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Found {
    /// How many documents match.
    total: u64,
    /// The best of them.
    documents: Vec<Document>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Document {
    /// What `read` takes.
    path: String,
    /// What the document calls itself, else its file name.
    title: String,
    /// The file name's extension in lower case.
    #[serde(rename = "type")]
    document_type: String,
    /// In bytes.
    size: u64,
    /// As in RFC 3339.
    modified: String,
    /// How well it matches; comparable within one search only.
    score: f64,
    /// Places in it where the words are.
    snippets: Vec<String>,
}

/// A document as far as ranking needs it: its text is not kept, since all texts together may not fit.
struct Candidate {
    path: String,
    title: String,
    metadata: Metadata,
    /// How often each word is in it, weighted by where.
    counts: Vec<f64>,
    /// Words in it, about.
    length: f64,
}

/// A word in the title or the file's name counts as so many in the text.
const IN_TITLE: f64 = 4.0;
const IN_PATH: f64 = 2.0;

pub fn search(input: Search) -> Result<Found, Fault> {
    let words = words(&input.query)?;
    let wanted: Vec<&str> = words
        .iter()
        .filter(|it| !it.excluded)
        .map(|it| it.text.as_str())
        .collect();
    let excluded: Vec<&str> = words
        .iter()
        .filter(|it| it.excluded)
        .map(|it| it.text.as_str())
        .collect();
    let root = place::root()?;
    let start = place::relative(input.path.as_deref().unwrap_or_default())?;
    let types: Option<HashSet<String>> = input.types.filter(|it| !it.is_empty()).map(|it| {
        it.iter()
            .map(|it| it.trim_start_matches('.').to_ascii_lowercase())
            .collect()
    });

    let mut all = Vec::new();
    place::walk(&root, &start, &mut |path, entry| {
        let kind = place::type_of(&entry.name);
        if entry.kind == Kind::File && types.as_ref().is_none_or(|types| types.contains(&kind)) {
            match candidate(&root, path, &wanted, &excluded) {
                Ok(found) => all.extend(found),
                Err(fault) => log::warn(&format!("left out `{path}`: {}", fault.message())),
            }
        }
        true
    })?;

    let mut ranked = rank(all, wanted.len());
    let total = ranked.len() as u64;
    ranked.truncate(input.limit.unwrap_or(DEFAULT_LIMIT) as usize);
    let documents = ranked
        .into_iter()
        .map(|(score, it)| shown(&root, score, it, &wanted))
        .collect();
    Ok(Found { total, documents })
}

fn words(query: &str) -> Result<Vec<Word>, Fault> {
    let mut words = prose::parse(query, &[]).words;
    for word in &mut words {
        let bare = word.text.trim_matches(|it: char| !it.is_alphanumeric());
        if !bare.is_empty() {
            word.text = bare.to_string();
        }
    }
    let mut seen = HashSet::new();
    words.retain(|it| it.text.chars().any(char::is_alphanumeric) && seen.insert(it.text.clone()));
    // `the` in a subject is not what is looked for, unless nothing else is.
    if words
        .iter()
        .any(|it| !it.excluded && !prose::is_common(&it.text))
    {
        words.retain(|it| it.excluded || !prose::is_common(&it.text));
    }
    match words.iter().any(|it| !it.excluded) {
        true => Ok(words),
        false => Err(Fault::invalid_input(format!(
            "the query `{query}` has no words to look for"
        ))),
    }
}

/// What a file holds of the words; none where it holds one that it must not, or too few.
fn candidate(
    root: &str,
    path: &str,
    wanted: &[&str],
    excluded: &[&str],
) -> Result<Option<Candidate>, Fault> {
    let file = File::open(&place::full(root, path))?;
    let metadata = file.metadata()?;
    let extracted = text::extract(file, place::name_of(path))?;
    let (body, title, name) = (
        prose::fold(&extracted.text),
        prose::fold(&extracted.title),
        prose::fold(path),
    );
    if excluded.iter().any(|word| {
        [&body, &title, &name]
            .iter()
            .any(|it| prose::matches(it, word))
    }) {
        return Ok(None);
    }
    let count = |word: &&str| {
        let within = |text: &str| prose::count(text, word) as f64;
        within(&body) + IN_TITLE * within(&title).min(1.0) + IN_PATH * within(&name).min(1.0)
    };
    let counts: Vec<f64> = wanted.iter().map(count).collect();
    // Many words are asked for where a sentence is: then half of them is a match.
    let present = counts.iter().filter(|it| **it > 0.0).count();
    if present * 2 < wanted.len() || present == 0 {
        return Ok(None);
    }
    let length = body.split_whitespace().count() as f64;
    Ok(Some(Candidate {
        path: path.to_string(),
        title: extracted.title,
        metadata,
        counts,
        length,
    }))
}

/// BM25 with its usual constants, and a factor for how many of the words are there at all.
fn rank(all: Vec<Candidate>, words: usize) -> Vec<(f64, Candidate)> {
    const K1: f64 = 1.2;
    const B: f64 = 0.75;
    let count = all.len() as f64;
    let average = all.iter().map(|it| it.length).sum::<f64>().max(1.0) / count.max(1.0);
    let rarity: Vec<f64> = (0..words)
        .map(|word| {
            let with = all
                .iter()
                .filter(|it| it.counts.get(word).is_some_and(|it| *it > 0.0))
                .count() as f64;
            (1.0 + (count - with + 0.5) / (with + 0.5)).ln()
        })
        .collect();
    let mut ranked: Vec<(f64, Candidate)> = all
        .into_iter()
        .map(|it| {
            let damping = K1 * (1.0 - B + B * it.length / average);
            let score: f64 = it
                .counts
                .iter()
                .zip(&rarity)
                .map(|(count, rarity)| rarity * count * (K1 + 1.0) / (count + damping))
                .sum();
            let present = it.counts.iter().filter(|it| **it > 0.0).count() as f64;
            (score * present / words as f64, it)
        })
        .collect();
    ranked.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.path.cmp(&y.path)));
    ranked
}

fn shown(root: &str, score: f64, it: Candidate, wanted: &[&str]) -> Document {
    // Read again: only for the few that are shown.
    let text = File::open(&place::full(root, &it.path))
        .map_err(Fault::from)
        .and_then(|file| text::extract(file, place::name_of(&it.path)))
        .map(|it| it.text)
        .unwrap_or_default();
    let folded = prose::fold(&text);
    let mut snippets: Vec<String> = Vec::new();
    // The long words first, which say most; a word that is in a place already shown needs none of its own.
    let mut words: Vec<&&str> = wanted
        .iter()
        .filter(|word| prose::matches(&folded, word))
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    for word in words {
        let is_shown = snippets
            .iter()
            .any(|it| prose::matches(&prose::fold(it), word));
        if !is_shown && snippets.len() < MAX_SNIPPETS {
            snippets.push(prose::snippet(&text, &[word], SNIPPET));
        }
    }
    Document {
        title: it.title,
        document_type: place::type_of(&it.path),
        size: it.metadata.size,
        modified: list::modified(it.metadata.modified),
        score: (score * 1000.0).round() / 1000.0,
        snippets,
        path: it.path,
    }
}
