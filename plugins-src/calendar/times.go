package main

import (
	"time"

	"calendar/ics"
	"calendar/recur"
	"remit"
)

// longestSpan is how much time one call looks at.
const longestSpan = 5 * 366 * 24 * time.Hour

// zoneOf finds the zone in which an input means its days: its own, the configured one, or UTC.
func zoneOf(name string) (*time.Location, error) {
	if name == "" {
		configured, _, err := remit.LookupConfig("time-zone")
		if err != nil {
			return nil, err
		}
		name = configured
	}
	if name == "" {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, remit.InvalidInputf("%q is no time zone: write one as in Europe/Berlin", name)
	}
	return zone, nil
}

// parseTime reads a day (its beginning), a local time, or a time with its offset from UTC.
func parseTime(field, text string, zone *time.Location) (recur.Moment, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return inYears(field, text, recur.Moment{Wall: day, Date: true, Zone: zone})
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if wall, err := time.Parse(layout, text); err == nil {
			return inYears(field, text, recur.Moment{Wall: wall, Zone: zone})
		}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return recur.Moment{}, remit.InvalidInputf(
			"/%s: %q is no day (2026-03-29), local time (2026-03-29T09:00) or time with an offset (2026-03-29T09:00:00+01:00)",
			field, text)
	}
	m := recur.Moment{Wall: recur.Wall(at.In(zone)), Zone: zone}
	if !m.Instant().Equal(at) {
		// The second of the two times that the zone's clocks say when they are set back, which only UTC can tell.
		m = recur.Moment{Wall: recur.Wall(at.UTC()), Zone: time.UTC}
	}
	return inYears(field, text, m)
}

// inYears refuses times that no calendar is about, and with which reckoning goes wrong.
func inYears(field, text string, m recur.Moment) (recur.Moment, error) {
	if year := m.Wall.Year(); year < 1900 || year > 2200 {
		return m, remit.InvalidInputf("/%s: %s is not between 1900 and 2200", field, text)
	}
	return m, nil
}

// span reads the two ends of a window: the second is one day after the first, if it is not said.
func span(from, to string, zone *time.Location) (ics.Window, error) {
	begins, err := parseTime("from", from, zone)
	if err != nil {
		return ics.Window{}, err
	}
	ends := begins
	ends.Wall = begins.Wall.AddDate(0, 0, 1)
	if to != "" {
		if ends, err = parseTime("to", to, zone); err != nil {
			return ics.Window{}, err
		}
	}
	window := ics.Window{From: begins.Instant(), To: ends.Instant()}
	if !window.From.Before(window.To) {
		return window, remit.InvalidInputf("/to: %s is not after %s", to, from)
	}
	if window.To.Sub(window.From) > longestSpan {
		return window, remit.InvalidInputf("/to: %s is more than five years after %s", to, from)
	}
	return window, nil
}

// show writes a time with its offset from UTC, or of a day its date.
func show(at time.Time, isDate bool) string {
	if isDate {
		return at.Format(time.DateOnly)
	}
	return at.Format(time.RFC3339)
}
