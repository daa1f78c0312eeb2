package main

import (
	"calendar/caldav"
	"calendar/ics"
)

// onServer is a calendar of a CalDAV server.
type onServer struct {
	client     *caldav.Client
	collection caldav.Collection
}

func (c onServer) info() calendarInfo {
	return calendarInfo{
		ID: c.collection.Path, Name: c.collection.Name, Kind: "caldav", Description: c.collection.Description,
	}
}

func (c onServer) read(window ics.Window, _ func(string)) ([][]byte, error) {
	return c.client.Query(c.collection, window.From, window.To)
}

func (c onServer) create(event ics.New) (string, error) {
	return c.client.Create(c.collection, fileName(event.UID), event.Calendar())
}
