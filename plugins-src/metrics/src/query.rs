//! `query` and `query_range`.

use std::collections::BTreeMap;

use remit_plugin::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{api, time};

/// Prometheus's own limit for one series.
const MAX_POINTS: f64 = 11_000.0;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// A PromQL expression, for example `sum by (job) (up)`.
    query: String,
    /// When: as in RFC 3339, seconds since 1970, `now` or `now-1h`; now unless said.
    time: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Answer {
    /// What the expression gives.
    #[serde(rename = "type")]
    kind: Kind,
    /// One for each set of labels; a scalar or string has one without labels. The points of a `matrix` are one
    /// entry each.
    series: Vec<Sample>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Vector,
    Scalar,
    Matrix,
    String,
}

type Labels = BTreeMap<String, String>;

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Sample {
    labels: Labels,
    /// Seconds since 1970.
    time: f64,
    /// The value; null where it is no finite number: then `text` says which.
    value: Option<f64>,
    /// The value as the server wrote it, for example `NaN`.
    text: String,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    kind: Kind,
    result: Value,
}

/// A time and a value, which is a text.
#[derive(Deserialize)]
struct Pair(f64, String);

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    metric: Labels,
    value: Option<Pair>,
    histogram: Option<(f64, Histogram)>,
    #[serde(default)]
    values: Vec<Pair>,
    #[serde(default)]
    histograms: Vec<(f64, Histogram)>,
}

/// A native histogram, of which the count stands for the value.
#[derive(Deserialize)]
struct Histogram {
    count: String,
    sum: String,
}

fn sample(labels: Labels, Pair(time, text): Pair) -> Sample {
    Sample {
        labels,
        time,
        value: number(&text),
        text,
    }
}

fn of_histogram(labels: Labels, time: f64, it: Histogram) -> Sample {
    let text = format!("count {} sum {}", it.count, it.sum);
    Sample {
        labels,
        time,
        value: number(&it.count),
        text,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|it: &f64| it.is_finite())
}

pub fn query(input: Query) -> Result<Answer, Fault> {
    let expression = expression(&input.query)?;
    let mut pairs = vec![("query", expression)];
    let time = input
        .time
        .as_deref()
        .map(time::seconds)
        .transpose()?
        .map(|it| it.to_string());
    pairs.extend(time.as_deref().map(|it| ("time", it)));
    let data: Data = api::post("query", &pairs)?;
    let unexpected =
        |error: serde_json::Error| Fault::unavailable(format!("the server's answer: {error}"));
    let series = match data.kind {
        Kind::Scalar | Kind::String => {
            vec![sample(
                Labels::new(),
                serde_json::from_value(data.result).map_err(unexpected)?,
            )]
        }
        Kind::Vector | Kind::Matrix => {
            let all: Vec<Series> = serde_json::from_value(data.result).map_err(unexpected)?;
            all.into_iter().flat_map(samples).collect()
        }
    };
    Ok(Answer {
        kind: data.kind,
        series,
    })
}

fn samples(series: Series) -> Vec<Sample> {
    let labels = series.metric;
    let plain = series
        .value
        .into_iter()
        .chain(series.values)
        .map(|it| sample(labels.clone(), it));
    let histograms = series.histogram.into_iter().chain(series.histograms);
    plain
        .chain(histograms.map(|(time, it)| of_histogram(labels.clone(), time, it)))
        .collect()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryRange {
    /// A PromQL expression, for example `sum by (job) (rate(http_requests_total[5m]))`.
    query: String,
    /// From when: as in RFC 3339, seconds since 1970, `now` or `now-1h`.
    start: String,
    /// Until when, in the same forms.
    end: String,
    /// How far apart the points are: `30s`, `5m`, `1h30m`, or a number of seconds.
    step: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Range {
    /// One for each set of labels.
    series: Vec<Line>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Line {
    labels: Labels,
    /// Pairs of a time in seconds since 1970 and a value; null where that is no finite number.
    points: Vec<(f64, Option<f64>)>,
}

pub fn query_range(input: QueryRange) -> Result<Range, Fault> {
    let expression = expression(&input.query)?;
    let (start, end) = (time::seconds(&input.start)?, time::seconds(&input.end)?);
    let step = time::step(&input.step)?;
    if end < start {
        return Err(Fault::invalid_input(format!(
            "the end `{}` is before the start `{}`",
            input.end, input.start
        )));
    }
    if (end - start) / step >= MAX_POINTS {
        let least = ((end - start) / MAX_POINTS).ceil() + 1.0;
        return Err(Fault::invalid_input(format!(
            "a step of `{}` gives more than 11000 points: take at least {least}s",
            input.step
        )));
    }
    let (start, end, step) = (start.to_string(), end.to_string(), step.to_string());
    let pairs = [
        ("query", expression),
        ("start", &start),
        ("end", &end),
        ("step", &step),
    ];
    let data: Data = api::post("query_range", &pairs)?;
    let all: Vec<Series> = serde_json::from_value(data.result)
        .map_err(|error| Fault::unavailable(format!("the server's answer: {error}")))?;
    let line = |series: Series| {
        let labels = series.metric.clone();
        let points = samples(series)
            .into_iter()
            .map(|it| (it.time, it.value))
            .collect();
        Line { labels, points }
    };
    Ok(Range {
        series: all.into_iter().map(line).collect(),
    })
}

fn expression(query: &str) -> Result<&str, Fault> {
    match query.trim() {
        "" => Err(Fault::invalid_input(
            "the query is empty: write a PromQL expression, for example `up`",
        )),
        trimmed => Ok(trimmed),
    }
}
