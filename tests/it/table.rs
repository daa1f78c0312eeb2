//! `table`: CSV and JSON tables, against a real file under a grant.

use crate::support::{Outcome, Remit, plugin};
use serde_json::{Value, json};

const SALES: &str = "\u{feff}day;region;price;pieces\r\n\
    2026-11-02;north;0.10;3\r\n\
    2026-11-03;south;0.20;\r\n\
    2026-11-04;north;10;1\r\n\
    2026-11-05;\"west; \"\"far\"\"\";1.5;2\r\n";

/// A workspace with a folder of tables.
fn workspace() -> Remit {
    let remit = Remit::new();
    remit.write("tables/sales.csv", SALES);
    remit.write(
        "tables/regions.json",
        r#"[{"name":"north","chief":"Ada"},{"name":"south","chief":null}]"#,
    );
    remit
}

fn call(remit: &Remit, operation: &str, input: &Value, allow: &[&str]) -> Outcome {
    let table = plugin("table");
    // A file, since an argument has less room than a table.
    remit.write("input.json", input.to_string());
    let input = "@input.json";
    let mut args = vec![
        "call",
        table.to_str().unwrap(),
        operation,
        "--input",
        &input,
    ];
    for grant in allow {
        args.extend(["--allow", grant]);
    }
    remit.run(&args)
}

/// The output of a call with the folder granted.
#[track_caller]
fn given(remit: &Remit, operation: &str, input: &Value) -> Value {
    call(remit, operation, input, &["files read tables /tables"])
        .exits(0)
        .json()
}

#[test]
fn a_file_is_described() {
    let remit = workspace();
    let output = given(&remit, "describe", &json!({"table": {"path": "sales.csv"}}));
    assert_eq!(output["delimiter"], ";");
    assert_eq!(output["rows"], 4);
    assert_eq!(output["problem_count"], 0);
    let columns = output["columns"].as_array().unwrap();
    let types: Vec<_> = columns.iter().map(|it| &it["type"]).collect();
    assert_eq!(types, ["date", "text", "decimal", "integer"]);
    assert_eq!(columns[1]["max"], "west; \"far\"");
    assert_eq!(columns[2]["max"], 10);
    assert_eq!(columns[3]["nulls"], 1);
}

#[test]
fn rows_are_selected_and_filtered() {
    let remit = workspace();
    let output = given(
        &remit,
        "select",
        &json!({"table": {"path": "/tables/sales.csv"}, "columns": ["pieces", "day"], "limit": 2,
            "order_by": [{"column": "pieces", "descending": true}]}),
    );
    assert_eq!(
        output["rows"].to_string(),
        r#"[{"pieces":3,"day":"2026-11-02"},{"pieces":2,"day":"2026-11-05"}]"#
    );
    assert_eq!(output["total"], 4);
    let output = given(
        &remit,
        "filter",
        &json!({"table": {"path": "sales.csv"}, "columns": ["day"], "conditions": [
            {"column": "region", "op": "in", "value": ["north", "south"]},
            {"column": "price", "op": "le", "value": "0.2"}]}),
    );
    assert_eq!(
        output["rows"],
        json!([{"day": "2026-11-02"}, {"day": "2026-11-03"}])
    );
}

#[test]
fn sums_are_exact_and_lose_no_digit() {
    let remit = workspace();
    let output = given(
        &remit,
        "group",
        &json!({"table": {"path": "sales.csv"}, "by": ["region"], "limit": 1, "aggregates": [
            {"function": "sum", "column": "price", "as": "sum"},
            {"function": "mean", "column": "price", "as": "mean"}]}),
    );
    assert_eq!(
        output["rows"],
        json!([{"region": "north", "sum": 10.1, "mean": 5.05}])
    );
    // In doubles the first is 0.30000000000000004, the second 9007199254740992.
    for (text, sum) in [
        ("x\n0.1\n0.2\n", json!(0.3)),
        ("x\n9007199254740993\n0\n", json!("9007199254740993")),
        (
            "x\n99999999999999999999.99\n0.02\n",
            json!("100000000000000000000.01"),
        ),
    ] {
        let output = call(
            &remit,
            "group",
            &json!({"table": {"text": text}, "aggregates": [{"function": "sum", "column": "x"}]}),
            &[],
        )
        .exits(0)
        .json();
        assert_eq!(output["rows"], json!([{"sum_x": sum}]), "{text}");
    }
}

