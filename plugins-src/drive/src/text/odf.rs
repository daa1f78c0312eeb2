//! OpenDocument texts, sheets and slides: one content, three names.

use remit_plugin::files::File;

use super::docx::{close_cell, close_row};
use super::xml::{Piece, each, text_of};
use super::zipped::Zipped;
use super::{Extracted, MAX_TEXT};

/// How often a repeated cell is given again: sheets are filled to their end with empty ones.
const MAX_REPEATED: usize = 64;

pub fn extract(file: File) -> Extracted {
    let Some(mut zipped) = Zipped::open(file) else {
        return Extracted::default();
    };
    let title = zipped
        .part("meta.xml")
        .map(|it| text_of(&it, "title"))
        .unwrap_or_default();
    let mut out = Extracted {
        title,
        ..Extracted::default()
    };
    if let Some(xml) = zipped.part("content.xml") {
        add(&xml, &mut out);
    }
    out.text = out.text.trim().to_string();
    out.truncated = zipped.truncated;
    out
}

fn add(xml: &str, out: &mut Extracted) {
    // In how many paragraphs, cells and hidden elements; where the paragraph and the cell began.
    let (mut paragraphs, mut cells, mut hidden) = (0_usize, 0_usize, 0_usize);
    let (mut paragraph, mut cell, mut repeated) = (0, 0, 1);
    each(xml, |piece| {
        match piece {
            Piece::Open(tag) if hidden > 0 => hidden += usize::from(is_hidden(tag.name)),
            Piece::Open(tag) => match tag.name {
                name if is_hidden(name) => hidden += 1,
                "p" | "h" => {
                    paragraphs += 1;
                    paragraph = out.text.len();
                }
                "s" => {
                    let count = tag
                        .attribute("c")
                        .and_then(|it| it.parse().ok())
                        .unwrap_or(1);
                    out.text.push_str(&" ".repeat(std::cmp::min(count, 100)));
                }
                "tab" => out.text.push('\t'),
                "line-break" => out.text.push('\n'),
                "list-item" if cells == 0 => out.text.push_str("- "),
                "table" => {
                    if let Some(name) = tag.attribute("name").filter(|_| cells == 0) {
                        out.text.push_str(&format!("\n{name}\n"));
                    }
                }
                "table-cell" => {
                    cells += 1;
                    cell = out.text.len();
                    let count = tag
                        .attribute("number-columns-repeated")
                        .and_then(|it| it.parse().ok());
                    repeated = count.unwrap_or(1_usize).min(MAX_REPEATED);
                }
                _ => {}
            },
            Piece::Close(name) if hidden > 0 => hidden -= usize::from(is_hidden(name)),
            Piece::Close(name) => match name {
                "p" | "h" => {
                    paragraphs = paragraphs.saturating_sub(1);
                    if name == "h" && out.title.is_empty() {
                        out.title = out
                            .text
                            .get(paragraph..)
                            .unwrap_or_default()
                            .trim()
                            .to_string();
                    }
                    out.text.push('\n');
                    // A tag may be closed a million times: what was looked at is not looked at again.
                    paragraph = out.text.len();
                }
                "table-cell" => {
                    cells = cells.saturating_sub(1);
                    close_cell(&mut out.text, cell);
                    let line = out.text.get(cell..).unwrap_or_default().to_string();
                    let times = repeated.saturating_sub(1).min(MAX_TEXT / line.len().max(1));
                    out.text.push_str(&line.repeat(times));
                    repeated = 1;
                    cell = out.text.len();
                }
                "table-row" if cells == 0 => close_row(&mut out.text),
                "page" => out.text.push('\n'),
                _ => {}
            },
            Piece::Text(text) if hidden == 0 && paragraphs > 0 => {
                // Blanks of the file's own layout count as one.
                let mut ended =
                    out.text.len() == paragraph || out.text.ends_with(char::is_whitespace);
                for letter in text.chars() {
                    if !letter.is_whitespace() {
                        out.text.push(letter);
                    } else if !ended {
                        out.text.push(' ');
                    }
                    ended = letter.is_whitespace();
                }
            }
            Piece::Text(_) => {}
        }
        out.text.len() <= MAX_TEXT
    });
}

/// What is in the file and not in the document: deleted text, comments, forms.
fn is_hidden(name: &str) -> bool {
    matches!(
        name,
        "tracked-changes" | "annotation" | "forms" | "notes" | "scripts" | "automatic-styles"
    )
}
