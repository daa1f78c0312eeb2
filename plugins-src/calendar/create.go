package main

import (
	"crypto/rand"
	"encoding/hex"
	"time"

	"calendar/ics"
	"calendar/recur"
	"remit"
)

type createInput struct {
	Calendar    string `json:"calendar,omitempty" doc:"The id of the calendar; may be left out if there is one only"`
	Title       string `json:"title" minLength:"1" maxLength:"500"`
	Start       string `json:"start" example:"2026-03-29T09:00" doc:"A local time (2026-03-29T09:00), a time with its offset from UTC, or for whole days a day (2026-03-29)"`
	End         string `json:"end,omitempty" doc:"Not included: for whole days, the day after the last. If left out, the event is one day, or as long as minutes say"`
	Minutes     int    `json:"minutes" doc:"How long it is, if no end is given" minimum:"1" maximum:"527040" default:"60"`
	TimeZone    string `json:"time_zone,omitempty" doc:"In which zone its times are meant, as in Europe/Berlin; if left out, the configured one, or UTC"`
	Rule        string `json:"recurrence,omitempty" doc:"How it recurs, as an RRULE of RFC 5545: FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10" maxLength:"500"`
	Location    string `json:"location,omitempty" maxLength:"500"`
	Description string `json:"description,omitempty" maxLength:"10000"`
	Tentative   bool   `json:"tentative" default:"false"`
	Busy        bool   `json:"busy" doc:"Whether it takes its time" default:"true"`
	UID         string `json:"uid,omitempty" doc:"A name that no other event has: with it, calling twice adds one event, and the second call ends in a conflict. If left out, a random one" maxLength:"200"`
}

type created struct {
	Calendar string `json:"calendar" doc:"The id of its calendar"`
	UID      string `json:"uid"`
	Place    string `json:"place" doc:"The file, or the path on the server"`
	Start    string `json:"start"`
	End      string `json:"end"`
}

func createEvent(in createInput) (created, error) {
	event, err := newEvent(in)
	if err != nil {
		return created{}, err
	}
	var w warnings
	stores, err := findStores(w.warn)
	if err != nil {
		return created{}, err
	}
	if in.Calendar == "" && len(stores) != 1 {
		return created{}, remit.InvalidInputf("/calendar: say which one: there are %s", idsOf(stores))
	}
	var ids []string
	if in.Calendar != "" {
		ids = []string{in.Calendar}
	}
	if stores, err = chosen(stores, ids); err != nil {
		return created{}, err
	}
	place, err := stores[0].create(event)
	if err != nil {
		return created{}, err
	}
	return created{
		Calendar: stores[0].info().ID,
		UID:      event.UID,
		Place:    place,
		Start:    show(event.Begins.Instant(), event.Begins.Date),
		End:      show(event.Ends.Instant(), event.Ends.Date),
	}, nil
}

// newEvent makes sense of the input.
func newEvent(in createInput) (ics.New, error) {
	zone, err := zoneOf(in.TimeZone)
	if err != nil {
		return ics.New{}, err
	}
	begins, err := parseTime("start", in.Start, zone)
	if err != nil {
		return ics.New{}, err
	}
	ends := begins
	switch {
	case in.End != "":
		if ends, err = parseTime("end", in.End, zone); err != nil {
			return ics.New{}, err
		}
	case begins.Date:
		ends.Wall = begins.Wall.AddDate(0, 0, 1)
	default:
		at := begins.Instant().Add(time.Duration(in.Minutes) * time.Minute)
		if ends.Wall = recur.Wall(at); !ends.Instant().Equal(at) {
			return ics.New{}, remit.InvalidInputf("/minutes: it would end in the hour that the clocks say twice: give an end with its offset from UTC")
		}
	}
	if begins.Date != ends.Date {
		return ics.New{}, remit.InvalidInputf("/end: start and end must both be days, or both be times")
	}
	if !begins.Wall.Before(ends.Wall) {
		return ics.New{}, remit.InvalidInputf("/end: %s is not after %s", in.End, in.Start)
	}
	for field, m := range map[string]recur.Moment{"start": begins, "end": ends} {
		if _, exists := recur.Instant(m.Wall, m.Zone); !exists && !m.Date {
			return ics.New{}, remit.InvalidInputf("/%s: the clocks in %s leave out %s on that day", field, zone, m.Wall.Format("15:04"))
		}
	}
	if in.Rule != "" {
		rule, err := recur.Parse(in.Rule)
		if err != nil {
			return ics.New{}, remit.InvalidInputf("/recurrence: %w", err)
		}
		if begins.Date && rule.Frequency < recur.Daily {
			return ics.New{}, remit.InvalidInputf("/recurrence: an event of days cannot recur within a day")
		}
	}
	uid := in.UID
	if uid == "" {
		random := make([]byte, 16)
		// It never fails: where there is no randomness, the program ends.
		_, _ = rand.Read(random)
		uid = hex.EncodeToString(random)
	}
	return ics.New{
		UID: uid, Summary: in.Title, Description: in.Description, Location: in.Location,
		Begins: begins, Ends: ends, Rule: in.Rule, Tentative: in.Tentative, Transparent: !in.Busy, Stamp: time.Now(),
	}, nil
}
