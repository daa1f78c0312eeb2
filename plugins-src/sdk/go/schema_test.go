package remit

import (
	"encoding/json/jsontext"
	"strings"
	"testing"
	"time"
)

type person struct {
	Name string `json:"name" doc:"Who it is" minLength:"1"`
	Role string `json:"role,omitempty" enum:"guest,host"`
}

type everything struct {
	Text    string            `json:"text" doc:"A \"quoted\" text"`
	Top     int               `json:"top" minimum:"1" maximum:"50" default:"5"`
	Ratio   float64           `json:"ratio,omitzero" maximum:"0.5"`
	Size    uint8             `json:"size,omitzero"`
	Yes     bool              `json:"yes" default:"true"`
	Day     string            `json:"day,omitempty" format:"date" example:"2026-03-29"`
	At      time.Time         `json:"at,omitzero"`
	Bytes   []byte            `json:"bytes,omitempty"`
	People  []person          `json:"people,omitempty" minItems:"1" maxItems:"2"`
	Tags    map[string]string `json:"tags,omitempty"`
	Maybe   *string           `json:"maybe"`
	Any     any               `json:"any,omitempty"`
	Raw     jsontext.Value    `json:"raw,omitempty"`
	Hidden  int               `json:"-"`
	private int
	person2
}

type person2 struct {
	Nick string `json:"nick,omitempty"`
}

