package ics

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"calendar/recur"
)

func loaded(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// file makes a calendar of lines.
func file(lines ...string) []byte {
	return []byte("BEGIN:VCALENDAR\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCALENDAR\r\n")
}

// expanded lists what is in a window: title, beginning and end, and when the series has it.
func expanded(t testing.TB, data []byte, zone *time.Location, from, to string) string {
	t.Helper()
	at := func(text string) time.Time {
		at, err := time.ParseInLocation("20060102", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	warn := func(line string) { t.Error(line) }
	window := Window{at(from), at(to)}
	events := NewZones(zone, warn).Events(data, window)
	bounds := Bounds{Most: 100, EachEvent: 100_000, All: recur.NewBudget(1_000_000)}
	var lines []string
	for _, i := range Instances(events, window, &bounds, warn) {
		layout := "0102T1504"
		if i.Begins.Date {
			layout = "0102"
		}
		line := fmt.Sprintf("%s %s-%s", i.Event.Summary, i.Begins.Instant().Format(layout), i.Ends.Format(layout))
		if i.Original != nil && !i.Original.Instant().Equal(i.Begins.Instant()) {
			line += " for " + i.Original.Instant().Format(layout)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func expect(t *testing.T, got string, want ...string) {
	t.Helper()
	if got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestAnEventIsInAWindowIfItTouchesIt(t *testing.T) {
	data := file(
		"BEGIN:VEVENT", "UID:1", "SUMMARY:before", "DTSTART:20260301T100000Z", "DTEND:20260302T000000Z", "END:VEVENT",
		"BEGIN:VEVENT", "UID:2", "SUMMARY:into", "DTSTART:20260301T100000Z", "DTEND:20260302T000001Z", "END:VEVENT",
		"BEGIN:VEVENT", "UID:3", "SUMMARY:moment", "DTSTART:20260302T000000Z", "END:VEVENT",
		"BEGIN:VEVENT", "UID:4", "SUMMARY:whole", "DTSTART:20260101T000000Z", "DURATION:P100D", "END:VEVENT",
		"BEGIN:VEVENT", "UID:5", "SUMMARY:after", "DTSTART:20260303T000000Z", "DURATION:PT1H", "END:VEVENT",
	)
	expect(t, expanded(t, data, time.UTC, "20260302", "20260303"),
		"whole 0101T0000-0411T0000", "into 0301T1000-0302T0000", "moment 0302T0000-0302T0000")
}

func TestDaysAreOfWhoeverLooks(t *testing.T) {
	data := file("BEGIN:VEVENT", "UID:1", "SUMMARY:day", "DTSTART;VALUE=DATE:20260302", "END:VEVENT",
		"BEGIN:VEVENT", "UID:2", "SUMMARY:days", "DTSTART;VALUE=DATE:20260301", "DTEND;VALUE=DATE:20260303", "END:VEVENT",
		"BEGIN:VEVENT", "UID:3", "SUMMARY:week", "DTSTART;VALUE=DATE:20260226", "DURATION:P1W", "END:VEVENT",
		"BEGIN:VEVENT", "UID:4", "SUMMARY:floating", "DTSTART:20260302T233000", "DURATION:PT1H", "END:VEVENT")
	for _, zone := range []string{"Pacific/Auckland", "America/Los_Angeles", "UTC"} {
		expect(t, expanded(t, data, loaded(t, zone), "20260302", "20260303"),
			"week 0226-0305", "days 0301-0303", "day 0302-0303", "floating 0302T2330-0303T0030")
	}
}

func TestLengthsOutliveAChangeOfTheClocks(t *testing.T) {
	berlin := loaded(t, "Europe/Berlin")
	// In the night to the 29th of March an hour is missing.
	data := file(
		"BEGIN:VEVENT", "UID:1", "SUMMARY:end", "DTSTART;TZID=Europe/Berlin:20260327T230000",
		"DTEND;TZID=Europe/Berlin:20260328T070000", "RRULE:FREQ=DAILY;COUNT=2", "END:VEVENT",
		"BEGIN:VEVENT", "UID:2", "SUMMARY:exact", "DTSTART;TZID=Europe/Berlin:20260328T230000", "DURATION:PT24H", "END:VEVENT",
		"BEGIN:VEVENT", "UID:3", "SUMMARY:nominal", "DTSTART;TZID=Europe/Berlin:20260328T230000", "DURATION:P1D", "END:VEVENT",
	)
	expect(t, expanded(t, data, berlin, "20260327", "20260402"),
		"end 0327T2300-0328T0700", "end 0328T2300-0329T0800", "exact 0328T2300-0330T0000", "nominal 0328T2300-0329T2300")
}

func TestAnEndMayBeInAnotherZone(t *testing.T) {
	data := file("BEGIN:VEVENT", "UID:1", "SUMMARY:flight", "DTSTART;TZID=Europe/Berlin:20260302T120000",
		"DTEND;TZID=America/New_York:20260302T150000", "END:VEVENT")
	expect(t, expanded(t, data, time.UTC, "20260302", "20260304"), "flight 0302T1200-0302T1500")
}

func TestOneOfASeriesMayDiffer(t *testing.T) {
	series := []string{"BEGIN:VEVENT", "UID:1", "SUMMARY:stand-up", "DTSTART;TZID=Europe/Berlin:20260302T090000",
		"DTEND;TZID=Europe/Berlin:20260302T091500", "RRULE:FREQ=DAILY;COUNT=5", "EXDATE;TZID=Europe/Berlin:20260306T090000", "END:VEVENT"}
	moved := []string{"BEGIN:VEVENT", "UID:1", "SUMMARY:moved", "RECURRENCE-ID:20260303T080000Z",
		"DTSTART;TZID=Europe/Berlin:20260305T140000", "DTEND;TZID=Europe/Berlin:20260305T150000", "END:VEVENT"}
	away := []string{"BEGIN:VEVENT", "UID:1", "SUMMARY:away", "RECURRENCE-ID;TZID=Europe/Berlin:20260304T090000",
		"DTSTART;TZID=Europe/Berlin:20260401T090000", "DURATION:PT15M", "END:VEVENT"}
	berlin := loaded(t, "Europe/Berlin")
	expect(t, expanded(t, file(append(append(series, moved...), away...)...), berlin, "20260301", "20260310"),
		"stand-up 0302T0900-0302T0915", "stand-up 0305T0900-0305T0915", "moved 0305T1400-0305T1500 for 0303T0800")
	// From outside of the window into it.
	expect(t, expanded(t, file(append(append(moved, away...), series...)...), berlin, "20260401", "20260402"),
		"away 0401T0900-0401T0915 for 0304T0900")
	// Without the series it stands for itself.
	expect(t, expanded(t, file(moved...), berlin, "20260301", "20260310"), "moved 0305T1400-0305T1500 for 0303T0800")
}

func TestASeriesMayDifferFromSomeTimeOn(t *testing.T) {
	data := file(
		"BEGIN:VEVENT", "UID:1", "SUMMARY:early", "DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=5", "END:VEVENT",
		"BEGIN:VEVENT", "UID:1", "SUMMARY:late", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260316T090000Z",
		"DTSTART:20260317T180000Z", "DURATION:PT2H", "END:VEVENT",
		"BEGIN:VEVENT", "UID:1", "SUMMARY:once", "RECURRENCE-ID:20260323T090000Z", "DTSTART:20260323T070000Z", "DURATION:PT1H", "END:VEVENT",
	)
	expect(t, expanded(t, data, time.UTC, "20260301", "20260501"),
		"early 0302T0900-0302T1000", "early 0309T0900-0309T1000",
		"late 0317T1800-0317T2000 for 0316T0900", "once 0323T0700-0323T0800 for 0323T0900", "late 0331T1800-0331T2000 for 0330T0900")
	expect(t, expanded(t, data, time.UTC, "20260331", "20260401"), "late 0331T1800-0331T2000 for 0330T0900")
}

func TestExtraDatesMayBePeriods(t *testing.T) {
	data := file("BEGIN:VEVENT", "UID:1", "SUMMARY:extra", "DTSTART:20260302T090000Z", "DURATION:PT1H",
		"RDATE;VALUE=PERIOD:20260303T020000Z/20260303T040000Z,20260304T010000Z/PT3H", "RDATE:20260305T090000Z", "END:VEVENT")
	expect(t, expanded(t, data, time.UTC, "20260301", "20260310"),
		"extra 0302T0900-0302T1000", "extra 0303T0200-0303T0400", "extra 0304T0100-0304T0400", "extra 0305T0900-0305T1000")
}

func TestHostileEventsAreCutAndSaid(t *testing.T) {
	data := file("BEGIN:VEVENT", "UID:1", "SUMMARY:flood", "DTSTART:20000101T000000Z", "RRULE:FREQ=SECONDLY", "END:VEVENT",
		"BEGIN:VEVENT", "UID:2", "SUMMARY:plain", "DTSTART:20260302T090000Z", "END:VEVENT")
	warn := func(line string) { t.Error(line) }
	events := NewZones(time.UTC, warn).Events(data, always)
	bounds := Bounds{Most: 10, EachEvent: 20_000, All: recur.NewBudget(100_000)}
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	all := Instances(events, Window{from, from.AddDate(0, 0, 1)}, &bounds, warn)
	if len(all) != 11 || all[10].Event.Summary != "plain" || !bounds.Cut {
		t.Errorf("%d instances, cut: %v", len(all), bounds.Cut)
	}
}

func FuzzAFileNeverPanics(f *testing.F) {
	f.Add(file("BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Europe/Berlin:20260302T090000", "RRULE:FREQ=DAILY;COUNT=5", "END:VEVENT"))
	f.Add(file("BEGIN:VTIMEZONE", "TZID:X", "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
		"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "END:STANDARD", "END:VTIMEZONE",
		"BEGIN:VEVENT", "DTSTART;TZID=X:20260302T090000", "RDATE;VALUE=PERIOD:20260303T020000Z/PT1H", "END:VEVENT"))
	f.Fuzz(func(t *testing.T, data []byte) {
		warn := func(string) {}
		zones := NewZones(time.UTC, warn)
		bounds := Bounds{Most: 50, EachEvent: 2_000, All: recur.NewBudget(20_000)}
		from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		Instances(zones.Events(data, always), Window{from, from.AddDate(1, 0, 0)}, &bounds, warn)
	})
}
