//! The brief for a day: calendar, mail and tracker on one page, against a tracker on the loopback.

use crate::support::{Outcome, Prism, Remit, TRACKER, World, edit};
use serde_json::{Value, json};

impl World {
    /// Runs it, and gives the brief's data, Markdown and page.
    fn brief(&self, out: &str, more: &[&str]) -> (Value, String, String) {
        let mut args = vec!["--out", out];
        args.extend(more);
        self.run(&args).exits(0);
        let read =
            |name: &str| std::fs::read_to_string(self.remit.path().join(out).join(name)).unwrap();
        let data = serde_json::from_str(&read("brief.json")).unwrap();
        (data, read("brief.md"), read("brief.html"))
    }
}

fn list<'a>(data: &'a Value, key: &str) -> &'a Vec<Value> {
    data[key].as_array().unwrap()
}

/// `09:30 Stand-up` and so on.
fn meetings(data: &Value) -> Vec<String> {
    list(data, "meetings")
        .iter()
        .map(|it| format!("{} {}", it["start"], it["title"]).replace('"', ""))
        .collect()
}

fn meeting<'a>(data: &'a Value, title: &str) -> &'a Value {
    let found = list(data, "meetings")
        .iter()
        .find(|it| it["title"] == title);
    found.unwrap_or_else(|| panic!("no {title}: {:?}", meetings(data)))
}

fn numbers(items: &Value) -> Vec<u64> {
    let items = items.as_array().unwrap();
    items
        .iter()
        .map(|it| it["number"].as_u64().unwrap())
        .collect()
}

#[test]
fn without_approval_it_is_refused_with_the_card_and_a_hint() {
    let world = World::of("daily-brief");
    world
        .remit
        .run(&["run", world.skill.to_str().unwrap()])
        .exits(3)
        .says("error[not-approved]")
        .says(&format!(
            "! send GET to http://{}",
            world.tracker.authority()
        ))
        .says("/repos/{inputs.repo}/issues")
        .says("hint:")
        .says("--approve");
    assert_eq!(world.tracker.asked(), Vec::<String>::new());
}

#[test]
fn the_card_has_no_grant_that_comes_to_nothing() {
    let (remit, skill) = Remit::with_skill("daily-brief");
    let out = remit.run(&["show", skill.to_str().unwrap()]).exits(0);
    assert!(
        !out.stdout.contains("nothing comes of it"),
        "{}",
        out.stdout
    );
    let check = remit.run(&["check", skill.to_str().unwrap()]).exits(0);
    assert_eq!(check.stdout, "daily-brief: ok\n");
}

#[test]
fn meetings_are_those_of_the_day_on_ones_own_clock() {
    let (data, markdown, page) = World::of("daily-brief").brief("out", &[]);
    // Recurring ones of three zones, by their exceptions: the stand-up is moved, the one to one is left out, the
    // interview is cancelled.
    assert_eq!(
        meetings(&data),
        [
            "09:00 港湾計測 定例会議",
            "09:30 Stand-up",
            "10:00 Planning",
            "11:00 Go or no-go: 3.4, wave 3",
            "12:30 Figures for the board",
            "15:30 Narragansett pilot",
            "16:30 Keravel: what the port council gets",
        ]
    );
    assert_eq!(meeting(&data, "Stand-up")["moved_from"], "09:00");
    assert_eq!(
        meeting(&data, "Stand-up")["declined"],
        json!(["Jonas Weber"])
    );
    let pilot = meeting(&data, "Narragansett pilot");
    assert_eq!(pilot["there"], "09:30 America/New_York");
    assert_eq!(list(&data, "all_day").len(), 2);
    for text in [&markdown, &page] {
        assert!(!text.contains("Interview: field engineer"), "{text}");
        assert!(!text.contains("One to one"), "{text}");
        assert!(text.contains("Skagerrak: storm surge watch"), "{text}");
    }
}

#[test]
fn overlaps_are_flagged_and_free_times_are_between_meetings() {
    let (data, markdown, page) = World::of("daily-brief").brief("out", &[]);
    assert_eq!(data["overlapping"], 2);
    let planning = &meeting(&data, "Planning")["overlaps"];
    assert_eq!(planning, &json!(["Go or no-go: 3.4, wave 3"]));
    assert!(markdown.contains("**Overlaps** Planning"), "{markdown}");
    assert!(page.contains("overlaps Planning"));
    let free: Vec<_> = list(&data, "free")
        .iter()
        .map(|it| format!("{}-{}", it["start"], it["end"]).replace('"', ""))
        .collect();
    assert_eq!(
        free,
        [
            "08:00-09:00",
            "09:45-10:00",
            "11:30-12:30",
            "13:00-15:30",
            "16:15-16:30"
        ]
    );
}