func inputSchema[T any](t *testing.T) string {
	t.Helper()
	text, err := Read("x", "Does something", func(T) (person, error) { return person{}, nil }).InputSchema()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestASchemaSaysWhatTheTagsSay(t *testing.T) {
	want := strings.Join(strings.Fields(`{"type":"object","properties":{
		"text":{"type":"string","description":"A_\"quoted\"_text"},
		"top":{"type":"integer","minimum":1,"maximum":50,"default":5},
		"ratio":{"type":"number","maximum":0.5},
		"size":{"type":"integer","minimum":0},
		"yes":{"type":"boolean","default":true},
		"day":{"type":"string","format":"date","examples":["2026-03-29"]},
		"at":{"type":"string","format":"date-time"},
		"bytes":{"type":"string","contentEncoding":"base64"},
		"people":{"type":"array","minItems":1,"maxItems":2,"items":{"type":"object","properties":{
			"name":{"type":"string","description":"Who_it_is","minLength":1},
			"role":{"type":"string","enum":["guest","host"]}},
			"required":["name"],"additionalProperties":false}},
		"tags":{"type":"object","additionalProperties":{"type":"string"}},
		"maybe":{"type":["string","null"]},
		"any":{},
		"raw":{},
		"nick":{"type":"string"}},
		"required":["text"],"additionalProperties":false}`), "")
	want = strings.ReplaceAll(want, "_", " ")
	if got := inputSchema[everything](t); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAnOutputsFieldsAreThereUnlessTheyAreOmitted(t *testing.T) {
	text, err := Read("x", "Does something", func(person) (everything, error) { return everything{}, nil }).OutputSchema()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(text, `"required":["text","top","yes","maybe"]}`) {
		t.Error(text)
	}
}

type tree struct {
	Name string `json:"name"`
	Kids []tree `json:"kids,omitempty"`
	Up   *tree  `json:"up,omitempty"`
}

func TestATypeMayHoldItself(t *testing.T) {
	type in struct {
		Root tree `json:"root"`
	}
	text := inputSchema[in](t)
	for _, part := range []string{
		`"kids":{"type":"array","items":{"$ref":"#/$defs/tree"}}`,
		`"up":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]}`,
		`"$defs":{"tree":{"type":"object"`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s in %s", part, text)
		}
	}
	if text := inputSchema[tree](t); strings.Count(text, `"$defs"`) != 1 {
		t.Error(text)
	}
	plugin := pluginOf(Read("x", "Does something", func(i in) (string, error) { return i.Root.Kids[0].Kids[0].Name, nil }))
	got, err := plugin.Invoke("x", `{"root":{"name":"a","kids":[{"name":"b","kids":[{"name":"c"}]}]}}`)
	if err != nil || got != `"c"` {
		t.Error(got, err)
	}
	_, err = plugin.Invoke("x", `{"root":{"name":"a","kids":[{"name":"b","up":{"name":1}}]}}`)
	if KindOf(err) != InvalidInput || err.Error() != "/root/kids/0/up/name: it must be a string, and is a number" {
		t.Error(err)
	}
}

type level struct{ of string }

func (level) JSONSchema() string                 { return `{ "enum": ["low", "high"] }` }
func (l level) MarshalText() ([]byte, error)     { return []byte(l.of), nil }
func (l *level) UnmarshalText(text []byte) error { l.of = string(text); return nil }

func TestATypeMaySayItsOwnSchema(t *testing.T) {
	type in struct {
		Level level  `json:"level" doc:"How much"`
		Maybe *level `json:"maybe"`
	}
	want := `"level":{"description":"How much","anyOf":[{"enum":["low","high"]}]},` +
		`"maybe":{"anyOf":[{"enum":["low","high"]},{"type":"null"}]}`
	if got := inputSchema[in](t); !strings.Contains(got, want) {
		t.Error(got)
	}
}

func TestAnOpenStructTakesOtherFields(t *testing.T) {
	type in struct {
		Name string         `json:"name"`
		Rest map[string]int `json:",embed"`
	}
	plugin := pluginOf(Read("x", "Does something", func(i in) (map[string]int, error) { return i.Rest, nil }))
	got, err := plugin.Invoke("x", `{"name":"a","b":2,"a":1}`)
	if err != nil || got != `{"a":1,"b":2}` {
		t.Error(got, err)
	}
	if _, err := plugin.Invoke("x", `{"name":"a","b":"2"}`); KindOf(err) != InvalidInput {
		t.Error(err)
	}
}

func TestWhatHasNoSchemaIsSaid(t *testing.T) {
	type (
		channel    struct{ C chan int }
		misspelled struct {
			N int `json:"n" min:"1"`
		}
		misplaced struct {
			N int `json:"n" maxLength:"1"`
		}
		unheld struct {
			S string `json:"s" format:"email"`
		}
		listed struct {
			N int `json:"n" default:"1"`
		}
		inList struct {
			L []listed `json:"l"`
		}
		misfit struct {
			N int `json:"n" minimum:"1" default:"0"`
		}
		noExample struct {
			S string `json:"s" format:"date" example:"today"`
		}
		twice struct {
			A int `json:"B"`
			B int
		}
		quoted struct {
			A int `json:"a,string"`
		}
		own struct{ M marshaled }
	)
	for want, operation := range map[string]Operation{
		"chan int has no JSON Schema":          Read("x", "Does something", func(channel) (int, error) { return 0, nil }),
		`the tag "min" is none that is held`:   Read("x", "Does something", func(misspelled) (int, error) { return 0, nil }),
		"maxLength says nothing of this type":  Read("x", "Does something", func(misplaced) (int, error) { return 0, nil }),
		`format:"email" is none that is held`:  Read("x", "Does something", func(unheld) (int, error) { return 0, nil }),
		"a default cannot be inside of a list": Read("x", "Does something", func(inList) (int, error) { return 0, nil }),
		`default:"0" does not fit`:             Read("x", "Does something", func(misfit) (int, error) { return 0, nil }),
		`example:"today" does not fit`:         Read("x", "Does something", func(noExample) (int, error) { return 0, nil }),
		`two fields with the JSON name "B"`:    Read("x", "Does something", func(twice) (int, error) { return 0, nil }),
		`json option "string" has no JSON`:     Read("x", "Does something", func(quoted) (int, error) { return 0, nil }),
		"give it a method JSONSchema() string": Read("x", "Does something", func(own) (int, error) { return 0, nil }),
		"string is no struct":                  Read("x", "Does something", func(string) (int, error) { return 0, nil }),
		"func() has no JSON Schema":            Read("x", "Does something", func(person) (func(), error) { return nil, nil }),
	} {
		err := pluginOf(operation).check()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

type marshaled struct{}

func (marshaled) MarshalJSON() ([]byte, error) { return []byte("1"), nil }
