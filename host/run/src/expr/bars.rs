//! `bar_chart(items, label="name", value="total", title="…", unit="…")`: a bar for each item.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, Value};

use super::chart::{self, Anchor, WIDTH, label, number, refuse, series_color};

/// More bars than this are no picture any more; those left out are counted below it.
const MAX_BARS: usize = 40;
const ROW: i32 = 26;
const LABELS: i32 = 220;
const VALUES: i32 = 90;

pub(super) fn bar_chart(items: Value, kwargs: Kwargs) -> Result<Value, Error> {
    let label_key: Option<&str> = kwargs.get("label")?;
    let value_key: Option<&str> = kwargs.get("value")?;
    let title: Option<&str> = kwargs.get("title")?;
    let unit: Option<&str> = kwargs.get("unit")?;
    kwargs.assert_all_used()?;
    let (label_key, value_key) = (label_key.unwrap_or("label"), value_key.unwrap_or("value"));
    let bars = bars(&items, label_key, value_key)?;
    paint(&bars, title.unwrap_or_default(), unit.unwrap_or_default())
}

fn bars(items: &Value, label_key: &str, value_key: &str) -> Result<Vec<(String, f64)>, Error> {
    let by_name = items.kind() == ValueKind::Map;
    let mut bars = Vec::new();
    for item in items.try_iter()? {
        // A map is its names with their numbers; a list has both in each item (or is a list of pairs).
        let (name, value) = if by_name {
            let value = items.get_item(&item)?;
            (item, value)
        } else if item.kind() == ValueKind::Seq {
            (item.get_item_by_index(0)?, item.get_item_by_index(1)?)
        } else {
            (item.get_attr(label_key)?, item.get_attr(value_key)?)
        };
        if name.is_undefined() || value.is_undefined() {
            return Err(refuse(format!(
                "bar_chart: an item has no `{label_key}` or no `{value_key}`"
            )));
        }
        let number = f64::try_from(value.clone())
            .ok()
            .filter(|n| n.is_finite())
            .ok_or_else(|| {
                refuse(format!(
                    "bar_chart: {} is not a number",
                    label(&value.to_string(), 40)
                ))
            })?;
        bars.push((
            name.as_str()
                .map_or_else(|| name.to_string(), str::to_owned),
            number,
        ));
    }
    Ok(bars)
}

fn paint(bars: &[(String, f64)], title: &str, unit: &str) -> Result<Value, Error> {
    let shown = bars.get(..MAX_BARS).unwrap_or(bars);
    let rows = i32::try_from(shown.len().max(1)).unwrap_or(1);
    let top = if title.is_empty() { 6 } else { 34 };
    let more = bars.len() - shown.len();
    let height = top + rows * ROW + 6 + if more > 0 { ROW } else { 0 };
    let largest = shown
        .iter()
        .map(|(_, value)| value.abs())
        .fold(0.0, f64::max);
    chart::draw(title, height, |canvas| {
        if shown.is_empty() {
            return canvas.text(
                "nothing to show",
                (LABELS, top + ROW / 2),
                13,
                Anchor::Left,
                0.7,
            );
        }
        for ((name, value), row) in shown.iter().zip(0..) {
            let y = top + row * ROW;
            let middle = y + ROW / 2;
            canvas.text(
                &label(name, 30),
                (LABELS - 10, middle),
                13,
                Anchor::Right,
                1.0,
            )?;
            let share = if largest > 0.0 {
                value.abs() / largest
            } else {
                0.0
            };
            let width = (share * f64::from(WIDTH - LABELS - VALUES)).round() as i32;
            if width > 0 {
                let color = series_color(usize::from(*value < 0.0) * 3);
                canvas.bar((LABELS, y + 4), (LABELS + width, y + ROW - 4), color)?;
            }
            canvas.text(
                &number(*value, unit),
                (LABELS + width + 8, middle),
                13,
                Anchor::Left,
                0.85,
            )?;
        }
        canvas.rule((LABELS, top), (LABELS, top + rows * ROW))?;
        if more > 0 {
            let text = format!("and {more} more");
            canvas.text(
                &text,
                (LABELS, top + rows * ROW + ROW / 2),
                13,
                Anchor::Left,
                0.7,
            )?;
        }
        Ok(())
    })
}