#[test]
fn what_waits_and_what_belongs_together() {
    let (data, markdown, _) = World::of("daily-brief").brief("out", &[]);
    let tracker = &data["tracker"];
    assert_eq!(numbers(&tracker["review"]), [421, 418]);
    assert_eq!(numbers(&tracker["assigned"]), [388, 409, 402]);
    assert_eq!(numbers(&tracker["labelled"]), [396, 412]);
    assert_eq!(numbers(&tracker["yours"]), [411]);
    // A mail that names an issue, a meeting that names a pull request, and one that names an issue by its address.
    assert_eq!(
        tracker["labelled"][1]["mail"],
        json!(["Declan Byrne"]),
        "#412"
    );
    assert_eq!(numbers(&meeting(&data, "Planning")["about"]), [402, 418]);
    let decision = meeting(&data, "Go or no-go: 3.4, wave 3");
    assert_eq!(numbers(&decision["about"]), [409]);
    assert_eq!(decision["mail"][0]["who"], "Tomás Reis");
    assert!(
        markdown
            .contains("- [#418](https://github.com/brackwater/harbour-view/pull/418) Roster page"),
        "{markdown}"
    );
}

#[test]
fn mail_is_sorted_by_reasons_in_every_language() {
    let (data, _, page) = World::of("daily-brief").brief("out", &[]);
    let who = |key: &str| -> Vec<&str> {
        let all = list(&data, key).iter();
        all.map(|it| it["who"].as_str().unwrap()).collect()
    };
    let important = who("important");
    assert_eq!(important[0], "Declan Byrne");
    for name in [
        "佐藤 健",
        "陈伟",
        "Eike Harms",
        "Yann Le Goff",
        "Ruth Okafor",
    ] {
        assert!(important.contains(&name), "{important:?}");
    }
    let other = ["Nuno Conceição", "Ingrid Solheim", "Гульнара Асанова"];
    assert_eq!(who("other"), other);
    assert_eq!(who("suspects"), ["Brackwater IT Desk"]);
    assert_eq!(who("machines").len(), 4);
    // ISO-2022-JP, GB18030 and Windows-1252 are read as what they are.
    for text in [
        "警報SMSの到着が最大14分",
        "交货期可以从14周缩短到11周",
        "Pourriez-vous m’envoyer",
    ] {
        assert!(page.contains(text), "{text}");
    }
    // What was read, and what came before yesterday evening, is no news.
    assert!(!page.contains("Lunch on Thursday"));
}

#[test]
fn edited_calendars_mail_and_issues_change_the_brief() {
    let world = World::of("daily-brief");
    let calendar = world.skill.join("data/calendar/team.ics");
    edit(
        &calendar,
        "SUMMARY:Figures for the board",
        "SUMMARY:Turnips for the board",
    );
    edit(&calendar, "STATUS:CANCELLED", "STATUS:CONFIRMED");
    let issues = world
        .skill
        .join("data/github/brackwater/harbour-view/issues.json");
    edit(
        &issues,
        "Limit of SMS per alarm",
        "Limit of turnips per alarm",
    );
    world.remit.write(
        "skills/daily-brief/data/mail/INBOX/new/1.turnips.mail",
        "From: Zoe <zoe@example.org>\nTo: mara@brackwater.example\nSubject: Urgent turnips\n\
         Date: Tue, 24 Nov 2026 08:30:00 +0100\n\nWhat of #388?\n",
    );
    let (data, markdown, page) = world.brief("out", &[]);
    assert!(meetings(&data).contains(&"12:30 Turnips for the board".to_owned()));
    assert!(meetings(&data).contains(&"13:00 Interview: field engineer, third round".to_owned()));
    assert_eq!(data["tracker"]["assigned"][0]["mail"], json!(["Zoe"]));
    for text in [&markdown, &page] {
        assert!(text.contains("Limit of turnips per alarm"));
        assert!(text.contains("Urgent turnips"));
    }
}

#[test]
fn another_day_has_other_meetings() {
    let (data, ..) = World::of("daily-brief").brief("out", &["--input", "day=2026-11-25"]);
    assert_eq!(meetings(&data), ["09:00 Stand-up"]);
    assert_eq!(meeting(&data, "Stand-up")["moved_from"], "");
}

