//! `metrics`: asks a Prometheus server over its HTTP API.

mod api;
mod list;
mod query;
mod status;
mod time;

use remit_plugin::{Operation, Plugin};

/// The plugin, as its host sees it.
pub fn plugin() -> Plugin {
    Plugin::new(
        "metrics",
        env!("CARGO_PKG_VERSION"),
        "Asks a Prometheus server for metrics, alerts and targets",
    )
    .need(
        "http GET,POST {config.base-url}/api/v1/**",
        "to ask the Prometheus server that the skill configures",
    )
    .need("config base-url=*", "to know where that server is")
    .operation(Operation::read(
        "query",
        "Evaluates a PromQL expression at one time",
        query::query,
    ))
    .operation(Operation::read(
        "query_range",
        "Evaluates a PromQL expression over a range of time, a point for each step",
        query::query_range,
    ))
    .operation(Operation::read(
        "list_metrics",
        "Lists the metrics that the server collects, with what their exporters say about them",
        list::list_metrics,
    ))
    .operation(Operation::read(
        "alerts",
        "Lists the alerts that are pending or firing",
        status::alerts,
    ))
    .operation(Operation::read(
        "targets",
        "Lists what the server scrapes, and how that goes",
        status::targets,
    ))
}

remit_plugin::export!(plugin);

#[cfg(test)]
mod tests;
