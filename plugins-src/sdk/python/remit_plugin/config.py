"""Values that the skill configures."""

from __future__ import annotations

from typing import overload

from . import host
from .faults import Denied


@overload
def get(key: str) -> str | None: ...
@overload
def get(key: str, default: str) -> str: ...
def get(key: str, default: str | None = None) -> str | None:
    """The value under `key`; `default` where the skill configures none, or grants no reading of it."""
    value = host.current().config(key)
    return default if value is None else value


def require(key: str) -> str:
    """The value under `key`, which the plugin cannot do without.

    Raises:
        Denied: There is none; the message says what the skill must configure.
    """
    value = get(key)
    if value is None:
        raise Denied(f"the configuration `{key}` is not granted: the skill must say `config {key}=…` for this plugin")
    return value


def everything() -> dict[str, str]:
    """All values that the skill configures."""
    return host.current().config_all()
