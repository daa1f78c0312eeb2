package remit

import (
	"encoding"
	"encoding/json/jsontext"
	json "encoding/json/v2"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// direction says whether a schema is of what is read or of what is written: they differ in what is required.
type direction bool

const (
	forInput  direction = false
	forOutput direction = true
)

// Schemer is a type that marshals itself (it has MarshalJSON, MarshalJSONTo and their opposites), and so must say
// its own JSON Schema.
type Schemer interface {
	// JSONSchema is a JSON Schema (draft 2020-12). It is not checked before the type's own unmarshalling is
	// called, which therefore must refuse what the schema refuses.
	JSONSchema() string
}

var (
	timeType    = reflect.TypeFor[time.Time]()
	valueType   = reflect.TypeFor[jsontext.Value]()
	textType    = reflect.TypeFor[encoding.TextMarshaler]()
	schemerType = reflect.TypeFor[Schemer]()
	jsonTypes   = []reflect.Type{
		reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.MarshalerTo](),
		reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[json.UnmarshalerFrom](),
	}
)

func newSchema(types ...string) *schema {
	return &schema{types: types, bounds: noBounds()}
}

// schemaOf derives the schema of a type.
func schemaOf(t reflect.Type, d direction) (*schema, error) {
	derivation := derivation{direction: d, open: map[reflect.Type]*schema{}, names: map[string]reflect.Type{}}
	root, err := derivation.of(t, true)
	if err != nil {
		return nil, err
	}
	root.defs = derivation.defs
	return root, nil
}

type derivation struct {
	direction direction
	// open are the structs that are being derived: one that comes again holds itself.
	open  map[reflect.Type]*schema
	names map[string]reflect.Type
	defs  []definition
}

// of derives a type. Defaults are only possible at a place that is there once, which `once` says.
func (d *derivation) of(t reflect.Type, once bool) (*schema, error) {
	if t.Kind() == reflect.Pointer {
		return d.ofPointer(t)
	}
	if t.Implements(schemerType) || reflect.PointerTo(t).Implements(schemerType) {
		return d.ofSchemer(t)
	}
	switch t {
	case timeType:
		s := newSchema("string")
		s.format = "date-time"
		return s, nil
	case valueType:
		return newSchema(), nil
	}
	for _, own := range jsonTypes {
		if t.Implements(own) || reflect.PointerTo(t).Implements(own) {
			return nil, fmt.Errorf("%v marshals itself: give it a method JSONSchema() string", t)
		}
	}
	if t.Implements(textType) || reflect.PointerTo(t).Implements(textType) {
		return newSchema("string"), nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return newSchema("boolean"), nil
	case reflect.String:
		return newSchema("string"), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return newSchema("integer"), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		s := newSchema("integer")
		s.bounds.minimum = 0
		return s, nil
	case reflect.Float32, reflect.Float64:
		return newSchema("number"), nil
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return newSchema(), nil
		}
	case reflect.Slice, reflect.Array:
		return d.ofList(t)
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			values, err := d.of(t.Elem(), false)
			s := newSchema("object")
			s.rest = values
			return s, err
		}
	case reflect.Struct:
		return d.ofStruct(t, once)
	}
	return nil, fmt.Errorf("%v has no JSON Schema", t)
}

func (d *derivation) ofSchemer(t reflect.Type) (*schema, error) {
	own, ok := reflect.New(t).Interface().(Schemer)
	if !ok {
		return nil, fmt.Errorf("%v: JSONSchema must be a method of the type itself", t)
	}
	text := jsontext.Value(own.JSONSchema())
	if err := text.Compact(); err != nil || text.Kind() != '{' {
		return nil, fmt.Errorf("%v: what JSONSchema gives is no JSON object", t)
	}
	s := newSchema()
	s.raw = string(text)
	return s, nil
}

func (d *derivation) ofPointer(t reflect.Type) (*schema, error) {
	s, err := d.of(t.Elem(), false)
	if err != nil {
		return nil, err
	}
	if s.ref != "" || s.raw != "" {
		return nullOr(s), nil
	}
	if len(s.types) > 0 && !s.nullable() {
		s.types = append(s.types, "null")
	}
	return s, nil
}

