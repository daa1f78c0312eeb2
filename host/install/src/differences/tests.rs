use remit_package::{Digest, EffectSource, NeedText};
use serde_json::json;

use super::*;

fn operation(name: &str, effect: Effect) -> Operation {
    Operation {
        name: name.into(),
        summary: "Does it.".into(),
        input_schema: json!({"type": "object", "properties": {"query": {}}}),
        output_schema: json!({"type": "object"}),
        effect,
        effect_source: EffectSource::Plugin,
        idempotent: true,
        function: None,
    }
}

fn locked(needs: &[&str]) -> LockedPlugin {
    let need = |grant: &&str| NeedText {
        grant: (*grant).to_owned(),
        reason: "To do it.".to_owned(),
    };
    let description = Description {
        name: "mail".into(),
        version: "0.1.0".into(),
        summary: "Reads mail.".into(),
        operations: vec![operation("search", Effect::Read)],
        needs: needs.iter().map(need).collect(),
        left_out: Vec::new(),
    };
    LockedPlugin {
        source: "oci://registry.test/mail:1".into(),
        resolved: None,
        version: description.version.clone(),
        digest: Digest::of(b"1"),
        signer: Some("minisign:A".into()),
        description,
    }
}

/// The lines for a change from one to the other, the version raised with it.
fn lines(change: impl FnOnce(&mut LockedPlugin)) -> Vec<String> {
    let mut now = locked(&["http GET https://a.test/v1/**"]);
    now.version = "0.2.0".into();
    now.description.version = "0.2.0".into();
    now.digest = Digest::of(b"2");
    change(&mut now);
    said(&locked(&["http GET https://a.test/v1/**"]), &now)
}

fn said(then: &LockedPlugin, now: &LockedPlugin) -> Vec<String> {
    let line = |difference: Difference| format!("{} {}", difference.mark.sign(), difference.what);
    between(then, now).into_iter().map(line).collect()
}

fn needs(then: &[&str], now: &[&str]) -> Vec<String> {
    let mut new = locked(now);
    new.version = "0.2.0".into();
    new.description.version = "0.2.0".into();
    said(&locked(then), &new)
}

#[test]
fn the_same_under_a_new_version_is_no_difference_but_the_version() {
    // The description differs in its version alone, which is said in the heading.
    assert_eq!(lines(|_| ()), ["~ what it says about itself"]);
}

#[test]
fn the_worst_comes_first() {
    let lines = lines(|now| {
        now.signer = Some("minisign:B".into());
        now.description.operations[0].effect = Effect::Write;
        now.description
            .operations
            .push(operation("list", Effect::Read));
        now.description
            .operations
            .push(operation("delete", Effect::Destructive));
        now.description.needs[0].grant = "http * https://a.test/v1/**".into();
        now.description.summary = "Reads\u{1b}[2J mail and more.".into();
    });
    assert_eq!(
        lines,
        [
            "~ signed by minisign:B, was by minisign:A",
            "~ effect raised: search is write, was read",
            "+ operation delete [destructive] “Does it.”",
            "+ need widened: http * https://a.test/v1/**, was http GET https://a.test/v1/**; a wildcard where there \
             was a name",
            "+ operation list [read] “Does it.”",
            "~ text: “Reads\\u{1b}[2J mail and more.”, was “Reads mail.”",
        ]
    );
}

#[test]
fn less_is_told_from_more() {
    let lines = lines(|now| {
        now.description.operations = vec![operation("read", Effect::Read)];
        now.signer = None;
    });
    assert_eq!(
        lines,
        [
            "- not signed, was by minisign:A",
            "+ operation read [read] “Does it.”",
            "- operation search",
        ]
    );
}

#[test]
fn other_code_under_the_same_version_is_said() {
    let mut now = locked(&[]);
    now.digest = Digest::of(b"2");
    assert_eq!(
        said(&locked(&[]), &now),
        ["~ other code under the same version 0.1.0"]
    );
    now.version = "0.0.9".into();
    now.description.version = "0.0.9".into();
    assert_eq!(
        said(&locked(&[]), &now),
        ["~ version 0.0.9, which is older than 0.1.0"]
    );
}

#[test]
fn a_need_is_widened_narrowed_or_another() {
    let was = "http GET https://a.test/v1/items";
    for (now, line) in [
        ("http GET,POST https://a.test/v1/items", "+ need widened"),
        ("http GET https://a.test/v1/*", "+ need widened"),
        ("http GET https://a.test/**", "+ need widened"),
        ("http GET https://*/v1/items", "+ need widened"),
        ("http GET https://*.test/v1/items", "+ need widened"),
        ("http POST https://a.test/v1/items", "~ need changed"),
        ("http GET https://a.test/v2/**", "~ need changed"),
        (
            "http GET https://b.test/v1/items",
            "+ need http GET https://b.test/v1/items",
        ),
        ("files read * /v1", "+ need files read * /v1"),
    ] {
        let lines = needs(&[was], &[now]);
        assert!(lines[0].starts_with(line), "{now}: {lines:?}");
        // The other way round it is the other way round.
        let back = needs(&[now], &[was]);
        match line {
            "+ need widened" => assert!(back[0].starts_with("- need narrowed"), "{back:?}"),
            "~ need changed" => assert!(back[0].starts_with("~ need changed"), "{back:?}"),
            _ => assert!(back.contains(&format!("- need {now}")), "{back:?}"),
        }
    }
    let lines = needs(&["files read * /mail"], &["files write * /mail"]);
    assert!(lines[0].starts_with("+ need widened"), "{lines:?}");
}

#[test]
fn to_say_nothing_of_needs_is_worse_than_to_say_something() {
    let lines = needs(&["http GET https://a.test/"], &[]);
    assert_eq!(
        lines,
        ["- it no longer says what it needs: only the grants bind it"]
    );
    let lines = needs(&[], &["http GET https://a.test/"]);
    assert_eq!(lines.len(), 2, "{lines:?}");
}

#[test]
fn each_part_of_a_description_that_is_another_is_said() {
    type Edit = fn(&mut Description);
    let changes: [(&str, Edit); 8] = [
        ("text of search", |it| it.operations[0].summary = "x".into()),
        ("search takes folder too, and no more query", |it| {
            it.operations[0].input_schema = json!({"type": "object", "properties": {"folder": {}}});
        }),
        ("search returns something else", |it| {
            it.operations[0].output_schema = json!({"type": "array"});
        }),
        ("search is no longer the same", |it| {
            it.operations[0].idempotent = false
        }),
        ("effect: search is unknown", |it| {
            it.operations[0].effect_source = EffectSource::Nobody;
        }),
        ("search is the function", |it| {
            it.operations[0].function = Some("f".into())
        }),
        ("reason of the need", |it| it.needs[0].reason = "x".into()),
        ("it calls itself other", |it| it.name = "other".into()),
    ];
    for (line, change) in changes {
        let lines = lines(|now| change(&mut now.description));
        assert!(lines[0].contains(line), "{line}: {lines:?}");
    }
}

#[test]
fn a_hostile_number_of_differences_is_capped_and_found_in_time() {
    let many = |from: usize| -> Vec<String> {
        (from..from + 100)
            .map(|n| format!("http GET https://a.test/{n}/**/**/**/**/**/**/**/**"))
            .collect()
    };
    let (then, now) = (many(0), many(1000));
    let lines = needs(
        &then.iter().map(String::as_str).collect::<Vec<_>>(),
        &now.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    assert!(lines.len() <= MAX_LINES + 1);
}
