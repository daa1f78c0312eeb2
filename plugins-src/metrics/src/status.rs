//! `alerts` and `targets`.

use std::collections::BTreeMap;

use remit_plugin::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api;

type Labels = BTreeMap<String, String>;

/// Takes nothing.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Alerts {
    /// Firing ones first, then by name.
    alerts: Vec<Alert>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Alert {
    name: String,
    /// `firing` or `pending`.
    state: String,
    labels: Labels,
    /// What the rule says, for example `summary`.
    annotations: Labels,
    /// Since when, as in RFC 3339; empty where the server does not say.
    active_since: String,
    /// The expression's value; null where it is no finite number.
    value: Option<f64>,
}

#[derive(Deserialize)]
struct AlertsData {
    #[serde(default)]
    alerts: Vec<AlertData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertData {
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
    #[serde(default)]
    state: String,
    active_at: Option<String>,
    #[serde(default)]
    value: String,
}

pub fn alerts(_: Nothing) -> Result<Alerts, Fault> {
    let data: AlertsData = api::get("alerts", &[])?;
    let mut alerts: Vec<Alert> = data
        .alerts
        .into_iter()
        .map(|it| Alert {
            name: it.labels.get("alertname").cloned().unwrap_or_default(),
            state: it.state,
            labels: it.labels,
            annotations: it.annotations,
            active_since: it.active_at.unwrap_or_default(),
            value: it.value.parse().ok().filter(|it: &f64| it.is_finite()),
        })
        .collect();
    alerts.sort_by(|a, b| {
        let key = |it: &Alert| (it.state != "firing", it.name.clone(), it.labels.clone());
        key(a).cmp(&key(b))
    });
    Ok(Alerts { alerts })
}

#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Targets {
    /// Unhealthy ones first, then by job and instance.
    targets: Vec<Target>,
}

#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Target {
    job: String,
    instance: String,
    /// `up`, `down` or `unknown`.
    health: String,
    /// Why the last scrape failed; empty where it did not.
    last_error: String,
    /// As in RFC 3339.
    last_scrape: String,
    scrape_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetsData {
    #[serde(default)]
    active_targets: Vec<TargetData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetData {
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    health: String,
    #[serde(default)]
    last_error: String,
    #[serde(default)]
    last_scrape: String,
    #[serde(default)]
    scrape_url: String,
}

pub fn targets(_: Nothing) -> Result<Targets, Fault> {
    let data: TargetsData = api::get("targets", &[("state", "active")])?;
    let label = |it: &TargetData, name: &str| it.labels.get(name).cloned().unwrap_or_default();
    let mut targets: Vec<Target> = data
        .active_targets
        .into_iter()
        .map(|it| Target {
            job: label(&it, "job"),
            instance: label(&it, "instance"),
            health: it.health,
            last_error: it.last_error,
            last_scrape: it.last_scrape,
            scrape_url: it.scrape_url,
        })
        .collect();
    targets.sort_by(|a, b| {
        let key = |it: &Target| (it.health == "up", it.job.clone(), it.instance.clone());
        key(a).cmp(&key(b))
    });
    Ok(Targets { targets })
}
