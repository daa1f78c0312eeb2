package main

import (
	"encoding/json/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"remit"
	"remit/remittest"
)

// inFiles runs a test with a folder of these files configured, and a zone for its days.
func inFiles(t *testing.T, zone string, files map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "\n", "\r\n")), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	remittest.Config(t, map[string]string{"folder": folder, "time-zone": zone})
	remittest.Log(t)
	return folder
}

// call calls an operation as the host does, and reads what it gives.
func call[Out any](t *testing.T, operation, input string) Out {
	t.Helper()
	var out Out
	text, err := plugin.Invoke(operation, input)
	if err != nil {
		t.Fatalf("%s: %v", operation, err)
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func fails(t *testing.T, operation, input string, kind remit.Kind, says string) {
	t.Helper()
	out, err := plugin.Invoke(operation, input)
	if err == nil || remit.KindOf(err) != kind || !strings.Contains(err.Error(), says) {
		t.Errorf("%s %s: %s %v %v", operation, input, out, remit.KindOf(err), err)
	}
}

func file(events ...string) string {
	return "BEGIN:VCALENDAR\nVERSION:2.0\n" + strings.Join(events, "") + "END:VCALENDAR\n"
}

func vevent(lines ...string) string {
	return "BEGIN:VEVENT\n" + strings.Join(lines, "\n") + "\nEND:VEVENT\n"
}

var (
	standUp = vevent("UID:1", "SUMMARY:Stand-up", "DTSTART;TZID=Europe/Berlin:20260327T090000", "DURATION:PT15M", "RRULE:FREQ=DAILY",
		"ORGANIZER;CN=Ada:mailto:ada@example.org", "ATTENDEE;PARTSTAT=ACCEPTED:MAILTO:bob@example.org")
	holiday = vevent("UID:2", "SUMMARY:Holiday", "DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330", "TRANSP:TRANSPARENT")
	off     = vevent("UID:3", "SUMMARY:Called off", "DTSTART:20260328T100000Z", "DTEND:20260328T110000Z", "STATUS:CANCELLED")
	perhaps = vevent("UID:4", "SUMMARY:Perhaps", "DTSTART:20260328T080000Z", "DTEND:20260328T090000Z", "STATUS:TENTATIVE", "LOCATION:Room 3\\, left")
)

func TestCalendarsAreFilesAndFolders(t *testing.T) {
	inFiles(t, "", map[string]string{
		"work.ics": file(standUp), "team/1.ics": file(off), "team/note.txt": "x", ".hidden.ics": "x", "read.me": "x", "empty/.keep": "",
	})
	got, err := plugin.Invoke("list_calendars", "{}")
	want := `{"calendars":[{"id":"work.ics","name":"work","kind":"file"},` +
		`{"id":"empty/","name":"empty","kind":"folder"},{"id":"team/","name":"team","kind":"folder"}]}`
	if err != nil || got != want {
		t.Error(got, err)
	}
}

func TestEventsAreListedInTheirOwnTimes(t *testing.T) {
	inFiles(t, "Europe/Berlin", map[string]string{"a.ics": file(standUp, holiday, off, perhaps)})
	got, err := plugin.Invoke("events", `{"from":"2026-03-28","to":"2026-03-30"}`)
	want := `{"events":[` +
		`{"calendar":"a.ics","uid":"2","title":"Holiday","start":"2026-03-28","end":"2026-03-30","all_day":true,` +
		`"status":"confirmed","busy":false,"recurring":false},` +
		`{"calendar":"a.ics","uid":"1","title":"Stand-up","start":"2026-03-28T09:00:00+01:00","end":"2026-03-28T09:15:00+01:00","all_day":false,` +
		`"time_zone":"Europe/Berlin","status":"confirmed","busy":true,"recurring":true,"original_start":"2026-03-28T09:00:00+01:00",` +
		`"organizer":{"name":"Ada","email":"ada@example.org"},"attendees":[{"email":"bob@example.org","participation":"accepted"}]},` +
		`{"calendar":"a.ics","uid":"4","title":"Perhaps","start":"2026-03-28T08:00:00Z","end":"2026-03-28T09:00:00Z","all_day":false,` +
		`"time_zone":"UTC","location":"Room 3, left","status":"tentative","busy":true,"recurring":false},` +
		`{"calendar":"a.ics","uid":"1","title":"Stand-up","start":"2026-03-29T09:00:00+02:00","end":"2026-03-29T09:15:00+02:00","all_day":false,` +
		`"time_zone":"Europe/Berlin","status":"confirmed","busy":true,"recurring":true,"original_start":"2026-03-29T09:00:00+02:00",` +
		`"organizer":{"name":"Ada","email":"ada@example.org"},"attendees":[{"email":"bob@example.org","participation":"accepted"}]}` +
		`],"truncated":false}`
	if err != nil || got != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
}

func TestEventsAreFilteredAndCut(t *testing.T) {
	inFiles(t, "Europe/Berlin", map[string]string{"a.ics": file(standUp, off), "b.ics": file(perhaps)})
	type out struct {
		Events    []event `json:"events"`
		Truncated bool    `json:"truncated"`
	}
	for input, want := range map[string]string{
		`{"from":"2026-03-28"}`:                                                        "Stand-up Perhaps",
		`{"from":"2026-03-28","cancelled":true}`:                                       "Stand-up Perhaps Called off",
		`{"from":"2026-03-28","query":"ROOM"}`:                                         "Perhaps",
		`{"from":"2026-03-28","calendars":["b.ics"]}`:                                  "Perhaps",
		`{"from":"2026-03-28","to":"2026-12-31","limit":2}`:                            "Stand-up Perhaps …",
		`{"from":"2026-03-28T09:15","to":"2026-03-28T09:30"}`:                          "Perhaps",
		`{"from":"2026-03-28T09:14","to":"2026-03-28T09:15","query":"stand"}`:          "Stand-up",
		`{"from":"2026-03-28T08:00:00Z","to":"2026-03-28T08:01:00Z"}`:                  "Stand-up Perhaps",
		`{"from":"2026-03-27T22:00","to":"2026-03-27T23:00","time_zone":"Asia/Tokyo"}`: "",
		`{"from":"2026-03-28","to":"2026-03-28T09:00:00+01:00"}`:                       "",
	} {
		o := call[out](t, "events", input)
		var titles []string
		for _, e := range o.Events {
			titles = append(titles, e.Title)
		}
		if o.Truncated {
			titles = append(titles, "…")
		}
		if got := strings.Join(titles, " "); got != want {
			t.Errorf("%s: %q, want %q", input, got, want)
		}
	}
}

func TestFreeAndBusyTimesMakeUpTheSpan(t *testing.T) {
	inFiles(t, "Europe/Berlin", map[string]string{"a.ics": file(standUp, holiday, off, perhaps)})
	got, err := plugin.Invoke("free_busy", `{"from":"2026-03-28T08:00","to":"2026-03-28T12:00"}`)
	want := `{"busy":[{"start":"2026-03-28T09:00:00+01:00","end":"2026-03-28T09:15:00+01:00","tentative":false},` +
		`{"start":"2026-03-28T09:15:00+01:00","end":"2026-03-28T10:00:00+01:00","tentative":true}],` +
		`"free":[{"start":"2026-03-28T08:00:00+01:00","end":"2026-03-28T09:00:00+01:00","minutes":60},` +
		`{"start":"2026-03-28T10:00:00+01:00","end":"2026-03-28T12:00:00+01:00","minutes":120}]}`
	if err != nil || got != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
	long := call[freeBusyOutput](t, "free_busy", `{"from":"2026-03-28T08:00","to":"2026-03-28T12:00","minutes":90}`)
	if len(long.Free) != 1 || long.Free[0].Minutes != 120 {
		t.Errorf("%+v", long)
	}
	// A day of 23 hours.
	day := call[freeBusyOutput](t, "free_busy", `{"from":"2026-03-29","calendars":["a.ics"]}`)
	if len(day.Free) != 2 || day.Free[0].Minutes+day.Free[1].Minutes != 23*60-15 {
		t.Errorf("%+v", day)
	}
}

func TestADaysEventIsBusyInTheZoneOfWhoeverAsks(t *testing.T) {
	inFiles(t, "", map[string]string{"a.ics": file(vevent("UID:1", "DTSTART;VALUE=DATE:20260328"))})
	for zone, want := range map[string]string{
		"Europe/Berlin":   "2026-03-28T00:00:00+01:00 2026-03-29T00:00:00+01:00",
		"Pacific/Apia":    "2026-03-28T00:00:00+13:00 2026-03-29T00:00:00+13:00",
		"America/Chicago": "2026-03-28T00:00:00-05:00 2026-03-29T00:00:00-05:00",
	} {
		o := call[freeBusyOutput](t, "free_busy", `{"from":"2026-03-27","to":"2026-03-31","time_zone":"`+zone+`"}`)
		if len(o.Busy) != 1 || o.Busy[0].Start+" "+o.Busy[0].End != want {
			t.Errorf("%s: %+v", zone, o.Busy)
		}
	}
}

func TestWhatCannotBeMeantIsRefused(t *testing.T) {
	inFiles(t, "", map[string]string{"a.ics": file(standUp)})
	for input, says := range map[string]string{
		`{"from":"tomorrow"}`:                        `/from: "tomorrow" is no day`,
		`{"from":"2026-02-30"}`:                      "/from",
		`{"from":"2026-03-28","to":"2026-03-28"}`:    "is not after",
		`{"from":"2026-03-28","to":"2036-03-28"}`:    "more than five years",
		`{"from":"0001-01-01"}`:                      "not between 1900 and 2200",
		`{"from":"2026-03-28","time_zone":"Berlin"}`: `"Berlin" is no time zone`,
		`{"from":"2026-03-28","time_zone":"Local"}`:  "is no time zone",
		`{"from":"2026-03-28","limit":0}`:            "/limit",
		`{"from":"2026-03-28","colour":"red"}`:       `no field "colour"`,
		`{}`:                                         `"from" is missing`,
	} {
		fails(t, "events", input, remit.InvalidInput, says)
	}
	fails(t, "events", `{"from":"2026-03-28","calendars":["b.ics"]}`, remit.NotFound, `no calendar "b.ics": there are "a.ics"`)
	fails(t, "free_busy", `{"from":"2026-03-28","to":"2026-03-27"}`, remit.InvalidInput, "is not after")
}

func TestAFloodIsNoFreeTime(t *testing.T) {
	inFiles(t, "", map[string]string{"a.ics": file(vevent("UID:1", "SUMMARY:flood", "DTSTART:20000101T000000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY;INTERVAL=2"))})
	fails(t, "free_busy", `{"from":"2026-03-28"}`, remit.InvalidInput, "ask about less time")
	type out struct {
		Events    []event `json:"events"`
		Truncated bool    `json:"truncated"`
	}
	if o := call[out](t, "events", `{"from":"2026-03-28"}`); len(o.Events) != 500 || !o.Truncated {
		t.Error(len(o.Events), o.Truncated)
	}
}

func TestBrokenFilesAreSaid(t *testing.T) {
	inFiles(t, "", map[string]string{"a.ics": file(vevent("UID:1", "SUMMARY:lost"), standUp), "b.ics": "\x00\xff\xfe rubbish"})
	type out struct {
		Events   []event  `json:"events"`
		Warnings []string `json:"warnings"`
	}
	o := call[out](t, "events", `{"from":"2026-03-28"}`)
	if len(o.Events) != 1 || len(o.Warnings) != 2 || !strings.Contains(o.Warnings[0], `a: left out the event "lost": it has no DTSTART`) {
		t.Errorf("%+v", o)
	}
}

func TestAFolderThatIsNotThereIsNotFound(t *testing.T) {
	remittest.Config(t, map[string]string{"folder": filepath.Join(t.TempDir(), "missing")})
	fails(t, "list_calendars", `{}`, remit.NotFound, "missing")
}
