package remit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func pluginOf(operations ...Operation) Plugin {
	return Plugin{Name: "test", Version: "0.1.0", Summary: "Tests", Operations: operations}
}

func echo[T any](in T) (T, error) { return in, nil }

func TestAnInputThatDoesNotFitIsRefusedWithItsPlace(t *testing.T) {
	plugin := pluginOf(Read("echo", "Does something", echo[everything]))
	for input, want := range map[string]string{
		``:                         "not JSON",
		`{"text":"a"`:              "not JSON",
		`{"text":"a"} 1`:           "not JSON",
		`[]`:                       "the input: it must be an object, and is an array",
		`null`:                     "the input: it must be an object, and is null",
		`{}`:                       `the input: the field "text" is missing`,
		`{"text":null}`:            "/text: it must be a string, and is null",
		`{"text":"a","Text":"b"}`:  `there is no field "Text"`,
		`{"text":"a","text":"b"}`:  "duplicate",
		`{"text":"a","x/y":1}`:     `there is no field "x/y"`,
		`{"text":"\ud800"}`:        "surrogate",
		`{"text":"a\ude00"}`:       "surrogate",
		"{\"text\":\"\xff\"}":      "UTF-8",
		`{"text":"a","top":51}`:    "/top: it is 51, more than 50",
		`{"text":"a","top":0}`:     "/top: it is 0, less than 1",
		`{"text":"a","top":1.5}`:   "/top: it must be an integer, and is a number with a fraction",
		`{"text":"a","top":"5"}`:   "/top: it must be an integer, and is a string",
		`{"text":"a","size":256}`:  "/size",
		`{"text":"a","size":-1}`:   "/size: it is -1, less than 0",
		`{"text":"a","day":"1.5"}`: `/day: "1.5" is no date`,
		`{"text":"a","at":"2026"}`: `/at: "2026" is no date-time`,
		`{"text":"a","people":[]}`: "/people: its length is 0, less than 1",
		`{"text":"a","people":[{"name":"b","role":"x"}]}`: `/people/0/role: it must be one of "guest", "host"`,
		`{"text":"a","people":[{"name":""}]}`:             "/people/0/name: its length in characters is 0",
		`{"text":"a","tags":{"a/~":1}}`:                   "/tags/a~1~0: it must be a string",
		`{"text":"a","bytes":"?"}`:                        "/bytes",
	} {
		_, err := plugin.Invoke("echo", input)
		if KindOf(err) != InvalidInput || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v: %v does not say %q", input, KindOf(err), err, want)
		}
	}
}

func TestAnInputThatFitsIsTaken(t *testing.T) {
	plugin := pluginOf(Read("echo", "Does something", echo[everything]))
	for input, want := range map[string]string{
		`{"text":""}`:                              `{"text":"","top":5,"yes":true,"maybe":null}`,
		`{"text":"a","top":1,"yes":false}`:         `{"text":"a","top":1,"yes":false,"maybe":null}`,
		`{"text":"😀\ud83d\ude00é","maybe":"x"}`:    `{"text":"😀😀é","top":5,"yes":true,"maybe":"x"}`,
		`{"text":"a","tags":{"b":"2","a":"1"}}`:    `{"text":"a","top":5,"yes":true,"tags":{"a":"1","b":"2"},"maybe":null}`,
		`{"text":"a","any":[1,{"b":null}]}`:        `{"text":"a","top":5,"yes":true,"maybe":null,"any":[1,{"b":null}]}`,
		`{"text":"a","nick":"n","bytes":"aGk="}`:   `{"text":"a","top":5,"yes":true,"bytes":"aGk=","maybe":null,"nick":"n"}`,
		`{"text":"a","at":"2026-01-02T03:04:05Z"}`: `{"text":"a","top":5,"yes":true,"at":"2026-01-02T03:04:05Z","maybe":null}`,
	} {
		got, err := plugin.Invoke("echo", input)
		if err != nil || got != want {
			t.Errorf("%s: got %s %v, want %s", input, got, err, want)
		}
	}
}

func TestWhatIsNotUTF8IsMended(t *testing.T) {
	plugin := pluginOf(Read("bad", "Does something", func(person) (string, error) { return "a\xffb", nil }))
	got, err := plugin.Invoke("bad", `{"name":"x"}`)
	if err != nil || got != "\"a\uFFFDb\"" {
		t.Error(got, err)
	}
}

func TestAnUnknownOperationIsNotFound(t *testing.T) {
	_, err := pluginOf().Invoke("nothing", `{}`)
	if KindOf(err) != NotFound || err.Error() != `test has no operation "nothing"` {
		t.Error(err)
	}
}

func TestAPanicIsInternal(t *testing.T) {
	plugin := pluginOf(Read("fall", "Does something", func(person) (string, error) {
		var none []string
		return none[3], nil
	}))
	got, err := plugin.Invoke("fall", `{"name":"x"}`)
	if got != "" || KindOf(err) != Internal || !strings.Contains(err.Error(), "index out of range [3]") {
		t.Error(got, err)
	}
}

func TestAnErrorsKindOutlivesItsWrapping(t *testing.T) {
	cause := errors.New("no route")
	err := fmt.Errorf("asking for the weather: %w", Unavailablef("station 7: %w", cause))
	if KindOf(err) != Unavailable || err.Error() != "asking for the weather: station 7: no route" {
		t.Error(KindOf(err), err)
	}
	var fault *Fault
	if !errors.As(err, &fault) || fault.Kind != Unavailable || !errors.Is(err, cause) {
		t.Error(fault)
	}
}

func TestTheStandardLibrarysErrorsHaveKinds(t *testing.T) {
	folder := t.TempDir()
	_, missing := os.Open(filepath.Join(folder, "missing"))
	_, isFolder := os.ReadFile(folder)
	exists := os.Mkdir(folder, 0o777)
	for err, want := range map[error]Kind{
		missing:                     NotFound,
		isFolder:                    InvalidInput,
		exists:                      Conflict,
		fs.ErrPermission:            Denied,
		context.DeadlineExceeded:    Unavailable,
		errors.New("anything else"): Internal,
	} {
		if got := KindOf(err); got != want {
			t.Errorf("%v: %v, want %v", err, got, want)
		}
	}
}

func TestTwoOperationsOfOneNameAreAMistake(t *testing.T) {
	one := Read("same", "Does something", echo[person])
	if err := pluginOf(one, one).check(); err == nil || !strings.Contains(err.Error(), "two operations") {
		t.Error(err)
	}
}

func TestWhatIsNotSaidIsAMistake(t *testing.T) {
	plugin := pluginOf(Read("x", "Does something", echo[person]))
	if err := plugin.check(); err != nil {
		t.Error(err)
	}
	for want, spoil := range map[string]func(*Plugin){
		"Summary is empty":       func(p *Plugin) { p.Summary = "" },
		"has no grant or no":     func(p *Plugin) { p.Needs = []Need{{Grant: "config x=*"}} },
		"has no name or no summ": func(p *Plugin) { p.Operations = []Operation{Read("x", "", echo[person])} },
	} {
		spoiled := plugin
		spoil(&spoiled)
		if err := spoiled.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestEffectsAreWhatTheyAreCalled(t *testing.T) {
	read, write, destroy := Read("r", "Does something", echo[person]), Write("w", "Does something", echo[person]), Destructive("d", "Does something", echo[person])
	if read.Effect() != EffectRead || !read.idempotent || write.Effect() != EffectWrite || write.idempotent ||
		destroy.Effect() != EffectDestructive || !write.Idempotent().idempotent {
		t.Error("an effect is another")
	}
}
