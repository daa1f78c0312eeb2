"""From type hints to shapes."""

from __future__ import annotations

import base64
import collections.abc
import dataclasses
import datetime
import enum
import re
import types
import typing
from typing import Any

from . import docstring
from .containers import Fixed, Items, Named, Property, Record, Union
from .field import Field
from .misfit import Misfit
from .shape import Bounded, Choice, Integer, Number, Parsed, Scalar, Shape, Text

_LISTS = (list, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_SETS = (set, frozenset, collections.abc.Set)
_DICTS = (dict, collections.abc.Mapping)

# RFC 3339, which says less than `fromisoformat` takes.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _read_time(text: str) -> datetime.datetime:
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    return datetime.datetime.fromisoformat(text.upper())


def _write_time(time: datetime.datetime) -> str:
    if time.tzinfo is None:
        raise ValueError("it has no time zone")
    return time.isoformat().replace("+00:00", "Z")


def _read_date(text: str) -> datetime.date:
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return datetime.date.fromisoformat(text)


def _write_date(date: datetime.date) -> str:
    if isinstance(date, datetime.datetime):
        raise ValueError("it is a time, not a date")
    return date.isoformat()


_SCALARS: dict[Any, Shape] = {
    str: Text(),
    int: Integer(),
    float: Number(),
    bool: Scalar("true or false", "boolean", lambda value: isinstance(value, bool)),
    None: Scalar("null", "null", lambda value: value is None),
    types.NoneType: Scalar("null", "null", lambda value: value is None),
    Any: Shape(),
    object: Shape(),
    datetime.datetime: Parsed(
        "a time such as 2026-11-16T09:00:00Z", {"type": "string", "format": "date-time"}, _read_time, _write_time
    ),
    datetime.date: Parsed("a date such as 2026-11-16", {"type": "string", "format": "date"}, _read_date, _write_date),
    bytes: Parsed(
        "base64",
        {"type": "string", "contentEncoding": "base64"},
        lambda text: base64.b64decode(text, validate=True),
        lambda value: base64.b64encode(value).decode(),
    ),
    list: Items(Shape(), list),
    dict: Named(Shape()),
}


class Hints:
    """Makes shapes of type hints: those of one operation's input together, or of its output."""

    def __init__(self, output: bool = False) -> None:
        # What an operation returns has all its properties; what it takes may leave out those with a default.
        self.output = output
        self.records: dict[type, Record] = {}
        # The dataclasses that are being looked at, to find one that holds itself.
        self.open: list[type] = []

    def shape(self, hint: Any) -> Shape:
        """The shape of a type; a `TypeError` where JSON has nothing like it."""
        if not isinstance(hint, collections.abc.Hashable):
            raise TypeError(f"{hint!r} is no type")
        if hint in _SCALARS:
            return _SCALARS[hint]
        if isinstance(hint, typing.NewType):
            return self.shape(hint.__supertype__)
        # `type Name = …`, since Python 3.12.
        if type(hint).__name__ == "TypeAliasType":
            return self.shape(getattr(hint, "__value__"))  # noqa: B009
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            return self._annotated(arguments[0], Field.merged(arguments[1:]))
        if origin in (typing.Union, types.UnionType):
            return Union([self.shape(it) for it in arguments])
        if origin is typing.Literal:
            return Choice([(it, it) for it in arguments])
        if origin is not None:
            return self._container(hint, origin, arguments)
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return Choice([(it.value, it) for it in hint])
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            return self._record(hint)
        raise TypeError(
            f"{getattr(hint, '__name__', hint)} has no counterpart in JSON; take str, int, float, bool, None, list, "
            "tuple, dict[str, …], Literal, an Enum, a dataclass, datetime or date"
        )

    def _annotated(self, hint: Any, field: Field | None) -> Shape:
        inner = self.shape(hint)
        rules = field and dataclasses.replace(field, description=None, name=None)
        return Bounded(inner, rules) if rules and rules != Field() else inner

    def _container(self, hint: Any, origin: Any, arguments: tuple[Any, ...]) -> Shape:
        if origin in _LISTS:
            return Items(self.shape(arguments[0]), list)
        if origin in _SETS:
            return Items(self.shape(arguments[0]), frozenset if origin is frozenset else set, unique=True)
        if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
            return Items(self.shape(arguments[0]), tuple)
        if origin is tuple:
            return Fixed([self.shape(it) for it in arguments])
        if origin in _DICTS:
            if arguments[0] is not str:
                raise TypeError(f"the keys of {hint!r} must be str, as JSON has it")
            return Named(self.shape(arguments[1]))
        raise TypeError(f"{hint!r} has no counterpart in JSON")

    def _record(self, kind: type) -> Record:
        if kind in self.records:
            record = self.records[kind]
            if kind in self.open:
                record.definition = record.definition or self._definition(kind)
            return record
        record = self.records[kind] = Record(kind, kind, docstring.of_class(kind).summary or None)
        self.open.append(kind)
        words = docstring.of_class(kind).entries
        resolved = typing.get_type_hints(kind, include_extras=True)
        properties = []
        for field in dataclasses.fields(kind):
            if not field.init:
                continue
            where = f"{kind.__name__}.{field.name}"
            missing = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            required = missing or self.output
            default: Any = ... if field.default is dataclasses.MISSING else field.default
            if field.default_factory in (list, dict):
                default = field.default_factory()
            if self.output:
                default = ...
            properties.append(self.property(where, field.name, resolved[field.name], required, default, words))
        record.fill(properties)
        self.open.pop()
        return record

    def _definition(self, kind: type) -> str:
        taken = {record.definition for record in self.records.values()}
        name, number = kind.__name__, 2
        while name in taken:
            name, number = f"{kind.__name__}{number}", number + 1
        return name

    def property(
        self, where: str, attribute: str, hint: Any, required: bool, default: Any, words: dict[str, str]
    ) -> Property:
        """One parameter of an operation or field of a dataclass; `words` are what the docstring says of each."""
        try:
            shape = self.shape(hint)
        except TypeError as error:
            # A dataclass within has said where already.
            raise error if str(error).startswith("in ") else TypeError(f"in {where}: {error}") from None
        field = Field.merged(typing.get_args(hint)[1:]) if typing.get_origin(hint) is typing.Annotated else None
        field = field or Field()
        if default is not ...:
            try:
                encoded = shape.encode(default)
            except Misfit as misfit:
                raise TypeError(f"in {where}: the default is not of its type: {misfit}") from None
            # null as a default says no more than that the property may be left out.
            default = ... if encoded is None else encoded
        description = field.description or words.get(attribute)
        return Property(attribute, field.name or attribute, shape, description, required, default)

    def whole_schema(self, shape: Shape) -> dict[str, Any]:
        """A shape's schema with the definitions that it refers to."""
        schema = shape.schema()
        definitions = {
            record.definition: record.whole_schema() for record in self.records.values() if record.definition
        }
        return schema | ({"$defs": definitions} if definitions else {})
