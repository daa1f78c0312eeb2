//! Word documents.

use remit_plugin::files::File;

use super::xml::{Piece, each};
use super::zipped::Zipped;
use super::{Extracted, MAX_TEXT};

pub fn extract(file: File) -> Extracted {
    let Some(mut zipped) = Zipped::open(file) else {
        return Extracted::default();
    };
    let mut out = Extracted {
        title: zipped.core_title(),
        ..Extracted::default()
    };
    for part in [
        "word/document.xml",
        "word/footnotes.xml",
        "word/endnotes.xml",
    ] {
        if let Some(xml) = zipped.part(part) {
            add(&xml, &mut out);
        }
    }
    out.text = out.text.trim().to_string();
    out.truncated |= zipped.truncated;
    out
}

fn add(xml: &str, out: &mut Extracted) {
    // Where the paragraph and the cell began, whether in text, in how many tables, and the paragraph's style.
    let (mut paragraph, mut cell) = (out.text.len(), out.text.len());
    let (mut in_text, mut cells) = (false, 0_usize);
    let mut is_heading = false;
    each(xml, |piece| {
        match piece {
            Piece::Open(tag) => match tag.name {
                "t" => in_text = true,
                "tab" => out.text.push('\t'),
                "br" | "cr" => out.text.push('\n'),
                "noBreakHyphen" => out.text.push('-'),
                "p" => {
                    paragraph = out.text.len();
                    is_heading = false;
                }
                "pStyle" => {
                    let style = tag.attribute("val").unwrap_or_default().to_lowercase();
                    is_heading = style.starts_with("title") || style.starts_with("heading");
                }
                "tc" => {
                    cells += 1;
                    cell = out.text.len();
                }
                _ => {}
            },
            Piece::Close(name) => match name {
                "t" => in_text = false,
                "p" => {
                    if is_heading && out.title.is_empty() {
                        out.title = out
                            .text
                            .get(paragraph..)
                            .unwrap_or_default()
                            .trim()
                            .to_string();
                    }
                    // A tag may be closed a million times: what was looked at is not looked at again.
                    is_heading = false;
                    out.text.push('\n');
                }
                "tc" => {
                    cells = cells.saturating_sub(1);
                    close_cell(&mut out.text, cell);
                    cell = out.text.len();
                }
                "tr" if cells == 0 => close_row(&mut out.text),
                _ => {}
            },
            Piece::Text(text) if in_text => out.text.push_str(text),
            Piece::Text(_) => {}
        }
        out.text.len() <= MAX_TEXT
    });
    out.text.push('\n');
}

/// Makes what a cell holds one line, and ends it with a tab.
pub(super) fn close_cell(text: &mut String, start: usize) {
    let inside = text.get(start..).unwrap_or_default();
    let line = inside.split_whitespace().collect::<Vec<_>>().join(" ");
    text.truncate(start.min(text.len()));
    text.push_str(&line);
    text.push('\t');
}

/// Ends a row of cells.
pub(super) fn close_row(text: &mut String) {
    while text.ends_with('\t') {
        text.pop();
    }
    text.push('\n');
}
