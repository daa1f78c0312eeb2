"""An operation's function as JSON: its parameters are the properties of its input, its result is the output."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any

from . import docstring, json_text
from .containers import Record
from .hints import Hints
from .misfit import Misfit
from .shape import Shape

_EMPTY = inspect.Parameter.empty
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Signature:
    """A function, and the shapes of what it takes and returns."""

    def __init__(self, function: Callable[..., Any], summary: str, takes: Record, gives: Shape) -> None:
        self.function = function
        self.summary = summary
        self.takes = takes
        self.gives = gives
        self.input_schema: dict[str, Any] = {}
        self.output_schema: dict[str, Any] = {}

    @staticmethod
    def of(function: Callable[..., Any]) -> Signature:
        """Reads a function's hints and docstring; a `TypeError` says what cannot be said in JSON."""
        name = function.__name__
        if inspect.iscoroutinefunction(function):
            raise TypeError(f"{name} is async: a call is one thing at a time, so write `def {name}`")
        hints = typing.get_type_hints(function, include_extras=True)
        words = docstring.parse(function.__doc__)
        inputs, outputs = Hints(), Hints(output=True)
        takes = Record(dict, None, None)
        properties = []
        for parameter in inspect.signature(function).parameters.values():
            where = f"{name}({parameter.name})"
            if parameter.kind not in _BY_NAME:
                raise TypeError(f"in {where}: an operation's parameters are given by name")
            if parameter.name not in hints:
                raise TypeError(f"in {where}: it has no type hint, so what it takes is not known")
            required = parameter.default is _EMPTY
            default = ... if required else parameter.default
            hint = hints[parameter.name]
            properties.append(inputs.property(where, parameter.name, hint, required, default, words.entries))
        takes.fill(properties)
        if "return" not in hints:
            raise TypeError(f"in {name}: it has no return type, so what it gives is not known")
        try:
            gives = outputs.shape(hints["return"])
        except TypeError as error:
            raise TypeError(f"in the result of {name}: {error}") from None
        signature = Signature(function, words.summary, takes, gives)
        signature.input_schema = inputs.whole_schema(takes)
        signature.output_schema = outputs.whole_schema(gives)
        return signature

    def decode(self, value: Any) -> dict[str, Any]:
        """The function's arguments, from what JSON gave."""
        arguments: dict[str, Any] = self.takes.decode(value)
        return arguments

    def encode(self, result: Any) -> str:
        """The function's result as JSON."""
        value = self.gives.encode(result)
        text = json_text.write(value)
        if json_text.has_surrogate(text):
            json_text.check_text(value)
            raise Misfit("it holds a lone surrogate, which is no character")
        return text
