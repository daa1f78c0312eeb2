//! The permission card as text: what a person must understand in ten seconds.

use crate::fold::Fold;
use crate::output::Paint;
use remit_package::EffectSource;
use remit_policy::Effect;
use remit_run::{
    AgentsAllowed, Approval, Card, Change, ChangeKind, OperationLine, PluginCard, ReachLine,
};
use std::fmt::Write as _;

/// The card's text, folded. Every foreign text in a card is already safe to print.
pub fn render(card: &Card, paint: Paint, fold: Fold) -> String {
    let mut text = String::new();
    head(&mut text, card, paint, fold);
    for plugin in &card.plugins {
        text.push('\n');
        body(&mut text, plugin, card.approval.is_none(), paint, fold);
    }
    for warning in &card.warnings {
        let warning = format!("{} {warning}", paint.warn("careful:"));
        let _ = write!(text, "\n{}", fold.wrapped(&warning, "", "  "));
    }
    if let Some(policy) = &card.policy {
        let line = paint.dim(&format!("under the operator's policy {policy}"));
        let _ = write!(text, "\n{}", fold.wrapped(&line, "", "  "));
    }
    if let Some(approval) = &card.approval {
        text.push('\n');
        foot(&mut text, card, approval, paint, fold);
    }
    text
}

/// What is different from what was approved last; empty if nothing ever was.
pub fn changes(changes: &[Change], paint: Paint, fold: Fold) -> String {
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
        let line = format!("{sign} {}  {}", change.plugin, change.what);
        text.push_str(&fold.wrapped(&line, "  ", "    "));
    }
    text
}

/// What agents would do without a person's yes each time: each operation that writes, by its name.
pub fn writes(card: &Card, paint: Paint, fold: Fold) -> String {
    let mut text = String::new();
    for plugin in &card.plugins {
        for op in (plugin.operations.iter()).filter(|op| op.allowed && op.effect > Effect::Read) {
            let line = format!(
                "{} {}.{}{}  {}",
                paint.warn("!"),
                plugin.alias,
                op.name,
                effect(op),
                paint.dim(&op.summary)
            );
            text.push_str(&fold.wrapped(&line, "  ", "    "));
        }
    }
    text
}

fn head(text: &mut String, card: &Card, paint: Paint, fold: Fold) {
    let version = card.version.as_deref().unwrap_or_default();
    let _ = writeln!(text, "{} {version}", paint.bold(&card.name));
    text.push_str(&fold.wrapped(&card.summary, "  ", "  "));
    let author = card.author.as_deref().map_or_else(
        || "nobody says who wrote it".to_owned(),
        |author| format!("says it is by {author}"),
    );
    let line = paint.dim(&format!("{author} · {}", short(&card.digest)));
    text.push_str(&fold.wrapped(&line, "  ", "  "));
}

/// A component `alone` has operations and needs, and no grants.
fn body(text: &mut String, plugin: &PluginCard, alone: bool, paint: Paint, fold: Fold) {
    let name = if plugin.alias == plugin.name {
        plugin.name.clone()
    } else {
        format!("{} ({})", plugin.alias, plugin.name)
    };
    let about = paint.dim(&format!(
        "{} · {} · {}",
        plugin.component,
        size(plugin.size),
        short(&plugin.digest)
    ));
    let line = format!("{} {}  {about}", paint.bold(&name), plugin.version);
    text.push_str(&fold.wrapped(&line, "", "  "));
    if alone {
        let offers: Vec<String> = plugin
            .operations
            .iter()
            .map(|op| offer(op, paint))
            .collect();
        fold.lines(text, "offers", &or_nothing(offers, "nothing"));
    } else {
        let called: Vec<String> = plugin
            .operations
            .iter()
            .filter(|op| op.allowed)
            .map(|op| called(op, paint))
            .collect();
        let called = or_nothing(called, "nothing").join(", ");
        fold.lines(text, "may call", &[called]);
    }
    let left_out: Vec<String> = (plugin.left_out.iter())
        .map(|left| {
            format!(
                "{}  {}",
                left.function,
                paint.dim(&format!("because {}", left.why))
            )
        })
        .collect();
    if !left_out.is_empty() {
        fold.lines(text, "leaves out", &left_out);
    }
    fold.lines(
        text,
        "may",
        &or_nothing(reaches(plugin, paint), "reach nothing outside its sandbox"),
    );
    fold.lines(
        text,
        "can change",
        &or_nothing(plugin.changes.clone(), "nothing"),
    );
    let mut closed: Vec<String> = plugin.closed.iter().map(|c| c.says.clone()).collect();
    closed.dedup();
    if !closed.is_empty() {
        let why = paint.dim("(imported, nothing granted)");
        fold.lines(
            text,
            "stays closed",
            &[format!("{}  {why}", closed.join(", "))],
        );
    }
    fold.lines(text, "asks for", &needs(plugin, paint));
    fold.lines(text, "limits", &[paint.dim(&plugin.limits.join(" · "))]);
    let cut: Vec<String> = plugin.cut.iter().map(|cut| paint.error(cut)).collect();
    if !cut.is_empty() {
        fold.lines(text, "policy", &cut);
    }
}

