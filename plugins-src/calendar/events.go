package main

import (
	"strings"

	"calendar/ics"
)

type eventsInput struct {
	From      string   `json:"from" example:"2026-03-29" doc:"From when on: a day (2026-03-29), a local time (2026-03-29T09:00) or a time with its offset from UTC"`
	To        string   `json:"to,omitempty" doc:"Until when, not included; if left out, one day after from"`
	TimeZone  string   `json:"time_zone,omitempty" doc:"In which zone days and local times are meant, as in Europe/Berlin; if left out, the configured one, or UTC"`
	Calendars []string `json:"calendars,omitempty" doc:"The ids of the calendars to look at; if left out, all" maxItems:"100"`
	Query     string   `json:"query,omitempty" doc:"Only events with this text in their title, description or place"`
	Cancelled bool     `json:"cancelled" doc:"Whether to list cancelled events too" default:"false"`
	Limit     int      `json:"limit" doc:"How many events at most" minimum:"1" maximum:"2000" default:"500"`
}

type eventsOutput struct {
	Events    []event  `json:"events" doc:"In the order in which they begin"`
	Truncated bool     `json:"truncated" doc:"Whether there are more than the limit"`
	Warnings  []string `json:"warnings,omitempty" doc:"What was left out, and why"`
}

type event struct {
	Calendar     string   `json:"calendar" doc:"The id of its calendar"`
	UID          string   `json:"uid"`
	Title        string   `json:"title"`
	Start        string   `json:"start" doc:"A time with its offset from UTC; of an event of whole days, a day"`
	End          string   `json:"end" doc:"Not included: of an event of whole days, the day after the last"`
	AllDay       bool     `json:"all_day"`
	TimeZone     string   `json:"time_zone,omitempty" doc:"The zone in which its times are said"`
	Location     string   `json:"location,omitempty"`
	Description  string   `json:"description,omitempty"`
	URL          string   `json:"url,omitempty"`
	Status       string   `json:"status" doc:"confirmed, tentative or cancelled"`
	Busy         bool     `json:"busy" doc:"Whether it takes the time of whoever has it in their calendar"`
	Recurring    bool     `json:"recurring"`
	OriginalTime string   `json:"original_start,omitempty" doc:"Of one of a series: when the series has it"`
	Organizer    *person  `json:"organizer,omitempty"`
	Attendees    []person `json:"attendees,omitempty" doc:"At most 50"`
}

type person struct {
	Name          string `json:"name,omitempty"`
	Email         string `json:"email,omitempty"`
	Participation string `json:"participation,omitempty" doc:"accepted, declined, tentative or needs-action"`
}

func events(in eventsInput) (eventsOutput, error) {
	zone, err := zoneOf(in.TimeZone)
	if err != nil {
		return eventsOutput{}, err
	}
	window, err := span(in.From, in.To, zone)
	if err != nil {
		return eventsOutput{}, err
	}
	// One more, to know whether there are more; what is dropped afterwards may have hidden others.
	l, err := lookAt(in.Calendars, window, zone, in.Limit+1)
	if err != nil {
		return eventsOutput{}, err
	}
	query := strings.ToLower(in.Query)
	l.keep(func(f found) bool {
		e := f.Event
		text := strings.ToLower(e.Summary + "\n" + e.Description + "\n" + e.Location)
		return (in.Cancelled || e.Status != "cancelled") && strings.Contains(text, query)
	})
	out := eventsOutput{Events: []event{}, Truncated: l.cut || len(l.instances) > in.Limit}
	for _, f := range l.instances[:min(len(l.instances), in.Limit)] {
		out.Events = append(out.Events, shown(f))
	}
	out.Warnings = l.lines
	return out, nil
}

// mostAttendees are shown, and mostText characters of a description: more is for a calendar program.
const (
	mostAttendees = 50
	mostText      = 4000
)

func shown(f found) event {
	e, isDate := f.Event, f.Begins.Date
	out := event{
		Calendar:    f.calendar,
		UID:         e.UID,
		Title:       e.Summary,
		Start:       show(f.Begins.Instant(), isDate),
		End:         show(f.Ends, isDate),
		AllDay:      isDate,
		Location:    cut(e.Location),
		Description: cut(e.Description),
		URL:         e.URL,
		Status:      e.Status,
		Busy:        busy(e),
		Recurring:   f.Original != nil,
	}
	if !isDate {
		out.TimeZone = f.Begins.Zone.String()
	}
	if f.Original != nil {
		out.OriginalTime = show(f.Original.Instant(), f.Original.Date)
	}
	if e.Organizer != nil {
		organizer := person(*e.Organizer)
		out.Organizer = &organizer
	}
	for _, attendee := range e.Attendees[:min(len(e.Attendees), mostAttendees)] {
		out.Attendees = append(out.Attendees, person(attendee))
	}
	return out
}

func busy(e *ics.Event) bool { return !e.Transparent && e.Status != "cancelled" }

func cut(text string) string {
	if letters := []rune(text); len(letters) > mostText {
		return string(letters[:mostText]) + "…"
	}
	return text
}
