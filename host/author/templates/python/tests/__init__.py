"""Tests of the plugin: `python3 -m unittest` runs them, without WebAssembly and without installing anything."""

import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
sys.path[:0] = [str(PROJECT / "src"), str(PROJECT / "remit-sdk")]
