package ics

import (
	"fmt"
	"strings"
	"time"

	"calendar/recur"
)

// Unescape makes text of a TEXT value.
func Unescape(value string) string {
	if !strings.Contains(value, `\`) {
		return value
	}
	var text strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' || i+1 == len(value) {
			text.WriteByte(value[i])
			continue
		}
		i++
		switch value[i] {
		case 'n', 'N':
			text.WriteByte('\n')
		case '\\', ';', ',':
			text.WriteByte(value[i])
		default:
			// Nothing that is escaped: some write \: or \" all the same.
			text.WriteByte(value[i])
		}
	}
	return text.String()
}

// Escape makes a TEXT value of text.
func Escape(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(text)
}

// Duration is a DURATION: days are of the calendar, and may have 23 or 25 hours; the rest is of the clock.
type Duration struct {
	Days  int
	Exact time.Duration
}

// mostDays is how long a duration may be.
const mostDays = 366 * 100

// ParseDuration reads the value of a DURATION property.
func ParseDuration(text string) (Duration, error) {
	wrong := fmt.Errorf("%q is no duration", start(text))
	rest := strings.ToUpper(strings.TrimSpace(text))
	sign := 1
	switch {
	case strings.HasPrefix(rest, "-"):
		sign, rest = -1, rest[1:]
	case strings.HasPrefix(rest, "+"):
		rest = rest[1:]
	}
	rest, ok := strings.CutPrefix(rest, "P")
	if !ok || rest == "" {
		return Duration{}, wrong
	}
	var d Duration
	inTime, some := false, false
	for rest != "" {
		if rest[0] == 'T' && !inTime {
			inTime, rest = true, rest[1:]
			continue
		}
		n, digits := 0, 0
		for digits < len(rest) && digits < 9 && rest[digits] >= '0' && rest[digits] <= '9' {
			n = n*10 + int(rest[digits]-'0')
			digits++
		}
		if digits == 0 || digits == len(rest) {
			return Duration{}, wrong
		}
		unit := rest[digits]
		rest, some = rest[digits+1:], true
		switch {
		case unit == 'W' && !inTime:
			d.Days += 7 * n
		case unit == 'D' && !inTime:
			d.Days += n
		case unit == 'H' && inTime:
			d.Exact += time.Duration(n) * time.Hour
		case unit == 'M' && inTime:
			d.Exact += time.Duration(n) * time.Minute
		case unit == 'S' && inTime:
			d.Exact += time.Duration(n) * time.Second
		default:
			return Duration{}, wrong
		}
		if d.Days > mostDays || d.Exact > mostDays*24*time.Hour {
			return Duration{}, wrong
		}
	}
	if !some {
		return Duration{}, wrong
	}
	return Duration{Days: sign * d.Days, Exact: time.Duration(sign) * d.Exact}, nil
}

// zones say which zone a TZID is.
type zones interface {
	zone(tzid string) *time.Location
}

// parseMoment reads a DATE or DATE-TIME.
func parseMoment(value, tzid string, z zones) (recur.Moment, error) {
	value = strings.ToUpper(strings.TrimSpace(value))
	if wall, err := time.Parse("20060102", value); err == nil {
		return recur.Moment{Wall: wall, Date: true, Zone: z.zone("")}, nil
	}
	text, isUTC := strings.CutSuffix(value, "Z")
	// A leap second, which no clock here has, is the one before it.
	if len(text) == len("20060102T150405") && strings.HasSuffix(text, "60") {
		text = text[:len(text)-2] + "59"
	}
	wall, err := time.Parse("20060102T150405", text)
	if err != nil {
		return recur.Moment{}, fmt.Errorf("%q is no date or time", start(value))
	}
	if wall.Year() < 1 {
		return recur.Moment{}, fmt.Errorf("%q is no date or time", start(value))
	}
	if isUTC {
		return recur.Moment{Wall: wall, Zone: time.UTC}, nil
	}
	return recur.Moment{Wall: wall, Zone: z.zone(tzid)}, nil
}

// moment reads a property of one date or time.
func (l Line) moment(z zones) (recur.Moment, error) {
	return parseMoment(l.Value, l.Param("TZID"), z)
}

// moments reads a property of several. Of a period it takes the beginning.
func (l Line) moments(z zones) ([]recur.Moment, error) {
	var all []recur.Moment
	for value := range strings.SplitSeq(l.Value, ",") {
		value, _, _ = strings.Cut(value, "/")
		if strings.TrimSpace(value) == "" {
			continue
		}
		m, err := parseMoment(value, l.Param("TZID"), z)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// periods adds how long a property's periods are, by when they begin.
func (l Line) periods(z zones, to map[int64]time.Duration) (map[int64]time.Duration, error) {
	for value := range strings.SplitSeq(l.Value, ",") {
		begin, end, isPeriod := strings.Cut(value, "/")
		if !isPeriod {
			continue
		}
		begins, err := parseMoment(begin, l.Param("TZID"), z)
		if err != nil {
			return nil, err
		}
		var ends time.Time
		if strings.ContainsAny(end, "Pp") {
			length, err := ParseDuration(end)
			if err != nil {
				return nil, err
			}
			ends = begins.Instant().AddDate(0, 0, length.Days).Add(length.Exact)
		} else {
			m, err := parseMoment(end, l.Param("TZID"), z)
			if err != nil {
				return nil, err
			}
			ends = m.Instant()
		}
		if to == nil {
			to = map[int64]time.Duration{}
		}
		to[begins.Instant().Unix()] = max(ends.Sub(begins.Instant()), 0)
	}
	return to, nil
}
