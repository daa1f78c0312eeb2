//! One skill: its dangers, its plugins, their grants with their lines and records.

use super::Detail;
use super::escape::{Page, count, moment, number};
use super::parts::{class, flags, origin, runs};
use crate::report::{
    AgentsReport, Danger, Denial, GrantReport, Leg, OperationReport, PluginReport, SkillReport,
};

pub(super) fn skill(page: &mut Page, s: usize, skill: &SkillReport, detail: Detail) {
    page.raw(&format!("<article class=\"skill\" id=\"s{s}\" tabindex=\"-1\" aria-labelledby=\"s{s}h\">\n<h3 id=\"s{s}h\">"));
    page.text(&skill.name);
    if let Some(version) = &skill.version {
        page.raw(" ");
        page.element("span", " class=\"of\"", version);
    }
    page.raw("</h3>\n");
    page.element("p", " class=\"says\"", &skill.summary);
    page.raw("<p class=\"of\">");
    page.element("code", "", &skill.folder);
    page.text(&format!(" · {}", runs(skill)));
    if skill.runs.other_folder > 0 {
        page.text(&format!(
            " · {} from another folder of that name",
            number(skill.runs.other_folder)
        ));
    }
    page.raw("</p>\n");
    if let Some(danger) = &skill.danger {
        self::danger(page, danger);
    }
    if let Some(agents) = &skill.agents {
        self::agents(page, agents);
    }
    for (name, client) in &skill.clients {
        let text = format!(
            "Used by {name}: {}, {}, {} denied.",
            count(client.runs, "session"),
            count(client.calls, "call"),
            number(client.denied)
        );
        page.element("p", " class=\"of\"", &text);
    }
    if let Some(error) = &skill.lock_error {
        page.element(
            "p",
            " class=\"notice\"",
            &format!("remit.lock cannot be read: {error}"),
        );
    }
    for (p, plugin) in skill.plugins.iter().enumerate() {
        self::plugin(page, &format!("s{s}p{p}"), skill, plugin, detail);
    }
    if skill.plugins.is_empty() {
        page.raw("<p class=\"of\">It uses no plugin and is granted nothing.</p>\n");
    }
    if !skill.refused.is_empty() {
        page.raw("<h4>Refused before a call began</h4>\n");
        denials(page, &skill.refused);
    }
    page.raw("</article>\n");
}

fn danger(page: &mut Page, danger: &Danger) {
    page.raw("<div class=\"danger\" role=\"note\">\n<p><span class=\"mark bad\">dangerous</span> What a stranger wrote can make this skill send private data away.</p>\n<div class=\"legs\">\n");
    for (name, legs) in [
        ("Reads private data", &danger.private),
        ("Reads what strangers write", &danger.untrusted),
        ("Can send out", &danger.out),
    ] {
        page.raw("<div>");
        page.element("h4", "", name);
        page.raw("<ul>\n");
        for leg in legs {
            self::leg(page, leg);
        }
        page.raw("</ul></div>\n");
    }
    page.raw("</div>\n");
    for flow in &danger.flows {
        let text = format!(
            "It did: {} of {} had input that was made from what {} read (records {} to {}).",
            count(flow.calls, "call"),
            flow.to,
            flow.from,
            flow.first,
            flow.last
        );
        page.element("p", " class=\"flow\"", &text);
    }
    page.raw("</div>\n");
}

fn agents(page: &mut Page, agents: &AgentsReport) {
    page.raw("<div class=\"danger\" role=\"note\">\n<p><span class=\"mark bad\">dangerous</span> Agents write without asking: ");
    for operation in &agents.operations {
        page.element("code", "", operation);
        page.raw(" ");
    }
    let AgentsReport { who, time, .. } = agents;
    page.text(&format!("as {who} allowed on {} UTC.", moment(time)));
    page.raw("</p>\n</div>\n");
}

