package remit

import (
	"errors"
	"strings"
	"syscall"

	"remit/internal/bindings/exports/export_remit_connector_connector"
	_ "remit/internal/bindings/exports/wit_exports"
	wit_log "remit/internal/bindings/imports/remit_connector_log"
	types "remit/internal/bindings/imports/remit_connector_types"
	store "remit/internal/bindings/imports/wasi_config_store"
	"remit/internal/hostcall"
	wit "remit/internal/wit/types"
)

const checksAtExport = false

const noMountErrors = true

func init() {
	export_remit_connector_connector.Describe = describe
	export_remit_connector_connector.Invoke = invoke
}

func hostConfig(key string) (string, bool, error) {
	hostcall.Begin()
	answer := store.Get(valid(key))
	hostcall.End()
	if answer.IsErr() {
		if err := answer.Err(); err.Tag() == store.Error_Upstream {
			return "", false, errors.New(err.Upstream())
		} else {
			return "", false, errors.New(err.Io())
		}
	}
	value := answer.Ok()
	return value.SomeOr(""), value.IsSome(), nil
}

func hostLog(level Level, message string) {
	wit_log.Log(uint8(level), valid(message))
}

// describe answers the host. It panics where the plugin cannot be described, which the host shows.
func describe() types.Description {
	plugin := theExported()
	if err := plugin.check(); err != nil {
		panic("remit: " + err.Error())
	}
	description := types.Description{
		Name:    valid(plugin.Name),
		Version: valid(plugin.Version),
		Summary: valid(plugin.Summary),
	}
	for _, o := range plugin.Operations {
		// check has derived both.
		input, _ := o.InputSchema()
		output, _ := o.OutputSchema()
		description.Operations = append(description.Operations, types.Operation{
			Name:         valid(o.name),
			Summary:      valid(o.summary),
			InputSchema:  input,
			OutputSchema: output,
			Effect:       uint8(o.effect),
			Idempotent:   o.idempotent,
		})
	}
	for _, need := range plugin.Needs {
		description.Needs = append(description.Needs, types.Need{Grant: valid(need.Grant), Reason: valid(need.Reason)})
	}
	return description
}

// invoke answers the host.
func invoke(operation, input string) wit.Result[string, types.Fault] {
	output, err := theExported().Invoke(operation, input)
	if err == nil {
		return wit.Ok[string, types.Fault](output)
	}
	message := valid(err.Error())
	if errors.Is(err, syscall.EBADF) {
		message += " (no folder is mounted there)"
	}
	var fault types.Fault
	switch KindOf(err) {
	case InvalidInput:
		fault = types.MakeFaultInvalidInput(message)
	case Denied:
		fault = types.MakeFaultDenied(message)
	case NotFound:
		fault = types.MakeFaultNotFound(message)
	case Conflict:
		fault = types.MakeFaultConflict(message)
	case Unavailable:
		fault = types.MakeFaultUnavailable(message)
	default:
		fault = types.MakeFaultInternal(message)
	}
	return wit.Err[string, types.Fault](fault)
}

func theExported() *Plugin {
	if exported == nil {
		panic("remit: this program exports no plugin: call remit.Export in an init function")
	}
	return exported
}

// valid makes text that may cross to the host, where anything else ends the call.
func valid(text string) string {
	return strings.ToValidUTF8(text, "\uFFFD")
}
