package remit

import (
	"fmt"
	"runtime"
)

// Level is how much a log line matters.
type Level uint8

const (
	// Debug is for the plugin's author.
	Debug Level = iota
	// Info is for what is worth knowing.
	Info
	// Warn says that something was left out or guessed.
	Warn
	// Error says that something went wrong.
	Error
)

// Logf logs a line for the person who runs the skill, in the way of [fmt.Sprintf]. The host keeps 64 KiB of lines
// a call unless the skill says otherwise.
func Logf(level Level, format string, args ...any) {
	hostLog(level, fmt.Sprintf(format, args...))
}

// stack is where a panic came from, as far as a log has room for it.
func stack() []byte {
	text := make([]byte, 4<<10)
	return text[:runtime.Stack(text, false)]
}
