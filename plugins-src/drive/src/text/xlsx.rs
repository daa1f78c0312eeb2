//! Excel workbooks: each sheet's name, then its rows, cells apart by tabs.

use std::collections::HashMap;

use remit_plugin::files::File;

use super::xlsx_formats::Formats;
use super::xml::{Piece, each};
use super::zipped::Zipped;
use super::{Extracted, MAX_TEXT};

/// Empty cells before a full one are kept up to here.
const MAX_GAP: usize = 64;

pub fn extract(file: File) -> Extracted {
    let Some(mut zipped) = Zipped::open(file) else {
        return Extracted::default();
    };
    let mut out = Extracted {
        title: zipped.core_title(),
        ..Extracted::default()
    };
    let strings = zipped
        .part("xl/sharedStrings.xml")
        .map(|it| shared_strings(&it))
        .unwrap_or_default();
    let formats = zipped
        .small_part("xl/styles.xml")
        .map(|it| Formats::read(&it))
        .unwrap_or_default();
    let workbook = zipped.small_part("xl/workbook.xml").unwrap_or_default();
    let relations = zipped
        .small_part("xl/_rels/workbook.xml.rels")
        .unwrap_or_default();
    let formats = formats.of_workbook(&workbook);
    for (name, path) in sheets(&workbook, &relations) {
        let Some(xml) = zipped.part(&path) else {
            continue;
        };
        out.text.push_str(&format!("{name}\n"));
        add(&xml, &strings, &formats, &mut out.text);
        out.text.push('\n');
        if out.text.len() > MAX_TEXT || zipped.is_exhausted() {
            out.truncated = true;
            break;
        }
    }
    out.text = out.text.trim().to_string();
    out.truncated |= zipped.truncated;
    out
}

/// The sheets' names and parts, in order.
fn sheets(workbook: &str, relations: &str) -> Vec<(String, String)> {
    let mut targets = HashMap::new();
    each(relations, |piece| {
        if let Piece::Open(tag) = piece
            && tag.name == "Relationship"
            && let (Some(id), Some(target)) = (tag.attribute("Id"), tag.attribute("Target"))
        {
            let target = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_string(),
                None => format!("xl/{target}"),
            };
            targets.insert(id, target);
        }
        true
    });
    let mut sheets = Vec::new();
    each(workbook, |piece| {
        if let Piece::Open(tag) = piece
            && tag.name == "sheet"
            && let (Some(name), Some(id)) = (tag.attribute("name"), tag.attribute("id"))
        {
            sheets.extend(targets.get(&id).map(|target| (name, target.clone())));
        }
        true
    });
    sheets
}

/// The texts that cells share, in one text: a workbook may hold millions of empty ones.
#[derive(Default)]
struct Strings {
    all: String,
    ends: Vec<u32>,
}

impl Strings {
    fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.all.get(start..end)
    }
}

fn shared_strings(xml: &str) -> Strings {
    let mut strings = Strings::default();
    // How the text is spoken is not what it says.
    let (mut in_text, mut in_phonetic) = (false, false);
    each(xml, |piece| {
        match piece {
            Piece::Open(tag) => match tag.name {
                "t" => in_text = true,
                "rPh" => in_phonetic = true,
                _ => {}
            },
            Piece::Close("t") => in_text = false,
            Piece::Close("rPh") => in_phonetic = false,
            Piece::Close("si") => {
                let end = u32::try_from(strings.all.len()).unwrap_or(u32::MAX);
                strings.ends.push(end);
            }
            Piece::Text(text) if in_text && !in_phonetic => strings.all.push_str(text),
            _ => {}
        }
        true
    });
    strings
}

#[derive(Default)]
struct Cell {
    column: usize,
    kind: String,
    style: usize,
    value: String,
}

fn add(xml: &str, strings: &Strings, formats: &Formats, out: &mut String) {
    let mut cell = Cell::default();
    // The column up to which tabs are written, and the one of a cell that does not say its own.
    let (mut in_value, mut written, mut next) = (false, 0, 0);
    each(xml, |piece| {
        match piece {
            Piece::Open(tag) => match tag.name {
                "row" => (written, next) = (0, 0),
                "c" => {
                    let column = tag
                        .attribute("r")
                        .and_then(|it| column(&it))
                        .unwrap_or(next);
                    next = column + 1;
                    cell = Cell {
                        column,
                        kind: tag.attribute("t").unwrap_or_default(),
                        style: tag
                            .attribute("s")
                            .and_then(|it| it.parse().ok())
                            .unwrap_or_default(),
                        value: String::new(),
                    };
                }
                "v" | "t" => in_value = true,
                _ => {}
            },
            Piece::Close(name) => match name {
                "v" | "t" => in_value = false,
                "c" => {
                    let shown = shown(&cell, strings, formats);
                    if !shown.is_empty() {
                        let gap = cell.column.saturating_sub(written).min(MAX_GAP);
                        out.push_str(&"\t".repeat(gap));
                        out.push_str(&shown.split_whitespace().collect::<Vec<_>>().join(" "));
                        written = cell.column;
                    }
                }
                "row" => out.push('\n'),
                "sheetData" => return false,
                _ => {}
            },
            Piece::Text(text) if in_value && cell.value.len() <= MAX_TEXT => {
                cell.value.push_str(text);
            }
            Piece::Text(_) => {}
        }
        out.len() <= MAX_TEXT
    });
}

fn shown(cell: &Cell, strings: &Strings, formats: &Formats) -> String {
    match cell.kind.as_str() {
        "s" => {
            let index = cell.value.trim().parse::<usize>().ok();
            let text = index.and_then(|it| strings.get(it)).unwrap_or_default();
            head(text).to_string()
        }
        "b" => if cell.value.trim() == "1" {
            "TRUE"
        } else {
            "FALSE"
        }
        .to_string(),
        "" | "n" => formats.show(cell.value.trim(), cell.style),
        _ => head(&cell.value).to_string(),
    }
}

/// As much as a cell may hold in Excel itself: cells may share one text of many megabytes.
fn head(text: &str) -> &str {
    const MAX_CELL: usize = 32_767;
    let end = text.char_indices().nth(MAX_CELL).map(|(at, _)| at);
    end.and_then(|at| text.get(..at)).unwrap_or(text)
}

/// `C7` is in column 2.
fn column(reference: &str) -> Option<usize> {
    let letters = reference
        .bytes()
        .take_while(u8::is_ascii_alphabetic)
        .take(4);
    let number = letters.fold(0_usize, |sum, it| {
        sum * 26 + usize::from(it.to_ascii_uppercase() - b'A') + 1
    });
    number.checked_sub(1)
}
