package ics

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"calendar/recur"
)

// A zone of the world's database is a list of changes; a VTIMEZONE says them by yearly rules where it can. The rules
// are found again by looking at some years of the list.
const (
	yearsForRule  = 6
	yearsForDates = 20
)

// zoneLines are a VTIMEZONE of the zone, good for events from that time on.
func zoneLines(zone *time.Location, from time.Time) []string {
	lines := []string{"BEGIN:VTIMEZONE", "TZID:" + zoneName(zone)}
	short := changesOf(zone, from, yearsForRule)
	long := changesOf(zone, from, yearsForDates)
	for _, kind := range kindsOf(long) {
		part := "STANDARD"
		if kind.daylight {
			part = "DAYLIGHT"
		}
		times := wallsOf(kind, short)
		lines = append(lines, "BEGIN:"+part)
		rule, ok := yearlyRule(times, from.In(zone).Year()+yearsForRule-2)
		if !ok {
			times = wallsOf(kind, long)
		}
		lines = append(lines, "DTSTART:"+times[0].Format("20060102T150405"))
		switch {
		case ok:
			lines = append(lines, "RRULE:"+rule)
		case len(times) > 1:
			var dates []string
			for _, at := range times[1:] {
				dates = append(dates, at.Format("20060102T150405"))
			}
			lines = append(lines, "RDATE:"+strings.Join(dates, ","))
		}
		lines = append(lines, "TZOFFSETFROM:"+offsetValue(kind.from), "TZOFFSETTO:"+offsetValue(kind.to), "END:"+part)
	}
	return append(lines, "END:VTIMEZONE")
}

// changesOf lists the change that was in force a year before, and the changes in so many whole years after it.
func changesOf(zone *time.Location, from time.Time, years int) []change {
	from = from.In(zone).AddDate(-1, 0, 0)
	last := time.Date(from.Year()+years, 1, 1, 0, 0, 0, 0, time.UTC)
	begins, _ := from.ZoneBounds()
	var changes []change
	if begins.IsZero() {
		// The clocks never changed before.
		_, offset := from.Zone()
		epoch := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).Unix() - int64(offset)
		changes = append(changes, change{at: epoch, from: offset, to: offset})
	} else {
		changes = append(changes, changeAt(zone, begins))
	}
	// The standard library's own ends of zones are wrong after the years that its database lists (Go 1.27), so the
	// changes are looked for day by day.
	for day := from; day.Before(last); day = day.Add(24 * time.Hour) {
		if at, found := changeWithin(day, day.Add(24*time.Hour)); found {
			changes = append(changes, changeAt(zone, at))
		}
	}
	return changes
}

// changeWithin finds the second from which on the clocks are as at the end and not as at the beginning.
func changeWithin(begins, ends time.Time) (at time.Time, found bool) {
	same := func(t time.Time) bool {
		_, before := begins.Zone()
		_, then := t.Zone()
		return before == then && begins.IsDST() == t.IsDST()
	}
	if same(ends) {
		return time.Time{}, false
	}
	seconds := sort.Search(int(ends.Sub(begins)/time.Second), func(n int) bool {
		return !same(begins.Add(time.Duration(n) * time.Second))
	})
	return begins.Add(time.Duration(seconds) * time.Second).Truncate(time.Second), true
}

func changeAt(zone *time.Location, at time.Time) change {
	_, before := at.Add(-time.Second).In(zone).Zone()
	_, after := at.In(zone).Zone()
	return change{at: at.Unix(), from: before, to: after, daylight: at.In(zone).IsDST()}
}

// kindsOf are the different changes among these, in the order of their first.
func kindsOf(changes []change) []change {
	var kinds []change
	seen := map[change]bool{}
	for _, c := range changes {
		c.at = 0
		if !seen[c] {
			seen[c] = true
			kinds = append(kinds, c)
		}
	}
	return kinds
}

// wallsOf are the times of one kind of change, by the clocks before it.
func wallsOf(kind change, changes []change) []time.Time {
	var walls []time.Time
	for _, c := range changes {
		at := c.at
		if c.at = 0; c == kind {
			walls = append(walls, recur.Wall(time.Unix(at, 0).In(time.FixedZone("", kind.from))))
		}
	}
	return walls
}

// yearlyRule says times by a rule, if they are once in every year up to the last, on the same weekday of the month, at
// the same time.
func yearlyRule(times []time.Time, last int) (rule string, ok bool) {
	if len(times) < yearsForRule-1 || times[len(times)-1].Year() != last {
		return "", false
	}
	first := times[0]
	isNth, isLast := true, true
	for i, at := range times {
		if at.Year() != first.Year()+i || at.Month() != first.Month() || at.Weekday() != first.Weekday() ||
			!at.Equal(time.Date(at.Year(), at.Month(), at.Day(), first.Hour(), first.Minute(), first.Second(), 0, time.UTC)) {
			return "", false
		}
		isNth = isNth && (at.Day()-1)/7 == (first.Day()-1)/7
		isLast = isLast && at.AddDate(0, 0, 7).Month() != at.Month()
	}
	ordinal := (first.Day()-1)/7 + 1
	switch {
	case isLast:
		ordinal = -1
	case !isNth:
		return "", false
	}
	day := strings.ToUpper(first.Weekday().String()[:2])
	return fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", first.Month(), ordinal, day), true
}

func offsetValue(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	text := fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		text += fmt.Sprintf("%02d", seconds%60)
	}
	return text
}
