package nethttp

import (
	"remit"
	types "remit/internal/bindings/imports/wasi_http_types"
	streams "remit/internal/bindings/imports/wasi_io_streams"
	"remit/internal/hostcall"
)

// failure makes an error of what the host says.
func failure(code types.ErrorCode) error {
	switch code.Tag() {
	case types.ErrorCode_HttpRequestDenied:
		return remit.Deniedf("the host refuses it: not within the skill's grants")
	case types.ErrorCode_DestinationIpProhibited:
		return remit.Deniedf("the host refuses its address")
	case types.ErrorCode_HttpRequestMethodInvalid, types.ErrorCode_HttpRequestUriInvalid,
		types.ErrorCode_HttpRequestUriTooLong:
		return remit.InvalidInputf("the method or the URL is malformed")
	case types.ErrorCode_InternalError:
		// Where a host has words, these are they.
		if words := code.InternalError(); words.IsSome() {
			return remit.Unavailablef("%s", words.Some())
		}
	}
	if name, known := names[code.Tag()]; known {
		return remit.Unavailablef("%s", name)
	}
	return remit.Unavailablef("wasi:http error %d", code.Tag())
}

// names are of what a plugin's user meets.
var names = map[uint8]string{
	types.ErrorCode_DnsTimeout:                    "DNS timeout",
	types.ErrorCode_DnsError:                      "DNS error",
	types.ErrorCode_DestinationNotFound:           "destination not found",
	types.ErrorCode_DestinationUnavailable:        "destination unavailable",
	types.ErrorCode_DestinationIpUnroutable:       "destination IP unroutable",
	types.ErrorCode_ConnectionRefused:             "connection refused",
	types.ErrorCode_ConnectionTerminated:          "connection terminated",
	types.ErrorCode_ConnectionTimeout:             "connection timeout",
	types.ErrorCode_ConnectionReadTimeout:         "connection read timeout",
	types.ErrorCode_ConnectionWriteTimeout:        "connection write timeout",
	types.ErrorCode_ConnectionLimitReached:        "connection limit reached",
	types.ErrorCode_TlsProtocolError:              "TLS protocol error",
	types.ErrorCode_TlsCertificateError:           "TLS certificate error",
	types.ErrorCode_TlsAlertReceived:              "TLS alert received",
	types.ErrorCode_HttpRequestBodySize:           "request body too large",
	types.ErrorCode_HttpRequestHeaderSectionSize:  "request headers too large",
	types.ErrorCode_HttpRequestHeaderSize:         "request header too large",
	types.ErrorCode_HttpResponseIncomplete:        "incomplete response",
	types.ErrorCode_HttpResponseHeaderSectionSize: "response headers too large",
	types.ErrorCode_HttpResponseHeaderSize:        "response header too large",
	types.ErrorCode_HttpResponseBodySize:          "response body too large",
	types.ErrorCode_HttpResponseTransferCoding:    "unknown transfer coding of the response",
	types.ErrorCode_HttpResponseContentCoding:     "unknown content coding of the response",
	types.ErrorCode_HttpResponseTimeout:           "response timeout",
	types.ErrorCode_HttpProtocolError:             "HTTP protocol error",
	types.ErrorCode_LoopDetected:                  "loop detected",
	types.ErrorCode_ConfigurationError:            "configuration error",
	types.ErrorCode_InternalError:                 "the host failed",
}

// streamFailure makes an error of why a stream broke off.
func streamFailure(failed streams.StreamError) error {
	hostcall.Begin()
	defer hostcall.End()
	return streamFailureLocked(failed)
}

// streamFailureLocked is for who is between Begin and End already.
func streamFailureLocked(failed streams.StreamError) error {
	if failed.Tag() == streams.StreamError_Closed {
		return remit.Unavailablef("the connection was closed")
	}
	reason := failed.LastOperationFailed()
	defer reason.Drop()
	if code := types.HttpErrorCode(reason); code.IsSome() {
		return failure(code.Some())
	}
	return remit.Unavailablef("%s", reason.ToDebugString())
}

func headerError(reason types.HeaderError) string {
	if reason.Tag() == types.HeaderError_Forbidden {
		return "is the host's own"
	}
	return "is malformed"
}
