"""What is wrong with a value, and exactly where."""

from __future__ import annotations

import json
from typing import Any


class Misfit(Exception):
    """A value that is not of its type. Its place is put together while the error rises through what holds it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.steps: list[str | int] = []
        # Whether the value is of the type, and only breaks a rule about it.
        self.close = False

    @staticmethod
    def at(step: str | int) -> _At:
        """A block in which what goes wrong goes wrong at this key or index."""
        return _At(step)

    def place(self) -> str:
        """Where: `items[2].name`; nothing for the whole value."""
        text = ""
        for step in reversed(self.steps):
            if isinstance(step, int):
                text += f"[{step}]"
            elif step.isidentifier() and step.isascii():
                text += f".{step}" if text else step
            else:
                text += f"[{shown(step)}]"
        return text

    def __str__(self) -> str:
        place = self.place()
        return f"`{place}`: {self.what}" if place else self.what


class _At:
    __slots__ = ("step",)

    def __init__(self, step: str | int) -> None:
        self.step = step

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, Misfit):
            error.steps.append(self.step)


def shown(value: Any, limit: int = 60) -> str:
    """A value as JSON, cut to a length that a message can hold; what UTF-8 cannot say is escaped."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    except (ValueError, RecursionError):
        text = repr(value)
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def expected(what: str, value: Any, close: bool = False) -> Misfit:
    """The misfit that a value of another type is, or (`close`) one that breaks a rule about its type."""
    misfit = Misfit(f"expected {what}, got {shown(value)}")
    misfit.close = close
    return misfit
