"""A plugin: its operations, and what is said about them."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, overload

from . import json_text, log
from .faults import Fault, Internal, InvalidInput, NotFound, as_fault
from .misfit import Misfit
from .signature import Signature

Effect = Literal["read", "write", "destructive"]
Function = TypeVar("Function", bound=Callable[..., Any])

# What the WIT says of an operation's and of a plugin's name.
_OPERATION = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_PLUGIN = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Operation:
    """One thing that a plugin can do, as its host is told of it."""

    name: str
    summary: str
    effect: Effect
    idempotent: bool
    # JSON Schemas, draft 2020-12, as texts.
    input_schema: str
    output_schema: str
    signature: Signature = field(repr=False)


@dataclass(frozen=True)
class Need:
    """Something that a plugin asks to be allowed, with the reason."""

    grant: str
    reason: str


class Plugin:
    """A plugin. Functions become its operations by a decorator; their type hints say what they take and return.

    ```python
    plugin = Plugin("greeter", "0.1.0", "Greets people")

    @plugin.read
    def greet(name: str, times: int = 1) -> list[str]:
        \"\"\"Greets someone.\"\"\"
        return [f"Hello, {name}!"] * times
    ```

    Args:
        name: Lower-case letters, digits and `-`.
        version: As in semver.org.
        summary: What it is for, in one sentence.
    """

    def __init__(self, name: str, version: str, summary: str) -> None:
        if not _PLUGIN.fullmatch(name):
            raise ValueError(f"a plugin's name has lower-case letters, digits and `-`: {name!r} has not")
        self.name = name
        self.version = version
        self.summary = summary
        self.operations: dict[str, Operation] = {}
        self.needs: list[Need] = []

    def need(self, grant: str, reason: str) -> Plugin:
        """Asks for a grant in its compact form (`http GET https://example.org/**`), with the reason in one sentence.

        Needs narrow, they never grant; a plugin that declares some can use nothing beyond them.
        """
        self.needs.append(Need(grant, reason))
        return self

    @overload
    def read(self, function: Function, /) -> Function: ...
    @overload
    def read(self, /, *, name: str | None = None, summary: str | None = None) -> Callable[[Function], Function]: ...
    def read(self, function: Any = None, /, *, name: str | None = None, summary: str | None = None) -> Any:
        """An operation that changes nothing; calling it twice is as calling it once.

        Args:
            name: What the host calls it, if not as the function is called.
            summary: What it does in one sentence, if not as the docstring begins.
        """
        return self._declare("read", True, function, name, summary)

    @overload
    def write(self, function: Function, /) -> Function: ...
    @overload
    def write(
        self, /, *, name: str | None = None, summary: str | None = None, idempotent: bool = False
    ) -> Callable[[Function], Function]: ...
    def write(
        self, function: Any = None, /, *, name: str | None = None, summary: str | None = None, idempotent: bool = False
    ) -> Any:
        """An operation that adds or changes something that can be undone by hand.

        Args:
            name: What the host calls it, if not as the function is called.
            summary: What it does in one sentence, if not as the docstring begins.
            idempotent: Whether calling it twice with the same input has the effect of calling it once.
        """
        return self._declare("write", idempotent, function, name, summary)

    @overload
    def destructive(self, function: Function, /) -> Function: ...
    @overload
    def destructive(
        self, /, *, name: str | None = None, summary: str | None = None, idempotent: bool = False
    ) -> Callable[[Function], Function]: ...
    def destructive(
        self, function: Any = None, /, *, name: str | None = None, summary: str | None = None, idempotent: bool = False
    ) -> Any:
        """An operation that removes or sends something for good.

        Args:
            name: What the host calls it, if not as the function is called.
            summary: What it does in one sentence, if not as the docstring begins.
            idempotent: Whether calling it twice with the same input has the effect of calling it once.
        """
        return self._declare("destructive", idempotent, function, name, summary)

    def _declare(self, effect: Effect, idempotent: bool, function: Any, name: str | None, summary: str | None) -> Any:
        def declare(function: Function) -> Function:
            called = name or function.__name__
            if not _OPERATION.fullmatch(called):
                raise ValueError(f"an operation's name has letters, digits, `-` and `_`: {called!r} has not")
            if called in self.operations:
                raise ValueError(f"{self.name} has an operation {called!r} already")
            signature = Signature.of(function)
            said = summary or signature.summary
            if not said:
                raise ValueError(f"{called} needs a docstring: its first paragraph tells a person what it does")
            self.operations[called] = Operation(
                name=called,
                summary=said,
                effect=effect,
                idempotent=idempotent,
                input_schema=json_text.write(signature.input_schema),
                output_schema=json_text.write(signature.output_schema),
                signature=signature,
            )
            return function

        return declare if function is None else declare(function)

    def invoke(self, operation: str, input: str) -> str:
        """Does one operation, from a JSON text to a JSON text.

        Raises:
            Fault: `NotFound` for an operation that there is not, `InvalidInput` for an input that is not the
                operation's, else whatever fault the operation ends with.
        """
        found = self.operations.get(operation)
        if found is None:
            raise NotFound(f"{self.name} has no operation `{operation}`")
        try:
            arguments = found.signature.decode(json_text.parse(input))
        except Misfit as misfit:
            raise InvalidInput(f"the input: {misfit}") from None
        try:
            result = found.signature.function(**arguments)
        except BaseException as error:
            fault = as_fault(error)
            if isinstance(fault, Internal) and fault is not error:
                log.error("".join(traceback.format_exception(error)))
            raise fault from error
        try:
            return found.signature.encode(result)
        except Misfit as misfit:
            raise Internal(f"{operation} returned what it should not: {misfit}") from None


__all__ = ["Effect", "Fault", "Need", "Operation", "Plugin"]
