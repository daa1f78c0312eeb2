//! The plugin `calendar`, in Go: against a real CalDAV server, and on files.

use crate::support::{Outcome, Radicale, Remit, radicale};
use serde_json::{Value, json};

/// A series that goes over the night in which Berlin's clocks are set forward, one of it at another time.
const STAND_UP: &str = "BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Remit//tests//EN
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
DTSTART:19960331T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:stand-up
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Berlin:20260326T090000
DTEND;TZID=Europe/Berlin:20260326T091500
RRULE:FREQ=DAILY;COUNT=10
EXDATE;TZID=Europe/Berlin:20260331T090000
SUMMARY:Stand-up
END:VEVENT
BEGIN:VEVENT
UID:stand-up
DTSTAMP:20260101T000000Z
RECURRENCE-ID;TZID=Europe/Berlin:20260330T090000
DTSTART;TZID=Europe/Berlin:20260330T160000
DTEND;TZID=Europe/Berlin:20260330T170000
SUMMARY:Stand-up\\, long
END:VEVENT
END:VCALENDAR
";

const HOLIDAY: &str = "BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Remit//tests//EN
BEGIN:VEVENT
UID:holiday
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20260329
DTEND;VALUE=DATE:20260330
TRANSP:TRANSPARENT
SUMMARY:Holiday
END:VEVENT
END:VCALENDAR
";

const DENTIST: &str = "BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Remit//tests//EN
BEGIN:VEVENT
UID:dentist
DTSTAMP:20260101T000000Z
DTSTART:20260329T063000Z
DURATION:PT1H
SUMMARY:Dentist
END:VEVENT
END:VCALENDAR
";

fn server() -> Radicale {
    Radicale::start(&[
        ("work", &[("1.ics", STAND_UP), ("2.ics", HOLIDAY)]),
        ("home", &[("3.ics", DENTIST)]),
    ])
}

/// Calls an operation with what a skill for this server would grant, and these methods and paths.
fn call(
    remit: &Remit,
    server: &Radicale,
    http: &str,
    secret: bool,
    operation: &str,
    input: &Value,
) -> Outcome {
    let origin = server.origin();
    let mut args = vec![
        "call".to_owned(),
        "plugins/calendar.wasm".to_owned(),
        operation.to_owned(),
        "--input".to_owned(),
        input.to_string(),
    ];
    let mut grants = vec![
        http.replace("SERVER", &origin),
        format!("config base-url={origin}/alice"),
        "config time-zone=Europe/Berlin".to_owned(),
    ];
    if secret {
        grants.push(format!(
            "secret dav header authorization \"{{secret}}\" for {origin}"
        ));
    }
    for grant in grants {
        args.extend(["--allow".to_owned(), grant]);
    }
    let mut command = remit.command(&args);
    command.env("REMIT_SECRET_DAV", radicale::CREDENTIALS);
    Outcome::of(command)
}

const READ: &str = "http PROPFIND,REPORT SERVER/alice/**";
const WRITE: &str = "http PROPFIND,REPORT,PUT SERVER/alice/**";

fn titles_and_starts(output: &Value) -> Vec<String> {
    let events = output["events"].as_array().unwrap();
    let line = |it: &Value| {
        format!(
            "{} {}",
            it["title"].as_str().unwrap(),
            it["start"].as_str().unwrap()
        )
    };
    events.iter().map(line).collect()
}

#[test]
fn a_series_is_expanded_across_a_change_of_the_clocks() {
    let (remit, server) = (Remit::new(), server());
    let calendars = call(&remit, &server, READ, true, "list_calendars", &json!({})).exits(0);
    assert_eq!(
        calendars.json(),
        json!({"calendars": [
            {"id": "/alice/home/", "name": "Alice's home", "kind": "caldav"},
            {"id": "/alice/work/", "name": "Alice's work", "kind": "caldav"},
        ]})
    );
    let span = json!({"from": "2026-03-28", "to": "2026-04-02"});
    let events = call(&remit, &server, READ, true, "events", &span).exits(0);
    assert_eq!(
        titles_and_starts(&events.json()),
        [
            "Stand-up 2026-03-28T09:00:00+01:00",
            "Holiday 2026-03-29",
            "Dentist 2026-03-29T06:30:00Z",
            "Stand-up 2026-03-29T09:00:00+02:00",
            "Stand-up, long 2026-03-30T16:00:00+02:00",
            "Stand-up 2026-04-01T09:00:00+02:00",
        ]
    );
    assert_eq!(
        events.json()["events"][4]["original_start"],
        "2026-03-30T09:00:00+02:00"
    );
    let one = json!({"from": "2026-03-28", "to": "2026-04-02", "calendars": ["/alice/home/"]});
    let events = call(&remit, &server, READ, true, "events", &one).exits(0);
    assert_eq!(events.json()["events"].as_array().unwrap().len(), 1);
}

#[test]
fn free_and_busy_times_are_those_of_all_calendars() {
    let (remit, server) = (Remit::new(), server());
    let span = json!({"from": "2026-03-29T08:00", "to": "2026-03-29T12:00"});
    let out = call(&remit, &server, READ, true, "free_busy", &span).exits(0);
    assert_eq!(
        out.json(),
        json!({
            "busy": [
                {"start": "2026-03-29T08:30:00+02:00", "end": "2026-03-29T09:30:00+02:00", "tentative": false},
            ],
            "free": [
                {"start": "2026-03-29T08:00:00+02:00", "end": "2026-03-29T08:30:00+02:00", "minutes": 30},
                {"start": "2026-03-29T09:30:00+02:00", "end": "2026-03-29T12:00:00+02:00", "minutes": 150},
            ],
        })
    );
}