fn effect(op: &OperationLine) -> String {
    match (op.effect, op.effect_source) {
        (Effect::Read, EffectSource::Plugin) => String::new(),
        (effect, source) => format!(" [{}]", source.says(effect)),
    }
}

/// An operation that the skill may call; the mark is the one of what needs approval.
fn called(op: &OperationLine, paint: Paint) -> String {
    let mark = if op.effect > Effect::Read {
        paint.warn("! ")
    } else {
        String::new()
    };
    format!("{mark}{}{}", op.name, effect(op))
}

/// An operation as its author needs it: what it does, and the fields of its input.
fn offer(op: &OperationLine, paint: Paint) -> String {
    let mut text = format!("{}{}  {}", paint.bold(&op.name), effect(op), op.summary);
    if !op.takes.is_empty() {
        let fields: Vec<String> = op.takes.iter().map(|it| it.says()).collect();
        let _ = write!(text, " {}", paint.dim(&format!("({})", fields.join(", "))));
    }
    text
}

/// What it may reach, what leaves the machine first; what it is told last.
fn reaches(plugin: &PluginCard, paint: Paint) -> Vec<String> {
    let rank = |reach: &ReachLine| match reach.kind {
        "http" => 0,
        "secret" => 1,
        "files" => 2,
        _ => 3,
    };
    let mut reaches: Vec<&ReachLine> = plugin.reaches.iter().collect();
    reaches.sort_by_key(|reach| rank(reach));
    let line = |reach: &ReachLine| {
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
        let policy: String = (reach.policy.iter())
            .map(|cut| paint.error(&format!("  ({cut})")))
            .collect();
        format!("{mark}{}{narrowed}{policy}", reach.says)
    };
    reaches.into_iter().map(line).collect()
}

fn needs(plugin: &PluginCard, paint: Paint) -> Vec<String> {
    let Some(needs) = &plugin.needs else {
        return vec![paint.dim("says nothing about its needs: only the grants bind it")];
    };
    let line = |need: &remit_run::NeedLine| {
        let open = match need.covered {
            Some(false) => "  (not granted)",
            _ => "",
        };
        let reason = paint.dim(&format!("“{}”{open}", need.reason));
        format!("{}  {reason}", need.grant)
    };
    needs.iter().map(line).collect()
}

fn foot(text: &mut String, card: &Card, approval: &Approval, paint: Paint, fold: Fold) {
    match approval {
        Approval::NotNeeded => {
            let line = format!(
                "{} it reads only its own folder, and its results go into the run's",
                paint.good("needs no approval:")
            );
            text.push_str(&fold.wrapped(&line, "", "  "));
        }
        Approval::Approved { who, time, agents } => {
            let line = format!("{} by {who} on {time}", paint.good("approved"));
            text.push_str(&fold.wrapped(&line, "", "  "));
            if let Some(AgentsAllowed { who, time }) = agents {
                let line = format!("agents write without asking, as {who} allowed on {time}:");
                text.push_str(&fold.wrapped(&line, "", "  "));
                text.push_str(&writes(card, paint, fold));
            }
        }
        Approval::Forbidden { .. } => {
            let line = format!(
                "{} the operator's policy forbids what is marked above",
                paint.error("cannot be approved:")
            );
            text.push_str(&fold.wrapped(&line, "", "  "));
        }
        Approval::Needed { why, .. } => {
            let marks = paint.warn("!");
            let line = format!(
                "{} for what is marked {marks}",
                paint.warn("needs approval")
            );
            text.push_str(&fold.wrapped(&line, "", "  "));
            // What a mark above says already is not said again.
            for line in why.iter().filter(|line| !is_marked(card, line)) {
                text.push_str(&fold.wrapped(line, "  ! ", "    "));
            }
        }
    }
}

/// Whether a reason for approval is one of the card's lines that carry a mark.
fn is_marked(card: &Card, reason: &str) -> bool {
    card.plugins.iter().any(|plugin| {
        let Some(what) = reason
            .strip_prefix(plugin.alias.as_str())
            .and_then(|rest| rest.strip_prefix(" may "))
        else {
            return false;
        };
        let reach = plugin
            .reaches
            .iter()
            .any(|reach| reach.needs_approval && reach.says == what);
        let operation = plugin
            .operations
            .iter()
            .any(|op| op.allowed && what.starts_with(&format!("do `{}`, whose effect", op.name)));
        reach || operation
    })
}

fn or_nothing(lines: Vec<String>, nothing: &str) -> Vec<String> {
    if lines.is_empty() {
        vec![nothing.to_owned()]
    } else {
        lines
    }
}

/// A digest as a person compares it: the first sixteen digits.
pub fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 16).collect()
}

/// A component's size, as people say it.
pub fn size(bytes: u64) -> String {
    const MIB: u64 = 1 << 20;
    if bytes < 10 * MIB {
        format!("{} KiB", bytes.div_ceil(1024))
    } else {
        format!("{} MiB", bytes.div_ceil(MIB))
    }
}
