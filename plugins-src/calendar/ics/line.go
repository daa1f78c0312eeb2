// Package ics reads and writes iCalendar files: RFC 5545, leniently, since they come from many hands.
package ics

import (
	"bytes"
	"fmt"
	"iter"
	"strings"
)

// Line is one content line: NAME;PARAM=a,b:value.
type Line struct {
	// Name and the parameters' names are in capitals.
	Name   string
	Params map[string][]string
	Value  string
}

// Param is the first value of a parameter; empty if there is none.
func (l Line) Param(name string) string {
	if values := l.Params[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// longest is how long a line may be, unfolded: an attachment may stand in one, and is not wanted.
const longest = 1 << 20

// unfold gives the content lines, with what was folded put together. A character may be folded in its midst, so
// bytes are joined before they are text.
func unfold(data []byte) iter.Seq[string] {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	return func(yield func(string) bool) {
		var line []byte
		for len(data) > 0 {
			var one []byte
			one, data = nextLine(data)
			if len(one) > 0 && (one[0] == ' ' || one[0] == '\t') {
				if len(line) < longest {
					line = append(line, one[1:]...)
				}
				continue
			}
			if len(line) > 0 && !yield(strings.ToValidUTF8(string(line), "\uFFFD")) {
				return
			}
			line = append(line[:0], one...)
		}
		if len(line) > 0 {
			yield(strings.ToValidUTF8(string(line), "\uFFFD"))
		}
	}
}

// nextLine cuts at CR LF, LF or CR.
func nextLine(data []byte) (line, rest []byte) {
	end := bytes.IndexAny(data, "\r\n")
	if end < 0 {
		return data, nil
	}
	rest = data[end+1:]
	if data[end] == '\r' && len(rest) > 0 && rest[0] == '\n' {
		rest = rest[1:]
	}
	return data[:end], rest
}

// parseLine reads one content line.
func parseLine(text string) (Line, error) {
	end := strings.IndexAny(text, ";:")
	if end <= 0 {
		return Line{}, fmt.Errorf("%q is no content line", start(text))
	}
	line := Line{Name: strings.ToUpper(text[:end])}
	rest := text[end:]
	for strings.HasPrefix(rest, ";") {
		name, values, after, err := parseParam(rest[1:])
		if err != nil {
			return Line{}, fmt.Errorf("%q: %w", start(text), err)
		}
		if line.Params == nil {
			line.Params = map[string][]string{}
		}
		line.Params[name] = append(line.Params[name], values...)
		rest = after
	}
	if !strings.HasPrefix(rest, ":") {
		return Line{}, fmt.Errorf("%q has no value", start(text))
	}
	line.Value = rest[1:]
	return line, nil
}

// parseParam reads NAME=value,"value" and gives what follows.
func parseParam(text string) (name string, values []string, rest string, err error) {
	equals := strings.IndexAny(text, "=;:")
	if equals < 0 || text[equals] != '=' {
		return "", nil, "", fmt.Errorf("a parameter without a value")
	}
	name, rest = strings.ToUpper(text[:equals]), text[equals:]
	for rest != "" && (rest[0] == '=' || rest[0] == ',') {
		rest = rest[1:]
		var value string
		if strings.HasPrefix(rest, `"`) {
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 {
				return "", nil, "", fmt.Errorf("a quotation that does not end")
			}
			value, rest = rest[1:1+end], rest[end+2:]
		} else {
			end := strings.IndexAny(rest, ",;:")
			if end < 0 {
				end = len(rest)
			}
			value, rest = rest[:end], rest[end:]
		}
		values = append(values, unescapeParam.Replace(value))
	}
	return name, values, rest, nil
}

// unescapeParam is RFC 6868's.
var unescapeParam = strings.NewReplacer("^n", "\n", "^'", `"`, "^^", "^")

// start is the beginning of a text, for a message.
func start(text string) string {
	const most = 60
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return text
}
