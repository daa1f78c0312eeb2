//! PowerPoint presentations.

use remit_plugin::files::File;

use super::docx::{close_cell, close_row};
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
    for name in zipped.numbered("ppt/slides/slide", ".xml") {
        if let Some(xml) = zipped.part(&name) {
            add(&xml, &mut out.text);
            out.text.truncate(out.text.trim_end().len());
            out.text.push_str("\n\n");
        }
        if out.text.len() > MAX_TEXT || zipped.is_exhausted() {
            break;
        }
    }
    out.text = out.text.trim().to_string();
    if out.title.is_empty() || out.title == "PowerPoint Presentation" {
        out.title = out.text.lines().next().unwrap_or_default().to_string();
    }
    out.truncated = zipped.truncated;
    out
}

fn add(xml: &str, out: &mut String) {
    let (mut in_text, mut cell) = (false, None);
    each(xml, |piece| {
        match piece {
            Piece::Open(tag) => match tag.name {
                "t" => in_text = true,
                "br" => out.push('\n'),
                "tc" => cell = Some(out.len()),
                _ => {}
            },
            Piece::Close(name) => match name {
                "t" => in_text = false,
                "p" => out.push('\n'),
                "tc" => {
                    if let Some(start) = cell.take() {
                        close_cell(out, start);
                    }
                }
                "tr" => close_row(out),
                _ => {}
            },
            Piece::Text(text) if in_text => out.push_str(text),
            Piece::Text(_) => {}
        }
        out.len() <= MAX_TEXT
    });
}
