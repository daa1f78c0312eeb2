"""Why an operation could not be done.

Each kind of fault is an exception: raise it, with words for the person who runs the skill. Anything else that
leaves an operation becomes a fault too; `as_fault` says of which kind.
"""

from __future__ import annotations

import os


class Fault(Exception):
    """Why an operation could not be done; raise one of its subclasses."""

    kind = "internal"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = str(message)


class InvalidInput(Fault):
    """The input is not what the operation takes, in a way that its schema cannot say."""

    kind = "invalid-input"


class Denied(Fault):
    """The host or a service refused."""

    kind = "denied"


class NotFound(Fault):
    """The thing asked for is not there."""

    kind = "not-found"


class Conflict(Fault):
    """The thing is there already, or has changed meanwhile."""

    kind = "conflict"


class Unavailable(Fault):
    """The service did not answer, or not now: trying again later may work."""

    kind = "unavailable"


class Internal(Fault):
    """A fault of the plugin's own."""

    kind = "internal"


# The most specific first: most of these are subclasses of OSError.
_KINDS: list[tuple[type[BaseException], type[Fault]]] = [
    (PermissionError, Denied),
    (FileExistsError, Conflict),
    (IsADirectoryError, InvalidInput),
    (NotADirectoryError, InvalidInput),
    (TimeoutError, Unavailable),
    (ConnectionError, Unavailable),
]

# WASI's answers where a grant's bytes or entries are used up, or a mount may not be left.
_REFUSALS = {"ENOTCAPABLE", "EDQUOT", "ENOSPC", "EROFS"}


def as_fault(error: BaseException) -> Fault:
    """The fault that an exception is for the host.

    What the file system says keeps its meaning (no permission is `denied`, nothing there is `not-found`); whatever
    else an author did not catch is `internal`, with its type and message.
    """
    if isinstance(error, Fault):
        return error
    if isinstance(error, FileNotFoundError):
        return _nothing_there(error)
    for kind, fault in _KINDS:
        if isinstance(error, kind):
            return fault(_said(error))
    if isinstance(error, OSError) and _name(error) in _REFUSALS:
        return Denied(_said(error))
    if isinstance(error, SystemExit):
        return Internal(f"the plugin called exit({error.code!r}), which a call cannot do")
    return Internal(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


def _name(error: OSError) -> str:
    import errno

    return errno.errorcode.get(error.errno or 0, "")


def _said(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: `{_path(error)}`" if error.filename is not None else error.strerror
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _path(error: OSError) -> str:
    return os.fsdecode(error.filename) if isinstance(error.filename, bytes) else str(error.filename)


def _nothing_there(error: FileNotFoundError) -> Fault:
    """A folder that the skill does not mount looks, to a plugin, like one that is not there: told apart here."""
    if error.filename is None:
        return NotFound(_said(error))
    path = _path(error)
    if _is_mounted(path):
        return NotFound(f"there is no `{path}`")
    return Denied(f"no folder is mounted at `{path}`: the skill must grant `files read … {path}` or a folder above it")


def _is_mounted(path: str) -> bool:
    """Whether any folder above the path, but the root, is there."""
    above = os.path.dirname(os.path.abspath(path))
    while above not in ("/", ""):
        if os.path.isdir(above):
            return True
        above = os.path.dirname(above)
    return False
