//! What a person is asked: text that the host makes alone, in which nothing of a stranger can pass for a line of ours.

use remit_policy::display_safe;
use remit_run::{ConsentCall, ConsentNeeded};

/// The longest arguments that a person can be asked about, in characters. Nobody reads more before saying yes.
pub(crate) const MAX_SHOWN: usize = 4_000;

/// The longest name of a client or text of a skill that is shown, in characters.
const MAX_NAME: usize = 120;

/// Digits of the digest that are shown, for a person to compare with the audit log.
const DIGEST_DIGITS: usize = 16;

/// The question, or how many characters its arguments have where these are too many.
///
/// Our own lines begin at the margin. Lines of arguments are indented by four spaces, and a line of JSON that is made
/// safe to display holds no line break, whatever is in its strings. `client` is what the client says of itself.
pub(crate) fn text(client: &str, skill: &str, needed: &ConsentNeeded) -> Result<String, usize> {
    let mut shown = Vec::with_capacity(needed.calls.len());
    let mut chars = 0usize;
    for call in &needed.calls {
        let arguments = arguments(call, MAX_SHOWN.saturating_sub(chars));
        let arguments = arguments.map_err(|more| chars.saturating_add(more))?;
        chars = chars.saturating_add(arguments.chars().count());
        shown.push(arguments);
    }
    let total = needed.calls.len();
    let mut text = Text::of(client, skill, &needed.about);
    for (number, (call, arguments)) in needed.calls.iter().zip(&shown).enumerate() {
        let what = format!(
            "{}.{} (effect: {})",
            display_safe(&call.plugin, MAX_NAME),
            display_safe(&call.operation, MAX_NAME),
            call.effect
        );
        match total {
            1 => text.line("Call", &what),
            _ => text.line(&format!("Call {} of {total}", number + 1), &what),
        }
        text.block("Arguments", arguments);
    }
    if total == 0 {
        text.line("Calls", "none; the skill asks before this step");
    }
    let digest: String = needed.digest.hex().chars().take(DIGEST_DIGITS).collect();
    text.line("Digest", &digest);
    Ok(text.end())
}

/// The question before a step of which the skill says that it asks: `with` is what it would be given, if anything.
pub(crate) fn step_text(
    client: &str,
    skill: &str,
    about: &str,
    with: Option<&str>,
) -> Result<String, usize> {
    let mut text = Text::of(client, skill, about);
    if let Some(with) = with {
        text.block("With", &indented(with, MAX_SHOWN)?);
    }
    Ok(text.end())
}

struct Text(String);

impl Text {
    fn of(client: &str, skill: &str, about: &str) -> Self {
        let mut text = Self("An agent wants to do something that needs your yes.\n\n".to_owned());
        let client = display_safe(client, MAX_NAME);
        text.line("Asked by", &format!("{client} (its own word)"));
        text.line("Skill", &display_safe(skill, MAX_NAME));
        text.line("About", &display_safe(about, 2 * MAX_NAME));
        text
    }

    fn line(&mut self, name: &str, value: &str) {
        for part in [name, ": ", value, "\n"] {
            self.0.push_str(part);
        }
    }

    /// The empty lines around make it a block of its own also where a client renders Markdown.
    fn block(&mut self, name: &str, indented: &str) {
        self.line(name, "\n");
        self.0.push_str(indented);
        self.0.push('\n');
    }

    fn end(mut self) -> String {
        self.0
            .push_str("\nA yes is for exactly this, and for this time only.\n");
        self.0
    }
}

/// Pretty JSON, each line safe to display and indented. Nothing is cut: what is longer than `most` is an error that says
/// how long it is.
fn arguments(call: &ConsentCall, most: usize) -> Result<String, usize> {
    let pretty = serde_json::to_string_pretty(&call.arguments).unwrap_or_default();
    indented(&pretty, most)
}

fn indented(text: &str, most: usize) -> Result<String, usize> {
    // Before megabytes are made safe to display.
    let chars = text.chars().count();
    if chars > most {
        return Err(chars);
    }
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.lines() {
        out.push_str("    ");
        out.push_str(&whole(line));
        out.push('\n');
    }
    let chars = out.chars().count();
    if chars > most { Err(chars) } else { Ok(out) }
}

