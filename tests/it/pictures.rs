//! README's pictures of the terminal are snapshots of what the program prints, so that they cannot go stale.
//! `SNAPSHOTS=overwrite` draws them anew.

use crate::support::{Outcome, Remit, root};
use snapbox::data::{Data, DataFormat};
use snapbox::{IntoData, assert_data_eq};

/// What a person sees at a terminal, with what differs from run to run made equal.
fn screen(remit: &Remit, shown: &str, args: &[&str]) -> String {
    let mut command = remit.command(args);
    command.env("CLICOLOR_FORCE", "1");
    let Outcome { stdout, stderr, .. } = Outcome::of(command);
    let text = format!("\x1b[1m$ {shown}\x1b[0m\n{stderr}{stdout}");
    let mut words = Vec::new();
    for line in text.lines() {
        // `12 ms` is another in each run, and `× 49` is not.
        let mut parts: Vec<String> = line.split(' ').map(str::to_owned).collect();
        for index in 1..parts.len() {
            if parts[index].trim_end_matches("\x1b[0m") == "ms" {
                let number = parts[index - 1]
                    .trim_start_matches(|c: char| !c.is_ascii_digit())
                    .len();
                let keep = parts[index - 1].len() - number;
                // Within a colour's code there are digits too: only what follows its `m` is the number.
                let start = parts[index - 1].rfind('m').map_or(keep, |at| at + 1);
                parts[index - 1].replace_range(start.., "7");
            }
        }
        words.push(parts.join(" "));
    }
    words.join("\n") + "\n"
}

#[track_caller]
fn is_drawn(name: &str, screen: String) {
    let path = root().join("docs/img").join(name);
    let drawn = Data::read_from(&path, Some(DataFormat::TermSvg));
    assert_data_eq!(screen.into_data().coerce_to(DataFormat::TermSvg), drawn);
}

#[test]
fn a_run() {
    let (remit, _) = Remit::with_skill("weekly-report");
    let args = ["run", "skills/weekly-report", "--out", "report"];
    is_drawn(
        "run.svg",
        screen(&remit, "remit run skills/weekly-report --out report", &args),
    );
}

#[test]
fn a_card() {
    let (remit, _) = Remit::with_skill("service-review");
    is_drawn(
        "card.svg",
        screen(
            &remit,
            "remit show skills/service-review",
            &["show", "skills/service-review"],
        ),
    );
}

#[test]
fn a_denial() {
    let remit = Remit::new();
    let config = "config base-url=http://127.0.0.1:9090";
    let args = [
        "call",
        "plugins/metrics.wasm",
        "query",
        "--input",
        r#"{"query":"up"}"#,
        "--allow",
        config,
    ];
    let shown = format!(
        "remit call plugins/metrics.wasm query --input '{}' --allow '{config}'",
        r#"{"query":"up"}"#
    );
    is_drawn("denial.svg", screen(&remit, &shown, &args));
}
