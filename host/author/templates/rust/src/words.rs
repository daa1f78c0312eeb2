//! `word_count`.

use std::collections::BTreeMap;

use remit_plugin::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What `word_count` takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The text to count in.
    text: String,
    /// How many of the most frequent words to list.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 50))]
    top: usize,
}

fn five() -> usize {
    5
}

/// What it returns.
#[derive(Serialize, JsonSchema)]
pub struct Counts {
    /// Words: runs of letters and digits.
    words: usize,
    /// Characters, as Unicode counts them.
    characters: usize,
    /// Lines.
    lines: usize,
    /// The most frequent words in lower case, the most frequent first, and by alphabet among equals.
    most_frequent: Vec<Frequency>,
}

/// A word, and how often it occurs.
#[derive(Serialize, JsonSchema)]
pub struct Frequency {
    word: String,
    count: usize,
}

pub fn word_count(input: Input) -> Result<Counts, Fault> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let words = input
        .text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    for word in words {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    let total = counts.values().sum();
    let mut most_frequent: Vec<Frequency> = counts
        .into_iter()
        .map(|(word, count)| Frequency { word, count })
        .collect();
    // Stable, so that equals stay in the alphabet's order.
    most_frequent.sort_by_key(|it| std::cmp::Reverse(it.count));
    most_frequent.truncate(input.top);
    Ok(Counts {
        words: total,
        characters: input.text.chars().count(),
        lines: input.text.lines().count(),
        most_frequent,
    })
}
