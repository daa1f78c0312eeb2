//! Text out of HTML as people send and save it: broken, unclosed, full of styles.
//!
//! This is no parser of HTML, and needs none: it takes tags away, keeps what they say about lines, and never
//! fails.

mod entities;

/// The text of an HTML document: blocks on lines of their own, items with a dash, cells apart.
pub fn html_to_text(html: &str) -> String {
    let mut out = Writer::default();
    // Tags that are closed nowhere below: to look for it each time would take the square of the text's length.
    let mut never_closed: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.text(text);
        rest = from;
        if rest.starts_with("<!--") {
            rest = after(rest, "-->");
            continue;
        }
        let is_tag = rest
            .chars()
            .nth(1)
            .is_some_and(|it| it.is_ascii_alphabetic() || "/!?".contains(it));
        if !is_tag {
            out.text("<");
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let (tag, following) = split_tag(rest);
        rest = following;
        let name = name(tag);
        let closes = tag.starts_with("</");
        if !closes && !tag.ends_with("/>") && is_hidden(&name) {
            // Their content is no text: go on after the tag that closes them. One unclosed tag does not lose the
            // document.
            if !never_closed.contains(&name) {
                match after_closing(rest, &name) {
                    Some(after) => rest = after,
                    None => never_closed.push(name),
                }
            }
            continue;
        }
        out.tag(&name, closes);
    }
    out.text(rest);
    out.finish()
}

/// What an HTML document says in `<title>`; empty where it says none.
pub fn html_title(html: &str) -> String {
    // Before the text: an HTML parser would not look further for it either.
    let head = html
        .char_indices()
        .nth(64 * 1024)
        .map_or(html, |(at, _)| html.get(..at).unwrap_or(html));
    let lower = head.to_ascii_lowercase();
    let start = lower
        .find("<title")
        .and_then(|at| Some(at + lower.get(at..)?.find('>')? + 1));
    let title = start.and_then(|start| {
        let end = lower
            .get(start..)?
            .find("</title")
            .map_or(lower.len(), |at| at + start);
        head.get(start..end)
    });
    let title = entities::decode(title.unwrap_or_default());
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// From `<` to after the `>` that is in no quoted attribute.
fn split_tag(rest: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, letter) in rest.char_indices() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '"' | '\'')
                if rest
                    .get(..at)
                    .is_some_and(|it| it.trim_end().ends_with('=')) =>
            {
                quote = Some(letter);
            }
            (None, '>') => return rest.split_at_checked(at + 1).unwrap_or((rest, "")),
            _ => {}
        }
    }
    // An open quote swallowed the rest: then the first `>` it is.
    let end = rest.find('>').map_or(rest.len(), |at| at + 1);
    rest.split_at_checked(end).unwrap_or((rest, ""))
}

fn name(tag: &str) -> String {
    let name = tag.trim_start_matches(['<', '/']);
    name.chars()
        .take_while(|it| it.is_ascii_alphanumeric())
        .collect::<String>()
        .to_ascii_lowercase()
}

fn is_hidden(name: &str) -> bool {
    matches!(
        name,
        "script" | "style" | "template" | "noscript" | "title" | "svg" | "math" | "object"
    )
}

fn after<'t>(text: &'t str, end: &str) -> &'t str {
    text.find(end)
        .and_then(|at| text.get(at + end.len()..))
        .unwrap_or_default()
}

/// After `</name …>`; none where there is none.
fn after_closing<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = rest.get(at + 2..).unwrap_or_default();
        let found = rest
            .get(..name.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(name));
        let ends = rest.get(name.len()..).and_then(|it| it.chars().next());
        if found && ends.is_none_or(|it| !it.is_ascii_alphanumeric()) {
            return Some(after(rest, ">"));
        }
    }
    None
}

/// Text with its blanks as HTML means them.
#[derive(Default)]
struct Writer {
    out: String,
    /// How many line ends to write before the next text.
    lines: usize,
    blank: bool,
    /// In `<pre>`, how deep.
    verbatim: usize,
}

