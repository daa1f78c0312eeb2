//! The operator's ceiling: what it forbids nobody can approve, and CI can tell before.

use crate::support::{Remit, evil};
use serde_json::{Value, json};

const POLICY: &str = r#"# The team's ceiling.
max_effect = "read"
open = ["config"]
allow = [
  "files read . *",
  "files write {run} *",
  "http GET https://api.example.org/repos/**",
]

[limits]
memory = "32MiB"
requests = 10
"#;

fn policy(remit: &Remit, text: &str) {
    remit.write("config/remit/policy.toml", text);
}

/// A skill around the evil guest with more lines in its plugin's table; the first grants stand on line 5.
fn skill(remit: &Remit, path: &str, more: &str) {
    std::fs::copy(evil(), remit.path().join("plugins/evil.wasm")).unwrap();
    let name = path.rsplit('/').next().unwrap();
    let up = "../".repeat(path.matches('/').count() + 1);
    remit.write(
        &format!("{path}/SKILL.md"),
        format!("---\nname: {name}\ndescription: Probes. Use in tests.\n---\n\nProbe.\n"),
    );
    remit.write(&format!("{path}/data/f"), "text");
    remit.write(
        &format!("{path}/skill.toml"),
        format!(
            "version = \"0.1.0\"\n[plugins.evil]\ncomponent = \"{up}plugins/evil.wasm\"\noperations = [\"do\"]\n{more}\n\n\
             [[steps]]\nid = \"one\"\ncall = \"evil.do\"\nwith = {{ op = \"config\", key = \"k\" }}\n"
        ),
    );
}

const WITHIN: &str = "grants = [\"http GET https://api.example.org/repos/x/issues\", \"files read ./data /data\", \"config k=v\"]";

/// What each grant is refused with: the line of the policy, and an example.
const BEYOND: [(&str, &str, &str); 6] = [
    (
        "http GET,POST https://api.example.org/repos/x/issues",
        "policy.toml:7",
        "for example POST https://api.example.org/repos/x/issues",
    ),
    (
        "http GET https://api.example.org/**",
        "policy.toml:7",
        "for example GET https://api.example.org/x",
    ),
    (
        "http GET https://*.example.org/repos/x",
        "policy.toml:4",
        "for example GET https://x.example.org/repos/x",
    ),
    (
        "files write ./data /data",
        "policy.toml:5",
        "lets it be read, and not written",
    ),
    (
        "files read ~/documents /documents",
        "policy.toml:4",
        "does not cover the folder ~/documents",
    ),
    (
        "secret t header authorization {secret} for https://api.example.org",
        "policy.toml:4",
        "does not allow the secret t",
    ),
];

#[test]
fn what_the_policy_forbids_can_be_approved_in_no_way() {
    for (grant, line, why) in BEYOND {
        let remit = Remit::new();
        std::fs::create_dir_all(remit.path().join("person/documents")).unwrap();
        skill(&remit, "skills/probe", &format!("grants = ['{grant}']"));
        // Without a policy, it is a person's to say.
        remit
            .run(&["run", "probe", "--approve", "--out", "free"])
            .exits(0);
        policy(&remit, POLICY);
        for args in [
            &["approve", "probe", "--yes"][..],
            &["run", "probe", "--approve", "--out", "held"],
            &["run", "probe", "--out", "held"],
        ] {
            let out = remit.run(args).exits(3);
            for text in [
                "error[policy-forbidden]",
                line,
                why,
                "hint: narrow it in skill.toml:5",
            ] {
                assert!(
                    out.stderr.contains(text),
                    "{args:?} lacks {text}: {}",
                    out.stderr
                );
            }
        }
        assert!(
            !remit.path().join("held").exists(),
            "{grant}: a run was begun"
        );
        let check = remit.run(&["check", "probe"]).exits(2);
        assert!(
            check
                .stdout
                .contains("skill.toml:5: error[policy-forbidden]"),
            "{}",
            check.stdout
        );
        let card = remit.run(&["show", "probe"]).exits(0).stdout;
        let flat = card.split_whitespace().collect::<Vec<_>>().join(" ");
        for text in [
            format!("forbidden by {line}"),
            "cannot be approved:".to_owned(),
        ] {
            assert!(flat.contains(&text), "{text}: {card}");
        }
        let plan = remit.run(&["run", "probe", "--plan"]).exits(0).stdout;
        assert!(plan.contains("cannot run:"), "{plan}");
        assert_eq!(
            remit.run(&["show", "probe", "--json"]).json()["approval"]["state"],
            "forbidden"
        );
    }
    let remit = Remit::new();
    policy(&remit, POLICY);
    skill(&remit, "skills/probe", WITHIN);
    remit.run(&["check", "probe"]).exits(0);
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    let out = remit.run(&["run", "probe", "--json"]).exits(0).json();
    assert_eq!(out["approval"], "kept");
}