#[test]
fn two_files_are_joined() {
    let remit = workspace();
    let mut input = json!({"left": {"path": "sales.csv"}, "right": {"path": "regions.json"},
        "on": [{"left": "region", "right": "name"}]});
    assert_eq!(given(&remit, "join", &input)["total"], 3);
    input["kind"] = json!("left");
    let output = given(&remit, "join", &input);
    assert_eq!(output["total"], 4);
    assert_eq!(output["rows"][0]["chief"], "Ada");
    assert_eq!(output["rows"][3]["chief"], Value::Null);
}

#[test]
fn without_the_grant_the_file_is_denied() {
    let remit = workspace();
    let input = json!({"table": {"path": "sales.csv"}});
    call(&remit, "describe", &input, &[])
        .exits(3)
        .says("--allow 'files read ./FOLDER /tables'");
    // Its twin differs by the grant alone.
    given(&remit, "describe", &input);
    // Nothing leads out of the folder.
    remit.write("secret.csv", "a\n1\n");
    for path in [
        "../secret.csv",
        "/secret.csv",
        "/tables/../secret.csv",
        "x/../../secret.csv",
    ] {
        let out = call(
            &remit,
            "describe",
            &json!({"table": {"path": path}}),
            &["files read tables /tables", "config folder=/tables"],
        );
        assert!(out.status == 3 || out.status == 1, "{path}: {}", out.stderr);
        assert_eq!(out.stdout, "", "{path}");
    }
}

#[test]
fn the_folder_is_configured() {
    let remit = workspace();
    let output = call(
        &remit,
        "describe",
        &json!({"table": {"path": "sales.csv"}}),
        &["files read tables /elsewhere", "config folder=/elsewhere"],
    );
    assert_eq!(output.exits(0).json()["rows"], 4);
}

#[test]
fn hostile_tables_end_in_words() {
    let remit = workspace();
    let deep = "[".repeat(100_000);
    let wide = ",".repeat(100_000);
    let quoted = "\"".repeat(100_001);
    let digits = format!("x\n{}\n", "9".repeat(100_000));
    for text in [&deep, &wide] {
        call(&remit, "describe", &json!({"table": {"text": text}}), &[])
            .exits(1)
            .says("invalid-input");
    }
    for text in [&quoted, &digits] {
        call(&remit, "describe", &json!({"table": {"text": text}}), &[]).exits(0);
    }
    // Bytes that are no text, and one byte more than is read.
    remit.write("tables/bytes.csv", b"a,b\n\xff\xfe,\x00\n");
    remit.write("tables/large.csv", vec![b'1'; (16 << 20) + 1]);
    for (path, words) in [
        ("bytes.csv", "is not UTF-8 text"),
        ("large.csv", "is larger than 16777216 bytes"),
    ] {
        call(
            &remit,
            "describe",
            &json!({"table": {"path": path}}),
            &["files read tables /tables", "config folder=/tables"],
        )
        .exits(1)
        .says(words);
    }
}

#[test]
fn a_table_of_sixteen_mebibytes_fits_into_a_call() {
    use std::fmt::Write as _;
    let remit = workspace();
    let mut text = String::from("id,region,price\n");
    let mut row = 0_u32;
    while text.len() < (16 << 20) - 64 {
        let (region, cents) = (row % 50, row % 100);
        writeln!(text, "{row},\"region \"\"{region}\"\"\",{row}.{cents:02}").unwrap();
        row += 1;
    }
    remit.write("tables/large.csv", text);
    let output = given(
        &remit,
        "group",
        &json!({"table": {"path": "large.csv"}, "by": ["region"], "limit": 1,
            "aggregates": [{"function": "count"}, {"function": "sum", "column": "price"}]}),
    );
    assert_eq!(output["total"], 50);
    assert_eq!(output["rows"][0]["region"], "region \"0\"");
}
