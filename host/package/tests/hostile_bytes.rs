//! Nothing that is read makes the host panic, and each error can be shown as it is.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use remit_package::{Description, Lock, Manifest, PackageError, SkillDoc, inspect};
use remit_policy::is_display_safe;

static PLUGIN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read(here.join("../../tests/guests/evil.wasm")).unwrap()
});
static MANIFEST: &str = include_str!("manifests/valid/everything.toml");
const SKILL: &str = "---\nname: demo\ndescription: >-\n  A demo.\nlicense: MIT\nmetadata:\n  a: \"b\"\n---\n# Demo\n";
const LOCK: &str = r#"version = 1

[plugins.mail]
source = "mail.wasm"
digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

[plugins.mail.description]
name = "mail"
version = "0.1.0"
summary = "Reads mail."
operations = [{ name = "read", summary = "Reads.", input_schema = '{"type":"object"}', output_schema = "{}", effect = "read", idempotent = true }]
needs = [{ grant = "files read * /mail", reason = "" }]
"#;

/// One thing done to some bytes.
#[derive(Clone, Debug)]
enum Edit {
    Set(Index, u8),
    Cut(Index, Index),
    Repeat(Index, Index),
    Insert(Index, Vec<u8>),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let nasty = prop_oneof![
        any::<[u8; 2]>().prop_map(|bytes| bytes.to_vec()),
        prop::sample::select(vec![
            "\u{202e}",
            "\u{200b}",
            "\u{1b}[2J",
            "\0",
            "[[",
            "]]",
            "{{",
            "'''",
            "\"\"\"",
            "&a ",
            "*a",
            "---\n",
            "= ",
            "99999999999999999999",
            "nan",
            "1979-05-27",
            "\u{e0041}",
            ".",
            "..",
            "а",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        Just(vec![0xff; 9]),
        Just(vec![0x80; 40]),
    ];
    let edit = prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::Cut(from, to)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::Repeat(from, to)),
        (any::<Index>(), nasty).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
    ];
    prop::collection::vec(edit, 1..6)
}

fn edited(original: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for edit in edits {
        let length = bytes.len() + 1;
        match edit {
            Edit::Set(at, byte) => {
                if let Some(place) = bytes.get_mut(at.index(length)) {
                    *place = *byte;
                }
            }
            Edit::Cut(from, to) => {
                let (from, to) = (from.index(length), to.index(length));
                // Mostly short: a long cut leaves little to look at.
                let to = to.max(from).min(from + 64);
                bytes.drain(from..to);
            }
            Edit::Repeat(from, to) => {
                let (from, to) = (from.index(length), to.index(length));
                let copied = bytes[from..to.max(from).min(from + 512)].to_vec();
                bytes.splice(from..from, copied);
            }
            Edit::Insert(at, new) => {
                let at = at.index(length);
                bytes.splice(at..at, new.iter().copied());
            }
        }
    }
    bytes
}

fn edited_text(original: &str, edits: &[Edit]) -> String {
    String::from_utf8_lossy(&edited(original.as_bytes(), edits)).into_owned()
}

