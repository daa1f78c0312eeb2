//! The page of `remit audit report --html`, in a real browser: by keyboard, narrow, dark, on paper, without its script,
//! and with what a stranger might write into it.

use crate::support::{Browser, Remit, copy_folder, keys, root};
use std::path::PathBuf;

const HOSTILE: &str = "</script><img src=x onerror=\"document.title='owned'\">";

/// Sample skills, one of them run, and one with all that is bad: dangerous, denied, unused, and hostile texts.
fn page() -> (Remit, PathBuf) {
    let (remit, weekly) = Remit::with_skill("weekly-report");
    let samples = root().join("skills");
    for name in ["daily-brief", "inbox-triage"] {
        copy_folder(&samples.join(name), &remit.path().join("skills").join(name));
    }
    let hostile = HOSTILE.replace('"', "'");
    remit.write(
        "skills/outbox/SKILL.md",
        format!("---\nname: outbox\ndescription: Answers mail. \"{hostile}\"\n---\n")
            .replace("\"<", "<")
            .replace(">\"", ">"),
    );
    remit.write(
        "skills/outbox/skill.toml",
        format!(
            "[plugins.mail]\ncomponent = \"../../plugins/mail.wasm\"\noperations = [\"search\", \"read\"]\n\
             config = {{ folder = \"/mail\", more = '{HOSTILE2}' }}\n\n\
             [[plugins.mail.files]]\npath = \"data/mail\" # {HOSTILE}\nmount = \"/mail\"\n\n\
             [plugins.tracker]\ncomponent = \"../../plugins/tracker.wasm\"\noperations = [\"list_issues\"]\n\n\
             [[plugins.tracker.http]]\norigin = \"https://api.github.com\"\nmethods = [\"GET\"]\npaths = [\"/repos/**\"]\n\n\
             [[steps]]\nid = \"found\"\ncall = \"mail.search\"\nwith = {{ limit = 5 }}\n",
            HOSTILE2 = hostile.replace('\'', ""),
        ),
    );
    remit.write(
        "skills/outbox/data/mail/<img src=x onerror=alert(1)>.eml",
        "From: a@b.example\nSubject: x\nDate: Tue, 24 Nov 2026 10:00:00 +0000\n\nx\n",
    );
    remit
        .run(&["run", weekly.to_str().unwrap(), "--out", "one"])
        .exits(0);
    remit
        .run(&["run", "skills/outbox", "--approve", "--out", "two"])
        .exits(0);
    // It asks for a folder that it is not granted.
    remit.write(
        "skills/shut/SKILL.md",
        "---\nname: shut\ndescription: Is denied.\n---\n",
    );
    remit.write(
        "skills/shut/skill.toml",
        "[plugins.mail]\ncomponent = \"../../plugins/mail.wasm\"\noperations = [\"search\"]\n[[steps]]\nid = \"found\"\ncall = \"mail.search\"\n",
    );
    remit
        .run(&["run", "skills/shut", "--out", "three"])
        .exits(3);
    remit
        .run(&["audit", "report", "--html", "report.html"])
        .exits(0)
        .says("the page is report.html");
    let page = remit.path().join("report.html");
    (remit, page)
}

