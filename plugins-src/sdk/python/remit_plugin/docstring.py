"""What a docstring says: its first paragraph, and the entries under `Args:` or `Attributes:`."""

from __future__ import annotations

import dataclasses
import inspect
import re
from dataclasses import dataclass, field
from typing import Any

_SECTION = re.compile(r"(Args|Arguments|Parameters|Attributes|Fields)\s*:\s*$")
_ENTRY = re.compile(r"(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)")


@dataclass(frozen=True)
class Words:
    """What a docstring says, as plain text on one line each."""

    summary: str = ""
    entries: dict[str, str] = field(default_factory=dict)


def parse(text: str | None) -> Words:
    """Takes a docstring apart."""
    lines = inspect.cleandoc(text or "").splitlines()
    summary: list[str] = []
    for line in lines:
        if not line.strip() or _SECTION.fullmatch(line.strip()):
            break
        summary.append(line.strip())
    return Words(" ".join(summary), _entries(lines))


def of_class(kind: type[Any]) -> Words:
    """What a class says, but not the signature that `dataclass` writes where its author wrote nothing."""
    text = kind.__dict__.get("__doc__")
    if dataclasses.is_dataclass(kind) and text and text.startswith(f"{kind.__name__}("):
        return Words()
    return parse(text)


def _entries(lines: list[str]) -> dict[str, str]:
    entries: dict[str, str] = {}
    inside, indent, name = False, None, None
    for line in lines:
        text = line.strip()
        if _SECTION.fullmatch(text):
            inside, indent, name = True, None, None
            continue
        if not inside or not text:
            continue
        depth = len(line) - len(line.lstrip())
        if depth == 0:
            inside = False
            continue
        indent = depth if indent is None else indent
        found = _ENTRY.fullmatch(text) if depth == indent else None
        if found:
            name = found[1]
            entries[name] = found[2]
        elif name:
            entries[name] = f"{entries[name]} {text}".strip()
    return entries
