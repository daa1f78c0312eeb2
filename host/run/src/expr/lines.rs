//! `line_chart(series, title="…", unit="…")`: lines over time. `series` is a list of `{name, points: [[t, v], …]}` with
//! seconds since 1970; a `v` of none is a gap.

use jiff::Timestamp;
use minijinja::value::Kwargs;
use minijinja::{Error, Value};
use plotters::style::Color as _;

use super::chart::{self, Anchor, Canvas, WIDTH, label, nice_step, number, refuse, series_color};

/// More lines than this cannot be told apart; those left out are counted in the legend.
const MAX_SERIES: usize = 12;
/// More points than this do not show at this width.
const MAX_POINTS: usize = 20_000;

const LEFT: i32 = 76;
const RIGHT: i32 = WIDTH - 14;
const PLOT: i32 = 220;
const LEGEND_ROW: i32 = 20;
const LEGEND_COLUMNS: usize = 3;

struct Series {
    name: String,
    points: Vec<(f64, Option<f64>)>,
}

pub(super) fn line_chart(series: Value, kwargs: Kwargs) -> Result<Value, Error> {
    let title: Option<&str> = kwargs.get("title")?;
    let unit: Option<&str> = kwargs.get("unit")?;
    kwargs.assert_all_used()?;
    let mut all = Vec::new();
    let mut left_out = 0;
    for one in series.try_iter()? {
        if all.len() < MAX_SERIES {
            all.push(read(&one)?);
        } else {
            left_out += 1;
        }
    }
    paint(
        &all,
        left_out,
        title.unwrap_or_default(),
        unit.unwrap_or_default(),
    )
}

fn read(one: &Value) -> Result<Series, Error> {
    let name = one.get_attr("name")?;
    let points = one.get_attr("points")?;
    if points.is_undefined() {
        return Err(refuse("line_chart: a series has no `points`"));
    }
    let mut read = Vec::new();
    for point in points.try_iter()? {
        let time = f64::try_from(point.get_item_by_index(0)?)
            .ok()
            .filter(|t| t.is_finite())
            .ok_or_else(|| refuse("line_chart: a point is [seconds since 1970, value]"))?;
        let value = point.get_item_by_index(1)?;
        // Prometheus has NaN and infinities: gaps, like none.
        let value = f64::try_from(value).ok().filter(|v| v.is_finite());
        read.push((time, value));
        if read.len() > MAX_POINTS {
            return Err(refuse(format!(
                "line_chart: a series has more than {MAX_POINTS} points"
            )));
        }
    }
    let name = if name.is_undefined() || name.is_none() {
        String::new()
    } else {
        name.to_string()
    };
    Ok(Series {
        name: label(&name, 34),
        points: read,
    })
}

/// The smallest and largest of some numbers, apart at least a little: `least`, or what a number of that size can show.
fn range(numbers: impl Iterator<Item = f64>, least: f64) -> Option<(f64, f64)> {
    let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), n| {
        (l.min(n), h.max(n))
    });
    if low > high {
        return None;
    }
    let least = (low.abs().max(high.abs()) * 1e-12).max(least);
    Some(if high - low < least {
        (low - least, high + least)
    } else {
        (low, high)
    })
}