#[test]
fn the_page_is_used_by_keyboard_alone() {
    let (_remit, page) = page();
    let browser = Browser::start(1280, 900);
    browser.open(&page);
    let focus = || {
        browser.text("return document.activeElement.textContent.trim().slice(0, 60) + '|' + document.activeElement.id")
    };

    // The first stop leads past what stands before.
    browser.press(&[keys::TAB]);
    assert_eq!(focus(), "Skip to the skills|");
    assert!(
        browser.holds("document.activeElement.getBoundingClientRect().left >= 0"),
        "it is seen"
    );
    assert!(
        browser.holds("getComputedStyle(document.activeElement).outlineStyle !== 'none'"),
        "focus is seen"
    );
    browser.press(&[keys::ENTER]);
    assert_eq!(focus(), "Skills|skills");

    // Searching.
    browser.press(&["/"]);
    assert_eq!(focus(), "|search");
    browser.write("outbox tracker");
    assert_eq!(
        browser.text("return document.getElementById('found').textContent"),
        "1 of 10 plugins"
    );
    assert!(
        browser
            .holds("[...document.querySelectorAll('.plugin')].filter(p => !p.hidden).length === 1")
    );
    assert!(
        browser
            .holds("[...document.querySelectorAll('.skill')].filter(p => !p.hidden).length === 1")
    );
    assert!(browser.holds("[...document.querySelectorAll('.matrix tr[data-of]')].filter(r => r.offsetParent).length === 1"));
    browser.press(&[keys::ESCAPE]);
    assert_eq!(
        browser.text("return document.getElementById('found').textContent"),
        ""
    );
    browser.write("nothing is called so");
    assert_eq!(
        browser.text("return document.getElementById('found').textContent"),
        "0 of 10 plugins"
    );
    browser.press(&[keys::ESCAPE]);

    // Filters: one stop for all of them, arrows among them.
    browser.press(&[keys::TAB]);
    assert!(focus().starts_with("dangerous"), "{}", focus());
    browser.press(&[keys::RIGHT]);
    assert!(focus().starts_with("denied"), "{}", focus());
    browser.press(&[keys::ENTER]);
    assert!(browser.holds("document.activeElement.getAttribute('aria-pressed') === 'true'"));
    let shown = "return [...document.querySelectorAll('.plugin')].filter(p => !p.hidden).map(p => p.closest('.skill').querySelector('h3').textContent.trim()).join()";
    assert_eq!(browser.text(shown), "shut");
    browser.press(&[keys::ENTER]);
    for (filter, skills) in [
        ("dangerous", "outbox,outbox"),
        ("unused", "outbox,outbox"),
        ("changed", ""),
    ] {
        let press = format!("document.querySelector('[data-filter={filter}]').click()");
        browser.run(&press);
        assert_eq!(browser.text(shown), skills, "{filter}");
        browser.run(&press);
    }

    // The matrix: one stop, arrows in it, and Enter leads to the lines.
    browser.run("document.querySelector('.matrix a[tabindex=\"0\"]').focus()");
    let stops = "return String(document.querySelectorAll('.matrix a[tabindex=\"0\"]').length)";
    assert_eq!(browser.text(stops), "1");
    let first = focus();
    browser.press(&[keys::DOWN, keys::RIGHT]);
    assert_ne!(focus(), first);
    assert_eq!(browser.text(stops), "1");
    assert!(browser.holds("document.activeElement.closest('td') !== null"));
    browser.press(&[keys::ENTER]);
    assert!(browser.holds("document.activeElement.tagName === 'SUMMARY' && document.activeElement.parentElement.open"), "{}", focus());
    assert!(browser.holds("document.activeElement.parentElement.querySelector('.lines').textContent.includes('[[plugins.') || document.activeElement.parentElement.querySelector('.lines').textContent.includes('config')"));

    // Light and dark.
    let paper = "return getComputedStyle(document.body).backgroundColor";
    let light = browser.text(paper);
    browser.run("document.getElementById('theme').focus()");
    browser.press(&[keys::ENTER]);
    assert_ne!(browser.text(paper), light);
    assert!(focus().starts_with("Light"));
    browser.press(&[keys::ENTER]);
    assert_eq!(browser.text(paper), light);

    // All that can be reached has a name.
    let nameless = "return String([...document.querySelectorAll('a, button, summary, input')].filter(e => !(e.textContent.trim() || e.labels?.length || e.ariaLabel)).length)";
    assert_eq!(browser.text(nameless), "0");
    assert_eq!(browser.console(), [] as [&str; 0]);
}

#[test]
fn what_strangers_wrote_is_shown_and_does_nothing() {
    let (_remit, page) = page();
    let browser = Browser::start(1280, 900);
    browser.requests();
    browser.open(&page);
    browser.run("document.getElementById('all').click()");
    assert_eq!(
        browser.text("return document.title"),
        "Audit report: skills"
    );
    assert!(
        browser.holds("document.querySelectorAll('img, iframe, object, embed, link').length === 0")
    );
    assert!(browser.holds("document.querySelectorAll('script').length === 2"));
    assert!(
        browser.holds("document.body.textContent.includes('</script><img src=x')"),
        "it is shown as it is written"
    );
    assert!(
        browser.holds("document.body.textContent.includes('<img src=x onerror=alert(1)>.eml')"),
        "a file's name too"
    );
    assert!(browser.holds("JSON.parse(document.getElementById('data').textContent).format === 1"));
    let outside: Vec<String> = browser
        .requests()
        .into_iter()
        .filter(|url| !url.ends_with("/report.html"))
        .collect();
    assert_eq!(outside, [] as [&str; 0], "nothing is asked for");
    // The page's own policy holds even where markup gets in.
    browser.run("const d = document.createElement('div'); d.innerHTML = '<img src=x onerror=\"document.title=1\">'; document.body.append(d);");
    browser.run("const s = document.createElement('script'); s.textContent = 'document.title = 2'; document.body.append(s);");
    assert_eq!(
        browser.text("return document.title"),
        "Audit report: skills"
    );
    let refused = browser.console();
    assert!(
        refused
            .iter()
            .any(|line| line.contains("Content Security Policy")),
        "{refused:?}"
    );
}

