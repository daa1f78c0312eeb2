"""A world for a plugin's unit tests: configuration and http answers, in place of the sandbox.

```python
from remit_plugin.http import Response
from remit_plugin.testing import World

with World(config={"base-url": "https://example.org"}, http=lambda request: Response(200, body=b"{}")) as world:
    plugin.invoke("status", "{}")
assert world.requests[0].url == "https://example.org/status"
```

Files need no world: a plugin opens them by path, and a test gives it paths of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from . import host
from .faults import Denied

if TYPE_CHECKING:
    from .http import Request, Response


class World:
    """What a plugin finds around it. Nothing is there that was not put in: every request is denied without `http`.

    Attributes:
        lines: The lines that were logged: level and text.
        requests: The requests that were sent.
    """

    def __init__(
        self, *, config: Mapping[str, str] | None = None, http: Callable[[Request], Response] | None = None
    ) -> None:
        self._config = dict(config or {})
        self._answer = http
        self._before: list[host.Host | None] = []
        self.lines: list[tuple[str, str]] = []
        self.requests: list[Request] = []

    def __enter__(self) -> World:
        self._before.append(host.replace(self))
        return self

    def __exit__(self, *_: object) -> None:
        host.replace(self._before.pop())

    def log(self, level: str, message: str) -> None:
        """What a plugin calls; the lines are in `lines`."""
        self.lines.append((level, message))

    def config(self, key: str) -> str | None:
        """What a plugin calls."""
        return self._config.get(key)

    def config_all(self) -> dict[str, str]:
        """What a plugin calls."""
        return dict(self._config)

    def send(self, request: Request) -> Response:
        """What a plugin calls; the requests are in `requests`."""
        # Malformed ones never leave a plugin.
        request.parts()
        self.requests.append(request)
        if self._answer is None:
            raise Denied(f"{request.method} {request.url}: the test's world answers no requests")
        answer = self._answer(request)
        answer.url = answer.url or request.url
        return answer
