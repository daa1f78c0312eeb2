"""Shapes that hold others: lists, tuples, dicts, dataclasses, unions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .json_text import has_surrogate
from .misfit import Misfit, expected, shown
from .shape import Schema, Shape


class Items(Shape):
    """`list[T]`, `set[T]`, `tuple[T, ...]`: any number of one shape."""

    title = "a list"
    kinds = frozenset({"list"})

    def __init__(self, item: Shape, make: Callable[[Iterable[Any]], Any], unique: bool = False) -> None:
        self.item = item
        self.make = make
        self.unique = unique

    def schema(self) -> Schema:
        schema: Schema = {"type": "array"}
        item = self.item.schema()
        if item:
            schema["items"] = item
        if self.unique:
            schema["uniqueItems"] = True
        return schema

    def decode(self, value: Any) -> Any:
        if not isinstance(value, list):
            raise expected(self.title, value)
        items = []
        for index, item in enumerate(value):
            with Misfit.at(index):
                items.append(self.item.decode(item))
        made = self.make(items)
        if self.unique and len(made) != len(items):
            raise Misfit("an item is there twice")
        return made

    def encode(self, value: Any) -> list[Any]:
        if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
            raise expected(self.title, value)
        items = []
        for index, item in enumerate(value):
            with Misfit.at(index):
                items.append(self.item.encode(item))
        # A set has no order of its own, and an answer must not depend on a process's hashes.
        return sorted(items, key=shown) if isinstance(value, (set, frozenset)) else items


class Fixed(Shape):
    """`tuple[A, B]`: a list with a shape for each place."""

    def __init__(self, items: list[Shape]) -> None:
        self.items = items
        self.title = f"a list of {len(items)}"

    def schema(self) -> Schema:
        return {
            "type": "array",
            "prefixItems": [item.schema() for item in self.items],
            "minItems": len(self.items),
            "maxItems": len(self.items),
        }

    def decode(self, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) != len(self.items):
            raise expected(self.title, value)
        decoded = []
        for index, (shape, item) in enumerate(zip(self.items, value, strict=True)):
            with Misfit.at(index):
                decoded.append(shape.decode(item))
        return tuple(decoded)

    def encode(self, value: Any) -> list[Any]:
        if not isinstance(value, (tuple, list)) or len(value) != len(self.items):
            raise expected(self.title, value)
        encoded = []
        for index, (shape, item) in enumerate(zip(self.items, value, strict=True)):
            with Misfit.at(index):
                encoded.append(shape.encode(item))
        return encoded


class Named(Shape):
    """`dict[str, T]`: any keys, one shape."""

    title = "an object"
    kinds = frozenset({"object"})

    def __init__(self, item: Shape) -> None:
        self.item = item

    def schema(self) -> Schema:
        item = self.item.schema()
        return {"type": "object"} | ({"additionalProperties": item} if item else {})

    def decode(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise expected(self.title, value)
        decoded = {}
        for key, item in value.items():
            with Misfit.at(key):
                decoded[key] = self.item.decode(item)
        return decoded

    def encode(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise expected(self.title, value)
        encoded = {}
        for key, item in value.items():
            if not isinstance(key, str) or has_surrogate(key):
                raise Misfit(f"expected a text as key, got {shown(key)}")
            with Misfit.at(key):
                encoded[key] = self.item.encode(item)
        return encoded


@dataclass
class Property:
    """One property of a `Record`."""

    # Python's name and JSON's.
    attribute: str
    name: str
    shape: Shape
    description: str | None
    required: bool
    # As JSON, for the schema; `...` where it has none that can be shown.
    default: Any = ...

    def schema(self) -> Schema:
        schema = self.shape.schema()
        if self.description:
            schema["description"] = self.description
        if self.default is not ...:
            schema["default"] = self.default
        return schema


class Record(Shape):
    """A dataclass, or the parameters of an operation: an object with these properties and no others."""

    title = "an object"

    def __init__(self, make: Callable[..., Any], kind: type | None, description: str | None) -> None:
        self.make = make
        self.kind = kind
        self.description = description
        # Filled by who makes it, since a property may hold the record itself.
        self.properties: list[Property] = []
        self.by_name: dict[str, Property] = {}
        # Its name under `$defs`, if it holds itself.
        self.definition: str | None = None

    def fill(self, properties: list[Property]) -> None:
        self.properties = properties
        self.by_name = {it.name: it for it in properties}
        if len(self.by_name) != len(properties):
            raise TypeError("two of its fields have one name in JSON")

    def schema(self) -> Schema:
        return {"$ref": f"#/$defs/{self.definition}"} if self.definition else self.whole_schema()

    def whole_schema(self) -> Schema:
        schema: Schema = {"type": "object"}
        if self.description:
            schema["description"] = self.description
        schema["properties"] = {it.name: it.schema() for it in self.properties}
        required = [it.name for it in self.properties if it.required]
        if required:
            schema["required"] = required
        schema["additionalProperties"] = False
        return schema

    def decode(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise expected(self.title, value)
        given = {}
        for name, item in value.items():
            property = self.by_name.get(name)
            if property is None:
                known = ", ".join(f"`{it}`" for it in self.by_name)
                raise Misfit(f"there is no {shown(name)}" + (f"; there is {known}" if known else ""))
            with Misfit.at(name):
                given[property.attribute] = property.shape.decode(item)
        for property in self.properties:
            if property.required and property.attribute not in given:
                raise Misfit(f"`{property.name}` is missing")
        if self.kind is None:
            return given
        try:
            return self.make(**given)
        # What `__post_init__` finds wrong.
        except ValueError as error:
            raise Misfit(str(error)) from error

    def encode(self, value: Any) -> dict[str, Any]:
        if self.kind is None or not isinstance(value, self.kind):
            raise expected(self.kind.__name__ if self.kind else self.title, value)
        encoded = {}
        for property in self.properties:
            with Misfit.at(property.name):
                encoded[property.name] = property.shape.encode(getattr(value, property.attribute))
        return encoded


class Union(Shape):
    """`A | B`: the first that fits."""

    def __init__(self, options: list[Shape]) -> None:
        self.options = options
        self.title = " or ".join(option.title for option in options)
        self.kinds = frozenset().union(*(option.kinds for option in options))

    def schema(self) -> Schema:
        schemas = [option.schema() for option in self.options]
        types = [schema.get("type") for schema in schemas]
        # `"type": ["integer", "null"]` is plainer, and means the same where only one of them says more.
        more = [schema for schema in schemas if len(schema) > 1]
        speaks_of_all = any(key in schema for schema in more for key in ("enum", "const", "description"))
        if all(isinstance(it, str) for it in types) and len(more) <= 1 and not speaks_of_all:
            merged: Schema = {"type": types}
            for schema in more:
                merged |= {key: value for key, value in schema.items() if key != "type"}
            return merged
        return {"anyOf": schemas}

    def decode(self, value: Any) -> Any:
        return self._first(value, lambda option: option.decode(value))

    def encode(self, value: Any) -> Any:
        return self._first(value, lambda option: option.encode(value))

    def _first(self, value: Any, attempt: Callable[[Shape], Any]) -> Any:
        best: tuple[tuple[int, bool], Misfit] | None = None
        for option in self.options:
            try:
                return attempt(option)
            except Misfit as misfit:
                # The one that fits furthest in is the one that was meant.
                nearness = (len(misfit.steps), misfit.close)
                if nearness > (0, False) and (best is None or nearness > best[0]):
                    best = (nearness, misfit)
        raise best[1] if best else expected(self.title, value)