#[track_caller]
fn can_be_shown<T>(result: Result<T, PackageError>, text: &str) {
    if let Err(error) = result {
        let shown = format!("{error} {}", error.hint().unwrap_or_default());
        assert!(is_display_safe(&shown), "{shown:?}");
        assert!(shown.len() < 4000, "{} bytes", shown.len());
        assert!(
            PackageError::CODES
                .iter()
                .any(|(code, _)| *code == error.code())
        );
        if let Some(line) = error.line() {
            assert!(
                (1..=text.matches('\n').count() + 2).contains(&line),
                "{error}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        can_be_shown(inspect(&bytes), "");
        let mut component = b"\0asm\x0d\0\x01\0".to_vec();
        component.extend(&bytes);
        can_be_shown(inspect(&component), "");
    }

    #[test]
    fn random_text_is_an_answer(text in any::<String>()) {
        can_be_shown(Manifest::parse("skill.toml", &text), &text);
        can_be_shown(SkillDoc::parse(&text, "demo"), &text);
        can_be_shown(SkillDoc::parse(&format!("---\n{text}\n---\n"), &text), &format!("\n{text}\n\n"));
        can_be_shown(Lock::parse(&text), &text);
    }

    #[test]
    fn changed_manifests_are_an_answer(edits in edits()) {
        let text = edited_text(MANIFEST, &edits);
        can_be_shown(Manifest::parse("skill.toml", &text), &text);
    }

    #[test]
    fn changed_skill_documents_are_an_answer(edits in edits()) {
        let text = edited_text(SKILL, &edits);
        can_be_shown(SkillDoc::parse(&text, "demo"), &text);
    }

    #[test]
    fn changed_locks_are_an_answer(edits in edits()) {
        let text = edited_text(LOCK, &edits);
        can_be_shown(Lock::parse(&text), &text);
    }

    #[test]
    fn any_description_is_an_answer(name in any::<String>(), version in any::<String>(), summary in any::<String>(), operation in any::<String>()) {
        let text = LOCK.to_owned();
        let mut lock = Lock::parse(&text).unwrap();
        for locked in lock.plugins.values_mut() {
            let description: &mut Description = &mut locked.description;
            can_be_shown(description.check(), "");
            description.operations[0].name = operation.clone();
            can_be_shown(description.check(), "");
            description.version = version.clone();
            can_be_shown(description.check(), "");
            description.summary = summary.clone();
            description.name = name.clone();
            can_be_shown(description.check(), "");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_components_are_an_answer(edits in edits()) {
        can_be_shown(inspect(&edited(&PLUGIN, &edits)), "");
    }
}

/// A manifest is at most 256 KiB; so much of one thing fits in it.
#[test]
fn deep_and_long_manifests_are_an_answer_and_not_a_stack_overflow() {
    let much = 100_000;
    let path = vec!["a"; much / 2].join(".");
    for text in [
        format!("x = {}", "[".repeat(much)),
        format!("x = {}1{}", "[".repeat(much), "]".repeat(much)),
        format!("x = {}", "{a=".repeat(much / 2)),
        format!("[{path}]\n"),
        format!("{path} = 1\n"),
        format!("[inputs.a]\ntype = \"string\"\ndefault.{path} = 1\n"),
        format!("[inputs.a]\ntype = \"object\"\nproperties.{path}.type = \"string\"\n"),
        format!(
            "[plugins.b]\ncomponent = \"b\"\n[[steps]]\nid = \"a\"\ncall = \"b.c\"\nwith.{path} = 1\n"
        ),
        "[[steps]]\n".repeat(much / 10),
        format!("x = \"{}\"", "y".repeat(much)),
        "\n".repeat(much),
        "a = 1\n".repeat(much / 10),
    ] {
        can_be_shown(Manifest::parse("skill.toml", &text), &text);
    }
}

#[test]
fn deep_and_multiplying_front_matters_are_an_answer() {
    let much = 100_000;
    let laughs: String = (1..20)
        .map(|n| {
            format!(
                "  k{n}: &a{n} [{}]\n",
                vec![format!("*a{}", n - 1); 9].join(", ")
            )
        })
        .collect();
    for front in [
        "[".repeat(much),
        "{a: ".repeat(much),
        "- ".repeat(much),
        format!("metadata:\n  k0: &a0 lol\n{laughs}"),
        "a: &x [*x]".to_owned(),
        "<<: *a".repeat(9),
        "name: !!binary aGk=".to_owned(),
        "? ".repeat(much),
    ] {
        let text = format!("---\n{front}\n---\n");
        let read = SkillDoc::parse(&text, "demo");
        assert!(read.is_err());
        can_be_shown(read, &text);
    }
}
