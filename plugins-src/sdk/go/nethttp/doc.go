// Package nethttp makes net/http work in the sandbox: import it for that effect alone.
//
//	import _ "remit/nethttp"
//
// [net/http.DefaultTransport] then sends over wasi:http, and with it [net/http.Get] and every [net/http.Client]
// without a transport of its own. The host judges each request by the skill's grants, resolves, dials and adds
// secrets. What it refuses is an error of kind [remit.Denied], to be found with [errors.As]; a service that does not
// answer is one of kind [remit.Unavailable].
//
// A redirect is followed by the client, as ever, and judged like any other request. Deadlines of a request's context
// and [net/http.Client.Timeout] hold; the host has limits of its own. Requests of several goroutines go at the same
// time. Close each response's body: a call has few connections.
//
// A native build leaves net/http as it is, so that a plugin's tests can use net/http/httptest.
package nethttp