impl Writer {
    fn tag(&mut self, name: &str, closes: bool) {
        match name {
            "br" => {
                self.lines += 1;
                self.lines = self.lines.min(2);
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "ol"
            | "table" | "hr" | "article" | "section" => self.lines = 2,
            "div" | "tr" | "dt" | "dd" | "header" | "footer" | "main" | "form" | "caption"
            | "figure" | "body" | "head" | "address" | "option" => self.lines = self.lines.max(1),
            "li" => {
                self.lines = self.lines.max(1);
                if !closes {
                    self.text("-");
                    self.blank = true;
                }
            }
            "td" | "th" if closes => self.cell(),
            "pre" => {
                self.lines = 2;
                self.verbatim = match closes {
                    true => self.verbatim.saturating_sub(1),
                    false => self.verbatim + 1,
                };
            }
            _ => {}
        }
    }

    fn cell(&mut self) {
        if self.lines == 0 && !self.out.is_empty() && !self.out.ends_with(['\n', '\t']) {
            self.out.push('\t');
            self.blank = false;
        }
    }

    fn text(&mut self, text: &str) {
        let decoded = entities::decode(text);
        for letter in decoded.chars() {
            if letter == '\n' && self.verbatim > 0 {
                self.lines = (self.lines + 1).min(2);
                continue;
            }
            if letter.is_whitespace() && (self.verbatim == 0 || letter == '\r') {
                self.blank = true;
                continue;
            }
            // Soft hyphens and zero-width letters: mailings pad their previews with them.
            if matches!(
                letter,
                '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200f}' | '\u{feff}'
            ) {
                continue;
            }
            self.start();
            self.out.push(letter);
        }
    }

    /// Writes the line ends or the blank that are due.
    fn start(&mut self) {
        let ended = self.out.is_empty() || self.out.ends_with('\n');
        if self.lines > 0 {
            while self.out.ends_with([' ', '\t']) {
                self.out.pop();
            }
            if !self.out.is_empty() {
                self.out
                    .push_str(if self.lines > 1 { "\n\n" } else { "\n" });
            }
        } else if self.blank && !ended && !self.out.ends_with([' ', '\t']) {
            self.out.push(' ');
        }
        self.lines = 0;
        self.blank = false;
    }

    fn finish(self) -> String {
        self.out.trim_end().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_items_and_cells_are_apart() {
        let html = "<html><head><title>x</title><style>p{color:red}</style></head><body><h1>Hello</h1>\
            <p>One\n  two<br>three</p><ul><li>a</li><li>b &amp; c</ul>\
            <table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table></body></html>";
        assert_eq!(
            html_to_text(html),
            "Hello\n\nOne two\nthree\n\n- a\n- b & c\n\n1\t2\n3"
        );
    }

    #[test]
    fn scripts_comments_and_hidden_padding_are_no_text() {
        assert_eq!(
            html_to_text("a<script>if (a<b) alert('</p>')</script>b<!-- <p> -->c&#8203;&zwnj;d"),
            "abcd"
        );
    }

    #[test]
    fn broken_html_loses_nothing() {
        assert_eq!(html_to_text("1 < 2 <b>bold"), "1 < 2 bold");
        assert_eq!(
            html_to_text("<a href=\"x>y\">link</a> <i title='>'>t"),
            "link t"
        );
        assert_eq!(
            html_to_text("<a href=\"x>open quote<p>text"),
            "open quote\n\ntext"
        );
        assert_eq!(
            html_to_text("<style>never closed <p>text"),
            "never closed\n\ntext"
        );
        assert_eq!(html_to_text("end <"), "end <");
    }

    #[test]
    fn a_title_is_found_where_there_is_one() {
        assert_eq!(
            html_title("<html><HEAD><Title lang=en> A &amp;\n B </Title>"),
            "A & B"
        );
        assert_eq!(html_title("<p>no title"), "");
        assert_eq!(html_title("<title>open"), "open");
    }

    #[test]
    fn preformatted_text_keeps_its_lines() {
        assert_eq!(html_to_text("<pre>a\n  b</pre>c"), "a\n  b\n\nc");
    }

    #[test]
    fn text_after_many_unclosed_tags_is_found_soon() {
        // Looked for from each, these would take hours.
        for tag in ["<style>", "<svg></x>", "<title>", "<td>", "&a;", "&#"] {
            let html = format!("{} budget", tag.repeat(100_000));
            assert!(html_to_text(&html).ends_with("budget"), "{tag}");
            html_title(&html);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(html in "(<[a-z/!]{0,6}[ \"'=>]{0,3}|&#?[a-z0-9]{0,6};?|\\PC|[<>]){0,60}") {
            html_to_text(&html);
        }
    }
}
