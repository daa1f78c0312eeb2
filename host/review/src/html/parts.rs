//! What stands before and after the skills: title, figures, search, the matrix.

use super::escape::{Page, count, moment, number};
use crate::Report;
use crate::report::{GrantReport, PinState, PluginReport, SkillReport, State};

/// The classes of authority, in the columns of the matrix.
const COLUMNS: [(&str, &str); 4] = [
    ("http", "Network"),
    ("files", "Files"),
    ("secret", "Secrets"),
    ("config", "Settings"),
];

pub(super) fn head(page: &mut Page, report: &Report, short: bool) {
    page.raw("<header>\n<div>\n<p class=\"eyebrow\">Remit audit report</p>\n");
    page.element("h1", "", &report.folder);
    let since = match (&report.since, &report.log.first) {
        (Some(since), _) => format!(" since {since}"),
        (None, Some(first)) => format!(" since {}", moment(first)),
        (None, None) => String::new(),
    };
    let meta = format!(
        "Made {} UTC, from {}{since} and {} of the audit log. No plugin was run for it.",
        moment(&report.made),
        count(report.summary.runs, "run"),
        count(report.log.records, "record"),
    );
    page.element("p", " class=\"meta\"", &meta);
    if short {
        page.element("p", " class=\"notice\"", "There is much here: the records behind each figure and the lines of skill.toml are left out. Report on fewer skills at once to see them.");
    }
    page.raw("\n</div>\n<button type=\"button\" id=\"theme\" class=\"plain\" hidden>Dark</button>\n</header>\n");
}

pub(super) fn summary(page: &mut Page, report: &Report) {
    let sum = &report.summary;
    page.raw("<section aria-labelledby=\"summary\">\n<h2 id=\"summary\">Summary</h2>\n<dl class=\"tiles\">\n");
    let of_grants = format!("of {} granted", number(sum.grants as u64));
    let of_plugins = format!("of {}", count(sum.plugins as u64, "plugin"));
    for (figure, name, what, class) in [
        (
            sum.dangerous as u64,
            "Dangerous",
            format!("of {}", count(sum.skills as u64, "skill")),
            "bad",
        ),
        (sum.denied, "Denied", "in these runs".to_owned(), "warn"),
        (sum.unused as u64, "Unused", of_grants.clone(), "warn"),
        (sum.not_run_yet as u64, "Not run yet", of_grants, "quiet"),
        (
            sum.changed as u64,
            "Changed",
            "or not to be read".to_owned(),
            "bad",
        ),
        (sum.outdated as u64, "Outdated", of_plugins.clone(), "warn"),
        (sum.unpinned as u64, "Unpinned", of_plugins.clone(), "quiet"),
        (sum.unsigned as u64, "Unsigned", of_plugins, "quiet"),
    ] {
        let class = match figure {
            0 => "none",
            _ => class,
        };
        page.raw(&format!("<div class=\"tile {class}\">"));
        page.element("dt", "", name);
        page.element("dd", "", &number(figure));
        page.element("dd", " class=\"of\"", &what);
        page.raw("</div>\n");
    }
    page.raw("</dl>\n</section>\n");
}

/// Shown by the script, since nothing comes of it without.
pub(super) fn find(page: &mut Page, report: &Report) {
    page.raw(
        "<search id=\"find\" hidden>\n<label for=\"search\">Search</label>\n\
         <input type=\"search\" id=\"search\" autocomplete=\"off\" spellcheck=\"false\" \
         placeholder=\"plugin, host, folder, code …\" aria-describedby=\"keys\">\n\
         <div role=\"toolbar\" aria-label=\"Show only what is\" class=\"filters\">\n",
    );
    for flag in [
        "dangerous",
        "denied",
        "unused",
        "unsigned",
        "changed",
        "outdated",
    ] {
        let many = report
            .skills
            .iter()
            .flat_map(|skill| skill.plugins.iter().map(move |plugin| (skill, plugin)));
        let many = many
            .filter(|(skill, plugin)| flags(skill, plugin).contains(&flag))
            .count();
        page.raw(&format!(
            "<button type=\"button\" aria-pressed=\"false\" data-filter=\"{flag}\">{flag} <span>{many}</span></button>\n"
        ));
    }
    page.raw(
        "</div>\n<p id=\"found\" role=\"status\"></p>\n\
         <p id=\"keys\" class=\"keys\"><kbd>/</kbd> to search, <kbd>Esc</kbd> to clear, arrow keys in the matrix and among the filters</p>\n\
         <button type=\"button\" id=\"all\" class=\"plain\">Open all</button>\n\
         <button type=\"button\" id=\"save\" class=\"plain\" hidden>Save the data</button>\n</search>\n",
    );
}

