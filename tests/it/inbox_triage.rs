//! The triage of a shared inbox: a table with reasons, and drafts that nobody has sent.

use crate::support::Remit;

#[test]
fn it_sorts_the_mail_and_writes_drafts_unattended() {
    let (remit, skill) = Remit::with_skill("inbox-triage");
    remit
        .run(&["run", skill.to_str().unwrap(), "--out", "out"])
        .exits(0);
    let out = remit.path().join("out");
    let table = std::fs::read_to_string(out.join("triage.md")).unwrap();
    assert!(table.contains('|'), "{table}");
    let drafts: Vec<_> = std::fs::read_dir(out.join("drafts")).unwrap().collect();
    assert!(drafts.len() >= 5, "{} drafts", drafts.len());
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("run.json")).unwrap()).unwrap();
    for output in report["outputs"].as_array().unwrap() {
        assert_eq!(
            output["provenance"]["plugins"],
            serde_json::json!(["mail"]),
            "{output}"
        );
    }
}
