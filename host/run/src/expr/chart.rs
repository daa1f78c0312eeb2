//! The functions `bar_chart` and `line_chart`: a chart as inline SVG.
//!
//! The drawing has no background and its text and axes are `currentColor`, so it is readable on a light page and on
//! a dark one; the series' colours are of middle lightness for the same reason. It holds no script, no link, no font.

use minijinja::{Environment, Error, ErrorKind, Value};
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea as _};
use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, IntoFont as _, RGBAColor, RGBColor, ShapeStyle, TextStyle};
use remit_policy::display_safe;

use super::{bars, lines};

/// Width of every chart in SVG units; a page scales it down where it is narrower.
pub(super) const WIDTH: i32 = 720;

/// Stands for `currentColor`, which plotters cannot say, until the drawing is done.
const INK: RGBColor = RGBColor(1, 2, 3);
const INK_WRITTEN: [&str; 2] = ["fill=\"#010203\"", "stroke=\"#010203\""];

/// Told apart by people with common kinds of colour blindness, and at least 3:1 against white and near-black.
const SERIES: [RGBColor; 8] = [
    RGBColor(0x3b, 0x82, 0xf6),
    RGBColor(0xd9, 0x77, 0x06),
    RGBColor(0x05, 0x96, 0x69),
    RGBColor(0xdc, 0x26, 0x7f),
    RGBColor(0x8b, 0x5c, 0xf6),
    RGBColor(0x0e, 0x8f, 0xa8),
    RGBColor(0xb4, 0x53, 0x09),
    RGBColor(0x64, 0x74, 0x8b),
];

pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_function("bar_chart", bars::bar_chart);
    environment.add_function("line_chart", lines::line_chart);
}

pub(super) fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// The colour of the nth series.
pub(super) fn series_color(n: usize) -> RGBAColor {
    SERIES
        .get(n % SERIES.len())
        .copied()
        .unwrap_or(INK)
        .to_rgba()
}

/// Where a text hangs at its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
}

/// A drawing in SVG units, from the upper left.
pub(super) struct Canvas<'a>(DrawingArea<SVGBackend<'a>, Shift>);

impl Canvas<'_> {
    pub(super) fn text(
        &self,
        text: &str,
        (x, y): (i32, i32),
        size: i32,
        anchor: Anchor,
        strength: f64,
    ) -> Result<(), Error> {
        let horizontal = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        // plotters writes sizes divided by 1.24; this puts that right.
        let font = ("sans-serif", f64::from(size) * 1.24).into_font();
        let ink = INK.mix(strength);
        let style = TextStyle::from(font)
            .color(&ink)
            .pos(Pos::new(horizontal, VPos::Center));
        self.0
            .draw(&Text::new(text.to_owned(), (x, y), style))
            .map_err(|e| refuse(e.to_string()))
    }

    pub(super) fn line(&self, points: Vec<(i32, i32)>, style: ShapeStyle) -> Result<(), Error> {
        self.0
            .draw(&PathElement::new(points, style))
            .map_err(|e| refuse(e.to_string()))
    }

    /// A faint line of the grid.
    pub(super) fn rule(&self, from: (i32, i32), to: (i32, i32)) -> Result<(), Error> {
        self.line(vec![from, to], INK.mix(0.18).stroke_width(1))
    }

    pub(super) fn bar(
        &self,
        from: (i32, i32),
        to: (i32, i32),
        color: RGBAColor,
    ) -> Result<(), Error> {
        self.0
            .draw(&Rectangle::new([from, to], color.filled()))
            .map_err(|e| refuse(e.to_string()))
    }
}

/// Draws, and makes a string of it that a template takes as it is.
pub(super) fn draw(
    title: &str,
    height: i32,
    paint: impl FnOnce(&Canvas<'_>) -> Result<(), Error>,
) -> Result<Value, Error> {
    let mut svg = String::new();
    let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
    {
        let canvas = Canvas(SVGBackend::with_string(&mut svg, size).into_drawing_area());
        if !title.is_empty() {
            canvas.text(title, (0, 14), 16, Anchor::Left, 1.0)?;
        }
        paint(&canvas)?;
        canvas.0.present().map_err(|e| refuse(e.to_string()))?;
    }
    for written in INK_WRITTEN {
        svg = svg.replace(written, &written.replace("#010203", "currentColor"));
    }
    // The root's attributes are ours, for a page of any width and for who cannot see it.
    let (_, body) = svg
        .split_once('>')
        .ok_or_else(|| refuse("the drawing is empty"))?;
    let label = escape(title);
    Ok(Value::from_safe_string(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{label}\" style=\"max-width:100%;height:auto\">{}",
        body.trim_end()
    )))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A label from data: printable, at most so many characters.
pub(super) fn label(text: &str, max: usize) -> String {
    let text = display_safe(&text.split_whitespace().collect::<Vec<_>>().join(" "), 400);
    if text.chars().count() <= max {
        return text;
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// `1234567` → `1.23M`; bytes in powers of 1024.
pub(super) fn number(value: f64, unit: &str) -> String {
    let (base, names): (f64, [&str; 5]) = if unit == "bytes" {
        (1024.0, [" B", " KiB", " MiB", " GiB", " TiB"])
    } else {
        (1000.0, ["", "k", "M", "G", "T"])
    };
    let mut size = value;
    let mut name = names.first().copied().unwrap_or_default();
    for next in names.iter().skip(1) {
        if size.abs() < base {
            break;
        }
        size /= base;
        name = next;
    }
    let digits = match size.abs() {
        s if s >= 100.0 || s == s.trunc() => 0,
        s if s >= 10.0 => 1,
        s if s >= 0.1 => 2,
        _ => 4,
    };
    let mut text = format!("{size:.digits$}");
    if text.contains('.') {
        text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let unit = match unit {
        "" | "bytes" => String::new(),
        "%" => "%".to_owned(),
        other => format!(" {}", label(other, 12)),
    };
    format!("{text}{name}{unit}")
}

/// A step for an axis that gives about so many lines: 1, 2, 2.5 or 5 times a power of ten.
pub(super) fn nice_step(range: f64, lines: f64) -> f64 {
    let raw = range / lines;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .iter()
        .map(|n| n * power)
        .find(|step| *step >= raw);
    step.filter(|step| step.is_finite() && *step > 0.0)
        .unwrap_or(1.0)
}