fn paint(series: &[Series], left_out: usize, title: &str, unit: &str) -> Result<Value, Error> {
    let top = if title.is_empty() { 10 } else { 38 };
    let entries = series.len() + usize::from(left_out > 0);
    let legend_rows = i32::try_from(entries.div_ceil(LEGEND_COLUMNS)).unwrap_or(0);
    let height = top + PLOT + 34 + legend_rows * LEGEND_ROW + 4;
    let times = range(
        series.iter().flat_map(|s| s.points.iter().map(|p| p.0)),
        1.0,
    );
    let values = range(
        series
            .iter()
            .flat_map(|s| s.points.iter().filter_map(|p| p.1)),
        1e-9,
    );
    chart::draw(title, height, |canvas| {
        let (Some((start, end)), Some((low, high))) = (times, values) else {
            return canvas.text("nothing to show", (LEFT, top + 20), 13, Anchor::Left, 0.7);
        };
        // A line that only trembles must not fill the chart with its noise, under labels that all read the same.
        let middle = low.midpoint(high);
        let least = middle.abs() * 1e-2;
        let (low, high) = if high - low < least {
            (middle - least, middle + least)
        } else {
            (low, high)
        };
        // An axis that begins at zero where the data is not far above it: a small change must not look like a cliff.
        let low = if low >= 0.0 && low < high * 0.6 {
            0.0
        } else {
            low
        };
        let step = nice_step(high - low, 4.0);
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        let x =
            |t: f64| LEFT + ((t - start) / (end - start) * f64::from(RIGHT - LEFT)).round() as i32;
        let y = |v: f64| top + PLOT - ((v - low) / (high - low) * f64::from(PLOT)).round() as i32;
        for n in 0..12 {
            let value = low + f64::from(n) * step;
            if value > high + step / 2.0 {
                break;
            }
            // Sums of steps come out as -0.0 or 0.30000000000000004.
            let shown = if value.abs() < step / 1e6 { 0.0 } else { value };
            canvas.rule((LEFT, y(value)), (RIGHT, y(value)))?;
            canvas.text(
                &number(shown, unit),
                (LEFT - 8, y(value)),
                12,
                Anchor::Right,
                0.8,
            )?;
        }
        time_axis(canvas, start, end, top + PLOT, x)?;
        for (one, n) in series.iter().zip(0..) {
            for run in one.points.split(|point| point.1.is_none()) {
                let path: Vec<_> = run
                    .iter()
                    .filter_map(|(t, v)| Some((x(*t), y((*v)?))))
                    .collect();
                if path.len() > 1 {
                    canvas.line(path, series_color(n).stroke_width(2))?;
                } else if let Some((x, y)) = path.first() {
                    canvas.bar((x - 2, y - 2), (x + 2, y + 2), series_color(n))?;
                }
            }
        }
        legend(canvas, series, left_out, top + PLOT + 34 + LEGEND_ROW / 2)
    })
}

fn time_axis(
    canvas: &Canvas<'_>,
    start: f64,
    end: f64,
    bottom: i32,
    x: impl Fn(f64) -> i32,
) -> Result<(), Error> {
    let format = match end - start {
        span if span < 600.0 => "%H:%M:%S",
        span if span < 36.0 * 3600.0 => "%H:%M",
        span if span < 8.0 * 86400.0 => "%b %-d %H:%M",
        span if span < 400.0 * 86400.0 => "%b %-d",
        _ => "%Y-%m",
    };
    let marks = 5;
    for n in 0..=marks {
        let at = start + (end - start) * f64::from(n) / f64::from(marks);
        let text = Timestamp::from_second(at.round() as i64).map_or_else(
            |_| number(at, ""),
            |stamp| stamp.strftime(format).to_string(),
        );
        let anchor = match n {
            0 => Anchor::Left,
            n if n == marks => Anchor::Right,
            _ => Anchor::Middle,
        };
        canvas.line(
            vec![(x(at), bottom), (x(at), bottom + 4)],
            plotters::style::RGBColor(1, 2, 3).mix(0.5).stroke_width(1),
        )?;
        canvas.text(&text, (x(at), bottom + 15), 12, anchor, 0.8)?;
    }
    Ok(())
}

fn legend(canvas: &Canvas<'_>, series: &[Series], left_out: usize, top: i32) -> Result<(), Error> {
    let column = (RIGHT - LEFT) / i32::try_from(LEGEND_COLUMNS).unwrap_or(1);
    let place = |n: usize| {
        let (row, at) = (n / LEGEND_COLUMNS, n % LEGEND_COLUMNS);
        (
            LEFT + i32::try_from(at).unwrap_or(0) * column,
            top + i32::try_from(row).unwrap_or(0) * LEGEND_ROW,
        )
    };
    for (n, one) in series.iter().enumerate() {
        let (x, y) = place(n);
        canvas.bar((x, y - 5), (x + 10, y + 5), series_color(n))?;
        canvas.text(&one.name, (x + 16, y), 12, Anchor::Left, 0.9)?;
    }
    if left_out > 0 {
        let (x, y) = place(series.len());
        canvas.text(
            &format!("and {left_out} more"),
            (x, y),
            12,
            Anchor::Left,
            0.7,
        )?;
    }
    Ok(())
}
