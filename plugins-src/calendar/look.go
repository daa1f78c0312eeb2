package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"calendar/ics"
	"calendar/recur"
)

// What the rules of all events together may cost, and those of one: they come from strangers.
const (
	budgetOfAll   = 5_000_000
	budgetOfEvent = 200_000
)

// found is an event's instance in a calendar.
type found struct {
	ics.Instance
	calendar string
}

// look is what a call found in its window.
type look struct {
	instances []found
	// cut says that there is more than was asked for, or than can be worked out.
	cut bool
	warnings
}

// lookAt expands the events of the chosen calendars in a window: at most so many, in order.
func lookAt(ids []string, window ics.Window, zone *time.Location, most int) (*look, error) {
	var l look
	stores, err := findStores(l.warn)
	if err != nil {
		return nil, err
	}
	if stores, err = chosen(stores, ids); err != nil {
		return nil, err
	}
	bounds := ics.Bounds{Most: most, EachEvent: budgetOfEvent, All: recur.NewBudget(budgetOfAll)}
	for _, s := range stores {
		info := s.info()
		warn := l.of(info.Name)
		files, err := s.read(window, warn)
		if err != nil {
			return nil, fmt.Errorf("calendar %q: %w", info.ID, err)
		}
		zones := ics.NewZones(zone, warn)
		var events []*ics.Event
		for _, file := range files {
			events = append(events, zones.Events(file, window)...)
		}
		for _, instance := range ics.Instances(events, window, &bounds, warn) {
			l.instances = append(l.instances, found{instance, info.ID})
		}
	}
	l.cut = bounds.Cut
	slices.SortStableFunc(l.instances, func(a, b found) int {
		if order := a.Begins.Instant().Compare(b.Begins.Instant()); order != 0 {
			return order
		}
		return strings.Compare(a.Event.UID, b.Event.UID)
	})
	return &l, nil
}

// keep drops those that are not wanted.
func (l *look) keep(wanted func(found) bool) {
	l.instances = slices.DeleteFunc(l.instances, func(f found) bool { return !wanted(f) })
}
