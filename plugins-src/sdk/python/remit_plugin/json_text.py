"""JSON as the standard has it: Python's own reader and writer, without what they add."""

from __future__ import annotations

import json
import re
from typing import Any

from .misfit import Misfit

# As serde_json's, and far less than what overflows the stack of a sandbox.
MAX_DEPTH = 128

_SURROGATE = re.compile("[\ud800-\udfff]")

# All that matters to depth, outside of texts.
_SIGN = re.compile(r'["\[\]{}]')


def parse(text: str) -> Any:
    """Reads a JSON text. Unlike `json.loads` it refuses NaN and Infinity, numbers too large for a float, a key that
    is there twice, lone surrogates (which no UTF-8 text can hold), and values nested too deep."""
    _check_depth(text)
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_float, object_pairs_hook=_object)
    except Misfit:
        raise
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Misfit(f"it is not JSON: {_lower(error.msg)} ({where})") from None
    except ValueError as error:
        # An integer of more digits than Python reads.
        raise Misfit(f"it holds a number that is too long: {error}") from None
    # A lone surrogate can only come from an escape.
    if "\\u" in text:
        check_text(value)
    return value


def write(value: Any) -> str:
    """Writes a JSON text."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def has_surrogate(text: str) -> bool:
    """Whether the text holds half of a pair, which UTF-8 has no bytes for."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def check_text(value: Any) -> None:
    """Refuses lone surrogates, in keys too, and says where they are."""
    if isinstance(value, str):
        if has_surrogate(value):
            raise Misfit("it holds a lone surrogate, which is no character")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            with Misfit.at(index):
                check_text(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if has_surrogate(key):
                raise Misfit("it has a key with a lone surrogate, which is no character")
            with Misfit.at(key):
                check_text(item)


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    found = _SIGN.search(text)
    while found:
        at = found.end()
        if found[0] == '"':
            at = _end_of_text(text, at)
        elif found[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Misfit(f"it is nested more than {MAX_DEPTH} deep")
        else:
            depth -= 1
        found = _SIGN.search(text, at)


def _end_of_text(text: str, at: int) -> int:
    """Where a text that begins here ends: behind a quotation mark that is not escaped."""
    while True:
        quote = text.find('"', at)
        if quote < 0:
            return len(text)
        before = quote
        while text[before - 1] == "\\":
            before -= 1
        at = quote + 1
        if (quote - before) % 2 == 0:
            return at


def _no_constant(name: str) -> Any:
    raise Misfit(f"it is not JSON: {name} is no number that JSON has")


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise Misfit(f"the number {digits[:40]} is too large")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Misfit(f"the key {key!r} is there twice")
            seen.add(key)
    return made


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
