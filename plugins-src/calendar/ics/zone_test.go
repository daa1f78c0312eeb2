package ics

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"calendar/recur"
)

// RFC 5545, section 3.6.5: New York from 1967 on, by rules that ended and rules that go on.
const newYork = `BEGIN:VTIMEZONE
TZID:Mine
LAST-MODIFIED:20050809T050000Z
BEGIN:DAYLIGHT
DTSTART:19670430T020000
RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU;UNTIL=19730429T070000Z
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
TZNAME:EDT
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19671029T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20061029T060000Z
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
TZNAME:EST
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19740106T020000
RDATE:19750223T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
TZNAME:EDT
END:DAYLIGHT
BEGIN:DAYLIGHT
DTSTART:19760425T020000
RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU;UNTIL=19860427T070000Z
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
TZNAME:EDT
END:DAYLIGHT
BEGIN:DAYLIGHT
DTSTART:19870405T020000
RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
TZNAME:EDT
END:DAYLIGHT
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
TZNAME:EDT
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
TZNAME:EST
END:STANDARD
END:VTIMEZONE`

// agree says that two zones have the same offsets all through some years.
func agree(t *testing.T, a, b *time.Location, from, to int) {
	t.Helper()
	for at := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < to; at = at.Add(7 * time.Hour) {
		_, one := at.In(a).Zone()
		_, other := at.In(b).Zone()
		if one != other {
			t.Fatalf("at %v: %d and %d", at, one, other)
		}
	}
}

func zoneIn(t *testing.T, data []byte, tzid string) *time.Location {
	t.Helper()
	warn := func(line string) { t.Error(line) }
	zone := NewZones(time.UTC, warn).of(Parse(data, warn)[0]).zone(tzid)
	if zone == nil {
		t.Fatalf("no zone %s", tzid)
	}
	return zone
}

func TestAFilesOwnZoneIsWorkedOut(t *testing.T) {
	agree(t, zoneIn(t, file(newYork), "Mine"), loaded(t, "America/New_York"), 1971, 2038)
}

func TestAFilesOwnZoneIsMeantWhateverItsNameIs(t *testing.T) {
	data := file(strings.ReplaceAll(newYork, "TZID:Mine", "TZID:Europe/Berlin"))
	agree(t, zoneIn(t, data, "Europe/Berlin"), loaded(t, "America/New_York"), 2020, 2022)
}

func TestOutlooksZonesAreWorkedOut(t *testing.T) {
	data := file("BEGIN:VTIMEZONE", "TZID:W. Europe Standard Time", "BEGIN:STANDARD", "DTSTART:16010101T030000",
		"TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "END:STANDARD",
		"BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
		"RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE")
	agree(t, zoneIn(t, data, "W. Europe Standard Time"), loaded(t, "Europe/Berlin"), 1997, 2037)
}

func TestAZoneWithoutChangesHasOneOffset(t *testing.T) {
	data := file("BEGIN:VTIMEZONE", "TZID:Odd", "BEGIN:STANDARD", "DTSTART:20260101T000000",
		"TZOFFSETFROM:+012345", "TZOFFSETTO:+054321", "END:STANDARD", "END:VTIMEZONE")
	zone := zoneIn(t, data, "Odd")
	_, before := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC).In(zone).Zone()
	_, after := time.Date(2060, 6, 1, 0, 0, 0, 0, time.UTC).In(zone).Zone()
	if before != 1*3600+23*60+45 || after != 5*3600+43*60+21 {
		t.Error(before, after)
	}
}

func TestAZoneMayStandAfterItsEvent(t *testing.T) {
	data := file("BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Mine:20260701T090000", "END:VEVENT", newYork)
	events := NewZones(time.UTC, func(line string) { t.Error(line) }).Events(data, always)
	if len(events) != 1 || events[0].Set.Start.Instant().UTC().Hour() != 13 {
		t.Error(events)
	}
}

func TestZonesAreFoundBehindPrefixes(t *testing.T) {
	for tzid, want := range map[string]string{
		"Europe/Berlin": "Europe/Berlin",
		"/freeassociation.sourceforge.net/Europe/Berlin":         "Europe/Berlin",
		"/citadel.org/20250101_1/America/Argentina/Buenos_Aires": "America/Argentina/Buenos_Aires",
		"UTC": "UTC",
	} {
		if zone := named(tzid); zone == nil || zone.String() != want {
			t.Errorf("%s: %v", tzid, zone)
		}
	}
	for _, tzid := range []string{"", "Local", "/", "../../etc/passwd", "Nowhere/City"} {
		if zone := named(tzid); zone != nil {
			t.Errorf("%s: %v", tzid, zone)
		}
	}
}

