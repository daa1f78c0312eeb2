package recur

import (
	"slices"
	"time"
)

// Moment is a date, or a time in a zone.
type Moment struct {
	// Wall is in UTC, whatever the zone: at midnight for a date.
	Wall time.Time
	Date bool
	// Zone is where Wall is said; of a date, that of whoever looks.
	Zone *time.Location
}

// Instant is when it is, or begins.
func (m Moment) Instant() time.Time {
	instant, _ := Instant(m.Wall, m.Zone)
	return instant
}

// Set is when an event is: its start, and what its rules and dates add to that and take away.
type Set struct {
	Start    Moment
	Rules    []*Rule
	Extra    []Moment
	Excluded []Moment
}

// Expand gives the instances that begin from `from` on and before `to`, in order, at most so many. What of its work
// the budget cut off, it says.
func (s *Set) Expand(from, to time.Time, most int, budget *Budget) ([]Moment, error) {
	excluded := s.exclusions()
	found := map[int64]Moment{}
	add := func(m Moment) {
		if at := m.Instant(); !at.Before(from) && at.Before(to) && !excluded.holds(m) {
			found[at.Unix()] = m
		}
	}
	add(s.Start)
	for _, extra := range s.Extra {
		if !budget.Spend(1) {
			break
		}
		add(extra)
	}
	for _, rule := range s.Rules {
		if err := s.expandRule(rule, excluded, from, to, most, budget, add); err != nil {
			return nil, err
		}
	}
	all := make([]Moment, 0, len(found))
	for _, m := range found {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b Moment) int { return a.Instant().Compare(b.Instant()) })
	return all[:min(len(all), most)], nil
}

// expandRule adds a rule's own instances. The start is the first of them, whether the rule says it or not.
func (s *Set) expandRule(
	rule *Rule, excluded exclusions, from, to time.Time, most int, budget *Budget, add func(Moment),
) error {
	// By how much the clocks may be changed near an end of the window: more than they ever are, but for days left out.
	const reach = 3 * time.Hour
	start := s.Start.Wall
	walls, err := rule.walls(start, Wall(from.In(s.Start.Zone)).Add(-reach), budget)
	if err != nil {
		return err
	}
	last := Wall(to.In(s.Start.Zone)).Add(reach)
	counted, taken := 1, 0
	for wall := range walls {
		if wall.After(last) || rule.isOver(s.Start, wall) {
			return nil
		}
		if wall.Equal(start) {
			continue
		}
		instant, exists := Instant(wall, s.Start.Zone)
		if !exists && !s.Start.Date {
			// No such time on that day: it is passed over, and not counted (RFC 5545, 3.3.10).
			continue
		}
		if counted++; rule.Count > 0 && counted > rule.Count {
			return nil
		}
		m := Moment{Wall: wall, Date: s.Start.Date, Zone: s.Start.Zone}
		if !instant.Before(from) && !excluded.holds(m) {
			if taken++; taken > most {
				return nil
			}
			add(m)
		}
	}
	return nil
}

// isOver says whether the rule's UNTIL lies before a wall time of the event's.
func (r *Rule) isOver(start Moment, wall time.Time) bool {
	switch {
	case r.Until == nil:
		return false
	case r.Until.Date:
		// For an event with a time it should be a time; what is meant by a day is all of it.
		return midnight(wall).After(r.Until.Wall)
	case start.Date:
		return wall.After(midnight(r.Until.Wall))
	case r.Until.UTC:
		instant, _ := Instant(wall, start.Zone)
		return instant.After(r.Until.Wall)
	default:
		return wall.After(r.Until.Wall)
	}
}

// exclusions are instants, and whole days where days are said.
type exclusions struct {
	instants, days map[int64]bool
	// ofDates are the days of all of them, for an event of dates.
	ofDates map[int64]bool
}

func (s *Set) exclusions() exclusions {
	e := exclusions{map[int64]bool{}, map[int64]bool{}, map[int64]bool{}}
	for _, m := range s.Excluded {
		day := midnight(m.Wall).Unix()
		e.ofDates[day] = true
		if m.Date {
			e.days[day] = true
		} else {
			e.instants[m.Instant().Unix()] = true
		}
	}
	return e
}

func (e exclusions) holds(m Moment) bool {
	day := midnight(m.Wall).Unix()
	if m.Date {
		return e.ofDates[day]
	}
	return e.days[day] || e.instants[m.Instant().Unix()]
}
