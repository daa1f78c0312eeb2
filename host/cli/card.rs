//! The permission card as text: what a person must understand in ten seconds.

use crate::output::Paint;
use remit_run::{Approval, Card, Change, ChangeKind, PluginCard};
use std::fmt::Write as _;

/// The card's text. Every foreign text in a card is already safe to print.
pub fn render(card: &Card, paint: Paint) -> String {
    let mut text = String::new();
    head(&mut text, card, paint);
    for plugin in &card.plugins {
        text.push('\n');
        body(&mut text, plugin, card.approval.is_none(), paint);
    }
    for warning in &card.warnings {
        let _ = writeln!(text, "\n{} {warning}", paint.warn("careful:"));
    }
    if let Some(approval) = &card.approval {
        text.push('\n');
        foot(&mut text, approval, paint);
    }
    text
}

/// What is different from what was approved last; empty if nothing ever was.
pub fn changes(changes: &[Change], paint: Paint) -> String {
    let mut text = String::new();
    if !changes.is_empty() {
        let _ = writeln!(
            text,
            "\n{}",
            paint.bold("changed since it was approved last")
        );
    }
    for change in changes {
        let sign = match change.kind {
            ChangeKind::Added => paint.warn("+"),
            ChangeKind::Removed => paint.good("-"),
            ChangeKind::Changed => paint.warn("~"),
        };
        let _ = writeln!(text, "  {sign} {}  {}", change.plugin, change.what);
    }
    text
}

fn head(text: &mut String, card: &Card, paint: Paint) {
    let version = card.version.as_deref().unwrap_or_default();
    let _ = writeln!(text, "{} {version}", paint.bold(&card.name));
    text.push_str(&wrapped(&card.summary, "  ", "  "));
    let author = card.author.as_deref().unwrap_or("nobody says who wrote it");
    let _ = writeln!(
        text,
        "  {}",
        paint.dim(&format!("{author} · {}", short(&card.digest)))
    );
}

/// A component `alone` has operations and needs, and no grants.
fn body(text: &mut String, plugin: &PluginCard, alone: bool, paint: Paint) {
    let name = if plugin.alias == plugin.name {
        plugin.name.clone()
    } else {
        format!("{} ({})", plugin.alias, plugin.name)
    };
    let _ = writeln!(
        text,
        "{} {}  {}",
        paint.bold(&name),
        plugin.version,
        paint.dim(&format!(
            "{} · {} · {}",
            plugin.component,
            size(plugin.size),
            short(&plugin.digest)
        ))
    );
    let called: Vec<String> = plugin
        .operations
        .iter()
        .filter(|o| alone || o.allowed)
        .map(|o| {
            if o.effect == remit_policy::Effect::Read {
                o.name.clone()
            } else {
                format!("{} [{}]", o.name, o.effect)
            }
        })
        .collect();
    let called = if called.is_empty() {
        "nothing".to_owned()
    } else {
        called.join(", ")
    };
    lines(text, "may call", &[called]);
    let reaches: Vec<String> = plugin
        .reaches
        .iter()
        .map(|reach| {
            let mark = if reach.needs_approval {
                paint.warn("! ")
            } else {
                String::new()
            };
            let narrowed = reach
                .narrowed
                .as_ref()
                .map(|why| paint.dim(&format!("  ({why})")))
                .unwrap_or_default();
            format!("{mark}{}{narrowed}", reach.says)
        })
        .collect();
    lines(
        text,
        "may reach",
        &or_nothing(reaches, "nothing outside its sandbox"),
    );
    lines(
        text,
        "can change",
        &or_nothing(plugin.changes.clone(), "nothing"),
    );
    let mut closed: Vec<String> = plugin.closed.iter().map(|c| c.says.clone()).collect();
    closed.dedup();
    if !closed.is_empty() {
        lines(
            text,
            "stays closed",
            &[format!(
                "{}  {}",
                closed.join(", "),
                paint.dim("(imported, nothing granted)")
            )],
        );
    }
    match &plugin.needs {
        None => lines(
            text,
            "asks for",
            &[paint.dim("says nothing about its needs: only the grants bind it")],
        ),
        Some(needs) => {
            let needs: Vec<String> = needs
                .iter()
                .map(|need| {
                    let open = if need.covered == Some(false) {
                        "  (not granted)"
                    } else {
                        ""
                    };
                    format!(
                        "{}  {}",
                        need.grant,
                        paint.dim(&format!("“{}”{open}", need.reason))
                    )
                })
                .collect();
            lines(text, "asks for", &needs);
        }
    }
    lines(text, "limits", &[paint.dim(&plugin.limits.join(" · "))]);
}

fn foot(text: &mut String, approval: &Approval, paint: Paint) {
    match approval {
        Approval::NotNeeded => {
            let _ = writeln!(
                text,
                "{} it reads only its own folder",
                paint.good("needs no approval:")
            );
        }
        Approval::Approved { who, time } => {
            let _ = writeln!(text, "{} by {who} on {time}", paint.good("approved"));
        }
        Approval::Needed { why, .. } => {
            let _ = writeln!(text, "{}", paint.warn("needs approval"));
            for line in why {
                text.push_str(&wrapped(line, "  ! ", "    "));
            }
        }
    }
}

/// A label and its lines, the second and later ones below the first, long ones folded.
fn lines(text: &mut String, label: &str, lines: &[String]) {
    for (index, line) in lines.iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        text.push_str(&wrapped(line, &format!("  {label:<13} "), &" ".repeat(18)));
    }
}

/// Folded to the width that a person reads with ease, whatever the terminal's.
fn wrapped(text: &str, first: &str, later: &str) -> String {
    let options = textwrap::Options::new(96)
        .initial_indent(first)
        .subsequent_indent(later);
    textwrap::fill(text, options) + "\n"
}

fn or_nothing(lines: Vec<String>, nothing: &str) -> Vec<String> {
    if lines.is_empty() {
        vec![nothing.to_owned()]
    } else {
        lines
    }
}

/// A digest as a person compares it: the first sixteen digits.
fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 16).collect()
}

/// A component's size, as people say it.
pub fn size(bytes: u64) -> String {
    format!("{} KiB", bytes.div_ceil(1024))
}
