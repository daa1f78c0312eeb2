"""Tests of the plugin: `python3 -m unittest` runs them, without WebAssembly and without installing anything."""

import json
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
sys.path[:0] = [str(PROJECT / "src"), str(PROJECT.parent / "sdk/python")]


def call(operation: str, text: Any, **given: Any) -> Any:
    """Calls an operation as the host does, from JSON to JSON."""
    from plugin import plugin

    return json.loads(plugin.invoke(operation, json.dumps({"text": text, **given})))
