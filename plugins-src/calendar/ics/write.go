package ics

import (
	"strings"
	"time"
	"unicode/utf8"

	"calendar/recur"
)

// New is an event to write.
type New struct {
	UID, Summary, Description, Location string
	Begins, Ends                        recur.Moment
	// Rule is the value of an RRULE; empty for none.
	Rule                   string
	Tentative, Transparent bool
	// Stamp is when it is written.
	Stamp time.Time
}

// Calendar is a file with this event alone.
func (n New) Calendar() []byte {
	lines := []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Remit//calendar//EN"}
	lines = append(lines, n.zoneLines()...)
	lines = append(lines, n.eventLines()...)
	return fold(append(lines, "END:VCALENDAR"))
}

// AddTo puts the event into a file at its end, and says whether there is a calendar to put it into. The rest of the
// file stays as it is, byte for byte.
func (n New) AddTo(file []byte) ([]byte, bool) {
	at := lastEnd(file)
	if at < 0 {
		return nil, false
	}
	var lines []string
	if zone := n.zoneLines(); len(zone) > 0 && !defines(file, zoneName(n.Begins.Zone)) {
		lines = zone
	}
	added := fold(append(lines, n.eventLines()...))
	return append(append(append([]byte(nil), file[:at]...), added...), file[at:]...), true
}

// lastEnd is where the last END:VCALENDAR begins; -1 if there is none.
func lastEnd(file []byte) int {
	const end = "END:VCALENDAR"
	for at := len(file) - len(end); at >= 0; at-- {
		if strings.EqualFold(string(file[at:at+len(end)]), end) && (at == 0 || file[at-1] == '\n' || file[at-1] == '\r') {
			return at
		}
	}
	return -1
}

func defines(file []byte, tzid string) bool {
	for _, calendar := range Parse(file, func(string) {}) {
		for _, c := range calendar.Components {
			if c.Name == "VTIMEZONE" && c.Text("TZID") == tzid {
				return true
			}
		}
	}
	return false
}

func (n New) zoneLines() []string {
	if n.Begins.Date || n.Begins.Zone == time.UTC {
		return nil
	}
	return zoneLines(n.Begins.Zone, n.Begins.Instant())
}

func (n New) eventLines() []string {
	lines := []string{
		"BEGIN:VEVENT",
		"UID:" + Escape(n.UID),
		"DTSTAMP:" + n.Stamp.UTC().Format("20060102T150405Z"),
		"DTSTART" + momentValue(n.Begins),
		"DTEND" + momentValue(n.Ends),
		"SUMMARY:" + Escape(n.Summary),
	}
	if n.Rule != "" {
		lines = append(lines, "RRULE:"+strings.ToUpper(n.Rule))
	}
	if n.Description != "" {
		lines = append(lines, "DESCRIPTION:"+Escape(n.Description))
	}
	if n.Location != "" {
		lines = append(lines, "LOCATION:"+Escape(n.Location))
	}
	if n.Tentative {
		lines = append(lines, "STATUS:TENTATIVE")
	}
	if n.Transparent {
		lines = append(lines, "TRANSP:TRANSPARENT")
	}
	return append(lines, "END:VEVENT")
}

// momentValue is what stands after a property's name.
func momentValue(m recur.Moment) string {
	switch {
	case m.Date:
		return ";VALUE=DATE:" + m.Wall.Format("20060102")
	case m.Zone == time.UTC:
		return ":" + m.Wall.Format("20060102T150405Z")
	default:
		return ";TZID=" + zoneName(m.Zone) + ":" + m.Wall.Format("20060102T150405")
	}
}

// zoneName is a TZID; names of the world's database need no quotation.
func zoneName(zone *time.Location) string { return zone.String() }

// fold writes content lines, each of at most 75 bytes, no character cut in two.
func fold(lines []string) []byte {
	const most = 75
	var out []byte
	for _, line := range lines {
		room := most
		for len(line) > room {
			cut := room
			for cut > 0 && !utf8.RuneStart(line[cut]) {
				cut--
			}
			out = append(append(out, line[:cut]...), "\r\n "...)
			line, room = line[cut:], most-1
		}
		out = append(append(out, line...), "\r\n"...)
	}
	return out
}