#[test]
fn a_created_event_is_on_the_server_and_read_back() {
    let (remit, server) = (Remit::new(), server());
    let event = json!({
        "calendar": "/alice/home/", "title": "Piano; Ärger, \\ und \"mehr\"", "start": "2026-10-23T18:00",
        "minutes": 45, "recurrence": "FREQ=DAILY;COUNT=4", "location": "Saal", "uid": "piano-1",
    });
    let out = call(&remit, &server, WRITE, true, "create_event", &event).exits(0);
    assert_eq!(out.json()["start"], "2026-10-23T18:00:00+02:00");
    assert_eq!(out.json()["place"], "/alice/home/piano-1.ics");
    let files = server.files("home");
    assert_eq!(files.len(), 2);
    assert!(
        files
            .iter()
            .any(|it| it.contains("UID:piano-1") && it.contains("BEGIN:VTIMEZONE"))
    );

    let span = json!({"from": "2026-10-23", "to": "2026-10-30", "query": "piano"});
    let events = call(&remit, &server, READ, true, "events", &span).exits(0);
    let title = "Piano; Ärger, \\ und \"mehr\"";
    assert_eq!(
        titles_and_starts(&events.json()),
        [
            format!("{title} 2026-10-23T18:00:00+02:00"),
            format!("{title} 2026-10-24T18:00:00+02:00"),
            format!("{title} 2026-10-25T18:00:00+01:00"),
            format!("{title} 2026-10-26T18:00:00+01:00"),
        ]
    );
    call(&remit, &server, WRITE, true, "create_event", &event)
        .exits(1)
        .says("error[fault-conflict]");
    assert_eq!(server.files("home").len(), 2);
}

#[test]
fn without_put_in_the_grant_it_is_denied_just_there() {
    let (remit, server) = (Remit::new(), server());
    let event =
        json!({"calendar": "/alice/work/", "title": "x", "start": "2026-03-30", "uid": "u"});
    let span = json!({"from": "2026-03-29"});
    call(&remit, &server, READ, true, "events", &span).exits(0);
    call(&remit, &server, READ, true, "create_event", &event)
        .exits(3)
        .says("error[http-method-denied]")
        .says(&format!("http PUT {}/alice/work/u.ics", server.origin()));
    assert_eq!((server.requests("PUT"), server.files("work").len()), (0, 2));
    // The calendars were looked for, as far as the grant goes.
    let denied: Vec<Value> = remit
        .audit()
        .into_iter()
        .filter(|it| it["capability"] == "http" && it["allowed"] == false)
        .collect();
    assert_eq!(denied.len(), 1, "{denied:#?}");

    call(&remit, &server, WRITE, true, "create_event", &event).exits(0);
    assert_eq!((server.requests("PUT"), server.files("work").len()), (1, 3));
}

#[test]
fn a_calendar_outside_of_the_granted_paths_is_denied() {
    let (remit, server) = (Remit::new(), server());
    let grant = "http PROPFIND,REPORT SERVER/alice/ /alice/work/**";
    let all = json!({"from": "2026-03-29"});
    call(&remit, &server, grant, true, "events", &all)
        .exits(3)
        .says("error[http-path-denied]")
        .says("/alice/home/");
    assert_eq!(server.requests("REPORT"), 0);
    let work = json!({"from": "2026-03-29", "calendars": ["/alice/work/"]});
    call(&remit, &server, grant, true, "events", &work).exits(0);
    assert_eq!(server.requests("REPORT"), 1);
}

#[test]
fn the_password_is_the_hosts_and_without_it_the_server_refuses() {
    let (remit, server) = (Remit::new(), server());
    let span = json!({"from": "2026-03-29"});
    let refused = call(&remit, &server, READ, false, "events", &span)
        .exits(1)
        .says("error[fault-denied]")
        .says("the server answered 401");
    let allowed = call(&remit, &server, READ, true, "events", &span).exits(0);
    for text in [
        refused.stderr,
        allowed.stdout,
        allowed.stderr,
        format!("{:?}", remit.audit()),
    ] {
        for secret in [radicale::PASSWORD, radicale::CREDENTIALS] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn files_are_calendars_and_a_folder_for_reading_is_not_written_to() {
    let remit = Remit::new();
    remit.write("calendars/work.ics", STAND_UP.replace('\n', "\r\n"));
    remit.write("calendars/home/3.ics", DENTIST);
    let call = |access: &str, operation: &str, input: &Value| {
        remit.run(&[
            "call",
            "plugins/calendar.wasm",
            operation,
            "--input",
            &input.to_string(),
            "--allow",
            &format!("files {access} ./calendars /calendar"),
        ])
    };
    let span = json!({"from": "2026-03-29", "time_zone": "Europe/Berlin"});
    let before = call("read", "events", &span).exits(0);
    assert_eq!(
        titles_and_starts(&before.json()),
        [
            "Dentist 2026-03-29T06:30:00Z",
            "Stand-up 2026-03-29T09:00:00+02:00"
        ]
    );
    for calendar in ["work.ics", "home/"] {
        let event = json!({"calendar": calendar, "title": "New", "start": "2026-03-29T20:00:00Z", "uid": calendar});
        call("read", "create_event", &event)
            .exits(3)
            .says("error[file-read-only]");
        call("write", "create_event", &event).exits(0);
    }
    let after = call("read", "events", &span).exits(0);
    assert_eq!(
        titles_and_starts(&after.json())[2..],
        ["New 2026-03-29T20:00:00Z", "New 2026-03-29T20:00:00Z"]
    );
}
