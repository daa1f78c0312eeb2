package ics

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"calendar/recur"
)

// Instance is one time at which an event is.
type Instance struct {
	// Event says what: the series', or one that stands for this instance in it.
	Event  *Event
	Begins recur.Moment
	Ends   time.Time
	// Original is when the series would have it; nil where there is no series.
	Original *recur.Moment
}

// Window is the time that is looked at: from the first moment on, and before the second.
type Window struct{ From, To time.Time }

// touches says whether something is in the window, if only in part. What takes no time is where it begins.
func (w Window) touches(begins, ends time.Time) bool {
	return begins.Before(w.To) && (ends.After(w.From) || !begins.Before(w.From))
}

// Bounds keep hostile rules in check.
type Bounds struct {
	// Most is how many instances are taken of one event, and EachEvent how much work that may be.
	Most, EachEvent int
	// All is for all events together.
	All *recur.Budget
	// Cut is set where something was left out.
	Cut bool
}

// Instances expands a calendar's events, in order. What cannot be expanded is told to warn.
func Instances(events []*Event, window Window, bounds *Bounds, warn func(string)) []Instance {
	var all []Instance
	for _, series := range bySeries(events) {
		for _, master := range series.masters {
			instances, err := series.expand(master, window, bounds)
			if err != nil {
				warn(fmt.Sprintf("left out the event %q: %v", start(master.Summary), err))
			}
			all = append(all, instances...)
		}
		for _, override := range series.overrides {
			begins := override.Set.Start
			if ends := override.End(begins); window.touches(begins.Instant(), ends) {
				all = append(all, Instance{override, begins, ends, override.RecurrenceID})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Instance) int {
		if order := a.Begins.Instant().Compare(b.Begins.Instant()); order != 0 {
			return order
		}
		return strings.Compare(a.Event.UID, b.Event.UID)
	})
	return all
}

// series are the events of one UID.
type series struct {
	masters, overrides []*Event
	// onwards stand for an instance and all later ones; in order.
	onwards []*Event
}

func bySeries(events []*Event) []*series {
	var all []*series
	byUID := map[string]*series{}
	for _, e := range events {
		s := byUID[e.UID]
		if s == nil || e.UID == "" {
			s = &series{}
			byUID[e.UID] = s
			all = append(all, s)
		}
		switch {
		case e.RecurrenceID == nil:
			s.masters = append(s.masters, e)
		case e.ThisAndFuture:
			s.onwards = append(s.onwards, e)
		default:
			s.overrides = append(s.overrides, e)
		}
	}
	for _, s := range all {
		slices.SortStableFunc(s.onwards, func(a, b *Event) int {
			return a.RecurrenceID.Instant().Compare(b.RecurrenceID.Instant())
		})
		if len(s.masters) == 0 {
			// An invitation to some instances only: each stands for itself.
			s.overrides = append(s.overrides, s.onwards...)
		}
	}
	return all
}

// expand gives a series' instances but for those for which others stand.
func (s *series) expand(master *Event, window Window, bounds *Bounds) ([]Instance, error) {
	set := master.Set
	set.Excluded = slices.Clone(set.Excluded)
	for _, override := range s.overrides {
		set.Excluded = append(set.Excluded, *override.RecurrenceID)
	}
	before, after := master.longest(), time.Duration(0)
	for _, e := range s.onwards {
		shift := e.shift()
		before, after = max(before, e.longest()+shift), max(after, -shift)
	}
	budget := recur.NewBudget(bounds.EachEvent)
	if !bounds.All.Spend(1) {
		bounds.Cut = true
		return nil, nil
	}
	begins, err := set.Expand(window.From.Add(-before), window.To.Add(after), bounds.Most+1, budget)
	bounds.All.Spend(bounds.EachEvent - budget.Left())
	if err != nil {
		return nil, err
	}
	if budget.Spent() || len(begins) > bounds.Most {
		bounds.Cut = true
	}
	var instances []Instance
	for _, m := range begins[:min(len(begins), bounds.Most)] {
		instance := s.instance(master, m)
		if window.touches(instance.Begins.Instant(), instance.Ends) {
			instances = append(instances, instance)
		}
	}
	return instances, nil
}

// instance is of the master, or of what stands for it from some time on.
func (s *series) instance(master *Event, m recur.Moment) Instance {
	event, begins := master, m
	for _, e := range s.onwards {
		if m.Instant().Before(e.RecurrenceID.Instant()) {
			break
		}
		event, begins = e, m
		begins.Wall = m.Wall.Add(e.Set.Start.Wall.Sub(recur.Wall(e.RecurrenceID.Instant().In(e.Set.Start.Zone))))
		begins.Zone = e.Set.Start.Zone
	}
	instance := Instance{Event: event, Begins: begins, Ends: event.End(begins)}
	if master.Recurs() {
		instance.Original = &m
	}
	return instance
}

// shift is by how much a changed instance is later than it would be.
func (e *Event) shift() time.Duration {
	return e.Set.Start.Instant().Sub(e.RecurrenceID.Instant())
}
