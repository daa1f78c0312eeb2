package recur

import (
	"slices"
	"time"
)

// A day, and a time of day in a zone without changes, is a time.Time in UTC here: a "wall" time. What instant it is,
// Instant says.

func midnight(wall time.Time) time.Time {
	year, month, day := wall.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func daysInYear(year int) int {
	return time.Date(year, time.December, 31, 0, 0, 0, 0, time.UTC).YearDay()
}

func daysInMonth(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// startOfWeek is the day on which the week of a day begins.
func startOfWeek(day time.Time, first time.Weekday) time.Time {
	return day.AddDate(0, 0, -((int(day.Weekday()) - int(first) + 7) % 7))
}

// weekOfYear numbers the week of a day as ISO 8601 does, with weeks that begin on `first`: the year's first week is
// the first with four days in it. It also gives how many weeks that year has.
func weekOfYear(day time.Time, first time.Weekday) (week, weeks int) {
	// The week belongs to the year of its fourth day.
	start := startOfWeek(day, first)
	year := start.AddDate(0, 0, 3).Year()
	one := firstWeek(year, first)
	week = int(start.Sub(one).Hours()/24)/7 + 1
	weeks = int(firstWeek(year+1, first).Sub(one).Hours()/24) / 7
	return week, weeks
}

func firstWeek(year int, first time.Weekday) time.Time {
	return startOfWeek(time.Date(year, time.January, 4, 0, 0, 0, 0, time.UTC), first)
}

// has says whether a list holds a number, or what it is from the end, of so many.
func has(list []int, n, of int) bool {
	return slices.Contains(list, n) || slices.Contains(list, n-of-1)
}

// matches says whether the rule's parts that speak of days all allow one.
func (r *Rule) matches(day time.Time) bool {
	year, month, number := day.Date()
	if len(r.ByMonth) > 0 && !slices.Contains(r.ByMonth, int(month)) {
		return false
	}
	if len(r.ByMonthDay) > 0 && !has(r.ByMonthDay, number, daysInMonth(year, month)) {
		return false
	}
	if len(r.ByYearDay) > 0 && !has(r.ByYearDay, day.YearDay(), daysInYear(year)) {
		return false
	}
	if len(r.ByWeekNo) > 0 {
		if week, weeks := weekOfYear(day, r.WeekStart); !has(r.ByWeekNo, week, weeks) {
			return false
		}
	}
	return len(r.ByDay) == 0 || slices.ContainsFunc(r.ByDay, func(w Weekday) bool { return r.isDay(day, w) })
}

func (r *Rule) isDay(day time.Time, w Weekday) bool {
	if day.Weekday() != w.Day {
		return false
	}
	number, of := 0, 0
	switch {
	case w.Ordinal == 0:
		return true
	case r.Frequency == Monthly, r.Frequency == Yearly && len(r.ByMonth) > 0:
		number, of = day.Day(), daysInMonth(day.Year(), day.Month())
	case r.Frequency == Yearly && len(r.ByWeekNo) == 0:
		number, of = day.YearDay(), daysInYear(day.Year())
	default:
		// The standard forbids an ordinal here, where it would say nothing.
		return true
	}
	if w.Ordinal > 0 {
		return (number-1)/7+1 == w.Ordinal
	}
	return (of-number)/7+1 == -w.Ordinal
}

// completed is the rule with what it leaves to the start said: which day of the week, month or year.
func (r *Rule) completed(start time.Time) *Rule {
	full := *r
	if len(r.ByDay) > 0 || len(r.ByMonthDay) > 0 || len(r.ByYearDay) > 0 {
		return &full
	}
	switch {
	case r.Frequency == Weekly, r.Frequency == Yearly && len(r.ByWeekNo) > 0:
		full.ByDay = []Weekday{{Day: start.Weekday()}}
	case r.Frequency == Monthly:
		full.ByMonthDay = []int{start.Day()}
	case r.Frequency == Yearly:
		full.ByMonthDay = []int{start.Day()}
		if len(r.ByMonth) == 0 {
			full.ByMonth = []int{int(start.Month())}
		}
	}
	return &full
}
