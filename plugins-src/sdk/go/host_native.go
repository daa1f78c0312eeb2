//go:build !wasip1

package remit

import (
	"fmt"
	"os"

	"remit/internal/world"
)

// In the sandbox a call has no time for it: what is wrong was found before, or is found by describe.
const checksAtExport = true

// A path that no mount holds is a bad descriptor in the sandbox only.
const noMountErrors = false

func hostConfig(key string) (string, bool, error) {
	value, found := world.Config(key)
	return value, found, nil
}

func hostLog(level Level, message string) {
	if !world.Log(uint8(level), message) {
		fmt.Fprintln(os.Stderr, message)
	}
}
