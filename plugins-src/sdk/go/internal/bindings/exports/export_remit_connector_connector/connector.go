// Package export_remit_connector_connector holds what the generated exports call.
package export_remit_connector_connector

import (
	types "remit/internal/bindings/imports/remit_connector_types"
	wit "remit/internal/wit/types"
)

// The SDK sets both before the host can call.
var (
	Describe func() types.Description
	Invoke   func(operation, input string) wit.Result[string, types.Fault]
)