fn leg(page: &mut Page, leg: &Leg) {
    page.raw("<li>");
    page.element("strong", "", &leg.plugin);
    page.text(&format!(" {} ", leg.why));
    page.raw(&format!(
        "<span class=\"mark {}\">{}</span> ",
        class(leg.state),
        leg.state.says()
    ));
    page.element("code", "", &leg.grant);
    page.raw(" ");
    page.element("span", " class=\"place\"", &leg.place);
    page.raw("</li>\n");
}

fn plugin(page: &mut Page, id: &str, skill: &SkillReport, plugin: &PluginReport, detail: Detail) {
    let flags = flags(skill, plugin).join(" ");
    page.raw(&format!("<section class=\"plugin\" id=\"{id}\" data-flags=\"{flags}\" tabindex=\"-1\" aria-labelledby=\"{id}h\">\n<h4 id=\"{id}h\">"));
    page.text(&plugin.alias);
    page.raw("</h4>\n<p class=\"of\">");
    origin(page, plugin);
    let mut facts = Vec::new();
    if let Some(name) = &plugin.name {
        facts.push(match &plugin.version {
            Some(version) => format!("{name} {version}"),
            None => name.clone(),
        });
    }
    facts.push(count(plugin.calls, "call"));
    facts.push(format!("effect {}", plugin.effect));
    if let Some(signer) = &plugin.signer {
        facts.push(format!("signed by {signer}"));
    }
    if let Some(later) = &plugin.outdated {
        facts.push(format!("there is {later}"));
    }
    page.text(&facts.join(" · "));
    page.raw("</p>\n<p class=\"of\">");
    page.element("code", "", &plugin.component);
    page.raw(" ");
    page.element("span", " class=\"place\"", &plugin.place);
    if let Some(digest) = &plugin.digest {
        page.raw(" ");
        page.element("code", " class=\"digest\"", digest);
    }
    page.raw("</p>\n");
    if let Some(error) = &plugin.error {
        page.element("p", " class=\"notice\"", error);
    }
    operations(page, id, &plugin.operations);
    for (g, grant) in plugin.grants.iter().enumerate() {
        self::grant(page, &format!("{id}g{g}"), grant, detail);
    }
    let (by_runtime, told): (Vec<&Denial>, Vec<&Denial>) =
        plugin.denied.iter().partition(|denial| denial.by_runtime);
    if !plugin.denied.is_empty() {
        let many: u64 = told.iter().map(|denial| denial.count).sum();
        page.raw(&format!("<details id=\"{id}d\" class=\"denials\"><summary><span class=\"mark denied\">{} denied</span>", number(many)));
        if !by_runtime.is_empty() {
            let many: u64 = by_runtime.iter().map(|denial| denial.count).sum();
            page.text(&format!(
                " and {} that its language's runtime tries by itself",
                number(many)
            ));
        }
        page.raw("</summary>\n");
        denials(page, &plugin.denied);
        page.raw("</details>\n");
    }
    page.raw("</section>\n");
}

fn operations(page: &mut Page, id: &str, operations: &[OperationReport]) {
    if operations.is_empty() {
        return;
    }
    page.raw(&format!(
        "<p id=\"{id}o\" tabindex=\"-1\" class=\"operations\">May call "
    ));
    for operation in operations {
        page.raw(&format!("<span class=\"mark {}\">", class(operation.state)));
        page.text(&operation.name);
        if let Some(effect) = operation.effect {
            page.text(&format!(" ({effect})"));
        }
        page.text(&match (operation.calls, operation.last) {
            (0, _) | (_, None) => format!(", {}", operation.state.says()),
            (calls, Some(last)) => format!(", {}, last record {last}", count(calls, "call")),
        });
        page.raw("</span> ");
    }
    page.raw("</p>\n");
}

