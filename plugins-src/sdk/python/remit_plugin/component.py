"""From a plugin to what the WIT world exports. Imported in the sandbox only, by what `remit build` generates."""

from __future__ import annotations

import contextlib
import gc
import importlib
from typing import Any

from componentize_py_types import Err  # type: ignore[import-not-found]
from wit_world.imports import remit_connector_types_0_1_0 as wit  # type: ignore[import-not-found]

from . import host
from .faults import Fault
from .plugin import Plugin
from .wasi import Wasi

_FAULTS = {
    "invalid-input": wit.Fault_InvalidInput,
    "denied": wit.Fault_Denied,
    "not-found": wit.Fault_NotFound,
    "conflict": wit.Fault_Conflict,
    "unavailable": wit.Fault_Unavailable,
    "internal": wit.Fault_Internal,
}

_EFFECTS = {"read": wit.Effect.READ, "write": wit.Effect.WRITE, "destructive": wit.Effect.DESTRUCTIVE}


# What Python's own library imports only when it is first needed. There is nothing to import from within a call.
_LATE = [
    "heapq",  # Counter.most_common
    "bisect",
    "_strptime",  # datetime.strptime
    "traceback",
    "linecache",
    "_colorize",
    "warnings",
    "unicodedata",
    *(f"encodings.{it}" for it in ("ascii", "latin_1", "utf_8_sig", "utf_16", "utf_32", "cp1252", "iso8859_15")),
]


def checked(plugin: Any, name: str, version: str | None) -> Plugin:
    """The plugin, if it calls itself what its pyproject.toml calls it."""
    if not isinstance(plugin, Plugin):
        raise TypeError(f"expected a remit_plugin.Plugin, got {plugin!r}")
    if plugin.name.replace("-", "_") != name.replace("-", "_"):
        raise ValueError(f"the plugin calls itself {plugin.name!r}, and pyproject.toml calls it {name!r}")
    if version is not None and plugin.version != version:
        raise ValueError(f"the plugin calls itself version {plugin.version!r}, and pyproject.toml says {version!r}")
    if not plugin.operations:
        raise ValueError("the plugin has no operation: mark a function with @plugin.read")
    return plugin


def export(plugin: Plugin) -> type:
    """The class that the world's `connector` is made of.

    This runs while the component is built; the memory that it leaves is what each call begins with. So the description
    is made here, once.
    """
    host.replace(Wasi())
    description = _description(plugin)

    class Connector:
        def describe(self) -> Any:
            return description

        def invoke(self, operation: str, input: str) -> str:
            try:
                return plugin.invoke(operation, input)
            except Fault as fault:
                message = fault.message.encode("utf-8", "backslashreplace").decode("utf-8")
                raise Err(_FAULTS[fault.kind](message)) from None

    for module in _LATE:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    # What is here stays: looking through it at each collection would copy its pages for nothing.
    gc.collect()
    gc.freeze()
    return Connector


def _description(plugin: Plugin) -> Any:
    operations = [
        wit.Operation(it.name, it.summary, it.input_schema, it.output_schema, _EFFECTS[it.effect], it.idempotent)
        for it in plugin.operations.values()
    ]
    needs = [wit.Need(it.grant, it.reason) for it in plugin.needs]
    return wit.Description(plugin.name, plugin.version, plugin.summary, operations, needs)
