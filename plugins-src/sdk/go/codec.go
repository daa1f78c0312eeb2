package remit

import (
	"encoding/json/jsontext"
	json "encoding/json/v2"
	"reflect"
	"strings"
)

// decode reads an input into what in points to. What its schema refuses is refused, with the place of it.
func decode[In any](text []byte, in *In) error {
	root, err := schemaOf(reflect.TypeFor[In](), forInput)
	if err != nil {
		return Internalf("%w", err)
	}
	if err := root.checkText(text); err != nil {
		return InvalidInputf("%w", err)
	}
	if err := root.setDefaults(reflect.ValueOf(in).Elem()); err != nil {
		return Internalf("%w", err)
	}
	if err := json.Unmarshal(text, in); err != nil {
		// What fits the schema and not the type: a number too large, an enumeration's own text.
		return InvalidInputf("%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// setDefaults puts the defaults into a struct, before what the input says replaces them.
func (s *schema) setDefaults(value reflect.Value) error {
	if value.Kind() != reflect.Struct || s.properties == nil {
		return nil
	}
	for i := range value.NumField() {
		field := value.Type().Field(i)
		tag, _ := field.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		if field.Anonymous && name == "" || hasOption(options, "embed") {
			if err := s.setDefaults(value.Field(i)); err != nil {
				return err
			}
			continue
		}
		if name == "" {
			name = field.Name
		}
		for _, p := range s.properties {
			if p.name != name || !field.IsExported() || tag == "-" {
				continue
			}
			if p.of.def != "" {
				if err := json.Unmarshal([]byte(p.of.def), value.Field(i).Addr().Interface()); err != nil {
					return err
				}
			} else if err := p.of.setDefaults(value.Field(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// encode writes an output, its fields in the order in which they are declared.
func encode(out any) ([]byte, error) {
	text, err := json.Marshal(out, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, Internalf("the output: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return text, nil
}