fn grant(page: &mut Page, id: &str, grant: &GrantReport, detail: Detail) {
    page.raw(&format!(
        "<details id=\"{id}\" class=\"grant\"><summary><span class=\"mark {}\">",
        class(grant.state)
    ));
    match grant.uses {
        0 => page.text(grant.state.says()),
        uses => page.text(&format!("used {}×", number(uses))),
    }
    page.raw("</span> ");
    page.element("span", " class=\"may\"", &format!("may {}", grant.says));
    page.raw(" ");
    page.element("span", " class=\"place\"", &grant.place);
    page.raw("</summary>\n<p>");
    page.element("code", "", &grant.grant);
    page.raw("</p>\n");
    if !grant.excerpt.is_empty() && detail == Detail::Full {
        page.raw("<pre class=\"lines\">");
        for line in &grant.excerpt {
            let number = line.number;
            page.raw(&format!(
                "<span class=\"line\"><span class=\"n\">{number}</span>"
            ));
            page.text(&line.text);
            page.raw("</span>");
        }
        page.raw("</pre>\n");
    }
    let had = match grant.runs {
        0 => "No run that ended well has had it yet.".to_owned(),
        runs => format!("{} that ended well had it.", count(runs, "run")),
    };
    let actions: Vec<String> = grant
        .actions
        .iter()
        .map(|(action, many)| format!("{} {action}", number(*many)))
        .collect();
    let said = match (&grant.first, &grant.last) {
        (Some(first), Some(last)) => format!(
            "{had} Used for {}; first in record {} ({} UTC), last in record {} ({} UTC).",
            actions.join(", "),
            first.record,
            moment(&first.time),
            last.record,
            moment(&last.time)
        ),
        _ => had,
    };
    page.element("p", " class=\"of\"", &said);
    if !grant.samples.is_empty() && detail == Detail::Full {
        page.raw("<table class=\"records\"><caption>Records</caption><thead><tr><th scope=\"col\">Record</th><th scope=\"col\">When (UTC)</th><th scope=\"col\">What</th><th scope=\"col\">Run</th></tr></thead><tbody>\n");
        for sample in &grant.samples {
            page.raw(&format!(
                "<tr><td data-label=\"Record\">{}</td><td data-label=\"When (UTC)\">",
                sample.record
            ));
            page.text(&moment(&sample.time));
            page.raw("</td><td data-label=\"What\">");
            page.element("code", "", &format!("{} {}", sample.action, sample.asked));
            if sample.count > 1 {
                page.text(&format!(" {}×", number(sample.count)));
            }
            page.raw("</td><td data-label=\"Run\">");
            page.text(&sample.run);
            page.raw("</td></tr>\n");
        }
        page.raw("</tbody></table>\n");
    }
    page.raw("</details>\n");
}

fn denials(page: &mut Page, denials: &[Denial]) {
    page.raw("<table class=\"records\"><caption>What was denied</caption><thead><tr><th scope=\"col\">How often</th><th scope=\"col\">What</th><th scope=\"col\">Why</th><th scope=\"col\">Records</th></tr></thead><tbody>\n");
    for denial in denials {
        page.raw(&format!(
            "<tr><td data-label=\"How often\">{}×</td><td data-label=\"What\">",
            number(denial.count)
        ));
        let done = match denial.asked.starts_with(&denial.action) {
            true => denial.asked.clone(),
            false => format!("{} {}", denial.action, denial.asked),
        };
        page.element("code", "", &format!("{} {done}", denial.capability));
        page.raw("</td><td data-label=\"Why\">");
        page.element("code", "", &denial.code);
        if let Some(layer) = &denial.layer {
            page.text(&format!(" by the {layer}"));
        }
        if let Some(narrowest) = &denial.narrowest {
            page.raw("<br><span class=\"of\">would be opened by</span> ");
            page.element("code", "", narrowest);
        }
        page.raw("</td><td data-label=\"Records\">");
        page.text(&match denial.first.record == denial.last.record {
            true => denial.first.record.to_string(),
            false => format!("{} to {}", denial.first.record, denial.last.record),
        });
        if !denial.run.is_empty() {
            page.raw(" <span class=\"of\">");
            page.text(&denial.run);
            page.raw("</span>");
        }
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody></table>\n");
}
