//! OpenTelemetry's logs in its JSON: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>. Numbers of 64
//! bits are texts there, and field names are in camel case.

use serde_json::{Map, Value, json};

use super::super::record::Record;

/// `INFO` and `WARN` of the log data model.
const INFO: (u8, &str) = (9, "INFO");
const WARN: (u8, &str) = (13, "WARN");

/// An export request with these records.
pub(super) fn request(records: &[Record]) -> Value {
    let records: Vec<Value> = records.iter().map(log_record).collect();
    json!({ "resourceLogs": [{
        "resource": { "attributes": [attribute("service.name", &json!("remit"))] },
        "scopeLogs": [{
            "scope": { "name": "remit.audit", "version": env!("CARGO_PKG_VERSION") },
            "logRecords": records,
        }],
    }] })
}

fn log_record(record: &Record) -> Value {
    let nanoseconds = record
        .time
        .parse::<jiff::Timestamp>()
        .map_or(0, jiff::Timestamp::as_nanosecond)
        .max(0)
        .to_string();
    let (number, severity) = match is_refusal(record) {
        true => WARN,
        false => INFO,
    };
    let mut attributes = vec![
        attribute("remit.seq", &json!(record.seq)),
        attribute("remit.hash", &json!(record.hash)),
        attribute("remit.prev", &json!(record.prev)),
    ];
    let own = record.body.iter();
    attributes.extend(own.map(|(name, value)| attribute(&format!("remit.{name}"), value)));
    json!({
        "timeUnixNano": nanoseconds,
        "observedTimeUnixNano": nanoseconds,
        "severityNumber": number,
        "severityText": severity,
        "eventName": format!("remit.audit.{}", record.kind),
        "body": { "stringValue": record.kind },
        "attributes": attributes,
    })
}

fn is_refusal(record: &Record) -> bool {
    let declined = record.kind == "asked" && record.text("answer") == Some("no");
    record.kind == "refused" || declined || record.body.get("allowed") == Some(&Value::Bool(false))
}

fn attribute(key: &str, value: &Value) -> Value {
    json!({ "key": key, "value": any(value) })
}

/// An `AnyValue`; one without a field is nothing.
fn any(value: &Value) -> Value {
    match value {
        Value::Null => Value::Object(Map::new()),
        Value::Bool(value) => json!({ "boolValue": value }),
        Value::String(text) => json!({ "stringValue": text }),
        Value::Number(number) => match number.as_i64() {
            Some(number) => json!({ "intValue": number.to_string() }),
            // Beyond 63 bits, or with a fraction.
            None => json!({ "doubleValue": number.as_f64() }),
        },
        Value::Array(items) => {
            let values: Vec<Value> = items.iter().map(any).collect();
            json!({ "arrayValue": { "values": values } })
        }
        Value::Object(fields) => {
            let values: Vec<Value> = fields.iter().map(|(k, v)| attribute(k, v)).collect();
            json!({ "kvlistValue": { "values": values } })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_a_log_record_as_the_collector_reads_it() {
        let record: Record = serde_json::from_str(
            r#"{"seq":7,"time":"2026-11-22T13:02:34.123456Z","prev":"00","kind":"decision","call":"c","allowed":false,
               "status":404,"provenance":{"plugins":["mail"]},"ratio":0.5,"none":null,"hash":"ab"}"#,
        )
        .unwrap();
        let request = request(&[record]);
        let resource = &request["resourceLogs"][0];
        assert_eq!(
            resource["resource"]["attributes"][0]["value"]["stringValue"],
            "remit"
        );
        let log = &resource["scopeLogs"][0]["logRecords"][0];
        assert_eq!(log["timeUnixNano"], "1795352554123456000");
        assert_eq!(
            (&log["severityNumber"], &log["severityText"]),
            (&json!(13), &json!("WARN"))
        );
        assert_eq!(log["eventName"], "remit.audit.decision");
        let value = |name: &str| {
            let attributes = log["attributes"].as_array().unwrap();
            attributes.iter().find(|a| a["key"] == name).unwrap()["value"].clone()
        };
        assert_eq!(value("remit.seq"), json!({ "intValue": "7" }));
        assert_eq!(value("remit.status"), json!({ "intValue": "404" }));
        assert_eq!(value("remit.allowed"), json!({ "boolValue": false }));
        assert_eq!(value("remit.hash"), json!({ "stringValue": "ab" }));
        assert_eq!(value("remit.ratio"), json!({ "doubleValue": 0.5 }));
        assert_eq!(value("remit.none"), json!({}));
        let mail = json!({ "stringValue": "mail" });
        let plugins = json!({ "key": "plugins", "value": { "arrayValue": { "values": [mail] } } });
        assert_eq!(
            value("remit.provenance"),
            json!({ "kvlistValue": { "values": [plugins] } })
        );
    }

    #[test]
    fn a_no_is_a_warning_and_a_yes_is_none() {
        let asked = |answer: &str| {
            let text = format!(
                r#"{{"seq":1,"time":"2026-11-22T13:02:34.123456Z","prev":"00","kind":"asked","about":"mail.send",
                   "answer":"{answer}","arguments":"sha256:ab","session":"s-1","hash":"ab"}}"#
            );
            log_record(&serde_json::from_str(&text).unwrap())
        };
        assert_eq!(asked("no")["severityText"], "WARN");
        assert_eq!(asked("once")["severityText"], "INFO");
        assert_eq!(asked("no")["eventName"], "remit.audit.asked");
        assert!(asked("once").to_string().contains("remit.arguments"));
    }
}
