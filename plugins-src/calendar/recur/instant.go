package recur

import "time"

// Instant is when a wall time is in a zone. Where the clocks are set back it is the first of the two; where they
// are set forward over it, exists is false and the offset before the change counts (RFC 5545, 3.3.5).
func Instant(wall time.Time, zone *time.Location) (instant time.Time, exists bool) {
	offsetAt := func(t time.Time) time.Duration {
		_, offset := t.In(zone).Zone()
		return time.Duration(offset) * time.Second
	}
	// Zones are from 12 hours behind to 14 ahead: what the clocks say is between these two.
	const reach = 15 * time.Hour
	before, after := offsetAt(wall.Add(-reach)), offsetAt(wall.Add(reach))
	if before == after {
		// Two changes in a day that undo each other are a file's invention.
		return wall.Add(-before).In(zone), true
	}
	for _, offset := range [...]time.Duration{max(before, after), min(before, after)} {
		// The larger offset first: it is the earlier instant.
		if instant := wall.Add(-offset); offsetAt(instant) == offset {
			return instant.In(zone), true
		}
	}
	return wall.Add(-before).In(zone), false
}

// Wall is what the clocks of its zone say at an instant.
func Wall(instant time.Time) time.Time {
	year, month, day := instant.Date()
	hour, minute, second := instant.Clock()
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC)
}
