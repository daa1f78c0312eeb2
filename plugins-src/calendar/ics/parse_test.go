package ics

import (
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func told(t *testing.T) (warn func(string), lines func() []string) {
	t.Helper()
	var kept []string
	return func(line string) { kept = append(kept, line) }, func() []string { return kept }
}

// always is a window on all time.
var always = Window{time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)}

func TestFoldedLinesAreOneLine(t *testing.T) {
	// The fold in the last is in the midst of a letter.
	data := "\xEF\xBB\xBFDESCRIPTION:This is a lo\r\n ng description\r\n  that exists on a long line.\r\n" +
		"A:1\n\tb\nC:2\rD:gr\xC3\r\n \xBC\xC3\x9Fe\r\n\r\n\r\nE:\xff"
	got := slices.Collect(unfold([]byte(data)))
	want := []string{"DESCRIPTION:This is a long description that exists on a long line.", "A:1b", "C:2", "D:grüße", "E:\uFFFD"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestALinesParametersAreRead(t *testing.T) {
	line, err := parseLine(`attendee;role=REQ-PARTICIPANT;CN="Doe, Jane; Dr.: ^'J^'";MEMBER="mailto:a@b","mailto:c@d":mailto:jane@example.org`)
	if err != nil || line.Name != "ATTENDEE" || line.Param("ROLE") != "REQ-PARTICIPANT" ||
		line.Param("CN") != `Doe, Jane; Dr.: "J"` || len(line.Params["MEMBER"]) != 2 || line.Value != "mailto:jane@example.org" {
		t.Errorf("%+v %v", line, err)
	}
	for _, text := range []string{"", "nothing", ":1", ";A=1:2", "A;B:1", `A;B="1:2`, "A;B=1", "A;B=1;C"} {
		if line, err := parseLine(text); err == nil {
			t.Errorf("%q is taken: %+v", text, line)
		}
	}
}

func TestTextIsUnescapedAndEscaped(t *testing.T) {
	for escaped, plain := range map[string]string{
		`Project XYZ Final Review\nConference Room - 3B\nCome Prepared.`: "Project XYZ Final Review\nConference Room - 3B\nCome Prepared.",
		`a\, b\; c\\ d`: `a, b; c\ d`,
		`\\n`:           `\n`,
		"":              "",
	} {
		if got := Unescape(escaped); got != plain {
			t.Errorf("%q: %q", escaped, got)
		}
		if got := Escape(plain); got != escaped {
			t.Errorf("%q: %q", plain, got)
		}
	}
	if got := Unescape(`a\Nb\x\`); got != "a\nbx\\" {
		t.Errorf("%q", got)
	}
	if got := Escape("a\r\nEND:VEVENT\rb\x00\x1b"); got != `a\nEND:VEVENT\nb` {
		t.Errorf("%q", got)
	}
}

func TestDurationsAreRead(t *testing.T) {
	for text, want := range map[string]Duration{
		"P15DT5H0M20S": {15, 5*time.Hour + 20*time.Second},
		"P7W":          {49, 0},
		"PT1H30M":      {0, 90 * time.Minute},
		"-PT15M":       {0, -15 * time.Minute},
		"+P1D":         {1, 0},
		"p1w":          {7, 0},
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "P", "PT", "1D", "P1", "P1H", "PT1D", "PT1H1", "P-1D", "P1.5D", "P999999999W", "PTT1H", "P1DT"} {
		if text == "P1DT" {
			// Some programs write it, and what it means is plain.
			continue
		}
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%s is taken: %v", text, got)
		}
	}
}

func TestBrokenFilesLoseWhatIsBrokenOnly(t *testing.T) {
	for name, c := range map[string]struct {
		file, events, warning string
	}{
		"whole":                  {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|DTSTART:20260301|END:VEVENT|END:VCALENDAR", "1", ""},
		"two calendars":          {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|DTSTART:20260301|END:VEVENT|END:VCALENDAR|BEGIN:VCALENDAR|BEGIN:VEVENT|UID:2|DTSTART:20260301|END:VEVENT|END:VCALENDAR", "1 2", ""},
		"small letters":          {"begin:vcalendar|begin:vevent|uid:1|dtstart:20260301|end:vevent|end:vcalendar", "1", ""},
		"an alarm inside":        {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|DTSTART:20260301|BEGIN:VALARM|TRIGGER:-PT5M|SUMMARY:x|END:VALARM|END:VEVENT|END:VCALENDAR", "1", ""},
		"empty":                  {"", "", ""},
		"no calendar":            {"hello", "", "no content line"},
		"html":                   {"<!DOCTYPE html>|<p style=\"x:1\">", "", "content"},
		"a broken line":          {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|rubbish|DTSTART:20260301|END:VEVENT|END:VCALENDAR", "1", "rubbish"},
		"cut off":                {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|DTSTART:20260301|END:VEVENT|BEGIN:VEVENT|UID:2|DTSTA", "1", "cut off"},
		"no end of an event":     {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|DTSTART:20260301|END:VCALENDAR", "", "does not end"},
		"an end too many":        {"BEGIN:VCALENDAR|END:VEVENT|BEGIN:VEVENT|UID:1|DTSTART:20260301|END:VEVENT|END:VCALENDAR", "1", "nothing began"},
		"no start":               {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|SUMMARY:Lost|END:VEVENT|END:VCALENDAR", "", `"Lost": it has no DTSTART`},
		"no such day":            {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|DTSTART:20260230|END:VEVENT|END:VCALENDAR", "", "no date or time"},
		"year nought":            {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|DTSTART:00000101T000000|END:VEVENT|END:VCALENDAR", "", "no date or time"},
		"ends before it begins":  {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|DTSTART:20260302|DTEND:20260301|END:VEVENT|END:VCALENDAR", "", "ends before"},
		"a bad rule":             {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|DTSTART:20260302|RRULE:FREQ=NEVER|END:VEVENT|END:VCALENDAR", "", "RRULE: FREQ=NEVER is unknown"},
		"hours of a day":         {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|DTSTART:20260302|RRULE:FREQ=HOURLY|END:VEVENT|END:VCALENDAR", "", "within a day"},
		"an event outside":       {"BEGIN:VEVENT|UID:1|DTSTART:20260301|END:VEVENT", "", "outside of a calendar"},
		"an EXRULE":              {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|DTSTART:20260301|EXRULE:FREQ=DAILY|END:VEVENT|END:VCALENDAR", "1", "EXRULE"},
		"an unknown zone":        {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|DTSTART;TZID=Nowhere:20260301T090000|END:VEVENT|END:VCALENDAR", "1", `time zone "Nowhere" is unknown`},
		"a bad zone of its own":  {"BEGIN:VCALENDAR|BEGIN:VTIMEZONE|TZID:Mine|END:VTIMEZONE|BEGIN:VEVENT|UID:1|DTSTART;TZID=Mine:20260301T090000|END:VEVENT|END:VCALENDAR", "1", "no offset"},
		"todos are no events":    {"BEGIN:VCALENDAR|BEGIN:VTODO|UID:1|END:VTODO|END:VCALENDAR", "", ""},
		"deep":                   {"BEGIN:VCALENDAR|" + strings.Repeat("BEGIN:X|", 1000) + "A:1|" + strings.Repeat("END:X|", 1000) + "BEGIN:VEVENT|UID:1|DTSTART:20260301|END:VEVENT|END:VCALENDAR", "1", ""},
		"a leap second":          {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1|DTSTART:20161231T235960Z|END:VEVENT|END:VCALENDAR", "1", ""},
		"bytes that are no text": {"BEGIN:VCALENDAR|BEGIN:VEVENT|UID:1\xff|DTSTART:20260301|END:VEVENT|END:VCALENDAR", "1\uFFFD", ""},
	} {
		warn, lines := told(t)
		zones := NewZones(time.UTC, warn)
		var uids []string
		for _, event := range zones.Events([]byte(strings.ReplaceAll(c.file, "|", "\r\n")), always) {
			uids = append(uids, event.UID)
		}
		said := strings.Join(lines(), "\n")
		if got := strings.Join(uids, " "); got != c.events || !strings.Contains(said, c.warning) || c.warning == "" && said != "" {
			t.Errorf("%s: events %q, want %q; said %q", name, got, c.events, said)
		}
	}
}
