package nethttp

import (
	"context"
	"io"
	"net/http"
	"sync"

	"remit"
	types "remit/internal/bindings/imports/wasi_http_types"
	poll "remit/internal/bindings/imports/wasi_io_poll"
	streams "remit/internal/bindings/imports/wasi_io_streams"
	"remit/internal/hostcall"
)

// body is a response's body.
type body struct {
	context  context.Context
	incoming *types.IncomingResponse
	content  *types.IncomingBody
	stream   *streams.InputStream
	pollable *poll.Pollable
	err      error
}

// open holds every body that was not closed. The garbage collector would drop the handles of a forgotten one in no
// order, and a host ends a call that drops a parent before its child.
var (
	openMutex sync.Mutex
	open      = map[*body]struct{}{}
)

func newBody(context context.Context, incoming *types.IncomingResponse) (io.ReadCloser, error) {
	consumed := incoming.Consume()
	if consumed.IsErr() {
		incoming.Drop()
		return nil, remit.Unavailablef("the response's body cannot be read")
	}
	content := consumed.Ok()
	stream := content.Stream()
	if stream.IsErr() {
		content.Drop()
		incoming.Drop()
		return nil, remit.Unavailablef("the response's body cannot be read")
	}
	b := &body{context: context, incoming: incoming, content: content, stream: stream.Ok()}
	b.pollable = b.stream.Subscribe()
	openMutex.Lock()
	open[b] = struct{}{}
	openMutex.Unlock()
	return b, nil
}

func (b *body) Read(into []byte) (int, error) {
	for b.err == nil {
		if len(into) == 0 {
			return 0, nil
		}
		n, err := b.readSome(into)
		if n > 0 {
			return n, nil
		}
		if err == nil {
			err = wait(b.context, b.pollable)
		}
		if err != nil {
			b.end(err)
		}
	}
	return 0, b.err
}

// readSome reads what there is, which may be nothing.
func (b *body) readSome(into []byte) (int, error) {
	hostcall.Begin()
	defer hostcall.End()
	read := b.stream.Read(uint64(len(into)))
	if !read.IsErr() {
		return copy(into, read.Ok()), nil
	}
	if failed := read.Err(); failed.Tag() != streams.StreamError_Closed {
		return 0, streamFailureLocked(failed)
	}
	return 0, io.EOF
}

func (b *body) Close() error {
	b.end(http.ErrBodyReadAfterClose)
	return nil
}

// end drops the handles, children first, and keeps why nothing more can be read.
func (b *body) end(why error) {
	if b.err == nil || why == http.ErrBodyReadAfterClose {
		b.err = why
	}
	b.pollable.Drop()
	b.stream.Drop()
	b.content.Drop()
	b.incoming.Drop()
	openMutex.Lock()
	delete(open, b)
	openMutex.Unlock()
}