func TestHostileZonesAreRefused(t *testing.T) {
	for name, lines := range map[string]string{
		"every second": "DTSTART:19700101T000000\nRRULE:FREQ=SECONDLY",
		"no start":     "RRULE:FREQ=YEARLY",
		"no rule":      "DTSTART:19700101T000000\nRRULE:x",
	} {
		said := ""
		data := file("BEGIN:VTIMEZONE\nTZID:Bad\nBEGIN:STANDARD\nTZOFFSETFROM:+0000\nTZOFFSETTO:+0100\n" + lines + "\nEND:STANDARD\nEND:VTIMEZONE")
		warn := func(line string) { said += line + "\n" }
		zones := NewZones(time.UTC, warn).of(Parse(data, warn)[0])
		if name != "every second" && len(zones.own) > 0 || !strings.Contains(said, "left out") && len(zones.own) == 0 {
			t.Errorf("%s: %v %s", name, zones.own, said)
		}
	}
	for _, text := range []string{"", "+1", "0100", "+2400", "+0160", "+01000", "-01AB", "+010099"} {
		c := &Component{Lines: []Line{{Name: "TZOFFSETTO", Value: text}}}
		if n, err := offset(c, "TZOFFSETTO"); err == nil {
			t.Errorf("%q: %d", text, n)
		}
	}
}

func TestAWrittenZoneIsTheSameWhenReadAgain(t *testing.T) {
	at := time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)
	for name, wantRule := range map[string]bool{
		"Europe/Berlin": true, "America/New_York": true, "Australia/Lord_Howe": true, "America/Santiago": false,
		"Asia/Tokyo": false, "Asia/Kolkata": false, "Africa/Casablanca": false, "Pacific/Kiritimati": false,
		"Europe/Dublin": true, "America/Nuuk": false, "Etc/GMT+5": false,
	} {
		zone := loaded(t, name)
		lines := zoneLines(zone, at)
		if hasRule := strings.Contains(strings.Join(lines, "\n"), "RRULE"); hasRule != wantRule && name != "America/Nuuk" {
			t.Errorf("%s: a rule: %v\n%s", name, hasRule, strings.Join(lines, "\n"))
		}
		agree(t, zoneIn(t, fold(append(append([]string{"BEGIN:VCALENDAR"}, lines...), "END:VCALENDAR")), name), zone, 2026, 2030)
	}
}

func TestAWrittenEventIsTheSameWhenReadAgain(t *testing.T) {
	berlin := loaded(t, "Europe/Berlin")
	wall := time.Date(2026, 3, 27, 9, 0, 0, 0, time.UTC)
	event := New{
		UID: "a;b,c", Summary: "Grüße, \"alle\"; \\ zusammen\nund weiter: " + strings.Repeat("äöü😀", 60),
		Location: "Raum 3", Description: "x\r\nEND:VEVENT\r\ny", Rule: "freq=daily;count=4", Stamp: time.Unix(0, 0),
		Begins: recur.Moment{Wall: wall, Zone: berlin}, Ends: recur.Moment{Wall: wall.Add(time.Hour), Zone: berlin},
		Tentative: true, Transparent: true,
	}
	data := event.Calendar()
	for line := range bytes.SplitSeq(bytes.TrimSuffix(data, []byte("\r\n")), []byte("\r\n")) {
		if len(line) > 75 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	warn := func(line string) { t.Error(line) }
	events := NewZones(time.UTC, warn).Events(data, always)
	if len(events) != 1 {
		t.Fatal(len(events))
	}
	e := events[0]
	if e.UID != event.UID || e.Summary != event.Summary || e.Description != "x\nEND:VEVENT\ny" ||
		e.Status != "tentative" || !e.Transparent || e.Set.Rules[0].Count != 4 {
		t.Errorf("%+v", e)
	}
	if got := e.Set.Start.Instant().UTC().Format(time.RFC3339); got != "2026-03-27T08:00:00Z" {
		t.Error(got)
	}

	// Added to a file, that of the file stays, and its zone is not said twice.
	again := event
	again.UID, again.Summary = "second", "second"
	added, ok := again.AddTo(data)
	if !ok || !bytes.HasPrefix(added, data[:len(data)-len("END:VCALENDAR\r\n")]) || bytes.Count(added, []byte("BEGIN:VTIMEZONE")) != 1 {
		t.Errorf("%s", added)
	}
	if events := NewZones(time.UTC, warn).Events(added, always); len(events) != 2 || events[1].Summary != "second" {
		t.Error(len(events))
	}
	if _, ok := again.AddTo([]byte("no calendar")); ok {
		t.Error("added to what is no calendar")
	}
}
