//! Prometheus's answers: a status, then data or an error.

use remit_plugin::http::{Request, Response, encode_form};
use remit_plugin::{Fault, config, log};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// More than a chart can show; the host's own limit holds as well.
const MAX_ANSWER: usize = 16 << 20;

#[derive(Deserialize)]
struct Answer {
    status: String,
    #[serde(default)]
    data: Value,
    #[serde(rename = "errorType", default)]
    error_type: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
}

/// Asks by GET; `path` is below `/api/v1/`.
pub fn get<T: DeserializeOwned>(path: &str, pairs: &[(&str, &str)]) -> Result<T, Fault> {
    let query = match pairs {
        [] => String::new(),
        _ => format!("?{}", encode_form(pairs)),
    };
    data(Request::get(format!("{}/api/v1/{path}{query}", base()?)))
}

/// Asks by POST, which takes expressions too long for a URL.
pub fn post<T: DeserializeOwned>(path: &str, pairs: &[(&str, &str)]) -> Result<T, Fault> {
    data(Request::post(format!("{}/api/v1/{path}", base()?)).form(pairs))
}

fn base() -> Result<String, Fault> {
    let base = config::require("base-url")?;
    let base = base.trim().trim_end_matches('/');
    if !base.starts_with("http://") && !base.starts_with("https://") {
        return Err(Fault::invalid_input(format!(
            "the configuration base-url `{base}` is no http URL"
        )));
    }
    Ok(base.to_string())
}

fn data<T: DeserializeOwned>(request: Request) -> Result<T, Fault> {
    let response = request
        .header("accept", "application/json")
        .max_body(MAX_ANSWER)
        .send()?;
    let answer = match response.json::<Answer>() {
        Ok(answer) => answer,
        Err(fault) => return Err(of_status(&response).unwrap_or(fault)),
    };
    for warning in &answer.warnings {
        log::warn(warning);
    }
    if answer.status != "success" {
        return Err(refused(&response, answer));
    }
    serde_json::from_value(answer.data).map_err(|error| {
        Fault::unavailable(format!(
            "the server's answer is not what its API promises: {error}"
        ))
    })
}

/// Prometheus's own error types, as faults.
fn refused(response: &Response, answer: Answer) -> Fault {
    let text = format!("Prometheus: {}", answer.error);
    match answer.error_type.as_str() {
        "bad_data" => Fault::invalid_input(text),
        "not_found" => Fault::not_found(text),
        "timeout" | "canceled" | "unavailable" => Fault::unavailable(text),
        // An expression that cannot be evaluated, as when it matches too many series.
        "execution" => Fault::invalid_input(text),
        _ => of_status(response).unwrap_or_else(|| Fault::unavailable(text)),
    }
}

/// What a proxy before the server may answer in its place.
fn of_status(response: &Response) -> Option<Fault> {
    let what = |text: &str| format!("the server answered {}: {text}", response.status);
    match response.status {
        401 | 403 => Some(Fault::denied(what("it wants other credentials"))),
        404 => Some(Fault::not_found(what(
            "there is no Prometheus API at base-url",
        ))),
        300..=399 => {
            let to = response.header("location").unwrap_or("elsewhere");
            Some(Fault::unavailable(what(&format!(
                "it sends on to {to}; set base-url to where the API is"
            ))))
        }
        500..=599 => Some(Fault::unavailable(what("it cannot answer now"))),
        _ => None,
    }
}
