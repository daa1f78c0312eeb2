package ics

import (
	"fmt"
	"strings"
)

// Component is what stands between BEGIN and END.
type Component struct {
	// Name is in capitals.
	Name       string
	Lines      []Line
	Components []*Component
}

// deepest is how deep components may be in one another: an alarm is in an event in a calendar.
const deepest = 8

// Parse reads the calendars of a file. What is broken is left out, and told to warn.
func Parse(data []byte, warn func(string)) []*Component {
	return parse(data, warn, func(int, *Component) bool { return true })
}

// parse asks of each component in a calendar whether to keep it, so that a large file need not be in memory twice. The
// calendars are numbered from nought.
func parse(data []byte, warn func(string), keep func(calendar int, c *Component) bool) []*Component {
	var calendars, open []*Component
	ignored := 0
	for text := range unfold(data) {
		line, err := parseLine(text)
		if err != nil {
			warn(fmt.Sprintf("left out a line: %v", err))
			continue
		}
		name := strings.ToUpper(strings.TrimSpace(line.Value))
		switch {
		case line.Name == "BEGIN" && (len(open) >= deepest || ignored > 0):
			ignored++
		case line.Name == "BEGIN":
			open = append(open, &Component{Name: name})
		case line.Name == "END" && ignored > 0:
			ignored--
		case line.Name == "END":
			open, calendars = closed(open, calendars, name, warn, keep)
		case ignored > 0:
		case len(open) == 0:
			warn(fmt.Sprintf("left out a line outside of a calendar: %q", start(text)))
		default:
			last := open[len(open)-1]
			last.Lines = append(last.Lines, line)
		}
	}
	if len(open) > 0 {
		warn(fmt.Sprintf("the file ends within %s: it may be cut off", open[len(open)-1].Name))
		// What was whole is kept, as if the calendar had ended before what was not.
		if open[0].Name == "VCALENDAR" {
			calendars = append(calendars, open[0])
		}
	}
	return calendars
}

// closed ends the innermost component of that name, and with it, unfinished, what is inside of it still.
func closed(
	open, calendars []*Component, name string, warn func(string), keep func(int, *Component) bool,
) (_, _ []*Component) {
	at := len(open) - 1
	for at >= 0 && open[at].Name != name {
		at--
	}
	if at < 0 {
		warn(fmt.Sprintf("left out END:%s, which nothing began", start(name)))
		return open, calendars
	}
	if at < len(open)-1 {
		warn(fmt.Sprintf("left out a %s that does not end", start(open[len(open)-1].Name)))
	}
	done := open[at]
	switch {
	case at == 1 && !keep(len(calendars), done):
	case at > 0:
		open[at-1].Components = append(open[at-1].Components, done)
	case name == "VCALENDAR":
		calendars = append(calendars, done)
	default:
		warn(fmt.Sprintf("left out a %s outside of a calendar", start(name)))
	}
	return open[:at], calendars
}

// line is the first property of that name.
func (c *Component) line(name string) (Line, bool) {
	for _, line := range c.Lines {
		if line.Name == name {
			return line, true
		}
	}
	return Line{}, false
}

// Text is the first property of that name as text; empty if there is none.
func (c *Component) Text(name string) string {
	line, _ := c.line(name)
	return Unescape(line.Value)
}
