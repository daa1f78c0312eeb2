package ics

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// change is one change of a zone's clocks.
type change struct {
	// at is when, in seconds since 1970.
	at int64
	// from and to are the offsets from UTC before and after it, in seconds.
	from, to int
	daylight bool
}

// location makes a zone of its changes, of which there is at least one. The standard library takes zones in the
// format of the world's database only (RFC 8536), so it is written in that.
func location(name string, changes []change) (*time.Location, error) {
	slices.SortStableFunc(changes, func(a, b change) int { return int(max(min(a.at-b.at, 1), -1)) })
	changes = slices.CompactFunc(changes, func(a, b change) bool { return a.at == b.at })

	// Before the first change the clocks are what they are changed from; no change leads to that type itself, which is
	// how a reader knows that it is the one to begin with.
	types := []change{{to: changes[0].from}}
	places := make([]byte, len(changes))
	for i, c := range changes {
		kind := change{to: c.to, daylight: c.daylight}
		place := 1 + slices.Index(types[1:], kind)
		if place == 0 {
			place = len(types)
			types = append(types, kind)
		}
		if place > 255 {
			return nil, errors.New("it has more offsets from UTC than any place on earth")
		}
		places[i] = byte(place)
	}

	data := header(0, 0, 0)
	data = append(data, header(len(changes), len(types), 1)...)
	for _, c := range changes {
		data = binary.BigEndian.AppendUint64(data, uint64(c.at))
	}
	data = append(data, places...)
	for _, kind := range types {
		data = binary.BigEndian.AppendUint32(data, uint32(int32(kind.to)))
		daylight := byte(0)
		if kind.daylight {
			daylight = 1
		}
		data = append(data, daylight, 0)
	}
	// One abbreviation for all of them, the empty one; and no rule for the time after the last change.
	data = append(data, "\x00\n\n"...)
	return time.LoadLocationFromTZData(name, data)
}

// header begins a block of the format: first the one for old readers, which is empty, then the real one.
func header(changes, types, names int) []byte {
	head := append([]byte("TZif2"), make([]byte, 15)...)
	// Counts of: UT and standard indicators, leap seconds, changes, types, bytes of names.
	for _, count := range [...]int{0, 0, 0, changes, types, names} {
		head = binary.BigEndian.AppendUint32(head, uint32(count))
	}
	return head
}