/// What a plugin of a skill is found by.
pub(super) fn flags(skill: &SkillReport, plugin: &PluginReport) -> Vec<&'static str> {
    let mut flags = Vec::new();
    let leg = skill.danger.as_ref().is_some_and(|danger| {
        let mut legs = danger
            .private
            .iter()
            .chain(&danger.untrusted)
            .chain(&danger.out);
        legs.any(|leg| leg.plugin == plugin.alias)
    });
    let refused = skill
        .refused
        .iter()
        .any(|denial| denial.asked.starts_with(&format!("{}.", plugin.alias)));
    for (flag, holds) in [
        ("dangerous", leg || skill.agents_write(plugin)),
        (
            "denied",
            refused || plugin.denied.iter().any(|denial| !denial.by_runtime),
        ),
        (
            "unused",
            plugin
                .grants
                .iter()
                .any(|grant| grant.state == State::Unused)
                || plugin
                    .operations
                    .iter()
                    .any(|operation| operation.state == State::Unused),
        ),
        ("unsigned", plugin.signer.is_none()),
        (
            "changed",
            matches!(plugin.pin, PinState::Changed | PinState::Unreadable),
        ),
        ("outdated", plugin.outdated.is_some()),
    ] {
        if holds {
            flags.push(flag);
        }
    }
    flags
}

pub(super) fn matrix(page: &mut Page, report: &Report) {
    page.raw(
        "<section aria-labelledby=\"matrix\">\n<h2 id=\"matrix\">Who may do what</h2>\n<table class=\"matrix\">\n\
         <caption>How many grants each plugin has in each skill, and what became of them. Each leads to its lines.</caption>\n\
         <thead><tr><th scope=\"col\">Plugin</th>",
    );
    for (_, name) in COLUMNS {
        page.element("th", " scope=\"col\"", name);
    }
    page.raw("<th scope=\"col\">Operations</th><th scope=\"col\">Denied</th><th scope=\"col\">Origin</th></tr></thead>\n");
    for (s, skill) in report.skills.iter().enumerate() {
        page.raw(&format!("<tbody data-skill=\"s{s}\">\n<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"8\"><a href=\"#s{s}\">"));
        page.text(&skill.name);
        page.raw("</a> ");
        page.element("span", " class=\"of\"", &runs(skill));
        if skill.is_dangerous() {
            page.raw(" <span class=\"mark bad\">dangerous</span>");
        }
        page.raw("</th></tr>\n");
        for (p, plugin) in skill.plugins.iter().enumerate() {
            row(page, s, p, skill, plugin);
        }
        page.raw("</tbody>\n");
    }
    page.raw("</table>\n</section>\n");
}

fn row(page: &mut Page, s: usize, p: usize, skill: &SkillReport, plugin: &PluginReport) {
    let id = format!("s{s}p{p}");
    let flags = flags(skill, plugin).join(" ");
    page.raw(&format!(
        "<tr data-of=\"{id}\" data-flags=\"{flags}\"><th scope=\"row\"><a href=\"#{id}\">"
    ));
    page.text(&plugin.alias);
    page.raw("</a></th>");
    for (capability, name) in COLUMNS {
        page.raw(&format!("<td data-label=\"{name}\">"));
        let grants: Vec<(usize, &GrantReport)> = plugin
            .grants
            .iter()
            .enumerate()
            .filter(|(_, grant)| grant.capability == capability)
            .collect();
        match grants.first() {
            None => page.raw("<span class=\"nothing\">none</span>"),
            Some((first, _)) => {
                page.raw(&format!("<a href=\"#{id}g{first}\">"));
                states(page, grants.iter().map(|(_, grant)| grant.state));
                page.raw("</a>");
            }
        }
        page.raw("</td>");
    }
    page.raw("<td data-label=\"Operations\">");
    match plugin.operations.is_empty() {
        true => page.raw("<span class=\"nothing\">none</span>"),
        false => {
            page.raw(&format!("<a href=\"#{id}o\">"));
            states(
                page,
                plugin.operations.iter().map(|operation| operation.state),
            );
            page.raw("</a>");
        }
    }
    page.raw("</td><td data-label=\"Denied\">");
    let denied: u64 = plugin
        .denied
        .iter()
        .filter(|denial| !denial.by_runtime)
        .map(|denial| denial.count)
        .sum();
    match denied {
        0 => page.raw("<span class=\"nothing\">none</span>"),
        many => page.raw(&format!(
            "<a href=\"#{id}d\"><span class=\"mark denied\">{} denied</span></a>",
            number(many)
        )),
    }
    page.raw("</td><td data-label=\"Origin\">");
    origin(page, plugin);
    page.raw("</td></tr>\n");
}

