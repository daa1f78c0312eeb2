//! What an installation would change, as text.

use crate::card;
use crate::fold::Fold;
use crate::output::Paint;
use remit_install::{Mark, Plan, PluginChange, Weight};
use remit_policy::display_safe;
use std::fmt::Write as _;

/// All that a person decides by: cards of what is new, differences of what is another, what stands against it.
pub fn shown(plan: &Plan, paint: Paint, fold: Fold) -> String {
    let mut text = String::new();
    if let Some(skill) = &plan.skill {
        text.push_str(&card::render(&skill.card, paint, fold));
        origin(
            &mut text,
            &skill.source,
            skill.signer.as_deref(),
            paint,
            fold,
        );
        let folder = display_safe(&skill.folder.display().to_string(), 300);
        fold.lines(&mut text, "into", &[folder]);
        if let Some(was) = &skill.was {
            fold.lines(&mut text, "in place of", std::slice::from_ref(was));
        }
        text.push_str(&card::changes(&skill.changes, paint, fold));
    }
    for plugin in &plan.plugins {
        if !text.is_empty() {
            text.push('\n');
        }
        // The skill's card says what its plugins are.
        if plugin.was.is_none() && plan.skill.is_none() {
            text.push_str(&card::render(&plugin.card, paint, fold));
        } else {
            text.push_str(&heading(plugin, paint));
        }
        origin(
            &mut text,
            &plugin.source,
            plugin.signer.as_deref(),
            paint,
            fold,
        );
        text.push_str(&differences(plugin, paint, fold));
    }
    for (name, doubt) in plan.doubts() {
        let line = format!("{} {name}: {}", paint.error("careful:"), doubt.says());
        let _ = write!(text, "\n{}", fold.wrapped(&line, "", "  "));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// What is new, for `remit update --check`.
pub fn news(plan: &Plan, paint: Paint, fold: Fold) -> String {
    let mut text = String::new();
    if let Some(skill) = &plan.skill {
        let was = skill.was.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "{} {was} → {}",
            paint.bold(&skill.name),
            skill.version
        );
        text.push_str(&card::changes(&skill.changes, paint, fold));
    }
    for plugin in &plan.plugins {
        text.push_str(&heading(plugin, paint));
        text.push_str(&differences(plugin, paint, fold));
    }
    for (name, doubt) in plan.doubts() {
        let line = format!("{} {name}: {}", paint.error("careful:"), doubt.says());
        text.push_str(&fold.wrapped(&line, "", "  "));
    }
    for name in &plan.unchanged {
        let _ = writeln!(text, "{name}  {}", paint.dim("nothing new"));
    }
    text
}

/// What was done, once it is.
pub fn done(plan: &Plan, paint: Paint) -> String {
    let mut text = String::new();
    let good = |word: &str| paint.good(word);
    if let Some(skill) = &plan.skill {
        let folder = display_safe(&skill.folder.display().to_string(), 300);
        let verb = good(if skill.was.is_some() {
            "updated"
        } else {
            "installed"
        });
        let _ = writeln!(
            text,
            "{verb} the skill {} {} in {folder}",
            skill.name, skill.version
        );
    }
    for plugin in &plan.plugins {
        let verb = good(if plugin.was.is_some() && !plugin.pinned {
            "updated"
        } else {
            "installed"
        });
        let digest: String = plugin.digest.chars().take("sha256:".len() + 12).collect();
        let _ = writeln!(text, "{verb} {} {} ({digest})", plugin.name, plugin.version);
    }
    if plan.plugins.is_empty() && plan.skill.is_none() {
        for name in &plan.unchanged {
            let _ = writeln!(text, "{name} is installed already, and as it was");
        }
        if plan.unchanged.is_empty() {
            text.push_str("nothing to install: no plugin is named by a reference\n");
        }
    }
    text
}

fn heading(plugin: &PluginChange, paint: Paint) -> String {
    let name = paint.bold(&plugin.name);
    match &plugin.was {
        Some(was) if *was != plugin.version => format!("{name} {was} → {}\n", plugin.version),
        _ => format!("{name} {}\n", plugin.version),
    }
}

fn origin(text: &mut String, source: &str, signer: Option<&str>, paint: Paint, fold: Fold) {
    fold.lines(text, "comes from", &[display_safe(source, 300)]);
    let signed = match signer {
        Some(signer) => display_safe(signer, 300),
        None => {
            paint.warn("nobody: who made it cannot be told, nor whether the next version is theirs")
        }
    };
    fold.lines(text, "signed by", &[signed]);
}

fn differences(plugin: &PluginChange, paint: Paint, fold: Fold) -> String {
    let mut text = String::new();
    for difference in &plugin.differences {
        let sign = difference.mark.sign().to_string();
        let sign = match (difference.weight, difference.mark) {
            (Weight::Origin, _) => paint.error(&sign),
            (Weight::Less, _) => paint.good(&sign),
            (Weight::Effect | Weight::Need | Weight::Offer, _) | (_, Mark::Added) => {
                paint.warn(&sign)
            }
            (Weight::Text, _) => sign,
        };
        text.push_str(&fold.wrapped(&format!("{sign} {}", difference.what), "  ", "    "));
    }
    if plugin.was.is_some() && plugin.differences.is_empty() && !plugin.pinned {
        text.push_str("  the same, as far as it says\n");
    }
    text
}
