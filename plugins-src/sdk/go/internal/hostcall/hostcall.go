//go:build wasip1

// Package hostcall holds together a call of the host and the taking up of what it gives.
package hostcall

import (
	"sync"

	witruntime "remit/internal/wit/runtime"
)

var mutex sync.Mutex

// Begin comes before a call whose result holds texts or lists, and End after it was taken up.
//
// The bindings pin what the host writes, and would keep it until the plugin's next call, which never comes: a large
// answer would stay in memory chunk by chunk. End lets the garbage collector have it once nobody refers to it. No
// other goroutine may be between the call and the taking up then, since until that nothing else refers to it.
func Begin() { mutex.Lock() }

// End is the opposite of [Begin].
func End() {
	witruntime.Unpin()
	mutex.Unlock()
}
