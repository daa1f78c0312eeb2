package main

import (
	"slices"
	"time"

	"calendar/ics"
	"remit"
)

type freeBusyInput struct {
	From      string   `json:"from" example:"2026-03-29" doc:"From when on: a day (2026-03-29), a local time (2026-03-29T09:00) or a time with its offset from UTC"`
	To        string   `json:"to,omitempty" doc:"Until when, not included; if left out, one day after from"`
	TimeZone  string   `json:"time_zone,omitempty" doc:"In which zone days and local times are meant, as in Europe/Berlin; if left out, the configured one, or UTC"`
	Calendars []string `json:"calendars,omitempty" doc:"The ids of the calendars to look at; if left out, all" maxItems:"100"`
	Minutes   int      `json:"minutes" doc:"How long a free time must be to be listed" minimum:"1" maximum:"10080" default:"1"`
}

type freeBusyOutput struct {
	Busy     []busyTime `json:"busy" doc:"When something is, in order; what touches is one"`
	Free     []freeTime `json:"free" doc:"The rest of the span"`
	Warnings []string   `json:"warnings,omitempty" doc:"What was left out, and why"`
}

type busyTime struct {
	Start     string `json:"start"`
	End       string `json:"end"`
	Tentative bool   `json:"tentative" doc:"Whether all that is then is tentative"`
}

type freeTime struct {
	Start   string `json:"start"`
	End     string `json:"end"`
	Minutes int    `json:"minutes"`
}

// mostInstances are worked out for one free_busy.
const mostInstances = 20_000

func freeBusy(in freeBusyInput) (freeBusyOutput, error) {
	zone, err := zoneOf(in.TimeZone)
	if err != nil {
		return freeBusyOutput{}, err
	}
	window, err := span(in.From, in.To, zone)
	if err != nil {
		return freeBusyOutput{}, err
	}
	l, err := lookAt(in.Calendars, window, zone, mostInstances)
	if err != nil {
		return freeBusyOutput{}, err
	}
	if l.cut {
		// A time called free that is not would be worse than no answer.
		return freeBusyOutput{}, remit.InvalidInputf("there are more events between %s and %s than can be worked out: ask about less time", in.From, in.To)
	}
	var firm, tentative []stretch
	for _, f := range l.instances {
		s := stretch{f.Begins.Instant(), f.Ends}
		switch {
		case !busy(f.Event) || !s.from.Before(s.to):
		case f.Event.Status == "tentative":
			tentative = append(tentative, s)
		default:
			firm = append(firm, s)
		}
	}
	firm = merged(firm, window)
	tentative = without(merged(tentative, window), firm)

	out := freeBusyOutput{Busy: []busyTime{}, Free: []freeTime{}, Warnings: l.lines}
	add := func(all []stretch, isTentative bool) {
		for _, s := range all {
			out.Busy = append(out.Busy, busyTime{show(s.from.In(zone), false), show(s.to.In(zone), false), isTentative})
		}
	}
	both := merged(slices.Concat(firm, tentative), window)
	for _, free := range without([]stretch{{window.From, window.To}}, both) {
		if minutes := int(free.to.Sub(free.from) / time.Minute); minutes >= in.Minutes {
			out.Free = append(out.Free, freeTime{show(free.from.In(zone), false), show(free.to.In(zone), false), minutes})
		}
	}
	for len(firm)+len(tentative) > 0 {
		if len(tentative) == 0 || len(firm) > 0 && firm[0].from.Before(tentative[0].from) {
			add(firm[:1], false)
			firm = firm[1:]
		} else {
			add(tentative[:1], true)
			tentative = tentative[1:]
		}
	}
	return out, nil
}

// stretch is a time with a beginning and an end.
type stretch struct{ from, to time.Time }

// merged puts together what overlaps or touches, within the window, in order.
func merged(all []stretch, window ics.Window) []stretch {
	slices.SortFunc(all, func(a, b stretch) int { return a.from.Compare(b.from) })
	var out []stretch
	for _, s := range all {
		if s.from.Before(window.From) {
			s.from = window.From
		}
		if s.to.After(window.To) {
			s.to = window.To
		}
		switch last := len(out) - 1; {
		case !s.from.Before(s.to):
		case last < 0 || s.from.After(out[last].to):
			out = append(out, s)
		case s.to.After(out[last].to):
			out[last].to = s.to
		}
	}
	return out
}

// without takes others away; both are in order, and none of either overlap.
func without(all, others []stretch) []stretch {
	var out []stretch
	for _, s := range all {
		for _, other := range others {
			if !other.to.After(s.from) {
				continue
			}
			if !other.from.Before(s.to) {
				break
			}
			if other.from.After(s.from) {
				out = append(out, stretch{s.from, other.from})
			}
			s.from = other.to
		}
		if s.from.Before(s.to) {
			out = append(out, s)
		}
	}
	return out
}
