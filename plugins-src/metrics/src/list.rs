//! `list_metrics`.

use std::collections::BTreeMap;

use remit_plugin::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api;

const DEFAULT_LIMIT: u32 = 1000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListMetrics {
    /// Only metrics whose names begin so, for example `node_`.
    prefix: Option<String>,
    /// How many at most; 1000 unless said.
    #[schemars(range(min = 1, max = 10_000))]
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Listed {
    /// By name.
    metrics: Vec<Metric>,
}

#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Metric {
    name: String,
    /// `counter`, `gauge`, `histogram`, `summary`, `unknown`, …
    #[serde(rename = "type")]
    kind: String,
    /// What it measures, as its exporter says.
    help: String,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    help: String,
}

pub fn list_metrics(input: ListMetrics) -> Result<Listed, Fault> {
    let metadata: BTreeMap<String, Vec<Metadata>> = api::get("metadata", &[])?;
    // Recording rules have no metadata, but they have series.
    let names: Vec<String> = api::get("label/__name__/values", &[])?;
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    for name in names {
        // A histogram's and a summary's series carry its name and an ending.
        let base = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|it| name.strip_suffix(it));
        if base.is_some_and(|base| metadata.contains_key(base)) {
            continue;
        }
        metrics.insert(
            name.clone(),
            Metric {
                name,
                kind: "unknown".to_string(),
                help: String::new(),
            },
        );
    }
    for (name, targets) in metadata {
        // Exporters may differ: the first one speaks.
        if let Some(it) = targets.into_iter().next() {
            metrics.insert(
                name.clone(),
                Metric {
                    name,
                    kind: it.kind,
                    help: it.help,
                },
            );
        }
    }
    let prefix = input.prefix.unwrap_or_default();
    let metrics = metrics
        .into_values()
        .filter(|it| it.name.starts_with(&prefix));
    Ok(Listed {
        metrics: metrics
            .take(input.limit.unwrap_or(DEFAULT_LIMIT) as usize)
            .collect(),
    })
}
