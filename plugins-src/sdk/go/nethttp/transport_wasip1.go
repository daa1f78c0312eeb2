package nethttp

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"remit"
	handler "remit/internal/bindings/imports/wasi_http_outgoing_handler"
	types "remit/internal/bindings/imports/wasi_http_types"
	"remit/internal/hostcall"
	wit "remit/internal/wit/types"
)

func init() {
	http.DefaultTransport = transport{}
}

// transport is a [http.RoundTripper] over wasi:http.
type transport struct{}

func (transport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := roundTrip(request)
	if request.Body != nil {
		// A RoundTripper must, whatever happens.
		if closing := request.Body.Close(); closing != nil && err == nil {
			response.Body.Close()
			return nil, closing
		}
	}
	return response, err
}

func roundTrip(request *http.Request) (*http.Response, error) {
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	outgoing, err := outgoingRequest(request)
	if err != nil {
		return nil, err
	}
	asked := outgoing.Body()
	if asked.IsErr() {
		outgoing.Drop()
		return nil, remit.Internalf("the host takes no body")
	}
	body := asked.Ok()

	hostcall.Begin()
	handled := handler.Handle(outgoing, wit.Some(options(request)))
	hostcall.End()
	if handled.IsErr() {
		body.Drop()
		return nil, failure(handled.Err())
	}
	future := handled.Ok()
	defer future.Drop()

	// Where sending breaks off, the answer says why: it is asked for in any case.
	sent := sendBody(body, request.Body)
	var hostRefuses *remit.Fault
	if sent != nil && !errors.As(sent, &hostRefuses) {
		// The request's own reader failed: nothing that the server says about half a body is of use.
		return nil, sent
	}
	incoming, err := answer(request, future)
	if err != nil {
		return nil, err
	}
	// A server may answer before it has read all, for example with 401, and take no more: that is its answer then.
	return response(request, incoming)
}

// outgoingRequest says to the host what to send, as it is: the host judges that and does not repair it.
func outgoingRequest(request *http.Request) (*types.OutgoingRequest, error) {
	url := request.URL
	if url == nil || url.Host == "" {
		return nil, remit.InvalidInputf("the request's URL has no host")
	}
	if request.Host != "" && request.Host != url.Host {
		return nil, remit.InvalidInputf("the request's Host %q is not its URL's: the host decides it", request.Host)
	}
	var scheme types.Scheme
	switch url.Scheme {
	case "http":
		scheme = types.MakeSchemeHttp()
	case "https":
		scheme = types.MakeSchemeHttps()
	default:
		return nil, remit.InvalidInputf("unsupported protocol scheme %q", url.Scheme)
	}
	headers := types.MakeFields()
	for name, values := range request.Header {
		if http.CanonicalHeaderKey(name) == "Content-Length" {
			// As net/http has it, the request's own field says it.
			continue
		}
		for _, value := range values {
			if appended := headers.Append(name, []byte(value)); appended.IsErr() {
				headers.Drop()
				return nil, remit.InvalidInputf("the header %q %s", name, headerError(appended.Err()))
			}
		}
	}
	if length, known := contentLength(request); known {
		// Many servers want to know it, and do not read a body that comes in chunks.
		headers.Append("content-length", strconv.AppendInt(nil, length, 10))
	}
	outgoing := types.MakeOutgoingRequest(headers)
	if outgoing.SetMethod(method(request.Method)).IsErr() ||
		outgoing.SetScheme(wit.Some(scheme)).IsErr() ||
		outgoing.SetAuthority(wit.Some(url.Host)).IsErr() ||
		outgoing.SetPathWithQuery(wit.Some(url.RequestURI())).IsErr() {
		outgoing.Drop()
		return nil, remit.InvalidInputf("%s %s: the method or the URL is malformed", request.Method, url.Redacted())
	}
	return outgoing, nil
}

// contentLength is how long the body is, if there is one, or if a server would miss it.
func contentLength(request *http.Request) (length int64, known bool) {
	if request.Body == nil || request.Body == http.NoBody {
		switch request.Method {
		case http.MethodPost, http.MethodPut, http.MethodPatch:
			return 0, true
		}
		return 0, false
	}
	return request.ContentLength, request.ContentLength > 0
}

func method(name string) types.Method {
	switch name {
	case "", http.MethodGet:
		return types.MakeMethodGet()
	case http.MethodHead:
		return types.MakeMethodHead()
	case http.MethodPost:
		return types.MakeMethodPost()
	case http.MethodPut:
		return types.MakeMethodPut()
	case http.MethodDelete:
		return types.MakeMethodDelete()
	case http.MethodPatch:
		return types.MakeMethodPatch()
	case http.MethodOptions:
		return types.MakeMethodOptions()
	default:
		return types.MakeMethodOther(name)
	}
}

// options tells the host of the request's deadline.
func options(request *http.Request) *types.RequestOptions {
	options := types.MakeRequestOptions()
	if deadline, has := request.Context().Deadline(); has {
		left := wit.Some(uint64(max(time.Until(deadline), time.Millisecond)))
		// A host that cannot keep them has its own; the deadline is watched here too.
		options.SetConnectTimeout(left)
		options.SetFirstByteTimeout(left)
		options.SetBetweenBytesTimeout(left)
	}
	return options
}

// sendBody sends all of a body. An error of the reader's is given as it is, one of the host's as a fault.
func sendBody(body *types.OutgoingBody, from io.Reader) error {
	if from != nil {
		if err := copyBody(body, from); err != nil {
			body.Drop()
			return err
		}
	}
	hostcall.Begin()
	defer hostcall.End()
	if finished := types.OutgoingBodyFinish(body, wit.None[*types.Fields]()); finished.IsErr() {
		return failure(finished.Err())
	}
	return nil
}

func copyBody(body *types.OutgoingBody, from io.Reader) error {
	asked := body.Write()
	if asked.IsErr() {
		return remit.Internalf("the host takes no body")
	}
	stream := asked.Ok()
	defer stream.Drop()
	// What one blocking write takes, by the standard.
	chunk := make([]byte, 4096)
	for {
		n, err := from.Read(chunk)
		if n > 0 {
			if written := stream.BlockingWriteAndFlush(chunk[:n]); written.IsErr() {
				return streamFailure(written.Err())
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the request's body: %w", err)
		}
	}
}

// answer waits for the answer's head.
func answer(request *http.Request, future *types.FutureIncomingResponse) (*types.IncomingResponse, error) {
	pollable := future.Subscribe()
	defer pollable.Drop()
	if err := wait(request.Context(), pollable); err != nil {
		return nil, err
	}
	hostcall.Begin()
	got := future.Get()
	hostcall.End()
	if got.IsNone() || got.Some().IsErr() {
		return nil, remit.Unavailablef("the host gives no answer")
	}
	result := got.Some().Ok()
	if result.IsErr() {
		return nil, failure(result.Err())
	}
	return result.Ok(), nil
}

func response(request *http.Request, incoming *types.IncomingResponse) (*http.Response, error) {
	header := http.Header{}
	fields := incoming.Headers()
	hostcall.Begin()
	for _, entry := range fields.Entries() {
		header.Add(entry.F0, string(entry.F1))
	}
	hostcall.End()
	fields.Drop()

	status := int(incoming.Status())
	body, err := newBody(request.Context(), incoming)
	if err != nil {
		return nil, err
	}
	length, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
	if err != nil || length < 0 {
		length = -1
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", status, http.StatusText(status)),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          body,
		ContentLength: length,
		Request:       request,
	}, nil
}
