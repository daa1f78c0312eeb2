"""Requests over wasi:http. Imported in the sandbox only."""

from __future__ import annotations

import contextlib
import re
from typing import Any, NoReturn

from componentize_py_types import Err, Ok  # type: ignore[import-not-found]
from wit_world.imports import (  # type: ignore[import-not-found]
    wasi_http_outgoing_handler_0_2_12 as handler,
)
from wit_world.imports import wasi_http_types_0_2_12 as wit
from wit_world.imports import wasi_io_streams_0_2_12 as streams

from .faults import Denied, Fault, InvalidInput, Unavailable
from .http import Headers, Request, Response

# What one blocking write takes, by the standard.
_WRITE = 4096
_READ = 256 << 10

_METHODS = {
    "GET": wit.Method_Get,
    "HEAD": wit.Method_Head,
    "POST": wit.Method_Post,
    "PUT": wit.Method_Put,
    "DELETE": wit.Method_Delete,
    "CONNECT": wit.Method_Connect,
    "OPTIONS": wit.Method_Options,
    "TRACE": wit.Method_Trace,
    "PATCH": wit.Method_Patch,
}


def send(request: Request) -> Response:
    """Sends it and waits for the whole answer."""
    outgoing = _outgoing(request)
    try:
        body = outgoing.body()
        future = handler.handle(outgoing, _options(request.timeout))
    except Err as error:
        _fail(request, error.value)
    # Where sending breaks off, the answer says why: it is asked for in any case.
    broken = _send_body(request, body)
    with future.subscribe() as ready:
        ready.block()
    answer = future.get()
    if not (isinstance(answer, Ok) and isinstance(answer.value, Ok)):
        _fail(request, answer.value.value if isinstance(answer, Ok) else None)
    if broken:
        raise broken
    response = answer.value.value
    headers = Headers([(name, bytes(value).decode("utf-8", "replace")) for name, value in response.headers().entries()])
    return Response(response.status(), headers, _read(request, response), request.url)


def _outgoing(request: Request) -> Any:
    scheme, authority, path = request.parts()
    headers = wit.Fields()
    for name, value in request.headers:
        try:
            headers.append(name, value.encode("utf-8", "surrogateescape"))
        except Err as error:
            raise InvalidInput(f"{_named(request)}: the header `{name}`: {_words(error.value)}") from None
    outgoing = wit.OutgoingRequest(headers)
    method = _METHODS.get(request.method)
    schemes = {"http": wit.Scheme_Http, "https": wit.Scheme_Https}
    try:
        outgoing.set_method(method() if method else wit.Method_Other(request.method))
        outgoing.set_scheme(schemes[scheme]() if scheme in schemes else wit.Scheme_Other(scheme))
        outgoing.set_authority(authority)
        outgoing.set_path_with_query(path)
    except Err:
        raise InvalidInput(f"{_named(request)}: the method or the URL is malformed") from None
    return outgoing


def _options(timeout: float | None) -> Any:
    options = wit.RequestOptions()
    if timeout is not None:
        nanoseconds = max(1, min(int(timeout * 1e9), 2**63))
        for set_timeout in (
            options.set_connect_timeout,
            options.set_first_byte_timeout,
            options.set_between_bytes_timeout,
        ):
            # A host that cannot keep it has its own.
            with contextlib.suppress(Err):
                set_timeout(nanoseconds)
    return options


def _send_body(request: Request, body: Any) -> Fault | None:
    try:
        if request.body:
            with body.write() as stream:
                for start in range(0, len(request.body), _WRITE):
                    stream.blocking_write_and_flush(request.body[start : start + _WRITE])
        wit.OutgoingBody.finish(body, None)
    except Err as error:
        return _fault(request, error.value)
    return None


def _read(request: Request, response: Any) -> bytes:
    taken = bytearray()
    try:
        with response.consume() as incoming, incoming.stream() as stream:
            while True:
                try:
                    taken += stream.blocking_read(_READ)
                except Err as error:
                    if isinstance(error.value, streams.StreamError_Closed):
                        return bytes(taken)
                    raise
                if len(taken) > request.max_body:
                    raise Unavailable(f"{_named(request)}: the answer is larger than {request.max_body} bytes")
    except Err as error:
        _fail(request, error.value)


def _named(request: Request) -> str:
    return f"{request.method} {request.url}"


def _fail(request: Request, code: Any) -> NoReturn:
    raise _fault(request, code) from None


def _fault(request: Request, code: Any) -> Fault:
    if isinstance(code, streams.StreamError_LastOperationFailed):
        with code.value as error:
            code = wit.http_error_code(error) or wit.ErrorCode_InternalError(error.to_debug_string())
    if isinstance(code, wit.ErrorCode_HttpRequestDenied):
        return Denied(f"{_named(request)}: the host refuses it: not within the skill's grants")
    if isinstance(code, wit.ErrorCode_DestinationIpProhibited):
        return Denied(f"{_named(request)}: the host refuses its address")
    if isinstance(code, (wit.ErrorCode_HttpRequestUriInvalid, wit.ErrorCode_HttpRequestMethodInvalid)):
        return InvalidInput(f"{_named(request)}: the method or the URL is malformed")
    # Where a host has words, these are they.
    if isinstance(code, wit.ErrorCode_InternalError) and code.value:
        return Unavailable(f"{_named(request)}: {code.value}")
    return Unavailable(f"{_named(request)}: {_words(code) if code is not None else 'no answer'}")


def _words(code: Any) -> str:
    """`ErrorCode_ConnectionRefused` as `connection refused`."""
    name = type(code).__name__.rpartition("_")[2]
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()
