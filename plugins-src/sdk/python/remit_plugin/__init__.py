"""Write a Remit plugin in a page of Python.

A plugin is functions from typed parameters to a typed result. The JSON Schemas come from the type hints, a fault is
an exception, files are opened as everywhere, and http, configuration and the log are reached through this package,
as far as the skill grants them.
"""

from .faults import Conflict, Denied, Fault, Internal, InvalidInput, NotFound, Unavailable
from .field import Field
from .plugin import Plugin

__all__ = [
    "Conflict",
    "Denied",
    "Fault",
    "Field",
    "Internal",
    "InvalidInput",
    "NotFound",
    "Plugin",
    "Unavailable",
]