#[test]
fn the_page_is_right_narrow_and_wide_in_light_and_dark_and_on_paper() {
    let (_remit, page) = page();
    let browser = Browser::start(1280, 900);
    browser.open(&page);
    let fits = "document.documentElement.scrollWidth <= window.innerWidth";
    for scheme in ["light", "dark"] {
        browser.media("screen", scheme);
        for width in [1280, 768, 480, 320] {
            browser.size(width, 900);
            for open in ["Open all", "Close all"] {
                assert!(browser.holds(fits), "{width} {scheme}, before {open}");
                assert_eq!(
                    browser.text("return document.getElementById('all').textContent"),
                    open
                );
                browser.run("document.getElementById('all').click()");
                if open == "Open all" {
                    browser.picture(&format!("{scheme}-{width}"));
                }
            }
        }
        let dark = browser.text("return getComputedStyle(document.body).backgroundColor")
            == "rgb(21, 24, 27)";
        assert_eq!(dark, scheme == "dark");
        // Text can be told from what it stands on, by the figures of WCAG 2.
        assert_eq!(browser.text(CONTRAST), "", "{scheme}");
    }
    // On paper everything is open, light, and without what can only be clicked.
    browser.size(800, 1100);
    browser.media("print", "dark");
    assert!(browser.holds("[...document.querySelectorAll('details > :not(summary)')].every(e => e.getBoundingClientRect().height > 0)"), "all is open");
    assert!(browser.holds("document.getElementById('find').offsetParent === null && document.getElementById('theme').offsetParent === null"));
    assert!(browser.holds("getComputedStyle(document.documentElement).colorScheme === 'light'"));
    browser.picture("print");
    assert_eq!(browser.console(), [] as [&str; 0]);
}

#[test]
fn without_its_script_all_of_it_can_be_read() {
    let (_remit, page) = page();
    let browser = Browser::start(1280, 900);
    browser.scripting(false);
    browser.open(&page);
    assert!(browser.holds(
        "document.getElementById('find').hidden && document.getElementById('theme').hidden"
    ));
    assert!(browser.holds(
        "[...document.querySelectorAll('.plugin, .skill, .matrix tr')].every(e => !e.hidden)"
    ));
    assert!(browser.holds("[...document.querySelectorAll('.matrix a')].every(a => document.querySelector(a.getAttribute('href')))"), "each link leads somewhere");
    // Native elements open without it.
    browser.run("document.querySelector('details.grant summary').click()");
    assert!(browser.holds("document.querySelector('details.grant').open"));
}

/// The texts whose contrast with what they stand on is below 4.5.
const CONTRAST: &str = "
const channel = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const read = text => text.match(/[\\d.]+/g).map(Number);
const under = element => {
  for (let e = element; e; e = e.parentElement) {
    const colour = read(getComputedStyle(e).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
const bad = [];
for (const element of document.querySelectorAll('body *')) {
  const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  if (!own || !element.getClientRects().length) continue;
  const style = getComputedStyle(element);
  if (style.visibility === 'hidden') continue;
  const back = under(element), opacity = Number(style.opacity);
  const ink = read(style.color).map((c, i) => i > 2 ? c : c * opacity + back[i] * (1 - opacity));
  const [a, b] = [light(ink), light(back)].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  if (ratio < 4.5) bad.push(`${element.tagName}.${element.className} ${ratio.toFixed(2)} ${element.textContent.slice(0, 30)}`);
}
return [...new Set(bad)].slice(0, 5).join('; ');
";
