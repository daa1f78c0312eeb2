package recur

import (
	"errors"
	"iter"
	"slices"
	"time"
)

// Budget bounds how much work rules may make: they come from strangers, and one that never ends is a line long.
type Budget struct{ left int }

// NewBudget allows so many days and times to be looked at.
func NewBudget(steps int) *Budget { return &Budget{steps} }

// Spend takes some, and says whether there was enough.
func (b *Budget) Spend(steps int) bool {
	b.left -= steps
	return b.left >= 0
}

// Left is how much may be spent still.
func (b *Budget) Left() int { return max(b.left, 0) }

// Spent says whether something was left out for want of it.
func (b *Budget) Spent() bool { return b.left < 0 }

// most times in one day, minute or second of a rule: far more than anybody means.
const mostTimesADay = 24 * 60

// lastYear is the last in which anything is looked for: no format here can say a later one.
const lastYear = 9999

// errTooDense is of a rule that names more times of a day than Remit expands.
var errTooDense = errors.New("it names too many times of a day")

// walls gives what the rule alone says, from the start on and in order: wall times, none twice. Periods that end
// before `after` are passed over, unless they have to be counted.
func (r *Rule) walls(start, after time.Time, budget *Budget) (iter.Seq[time.Time], error) {
	times := timesOfDay(r, start)
	if len(times) > mostTimesADay {
		return nil, errTooDense
	}
	full := r.completed(start)
	return func(yield func(time.Time) bool) {
		skipped := 0
		if r.Count == 0 && after.After(start) {
			skipped = max(full.periodsBetween(start, after)/r.Interval-1, 0)
		}
		for n := skipped; ; n++ {
			period, ok := full.period(start, n, times, budget)
			if !ok {
				return
			}
			for _, wall := range period {
				if !wall.Before(start) && !yield(wall) {
					return
				}
			}
		}
	}, nil
}

// timesOfDay are the times that the rule expands a day (or an hour, or a minute) to, as offsets from its start.
func timesOfDay(r *Rule, start time.Time) []time.Duration {
	or := func(list []int, n int, expands bool) []int {
		switch {
		case !expands:
			return []int{0}
		case len(list) == 0:
			return []int{n}
		}
		return list
	}
	var times []time.Duration
	for _, hour := range or(r.ByHour, start.Hour(), r.Frequency > Hourly) {
		for _, minute := range or(r.ByMinute, start.Minute(), r.Frequency > Minutely) {
			for _, second := range or(r.BySecond, start.Second(), r.Frequency > Secondly) {
				if len(times) > mostTimesADay {
					return times
				}
				// A leap second, which no clock here has, is the one before it.
				times = append(times, time.Duration(hour)*time.Hour+time.Duration(minute)*time.Minute+
					time.Duration(min(second, 59))*time.Second)
			}
		}
	}
	return slices.Compact(times)
}

// periodsBetween is about how many of the rule's units lie between two times, never too many.
func (r *Rule) periodsBetween(start, after time.Time) int {
	seconds := int(after.Unix() - start.Unix())
	days := seconds/(24*60*60) - 1
	switch r.Frequency {
	case Yearly:
		return after.Year() - start.Year()
	case Monthly:
		return 12*(after.Year()-start.Year()) + int(after.Month()) - int(start.Month())
	case Weekly:
		return days / 7
	case Daily:
		return days
	case Hourly:
		return seconds / (60 * 60)
	case Minutely:
		return seconds / 60
	default:
		return seconds
	}
}

// period gives the times of the rule's nth period, in order; ok is false where there is no further one.
func (r *Rule) period(start time.Time, n int, times []time.Duration, budget *Budget) (set []time.Time, ok bool) {
	units := n * r.Interval
	if r.Frequency < Daily {
		return r.moment(start, units, times, budget)
	}
	first, days := r.daysOf(start, units)
	if first.Year() > lastYear || !budget.Spend(1) {
		return nil, false
	}
	for i := 0; i < days; i++ {
		day := first.AddDate(0, 0, i)
		if month := int(day.Month()); len(r.ByMonth) > 0 && !slices.Contains(r.ByMonth, month) {
			// On to the next month: most yearly rules are of one.
			i += daysInMonth(day.Year(), day.Month()) - day.Day()
			continue
		}
		if !budget.Spend(1) {
			return nil, false
		}
		if !r.matches(day) {
			continue
		}
		if !budget.Spend(len(times)) {
			return nil, false
		}
		for _, at := range times {
			set = append(set, day.Add(at))
		}
	}
	return r.atPositions(set), true
}

// daysOf is where the period begins that lies so many units after the start's, and how many days it has.
func (r *Rule) daysOf(start time.Time, units int) (first time.Time, days int) {
	switch r.Frequency {
	case Yearly:
		year := start.Year() + units
		return time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC), daysInYear(year)
	case Monthly:
		first = time.Date(start.Year(), start.Month()+time.Month(units), 1, 0, 0, 0, 0, time.UTC)
		return first, daysInMonth(first.Year(), first.Month())
	case Weekly:
		return startOfWeek(midnight(start), r.WeekStart).AddDate(0, 0, 7*units), 7
	default:
		return midnight(start).AddDate(0, 0, units), 1
	}
}

// moment is a period of less than a day.
func (r *Rule) moment(start time.Time, units int, times []time.Duration, budget *Budget) ([]time.Time, bool) {
	unit := map[Frequency]time.Duration{Hourly: time.Hour, Minutely: time.Minute, Secondly: time.Second}[r.Frequency]
	// In seconds, since a Duration holds no more than 292 years.
	moment := time.Unix(start.Truncate(unit).Unix()+int64(units)*int64(unit/time.Second), 0).UTC()
	if moment.Year() > lastYear || !budget.Spend(len(times)) {
		return nil, false
	}
	allowed := func(list []int, n int) bool { return len(list) == 0 || slices.Contains(list, n) }
	if !r.matches(midnight(moment)) || !allowed(r.ByHour, moment.Hour()) ||
		r.Frequency < Hourly && !allowed(r.ByMinute, moment.Minute()) ||
		r.Frequency < Minutely && !allowed(r.BySecond, moment.Second()) {
		return nil, true
	}
	set := make([]time.Time, len(times))
	for i, at := range times {
		set[i] = moment.Add(at)
	}
	return r.atPositions(set), true
}

// atPositions picks by BYSETPOS.
func (r *Rule) atPositions(set []time.Time) []time.Time {
	if len(r.BySetPos) == 0 {
		return set
	}
	var picked []time.Time
	for i, wall := range set {
		if has(r.BySetPos, i+1, len(set)) {
			picked = append(picked, wall)
		}
	}
	return picked
}
