"""The host behind the WIT world. Imported in the sandbox only.

Which interfaces the world has depends on what the plugin imports (`remit build` looks): a plugin that does not import
`remit_plugin.http` gets a component that cannot make requests, and whoever reads its imports sees that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from componentize_py_types import Err  # type: ignore[import-not-found]
from wit_world.imports import remit_connector_log_0_1_0 as wit_log  # type: ignore[import-not-found]

from .faults import Internal, Unavailable

if TYPE_CHECKING:
    from .http import Request, Response

try:
    from wit_world.imports import wasi_config_store_0_2_0_rc_1 as store
except ImportError:
    store = None
try:
    from . import wasi_http
except ImportError:
    wasi_http = None  # type: ignore[assignment]

_LEVELS = {
    "debug": wit_log.Level.DEBUG,
    "info": wit_log.Level.INFO,
    "warn": wit_log.Level.WARN,
    "error": wit_log.Level.ERROR,
}


class Wasi:
    """See `host.Host`."""

    def log(self, level: str, message: str) -> None:
        wit_log.log(_LEVELS[level], message)

    def config(self, key: str) -> str | None:
        try:
            value: str | None = _there(store, "config").get(key)
            return value
        except Err as error:
            raise Unavailable(f"the configuration `{key}`: {error.value.value}") from None

    def config_all(self) -> dict[str, str]:
        try:
            return dict(_there(store, "config").get_all())
        except Err as error:
            raise Unavailable(f"the configuration: {error.value.value}") from None

    def send(self, request: Request) -> Response:
        response: Response = _there(wasi_http, "http").send(request)
        return response


def _there(interface: Any, module: str) -> Any:
    if interface is None:
        raise Internal(
            f"this component was built without {module}: write `from remit_plugin import {module}` in a source"
        )
    return interface
