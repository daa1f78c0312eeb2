//! What the page holds, whatever stands in skills and log.

use crate::report::report;
use crate::synthetic::{Made, World, one_call};

use super::*;

const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"'`&\u{202e}\u{1b}[31m";

fn sample() -> Report {
    let world = World::new();
    world.skill("mail", "version = \"0.1.0\"\n[plugins.mail]\ncomponent = \"</script><img src=x onerror=alert(1)>.wasm\"\noperations = [\"search\"]\nconfig = { a = \"</script><b>\" }\n[[plugins.mail.files]]\npath = \"mail\"\nmount = \"/m\" # <!-- <script> -->\n");
    let rule = "files read ./mail /m";
    one_call(
        &world,
        "mail",
        "mail",
        "search",
        &[
            Made::Allowed(
                "files",
                "open-read",
                "/m/</script><img src=x onerror=alert(1)>",
                rule,
            ),
            Made::Denied("http", "<script>", HOSTILE, "http-host-denied", None),
        ],
    );
    report(&world.sources, &world.skills(), None).unwrap()
}

/// The page without its own style, script and data.
fn markup(page: &str) -> String {
    let page = page.replace(STYLE, "").replace(SCRIPT, "");
    let data = page.find("id=\"data\">").unwrap();
    let end = data + page[data..].find("</script>").unwrap();
    format!("{}{}", &page[..data], &page[end..])
}

#[test]
fn nothing_that_others_wrote_becomes_markup() {
    let page = page(&sample()).unwrap();
    let markup = markup(&page);
    for tag in ["<img", "<b>", "<!--", "onerror=alert(1)>"] {
        assert!(!markup.contains(tag), "{tag}");
    }
    assert_eq!(
        page.matches("<script").count(),
        2 + SCRIPT.matches("<script").count()
    );
    assert!(!page.contains(['\u{202e}', '\u{1b}']));
    assert!(markup.contains("&lt;/script&gt;&lt;img"));
}

#[test]
fn the_data_in_the_page_is_the_report() {
    let report = sample();
    let page = page(&report).unwrap();
    let start = page.find("id=\"data\">").unwrap() + "id=\"data\">".len();
    let end = start + page[start..].find("</script>").unwrap();
    let data: serde_json::Value = serde_json::from_str(&page[start..end]).unwrap();
    assert_eq!(data, serde_json::to_value(&report).unwrap());
}

#[test]
fn only_its_own_style_and_script_may_be_used() {
    let page = page(&sample()).unwrap();
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    assert!(page.contains(&policy));
    let markup = markup(&page);
    for tag in markup
        .split('<')
        .skip(1)
        .filter_map(|tag| tag.split('>').next())
    {
        for outside in [" src=", " style=", "refresh"] {
            assert!(!tag.contains(outside), "<{tag}>");
        }
        assert!(
            !["link", "iframe", "object", "base"].contains(&tag.split(' ').next().unwrap()),
            "<{tag}>"
        );
        let leads = tag.split("href=\"").nth(1);
        assert!(leads.is_none_or(|leads| leads.starts_with('#')), "<{tag}>");
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    // Nor may either of them end its own element.
    assert!(!STYLE.contains("</") && !SCRIPT.contains("</"));
}

#[test]
fn a_page_that_would_be_huge_leaves_records_out_and_one_that_still_is_is_refused() {
    let report = sample();
    let full = page(&report).unwrap();
    assert!(full.contains("id=\"data\"") && full.contains("class=\"lines\""));
    let short = within(&report, full.len() - 1, full.len()).unwrap();
    assert!(!short.contains("id=\"data\"") && !short.contains("class=\"lines\""));
    assert!(short.contains("There is much here") && short.len() < full.len());
    let refused = within(&report, full.len() - 1, short.len() - 1).unwrap_err();
    assert_eq!(refused.code(), "review-io");
    assert_eq!(within(&report, full.len(), 0).unwrap(), full);
}