// nullOr is for a schema to which no type can be added.
func nullOr(s *schema) *schema {
	either := newSchema()
	either.anyOf = []*schema{s, newSchema("null")}
	return either
}

func (d *derivation) ofList(t reflect.Type) (*schema, error) {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		s := newSchema("string")
		s.contentEncoding = "base64"
		return s, nil
	}
	items, err := d.of(t.Elem(), false)
	if err != nil {
		return nil, err
	}
	s := newSchema("array")
	s.items = items
	if t.Kind() == reflect.Array {
		s.bounds.minItems, s.bounds.maxItems = float64(t.Len()), float64(t.Len())
	}
	return s, nil
}

func (d *derivation) ofStruct(t reflect.Type, once bool) (*schema, error) {
	if open, holdsItself := d.open[t]; holdsItself {
		return d.refTo(t, open), nil
	}
	s := newSchema("object")
	d.open[t] = s
	defer delete(d.open, t)
	s.closed = d.direction == forInput
	if err := d.addFields(s, t, once); err != nil {
		return nil, fmt.Errorf("%v: %w", t, err)
	}
	return s, nil
}

// refTo makes a definition of a struct that holds itself, and refers to it.
func (d *derivation) refTo(t reflect.Type, open *schema) *schema {
	name := t.Name()
	if i := strings.IndexByte(name, '['); i >= 0 {
		name = name[:i]
	}
	for other, taken := d.names[name]; taken && other != t; other, taken = d.names[name] {
		name += "_"
	}
	if d.names[name] == nil {
		d.names[name] = t
		d.defs = append(d.defs, definition{name, open})
	}
	s := newSchema()
	s.ref, s.of = name, open
	return s
}

// addFields adds a struct's fields, and those of what is embedded in it.
func (d *derivation) addFields(s *schema, t reflect.Type, once bool) error {
	for i := range t.NumField() {
		field := t.Field(i)
		tag, _ := field.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		embedded := field.Anonymous && name == "" || hasOption(options, "embed")
		switch {
		case tag == "-":
		case embedded && field.Type.Kind() == reflect.Struct:
			if err := d.addFields(s, field.Type, once); err != nil {
				return err
			}
		case embedded && field.Type.Kind() == reflect.Map:
			values, err := d.of(field.Type.Elem(), false)
			if err != nil {
				return err
			}
			s.closed, s.rest = false, values
		case embedded:
			return fmt.Errorf("field %s: only a struct or a map can be embedded", field.Name)
		case !field.IsExported():
		default:
			if err := d.addField(s, field, name, options, once); err != nil {
				return fmt.Errorf("field %s: %w", field.Name, err)
			}
		}
	}
	return nil
}

func (d *derivation) addField(s *schema, field reflect.StructField, name, options string, once bool) error {
	if name == "" {
		name = field.Name
	}
	for option := range strings.SplitSeq(options, ",") {
		if option != "" && option != "omitempty" && option != "omitzero" {
			return fmt.Errorf("the json option %q has no JSON Schema", option)
		}
	}
	of, err := d.of(field.Type, once)
	if err != nil {
		return err
	}
	if (of.ref != "" || of.raw != "") && field.Tag.Get("doc") != "" {
		// What stands for another schema has no room for a description.
		either := newSchema()
		either.anyOf = []*schema{of}
		of = either
	}
	if err := of.addTags(field.Tag, d.direction, once); err != nil {
		return err
	}
	for _, other := range s.properties {
		if other.name == name {
			return fmt.Errorf("there are two fields with the JSON name %q", name)
		}
	}
	s.properties = append(s.properties, property{name, of})
	optional := hasOption(options, "omitempty") || hasOption(options, "omitzero")
	if d.direction == forInput {
		optional = optional || of.def != "" || field.Type.Kind() == reflect.Pointer
	}
	if !optional {
		s.required = append(s.required, name)
	}
	return nil
}

func hasOption(options, wanted string) bool {
	for option := range strings.SplitSeq(options, ",") {
		if option == wanted {
			return true
		}
	}
	return false
}
