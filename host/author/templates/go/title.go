package main

import (
	"io"
	"net/http"
	"strings"

	// Makes net/http work in the sandbox, as far as a skill grants requests.
	_ "remit/nethttp"
)

type fetchTitleInput struct {
	URL string `json:"url" doc:"The page, for example https://example.org/"`
}

type page struct {
	Status int     `json:"status" doc:"The HTTP status of the answer"`
	Title  *string `json:"title" doc:"What stands in the page's <title>; null if it has none"`
}

// mostOfPage is how much of a page is read: a title stands at its beginning.
const mostOfPage = 1 << 20

func fetchTitle(in fetchTitleInput) (page, error) {
	response, err := http.Get(in.URL)
	if err != nil {
		// Where no grant covers the request, this is the host's refusal: a fault of the kind denied.
		return page{}, err
	}
	defer response.Body.Close()
	html, err := io.ReadAll(io.LimitReader(response.Body, mostOfPage))
	if err != nil {
		return page{}, err
	}
	return page{Status: response.StatusCode, Title: titleOf(string(html))}, nil
}

// titleOf is the text between <title> and </title>, its blanks put together; nil if there is none.
func titleOf(html string) *string {
	_, rest, found := cutTag(html, "<title")
	if !found {
		return nil
	}
	_, rest, found = strings.Cut(rest, ">")
	if !found {
		return nil
	}
	text, _, found := cutTag(rest, "</title")
	if !found {
		return nil
	}
	title := strings.Join(strings.Fields(text), " ")
	return &title
}

// cutTag is strings.Cut for a tag, which may be in capitals.
func cutTag(html, tag string) (before, after string, found bool) {
	for i := range len(html) - len(tag) + 1 {
		if html[i] == '<' && strings.EqualFold(html[i:i+len(tag)], tag) {
			return html[:i], html[i+len(tag):], true
		}
	}
	return html, "", false
}
