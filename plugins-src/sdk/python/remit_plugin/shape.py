"""A shape is a type as JSON: its schema, and the way from JSON to Python and back.

Shapes are made once, when an operation is declared, and never look at type hints again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .field import Field, broken, keywords
from .misfit import Misfit, expected, shown

Schema = dict[str, Any]


class Shape:
    """A type as JSON. This one is any JSON at all, as `Any` and `object` are."""

    # What a message calls it.
    title = "any value"
    # Which kinds of JSON value it is, of those that a `Field` can say something about.
    kinds: frozenset[str] = frozenset()

    def schema(self) -> Schema:
        """Its JSON Schema, without what a `Field` adds."""
        return {}

    def decode(self, value: Any) -> Any:
        """From what `json_text.parse` gives to Python's type; a `Misfit` where it is another."""
        return value

    def encode(self, value: Any) -> Any:
        """From Python's type to what JSON can hold; a `Misfit` where it is another."""
        if isinstance(value, float) and not math.isfinite(value):
            raise Misfit(f"{value} is no number that JSON has")
        if value is None or isinstance(value, (str, bool, int, float)):
            return value
        if isinstance(value, (list, tuple)):
            items = []
            for index, item in enumerate(value):
                with Misfit.at(index):
                    items.append(self.encode(item))
            return items
        if isinstance(value, dict):
            pairs = {}
            for key, item in value.items():
                if not isinstance(key, str):
                    raise Misfit(f"expected a text as key, got {shown(key)}")
                with Misfit.at(key):
                    pairs[key] = self.encode(item)
            return pairs
        raise Misfit(f"expected what JSON has, got {shown(value)}")


class Scalar(Shape):
    """A type that is one type of JSON."""

    def __init__(self, title: str, json_type: str, fits: Callable[[Any], bool]) -> None:
        self.title = title
        self.json_type = json_type
        self.fits = fits

    def schema(self) -> Schema:
        return {"type": self.json_type}

    def decode(self, value: Any) -> Any:
        if not self.fits(value):
            raise expected(self.title, value)
        return value

    def encode(self, value: Any) -> Any:
        return self.decode(value)


class Text(Shape):
    """`str`."""

    title = "a text"
    kinds = frozenset({"text"})

    def schema(self) -> Schema:
        return {"type": "string"}

    def decode(self, value: Any) -> str:
        if not isinstance(value, str):
            raise expected(self.title, value)
        return value

    def encode(self, value: Any) -> str:
        # A subclass of str, as a StrEnum's member, is written as what it is.
        return str(self.decode(value))


class Integer(Shape):
    """`int`. As JSON Schema has it, 5.0 is one too."""

    title = "a whole number"
    kinds = frozenset({"number"})

    def schema(self) -> Schema:
        return {"type": "integer"}

    def decode(self, value: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return self.encode(value)

    def encode(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise expected(self.title, value)
        return value


class Number(Shape):
    """`float`."""

    title = "a number"
    kinds = frozenset({"number"})

    def schema(self) -> Schema:
        return {"type": "number"}

    def decode(self, value: Any) -> float:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise expected(self.title, value)
        try:
            number = float(value)
        except OverflowError:
            raise Misfit("the number is too large") from None
        if not math.isfinite(number):
            raise Misfit(f"{number} is no number that JSON has")
        return number

    def encode(self, value: Any) -> float:
        return self.decode(value)


class Parsed(Shape):
    """A text that stands for something else: a time, a date, bytes."""

    def __init__(self, title: str, schema: Schema, read: Callable[[str], Any], write: Callable[[Any], str]) -> None:
        self.title = title
        self.said = schema
        self.read = read
        self.write = write

    def schema(self) -> Schema:
        return dict(self.said)

    def decode(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise expected(self.title, value)
        try:
            return self.read(value)
        except ValueError:
            raise expected(self.title, value) from None

    def encode(self, value: Any) -> str:
        try:
            return self.write(value)
        except (AttributeError, TypeError, ValueError) as error:
            raise Misfit(f"expected {self.title}, got {value!r:.60}: {error}") from None


class Choice(Shape):
    """One of some values: a `Literal`, or the members of an `Enum`, which stand in JSON by their values."""

    def __init__(self, values: list[tuple[Any, Any]]) -> None:
        # Keyed by type too, since True == 1 == 1.0.
        self.by_json = {(type(json), json): python for json, python in values}
        self.by_python = {(type(python), python): json for json, python in values}
        self.values = [json for json, _ in values]

    def schema(self) -> Schema:
        types = {_json_type(value) for value in self.values}
        schema: Schema = {"type": types.pop()} if len(types) == 1 else {}
        return schema | ({"const": self.values[0]} if len(self.values) == 1 else {"enum": list(self.values)})

    @property
    def title(self) -> str:  # type: ignore[override]
        listed = ", ".join(shown(value) for value in self.values[:12])
        more = ", …" if len(self.values) > 12 else ""
        return f"one of {listed}{more}" if len(self.values) > 1 else listed

    def decode(self, value: Any) -> Any:
        return self._found(self.by_json, value)

    def encode(self, value: Any) -> Any:
        return self._found(self.by_python, value)

    def _found(self, among: dict[tuple[type, Any], Any], value: Any) -> Any:
        # A float that is whole stands for the int, as everywhere in JSON.
        if isinstance(value, float) and value.is_integer() and (int, int(value)) in among:
            value = int(value)
        try:
            return among[(type(value), value)]
        except (KeyError, TypeError):
            raise expected(self.title, value) from None


def _json_type(value: Any) -> str:
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
        if isinstance(value, kind):
            return name
    raise TypeError(f"{value!r} is no value that JSON has")


class Bounded(Shape):
    """Another shape with what a `Field` says about it."""

    def __init__(self, inner: Shape, field: Field) -> None:
        self.inner = inner
        self.field = field
        self.title = inner.title
        self.kinds = inner.kinds
        self.said = keywords(field, inner.kinds)
        if field.examples is not None:
            self.said["examples"] = [inner.encode(example) for example in field.examples]

    def schema(self) -> Schema:
        return self.inner.schema() | self.said

    def decode(self, value: Any) -> Any:
        decoded = self.inner.decode(value)
        rule = broken(self.field, decoded)
        if rule:
            raise expected(rule, value, close=True)
        return decoded

    def encode(self, value: Any) -> Any:
        encoded = self.inner.encode(value)
        rule = broken(self.field, value)
        if rule:
            raise expected(rule, encoded, close=True)
        return encoded
