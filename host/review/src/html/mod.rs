//! The report as one page: self-contained, asking for nothing, readable without its script.
//!
//! Every text in it is escaped where it is written, by the one writer in `escape`. The page's own policy lets nothing in
//! but its own style and script, by their hashes: what slipped through all the same would not run.

mod escape;
mod parts;
mod skill;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use sha2::{Digest as _, Sha256};

use self::escape::{Page, in_script};
use crate::{Report, ReviewError};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A page that is larger is made again without records and lines, and says so: browsers become slow, and mail does not
/// take it.
const MAX_FULL: usize = 12 << 20;
/// No page is larger than this.
const MAX: usize = 48 << 20;

/// How much is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Full,
    /// Without records and lines.
    Short,
}

/// The page.
///
/// # Errors
/// If it would be larger than a browser shows with ease: name a folder with fewer skills.
pub fn page(report: &Report) -> Result<String, ReviewError> {
    within(report, MAX_FULL, MAX)
}

fn within(report: &Report, most_full: usize, most: usize) -> Result<String, ReviewError> {
    let full = write(report, Detail::Full);
    if full.len() <= most_full {
        return Ok(full);
    }
    drop(full);
    let short = write(report, Detail::Short);
    if short.len() <= most {
        return Ok(short);
    }
    Err(ReviewError::io(
        "the page",
        std::io::Error::other(format!(
            "it would have {} bytes: report on fewer skills at once",
            short.len()
        )),
    ))
}

fn write(report: &Report, detail: Detail) -> String {
    let mut page = Page::default();
    let title = format!("Audit report: {}", report.folder);
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw(&format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; \
         script-src '{}'; base-uri 'none'; form-action 'none'\">\n",
        hash(STYLE),
        hash(SCRIPT)
    ));
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
    page.element("title", "", &title);
    page.raw("<style>");
    page.raw(STYLE);
    page.raw(
        "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#skills\">Skip to the skills</a>\n",
    );
    parts::head(&mut page, report, detail == Detail::Short);
    page.raw("<main>\n");
    parts::summary(&mut page, report);
    parts::find(&mut page, report);
    parts::matrix(&mut page, report);
    page.raw(
        "<section aria-labelledby=\"skills\">\n<h2 id=\"skills\" tabindex=\"-1\">Skills</h2>\n",
    );
    for (index, one) in report.skills.iter().enumerate() {
        skill::skill(&mut page, index, one, detail);
    }
    parts::others(&mut page, report);
    page.raw("</section>\n</main>\n");
    parts::foot(&mut page);
    if detail == Detail::Full {
        page.raw("<script type=\"application/json\" id=\"data\">");
        page.raw(&in_script(
            &serde_json::to_string(report).unwrap_or_default(),
        ));
        page.raw("</script>\n");
    }
    page.raw("<script>");
    page.raw(SCRIPT);
    page.raw("</script>\n</body>\n</html>\n");
    page.into_text()
}

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    format!(
        "sha256-{}",
        base64::engine::general_purpose::STANDARD.encode(digest)
    )
}
