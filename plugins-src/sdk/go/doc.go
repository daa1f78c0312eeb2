// Package remit makes a Remit plugin out of Go functions.
//
// A plugin is functions from an input to an output, each a struct, and what is said about them. The JSON
// Schemas come from the structs and their tags, an error that a function returns becomes the operation's fault,
// and the sandbox is reached by the packages that every Go program uses:
//
//   - http: import _ "remit/nethttp", then net/http as ever: [net/http.Get], [net/http.Client].
//   - files: package os, in the folders that the skill mounts.
//   - time: package time. There is no zone database in the sandbox; import _ "time/tzdata" to bring one along.
//   - logging: [Logf], or import _ "remit/slog" and use log/slog or log. What a plugin prints
//     becomes log lines too.
//   - configuration: [Config] and [LookupConfig].
//
// Nothing is there that the skill has not granted; the error is then one of kind [Denied].
//
// # Input and output types
//
// A struct becomes an object, by its json tags; the other tags are JSON Schema's keywords, as in
//
//	type Input struct {
//		Text string `json:"text" doc:"The text to count words in"`
//		Top  int    `json:"top" doc:"How many words to list" minimum:"1" maximum:"50" default:"5"`
//	}
//
// A field of an input is optional if it is a pointer, has a default, or says omitempty or omitzero. A field of an
// output is always there unless it says omitempty or omitzero. A pointer may be null. Every other field of an
// input is refused, unless the struct holds a map marked `json:",embed"`. What a tag says is also checked before
// the function is called, so that it need not be checked again.
//
// The keywords are: doc (the description), minimum, maximum, minLength, maxLength, minItems, maxItems, format
// (date, date-time), enum (values with commas), default and example, which must fit. What they cannot say, a function checks for itself,
// and returns [InvalidInputf].
package remit
