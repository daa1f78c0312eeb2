//! The plugin as its host calls it, with the server's answers as Prometheus gives them.

use remit_plugin::Fault;
use remit_plugin::http::Response;
use remit_plugin::testing::World;
use serde_json::{Value, json};

/// Asks a server that answers everything so, and expects to be asked for `path` with `form` in it.
fn ask(
    operation: &str,
    input: Value,
    status: u16,
    answer: &str,
    path: &'static str,
    form: &'static str,
) -> Result<Value, Fault> {
    let body = answer.as_bytes().to_vec();
    let world = World::new()
        .config("base-url", "http://127.0.0.1:9090/")
        .http(move |request| {
            assert_eq!(
                request.url().split('?').next(),
                Some(format!("http://127.0.0.1:9090/api/v1/{path}").as_str())
            );
            assert!(
                String::from_utf8_lossy(request.bytes()).contains(form),
                "{request:?}"
            );
            Response {
                status,
                headers: Vec::new(),
                body: body.clone(),
            }
        });
    let output = world.run(|| crate::plugin().invoke(operation, &input.to_string()))?;
    Ok(serde_json::from_str(&output).unwrap())
}

#[test]
fn a_vector_is_a_sample_for_each_series() {
    let answer = r#"{"status":"success","data":{"resultType":"vector","result":[
        {"metric":{"job":"a"},"value":[1794819600.5,"0.25"]},{"metric":{"job":"b"},"value":[1794819600.5,"NaN"]}]}}"#;
    let input = json!({ "query": "up{job=~\"a|b\"}", "time": "2026-11-16T09:00:00Z" });
    let got = ask(
        "query",
        input,
        200,
        answer,
        "query",
        "query=up%7Bjob%3D~%22a%7Cb%22%7D&time=1794819600",
    )
    .unwrap();
    assert_eq!(
        got,
        json!({ "type": "vector", "series": [
            { "labels": { "job": "a" }, "time": 1_794_819_600.5, "value": 0.25, "text": "0.25" },
            { "labels": { "job": "b" }, "time": 1_794_819_600.5, "value": null, "text": "NaN" },
        ] })
    );
}

#[test]
fn a_range_is_points() {
    let answer = r#"{"status":"success","warnings":["w"],"data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[2,"+Inf"]]}]}}"#;
    let input = json!({ "query": "up", "start": "0", "end": "60", "step": "30s" });
    let got = ask(
        "query_range",
        input,
        200,
        answer,
        "query_range",
        "start=0&end=60&step=30",
    )
    .unwrap();
    assert_eq!(
        got,
        json!({ "series": [{ "labels": {}, "points": [[1.0, 1.0], [2.0, null]] }] })
    );
}

#[test]
fn a_range_that_prometheus_would_refuse_is_refused_with_what_would_do() {
    let ask = |start: &str, end: &str, step: &str| {
        let input = json!({ "query": "up", "start": start, "end": end, "step": step });
        ask("query_range", input, 200, "", "query_range", "").unwrap_err()
    };
    assert!(
        ask("now-30d", "now", "1s")
            .message()
            .contains("take at least"),
        "{}",
        ask("now-30d", "now", "1s")
    );
    assert!(
        ask("100", "50", "1s")
            .message()
            .contains("before the start")
    );
    assert!(ask("0", "50", "0").message().contains("`0`"));
}

#[test]
fn a_refusal_says_why() {
    let bad = r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error"}"#;
    let query = |status: u16, answer: &str| {
        ask(
            "query",
            json!({ "query": "sum(" }),
            status,
            answer,
            "query",
            "",
        )
        .unwrap_err()
    };
    assert_eq!(
        query(400, bad),
        Fault::invalid_input("Prometheus: 1:5: parse error")
    );
    assert_eq!(query(503, "<html>").kind(), "unavailable");
    assert_eq!(query(401, "").kind(), "denied");
    assert_eq!(query(404, "not here").kind(), "not-found");
    assert_eq!(query(200, "{}").kind(), "unavailable");
    assert_eq!(
        query(200, r#"{"status":"success","data":5}"#).kind(),
        "unavailable"
    );
    assert!(query(302, "").message().contains("sends on"));
}

#[test]
fn alerts_and_targets_show_trouble_first() {
    let answer = r#"{"status":"success","data":{"alerts":[
        {"labels":{"alertname":"B"},"annotations":{},"state":"pending","activeAt":"2026-11-16T09:00:00Z","value":"1e+00"},
        {"labels":{"alertname":"C"},"annotations":{"summary":"s"},"state":"firing","activeAt":"2026-11-16T08:00:00Z","value":"2"}]}}"#;
    let alerts = ask("alerts", json!({}), 200, answer, "alerts", "").unwrap();
    assert_eq!(alerts["alerts"][0]["name"], "C");
    assert_eq!(alerts["alerts"][1]["value"], 1.0);
    let answer = r#"{"status":"success","data":{"activeTargets":[
        {"labels":{"job":"a","instance":"i"},"scrapeUrl":"http://i/metrics","lastError":"","lastScrape":"t","health":"up"},
        {"labels":{"job":"z","instance":"j"},"scrapeUrl":"http://j/metrics","lastError":"refused","lastScrape":"t","health":"down"}]}}"#;
    let targets = ask("targets", json!({}), 200, answer, "targets", "").unwrap();
    assert_eq!(targets["targets"][0]["last_error"], "refused");
}

#[test]
fn without_a_base_url_the_skill_is_told_what_to_say() {
    let fault = World::new()
        .run(|| crate::plugin().invoke("alerts", "{}"))
        .unwrap_err();
    assert_eq!(fault.kind(), "denied");
    assert!(fault.message().contains("config base-url="));
}
