package caldav

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"remit"
)

// server answers with these, by method and path, and keeps what it was asked.
func server(t *testing.T, answers map[string]string) (*Client, func() string) {
	t.Helper()
	var asked strings.Builder
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(&asked, "%s %s depth=%s if-none-match=%s type=%s\n%s\n",
			r.Method, r.URL.Path, r.Header.Get("Depth"), r.Header.Get("If-None-Match"), r.Header.Get("Content-Type"), body)
		answer, known := answers[r.Method+" "+r.URL.Path]
		status := http.StatusNotFound
		if known {
			status = http.StatusMultiStatus
			if _, err := fmt.Sscanf(answer, "%d", &status); err == nil {
				answer = ""
			}
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	client, err := New(s.URL + "/dav")
	if err != nil {
		t.Fatal(err)
	}
	return client, asked.String
}

const ok = `<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:X="x">`

// collections are as several servers write them: with a prefix and without, with what was not found beside it.
const collections = ok +
	`<D:response><D:href>/dav/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
<D:response><D:href>/dav/work%20and%20play/</D:href>
 <D:propstat><D:prop><C:calendar-description/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>
 <D:propstat><D:prop><D:displayname>Work &amp; Play</D:displayname><D:resourcetype><D:collection/><C:calendar/></D:resourcetype>
 <C:supported-calendar-component-set><C:comp name="VEVENT"/><C:comp name="VTODO"/></C:supported-calendar-component-set></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
<response xmlns="DAV:"><href>HOME</href><propstat><prop><resourcetype><collection/><calendar xmlns="urn:ietf:params:xml:ns:caldav"/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response>
<D:response><D:href>/dav/tasks/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/><C:calendar/></D:resourcetype>
 <C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
<D:response><D:href>https://evil.example/dav/x/</D:href><D:propstat><D:prop><D:resourcetype><C:calendar/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
<D:response><D:href>/dav/book/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/><X:calendar/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
</D:multistatus>`

func TestCalendarsAreFoundAmongCollections(t *testing.T) {
	answers := map[string]string{}
	client, asked := server(t, answers)
	answers["PROPFIND /dav/"] = strings.ReplaceAll(collections, "HOME", client.base.String()+"home/")
	var warnings []string
	found, err := client.Calendars(func(line string) { warnings = append(warnings, line) })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range found {
		got = append(got, c.Path+"="+c.Name)
	}
	if strings.Join(got, " | ") != "/dav/home/=home | /dav/work and play/=Work & Play" {
		t.Error(got)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "another server") {
		t.Error(warnings)
	}
	if !strings.HasPrefix(asked(), "PROPFIND /dav/ depth=1 ") {
		t.Error(asked())
	}
}

func TestAQueryAsksForTheSpanAndGivesFiles(t *testing.T) {
	client, asked := server(t, map[string]string{"REPORT /dav/home/": ok +
		`<D:response><D:href>/dav/home/1.ics</D:href><D:propstat><D:prop><C:calendar-data>BEGIN:VCALENDAR&#13;
END:VCALENDAR&#13;
</C:calendar-data></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
<D:response><D:href>/dav/home/2.ics</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response></D:multistatus>`})
	at, err := client.resolve("/dav/home/")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)
	files, err := client.Query(Collection{Path: "/dav/home/", url: at}, from, from.AddDate(0, 0, 1))
	if err != nil || len(files) != 1 || string(files[0]) != "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" {
		t.Errorf("%q %v", files, err)
	}
	if !strings.Contains(asked(), `<C:time-range start="20260327T090000Z" end="20260329T150000Z"/>`) {
		t.Error(asked())
	}
}

func TestAnEventIsPutAndReplacesNone(t *testing.T) {
	client, asked := server(t, map[string]string{"PUT /dav/home/a.ics": "201", "PUT /dav/home/b.ics": "412", "PUT /dav/home/c.ics": "200"})
	at, _ := client.resolve("home")
	calendar := Collection{Path: "/dav/home", url: at}
	place, err := client.Create(calendar, "a.ics", []byte("BEGIN"))
	if err != nil || place != "/dav/home/a.ics" {
		t.Error(place, err)
	}
	if asked() != "PUT /dav/home/a.ics depth= if-none-match=* type=text/calendar; charset=utf-8\nBEGIN\n" {
		t.Error(asked())
	}
	if _, err := client.Create(calendar, "b.ics", nil); remit.KindOf(err) != remit.Conflict {
		t.Error(err)
	}
	if _, err := client.Create(calendar, "c.ics", nil); err != nil {
		t.Error(err)
	}
}

func TestAServersNoIsAFault(t *testing.T) {
	for answer, want := range map[string]struct {
		kind remit.Kind
		says string
	}{
		"401":                      {remit.Denied, "other credentials"},
		"403":                      {remit.Denied, "answered 403"},
		"404":                      {remit.NotFound, "answered 404"},
		"405":                      {remit.Internal, "answered 405"},
		"409":                      {remit.Conflict, "answered 409"},
		"301":                      {remit.Unavailable, "sends on to /elsewhere"},
		"307":                      {remit.Unavailable, "sends on to /elsewhere"},
		"429":                      {remit.Unavailable, "cannot answer now"},
		"503":                      {remit.Unavailable, "cannot answer now"},
		"200":                      {remit.Unavailable, "answers 207"},
		"<html>":                   {remit.Unavailable, "not what CalDAV promises"},
		"":                         {remit.Unavailable, "not what CalDAV promises"},
		ok:                         {remit.Unavailable, "not what CalDAV promises"},
		`<multistatus xmlns="x"/>`: {remit.Unavailable, "not what CalDAV promises"},
		`<!DOCTYPE m [<!ENTITY a "aaaa">]><D:multistatus xmlns:D="DAV:"><D:response><D:href>&a;</D:href></D:response></D:multistatus>`: {
			remit.Unavailable, "invalid character entity"},
	} {
		client, _ := server(t, map[string]string{"PROPFIND /dav/": answer})
		_, err := client.Calendars(func(string) {})
		if err == nil || remit.KindOf(err) != want.kind || !strings.Contains(err.Error(), want.says) {
			t.Errorf("%s: %v: %v", answer, remit.KindOf(err), err)
		}
	}
}

func TestOnlyAnHttpURLIsABase(t *testing.T) {
	for _, base := range []string{"", "dav", "ftp://example.org/", "http:///x", "http://user:pass@example.org/", "http://example.org/?x", "http://example.org/#x", "http://[::1"} {
		if _, err := New(base); remit.KindOf(err) != remit.InvalidInput {
			t.Errorf("%q: %v", base, err)
		}
	}
}

func TestNoCalendarIsSaid(t *testing.T) {
	client, _ := server(t, map[string]string{"PROPFIND /dav/": ok + "</D:multistatus>"})
	said := ""
	found, err := client.Calendars(func(line string) { said += line })
	if err != nil || len(found) != 0 || !strings.Contains(said, "no calendar at") {
		t.Error(found, err, said)
	}
}
