package remit

import (
	"fmt"
	"reflect"
)

// Effect is what an operation does to the world outside the plugin.
type Effect uint8

const (
	// EffectRead changes nothing.
	EffectRead Effect = iota
	// EffectWrite adds or changes something that can be undone by hand.
	EffectWrite
	// EffectDestructive removes or sends something for good.
	EffectDestructive
)

// Plugin is all that a plugin says about itself.
type Plugin struct {
	// Name has lower-case letters, digits and "-".
	Name string
	// Version is as in semver.org.
	Version string
	// Summary says in one sentence what the plugin is for.
	Summary string
	// Needs are what it asks for. They narrow, they never grant; a plugin that declares some can use nothing
	// beyond them.
	Needs []Need
	// Operations are what it can do, in the order in which to show them.
	Operations []Operation
}

// Need is one grant that a plugin asks for.
type Need struct {
	// Grant is the compact form of a grant: `http GET https://api.github.com/repos/**`.
	Grant string
	// Reason says why, in one sentence for the person who decides.
	Reason string
}

// Operation is one thing that a plugin can do. [Read], [Write] and [Destructive] make one.
type Operation struct {
	name       string
	summary    string
	effect     Effect
	idempotent bool
	input      reflect.Type
	output     reflect.Type
	run        func(input []byte) ([]byte, error)
}

// Read makes an operation that changes nothing; it is idempotent.
func Read[In, Out any](name, summary string, run func(In) (Out, error)) Operation {
	return operation(EffectRead, name, summary, run).Idempotent()
}

// Write makes an operation that adds or changes something that can be undone by hand.
func Write[In, Out any](name, summary string, run func(In) (Out, error)) Operation {
	return operation(EffectWrite, name, summary, run)
}

// Destructive makes an operation that removes or sends something for good.
func Destructive[In, Out any](name, summary string, run func(In) (Out, error)) Operation {
	return operation(EffectDestructive, name, summary, run)
}

func operation[In, Out any](effect Effect, name, summary string, run func(In) (Out, error)) Operation {
	input := reflect.TypeFor[In]()
	return Operation{
		name:    name,
		summary: summary,
		effect:  effect,
		input:   input,
		output:  reflect.TypeFor[Out](),
		run: func(text []byte) ([]byte, error) {
			var in In
			if err := decode(text, &in); err != nil {
				return nil, err
			}
			out, err := run(in)
			if err != nil {
				return nil, err
			}
			return encode(out)
		},
	}
}

// Idempotent says that calling the operation twice with the same input has the effect of calling it once.
func (o Operation) Idempotent() Operation {
	o.idempotent = true
	return o
}

// Name is the operation's name.
func (o Operation) Name() string { return o.name }

// Summary says what the operation does.
func (o Operation) Summary() string { return o.summary }

// Effect is what the operation does to the world outside.
func (o Operation) Effect() Effect { return o.effect }

// InputSchema is the JSON Schema of its input.
func (o Operation) InputSchema() (string, error) {
	root, err := schemaOf(o.input, forInput)
	if err != nil {
		return "", fmt.Errorf("the input of operation %q: %w", o.name, err)
	}
	if len(root.types) != 1 || root.types[0] != "object" {
		return "", fmt.Errorf("the input of operation %q: %v is no struct", o.name, o.input)
	}
	return root.String(), nil
}

// OutputSchema is the JSON Schema of its output.
func (o Operation) OutputSchema() (string, error) {
	root, err := schemaOf(o.output, forOutput)
	if err != nil {
		return "", fmt.Errorf("the output of operation %q: %w", o.name, err)
	}
	return root.String(), nil
}

// Invoke does one operation on a JSON text, as the host does. Whatever goes wrong, the error says its kind to
// [KindOf]; a panic of the operation is an error of kind [Internal].
func (p Plugin) Invoke(operation, input string) (output string, err error) {
	for _, o := range p.Operations {
		if o.name != operation {
			continue
		}
		defer func() {
			if reason := recover(); reason != nil {
				Logf(Error, "panic in %s: %v\n%s", operation, reason, stack())
				err = Internalf("the plugin panicked: %v", reason)
			}
		}()
		text, err := o.run([]byte(input))
		return string(text), err
	}
	return "", NotFoundf("%s has no operation %q", p.Name, operation)
}

// check finds what is wrong with the plugin as a whole, in a native test and not only when the host is asked.
func (p Plugin) check() error {
	for _, said := range [][2]string{{"Name", p.Name}, {"Version", p.Version}, {"Summary", p.Summary}} {
		if said[1] == "" {
			return fmt.Errorf("the plugin's %s is empty", said[0])
		}
	}
	for _, need := range p.Needs {
		if need.Grant == "" || need.Reason == "" {
			return fmt.Errorf("the need %q has no grant or no reason", need.Grant)
		}
	}
	names := map[string]bool{}
	for _, o := range p.Operations {
		if o.name == "" || o.summary == "" {
			return fmt.Errorf("the operation %q has no name or no summary", o.name)
		}
		if names[o.name] {
			return fmt.Errorf("there are two operations %q", o.name)
		}
		names[o.name] = true
		if _, err := o.InputSchema(); err != nil {
			return err
		}
		if _, err := o.OutputSchema(); err != nil {
			return err
		}
	}
	return nil
}