#[test]
fn an_approval_from_before_does_not_outlast_a_stricter_policy() {
    let remit = Remit::new();
    skill(
        &remit,
        "skills/probe",
        "grants = [\"files write ./data /data\"]",
    );
    remit.run(&["approve", "probe", "--yes"]).exits(0);
    remit.run(&["run", "probe", "--out", "one"]).exits(0);
    policy(&remit, POLICY);
    remit
        .run(&["run", "probe", "--out", "two"])
        .exits(3)
        .says("error[policy-forbidden]");
    let covers = &remit.run(&["approvals", "--json"]).json()["approvals"][0]["covers"];
    assert_eq!(
        (&covers["now"], &covers["but"]),
        (&json!(true), &json!("the operator's policy forbids it"))
    );
    // Wider again, it is approved still: nothing of the skill has changed.
    policy(&remit, "allow = [\"files write . *\"]");
    remit.run(&["run", "probe", "--out", "three"]).exits(0);
}

#[test]
fn an_effect_above_the_ceiling_is_forbidden_and_a_limit_is_cut() {
    let remit = Remit::new();
    policy(&remit, POLICY);
    skill(&remit, "skills/probe", "effect = \"write\"");
    remit
        .run(&["approve", "probe", "--yes"])
        .exits(3)
        .says("policy.toml:2");
    remit
        .run(&["check", "probe"])
        .exits(2)
        .prints("skill.toml:5: error[policy-forbidden]");
    skill(
        &remit,
        "skills/probe",
        "grants = [\"http GET https://api.example.org/repos/x max-requests=20\"]\nlimits = { memory = \"64MiB\" }",
    );
    let check = remit.run(&["check", "probe"]).exits(0).stdout;
    for text in [
        "skill.toml:5: warning[policy-capped]",
        "skill.toml:6: warning[policy-capped]",
        "policy.toml:11",
        "policy.toml:12",
    ] {
        assert!(check.contains(text), "{text}: {check}");
    }
    let card = remit.run(&["show", "probe"]).exits(0).stdout;
    assert!(
        card.contains("memory 32MiB") && card.contains("cut by policy.toml:11"),
        "{card}"
    );
    remit.run(&["run", "probe", "--approve"]).exits(0);
}

#[test]
fn an_open_capability_is_the_skills_own_and_a_closed_one_is_not() {
    let remit = Remit::new();
    skill(&remit, "skills/probe", "config = { k = \"v\" }");
    policy(&remit, "allow = []\nopen = [\"config\"]");
    remit.run(&["run", "probe", "--out", "one"]).exits(0);
    policy(&remit, "allow = []");
    remit
        .run(&["run", "probe", "--out", "two"])
        .exits(3)
        .says("allows no value of k");
    policy(&remit, "allow = [\"config k=*\"]");
    remit.run(&["run", "probe", "--out", "three"]).exits(0);
}

#[test]
fn ci_is_told_of_each_line_that_goes_beyond() {
    let remit = Remit::new();
    remit.write("ci/policy.toml", POLICY);
    skill(&remit, "skills/good", WITHIN);
    let held = |args: &[&str]| {
        let all: Vec<&str> = ["check", "--policy", "ci/policy.toml"]
            .iter()
            .chain(args)
            .copied()
            .collect();
        remit.run(&all)
    };
    held(&[]).exits(0).prints("1 skill: within ci/policy.toml");
    skill(
        &remit,
        "skills/team/bad",
        "http = [\n  { origin = \"https://api.example.org\", paths = [\"/repos/x\"] },\n  { origin = \"https://b.example\", methods = [\"GET\"] },\n]\nlimits = { memory = \"64MiB\" }\neffect = \"write\"",
    );
    let out = held(&[]).exits(3);
    let lines: Vec<&str> = out.stdout.lines().collect();
    assert_eq!(lines.len(), 5, "{}", out.stdout);
    for (line, places) in lines.iter().zip([
        // GET and HEAD, where the policy has GET.
        [
            "skills/team/bad/skill.toml:6: error[policy-forbidden]",
            "ci/policy.toml:7",
        ],
        [
            "skills/team/bad/skill.toml:7: error[policy-forbidden]",
            "ci/policy.toml:4",
        ],
        [
            "skills/team/bad/skill.toml:9: error[policy-capped]",
            "ci/policy.toml:11",
        ],
        [
            "skills/team/bad/skill.toml:10: error[policy-forbidden]",
            "ci/policy.toml:2",
        ],
        ["2 skills: 1 beyond", "ci/policy.toml"],
    ]) {
        assert!(
            places.iter().all(|place| line.contains(place)),
            "{line} lacks {places:?}"
        );
    }
    let json: Value = held(&["--json"]).exits(3).json();
    assert_eq!(
        (&json["ok"], &json["policy"]),
        (&json!(false), &json!("ci/policy.toml"))
    );
    let violation = &json["skills"][1]["violations"][1];
    assert_eq!(violation["kind"], "forbidden");
    assert_eq!(
        (&violation["file"], &violation["line"]),
        (&json!("skill.toml"), &json!(7))
    );
    assert_eq!(
        (&violation["policy"], &violation["policy_line"]),
        (&json!("ci/policy.toml"), &json!(4))
    );
    assert_eq!(violation["example"], "GET https://b.example/x");
    held(&["skills/good"]).exits(0);
    held(&["skills/good", "skills/team"]).exits(3);
    // Nothing was run, and nothing but the skills was needed: no plugin, no home.
    std::fs::remove_dir_all(remit.path().join("plugins")).unwrap();
    held(&["good"]).exits(0);
    assert!(!remit.data().exists());
}

