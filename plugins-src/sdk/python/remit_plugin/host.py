"""What is around a plugin: the sandbox's host, or, outside of a sandbox, a test's world."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .http import Request, Response


class Host(Protocol):
    """What a plugin can ask for."""

    def log(self, level: str, message: str) -> None:
        """Keeps a line."""

    def config(self, key: str) -> str | None:
        """The value under a key, if the skill configures one."""

    def config_all(self) -> dict[str, str]:
        """All values."""

    def send(self, request: Request) -> Response:
        """Sends a request and waits for the whole answer, or raises a fault."""


_current: Host | None = None


def current() -> Host:
    """The host of this call."""
    global _current
    if _current is None:
        if sys.platform == "wasi":
            from .wasi import Wasi

            _current = Wasi()
        else:
            from .testing import World

            _current = World()
    return _current


def replace(host: Host | None) -> Host | None:
    """Puts another host in place, and gives the one before."""
    global _current
    before, _current = _current, host
    return before
