package remit

// exported is the plugin that this program is.
var exported *Plugin

// Export makes a plugin the one that this program is. Call it in an init function:
//
//	func init() { remit.Export(plugin) }
//
//	func main() {}
//
// It panics, natively and so in `go test`, if the plugin says something that cannot be: two operations of one
// name, a type that has no JSON Schema.
func Export(plugin Plugin) {
	if exported != nil {
		panic("remit: a program is one plugin, and Export was called twice")
	}
	exported = &plugin
	if checksAtExport {
		if err := plugin.check(); err != nil {
			panic("remit: " + err.Error())
		}
	}
}
