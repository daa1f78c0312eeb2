// Calendar reads calendars on a CalDAV server and in .ics files, and writes events to them.
package main

import (
	// The sandbox has no zone database of its own.
	_ "time/tzdata"

	"remit"
	_ "remit/nethttp"
)

var plugin = remit.Plugin{
	Name:    "calendar",
	Version: "0.1.0",
	Summary: "Reads and writes calendars on a CalDAV server and in .ics files",
	Needs: []remit.Need{
		{Grant: "http GET,PUT,PROPFIND,REPORT {config.base-url}/**", Reason: "to read the calendars on the server that the skill configures, and to add events"},
		{Grant: "files write * {config.folder|/calendar}", Reason: "to read the folder of .ics files that the skill mounts, and to add events"},
		{Grant: "config base-url=*", Reason: "to know where the CalDAV server's calendars are"},
		{Grant: "config folder=*", Reason: "to know where the .ics files are mounted, if not at /calendar"},
		{Grant: "config time-zone=*", Reason: "to know in which time zone days are meant"},
	},
	Operations: []remit.Operation{
		remit.Read("list_calendars", "Lists the calendars, with their names", listCalendars),
		remit.Read("events", "Lists the events in a span of time, recurring ones expanded", events),
		remit.Read("free_busy", "Tells when there are events in a span of time, and when there are none", freeBusy),
		remit.Write("create_event", "Adds an event to a calendar", createEvent),
	},
}

func init() { remit.Export(plugin) }

// A plugin is called, not run.
func main() {}
