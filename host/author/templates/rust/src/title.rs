//! `fetch_title`.

use remit_plugin::{Fault, http::Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What `fetch_title` takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The page, for example `https://example.org/`.
    url: String,
}

/// What it returns.
#[derive(Serialize, JsonSchema)]
pub struct Page {
    /// The HTTP status of the answer.
    status: u16,
    /// What stands in the page's `<title>`; null if it has none.
    title: Option<String>,
}

pub fn fetch_title(input: Input) -> Result<Page, Fault> {
    // Where no grant covers the request, `?` hands on the host's refusal as a fault of the kind `denied`.
    let response = Request::get(input.url).send()?;
    let text = String::from_utf8_lossy(&response.body);
    Ok(Page {
        status: response.status,
        title: title(&text),
    })
}

/// The text between `<title>` and `</title>`, its blanks put together.
fn title(html: &str) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower.get(start..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let words: Vec<&str> = html.get(start..end)?.split_whitespace().collect();
    Some(words.join(" "))
}
