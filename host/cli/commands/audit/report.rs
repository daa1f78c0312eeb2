//! `remit audit report`: for a terminal, in a minute.

use crate::args::AuditReportArgs;
use crate::fold::Fold;
use crate::output::{self, Paint};
use anyhow::Result;
use remit_review::report::{
    Danger, Denial, GrantReport, Leg, PinState, PluginReport, Report, SkillReport, State,
};
use std::process::ExitCode;

/// More denials of one plugin than this are counted only.
const MAX_DENIALS: usize = 6;

/// Reports on the skills in a folder.
pub fn report(args: &AuditReportArgs) -> Result<ExitCode> {
    let since = super::since(args.since.as_deref())?;
    let report = remit_review::report(&super::sources()?, &args.folder, since.as_ref())?;
    if let Some(path) = &args.html {
        super::write(path, &remit_review::html::page(&report)?)?;
        let shown = remit_policy::display_safe(&path.display().to_string(), 400);
        output::eprint(&format!("the page is {shown}\n"));
    }
    if args.json {
        output::json(&report);
    } else if args.html.is_none() {
        output::print(&text(&report, Fold::stdout(), output::stdout_paint()));
    }
    Ok(ExitCode::SUCCESS)
}

struct Text {
    text: String,
    fold: Fold,
    paint: Paint,
}

fn text(report: &Report, fold: Fold, paint: Paint) -> String {
    let mut text = Text {
        text: String::new(),
        fold,
        paint,
    };
    text.head(report);
    for skill in &report.skills {
        text.skill(skill);
    }
    for unread in &report.unreadable {
        let what = format!("[{}] {}", unread.code, unread.message);
        text.heading(&unread.folder, "is no skill that can be read");
        text.item("error", &what, paint.error("error"));
    }
    if !report.elsewhere.is_empty() {
        let names = report.elsewhere.iter();
        let names: Vec<String> = names
            .map(|one| format!("{} ({})", one.skill, count(one.runs, "run")))
            .collect();
        text.heading(
            "elsewhere",
            "runs are recorded of skills that are not in this folder",
        );
        text.line(&names.join(", "), "  ", "  ");
    }
    text.text
}

impl Text {
    fn line(&mut self, text: &str, first: &str, later: &str) {
        self.text.push_str(&self.fold.wrapped(text, first, later));
    }

    /// A name, with what belongs to it.
    fn heading(&mut self, name: &str, what: &str) {
        let line = self.fold.wrapped(&format!("{name}  {what}"), "", "  ");
        self.text.push('\n');
        self.text
            .push_str(&line.replacen(name, &self.paint.bold(name), 1));
    }

    /// Something with its state before it.
    fn item(&mut self, state: &str, what: &str, painted: String) {
        let first = format!("    {state:<13}");
        let line = self.fold.wrapped(what, &first, "                 ");
        self.text.push_str(&line.replacen(state, &painted, 1));
    }

    fn head(&mut self, report: &Report) {
        let sum = &report.summary;
        let since = match (&report.since, &report.log.first) {
            (Some(since), _) => format!(" since {since}"),
            (None, Some(first)) => format!(" since {}", day(first)),
            (None, None) => String::new(),
        };
        let what = format!(
            "{}, {}, {} · {}{since} · {} in the log",
            count(sum.skills as u64, "skill"),
            count(sum.plugins as u64, "plugin"),
            count(sum.grants as u64, "grant"),
            count(sum.runs, "run"),
            count(report.log.records, "record"),
        );
        self.heading(&report.folder, &what);
        self.text.remove(0);
        self.text.push('\n');
        let dangerous: Vec<&str> = (report.skills.iter())
            .filter(|skill| skill.is_dangerous())
            .map(|skill| skill.name.as_str())
            .collect();
        let unused = format!(
            "of {} granted; {} used, {} not run yet",
            sum.grants, sum.used, sum.not_run_yet
        );
        for (name, number, what, bad) in [
            (
                "dangerous",
                sum.dangerous as u64,
                dangerous.join(", "),
                true,
            ),
            ("denied", sum.denied, "times".to_owned(), false),
            ("unused", sum.unused as u64, unused, false),
            (
                "changed",
                sum.changed as u64,
                "other bytes than are pinned, or not to be read".to_owned(),
                true,
            ),
            (
                "outdated",
                sum.outdated as u64,
                "older than in another skill".to_owned(),
                false,
            ),
            (
                "unpinned",
                sum.unpinned as u64,
                "in no remit.lock".to_owned(),
                false,
            ),
            (
                "unsigned",
                sum.unsigned as u64,
                format!("of {} plugins", sum.plugins),
                false,
            ),
        ] {
            let what = match number {
                0 => String::new(),
                _ => what,
            };
            let first = format!("  {name:<10}{number:>7}  ");
            let line = self
                .fold
                .wrapped(what.trim(), &first, "                     ");
            let painted = match (number, bad) {
                (0, _) => self.paint.dim(name),
                (_, true) => self.paint.error(name),
                (_, false) => self.paint.warn(name),
            };
            self.text.push_str(line.trim_end());
            self.text.push('\n');
            let at = self.text.trim_end().rfind(&first).unwrap_or_default();
            let tail = self.text.split_off(at);
            self.text.push_str(&tail.replacen(name, &painted, 1));
        }
    }