/// How many are in which state.
fn states(page: &mut Page, states: impl Iterator<Item = State> + Clone) {
    for state in [State::Used, State::Unused, State::NotRunYet] {
        let many = states.clone().filter(|one| *one == state).count();
        if many > 0 {
            page.raw(&format!(
                "<span class=\"mark {}\">{many} {}</span> ",
                class(state),
                state.says()
            ));
        }
    }
}

/// The class of a state in the style.
pub(super) fn class(state: State) -> &'static str {
    match state {
        State::Used => "used",
        State::Unused => "unused",
        State::NotRunYet => "new",
    }
}

/// Whether it is pinned and signed.
pub(super) fn origin(page: &mut Page, plugin: &PluginReport) {
    page.raw(match plugin.pin {
        PinState::Pinned => "<span class=\"mark used\">pinned</span> ",
        PinState::Unpinned => "<span class=\"mark new\">unpinned</span> ",
        PinState::Changed => "<span class=\"mark bad\">changed</span> ",
        PinState::Unreadable => "<span class=\"mark bad\">unreadable</span> ",
    });
    match plugin.signer {
        Some(_) => page.raw("<span class=\"mark used\">signed</span> "),
        None => page.raw("<span class=\"mark new\">unsigned</span> "),
    }
    if plugin.outdated.is_some() {
        page.raw("<span class=\"mark unused\">outdated</span> ");
    }
}

/// `3 runs, 2 done, last 2026-11-22`
pub(super) fn runs(skill: &SkillReport) -> String {
    let runs = &skill.runs;
    if runs.total == 0 {
        return "not run yet".to_owned();
    }
    let mut text = format!("{}, {} done", count(runs.total, "run"), number(runs.done));
    for (state, many) in &runs.ended {
        text.push_str(&format!(", {} {state}", number(*many)));
    }
    if runs.done_as_now < runs.done {
        text.push_str(&format!(", {} as it is now", number(runs.done_as_now)));
    }
    if let Some(last) = &runs.last {
        text.push_str(&format!(
            ", last {}",
            last.split('T').next().unwrap_or(last)
        ));
    }
    text
}

/// What cannot be read, and what is recorded of skills that are not here.
pub(super) fn others(page: &mut Page, report: &Report) {
    if !report.unreadable.is_empty() {
        page.raw("<h3>Not to be read</h3>\n<ul>\n");
        for one in &report.unreadable {
            page.raw("<li>");
            page.element("code", "", &one.folder);
            page.text(&format!(" [{}] {}", one.code, one.message));
            page.raw("</li>\n");
        }
        page.raw("</ul>\n");
    }
    if !report.elsewhere.is_empty() {
        page.raw("<h3>Runs of other skills</h3>\n<p>Recorded of skills that are not in this folder:</p>\n<ul>\n");
        for one in &report.elsewhere {
            page.raw("<li>");
            page.text(&format!("{}: {}", one.skill, count(one.runs, "run")));
            page.raw("</li>\n");
        }
        page.raw("</ul>\n");
    }
}

pub(super) fn foot(page: &mut Page) {
    page.raw(
        "<footer>\n<p><strong>used</strong>: a recorded run used it. <strong>unused</strong>: a run that ended well had it, \
         and none used it. <strong>not run yet</strong>: no run that ended well has had it. \
         <strong>dangerous</strong>: one skill reads private data, reads what strangers may have written, and can send \
         something out; or agents write in it without asking.</p>\n\
         <p><code>remit audit why NUMBER</code> explains a record; <code>remit audit suggest SKILL</code> narrows what is \
         unused; <code>remit audit verify</code> shows whether the log is whole.</p>\n</footer>\n",
    );
}
