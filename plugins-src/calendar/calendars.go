package main

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"calendar/caldav"
	"calendar/ics"
	"remit"
)

// store is where one calendar is kept.
type store interface {
	info() calendarInfo
	// read gives the calendar's files, or as much of them as the window needs.
	read(window ics.Window, warn func(string)) ([][]byte, error)
	// create keeps an event, and says where.
	create(event ics.New) (string, error)
}

type calendarInfo struct {
	ID          string `json:"id" doc:"By which other operations know it"`
	Name        string `json:"name"`
	Kind        string `json:"kind" enum:"file,folder,caldav" doc:"An .ics file, a folder of them, or a calendar on the CalDAV server"`
	Description string `json:"description,omitempty"`
}

type calendars struct {
	Calendars []calendarInfo `json:"calendars"`
	Warnings  []string       `json:"warnings,omitempty" doc:"What was left out, and why"`
}

func listCalendars(struct{}) (calendars, error) {
	var w warnings
	stores, err := findStores(w.warn)
	if err != nil {
		return calendars{}, err
	}
	list := calendars{Calendars: []calendarInfo{}}
	for _, s := range stores {
		list.Calendars = append(list.Calendars, s.info())
	}
	list.Warnings = w.lines
	return list, nil
}

// findStores finds all calendars: those of the folder, then those of the server. Where neither is configured, the
// folder is /calendar.
func findStores(warn func(string)) ([]store, error) {
	folder, hasFolder, err := remit.LookupConfig("folder")
	if err != nil {
		return nil, err
	}
	base, hasBase, err := remit.LookupConfig("base-url")
	if err != nil {
		return nil, err
	}
	var stores []store
	if hasFolder || !hasBase {
		if folder == "" {
			folder = "/calendar"
		}
		if stores, err = storesIn(path.Clean(folder)); err != nil {
			return nil, err
		}
	}
	if hasBase {
		client, err := caldav.New(base)
		if err != nil {
			return nil, err
		}
		collections, err := client.Calendars(warn)
		if err != nil {
			return nil, err
		}
		for _, c := range collections {
			stores = append(stores, onServer{client, c})
		}
	}
	return stores, nil
}

// chosen are the calendars of these ids; all of them if there are none.
func chosen(stores []store, ids []string) ([]store, error) {
	if len(ids) == 0 {
		return stores, nil
	}
	var some []store
	for _, id := range ids {
		at := slices.IndexFunc(stores, func(s store) bool { return s.info().ID == id })
		if at < 0 {
			return nil, remit.NotFoundf("there is no calendar %q: there are %s", id, idsOf(stores))
		}
		some = append(some, stores[at])
	}
	return some, nil
}

func idsOf(stores []store) string {
	if len(stores) == 0 {
		return "none"
	}
	var ids []string
	for _, s := range stores {
		ids = append(ids, fmt.Sprintf("%q", s.info().ID))
	}
	return strings.Join(ids, ", ")
}

// warnings are what was left out, for the result and for the log.
type warnings struct{ lines []string }

// mostWarnings are kept: a broken file breaks in many places.
const mostWarnings = 20

func (w *warnings) warn(line string) {
	switch {
	case len(w.lines) < mostWarnings:
		w.lines = append(w.lines, line)
		remit.Logf(remit.Warn, "%s", line)
	case len(w.lines) == mostWarnings:
		w.lines = append(w.lines, "and more")
	}
}

// of puts before each warning what it is about.
func (w *warnings) of(about string) func(string) {
	return func(line string) { w.warn(about + ": " + line) }
}
