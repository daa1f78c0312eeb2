package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"remit"
)

func TestACreatedEventIsThere(t *testing.T) {
	folder := inFiles(t, "Europe/Berlin", map[string]string{"a.ics": file(standUp), "team/x.ics": file(perhaps)})
	for _, calendar := range []string{"a.ics", "team/"} {
		out := call[created](t, "create_event", `{"calendar":"`+calendar+`","title":"Übung; mit, Zeichen","start":"2026-10-24T09:00","minutes":90,`+
			`"recurrence":"FREQ=DAILY;COUNT=3","location":"Saal","description":"a\nb","uid":"u-1"}`)
		if out.Calendar != calendar || out.Start != "2026-10-24T09:00:00+02:00" || out.End != "2026-10-24T10:30:00+02:00" {
			t.Errorf("%+v", out)
		}
		type listed struct {
			Events []event `json:"events"`
		}
		got := call[listed](t, "events", `{"from":"2026-10-24","to":"2026-10-30","calendars":["`+calendar+`"],"query":"Übung; mit, Zeichen"}`)
		if len(got.Events) != 3 || got.Events[1].Start != "2026-10-25T09:00:00+01:00" || got.Events[2].Description != "a\nb" {
			t.Errorf("%s: %+v", calendar, got)
		}
		fails(t, "create_event", `{"calendar":"`+calendar+`","title":"again","start":"2026-10-24","uid":"u-1"}`, remit.Conflict, `"u-1" already`)
	}
	left, err := filepath.Glob(filepath.Join(folder, ".*"))
	if err != nil || len(left) > 0 {
		t.Error(left, err)
	}
	data, err := os.ReadFile(filepath.Join(folder, "a.ics"))
	if err != nil || strings.Count(string(data), "BEGIN:VEVENT") != 2 || !strings.HasSuffix(string(data), "END:VEVENT\r\nEND:VCALENDAR\r\n") {
		t.Errorf("%v %s", err, data)
	}
}

func TestDaysAndTimesAreWrittenAsTheyAreMeant(t *testing.T) {
	folder := inFiles(t, "", map[string]string{"team/.keep": ""})
	for input, want := range map[string]string{
		`"start":"2026-03-28"`:                                                                "DTSTART;VALUE=DATE:20260328|DTEND;VALUE=DATE:20260329",
		`"start":"2026-03-28","end":"2026-04-01"`:                                             "DTSTART;VALUE=DATE:20260328|DTEND;VALUE=DATE:20260401",
		`"start":"2026-03-28T09:00"`:                                                          "DTSTART:20260328T090000Z|DTEND:20260328T100000Z",
		`"start":"2026-03-28T09:00:00+05:30"`:                                                 "DTSTART:20260328T033000Z|DTEND:20260328T043000Z",
		`"start":"2026-03-28T09:00","time_zone":"Asia/Tokyo"`:                                 "DTSTART;TZID=Asia/Tokyo:20260328T090000|DTEND;TZID=Asia/Tokyo:20260328T100000",
		`"start":"2026-10-25T02:30:00+01:00","time_zone":"Europe/Berlin"`:                     "DTSTART:20261025T013000Z|DTEND:20261025T023000Z",
		`"start":"2026-03-28T23:30:00Z","time_zone":"Europe/Berlin","minutes":120`:            "DTSTART;TZID=Europe/Berlin:20260329T003000|DTEND;TZID=Europe/Berlin:20260329T033000",
		`"start":"2026-03-28","tentative":true,"busy":false,"recurrence":"freq=yearly"`:       "RRULE:FREQ=YEARLY|STATUS:TENTATIVE|TRANSP:TRANSPARENT",
		`"start":"2026-03-28","description":"x\r\nBEGIN:VEVENT\r\nATTACH:file:///etc/passwd"`: `DESCRIPTION:x\nBEGIN:VEVENT\nATTACH:file:///etc/passwd`,
	} {
		out := call[created](t, "create_event", `{"title":"t",`+input+`}`)
		data, err := os.ReadFile(filepath.Join(folder, out.Place))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.ReplaceAll(string(data), "\r\n", "|")
		if !strings.Contains(lines, "|"+want+"|") {
			t.Errorf("%s: no %s in %s", input, want, lines)
		}
	}
}

func TestAnEventThatCannotBeIsNotCreated(t *testing.T) {
	folder := inFiles(t, "Europe/Berlin", map[string]string{"team/.keep": ""})
	for input, says := range map[string]string{
		`"title":"","start":"2026-03-28"`:                                         "/title",
		`"title":"t","start":"noon"`:                                              "/start",
		`"title":"t","start":"2026-03-28","end":"2026-03-28"`:                     "/end",
		`"title":"t","start":"2026-03-28","end":"2026-03-28T09:00"`:               "both be days",
		`"title":"t","start":"2026-03-29T02:30"`:                                  "the clocks in Europe/Berlin leave out 02:30",
		`"title":"t","start":"2026-10-25T01:30"`:                                  "",
		`"title":"t","start":"2026-10-25T01:30","minutes":120`:                    "the clocks say twice",
		`"title":"t","start":"2026-03-28","recurrence":"FREQ=NEVER"`:              "/recurrence: FREQ=NEVER is unknown",
		`"title":"t","start":"2026-03-28","recurrence":"FREQ=HOURLY"`:             "within a day",
		`"title":"t","start":"2026-03-28","recurrence":"FREQ=DAILY\r\nATTACH:x"`:  "/recurrence",
		`"title":"t","start":"2026-03-28T09:00","time_zone":"Europe/Berlin\r\nX"`: "is no time zone",
	} {
		if says != "" {
			fails(t, "create_event", "{"+input+"}", remit.InvalidInput, says)
		}
	}
	fails(t, "create_event", `{"title":"t","start":"2026-03-28","calendar":"x/"}`, remit.NotFound, `there are "team/"`)
	entries, err := os.ReadDir(filepath.Join(folder, "team"))
	if err != nil || len(entries) != 1 {
		t.Error(entries, err)
	}
}

func TestAUIDIsNoPath(t *testing.T) {
	folder := inFiles(t, "", map[string]string{"team/.keep": ""})
	for _, uid := range []string{"../../evil", "/etc/x", "..", ".hidden", "a b/c", "ü"} {
		out := call[created](t, "create_event", `{"title":"t","start":"2026-03-28","uid":"`+uid+`"}`)
		if out.UID != uid || filepath.Dir(out.Place) != "team" || strings.HasPrefix(filepath.Base(out.Place), ".") {
			t.Errorf("%s: %+v", uid, out)
		}
		if _, err := os.Stat(filepath.Join(folder, out.Place)); err != nil {
			t.Error(err)
		}
	}
}

func TestOneOfSeveralCalendarsMustBeSaid(t *testing.T) {
	inFiles(t, "", map[string]string{"a.ics": file(), "b.ics": file()})
	fails(t, "create_event", `{"title":"t","start":"2026-03-28"}`, remit.InvalidInput, `say which one: there are "a.ics", "b.ics"`)
}
