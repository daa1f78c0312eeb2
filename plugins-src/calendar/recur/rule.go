// Package recur expands recurrence rules: RFC 5545, sections 3.3.10 and 3.8.5.
package recur

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Frequency is how long a rule's period is.
type Frequency int

const (
	Secondly Frequency = iota
	Minutely
	Hourly
	Daily
	Weekly
	Monthly
	Yearly
)

var frequencies = map[string]Frequency{
	"SECONDLY": Secondly, "MINUTELY": Minutely, "HOURLY": Hourly, "DAILY": Daily,
	"WEEKLY": Weekly, "MONTHLY": Monthly, "YEARLY": Yearly,
}

var weekdays = map[string]time.Weekday{
	"SU": time.Sunday, "MO": time.Monday, "TU": time.Tuesday, "WE": time.Wednesday,
	"TH": time.Thursday, "FR": time.Friday, "SA": time.Saturday,
}

// Weekday is one of a BYDAY: a day of the week, or with an ordinal the nth of a month or year, from its end if
// negative.
type Weekday struct {
	Ordinal int
	Day     time.Weekday
}

// Until is the last moment at which an instance may begin.
type Until struct {
	// Wall is in UTC, whatever zone it is of.
	Wall time.Time
	// Date says that it is a day, all of it; UTC that it is an instant, and not of the event's own zone.
	Date, UTC bool
}

// Rule is one RRULE.
type Rule struct {
	Frequency  Frequency
	Interval   int
	Count      int
	Until      *Until
	BySecond   []int
	ByMinute   []int
	ByHour     []int
	ByDay      []Weekday
	ByMonthDay []int
	ByYearDay  []int
	ByWeekNo   []int
	ByMonth    []int
	BySetPos   []int
	WeekStart  time.Weekday
}

// Parse reads the value of an RRULE property.
func Parse(text string) (*Rule, error) {
	rule := &Rule{Frequency: -1, Interval: 1, WeekStart: time.Monday}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(strings.ToUpper(strings.TrimSpace(text)), ";") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		if seen[name] {
			return nil, fmt.Errorf("%s is said twice", name)
		}
		seen[name] = true
		if err := rule.set(name, value); err != nil {
			return nil, err
		}
	}
	if rule.Frequency < 0 {
		return nil, fmt.Errorf("FREQ is missing")
	}
	if rule.Count > 0 && rule.Until != nil {
		return nil, fmt.Errorf("COUNT and UNTIL exclude each other")
	}
	if len(rule.BySetPos) > 0 && !rule.hasOtherBy() {
		return nil, fmt.Errorf("BYSETPOS needs another BY part")
	}
	return rule, nil
}

func (r *Rule) hasOtherBy() bool {
	return len(r.BySecond)+len(r.ByMinute)+len(r.ByHour)+len(r.ByDay)+len(r.ByMonthDay)+len(r.ByYearDay)+
		len(r.ByWeekNo)+len(r.ByMonth) > 0
}

func (r *Rule) set(name, value string) (err error) {
	switch name {
	case "FREQ":
		frequency, known := frequencies[value]
		if !known {
			return fmt.Errorf("FREQ=%s is unknown", value)
		}
		r.Frequency = frequency
	case "INTERVAL":
		r.Interval, err = number(name, value, 1, 1_000_000)
	case "COUNT":
		r.Count, err = number(name, value, 1, 1_000_000_000)
	case "UNTIL":
		r.Until, err = parseUntil(value)
	case "WKST":
		day, known := weekdays[value]
		if !known {
			return fmt.Errorf("WKST=%s is no weekday", value)
		}
		r.WeekStart = day
	case "BYDAY":
		r.ByDay, err = parseWeekdays(value)
	case "BYSECOND":
		r.BySecond, err = numbers(name, value, 0, 60, false)
	case "BYMINUTE":
		r.ByMinute, err = numbers(name, value, 0, 59, false)
	case "BYHOUR":
		r.ByHour, err = numbers(name, value, 0, 23, false)
	case "BYMONTHDAY":
		r.ByMonthDay, err = numbers(name, value, 1, 31, true)
	case "BYYEARDAY":
		r.ByYearDay, err = numbers(name, value, 1, 366, true)
	case "BYWEEKNO":
		r.ByWeekNo, err = numbers(name, value, 1, 53, true)
	case "BYMONTH":
		r.ByMonth, err = numbers(name, value, 1, 12, false)
	case "BYSETPOS":
		r.BySetPos, err = numbers(name, value, 1, 366, true)
	default:
		// RSCALE and the like change what the other parts mean: leaving one out would give wrong days.
		return fmt.Errorf("the part %s is unknown", name)
	}
	return err
}

func number(name, text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s=%s is no number from %d to %d", name, text, least, most)
	}
	return n, nil
}

// numbers reads a list, sorted and each once; counted from the end as well if signed.
func numbers(name, text string, least, most int, signed bool) ([]int, error) {
	var list []int
	for one := range strings.SplitSeq(text, ",") {
		digits := strings.TrimPrefix(one, "+")
		negative := signed && strings.HasPrefix(digits, "-")
		if negative {
			digits = digits[1:]
		}
		n, err := number(name, digits, least, most)
		if err != nil {
			return nil, err
		}
		if negative {
			n = -n
		}
		list = append(list, n)
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

func parseWeekdays(text string) ([]Weekday, error) {
	var list []Weekday
	for one := range strings.SplitSeq(text, ",") {
		if len(one) < 2 {
			return nil, fmt.Errorf("BYDAY=%s is no weekday", one)
		}
		ordinal, name := one[:len(one)-2], one[len(one)-2:]
		day, known := weekdays[name]
		if !known {
			return nil, fmt.Errorf("BYDAY=%s is no weekday", one)
		}
		weekday := Weekday{Day: day}
		if ordinal != "" {
			n, err := strconv.Atoi(ordinal)
			if err != nil || n == 0 || n < -53 || n > 53 {
				return nil, fmt.Errorf("BYDAY=%s has an ordinal that cannot be", one)
			}
			weekday.Ordinal = n
		}
		list = append(list, weekday)
	}
	return list, nil
}

func parseUntil(text string) (*Until, error) {
	if wall, err := time.Parse("20060102", text); err == nil {
		return &Until{Wall: wall, Date: true}, nil
	}
	if wall, err := time.Parse("20060102T150405Z", text); err == nil {
		return &Until{Wall: wall, UTC: true}, nil
	}
	wall, err := time.Parse("20060102T150405", text)
	if err != nil {
		return nil, fmt.Errorf("UNTIL=%s is no date or time", text)
	}
	return &Until{Wall: wall}, nil
}