#[test]
fn a_check_that_found_nothing_to_check_fails() {
    let remit = Remit::new();
    remit.write("ci/policy.toml", POLICY);
    let held = |args: &[&str]| {
        let all: Vec<&str> = ["check", "--policy", "ci/policy.toml"]
            .iter()
            .chain(args)
            .copied()
            .collect();
        remit.run(&all)
    };
    held(&[]).exits(2).says("there is no skill in .");
    held(&["nowhere"])
        .exits(2)
        .says("there is no skill or folder nowhere");
    skill(&remit, "skills/good", WITHIN);
    std::fs::create_dir_all(remit.path().join("empty")).unwrap();
    held(&["skills", "empty"])
        .exits(2)
        .says("there is no skill in empty");
    // One that cannot be read is not one that is within.
    remit.write("skills/broken/SKILL.md", "no front matter");
    held(&[])
        .exits(2)
        .prints("skills/broken: error[skill-md-invalid]");
    std::fs::remove_dir_all(remit.path().join("skills/broken")).unwrap();
    held(&[]).exits(0);
    // Hidden, nested and linked skills count too.
    skill(
        &remit,
        "skills/good/.hidden/inner",
        "config = { k = \"v\" }\neffect = \"write\"",
    );
    held(&[])
        .exits(3)
        .prints("skills/good/.hidden/inner/skill.toml:6");
    std::fs::remove_dir_all(remit.path().join("skills/good/.hidden")).unwrap();
    skill(&remit, "outside/linked", "effect = \"write\"");
    std::os::unix::fs::symlink(
        remit.path().join("outside/linked"),
        remit.path().join("skills/linked"),
    )
    .unwrap();
    held(&[]).exits(3).prints("skills/linked/skill.toml:5");
    remit
        .run(&["check", "--policy", "nowhere.toml"])
        .exits(2)
        .says("error[policy-unusable]");
    remit
        .run(&["check", "skills/good", "skills/linked"])
        .exits(2)
        .says("one skill is checked at a time");
}

#[test]
fn who_must_have_signed_is_asked_of_the_lockfile() {
    let remit = Remit::new();
    let ada = format!(
        "minisign:{}",
        remit_sign::SecretKey::generate().unwrap().public()
    );
    let eve = format!(
        "minisign:{}",
        remit_sign::SecretKey::generate().unwrap().public()
    );
    skill(&remit, "skills/good", WITHIN);
    let check = |policy: String| {
        remit.write("p.toml", policy);
        remit.run(&["check", "--policy", "p.toml"])
    };
    let lists = |who: &str| format!("signers = [\"{who}\"]\n");
    check(lists(&ada))
        .exits(3)
        .prints("error[signer-required]")
        .prints("remit.lock names no signer");
    let component = remit_package::Digest::of(b"x");
    let lock = |signer: &str| {
        let operation = r#"{ name = "do", summary = "x", input_schema = '{"type":"object"}', output_schema = "{}", effect = "read", idempotent = true }"#;
        let description = format!(
            r#"{{ name = "evil", version = "1.0.0", summary = "x", operations = [{operation}], needs = [] }}"#
        );
        let text = format!(
            "version = 2\n[plugins.evil]\nsource = \"x\"\nversion = \"1.0.0\"\ndigest = \"{component}\"\n\
             signer = \"{signer}\"\ndescription = {description}\n"
        );
        remit.write("skills/good/remit.lock", text);
    };
    lock(&eve);
    check(lists(&ada)).exits(3).prints("does not list");
    lock(&ada);
    check(lists(&ada)).exits(0);
    check(format!("revoked_{}", lists(&ada)))
        .exits(3)
        .prints("error[signer-revoked]");
    // What only looks like a key would forbid nobody.
    check(lists("minisign:RWQ"))
        .exits(2)
        .says("error[policy-unusable]");
}
