package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"remit"
)

// call calls an operation as the host does. `go test` needs no WebAssembly.
func call(t *testing.T, operation, input string) string {
	t.Helper()
	output, err := plugin.Invoke(operation, input)
	if err != nil {
		t.Fatal(err)
	}
	return output
}

func TestWordsAreCountedWhateverTheirCaseAndAlphabet(t *testing.T) {
	got := call(t, "word_count", `{"text": "Größe zählt, größe nicht.\nΑ α", "top": 2}`)
	want := `{"words":6,"characters":29,"lines":2,"most_frequent":[{"word":"größe","count":2},{"word":"α","count":2}]}`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAPageHasTheTitleThatStandsInIt(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<html><TITLE>\n Example  page </TITLE>")
	}))
	defer server.Close()
	got := call(t, "fetch_title", `{"url": "`+server.URL+`"}`)
	if want := `{"status":200,"title":"Example page"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAnInputOfAnotherShapeIsRefused(t *testing.T) {
	for _, input := range []string{`{"txt": "a"}`, `{"text": "a", "top": 51}`, `{"text": "\ud800"}`} {
		if _, err := plugin.Invoke("word_count", input); remit.KindOf(err) != remit.InvalidInput {
			t.Errorf("%s: %v", input, err)
		}
	}
}

func TestAPageWithoutATitleHasNone(t *testing.T) {
	for _, html := range []string{"", "<html>", "<title", "<title>x", "</title>", strings.Repeat("<", 100)} {
		if title := titleOf(html); title != nil {
			t.Errorf("%q: %q", html, *title)
		}
	}
}
