// Package world is what a plugin finds around it in a native test.
package world

import "sync"

var (
	mutex  sync.Mutex
	config map[string]string
	log    func(level uint8, message string)
)

// Config looks a value up.
func Config(key string) (string, bool) {
	mutex.Lock()
	defer mutex.Unlock()
	value, found := config[key]
	return value, found
}

// SetConfig replaces all values, and gives those that were there.
func SetConfig(values map[string]string) (before map[string]string) {
	mutex.Lock()
	defer mutex.Unlock()
	before, config = config, values
	return before
}

// Log hands a line to whoever listens; false if nobody does.
func Log(level uint8, message string) bool {
	mutex.Lock()
	listener := log
	mutex.Unlock()
	if listener == nil {
		return false
	}
	listener(level, message)
	return true
}

// SetLog replaces the listener, and gives the one that was there.
func SetLog(listener func(level uint8, message string)) (before func(level uint8, message string)) {
	mutex.Lock()
	defer mutex.Unlock()
	before, log = log, listener
	return before
}
