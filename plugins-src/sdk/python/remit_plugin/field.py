"""What a type hint alone cannot say about a value: `Annotated[int, Field(ge=1, le=50)]`."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Field:
    """Constraints on a value and words about it, for use within `typing.Annotated`.

    A plain string in `Annotated` is a description; so are the entries under `Args:` and `Attributes:` in a docstring.
    Objects of other libraries with the same attributes (as in `annotated-types`) do too.

    Attributes:
        description: What the value is, in a sentence.
        name: What it is called in JSON, where that is no Python name: `from`, `content-type`.
        ge: Numbers: at least this.
        gt: Numbers: more than this.
        le: Numbers: at most this.
        lt: Numbers: less than this.
        multiple_of: Numbers: a multiple of this.
        min_length: Texts: at least so many characters. Lists, sets and dicts: at least so many items.
        max_length: Texts: at most so many characters. Lists, sets and dicts: at most so many items.
        pattern: Texts: a regular expression that is found in them; anchor it with `^` and `$`.
        format: Texts: a format of JSON Schema, for example `uri`. It is said, not checked.
        examples: Values to show.
    """

    description: str | None = None
    name: str | None = None
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    format: str | None = None
    examples: tuple[Any, ...] | None = None

    @staticmethod
    def merged(hints: tuple[Any, ...]) -> Field | None:
        """What all the extras of an `Annotated` say together, later ones over earlier ones."""
        said: dict[str, Any] = {}
        for hint in hints:
            if isinstance(hint, str):
                said["description"] = hint
                continue
            for field in fields(Field):
                value = getattr(hint, field.name, None)
                # A method of that name on a stranger's object says nothing.
                if value is not None and not callable(value):
                    said[field.name] = value
        return Field(**said) if said else None


# Which constraint is which keyword of JSON Schema, for each kind of JSON value that it can be said of.
KEYWORDS = {
    "number": {
        "ge": "minimum",
        "gt": "exclusiveMinimum",
        "le": "maximum",
        "lt": "exclusiveMaximum",
        "multiple_of": "multipleOf",
    },
    "text": {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern", "format": "format"},
    "list": {"min_length": "minItems", "max_length": "maxItems"},
    "object": {"min_length": "minProperties", "max_length": "maxProperties"},
}


def keywords(field: Field, kinds: frozenset[str]) -> dict[str, Any]:
    """What the field adds to the schema of a value of these kinds; a `TypeError` where it says nothing about them."""
    said: dict[str, Any] = {}
    for name in sorted({name for names in KEYWORDS.values() for name in names}):
        value = getattr(field, name)
        if value is None:
            continue
        found = [KEYWORDS[kind][name] for kind in sorted(kinds) if name in KEYWORDS[kind]]
        if not found:
            raise TypeError(f"Field({name}=…) says nothing about {' or '.join(sorted(kinds)) or 'this type'}")
        said |= dict.fromkeys(found, value)
    return said


def broken(field: Field, value: Any) -> str | None:
    """Which rule of the field the value breaks. As in JSON Schema, a rule binds only the kind of value it is about."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _broken_number(field, value)
    if isinstance(value, str):
        if field.pattern is not None and re.search(field.pattern, value) is None:
            return f"a text that matches {field.pattern}"
        return _broken_length(field, len(value), "characters")
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        return _broken_length(field, len(value), "items")
    return None


def _broken_number(field: Field, value: float) -> str | None:
    if field.ge is not None and value < field.ge:
        return f"at least {field.ge}"
    if field.gt is not None and value <= field.gt:
        return f"more than {field.gt}"
    if field.le is not None and value > field.le:
        return f"at most {field.le}"
    if field.lt is not None and value >= field.lt:
        return f"less than {field.lt}"
    if field.multiple_of is not None and not _is_multiple(value, field.multiple_of):
        return f"a multiple of {field.multiple_of}"
    return None


def _is_multiple(value: float, of: float) -> bool:
    if isinstance(value, int) and isinstance(of, int):
        return value % of == 0
    quotient = value / of
    return abs(quotient - round(quotient)) <= 1e-9 * max(1.0, abs(quotient))


def _broken_length(field: Field, length: int, of: str) -> str | None:
    if field.min_length is not None and length < field.min_length:
        return f"at least {field.min_length} {of}"
    if field.max_length is not None and length > field.max_length:
        return f"at most {field.max_length} {of}"
    return None
