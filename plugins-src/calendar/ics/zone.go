package ics

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"calendar/recur"
)

// Zones knows what TZIDs mean: by the file's own VTIMEZONE, else by their names in the world's zone database. The
// same VTIMEZONE stands in many files; it is worked out once.
type Zones struct {
	// floating is for times of no zone: that of whoever looks.
	floating *time.Location
	worked   map[string]*time.Location
	warn     func(string)
}

// NewZones makes an empty one. What it cannot make out, it tells warn.
func NewZones(floating *time.Location, warn func(string)) *Zones {
	return &Zones{floating: floating, worked: map[string]*time.Location{}, warn: warn}
}

// fileZones are those of one calendar.
type fileZones struct {
	*Zones
	own map[string]*time.Location
}

// of finds the zones that a calendar defines.
func (z *Zones) of(calendar *Component) fileZones {
	file := fileZones{Zones: z, own: map[string]*time.Location{}}
	for _, c := range calendar.Components {
		tzid := c.Text("TZID")
		if c.Name != "VTIMEZONE" || tzid == "" {
			continue
		}
		key := fmt.Sprint(c.Lines, c.observances())
		location, done := z.worked[key]
		if !done {
			var err error
			if location, err = defined(tzid, c); err != nil {
				z.warn(fmt.Sprintf("left out the time zone %q: %v", start(tzid), err))
			}
			z.worked[key] = location
		}
		if location != nil {
			file.own[tzid] = location
		}
	}
	return file
}

// observances are a VTIMEZONE's parts, as text to tell it from others.
func (c *Component) observances() (lines [][]Line) {
	for _, part := range c.Components {
		lines = append(lines, part.Lines)
	}
	return lines
}

func (z fileZones) zone(tzid string) *time.Location {
	if tzid == "" {
		return z.floating
	}
	if own := z.own[tzid]; own != nil {
		return own
	}
	if location, done := z.worked[tzid]; done {
		return location
	}
	location := named(tzid)
	if location == nil {
		z.warn(fmt.Sprintf("the time zone %q is unknown: its times are taken as local ones", start(tzid)))
		location = z.floating
	}
	z.worked[tzid] = location
	return location
}

// named finds a zone of the world's database, also where its name stands behind a prefix that some programs write:
// /citadel.org/20250101_1/Europe/Berlin.
func named(tzid string) *time.Location {
	parts := strings.Split(strings.Trim(tzid, "/"), "/")
	for from := max(len(parts)-3, 0); from < len(parts); from++ {
		name := strings.Join(parts[from:], "/")
		// "Local" would be the machine's own.
		if name == "" || name == "Local" {
			continue
		}
		if location, err := time.LoadLocation(name); err == nil {
			return location
		}
	}
	return nil
}

// The years for which a file's zone is worked out. Before, the clocks are as at its beginning, afterwards as at its
// end.
const (
	firstZoneYear = 1970
	lastZoneYear  = 2070
)

// mostChanges is how many changes of the clocks a zone may have.
const mostChanges = 2000

// defined works a VTIMEZONE out.
func defined(tzid string, c *Component) (*time.Location, error) {
	var changes []change
	for _, part := range c.Components {
		if part.Name != "STANDARD" && part.Name != "DAYLIGHT" {
			continue
		}
		more, err := part.changes()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.Name, err)
		}
		changes = append(changes, more...)
	}
	if len(changes) == 0 {
		return nil, fmt.Errorf("it says no offset from UTC")
	}
	if len(changes) > mostChanges {
		return nil, fmt.Errorf("its clocks change too often")
	}
	return location(tzid, changes)
}

// changes are when an observance begins: by its start, its rules and its dates.
func (c *Component) changes() ([]change, error) {
	from, err := offset(c, "TZOFFSETFROM")
	if err != nil {
		return nil, err
	}
	to, err := offset(c, "TZOFFSETTO")
	if err != nil {
		return nil, err
	}
	// Times are said by the clocks before the change.
	before := fixedZones{time.FixedZone("", from)}
	line, _ := c.line("DTSTART")
	begins, err := line.moment(before)
	if err != nil {
		return nil, err
	}
	begins.Date = false
	set := recur.Set{Start: begins}
	for _, line := range c.Lines {
		switch line.Name {
		case "RRULE":
			rule, err := recur.Parse(line.Value)
			if err != nil {
				return nil, err
			}
			set.Rules = append(set.Rules, rule)
		case "RDATE":
			extra, err := line.moments(before)
			if err != nil {
				return nil, err
			}
			set.Extra = append(set.Extra, extra...)
		}
	}
	first := change{at: begins.Instant().Unix(), from: from, to: to, daylight: c.Name == "DAYLIGHT"}
	all := []change{first}
	start := time.Date(firstZoneYear, 1, 1, 0, 0, 0, 0, time.UTC)
	end := time.Date(lastZoneYear, 1, 1, 0, 0, 0, 0, time.UTC)
	instances, err := set.Expand(start, end, mostChanges, recur.NewBudget(50_000))
	if err != nil {
		return nil, err
	}
	for _, m := range instances {
		next := first
		if next.at = m.Instant().Unix(); next.at > first.at {
			all = append(all, next)
		}
	}
	return all, nil
}

type fixedZones struct{ of *time.Location }

func (f fixedZones) zone(string) *time.Location { return f.of }

// offset reads +HHMM or -HHMMSS, in seconds.
func offset(c *Component, name string) (int, error) {
	line, _ := c.line(name)
	text := strings.TrimSpace(line.Value)
	wrong := fmt.Errorf("%s %q is no offset from UTC", name, start(text))
	if len(text) != 5 && len(text) != 7 || text[0] != '+' && text[0] != '-' {
		return 0, wrong
	}
	digits, err := strconv.ParseUint((text[1:] + "00")[:6], 10, 32)
	if err != nil || digits/100%100 > 59 || digits%100 > 59 || digits/10000 > 23 {
		return 0, wrong
	}
	seconds := int(digits/10000)*3600 + int(digits/100%100)*60 + int(digits%100)
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, nil
}
