// Package remittest is for the tests of a plugin, which run natively with `go test`.
//
// What a plugin does through the standard library is tested as ever: requests against [net/http/httptest], files
// in [testing.T.TempDir]. This package has the rest.
package remittest

import (
	"sync"
	"testing"

	"remit"
	"remit/internal/world"
)

// Config configures values until the test ends, in place of all others.
func Config(t testing.TB, values map[string]string) {
	t.Helper()
	before := world.SetConfig(values)
	t.Cleanup(func() { world.SetConfig(before) })
}

// Line is what a plugin logged.
type Line struct {
	Level   remit.Level
	Message string
}

// Log keeps what is logged until the test ends; the result gives the lines so far.
func Log(t testing.TB) (lines func() []Line) {
	t.Helper()
	var mutex sync.Mutex
	var kept []Line
	before := world.SetLog(func(level uint8, message string) {
		mutex.Lock()
		defer mutex.Unlock()
		kept = append(kept, Line{remit.Level(level), message})
	})
	t.Cleanup(func() { world.SetLog(before) })
	return func() []Line {
		mutex.Lock()
		defer mutex.Unlock()
		return append([]Line(nil), kept...)
	}
}
