package ics

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"calendar/recur"
)

// Event is one VEVENT: a whole series, or with RecurrenceID one instance that differs.
type Event struct {
	UID         string
	Summary     string
	Description string
	Location    string
	URL         string
	// Status is in lower case: confirmed, tentative or cancelled.
	Status string
	// Transparent events leave their time free.
	Transparent bool
	Organizer   *Person
	Attendees   []Person
	Sequence    string

	Set recur.Set
	// end is said either as a moment or as a duration.
	end    *recur.Moment
	length *Duration
	// periods are of extra dates that say their own length, by when they begin.
	periods map[int64]time.Duration

	// RecurrenceID is when the instance would be that this one stands for; ThisAndFuture, that it stands for all
	// later ones as well.
	RecurrenceID  *recur.Moment
	ThisAndFuture bool
}

// Person is an organizer or an attendee.
type Person struct {
	Name, Email string
	// Participation is in lower case: accepted, declined, tentative, needs-action.
	Participation string
}

// mostValues is how many attendees, dates and the like are taken of one event.
const mostValues = 5_000

// Events reads the events of a file that can be in the window. What cannot be made out is left out, and told.
func (z *Zones) Events(data []byte, window Window) []*Event {
	// An event may stand before the zone that its times are of.
	var zones []fileZones
	if bytes.Contains(bytes.ToUpper(data), []byte("VTIMEZONE")) {
		only := func(_ int, c *Component) bool { return c.Name == "VTIMEZONE" }
		for _, calendar := range parse(data, func(string) {}, only) {
			zones = append(zones, z.of(calendar))
		}
	}
	var events []*Event
	parse(data, z.warn, func(calendar int, c *Component) bool {
		if c.Name != "VEVENT" {
			return false
		}
		file := fileZones{Zones: z}
		if calendar < len(zones) {
			file = zones[calendar]
		}
		event, err := file.event(c)
		switch {
		case err != nil:
			z.warn(fmt.Sprintf("left out the event %q: %v", start(c.Text("SUMMARY")), err))
		case event.RecurrenceID != nil, event.Recurs(),
			window.touches(event.Set.Start.Instant(), event.End(event.Set.Start)):
			events = append(events, event)
		}
		return false
	})
	return events
}

func (z fileZones) event(c *Component) (*Event, error) {
	e := &Event{
		UID:         c.Text("UID"),
		Summary:     strings.TrimSpace(c.Text("SUMMARY")),
		Description: c.Text("DESCRIPTION"),
		Location:    c.Text("LOCATION"),
		URL:         c.Text("URL"),
		Status:      strings.ToLower(strings.TrimSpace(c.Text("STATUS"))),
		Transparent: strings.EqualFold(strings.TrimSpace(c.Text("TRANSP")), "TRANSPARENT"),
		Sequence:    c.Text("SEQUENCE"),
	}
	begins, has := c.line("DTSTART")
	if !has {
		return nil, fmt.Errorf("it has no DTSTART")
	}
	var err error
	if e.Set.Start, err = begins.moment(z); err != nil {
		return nil, fmt.Errorf("DTSTART: %w", err)
	}
	for _, line := range c.Lines {
		if err := z.add(e, line); err != nil {
			return nil, fmt.Errorf("%s: %w", line.Name, err)
		}
	}
	if len(e.Set.Extra) > mostValues || len(e.Set.Excluded) > mostValues || len(e.Set.Rules) > 20 {
		return nil, fmt.Errorf("it has too many dates")
	}
	if e.Status == "" {
		e.Status = "confirmed"
	}
	return e, e.checkEnd()
}

