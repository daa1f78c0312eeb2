package nethttp

import (
	"context"
	"runtime"
	"sync"
	"time"

	clock "remit/internal/bindings/imports/wasi_clocks_monotonic_clock"
	poll "remit/internal/bindings/imports/wasi_io_poll"
	"remit/internal/hostcall"
)

// patience is how long the program sleeps at most while a request is waited for. Asleep, no goroutine runs, and no
// timer of Go's: this is how late they can be.
const patience = 20 * time.Millisecond

// waiting are the pollables of all goroutines, so that whoever waits waits for all of them.
var (
	waitingMutex sync.Mutex
	waiting      = map[*poll.Pollable]struct{}{}
)

// wait lets other goroutines run until the pollable is ready, or the context is done.
func wait(context context.Context, pollable *poll.Pollable) error {
	if pollable.Ready() {
		return context.Err()
	}
	waitingMutex.Lock()
	waiting[pollable] = struct{}{}
	waitingMutex.Unlock()
	defer func() {
		waitingMutex.Lock()
		delete(waiting, pollable)
		waitingMutex.Unlock()
	}()
	for {
		// Others that have something to send do it now, and timers go off.
		runtime.Gosched()
		if err := context.Err(); err != nil {
			return err
		}
		if pollable.Ready() {
			return nil
		}
		sleep()
	}
}

// sleep ends when something is ready that some goroutine waits for, or after a while.
func sleep() {
	timer := clock.SubscribeDuration(uint64(patience))
	defer timer.Drop()
	all := []*poll.Pollable{timer}
	waitingMutex.Lock()
	for pollable := range waiting {
		all = append(all, pollable)
	}
	waitingMutex.Unlock()
	hostcall.Begin()
	defer hostcall.End()
	poll.Poll(all)
}
