package remit

import (
	json "encoding/json/v2"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// checkText checks a JSON text; the error says where it does not fit, and how.
func (s *schema) checkText(text []byte) error {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return fmt.Errorf("not JSON as it must be: %s", strings.TrimPrefix(err.Error(), "jsontext: "))
	}
	return s.check(value, "")
}

// check checks a value as json.Unmarshal makes it; at is its place, as a JSON Pointer.
func (s *schema) check(value any, at string) error {
	if s.of != nil {
		return s.of.check(value, at)
	}
	if s.anyOf != nil {
		return s.checkAny(value, at)
	}
	if len(s.types) > 0 && !slices.ContainsFunc(s.types, func(t string) bool { return isType(value, t) }) {
		return misfit(at, "it must be %s, and is %s", listed(s.types), typeOf(value))
	}
	if len(s.enum) > 0 {
		text, err := json.Marshal(value)
		if err != nil || !slices.Contains(s.enum, string(text)) {
			return misfit(at, "it must be one of %s", strings.Join(s.enum, ", "))
		}
	}
	switch value := value.(type) {
	case string:
		return s.checkString(value, at)
	case float64:
		return s.between(value, s.bounds.minimum, s.bounds.maximum, at, "it")
	case []any:
		return s.checkList(value, at)
	case map[string]any:
		return s.checkObject(value, at)
	}
	return nil
}

func (s *schema) checkAny(value any, at string) error {
	var last error
	for _, one := range s.anyOf {
		err := one.check(value, at)
		if err == nil {
			return nil
		}
		if last == nil {
			last = err
		}
	}
	return last
}

func (s *schema) checkString(value, at string) error {
	length := float64(utf8.RuneCountInString(value))
	if err := s.between(length, s.bounds.minLength, s.bounds.maxLength, at, "its length in characters"); err != nil {
		return err
	}
	if holds := formats[s.format]; holds != nil && !holds(value) {
		return misfit(at, "%q is no %s", shortened(value), s.format)
	}
	return nil
}

func (s *schema) checkList(value []any, at string) error {
	if err := s.between(float64(len(value)), s.bounds.minItems, s.bounds.maxItems, at, "its length"); err != nil {
		return err
	}
	if s.items == nil {
		return nil
	}
	for i, item := range value {
		if err := s.items.check(item, at+"/"+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return nil
}

func (s *schema) checkObject(value map[string]any, at string) error {
	for _, name := range s.required {
		if _, has := value[name]; !has {
			return misfit(at, "the field %q is missing", name)
		}
	}
	for _, p := range s.properties {
		if of, has := value[p.name]; has {
			if err := p.of.check(of, at+"/"+pointer(p.name)); err != nil {
				return err
			}
		}
	}
	if !s.closed && s.rest == nil {
		return nil
	}
	// In a fixed order, so that the same input gives the same error.
	names := make([]string, 0, len(value))
	for name := range value {
		if !slices.ContainsFunc(s.properties, func(p property) bool { return p.name == name }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if s.closed {
			return misfit(at, "there is no field %q", shortened(name))
		}
		if err := s.rest.check(value[name], at+"/"+pointer(name)); err != nil {
			return err
		}
	}
	return nil
}

func (s *schema) between(value, least, most float64, at, what string) error {
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	if value < least {
		return misfit(at, "%s is %s, less than %s", what, number(value), number(least))
	}
	if value > most {
		return misfit(at, "%s is %s, more than %s", what, number(value), number(most))
	}
	return nil
}

func misfit(at, format string, args ...any) error {
	if at == "" {
		at = "the input"
	}
	return fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...))
}

func isType(value any, name string) bool {
	switch value := value.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case float64:
		return name == "number" || name == "integer" && value == math.Trunc(value)
	case []any:
		return name == "array"
	case map[string]any:
		return name == "object"
	}
	return false
}

func typeOf(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case float64:
		if value == math.Trunc(value) {
			return "a number"
		}
		return "a number with a fraction"
	case []any:
		return "an array"
	default:
		return "an object"
	}
}

func listed(types []string) string {
	words := make([]string, len(types))
	for i, t := range types {
		switch t {
		case "null":
			words[i] = "null"
		case "array", "object", "integer":
			words[i] = "an " + t
		default:
			words[i] = "a " + t
		}
	}
	return strings.Join(words, " or ")
}

// pointer escapes a name for a JSON Pointer.
func pointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(shortened(name))
}

func shortened(text string) string {
	const most = 80
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

func isDateTime(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}