// add takes up one property.
func (z fileZones) add(e *Event, line Line) (err error) {
	switch line.Name {
	case "DTEND":
		var end recur.Moment
		end, err = line.moment(z)
		e.end = &end
	case "DURATION":
		var length Duration
		length, err = ParseDuration(line.Value)
		e.length = &length
	case "RRULE":
		var rule *recur.Rule
		if rule, err = recur.Parse(line.Value); err != nil {
			break
		}
		if e.Set.Start.Date && rule.Frequency < recur.Daily {
			return fmt.Errorf("an event of days cannot recur within a day")
		}
		e.Set.Rules = append(e.Set.Rules, rule)
	case "RDATE", "EXDATE":
		var more []recur.Moment
		if more, err = line.moments(z); err != nil {
			break
		}
		if line.Name == "EXDATE" {
			e.Set.Excluded = append(e.Set.Excluded, more...)
			break
		}
		for i := range more {
			// An extra date is of the event's own kind.
			more[i].Date = e.Set.Start.Date
		}
		e.Set.Extra = append(e.Set.Extra, more...)
		e.periods, err = line.periods(z, e.periods)
	case "EXRULE":
		z.warn(fmt.Sprintf("the EXRULE of %q is not kept: the standard has none since 2009", start(e.Summary)))
	case "RECURRENCE-ID":
		var id recur.Moment
		id, err = line.moment(z)
		e.RecurrenceID = &id
		e.ThisAndFuture = strings.EqualFold(line.Param("RANGE"), "THISANDFUTURE")
	case "ORGANIZER":
		person := personOf(line)
		e.Organizer = &person
	case "ATTENDEE":
		if len(e.Attendees) < mostValues {
			e.Attendees = append(e.Attendees, personOf(line))
		}
	}
	return err
}

func personOf(line Line) Person {
	email := strings.TrimSpace(line.Value)
	if len(email) >= len("mailto:") && strings.EqualFold(email[:len("mailto:")], "mailto:") {
		email = email[len("mailto:"):]
	}
	return Person{
		Name:          line.Param("CN"),
		Email:         email,
		Participation: strings.ToLower(line.Param("PARTSTAT")),
	}
}

func (e *Event) checkEnd() error {
	if e.end != nil {
		if e.end.Date != e.Set.Start.Date {
			return fmt.Errorf("DTEND: it is a day and DTSTART a time, or the other way round")
		}
		if e.end.Instant().Before(e.Set.Start.Instant()) {
			return fmt.Errorf("it ends before it begins")
		}
		return nil
	}
	if e.length != nil && (e.length.Days < 0 || e.length.Exact < 0) {
		return fmt.Errorf("it ends before it begins")
	}
	return nil
}

// Recurs says whether there is more than one instance.
func (e *Event) Recurs() bool {
	return len(e.Set.Rules) > 0 || len(e.Set.Extra) > 0
}

// End is when an instance ends that begins then, in the zone in which the end is said. A day's event ends when the day
// after its last begins.
func (e *Event) End(begins recur.Moment) time.Time {
	at := begins.Instant()
	if length, said := e.periods[at.Unix()]; said {
		return at.Add(length)
	}
	switch {
	case e.end != nil && begins.Date:
		begins.Wall = begins.Wall.Add(e.end.Wall.Sub(e.Set.Start.Wall))
		return begins.Instant()
	case e.end != nil:
		// Of the first instance the end is said; how long that takes, all of them take (RFC 5545, 3.8.5.3).
		return at.Add(e.end.Instant().Sub(e.Set.Start.Instant())).In(e.end.Zone)
	case e.length != nil && begins.Date:
		begins.Wall = begins.Wall.AddDate(0, 0, max(e.length.Days+int(e.length.Exact/(24*time.Hour)), 1))
		return begins.Instant()
	case e.length != nil:
		begins.Wall = begins.Wall.AddDate(0, 0, e.length.Days)
		return begins.Instant().Add(e.length.Exact)
	case begins.Date:
		begins.Wall = begins.Wall.AddDate(0, 0, 1)
		return begins.Instant()
	}
	return at
}

// longest is at least how long any instance is.
func (e *Event) longest() time.Duration {
	longest := e.End(e.Set.Start).Sub(e.Set.Start.Instant())
	if e.Set.Start.Date || e.length != nil && e.length.Days > 0 {
		// Days are longer where the clocks are set back.
		longest += 3 * time.Hour
	}
	for _, length := range e.periods {
		longest = max(longest, length)
	}
	return longest
}
