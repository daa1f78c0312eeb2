//! A policy that says what nothing would enforce is no policy: each has its message beside it.

use crate::support::{Remit, root};

const SKILL: &str = "---\nname: probe\ndescription: Probes. Use in tests.\n---\n\nProbe.\n";

/// `REMIT_BLESS=1` writes what is said now; look at the difference before it is committed.
#[test]
fn invalid_policies_are_refused_with_the_line_and_what_to_do() {
    let folder = root().join("tests/data/policy/invalid");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "toml"))
        .collect();
    names.sort();
    assert!(names.len() >= 20, "{} policies", names.len());
    let remit = Remit::new();
    remit.write("skills/probe/SKILL.md", SKILL);
    for path in names {
        let text = std::fs::read(&path).unwrap();
        remit.write("policy.toml", &text);
        let held = remit.run(&["check", "--policy", "policy.toml"]).exits(2);
        let err = path.with_extension("err");
        if std::env::var_os("REMIT_BLESS").is_some() {
            std::fs::write(&err, &held.stderr).unwrap();
        }
        let expected = std::fs::read_to_string(&err).unwrap_or_default();
        assert_eq!(held.stderr, expected, "{}", path.display());
        assert!(
            held.stderr.contains("error[policy-unusable]"),
            "{}",
            held.stderr
        );
        // As the operator's own it stops everything: it is not taken for none.
        remit.write("config/remit/policy.toml", &text);
        let own = remit.run(&["run", "probe"]).exits(2);
        assert_eq!(own.stderr, expected, "{}", path.display());
    }
}

#[test]
fn what_is_no_text_or_no_file_is_no_policy() {
    let remit = Remit::new();
    remit.write("skills/probe/SKILL.md", SKILL);
    let policy = remit.path().join("config/remit/policy.toml");
    let refused = |says: &str| {
        let out = remit.run(&["run", "probe"]).exits(2);
        out.says("error[policy-unusable]").says(says);
    };
    remit.write("config/remit/policy.toml", b"# \xff\nallow = []\n");
    refused("policy.toml: it is not UTF-8 text");
    remit.write("config/remit/policy.toml", "#".repeat(300 << 10));
    refused("is larger than");
    std::fs::remove_file(&policy).unwrap();
    std::fs::create_dir(&policy).unwrap();
    refused("is a folder");
    std::fs::remove_dir(&policy).unwrap();
    std::os::unix::fs::symlink("nowhere", &policy).unwrap();
    refused("there is no such file");
    std::fs::remove_file(&policy).unwrap();
    remit.run(&["run", "probe"]).exits(0);
}

#[test]
fn valid_policies_are_read() {
    let remit = Remit::new();
    remit.write("skills/probe/SKILL.md", SKILL);
    for text in [
        "",
        "# nothing\n",
        "allow = []",
        "max_effect = \"destructive\"",
        "allow = [\"http * https://*\", 'secret * header * * for https://*:*']\nopen = [\"files\", \"config\"]",
        "[limits]\nmemory = \"2GiB\"\ntime = \"1m\"\nrequests = 0\nresponse = \"1MiB\"\nfile_bytes = \"0B\"",
    ] {
        remit.write("policy.toml", text);
        remit.run(&["check", "--policy", "policy.toml"]).exits(0);
    }
}