#[test]
fn hostile_titles_and_subjects_stay_text() {
    let world = World::of("daily-brief");
    let title = r"| x | <script>alert(1)</script> **bold** [here](https://evil.example) `c` #409";
    let pulls = world
        .skill
        .join("data/github/brackwater/harbour-view/pulls.json");
    let in_json = serde_json::to_string(title).unwrap();
    edit(&pulls, "\"Roster page: one list per harbour\"", &in_json);
    // Its address leads somewhere else.
    edit(
        &pulls,
        "https://github.com/brackwater/harbour-view/pull/418",
        "javascript:alert(1)//418",
    );
    edit(
        &world.skill.join("data/calendar/team.ics"),
        "SUMMARY:Planning",
        &format!("SUMMARY:{}", title.replace(',', "\\,")),
    );
    world.remit.write(
        "skills/daily-brief/data/mail/INBOX/new/1.eve.mail",
        format!(
            "From: \"<img src=x>\" <eve@example.org>\nTo: mara@brackwater.example\nSubject: {title}\n\
             Date: Tue, 24 Nov 2026 08:30:00 +0100\n\n# Urgent\n\n<iframe src=//evil.example></iframe>?\n"
        ),
    );
    let (data, markdown, page) = world.brief("out", &[]);
    assert_eq!(data["tracker"]["review"][1]["title"], title);
    for tag in [
        "<script",
        "<img",
        "<iframe",
        "javascript:",
        "href=\"https://evil",
    ] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert!(page.contains("&lt;script&gt;"));
    for mark in [
        "<script",
        "<img",
        "<iframe",
        "**bold**",
        "[here](",
        "`c`",
        "javascript:",
        "\n# Urgent",
    ] {
        assert!(!markdown.contains(mark), "{mark}:\n{markdown}");
    }
    for outside in ["src=\"", "@import", "url(", "<link", "<script"] {
        assert!(
            !page.contains(outside),
            "the page is not self-contained: {outside}"
        );
    }
}

#[test]
fn it_asks_two_lists_of_one_repository_and_is_denied_without_the_grant() {
    let world = World::of("daily-brief");
    world.brief("whole", &[]);
    let asked = world.tracker.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[0].contains("GET /repos/brackwater/harbour-view/issues?"));
    assert!(asked[1].contains("GET /repos/brackwater/harbour-view/pulls?"));

    let manifest = world.skill.join("skill.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let start = text.find("[[plugins.tracker.http]]").unwrap();
    let end = start + text[start..].find("\n\n").unwrap();
    std::fs::write(&manifest, format!("{}{}", &text[..start], &text[end..])).unwrap();
    world
        .run(&["--out", "without"])
        .exits(3)
        .says("error[http-host-denied]: step issues: tracker.list_issues was refused")
        .says("/repos/brackwater/harbour-view/issues");
    assert!(!world.remit.path().join("without/brief.md").exists());
    assert_eq!(world.tracker.asked().len(), 2);
}

#[test]
fn a_tracker_that_is_down_is_said_and_can_be_left_out() {
    let (remit, skill) = Remit::with_skill("daily-brief");
    // A port that is free, since it was just now.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = port.local_addr().unwrap().to_string();
    drop(port);
    edit(&skill.join("skill.toml"), TRACKER, &authority);
    let skill = skill.to_str().unwrap();
    remit
        .run(&["run", skill, "--approve", "--out", "down"])
        .exits(1)
        .says("step issues: tracker.list_issues")
        .says("refused");
    let alone = ["--input", "tracker=false", "--out", "alone"];
    let args = [&["run", skill, "--approve"][..], &alone].concat();
    remit.run(&args).exits(0);
    let text = std::fs::read_to_string(remit.path().join("alone/brief.md")).unwrap();
    assert!(
        text.contains("Planning") && !text.contains("Assigned to you"),
        "{text}"
    );
}

#[test]
fn a_token_is_sent_where_the_line_for_it_is_taken_in() {
    let world = World::of("daily-brief");
    edit(&world.skill.join("skill.toml"), "# auth =", "auth =");
    world
        .run(&["--out", "unset"])
        .exits(3)
        .says("error[secret-unavailable]");
    assert_eq!(world.tracker.asked(), Vec::<String>::new());
    let mut command = world.remit.command(&[
        "run",
        world.skill.to_str().unwrap(),
        "--approve",
        "--out",
        "set",
    ]);
    command.env("REMIT_SECRET_GITHUB_TOKEN", "ghp_5e4c9f1d7b2a");
    Outcome::of(command).exits(0);
    let used = world.remit.audit().into_iter();
    let used = used.filter(|it| it["capability"] == "secret" && it["allowed"] == true);
    assert_eq!(used.count(), 2);
}

#[test]
fn githubs_own_description_answers_it() {
    let (prism, (remit, skill)) = (Prism::start(), Remit::with_skill("daily-brief"));
    edit(&skill.join("skill.toml"), TRACKER, &prism.authority());
    let args = [
        "run",
        skill.to_str().unwrap(),
        "--approve",
        "--input",
        "repo=octocat/Hello-World",
        "--input",
        "login=other_user",
        "--out",
        "out",
    ];
    remit.run(&args).exits(0);
    assert_eq!(prism.violations(), Vec::<String>::new());
    let text = std::fs::read_to_string(remit.path().join("out/brief.md")).unwrap();
    // Each page of the description's example is the same, so it is there once.
    let asked = "#1347](https://github.com/octocat/Hello-World/pull/1347) Amazing new feature (pull request";
    assert_eq!(text.matches(asked).count(), 1, "{text}");
}