    fn skill(&mut self, skill: &SkillReport) {
        let runs = &skill.runs;
        let mut what = skill.version.clone().unwrap_or_default();
        if runs.total == 0 {
            what.push_str("  not run yet");
        } else {
            what.push_str(&format!(
                "  {}, {} done",
                count(runs.total, "run"),
                runs.done
            ));
            for (state, number) in &runs.ended {
                what.push_str(&format!(", {number} {state}"));
            }
            if runs.done > runs.done_as_now {
                what.push_str(&format!(", {} as it is now", runs.done_as_now));
            }
            if let Some(last) = &runs.last {
                what.push_str(&format!(", last {}", day(last)));
            }
        }
        self.heading(&skill.name, what.trim());
        if let Some(danger) = &skill.danger {
            self.danger(danger);
        }
        if let Some(agents) = &skill.agents {
            let what = format!(
                "agents write without asking: {}; {} allowed it on {}",
                agents.operations.join(", "),
                agents.who,
                day(&agents.time)
            );
            self.item("dangerous", &what, self.paint.error("dangerous"));
        }
        for (name, client) in &skill.clients {
            let what = format!(
                "{name}: {}, {}, {} denied",
                count(client.runs, "session"),
                count(client.calls, "call"),
                client.denied
            );
            self.item("client", &what, self.paint.dim("client"));
        }
        if let Some(error) = &skill.lock_error {
            self.item("error", error, self.paint.error("error"));
        }
        for plugin in &skill.plugins {
            self.plugin(plugin);
        }
        for denial in &skill.refused {
            self.denial(denial);
        }
    }

    fn danger(&mut self, danger: &Danger) {
        let what = "what a stranger wrote can make it send private data away:";
        let line = self.fold.wrapped(what, "  dangerous  ", "  ");
        self.text
            .push_str(&line.replacen("dangerous", &self.paint.error("dangerous"), 1));
        for (name, legs) in [
            ("private", &danger.private),
            ("untrusted", &danger.untrusted),
            ("out", &danger.out),
        ] {
            for leg in legs {
                self.item(name, &leg_line(leg), self.paint.warn(name));
            }
        }
        for flow in &danger.flows {
            let what = format!(
                "{} of {} had input made from what {} read, records {} to {}",
                count(flow.calls, "call"),
                flow.to,
                flow.from,
                flow.first,
                flow.last
            );
            self.item("it did", &what, self.paint.error("it did"));
        }
    }

    fn plugin(&mut self, plugin: &PluginReport) {
        let mut facts = Vec::new();
        let name = plugin.name.as_deref().filter(|name| *name != plugin.alias);
        let own = [name, plugin.version.as_deref()];
        let own: Vec<&str> = own.into_iter().flatten().collect();
        if !own.is_empty() {
            facts.push(own.join(" "));
        }
        facts.push(count(plugin.calls, "call"));
        facts.push(match plugin.pin {
            PinState::Pinned => "pinned".to_owned(),
            PinState::Unpinned => "unpinned".to_owned(),
            PinState::Changed => "CHANGED since it was pinned".to_owned(),
            PinState::Unreadable => "NOT TO BE READ".to_owned(),
        });
        facts.push(match &plugin.signer {
            Some(signer) => format!("signed by {signer}"),
            None => "unsigned".to_owned(),
        });
        if let Some(later) = &plugin.outdated {
            facts.push(format!("outdated: {later}"));
        }
        let line = self.fold.wrapped(
            &format!("{}  {}", plugin.alias, facts.join(" · ")),
            "  ",
            "    ",
        );
        self.text
            .push_str(&line.replacen(&plugin.alias, &self.paint.bold(&plugin.alias), 1));
        if let Some(error) = &plugin.error {
            self.item("error", error, self.paint.error("error"));
        }
        for grant in &plugin.grants {
            self.grant(grant);
        }
        let idle: Vec<&str> = (plugin.operations.iter())
            .filter(|operation| operation.state == State::Unused)
            .map(|operation| operation.name.as_str())
            .collect();
        if !idle.is_empty() {
            self.item(
                "unused",
                &format!("may call {} · {}", idle.join(", "), plugin.place),
                self.paint.warn("unused"),
            );
        }
        let told: Vec<&Denial> = plugin
            .denied
            .iter()
            .filter(|denial| !denial.by_runtime)
            .collect();
        for denial in told.iter().take(MAX_DENIALS) {
            self.denial(denial);
        }
        if let Some(more) = told.len().checked_sub(MAX_DENIALS + 1) {
            let what = format!(
                "{} more kinds of denials: --json or --html has them",
                more + 1
            );
            self.item("denied", &what, self.paint.error("denied"));
        }
    }

    fn grant(&mut self, grant: &GrantReport) {
        let (state, painted) = match grant.state {
            State::Used => {
                let state = format!("used {}×", grant.uses);
                let painted = self.paint.good(&state);
                (state, painted)
            }
            State::Unused => ("unused".to_owned(), self.paint.warn("unused")),
            State::NotRunYet => ("not run yet".to_owned(), self.paint.dim("not run yet")),
        };
        self.item(
            &state,
            &format!("{} · {}", grant.grant, grant.place),
            painted,
        );
    }

    fn denial(&mut self, denial: &Denial) {
        let state = format!("denied {}×", denial.count);
        let whose = denial
            .layer
            .as_deref()
            .map(|layer| format!(" by the {layer}"))
            .unwrap_or_default();
        let done = match denial.asked.starts_with(&denial.action) {
            true => denial.asked.clone(),
            false => format!("{} {}", denial.action, denial.asked),
        };
        let what = format!(
            "{done} [{}]{whose} · record {}",
            denial.code, denial.first.record
        );
        let painted = self.paint.error(&state);
        self.item(&state, &what, painted);
    }
}

fn leg_line(leg: &Leg) -> String {
    format!(
        "{}: {} · {} · {}",
        leg.plugin, leg.why, leg.grant, leg.place
    )
}

/// `1 run`, `2 runs`.
fn count(number: u64, of: &str) -> String {
    match number {
        1 => format!("1 {of}"),
        _ => format!("{number} {of}s"),
    }
}

/// The day of a time.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}