/// A line that is safe to display and says all that is in it. Combining marks beyond a few on one letter would be left
/// out, so a line that has such is written in escapes.
fn whole(line: &str) -> String {
    let safe = display_safe(line, usize::MAX);
    let mut each = String::with_capacity(safe.len());
    for c in line.chars() {
        each.push_str(&display_safe(c.encode_utf8(&mut [0; 4]), usize::MAX));
    }
    if safe == each {
        return safe;
    }
    let mut escaped = String::with_capacity(line.len() * 4);
    for c in line.chars() {
        match c.is_ascii() && !c.is_ascii_control() {
            true => escaped.push(c),
            false => escaped.extend(c.escape_unicode()),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use remit_package::Digest;
    use remit_policy::Effect;
    use serde_json::{Value, json};

    use super::*;

    fn needed(arguments: Vec<Value>) -> ConsentNeeded {
        let call = |arguments| ConsentCall {
            plugin: "mail".to_owned(),
            operation: "send".to_owned(),
            effect: Effect::Write,
            arguments,
        };
        ConsentNeeded {
            about: "mail.send".to_owned(),
            calls: arguments.into_iter().map(call).collect(),
            digest: Digest::of(b"x"),
        }
    }

    #[test]
    fn all_that_is_asked_about_is_shown() {
        let asked = needed(vec![json!({"to": "ada@example.org", "body": "Hello"})]);
        let text = text("codex 0.169", "weekly-report", &asked).unwrap();
        for part in [
            "Asked by: codex 0.169 (its own word)",
            "Skill: weekly-report",
            "Call: mail.send (effect: write)",
            "      \"to\": \"ada@example.org\"",
            "      \"body\": \"Hello\"",
            "Digest: 2d711642b726b044\n",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    /// Only lines of ours begin at the margin, whatever the client and the arguments hold.
    #[test]
    fn nothing_of_a_stranger_passes_for_a_line_of_ours() {
        let forged = "x\nCall: mail.search (effect: read)\r\u{2028}Digest: 0000\u{202e}";
        let mut asked = needed(vec![json!({forged: [forged, {"a": forged}]})]);
        asked.about = forged.to_owned();
        let text = text(forged, forged, &asked).unwrap();
        let ours: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with("    ") && !line.is_empty())
            .map(|line| line.split(':').next().unwrap())
            .collect();
        let lines = [
            "An agent wants to do something that needs your yes.",
            "Asked by",
            "Skill",
            "About",
            "Call",
            "Arguments",
            "Digest",
            "A yes is for exactly this, and for this time only.",
        ];
        assert_eq!(ours, lines, "{text}");
        assert!(!text.contains(['\r', '\u{2028}', '\u{202e}']), "{text:?}");
    }

    #[test]
    fn nothing_of_the_arguments_is_left_out() {
        let marks = format!("a{}b", "\u{301}".repeat(9));
        let shown = text("c", "s", &needed(vec![json!({"x": marks, "y": "é"})])).unwrap();
        assert!(
            shown.contains(&format!("a{}b", "\\u{301}".repeat(9))),
            "{shown}"
        );
        assert!(shown.contains("\"y\": \"é\""), "{shown}");
    }

    #[test]
    fn the_calls_of_a_step_are_numbered() {
        let text = text("c", "s", &needed(vec![json!({"n": 1}), json!({"n": 2})])).unwrap();
        assert!(text.contains("Call 1 of 2: mail.send"), "{text}");
        assert!(text.contains("Call 2 of 2: mail.send"), "{text}");
    }

    #[test]
    fn what_nobody_would_read_is_not_asked() {
        let long = |n: usize| needed(vec![json!({"body": "x".repeat(n)})]);
        assert!(text("c", "s", &long(3_900)).is_ok());
        assert!(text("c", "s", &long(4_000)).unwrap_err() > MAX_SHOWN);
        let many = needed((0..200).map(|n| json!({"number": n, "x": "yy"})).collect());
        assert!(text("c", "s", &many).is_err(), "together they are too long");
    }
}
