"""Lines for the person who runs the skill. The host keeps 64 KiB of them unless the skill says otherwise.

What is printed becomes such lines too. For code that uses `logging`: `logging.getLogger().addHandler(log.handler())`.
"""

from __future__ import annotations

from typing import Any, Literal

from . import host

Level = Literal["debug", "info", "warn", "error"]


def debug(message: str) -> None:
    """A line for the plugin's author."""
    host.current().log("debug", _sayable(message))


def info(message: str) -> None:
    """A line worth knowing."""
    host.current().log("info", _sayable(message))


def warn(message: str) -> None:
    """Something was left out or guessed."""
    host.current().log("warn", _sayable(message))


def error(message: str) -> None:
    """Something went wrong."""
    host.current().log("error", _sayable(message))


def handler() -> Any:
    """A `logging.Handler` that hands records on to the host."""
    import logging

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say = (
                error
                if record.levelno >= logging.ERROR
                else warn
                if record.levelno >= logging.WARNING
                else info
                if record.levelno >= logging.INFO
                else debug
            )
            say(self.format(record))

    return Handler()


def _sayable(message: Any) -> str:
    """As text that UTF-8 has bytes for."""
    return str(message).encode("utf-8", "backslashreplace").decode("utf-8")
