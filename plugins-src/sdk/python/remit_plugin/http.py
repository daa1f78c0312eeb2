"""Requests to where the skill's grants lead.

The host resolves, dials and adds secrets; redirects come back as answers and are not followed. A request that the
host refuses raises `Denied`, one that got no whole answer `Unavailable`; an answer of any status is an answer, until
`Response.raise_for_status` makes a fault of it.

```python
from remit_plugin import http

issues = http.get("https://api.github.com/repos/o/r/issues", params={"state": "open"}).raise_for_status().json()
```
"""

from __future__ import annotations

import json as _json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from . import host
from .faults import Conflict, Denied, Fault, InvalidInput, NotFound, Unavailable

# How much of an answer is taken unless `max_body` says otherwise.
MAX_BODY = 8 << 20

Params = Mapping[str, Any]


class Headers(Mapping[str, str]):
    """Headers by name, whatever its case. Of several with one name `[]` gives the first, `all` gives each."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = [(name.lower(), value) for name, value in pairs]

    def all(self, name: str) -> list[str]:
        """All values under a name."""
        return [value for it, value in self.pairs if it == name.lower()]

    def __getitem__(self, name: str) -> str:
        values = self.all(name)
        if not values:
            raise KeyError(name)
        return values[0]

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self.pairs))

    def __len__(self) -> int:
        return len(dict(self.pairs))

    def __repr__(self) -> str:
        return f"Headers({self.pairs!r})"


@dataclass
class Request:
    """A request as it is sent.

    Attributes:
        timeout: Seconds to wait for a connection, for the first byte, and between bytes; the host's own limits hold
            all the same.
        max_body: Bytes; a longer answer raises `Unavailable`.
    """

    method: str
    url: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    timeout: float | None = None
    max_body: int = MAX_BODY

    def parts(self) -> tuple[str, str, str]:
        """The URL's scheme, authority, and path with query: taken apart, never repaired."""
        scheme, separator, rest = self.url.partition("://")
        ends = [end for end in (rest.find("/"), rest.find("?")) if end >= 0]
        end = min(ends, default=len(rest))
        if not separator or not rest[:end]:
            raise InvalidInput(f"{self.method} {self.url}: the URL has no scheme or no host")
        return scheme, rest[:end], rest[end:]

    def send(self) -> Response:
        """Sends it and waits for the whole answer, whatever its status."""
        return host.current().send(self)


@dataclass
class Response:
    """An answer, of any status."""

    status: int
    headers: Headers = field(default_factory=lambda: Headers([]))
    body: bytes = b""
    url: str = ""

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text, by the charset that `content-type` names, else UTF-8; what does not fit is replaced."""
        kind = self.headers.get("content-type", "")
        _, _, charset = kind.lower().partition("charset=")
        charset = charset.split(";")[0].strip(" \"'") or "utf-8"
        try:
            return self.body.decode(charset, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; `Unavailable` where it is something else."""
        try:
            return _json.loads(self.body)
        except ValueError as error:
            start = self.text[:200]
            raise Unavailable(
                f"{self.url or 'the service'} answered {self.status} with something that is not JSON ({error}): {start}"
            ) from None

    def raise_for_status(self) -> Response:
        """This answer if its status is 2xx, else the fault that the status stands for."""
        if self.ok:
            return self
        start = " ".join(self.text[:200].split())
        message = f"{self.url or 'the service'} answered {self.status}" + (f": {start}" if start else "")
        raise _fault(self.status)(message)


def _fault(status: int) -> type[Fault]:
    by_status: dict[int, type[Fault]] = {
        400: InvalidInput,
        401: Denied,
        403: Denied,
        404: NotFound,
        407: Denied,
        409: Conflict,
        410: NotFound,
        412: Conflict,
        422: InvalidInput,
        451: Denied,
    }
    return by_status.get(status, Unavailable)


def request(
    method: str,
    url: str,
    *,
    params: Params | None = None,
    headers: Mapping[str, str] | None = None,
    data: bytes | str | Params | None = None,
    json: Any = None,
    timeout: float | None = None,
    max_body: int = MAX_BODY,
) -> Response:
    """Sends a request and waits for the whole answer, whatever its status.

    Args:
        params: Added to the URL as its query; a list of values repeats the name, None leaves it out.
        headers: Names and values.
        data: What to send: bytes or a text as they are, names and values as a form.
        json: What to send as JSON.
        timeout: Seconds; the host's own limits hold all the same.
        max_body: Bytes; a longer answer raises `Unavailable`.

    Raises:
        Denied: The host refuses: no grant, need or policy covers the request.
        InvalidInput: The URL, the method or a header is malformed.
        Unavailable: There is no connection, no whole answer, or not in time.
    """
    sent = list((headers or {}).items())
    named = {name.lower() for name, _ in sent}
    body, kind = _body(data, json)
    if kind and "content-type" not in named:
        sent.append(("content-type", kind))
    if params:
        url += ("&" if "?" in url else "?") + form(params)
    return Request(method.upper(), url, sent, body, timeout, max_body).send()


def _body(data: bytes | str | Params | None, json: Any) -> tuple[bytes, str | None]:
    if json is not None:
        return _json.dumps(json, ensure_ascii=False, allow_nan=False).encode(), "application/json"
    if data is None:
        return b"", None
    if isinstance(data, bytes):
        return data, None
    if isinstance(data, str):
        return data.encode(), "text/plain; charset=utf-8"
    return form(data).encode(), "application/x-www-form-urlencoded"


def form(pairs: Params) -> str:
    """Names and values as `application/x-www-form-urlencoded`, for a query or a form's body; a blank is `%20`."""
    said = {name: value for name, value in pairs.items() if value is not None}
    return urlencode(said, doseq=True, quote_via=quote)


def get(url: str, **options: Any) -> Response:
    """A GET request; see `request`."""
    return request("GET", url, **options)


def head(url: str, **options: Any) -> Response:
    """A HEAD request; see `request`."""
    return request("HEAD", url, **options)


def post(url: str, **options: Any) -> Response:
    """A POST request; see `request`."""
    return request("POST", url, **options)


def put(url: str, **options: Any) -> Response:
    """A PUT request; see `request`."""
    return request("PUT", url, **options)


def patch(url: str, **options: Any) -> Response:
    """A PATCH request; see `request`."""
    return request("PATCH", url, **options)


def delete(url: str, **options: Any) -> Response:
    """A DELETE request; see `request`."""
    return request("DELETE", url, **options)
