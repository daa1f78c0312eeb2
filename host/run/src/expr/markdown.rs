//! The filter `markdown`: to HTML that is safe to put into a page.

use minijinja::{Environment, Value};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html};

pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter("markdown", |text: &str| {
        Value::from_safe_string(to_html(text))
    });
}

/// HTML in the text is shown and not obeyed, links lead only to what a page may lead to, and pictures become links:
/// a report that is opened must not fetch what a stranger put into a message.
fn to_html(text: &str) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Link {
            link_type,
            dest_url: safe_link(dest_url),
            title,
            id,
        }),
        Event::Start(Tag::Image {
            dest_url,
            title,
            id,
            ..
        }) => Event::Start(Tag::Link {
            link_type: pulldown_cmark::LinkType::Inline,
            dest_url: safe_link(dest_url),
            title,
            id,
        }),
        Event::End(pulldown_cmark::TagEnd::Image) => Event::End(pulldown_cmark::TagEnd::Link),
        other => other,
    });
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, events);
    out
}

fn safe_link(url: CowStr<'_>) -> CowStr<'_> {
    let lower = url.trim_start().to_ascii_lowercase();
    let allowed = ["https:", "http:", "mailto:", "#"]
        .iter()
        .any(|scheme| lower.starts_with(scheme))
        || !lower.contains(':');
    if allowed && !url.chars().any(char::is_control) {
        url
    } else {
        CowStr::Borrowed("#")
    }
}
