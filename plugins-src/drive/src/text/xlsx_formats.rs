//! Dates and percentages in Excel are numbers; only a cell's format says what they are.

use std::collections::HashMap;

use remit_plugin::clock;

use super::xml::{Piece, each};

/// How to show a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Format {
    #[default]
    Number,
    Percent,
    Date,
    Time,
    DateTime,
}

/// The formats of a workbook's cells, by the style that a cell names.
#[derive(Debug, Default)]
pub struct Formats {
    by_style: Vec<Format>,
    /// Days from 1970 to the workbook's day 0.
    epoch: f64,
}

/// From 1899-12-30, Excel's day 0, to 1970-01-01; four years and a day less in workbooks of old Macs.
const DAYS_1900: f64 = 25_569.0;
const DAYS_1904: f64 = 24_107.0;

impl Formats {
    /// From `xl/styles.xml`.
    pub fn read(styles: &str) -> Formats {
        let (mut own, mut by_style) = (HashMap::<u32, Format>::new(), Vec::new());
        let mut in_cells = false;
        each(styles, |piece| {
            match piece {
                Piece::Open(tag) => match tag.name {
                    "numFmt" => {
                        let id = tag.attribute("numFmtId").and_then(|it| it.parse().ok());
                        if let (Some(id), Some(code)) = (id, tag.attribute("formatCode")) {
                            own.entry(id).or_insert_with(|| of_code(&code));
                        }
                    }
                    "cellXfs" => in_cells = true,
                    "xf" if in_cells => {
                        let id = tag
                            .attribute("numFmtId")
                            .and_then(|it| it.parse().ok())
                            .unwrap_or(0);
                        let found = own.get(&id).copied();
                        by_style.push(found.unwrap_or_else(|| built_in(id)));
                    }
                    _ => {}
                },
                Piece::Close("cellXfs") => return false,
                _ => {}
            }
            true
        });
        Formats {
            by_style,
            epoch: DAYS_1900,
        }
    }

    /// A workbook says which day is its first.
    pub fn of_workbook(mut self, workbook: &str) -> Formats {
        self.epoch = DAYS_1900;
        each(workbook, |piece| {
            if let Piece::Open(tag) = piece
                && tag.name == "workbookPr"
                && tag
                    .attribute("date1904")
                    .is_some_and(|it| it == "1" || it == "true")
            {
                self.epoch = DAYS_1904;
            }
            true
        });
        self
    }

    /// A number's text, as its style shows it.
    pub fn show(&self, value: &str, style: usize) -> String {
        let format = self.by_style.get(style).copied().unwrap_or_default();
        let number = value.parse::<f64>().ok().filter(|it| it.is_finite());
        let Some(number) = number.filter(|_| format != Format::Number) else {
            return plain(value);
        };
        if format == Format::Percent {
            return format!("{}%", trimmed(number * 100.0));
        }
        // Beyond the year 9999 it is no date.
        if !(0.0..2_958_466.0).contains(&number) {
            return value.to_string();
        }
        let seconds = ((number - self.epoch) * 86_400.0).round();
        let text = clock::rfc3339(seconds as i64);
        let (date, time) = text
            .trim_end_matches('Z')
            .split_once('T')
            .unwrap_or((&text, ""));
        match format {
            Format::Date => date.to_string(),
            Format::Time => time.to_string(),
            _ => format!("{date} {time}"),
        }
    }
}

/// What computing left behind: 0.30000000000000004 is 0.3 on the screen.
fn plain(value: &str) -> String {
    match value.parse::<f64>() {
        Ok(number) if value.len() > 15 && number.is_finite() => trimmed(number),
        _ => value.to_string(),
    }
}

fn trimmed(number: f64) -> String {
    let text = format!("{number:.10}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// The formats that Excel knows by number.
fn built_in(id: u32) -> Format {
    match id {
        9 | 10 => Format::Percent,
        14..=17 | 27..=31 | 36 | 50..=58 => Format::Date,
        18..=21 | 32..=35 | 45..=47 => Format::Time,
        22 => Format::DateTime,
        _ => Format::Number,
    }
}

/// What a format of the workbook's own shows: `yyyy-mm-dd`, `0.0%`, `#,##0 "days"`.
fn of_code(code: &str) -> Format {
    // Of several sections the first is for positive numbers; quoted and bracketed text shows nothing of the number.
    let mut bare = String::new();
    let mut letters = code.split(';').next().unwrap_or_default().chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => letters.by_ref().take_while(|it| *it != '"').for_each(drop),
            '[' => letters.by_ref().take_while(|it| *it != ']').for_each(drop),
            '\\' | '_' | '*' => drop(letters.next()),
            _ => bare.extend(letter.to_lowercase()),
        }
    }
    let date = bare.contains(['y', 'd']);
    let time = bare.contains(['h', 's']);
    match (date, time) {
        (true, true) => Format::DateTime,
        (true, false) => Format::Date,
        (false, true) => Format::Time,
        _ if bare.contains('%') => Format::Percent,
        _ if bare.contains("mm") => Format::Date,
        _ => Format::Number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_code() {
        for (code, expected) in [
            ("yyyy\\-mm\\-dd", Format::Date),
            ("dd/mm/yyyy hh:mm", Format::DateTime),
            ("h:mm AM/PM", Format::Time),
            ("0.0%", Format::Percent),
            ("#,##0 \"days\"", Format::Number),
            ("[Red]0.00", Format::Number),
            ("General", Format::Number),
        ] {
            assert_eq!(of_code(code), expected, "{code}");
        }
    }

    #[test]
    fn a_number_is_shown_as_its_format_says() {
        let formats = Formats {
            by_style: vec![
                Format::Number,
                Format::Date,
                Format::Percent,
                Format::DateTime,
            ],
            epoch: DAYS_1900,
        };
        assert_eq!(formats.show("46342", 1), "2026-11-16");
        assert_eq!(formats.show("46342.375", 3), "2026-11-16 09:00:00");
        assert_eq!(formats.show("0.125", 2), "12.5%");
        assert_eq!(formats.show("0.30000000000000004", 0), "0.3");
        assert_eq!(formats.show("1e400", 1), "1e400");
        assert_eq!(formats.show("-5", 1), "-5");
    }
}
