// Package caldav asks a CalDAV server: RFC 4791, as far as a calendar's reader and writer of events needs it.
package caldav

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"remit"
)

// mostBytes is how large an answer may be: a call has little memory.
const mostBytes = 8 << 20

// Client asks below one URL: a calendar, or a collection of calendars.
type Client struct {
	base *url.URL
	http *http.Client
}

// New makes a client for a URL that the skill configures.
func New(base string) (*Client, error) {
	parsed, err := url.Parse(strings.TrimSpace(base))
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, remit.InvalidInputf("the configuration base-url %q is no http URL", base)
	}
	if parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return nil, remit.InvalidInputf("the configuration base-url must be without user, query and fragment: a password is a secret grant")
	}
	if !strings.HasSuffix(parsed.Path, "/") {
		// A collection's own form; without it, a server would send on.
		parsed.Path += "/"
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Client{base: parsed, http: client}, nil
}

// Collection is one calendar.
type Collection struct {
	// Path is where it is on its server, and by which it is known.
	Path              string
	Name, Description string
	url               *url.URL
}

const propfind = `<?xml version="1.0" encoding="utf-8"?>
<D:propfind xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop>
<D:resourcetype/><D:displayname/><C:calendar-description/><C:supported-calendar-component-set/>
</D:prop></D:propfind>`

// Calendars finds the calendars at the client's URL and just below it.
func (c *Client) Calendars(warn func(string)) ([]Collection, error) {
	responses, err := c.multistatus("PROPFIND", c.base, "1", propfind)
	if err != nil {
		return nil, err
	}
	var found []Collection
	for _, r := range responses {
		prop := r.prop()
		if prop.ResourceType.Calendar == nil || !prop.Components.haveEvents() {
			continue
		}
		at, err := c.resolve(r.Href)
		if err != nil {
			warn(fmt.Sprintf("left out a calendar: %v", err))
			continue
		}
		name := strings.TrimSpace(prop.DisplayName)
		if name == "" {
			name = path.Base(at.Path)
		}
		found = append(found, Collection{
			Path: at.Path, Name: name, Description: strings.TrimSpace(prop.Description), url: at,
		})
	}
	if len(found) == 0 {
		warn(fmt.Sprintf("there is no calendar at %s nor just below it", c.base))
	}
	slices.SortFunc(found, func(a, b Collection) int { return strings.Compare(a.Path, b.Path) })
	return found, nil
}

// resolve makes a URL of what the server calls a resource. One of another server is none that was asked about.
func (c *Client) resolve(href string) (*url.URL, error) {
	parsed, err := url.Parse(strings.TrimSpace(href))
	if err != nil {
		return nil, fmt.Errorf("its address %q is no URL", href)
	}
	resolved := c.base.ResolveReference(parsed)
	if resolved.Scheme != c.base.Scheme || resolved.Host != c.base.Host {
		return nil, fmt.Errorf("its address %q is of another server", href)
	}
	return resolved, nil
}

const query = `<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
<D:prop><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">
<C:time-range start="%s" end="%s"/>
</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`

// Query gives the files of those events of a calendar that are, at least in part, in a span of time. The recurring
// ones are whole: expanding them is not left to the server.
func (c *Client) Query(calendar Collection, from, to time.Time) ([][]byte, error) {
	const layout = "20060102T150405Z"
	// To the second, and a day's event is in the time zone of whoever looks, which the server does not know.
	const margin = 15 * time.Hour
	body := fmt.Sprintf(query, from.Add(-margin).UTC().Format(layout), to.Add(margin).UTC().Format(layout))
	responses, err := c.multistatus("REPORT", calendar.url, "1", body)
	if err != nil {
		return nil, err
	}
	var files [][]byte
	for _, r := range responses {
		if data := r.prop().Data; len(data) > 0 {
			files = append(files, data)
		}
	}
	return files, nil
}

// Create puts a new file into a calendar, and says at which path. It replaces none.
func (c *Client) Create(calendar Collection, name string, file []byte) (string, error) {
	folder := *calendar.url
	if !strings.HasSuffix(folder.Path, "/") {
		folder.Path += "/"
	}
	at := folder.ResolveReference(&url.URL{Path: "./" + name})
	header := http.Header{"Content-Type": {"text/calendar; charset=utf-8"}, "If-None-Match": {"*"}}
	response, err := c.send(http.MethodPut, at, header, file)
	if err != nil {
		return "", err
	}
	response.Body.Close()
	return at.Path, nil
}

// multistatus sends a request whose answer is about several resources.
func (c *Client) multistatus(method string, at *url.URL, depth, body string) ([]response, error) {
	header := http.Header{"Content-Type": {"application/xml; charset=utf-8"}, "Depth": {depth}}
	response, err := c.send(method, at, header, []byte(body))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusMultiStatus {
		return nil, remit.Unavailablef("%s %s: the server answered %d where a CalDAV server answers 207: set base-url to where the calendars are", method, at, response.StatusCode)
	}
	answer := &io.LimitedReader{R: response.Body, N: mostBytes}
	responses, err := parse(answer)
	var fault *remit.Fault
	switch {
	case err == nil:
		return responses, nil
	case answer.N <= 0:
		return nil, remit.Unavailablef("%s %s: the answer is larger than %d MiB: ask about less time", method, at, mostBytes>>20)
	case errors.As(err, &fault):
		// It broke off.
		return nil, fmt.Errorf("%s %s: %w", method, at, err)
	default:
		return nil, remit.Unavailablef("%s %s: the answer is not what CalDAV promises: %w", method, at, err)
	}
}

// send sends a request; an answer that says no is an error.
func (c *Client) send(method string, at *url.URL, header http.Header, body []byte) (*http.Response, error) {
	request, err := http.NewRequest(method, at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, remit.InvalidInputf("%w", err)
	}
	request.Header = header
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	if err := refusal(method, at, response); err != nil {
		response.Body.Close()
		return nil, err
	}
	return response, nil
}

// refusal makes an error of an answer that says no.
func refusal(method string, at *url.URL, response *http.Response) error {
	what := fmt.Sprintf("%s %s: the server answered %d", method, at, response.StatusCode)
	switch status := response.StatusCode; {
	case status < 300:
		return nil
	case status < 400:
		return remit.Unavailablef("%s and sends on to %s: set base-url to where the calendars are", what, response.Header.Get("Location"))
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return remit.Deniedf("%s: it wants other credentials", what)
	case status == http.StatusNotFound, status == http.StatusGone:
		return remit.NotFoundf("%s: nothing is there", what)
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return remit.Conflictf("%s: there is one already, or its collection is gone", what)
	case status == http.StatusTooManyRequests, status >= 500:
		return remit.Unavailablef("%s: it cannot answer now", what)
	default:
		return errors.New(what)
	}
}
