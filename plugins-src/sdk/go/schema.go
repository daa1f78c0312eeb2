package remit

import (
	"encoding/json/jsontext"
	"math"
	"slices"
	"strconv"
	"strings"
)

// schema is one JSON Schema, as far as a Go type has one: nothing is in it that [schema.check] does not hold.
type schema struct {
	// types are JSON's names of what is allowed; none allows everything.
	types       []string
	description string
	properties  []property
	required    []string
	// closed refuses properties that are not listed; rest is what the others must be, where they are allowed.
	closed bool
	rest   *schema
	items  *schema
	bounds bounds
	format string
	// contentEncoding is "base64" where a string stands for bytes.
	contentEncoding string
	// enum, def and example are JSON texts.
	enum    []string
	def     string
	example string
	// ref is the definition that this stands for, where a type holds itself.
	ref  string
	of   *schema
	defs []definition
	// raw is what a [Schemer] says of itself, and anyOf are the choices where a type cannot be added to one.
	raw   string
	anyOf []*schema
}

type property struct {
	name string
	of   *schema
}

type definition struct {
	name string
	of   *schema
}

// bounds are of a number, or of a length; each is absent where it is NaN.
type bounds struct {
	minimum, maximum     float64
	minLength, maxLength float64
	minItems, maxItems   float64
}

func noBounds() bounds {
	none := math.NaN()
	return bounds{none, none, none, none, none, none}
}

// each gives every bound with its keyword, in the order in which to show them.
func (b *bounds) each(yield func(keyword string, value *float64) bool) {
	_ = yield("minimum", &b.minimum) && yield("maximum", &b.maximum) &&
		yield("minLength", &b.minLength) && yield("maxLength", &b.maxLength) &&
		yield("minItems", &b.minItems) && yield("maxItems", &b.maxItems)
}

func (s *schema) nullable() bool { return slices.Contains(s.types, "null") }

// String is the schema as JSON, always the same for the same type.
func (s *schema) String() string {
	var out strings.Builder
	s.write(&out)
	return out.String()
}

func (s *schema) write(out *strings.Builder) {
	if s.raw != "" {
		out.WriteString(s.raw)
		return
	}
	object := writer{out: out}
	out.WriteByte('{')
	if s.ref != "" {
		object.key("$ref").WriteString(quote("#/$defs/" + s.ref))
	}
	switch len(s.types) {
	case 0:
	case 1:
		object.key("type").WriteString(quote(s.types[0]))
	default:
		object.key("type").WriteString(quoteAll(s.types))
	}
	if s.description != "" {
		object.key("description").WriteString(quote(s.description))
	}
	if s.format != "" {
		object.key("format").WriteString(quote(s.format))
	}
	if s.contentEncoding != "" {
		object.key("contentEncoding").WriteString(quote(s.contentEncoding))
	}
	if len(s.enum) > 0 {
		object.key("enum").WriteString("[" + strings.Join(s.enum, ",") + "]")
	}
	for keyword, bound := range s.bounds.each {
		if !math.IsNaN(*bound) {
			object.key(keyword).WriteString(strconv.FormatFloat(*bound, 'f', -1, 64))
		}
	}
	if s.def != "" {
		object.key("default").WriteString(s.def)
	}
	if s.example != "" {
		object.key("examples").WriteString("[" + s.example + "]")
	}
	s.writeParts(&object)
	out.WriteByte('}')
}

// writeParts writes what holds further schemas.
func (s *schema) writeParts(object *writer) {
	out := object.out
	if s.anyOf != nil {
		object.key("anyOf").WriteByte('[')
		for i, one := range s.anyOf {
			if i > 0 {
				out.WriteByte(',')
			}
			one.write(out)
		}
		out.WriteByte(']')
	}
	if s.items != nil {
		object.key("items")
		s.items.write(out)
	}
	if len(s.properties) > 0 {
		object.key("properties").WriteByte('{')
		inner := writer{out: out}
		for _, p := range s.properties {
			inner.key(p.name)
			p.of.write(out)
		}
		out.WriteByte('}')
	}
	if len(s.required) > 0 {
		object.key("required").WriteString(quoteAll(s.required))
	}
	if s.closed {
		object.key("additionalProperties").WriteString("false")
	} else if s.rest != nil {
		object.key("additionalProperties")
		s.rest.write(out)
	}
	if len(s.defs) > 0 {
		object.key("$defs").WriteByte('{')
		inner := writer{out: out}
		for _, d := range s.defs {
			inner.key(d.name)
			// It may be this very schema, which need not hold all definitions once more.
			of := *d.of
			of.defs = nil
			of.write(out)
		}
		out.WriteByte('}')
	}
}

// writer puts commas between the members of an object.
type writer struct {
	out  *strings.Builder
	some bool
}

func (w *writer) key(name string) *strings.Builder {
	if w.some {
		w.out.WriteByte(',')
	}
	w.some = true
	w.out.WriteString(quote(name))
	w.out.WriteByte(':')
	return w.out
}

func quote(text string) string {
	quoted, err := jsontext.AppendQuote(nil, text)
	if err != nil {
		// Only for what is not UTF-8, of which it makes replacement characters.
		return string(quoted)
	}
	return string(quoted)
}

func quoteAll(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = quote(text)
	}
	return "[" + strings.Join(quoted, ",") + "]"
}
