package remit

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"encoding/json/jsontext"
)

// formats are those that are checked.
var formats = map[string]func(text string) bool{
	"date":      isDate,
	"date-time": isDateTime,
}

// notHeld are keywords of JSON Schema and misspellings of others that a tag must not say, since nothing would
// hold them.
var notHeld = []string{
	"description", "desc", "title", "min", "max", "minlength", "maxlength", "minitems", "maxitems", "required",
	"exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern", "uniqueItems", "const", "minProperties",
	"maxProperties", "examples", "nullable", "jsonschema", "schema",
}

// addTags adds what a field's tag says.
func (s *schema) addTags(tag reflect.StructTag, d direction, once bool) error {
	for _, key := range notHeld {
		if _, says := tag.Lookup(key); says {
			return fmt.Errorf("the tag %q is none that is held: see the package's documentation", key)
		}
	}
	s.description = tag.Get("doc")
	for keyword, bound := range s.bounds.each {
		text, says := tag.Lookup(keyword)
		if !says {
			continue
		}
		if err := s.mayHaveBound(keyword); err != nil {
			return err
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil || value != value {
			return fmt.Errorf("the tag %s:%q is no number", keyword, text)
		}
		*bound = value
	}
	if format, says := tag.Lookup("format"); says {
		if formats[format] == nil || !s.allows("string") {
			return fmt.Errorf("the tag format:%q is none that is held of this type", format)
		}
		s.format = format
	}
	if values, says := tag.Lookup("enum"); says {
		for value := range strings.SplitSeq(values, ",") {
			text, err := s.constant(value)
			if err != nil {
				return fmt.Errorf("the tag enum: %w", err)
			}
			s.enum = append(s.enum, text)
		}
		if s.nullable() {
			s.enum = append(s.enum, "null")
		}
	}
	if value, says := tag.Lookup("default"); says && d == forInput {
		if !once {
			return fmt.Errorf("a default cannot be inside of a list, a map or a pointer")
		}
		text, err := s.fitting("default", value)
		if err != nil {
			return err
		}
		s.def = text
	}
	if value, says := tag.Lookup("example"); says {
		text, err := s.fitting("example", value)
		if err != nil {
			return err
		}
		s.example = text
	}
	return nil
}

// fitting makes JSON of a value in a tag, which must be one that the schema allows.
func (s *schema) fitting(key, value string) (string, error) {
	text, err := s.constant(value)
	if err != nil {
		return "", fmt.Errorf("the tag %s: %w", key, err)
	}
	if err := s.checkText([]byte(text)); err != nil {
		return "", fmt.Errorf("the tag %s:%q does not fit: %w", key, value, err)
	}
	return text, nil
}

func (s *schema) allows(kind string) bool {
	for _, t := range s.types {
		if t == kind {
			return true
		}
	}
	return false
}

func (s *schema) mayHaveBound(keyword string) error {
	fits := false
	switch keyword {
	case "minimum", "maximum":
		fits = s.allows("integer") || s.allows("number")
	case "minLength", "maxLength":
		fits = s.allows("string")
	case "minItems", "maxItems":
		fits = s.allows("array")
	}
	if !fits {
		return fmt.Errorf("the tag %s says nothing of this type", keyword)
	}
	return nil
}

// constant makes JSON of a value in a tag, by the type that it is of.
func (s *schema) constant(value string) (string, error) {
	switch {
	case s.allows("string"):
		return quote(value), nil
	case s.allows("integer"), s.allows("number"), s.allows("boolean"):
		if !jsontext.Value(value).IsValid() {
			return "", fmt.Errorf("%q is no value of this type", value)
		}
		return value, nil
	}
	return "", fmt.Errorf("%q: only texts, numbers and booleans can be given in a tag", value)
}
